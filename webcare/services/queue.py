"""The queue: what runs out first, as people look at it; the filters live in the address.

A row is made of what the database knows of a case in a few reads a page: the case, its log lines with messages, the texts, the open
clocks, the steps taken, its tags, who else answered. Nothing is computed from a whole log here: a page must not become slower with the
length of its cases.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.calendar import ELAPSED
from webcare.domain.case import CaseState
from webcare.domain.durations import format_instant, parse_instant
from webcare.domain.message import Kind
from webcare.domain.rota import LevelName, Role, level_for
from webcare.domain.row_number import row_number
from webcare.domain.sla.events import MACHINE, EventType
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.services import desk, search
from webcare.services.filters import INTENTS, LONGEST_QUERY, ME, NOBODY, RISK, Filters
from webcare.store import community, peaks, queue, tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from webcare.services.settle import Rules
    from webcare.store import Connection

__all__ = ["INTENTS", "LONGEST_QUERY", "ME", "NOBODY", "RISK", "Filters"]  # read from here, too

PAGE = 25
ENOUGH = queue.ENOUGH  # a count above it means "more than that"
CERTAIN = 100  # per cent
HOUR = timedelta(hours=1)
_STAGES = {None: 1, LevelName.ONCALL: 2, LevelName.NEXT: 3, LevelName.LEAD: 4}


# --- rows ---


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One case in the queue.

    `line` is what the customer waits on: their newest message that needs an answer. Of that message are `intents`, `sentiment`,
    `language` and `certainty`, from 0 to 1 by label; `corrected_by` is the person who judged it. `share_left` is what is left of the
    target in the clock's own time, 0 when late, None when no clock runs; `stage` the sign: 0 none, 1 inbox, 2 alerted, 3 paged, 4 late.
    `risk` is how likely it is missed, in per cent, as of the last minute; None where it cannot be told. `community` is how certain it is,
    in per cent, that another customer answered.
    """

    case: int
    brand: str
    channel: str
    kind: Kind
    customer_name: str | None
    customer_handle: str | None
    line: str
    has_attachments: bool
    urgency: Urgency
    unsure: bool
    intents: tuple[Intent, ...]
    sentiment: Sentiment | None
    certainty: Mapping[str, float] = field(default_factory=dict)
    corrected_by: str | None = None
    language: str
    due_at: datetime | None
    due_clock: Clock | None
    share_left: float | None
    step: str | None
    stage: int
    state: CaseState
    claimed_by: str | None
    waiting_since: datetime | None
    message_count: int
    opened_at: datetime
    closed_at: datetime | None
    snoozed_until: datetime | None
    risk: int | None = None
    tags: tuple[str, ...] = ()
    community: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`next` is the `after` of the page that follows; None on the last. `is_cut`: only the newest messages were searched."""

    rows: tuple[QueueRow, ...]
    more: bool
    next: str | None
    is_cut: bool = False


def rows(
    conn: Connection,
    filters: Filters,
    *,
    now: datetime,
    limit: int = PAGE,
    after: str | None = None,
    person: str | None = None,
    rules: Rules | None = None,
) -> Page:
    """Return a page of the queue, what runs out first on top. `person` is who `me` is; `rules` lets shares count in working time."""
    where, is_cut = _where(conn, filters, now, person)
    found = queue.page(conn, where, limit + 1, _after(after))
    shown = found[:limit]
    more = len(found) > limit
    return Page(rows=_rows(conn, shown, now, rules), more=more, next=_cursor(filters, shown[-1]) if more else None, is_cut=is_cut)


def row(conn: Connection, case: int, *, now: datetime, rules: Rules | None = None) -> QueueRow | None:
    """Return one case as it stands in the queue: what is swapped in place when it changes."""
    found = queue.cases(conn, [case])
    return _rows(conn, found, now, rules)[0] if found else None


def _where(conn: Connection, filters: Filters, now: datetime, person: str | None) -> tuple[queue.Where, bool]:
    where = queue.Where(
        shelf=queue.Shelf(filters.state),
        channel=filters.channel,
        kind=filters.kind,
        labels=tuple(label for label in (filters.language, filters.sentiment, filters.intent) if label is not None),
        claimed_by=None if filters.claimed_by == NOBODY else person or "" if filters.claimed_by == ME else filters.claimed_by,
        unclaimed=filters.claimed_by == NOBODY,
        unsure=filters.unsure,
        urgent=filters.urgent,
        due_before=now if filters.late else None,
        brand=filters.brand,
        tag=filters.tag,
        peak=None if filters.peak is None else int(filters.peak),
        grouped=() if filters.is_narrow else tuple(one.id for one in peaks.running(conn)),
        by_risk=filters.sort == RISK,
    )
    if not filters.query:
        return where, False
    found = search.cases_with(conn, filters.query, filters.state)
    return replace(where, among=found.cases), found.is_cut


def _cursor(filters: Filters, last: Any) -> str:
    at = {queue.Shelf.CLOSED: last.closed_at, queue.Shelf.SNOOZED: last.snoozed_until}.get(
        queue.Shelf(filters.state), last.due_at
    )
    if at is None:
        return f"{last.id}"
    if filters.sort == RISK and filters.state == queue.Shelf.OPEN and last.on_time is not None:
        return f"{last.id}~{format_instant(at)}~{last.on_time}"
    return f"{last.id}~{format_instant(at)}"


def _after(cursor: str | None) -> queue.After | None:
    """Read where a page ended; an address that somebody changed begins at the top."""
    number, _, rest = (cursor or "").partition("~")
    at, _, on_time = rest.partition("~")
    case = row_number(number)
    if case is None:
        return None
    try:
        return queue.After(at=parse_instant(at) if at else None, case=case, on_time=row_number(on_time))
    except ValueError:
        return None


def _rows(conn: Connection, found: Sequence[Any], now: datetime, rules: Rules | None) -> tuple[QueueRow, ...]:
    if not found:
        return ()
    numbers = [one.id for one in found]
    logs = _by_case(queue.said(conn, numbers))
    chosen = {number: _chosen(lines) for number, lines in logs.items()}
    texts = queue.texts(conn, [message for message in chosen.values() if message is not None])
    clocks, steps = _by_case(queue.open_clocks(conn, numbers)), _by_case(queue.steps(conn, numbers))
    tagged, helped = tags.of_many(conn, numbers), community.of_many(conn, numbers)
    shown = (
        _row(
            one,
            said=texts.get(chosen.get(one.id) or 0),
            lines=logs.get(one.id, ()),
            clocks=clocks.get(one.id, ()),
            steps=steps.get(one.id, ()),
            now=now,
            rules=rules,
        )
        for one in found
    )
    return tuple(replace(row, tags=tuple(tagged.get(row.case, ())), community=helped.get(row.case)) for row in shown)


def _by_case(found: Iterable[Any]) -> dict[int, list[Any]]:
    sorted_: dict[int, list[Any]] = {}
    for one in found:
        sorted_.setdefault(one.case, []).append(one)
    return sorted_


def _row(
    one: Any, *, said: Any, lines: Sequence[Any], clocks: Sequence[Any], steps: Sequence[Any], now: datetime, rules: Rules | None
) -> QueueRow:
    step, stage = _step(one, steps, now)
    waits = [clock for clock in clocks if clock.clock in (Clock.FIRST_RESPONSE, Clock.NEXT_RESPONSE)]
    judged = said is not None and said.intents is not None
    return QueueRow(
        case=one.id,
        brand=one.brand,
        channel=one.channel,
        kind=Kind(one.kind),
        customer_name=one.customer_name,
        customer_handle=None if said is None else said.author_handle,
        line="" if said is None else said.text,
        has_attachments=said is not None and bool(said.attachments),
        urgency=Urgency(one.urgency),
        unsure=one.unsure,
        intents=tuple(Intent(intent) for intent in said.intents) if judged else (),
        sentiment=Sentiment(said.sentiment) if judged else None,
        certainty=_certainty(said) if judged else {},
        corrected_by=said.by if judged and said.by != MACHINE else None,
        language=said.language if judged else "und",
        due_at=one.due_at,
        due_clock=None if one.due_clock is None else Clock(one.due_clock),
        share_left=_share_left(one, clocks, now, rules),
        step=step,
        stage=stage,
        state=CaseState(one.state),
        claimed_by=one.claimed_by,
        waiting_since=_waiting_since(lines, waits[0].started_at) if waits else None,
        message_count=sum(line.type in (EventType.INBOUND, EventType.ANSWER, EventType.BOT) for line in lines),
        opened_at=one.opened_at,
        closed_at=one.closed_at,
        snoozed_until=one.snoozed_until,
        risk=_risk(one, now),
    )


def _risk(one: Any, now: datetime) -> int | None:
    if one.due_at is None:
        return None
    return CERTAIN if one.due_at <= now else None if one.on_time is None else CERTAIN - one.on_time


def _chosen(lines: Sequence[Any]) -> int | None:
    """Return the customer's newest message that needs an answer, else the newest."""
    theirs = [line for line in lines if line.type == EventType.INBOUND and line.message is not None]
    needing = {line.message for line in lines if line.data.get("needs_response") and line.type != EventType.ANSWER}
    chosen = [line.message for line in theirs if line.message in needing] or [line.message for line in theirs]
    return chosen[-1] if chosen else None


