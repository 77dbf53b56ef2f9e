"""Say before anybody types how a customer may be answered: in public, in private, not any more. Pure.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/private-replies
https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from webcare.domain.message import Kind
from webcare.ports.connector import Way, WayKind, Words

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.facebook.config import Config
    from webcare.ports.connector import Situation

STANDARD = timedelta(hours=24)  # from what the person last wrote
BY_A_PERSON = timedelta(days=7)  # from the same, for answers that no machine wrote
PRIVATE_REPLY = timedelta(days=7)  # from the comment or post itself

ONE_MESSAGE = Words(
    nl="Stuurt één privébericht, alleen tekst. Daarna kun je pas weer schrijven als de klant antwoordt.",
    en="Sends one private message, text only. After that you can write again once the customer answers.",
)
MARKED = Words(
    nl="De 24 uur zijn voorbij. Je antwoord wordt gemarkeerd als antwoord van een medewerker.",
    en="The 24 hours are over. Your answer is marked as a person's.",
)
STANDBY = Words(
    nl="Een andere app heeft dit gesprek. Facebook kan je antwoord weigeren.",
    en="Another app has this conversation. Facebook may refuse your answer.",
)
CLOSED_A_DAY = Words(
    nl="De klant schreef meer dan 24 uur geleden. Antwoorden kan weer zodra de klant iets schrijft.",
    en="The customer wrote more than 24 hours ago. You can answer again once they write.",
)
CLOSED_A_WEEK = Words(
    nl="De klant schreef meer dan 7 dagen geleden. Antwoorden kan weer zodra de klant iets schrijft.",
    en="The customer wrote more than 7 days ago. You can answer again once they write.",
)
SENT_BEFORE = Words(
    nl="Er ging al een privébericht op deze reactie. Facebook staat er één toe.",
    en="A private message was sent on this comment before. Facebook allows one.",
)
TOO_LATE = Words(
    nl="Dit staat er al langer dan 7 dagen. Facebook staat geen privébericht meer toe.",
    en="This was written more than 7 days ago. Facebook allows no private message any more.",
)
NOT_ON_A_REVIEW = Words(
    nl="Facebook staat geen privébericht toe bij een recensie. Antwoord eronder.",
    en="Facebook allows no private message on a review. Answer under it.",
)
NOT_OUR_PAGE = Words(
    nl="Dit staat niet op je eigen pagina. Facebook staat er geen privébericht op toe.",
    en="This does not stand on your own page. Facebook allows no private message on it.",
)


def ways(situation: Situation, config: Config, now: datetime) -> tuple[Way, ...]:
    """Return how this message may be answered, the best way first."""
    if situation.message.kind.is_private:
        return (_messenger(situation, config, now),)
    return Way(kind=WayKind.PUBLIC), _private_reply(situation, now)


def _messenger(situation: Situation, config: Config, now: datetime) -> Way:
    """Answer where the person wrote: a day for everybody, a week for people of an app that may say so."""
    closes, last = situation.last_inbound_at + STANDARD, situation.last_inbound_at + BY_A_PERSON
    note = STANDBY if (situation.raw_type or "").startswith("standby") else None
    if now < closes:
        return Way(kind=WayKind.PRIVATE, until=closes, note=note)
    if not config.human_agent:
        return Way(kind=WayKind.PRIVATE, until=closes, refused=CLOSED_A_DAY if now < last else CLOSED_A_WEEK)
    if now < last:
        return Way(kind=WayKind.PRIVATE, until=last, note=note or MARKED, late=True)
    return Way(kind=WayKind.PRIVATE, until=last, refused=CLOSED_A_WEEK)


def _private_reply(situation: Situation, now: datetime) -> Way:
    """Write in private because of something public: once, within a week, on our own page."""
    message = situation.message
    until = message.created_at + PRIVATE_REPLY
    page = message.conversation_id.rpartition("_")[0]
    if message.kind is Kind.REVIEW or not page:  # the thread of a review is named by its story alone
        return Way(kind=WayKind.PRIVATE, refused=NOT_ON_A_REVIEW)
    if message.kind is Kind.MENTION or page != situation.account:
        return Way(kind=WayKind.PRIVATE, refused=NOT_OUR_PAGE)
    if situation.private_replies:
        return Way(kind=WayKind.PRIVATE, refused=SENT_BEFORE)
    if now >= until:
        return Way(kind=WayKind.PRIVATE, until=until, refused=TOO_LATE)
    return Way(kind=WayKind.PRIVATE, until=until, note=ONE_MESSAGE)
