"""How a customer may be answered here: freely for 24 hours after they wrote last, after that by an approved template only.

https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages#customer-service-windows
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from webcare.ports.connector import Way, WayKind, Words

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.whatsapp.settings import Config
    from webcare.ports.connector import Situation

WINDOW = timedelta(hours=24)
MARGIN = timedelta(
    minutes=1
)  # our clock and Meta's differ, its time stamps are whole seconds, and a reply is some seconds under way

NUMBER = re.compile(r"\+?[0-9]{6,15}")
BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,256}")

TOO_LATE = Words(
    nl="De klant schreef meer dan 24 uur geleden: WhatsApp laat alleen een sjabloon door, tot de klant weer schrijft.",
    en="The customer wrote more than 24 hours ago: WhatsApp only lets a template through, until the customer writes again.",
)
IN_A_GROUP = Words(
    nl="Dit is een groep, en iedereen in de groep leest mee. Antwoord in de app op de telefoon.",
    en="This is a group, and everybody in it reads along. Answer in the app on the phone.",
)
COSTS = Words(nl="Een sjabloon kan geld kosten.", en="A template may cost money.")


def ways(situation: Situation, config: Config, now: datetime) -> tuple[Way, ...]:  # noqa: ARG001 - the contract's arguments
    """Return how this customer may be answered, the best way first."""
    if not is_one_person(situation.message.conversation_id):
        return (Way(kind=WayKind.PRIVATE, refused=IN_A_GROUP),)
    until = situation.last_inbound_at + WINDOW - MARGIN
    template = Way(kind=WayKind.TEMPLATE, note=COSTS)
    if now < until:
        return (Way(kind=WayKind.PRIVATE, until=until), template)
    return (template, Way(kind=WayKind.PRIVATE, refused=TOO_LATE))


def is_one_person(thread: str) -> bool:
    """Tell whether a thread is a customer's own: a number or a user id. A group has neither."""
    return NUMBER.fullmatch(thread) is not None or BSUID.fullmatch(thread) is not None