def _certainty(said: Any) -> dict[str, float]:
    return {**said.scores.get("intents", {}), **said.scores.get("sentiment", {})}


def _waiting_since(lines: Sequence[Any], started_at: datetime) -> datetime:
    """Return when the customer wrote what they wait on; a clock in working time may have begun later."""
    failed = {line.data.get("ref") for line in lines if line.type == EventType.WITHDRAWN}
    since: datetime | None = None
    for line in lines:
        if line.type == EventType.ANSWER and line.data.get("ref") not in failed:
            since = None
        elif line.data.get("needs_response") and since is None and line.type in (EventType.INBOUND, EventType.EDIT):
            since = line.at
    return started_at if since is None else min(since, started_at)


def _step(one: Any, steps: Sequence[Any], now: datetime) -> tuple[str | None, int]:
    """Return the highest rung that this deadline has reached, and its sign."""
    reached = [step for step in steps if step.clock == one.due_clock and step.deadline == one.due_at]
    is_late = one.due_at is not None and one.due_at < now
    staged = [(_STAGES[level_for(step.step, is_breach=step.at >= step.deadline)], step.at, step.step) for step in reached]
    stage, _, name = max(staged, default=(0, None, None))
    return name, 4 if is_late else min(stage, 3) if one.due_at is not None else 0


