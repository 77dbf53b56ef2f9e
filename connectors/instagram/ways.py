"""How somebody on Instagram may be answered, said before anybody types. Pure: a situation, our settings and the instant.

    direct message   in private: 24 hours as anybody, 7 days as a person (HUMAN_AGENT), then only in the app
    comment          in public without end; in private once and within 7 days
    live comment     in private only, and only while the broadcast lasts
    mention          in public; a picture that we are merely tagged in, not at all

https://developers.facebook.com/docs/instagram-platform/private-replies
https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from webcare.domain.message import Direction, Kind
from webcare.ports.connector import Way, WayKind, Words

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.instagram.config import Config
    from webcare.ports.connector import Situation

WINDOW = timedelta(hours=24)
LATE_WINDOW = timedelta(days=7)  # for a person's answer
PRIVATE_REPLY = timedelta(days=7)  # after the comment

CLOSED_A_DAY = Words(
    nl="De klant schreef meer dan 24 uur geleden. Antwoorden kan weer zodra de klant iets schrijft.",
    en="The customer wrote more than 24 hours ago. You can answer again once they write.",
)
CLOSED_A_WEEK = Words(
    nl="De klant schreef meer dan 7 dagen geleden. Antwoorden kan weer zodra de klant iets schrijft.",
    en="The customer wrote more than 7 days ago. You can answer again once they write.",
)
MARKED = Words(
    nl="De 24 uur zijn voorbij. Je antwoord wordt gemarkeerd als antwoord van een medewerker.",
    en="The 24 hours are over. Your answer is marked as a person's.",
)
STANDBY = Words(
    nl="Een andere app heeft dit gesprek. Instagram kan je antwoord weigeren.",
    en="Another app has this conversation. Instagram may refuse your answer.",
)
ONE_MESSAGE = Words(
    nl="Stuurt één privébericht. Daarna kun je pas weer schrijven als de klant antwoordt.",
    en="Sends one private message. After that you can write again once the customer answers.",
)
SENT_BEFORE = Words(
    nl="Er ging al een privébericht op deze reactie. Instagram staat er één toe.",
    en="A private message was sent on this comment before. Instagram allows one.",
)
TOO_LATE = Words(
    nl="Dit staat er al langer dan 7 dagen. Instagram staat geen privébericht meer toe.",
    en="This was written more than 7 days ago. Instagram allows no private message any more.",
)
WHILE_LIVE = Words(
    nl="Kan alleen zolang de live-uitzending duurt. Stuurt één privébericht.",
    en="Possible only while the live broadcast lasts. Sends one private message.",
)
NOT_UNDER_LIVE = Words(
    nl="Instagram staat geen antwoord toe onder een live-uitzending.",
    en="Instagram allows no answer under a live broadcast.",
)
NOT_OUR_POST = Words(
    nl="Dit staat niet onder je eigen bericht. Instagram staat er geen privébericht op toe.",
    en="This does not stand under your own post. Instagram allows no private message on it.",
)
ONLY_TAGGED = Words(
    nl="Je bent hier alleen getagd. Antwoord in de Instagram-app.",
    en="You are only tagged here. Answer in the Instagram app.",
)


def ways(situation: Situation, config: Config, now: datetime) -> tuple[Way, ...]:
    """Return how the message may be answered, the best way first."""
    kind, raw_type = situation.message.kind, situation.raw_type or ""
    if kind is Kind.DM:
        return (_message(situation, config, now),)
    if kind is Kind.MENTION:
        public = Way(kind=WayKind.PUBLIC, refused=ONLY_TAGGED if raw_type == "tags" else None)
        return (public, Way(kind=WayKind.PRIVATE, refused=NOT_OUR_POST))
    if raw_type.startswith("live_comments"):
        return (_private_reply(situation, now, is_live=True), Way(kind=WayKind.PUBLIC, refused=NOT_UNDER_LIVE))
    return (Way(kind=WayKind.PUBLIC), _private_reply(situation, now, is_live=False))


def _message(situation: Situation, config: Config, now: datetime) -> Way:
    closes, last = situation.last_inbound_at + WINDOW, situation.last_inbound_at + LATE_WINDOW
    note = STANDBY if (situation.raw_type or "").startswith("standby") else None
    if now < closes:
        return Way(kind=WayKind.PRIVATE, until=closes, note=note)
    if not config.human_agent:
        return Way(kind=WayKind.PRIVATE, until=closes, refused=CLOSED_A_DAY if now < last else CLOSED_A_WEEK)
    if now < last:
        return Way(kind=WayKind.PRIVATE, until=last, note=note or MARKED, late=True)
    return Way(kind=WayKind.PRIVATE, until=last, refused=CLOSED_A_WEEK)


def _private_reply(situation: Situation, now: datetime, *, is_live: bool) -> Way:
    """Write in private because of a comment: once, within a week, under our own post."""
    message = situation.message
    until = message.created_at + PRIVATE_REPLY
    if message.kind is not Kind.COMMENT or message.direction is Direction.OUTBOUND:
        return Way(kind=WayKind.PRIVATE, refused=NOT_OUR_POST)
    if situation.private_replies:
        return Way(kind=WayKind.PRIVATE, refused=SENT_BEFORE)
    if now >= until:
        return Way(kind=WayKind.PRIVATE, until=until, refused=TOO_LATE)
    return Way(kind=WayKind.PRIVATE, until=None if is_live else until, note=WHILE_LIVE if is_live else ONE_MESSAGE)
