"""A case as its page shows it: facts as values, no words. And the mark by which pages learn that something has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from webcare.domain.message import Direction, Kind
from webcare.domain.sla.events import MACHINE, EventType
from webcare.domain.verdict import Intent, Sentiment
from webcare.services import answer
from webcare.services.settle import read
from webcare.store import case_file, cases, reports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.domain.sla.evaluate import Evaluation
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict in force. `scores` are from 0 to 1 by label; `by` is the person who corrected it, None for the machine's own."""

    intents: tuple[Intent, ...]
    sentiment: Sentiment
    needs_response: bool
    needs_response_score: float
    unsure: bool
    scores: Mapping[str, float]
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of the case."""

    id: int
    external_id: str
    is_ours: bool
    is_private: bool
    author: str
    handle: str | None
    text: str
    attachments: int
    permalink: str | None
    at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    automatic: str | None
    judged: Judged | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A reply from here and how far it came."""

    id: int
    by: str
    at: datetime
    text: str
    state: str
    reason: str | None
    external_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A step that was taken, with who was told; `person` is None for one that only lights up in the queue."""

    at: datetime
    step: str
    person: str | None
    state: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    row: CaseRow
    found: Evaluation
    thread: tuple[Said, ...]
    notes: tuple[Note, ...]
    replies: tuple[Written, ...]
    told: tuple[Told, ...]
    log: tuple[LogLine, ...]
    names: Mapping[str, str] = field(default_factory=dict)  # of our people

    @property
    def customer(self) -> str:
        return self.row.customer_name or self.row.customer_id

    def name(self, person: str | None) -> str:
        """Return what somebody of ours is called; whoever is nobody of ours by their id."""
        return self.names.get(person or "", person or "")


def open_file(conn: Connection, case_id: int, rules: Rules, now: datetime) -> CaseFile | None:
    """Return everything that the page of a case shows as of `now`; None when there is no such case."""
    row = cases.get(conn, case_id)
    if row is None:
        return None
    log = cases.log(conn, case_id)
    return CaseFile(
        row=row,
        found=read(row, log, rules, now),
        thread=tuple(_said(one) for one in case_file.thread(conn, case_id)),
        notes=tuple(_note(line) for line in log if line.event.type is EventType.NOTE and (line.data or {}).get("text")),
        replies=tuple(_written(one) for one in reports.replies(conn, case_id) if not one["automatic"]),
        told=tuple(_told(one) for one in reports.told(conn, case_id)),
        log=tuple(log),
        names=case_file.names(conn),
    )


def _said(one: Any) -> Said:
    return Said(
        id=one.id,
        external_id=one.external_id,
        is_ours=one.direction == Direction.OUTBOUND,
        is_private=Kind(one.kind).is_private,
        author=one.author_name or one.author_handle or one.author_id,
        handle=one.author_handle,
        text=one.text,
        attachments=len(one.attachments or ()),
        permalink=one.permalink,
        at=one.created_at,
        edited_at=one.edited_at,
        deleted_at=one.deleted_at,
        automatic=one.automatic,
        judged=None if one.intents is None else _judged(one),
    )


def _judged(one: Any) -> Judged:
    return Judged(
        intents=tuple(Intent(name) for name in one.intents),
        sentiment=Sentiment(one.sentiment),
        needs_response=one.needs_response,
        needs_response_score=one.needs_response_score,
        unsure=one.unsure,
        scores={**one.scores.get("intents", {}), **one.scores.get("sentiment", {})},
        by=None if one.by == MACHINE else one.by,
    )


def _note(line: LogLine) -> Note:
    return Note(by=line.event.by or "", at=line.event.at, text=(line.data or {})["text"])


def _written(one: Mapping[str, Any]) -> Written:
    return Written(
        id=one["id"],
        by=one["by"],
        at=one["written_at"],
        text=one["text"],
        state=one["state"],
        reason=one["reason"],
        external_id=one["external_id"],
    )


def _told(one: Mapping[str, Any]) -> Told:
    return Told(at=one["at"], step=one["step"], person=one["person"], state=one["state"], sent_at=one["sent_at"])


def send_again(conn: Connection, case_id: int, reply_id: int, *, now: datetime) -> None:
    """Send a reply of this case once more, because a person says so.

    Raises:
        LookupError: this case has no such reply.
        ValueError: it is still on its way, or was accepted.
    """
    found = case_file.reply_of(conn, reply_id)
    if found is None or found.case != case_id or found.automatic:
        raise LookupError(f"reply {reply_id} is none of case {case_id}")
    answer.send_again(conn, reply_id, now=now)


def names(conn: Connection) -> dict[str, str]:
    """Return what our people are called, by id."""
    return case_file.names(conn)


def marks(conn: Connection) -> tuple[str, ...]:
    """Return what is another value after anything that people see has changed."""
    return case_file.marks(conn)
