"""What people say of a case beside its verdicts: tags, the group of its customer, and that another customer helped.

Tags and groups are what policies may ask: after a change the first policy that fits is looked for again, and what runs is computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.message import Direction
from webcare.domain.routing import plain_label
from webcare.domain.sla.events import Event, EventType
from webcare.services import rejudge
from webcare.services.desk import known
from webcare.services.settle import record
from webcare.store import cases, desk, tags, thread
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.message import Message
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow

LONGEST = 50
MOST = 20  # tags of one case
SUGGESTED = 50
SHOWN = 10  # messages of others


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The tags of a case and the group of its customer, with those there are to choose from."""

    tags: tuple[str, ...]
    group: str | None
    known_tags: tuple[str, ...]
    known_groups: tuple[str, ...]
    others: tuple[Other, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """What another customer wrote in the conversation since the case opened: it may have helped."""

    message: int
    name: str
    at: datetime
    text: str


def labels(conn: Connection, row: CaseRow, *, is_shared: bool = True) -> Labels:
    """Return what was said of a case, and what is said of others; `is_shared`: somebody else may have written beside it."""
    own = tags.of(conn, row.id)
    return Labels(
        tags=tuple(own),
        group=tags.group(conn, row.channel, row.customer_id),
        known_tags=tuple(name for name in tags.lately(conn, SUGGESTED) if name not in own),
        known_groups=tuple(tags.groups(conn, SUGGESTED)),
        others=()
        if row.kind.is_private or not is_shared
        else tuple(_other(one) for one in thread.written_since(conn, row, SHOWN)),
    )


def _other(one: Any) -> Other:
    return Other(message=one.id, name=one.author_name or one.author_handle or one.author_id, at=one.created_at, text=one.text)


def known_tags(conn: Connection) -> list[str]:
    """Return the tags there are, the one used last first."""
    return tags.lately(conn, SUGGESTED)


# --- tags ---


def tag(conn: Connection, case_id: int, *, by: str, name: str, rules: Rules, now: datetime) -> CaseRow:
    """Give a case a tag; again changes nothing. Closed cases take tags too.

    Raises:
        ImpossibleMove: the tag is empty or too long, or the case has as many as one can.
    """
    row, name = known(conn, case_id), _label(name)
    own = tags.of(conn, case_id)
    if name in own:
        return row
    if len(own) >= MOST:
        raise ImpossibleMove(f"the case has {MOST} tags", Refusal.TOO_MANY_TAGS)
    tags.add(conn, case_id, name, by=by, now=now)
    return _said(conn, row, EventType.TAG, {"added": name}, rejudge.TAG, by=by, rules=rules, now=now)


def untag(conn: Connection, case_id: int, *, by: str, name: str, rules: Rules, now: datetime) -> CaseRow:
    """Take a tag from a case; one that it has not changes nothing.

    Raises:
        ImpossibleMove: there is no such case.
    """
    row, name = known(conn, case_id), plain_label(name)
    if not tags.remove(conn, case_id, name):
        return row
    return _said(conn, row, EventType.TAG, {"removed": name}, rejudge.TAG, by=by, rules=rules, now=now)


# --- groups ---


def put_into_group(conn: Connection, case_id: int, *, by: str, name: str, rules: Rules, now: datetime) -> CaseRow:
    """Say in which group a case's customer is, on all accounts of its kind; an empty name takes them out of theirs.

    Raises:
        ImpossibleMove: the name is too long.
    """
    row = known(conn, case_id)
    kind, was = row.channel.partition(":")[0], tags.group(conn, row.channel, row.customer_id)
    name = _label(name) if name.strip() else ""
    if name == (was or ""):
        return row
    if name:
        tags.put(conn, kind, row.customer_id, name, by=by, now=now)
    else:
        tags.take_out(conn, kind, row.customer_id)
    facts = {"group": name or None, "was": was}
    for number in {case_id, *desk.open_cases_of(conn, kind, row.customer_id)}:
        _said(conn, cases.lock(conn, number), EventType.GROUP, facts, rejudge.GROUP, by=by, rules=rules, now=now)
    return cases.lock(conn, case_id)


def _said(
    conn: Connection,
    row: CaseRow,
    what: EventType,
    facts: dict[str, str | None],
    because: str,
    *,
    by: str,
    rules: Rules,
    now: datetime,
) -> CaseRow:
    """Note it in the log, and let the case go by the policy that fits it now."""
    line = LogLine(event=Event(at=now, type=what, by=by), learned_at=now, data=facts)
    row = record(conn, row, [line], rules, now)
    if rules.book.asks(because):
        rejudge.rematch(conn, row, rules, now, because=because, by=by)
    return cases.lock(conn, row.id)


def _label(name: str) -> str:
    name = plain_label(name)
    if not name:
        raise ImpossibleMove("it has no name", Refusal.NOTHING_SAID)
    if len(name) > LONGEST:
        raise ImpossibleMove(f"a name has {LONGEST} letters at most", Refusal.TOO_LONG)
    return name


# --- another customer helped ---


def helped(conn: Connection, case_id: int, *, by: str, message: int, rules: Rules, now: datetime) -> CaseRow:
    """Say that another customer's message answered this one's; what that is worth is the policy's business, and it stops no clock.

    Raises:
        ImpossibleMove: the message is none of another customer in this conversation, or is older than the case.
    """
    row, what = known(conn, case_id), desk.message(conn, message)
    if what is None or what.is_deleted or what.message.direction is not Direction.INBOUND or not _is_beside(row, what.message):
        raise ImpossibleMove("there is no such message of another customer", Refusal.NO_SUCH_MESSAGE)
    if what.message.created_at < row.opened_at:
        raise ImpossibleMove("it was written before the case began", Refusal.NOT_THEN)
    if message in helping(cases.log(conn, case_id)):
        return row
    event = Event(at=what.message.created_at, type=EventType.COMMUNITY_ANSWER, ref=f"community:{row.events}", by=by)
    record(conn, row, [LogLine(event=event, learned_at=now, message=message)], rules, now)
    return cases.lock(conn, case_id)


def helped_not(conn: Connection, case_id: int, *, by: str, message: int, rules: Rules, now: datetime) -> CaseRow:
    """Take back that another customer helped; the clock is as if nobody had said so.

    Raises:
        ImpossibleMove: nobody had.
    """
    row = known(conn, case_id)
    ref = helping(cases.log(conn, case_id)).get(message)
    if ref is None:
        raise ImpossibleMove("nobody said that it helped", Refusal.NO_SUCH_MESSAGE)
    event = Event(at=now, type=EventType.WITHDRAWN, ref=ref, by=by)
    record(conn, row, [LogLine(event=event, learned_at=now, message=message, data={"community": True})], rules, now)
    return cases.lock(conn, case_id)


def helping(log: Sequence[LogLine]) -> dict[int, str]:
    """Return the messages of other customers that count as help, each with the name of the line that says so."""
    gone = {line.event.ref for line in log if line.event.type is EventType.WITHDRAWN}
    said = [line for line in log if line.event.type is EventType.COMMUNITY_ANSWER and line.event.ref not in gone]
    return {line.message: line.event.ref for line in said if line.message is not None and line.event.ref is not None}


def _is_beside(row: CaseRow, what: Message) -> bool:
    same = (what.channel, what.conversation_id) == (row.channel, row.conversation_id)
    return same and not row.kind.is_private and what.author.id != row.customer_id
