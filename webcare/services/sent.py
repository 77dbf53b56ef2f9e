"""What went out and what became of it, as the page of it shows: to whom, by which method's name, about which case. No target, no text.

A letter is not kept as it was read but as what it says, and is written again from that.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from webcare.domain.digest_record import thaw
from webcare.domain.rota import Role
from webcare.domain.row_number import row_number
from webcare.store import attempts, bundles, case_file, digest_kept, outbox, people, sent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from webcare.domain.digest import Digest
    from webcare.store import Connection

PAGE = 50
NEWS = ("test", "swap", "drill", "preflight")
KINDS = outbox.KINDS
IN_TIME = "in time"  # ends what is said by whoever waited and heard nothing
MAY_READ_ANY = (Role.LEAD, Role.ADMIN)


class Result(StrEnum):
    """How it stands with a delivery."""

    WAITING = "waiting"
    UNDERWAY = "underway"
    RETRY = "retry"
    DELIVERED = "delivered"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    HELD = "held"  # after a restore, until a person resumes
    UNCONFIRMED = "unconfirmed"  # a reply of which nobody knows whether it arrived
    WITHDRAWN = "withdrawn"  # a reply that was taken and then did not arrive
    OVER = "over"  # an alert that was not sent: nobody waited any more


class NotTheirs(Exception):  # noqa: N818 - it is what it is, and no OSError: a database may raise those
    """A letter of somebody else."""


BAD = frozenset({Result.REFUSED, Result.NO_ANSWER, Result.UNCONFIRMED, Result.WITHDRAWN})
UNSURE = frozenset({Result.RETRY, Result.HELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which deliveries are shown; they live in the address."""

    kind: str | None = None
    person: str | None = None
    failed: bool = False

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """Read an address; what no filter knows is left out."""
        kind = query.get("kind")
        return cls(kind=kind if kind in KINDS else None, person=query.get("person") or None, failed=query.get("failed") == "1")

    def to_query(self) -> dict[str, str]:
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: "1" if value is True else value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt to tell a person; without an `error` it arrived."""

    at: datetime
    took_ms: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One delivery. `person` is who was told, `by` who wrote.

    Of `cases` only the first, and those that still are there; `more` is how many it was about besides.
    `trouble` is what was told of a channel. `retry_at` is the machine's time, the others are the world's.
    """

    id: int
    kind: str
    person: str | None
    by: str | None
    automatic: bool
    method: str
    channel: str | None
    cases: tuple[int, ...]
    more: int
    trouble: Mapping[str, Any] | None
    news: str | None  # what else was told: of NEWS
    peak: Mapping[str, Any] | None
    day: date | None
    due_at: datetime
    sent_at: datetime | None
    attempts: int
    retry_at: datetime | None
    result: Result
    reason: str | None
    code: str | None  # of a refusal that people have a sentence for
    tries: tuple[Try, ...]
    acked_at: datetime | None
    acked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`next` is the `before` of the page that follows; None on the last. `names` are those of our people."""

    rows: tuple[Sent, ...]
    next: int | None
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFile:
    """A letter that was written to somebody, and what it is written from."""

    id: int
    person: str
    name: str
    language: str | None
    zone: str | None
    digest: Digest
    late: bool
    at: datetime
    is_sent: bool


def page(conn: Connection, filters: Filters, *, machine: datetime, before: str | None = None, limit: int = PAGE) -> Page:
    """Return a page of what went out, the newest first; `before` is where the page above it ended."""
    start = row_number(before or "")
    where = sent.Where(kind=filters.kind, person=filters.person, stuck=filters.failed)
    found = sent.page(conn, where, limit + 1, start)
    rows = found[:limit]
    taken = sent.taken(conn, [row.id for row in rows if row.kind == outbox.ALERT])
    about = {row.id: _cases(conn, row) for row in rows}
    there = sent.cases_there(conn, [number for numbers in about.values() for number in numbers])
    tried = attempts.of_messages(conn, [row.id for row in rows if row.kind != outbox.REPLY])
    return Page(
        rows=tuple(
            _shown(row, taken.get(row.id), tuple(n for n in about[row.id] if n in there), tried.get(row.id, ()), machine)
            for row in rows
        ),
        next=rows[-1].id if len(found) > limit else None,
        names=case_file.names(conn),
    )


def _shown(row: Any, taken: tuple[datetime, str] | None, about: tuple[int, ...], tried: Iterable[Any], machine: datetime) -> Sent:
    return Sent(
        id=row.id,
        kind=row.kind,
        person=row.person,
        by=row.by,
        automatic=bool(row.automatic),
        method=row.method,
        channel=row.channel,
        cases=about,
        more=int(row.content.get("more", 0)),
        trouble=row.content.get("trouble"),
        news=next((what for what in NEWS if what in row.content), None),
        peak=row.content.get("peak"),
        day=_day(row),
        due_at=row.not_before,
        sent_at=row.sent_at,
        attempts=row.attempt,
        retry_at=row.retry_at,
        result=result_of(row, machine),
        reason=row.reason or row.result,
        code=row.code,
        tries=tuple(Try(at=one.at, took_ms=one.took_ms, error=one.error) for one in tried),
        acked_at=None if taken is None else taken[0],
        acked_by=None if taken is None else taken[1],
    )


def _cases(conn: Connection, row: Any) -> tuple[int, ...]:
    """Return the first cases that a delivery is about; what an alert says is written when it leaves, so before that it says none."""
    if row.case is not None:
        return (row.case,)
    if row.kind == outbox.ALERT and not row.content.get("cases", True):
        over = [int(one["case"]) for one in row.content.get("clear", ())]
        return tuple(dict.fromkeys([*bundles.cases_of(conn, row.id, PAGE), *over]))
    told = [*row.content.get("cases", ()), *([row.content["reply"]] if "reply" in row.content else [])]
    return tuple(dict.fromkeys(int(one["case"]) for one in told))


def _day(row: Any) -> date | None:
    told = row.content.get("letter")
    return None if told is None else date.fromisoformat(told["day"])


def result_of(row: Any, machine: datetime) -> Result:
    """Return how it stands with a delivery, and with the reply that it carries."""
    match row.state:
        case "sent":
            return Result.WITHDRAWN if row.reply_state == Result.WITHDRAWN else Result.DELIVERED
        case "held":
            return Result.HELD
        case "over":
            return Result.OVER
        case "failed":
            if row.reply_state == Result.UNCONFIRMED:
                return Result.UNCONFIRMED
            return Result.NO_ANSWER if IN_TIME in (row.result or "") else Result.REFUSED
    if row.lease_until is not None and row.lease_until > machine:
        return Result.UNDERWAY
    return Result.RETRY if row.attempt else Result.WAITING


# --- letters ---


def letter(conn: Connection, number: str, *, reader: str, role: Role) -> LetterFile | None:
    """Return a letter; None when there is none of this number, or what it said is not kept.

    Raises:
        NotTheirs: it was written to somebody else.
    """
    known = row_number(number)
    row = None if known is None else sent.letter(conn, known)
    if row is None:
        return None
    if row.person != reader and role not in MAY_READ_ANY:
        raise NotTheirs
    told = row.content["letter"]
    kept = digest_kept.kept(conn, date.fromisoformat(told["day"]), told["edition"])
    if kept is None:
        return None
    person = people.person(conn, row.person or "")
    return LetterFile(
        id=row.id,
        person=row.person or "",
        name=person.name if person is not None else row.person or "",
        language=None if person is None else person.language,
        zone=None if person is None else person.zone,
        digest=thaw(kept),
        late=bool(told.get("late")),
        at=row.sent_at or row.created_at,
        is_sent=row.sent_at is not None,
    )
