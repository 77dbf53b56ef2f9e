"""What a platform answered when it was asked for messages by their ids: what stands around a conversation owes nobody an answer.

unknown, and older than the target of an answer   context: no case, no clock, no figure
unknown, and recent                               a message like any other
known, its words kept back until now              an edit
known                                             stands still; another text of it is an edit
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from webcare.domain.message import Direction
from webcare.domain.routing import facts_of
from webcare.domain.verdict import Urgency
from webcare.ports.connector import Capability
from webcare.store import context, look_ups, messages
from webcare.store.look_ups import Why

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.domain.message import Message
    from webcare.ports.channel import ChannelAccount
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.messages import Stored

ASKED: Final = "webcare-asked"  # header of a body that we asked for by ids; no caller can send one of this name
UNAVAILABLE: Final = "unavailable"  # an attachment that says that there is more than we were told
LONGEST_TARGET: Final = timedelta(days=1)  # of policies without one
UNKNOWN: Final = "und"


def asked_for(headers: Mapping[str, str]) -> Why | None:
    """Return why we asked for a body by ids; None of what came in any other way."""
    return Why(headers[ASKED]) if ASKED in headers else None


def may_be_gone(known: Stored, why: Why) -> bool:
    """Tell whether "it is not there" is to be believed: of what was there before, and could be read by us."""
    return why is Why.STANDING and not known.message.kind.is_private and not _is_withheld(known.message)


def want_words(conn: Connection, account: ChannelAccount, said: Message, now: datetime) -> None:
    """Ask for the words of a message that was told without them."""
    if Capability.LOOK_UP in account.spec.capabilities and said.direction is Direction.INBOUND and _is_withheld(said):
        look_ups.want(conn, said.channel, said.external_id, Why.WORDS, now)


def _is_withheld(said: Message) -> bool:
    return not said.text and any(one.type == UNAVAILABLE for one in said.attachments) and not said.kind.is_private


def take_in(conn: Connection, said: Message, known: Stored | None, rules: Rules, now: datetime) -> Message | None:
    """Return what of it is to be learned as ever; None where nothing is."""
    if known is None:
        if said.kind.is_private or not _is_past(said, rules, now):
            return said
        _keep_around(conn, said, now)
        return None
    was = known.message
    if _is_withheld(was) and not _is_withheld(said):
        return replace(said, created_at=max(was.created_at, said.created_at))  # the time of a mention is when we were told
    return None if was.text == said.text else said


def _keep_around(conn: Connection, said: Message, now: datetime) -> None:
    context.keep(conn, said, now)
    if said.direction is Direction.OUTBOUND:  # what was read without it may be an answer to our question
        messages.judge_again(conn, said.channel, said.external_id)


def _is_past(said: Message, rules: Rules, now: datetime) -> bool:
    """Whether the target of an answer to it has passed: it opens no case any more, and is missed by nobody."""
    facts = facts_of(
        channel_kind=said.channel.partition(":")[0],
        kind=said.kind,
        intents=(),
        urgency=Urgency.NORMAL.value,
        language=rules.languages.get(said.channel, UNKNOWN),
    )
    policy = rules.book.match(facts)[0].policy
    return policy.calendar.add(said.created_at, policy.first_response or LONGEST_TARGET) < now
