"""A receipt: "we have your message and answer before 14:00", sent once to a customer who opens a private conversation.

    case opened by a fresh private message --> queued, automatic --> sent --> a bot's line in the log, which stops no clock

It is a courtesy and never a nuisance: only while the case that it is for is new, only where nobody of ours has spoken since, never for
what was found late, and never again when the case is reopened. When it cannot be sent in time it is dropped, and nobody is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from webcare.domain.case import CaseState
from webcare.letters.receipt import receipt as worded
from webcare.store import cases, outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from webcare.ports.channel import ChannelAccount
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.messages import Stored
    from webcare.store.outbox import ReplyRow

BY = "receipt"  # who wrote it
FRESH = timedelta(minutes=15)
NOT_WANTED = "the receipt came too late to be of use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """The operator's texts, by channel and language; `languages` are those that channels have, `language` and `zone` the house's."""

    texts: Mapping[str, Mapping[str, str]]
    languages: Mapping[str, str | None]
    language: str
    zone: ZoneInfo


def receipts_of(accounts: Iterable[ChannelAccount], *, language: str, zone: str) -> Receipts:
    """Return the receipts of the channels that have one."""
    theirs = [one for one in accounts if one.receipt]
    return Receipts(
        texts={one.id: one.receipt for one in theirs},
        languages={one.id: one.language for one in theirs},
        language=language,
        zone=ZoneInfo(zone),
    )


def offer(conn: Connection, row: CaseRow, said: Stored, language: str, receipts: Receipts, now: datetime) -> bool:
    """Queue a receipt for a case that this message has just opened, where one is due; `language` is the message's."""
    texts = receipts.texts.get(row.channel)
    what = said.message
    if not texts or not what.kind.is_private or now - what.created_at > FRESH:
        return False
    wanted = (language, receipts.languages.get(row.channel), receipts.language)
    chosen = next((one for one in wanted if one in texts), None)
    if chosen is None or outbox.we_spoke_since(conn, row.channel, row.conversation_id, what.created_at):
        return False
    due_at = outbox.first_answer_due(conn, row.id)
    text = worded(texts[chosen], before=due_at, language=chosen, zone=receipts.zone, now=now)
    if text is None:
        return False
    values = {
        "brand": row.brand,
        "case": row.id,
        "channel": row.channel,
        "conversation_id": row.conversation_id,
        "reply_to": what.external_id,
        "text": text,
        "by": BY,
        "automatic": True,
        "written_at": now,
    }
    outbox.queue_reply(conn, values, now)
    return True


def is_wanted(conn: Connection, row: ReplyRow, now: datetime) -> bool:
    """Tell whether a receipt that waits is still worth sending."""
    if now - row.written_at > FRESH or outbox.is_being_answered(conn, row.case):
        return False
    known = cases.get(conn, row.case)
    if known is None or known.state is CaseState.CLOSED:
        return False
    return not outbox.we_spoke_since(conn, row.channel, row.conversation_id, known.opened_at)
