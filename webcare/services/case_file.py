"""A case as its page shows it: facts as values, no words. And the mark by which pages learn that something has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from webcare.domain import splitting
from webcare.domain.sla.events import EventType
from webcare.services import answer, thread
from webcare.services.channel_health import is_stopped
from webcare.services.settle import read
from webcare.store import all_clears, attempts, case_file, cases, reply_ways, reports
from webcare.store.outbox import OVER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from webcare.domain.sla.evaluate import Evaluation
    from webcare.services.settle import Rules
    from webcare.services.thread import Customer, Spoken, Thread, Written
    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine

REWRITABLE = frozenset({"refused", "withdrawn", "taken_back"})  # certainly not before the customer's eyes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a person wrote for colleagues; `is_answer` where it says how the customer was answered elsewhere, taken back by its `ref`."""

    by: str
    at: datetime
    text: str
    is_answer: bool = False
    ref: str | None = None
    is_taken_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A step that was taken, with who was told and how; `person` is None for one that only lights up in the queue."""

    at: datetime
    step: str
    person: str | None
    state: str | None
    sent_at: datetime | None
    method: str | None
    leaves_at: datetime | None
    acked_at: datetime | None
    attempts: tuple[Tried, ...]
    is_all_clear: bool = False  # that it is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt to tell somebody; without an `error` it arrived."""

    at: datetime
    took_ms: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a case is answered."""

    case: int
    channel: str
    is_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Words to go on with, and how they were to go."""

    text: str
    way: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """`is_stopped` says that nothing goes out on its channel now; `known` is what we know of the customer."""

    row: CaseRow
    found: Evaluation
    talk: Thread
    known: Customer
    notes: tuple[Note, ...]
    told: tuple[Told, ...]
    is_stopped: bool = False
    names: Mapping[str, str] = field(default_factory=dict)  # of our people

    @property
    def customer(self) -> str:
        return self.row.customer_name or self.row.customer_id

    @property
    def thread(self) -> tuple[Spoken, ...]:
        """Return the messages of this very case."""
        return tuple(one for one in self.talk.spoken if one.case == self.row.id)

    @property
    def replies(self) -> tuple[Written, ...]:
        """Return what people wrote here."""
        return tuple(one for one in self.talk.replies if not one.automatic)

    @property
    def log(self) -> tuple[LogLine, ...]:
        return self.talk.log

    def name(self, person: str | None) -> str:
        """Return what somebody of ours is called; whoever is nobody of ours by their id."""
        return self.names.get(person or "", person or "")


def open_file(conn: Connection, case_id: int, rules: Rules, now: datetime, *, limit: int = thread.LONGEST) -> CaseFile | None:
    """Return everything that the page of a case shows as of `now`; None when there is no such case."""
    talk = thread.thread(conn, case_id, limit=limit)
    if talk is None:
        return None
    return CaseFile(
        row=talk.case,
        found=read(talk.case, talk.log, rules, now),
        talk=talk,
        known=thread.customer(conn, talk.case),
        notes=tuple(_notes(talk.log)),
        told=tuple(_told(conn, case_id)),
        is_stopped=is_stopped(conn, talk.case.channel),
        names=case_file.names(conn),
    )


def place_of(conn: Connection, case_id: int) -> Place | None:
    """Return where a case is answered: what is asked at each pause of somebody who writes."""
    row = cases.get(conn, case_id)
    return None if row is None else Place(case=row.id, channel=row.channel, is_private=row.kind.is_private)


def _notes(log: Sequence[LogLine]) -> Iterator[Note]:
    """Yield what the log says to colleagues."""
    taken_back = {line.event.ref for line in log if line.event.type is EventType.WITHDRAWN}
    for line in log:
        event, data, is_answer = line.event, line.data or {}, line.event.type is EventType.ANSWER
        text = data.get("how" if is_answer else "text") if is_answer or event.type is EventType.NOTE else None
        if text:
            is_void = is_answer and event.ref in taken_back
            yield Note(by=event.by or "", at=event.at, text=text, is_answer=is_answer, ref=event.ref, is_taken_back=is_void)


def _told(conn: Connection, case_id: int) -> Iterator[Told]:
    tried = attempts.of_case(conn, case_id)
    for one in reports.told(conn, case_id):
        yield Told(
            at=one["at"],
            step=one["step"],
            person=one["person"],
            state=one["state"] if one["dropped_at"] is None else OVER,
            sent_at=one["sent_at"] if one["dropped_at"] is None else None,
            method=one["method"],
            leaves_at=one["not_before"],
            acked_at=one["acked_at"],
            attempts=tuple(Tried(at=nth.at, took_ms=nth.took_ms, error=nth.error) for nth in tried.get(one["delivery"], ())),
        )
    for row in all_clears.of_case(conn, case_id):
        yield Told(
            at=row.at,
            step=row.what,
            person=row.person,
            state=row.state,
            sent_at=row.sent_at,
            method=row.method,
            leaves_at=row.not_before,
            acked_at=None,
            attempts=(),
            is_all_clear=True,
        )


def send_again(conn: Connection, case_id: int, reply_id: int, *, now: datetime) -> None:
    """Send a reply of this case once more, because a person says so.

    Raises:
        LookupError: this case has no such reply.
        ValueError: it is still on its way, or was accepted.
    """
    _own(conn, case_id, reply_id)
    answer.send_again(conn, reply_id, now=now)


def draft_of(conn: Connection, case_id: int, reply_id: int) -> Draft | None:
    """Return what a reply of this case said, with the parts behind it, to go on with; None when there is none, or it may have arrived."""
    found = case_file.reply_of(conn, reply_id)
    if found is None or found.case != case_id or found.automatic or found.state not in REWRITABLE:
        return None
    behind = [part.text for part in reply_ways.following(conn, reply_id) if part.state in REWRITABLE]
    return Draft(text=splitting.joined([found.text, *behind]), way=found.way)


def take_back(conn: Connection, case_id: int, reply_id: int) -> None:
    """Take a reply of this case back before it is sent.

    Raises:
        LookupError: this case has no such reply.
        ValueError: it is on its way, or was.
    """
    _own(conn, case_id, reply_id)
    answer.take_back(conn, reply_id)


def _own(conn: Connection, case_id: int, reply_id: int) -> None:
    found = case_file.reply_of(conn, reply_id)
    if found is None or found.case != case_id or found.automatic:
        raise LookupError(f"reply {reply_id} is none of case {case_id}")


def names(conn: Connection) -> dict[str, str]:
    """Return what our people are called, by id."""
    return case_file.names(conn)


def marks(conn: Connection) -> tuple[str, ...]:
    """Return what is another value after anything that people see has changed."""
    return case_file.marks(conn)