def _share_left(one: Any, clocks: Sequence[Any], now: datetime, rules: Rules | None) -> float | None:
    """Return what is left of the time from the clock's start to the deadline: of the capped clock where the reply window comes first."""
    if one.due_at is None or not clocks:
        return None
    is_capped = one.due_clock == Clock.REPLY_WINDOW
    clock = clocks[0] if is_capped else next((c for c in clocks if c.clock == one.due_clock), None)
    if clock is None or clock.started_at is None:
        return None
    calendar = ELAPSED if rules is None else rules.of(one.policy).policy.calendar
    whole = calendar.between(clock.started_at, one.due_at) if clock.started_at < one.due_at else timedelta(0)
    left = calendar.between(now, one.due_at) if now < one.due_at else timedelta(0)
    return min(1.0, left / whole) if whole else 0.0


# --- counts ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many open cases there are, as people look at them; more than `ENOUGH` means only that. `channels` is by account."""

    open: int
    mine: int
    unclaimed: int
    unsure: int
    urgent: int
    late: int
    within_hour: int
    snoozed: int
    channels: Mapping[str, int]


def counts(conn: Connection, *, now: datetime, person: str) -> Counts:
    """Count what the queue's head and its views show."""
    return Counts(**queue.counts(conn, now=now, soon=now + HOUR, person_id=person), channels=queue.counts_by_channel(conn))


def sizes(conn: Connection, wanted: Sequence[Filters], *, now: datetime, person: str) -> list[int]:
    """Count the cases of each of these filters, each up to one more than `ENOUGH`: for views that somebody keeps."""
    return queue.up_to_enough(conn, [_where(conn, filters, now, person)[0] for filters in wanted])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """When somebody who waited was last answered in time, and how much time was left."""

    at: datetime
    left: timedelta


def last_answered(conn: Connection) -> Answered | None:
    """Return the last answer that came in time; None before the first. It is asked when nothing waits."""
    row = queue.last_answered(conn)
    return None if row is None or row.stopped_at is None else Answered(at=row.stopped_at, left=row.due_at - row.stopped_at)


def colleagues(conn: Connection) -> list[tuple[str, str]]:
    """Return who answers customers, by name: whom a case can be given to."""
    return [(row.id, row.name) for row in queue.people_in(conn, [role for role in Role if desk.may(role, desk.Action.WORK)])]


# --- the next one ---


def take_next(conn: Connection, person: str, rules: Rules, now: datetime) -> int | None:
    """Claim the most urgent case that nobody has, and return it; None when nobody waits for an answer.

    Two people at once never get the same one: a case that somebody else is taking is passed over.
    """
    found = queue.most_urgent(conn)
    if found is not None:
        desk.claim(conn, found, by=person, rules=rules, now=now)
    return found
