"""The facts of a day: one read of the clocks that were decided, of what was said, who was told and how the channels fared.

    midnight ------------------ the day ------------------ midnight ------ read_at
       | first responses met, all misses, messages, alerts    | what runs out today, as it stood then
       `- 7 and 28 days before: first responses, summed up

Every range is one of an index: a long history costs nothing. What the sweep has not noted yet is read as it will: a clock that runs
past its deadline is missed. `read_at` is now, but of a day long past the morning after it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, bindparam, cast, func, literal_column, or_, select
from sqlalchemy import case as case_when

from webcare.domain.case import CaseState
from webcare.domain.checks import WEEKS
from webcare.domain.digest import FOUR_WEEKS, WEEK, AlertFact, ChannelTrouble, ClockFact, Facts, MessageFact, summed_up
from webcare.domain.durations import parse_instant
from webcare.domain.learning import Learning
from webcare.domain.message import Direction, Kind
from webcare.domain.sla.events import MACHINE, EventType
from webcare.domain.sla.promise import Clock, State
from webcare.domain.verdict import Intent
from webcare.domain.walltime import instant_of
from webcare.store import checks, misses, models, peaks
from webcare.store.channel_state import Fares
from webcare.store.digest_kept import corrections
from webcare.store.house_tables import channel_state
from webcare.store.outbox import ALERT, SENT
from webcare.store.tables import case, case_event, channel, clock, delivery, delivery_notice, message, notice, step, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, RowMapping

    from webcare.domain.digest import FirstResponse, Period

MORNING = time(8)
AHEAD = timedelta(days=7)  # how long before a key ends it is worth a line
SILENT, PARTLY, FEW, EXPIRING, RECOVERED, TROUBLE = "silent", "partly", "few", "expiring", "recovered", "trouble"

_MET = clock.c.state == literal_column(f"'{State.MET}'")  # written out, as in outbox: else no partial index
_RUNNING = clock.c.state == literal_column(f"'{State.RUNNING}'")
_OVERDUE = clock.c.state.in_([State.MISSED.value, State.RUNNING.value])
_FIRST = clock.c.clock == Clock.FIRST_RESPONSE.value
_INBOUND = message.c.direction == literal_column(f"'{Direction.INBOUND}'")


def _in(column: Any) -> Any:
    return and_(column >= bindparam("start"), column < bindparam("end"))


_CLOCKS = select(
    clock,
    case.c.channel,
    case.c.kind,
    case.c.claimed_by,
    case.c.found_by,
    case.c.state.label("case_state"),
).join(case, case.c.id == clock.c.case)
_MET_THEN = _CLOCKS.where(_MET, _FIRST, _in(clock.c.stopped_at))
_MISSED_THEN = _CLOCKS.where(_OVERDUE, _in(clock.c.due_at))
_STOOD = and_(  # at that instant somebody waited
    clock.c.started_at <= bindparam("read_at"),
    clock.c.due_at >= bindparam("read_at"),
    or_(clock.c.stopped_at.is_(None), clock.c.stopped_at > bindparam("read_at")),
)
_DUE = _CLOCKS.where(_in(clock.c.due_at), or_(_RUNNING, _STOOD))
_CAPPED = select(case.c.id, case.c.channel, case.c.kind, case.c.claimed_by, case.c.opened_at, case.c.due_at).where(
    case.c.state == literal_column(f"'{CaseState.OPEN}'"),
    _in(case.c.due_at),
    case.c.due_clock == Clock.REPLY_WINDOW.value,
)
_FIRSTS_MET = select(clock.c.elapsed_s).where(_MET, _FIRST, _in(clock.c.stopped_at))
_FIRSTS_MISSED = select(clock.c.elapsed_s, clock.c.stopped_at.is_not(None)).where(_OVERDUE, _FIRST, _in(clock.c.due_at))
_earlier = verdict.alias("earlier")
_OF_THE_MACHINE = (  # where a person corrected it, its own verdict is the first one
    select(_earlier.c.unsure)
    .where(_earlier.c.message == message.c.id, _earlier.c.by == MACHINE)
    .order_by(_earlier.c.id)
    .limit(1)
    .correlate(message)
)
_repeated = verdict.alias("repeated")
_AGREES = (  # what the machine had said too: a person only confirmed it
    select(_repeated.c.id)
    .where(
        _repeated.c.message == message.c.id,
        _repeated.c.by == MACHINE,
        _repeated.c.id < verdict.c.id,
        _repeated.c.needs_response == verdict.c.needs_response,
        _repeated.c.sentiment == verdict.c.sentiment,
        _repeated.c.urgency == verdict.c.urgency,
        cast(_repeated.c.intents, String) == cast(verdict.c.intents, String),
    )
    .correlate(message, verdict)
    .exists()
)
_EACH = (
    select(
        message.c.channel,
        message.c.kind,
        cast(verdict.c.intents, String).label("intents"),
        case_when((verdict.c.by == MACHINE, verdict.c.unsure), else_=_OF_THE_MACHINE.scalar_subquery()).label("unsure"),
        case_when((verdict.c.by == MACHINE, False), (_AGREES, False), (verdict.c.id.is_(None), False), else_=True).label(
            "corrected"
        ),
    )
    .outerjoin(verdict, verdict.c.id == message.c.verdict)
    .where(_INBOUND, message.c.channel.in_(bindparam("channels", expanding=True)), _in(message.c.created_at))
    .subquery()
)
_HEARD = select(*_EACH.c, func.count().label("count")).group_by(*_EACH.c).order_by(_EACH.c.channel, _EACH.c.kind)
_TAKEN = (EventType.ACK.value, EventType.CLAIM.value)
_ALERTS = (
    select(
        delivery.c.id,
        delivery.c.person,
        delivery.c.sent_at,
        func.min(case_event.c.at, type_=case_event.c.at.type).label("taken_at"),
        func.min(case_when((notice.c.acked_at >= delivery.c.sent_at, notice.c.acked_at)), type_=notice.c.acked_at.type).label(
            "heard_at"  # also who only answered has heard it
        ),
    )
    .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
    .join(notice, notice.c.id == delivery_notice.c.notice)
    .join(step, step.c.id == notice.c.step)
    .outerjoin(
        case_event,
        and_(case_event.c.case == step.c.case, case_event.c.type.in_(_TAKEN), case_event.c.at >= delivery.c.sent_at),
    )
    .where(_in(delivery.c.sent_at), delivery.c.kind == ALERT, delivery.c.state == SENT)
    .group_by(delivery.c.id, delivery.c.person, delivery.c.sent_at)
    .order_by(delivery.c.id)
)
_NEWS = (  # what people were told that is about no case
    select(delivery.c.content, delivery.c.created_at)
    .where(
        delivery.c.created_at >= bindparam("start"),
        delivery.c.kind == ALERT,
        ~select(delivery_notice.c.notice).where(delivery_notice.c.delivery == delivery.c.id).exists(),
    )
    .order_by(delivery.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A period, when it is looked at, and as of when it is told what runs out today."""

    period: Period
    now: datetime

    @property
    def read_at(self) -> datetime:
        today = self.period.later(1)
        return min(self.now, instant_of(today.day, MORNING, today.tz))

    @property
    def span(self) -> dict[str, datetime]:
        return {"start": self.period.starts_at, "end": self.period.ends_at}


def facts(conn: Connection, period: Period, now: datetime) -> Facts:
    """Return the facts of a day that is over."""
    day = Day(period=period, now=now)
    known = conn.execute(select(channel.c.id, channel.c.brand).order_by(channel.c.id)).all()
    troubles = list(_troubles(conn, day))
    before = {"end": period.starts_at}
    a_week = {"start": period.later(-WEEK).starts_at, "end": period.later(1 - WEEK).starts_at}
    return Facts(
        clocks=[*_met(conn, day), *_missed(conn, day, troubles), *_due(conn, day)],
        messages=_messages(conn, day, [row.id for row in known]),
        alerts=[
            AlertFact(
                person=row.person or "",
                sent_at=row.sent_at,
                acknowledged_at=min((at for at in (row.taken_at, row.heard_at) if at is not None), default=None),
            )
            for row in conn.execute(_ALERTS, day.span)
        ],
        troubles=troubles,
        corrections=corrections(conn, period, day.read_at),
        previous=first_responses(conn, a_week),
        four_weeks=first_responses(conn, {**before, "start": period.later(-FOUR_WEEKS).starts_at}),
        brands=sorted({row.brand for row in known}),
        peaks=peaks.of_day(conn, period.starts_at, period.ends_at),
        learning=_learning(conn, day),
    )


def _learning(conn: Connection, day: Day) -> Learning:
    """Return what the machine learned that day, and what people found in what it let pass, as it stood when the letter was made."""
    checked, waiting = checks.summed(conn, day.read_at, WEEKS)
    return Learning(notes=models.notes(conn, day.period.starts_at, day.period.ends_at), checked=checked, waiting=waiting)


# --- clocks ---


def first_responses(conn: Connection, span: dict[str, datetime]) -> FirstResponse:
    """Sum up the first responses that were decided in a span."""
    met = list(conn.execute(_FIRSTS_MET, span).scalars())
    missed = conn.execute(_FIRSTS_MISSED, span).all()
    took = sorted([*met, *(elapsed for elapsed, is_answered in missed if is_answered)])
    return summed_up(len(met) + len(missed), len(met), [timedelta(seconds=seconds) for seconds in took])


def _met(conn: Connection, day: Day) -> Iterator[ClockFact]:
    for row in conn.execute(_MET_THEN, day.span):
        yield _clock(row, State.MET)


def _missed(conn: Connection, day: Day, troubles: Sequence[ChannelTrouble]) -> list[ClockFact]:
    """Return what ran out, each with its reason. One that still runs is late by the time since then, whatever its calendar says."""
    rows = conn.execute(_MISSED_THEN, day.span).all()
    whys = misses.whys(conn, rows, troubles)
    found = []
    for row in rows:
        waits = row.stopped_at is None and row.case_state == CaseState.OPEN.value
        elapsed = row.target_s + (day.now - row.due_at) / timedelta(seconds=1) if waits else row.elapsed_s
        why, late_ingest = whys[row.case, row.clock, row.nth]
        found.append(_clock(row, State.MISSED, elapsed_s=elapsed, why=why, late_ingest=late_ingest))
    return found


def _due(conn: Connection, day: Day) -> Iterator[ClockFact]:
    today = day.period.later(1)
    span = {"start": today.starts_at, "end": today.ends_at}
    for row in conn.execute(_DUE, {**span, "read_at": day.read_at}):
        yield _clock(row, State.RUNNING)
    for row in conn.execute(_CAPPED, span):
        yield ClockFact(
            case=str(row.id),
            channel=row.channel,
            kind=Kind(row.kind),
            clock=Clock.REPLY_WINDOW,
            state=State.RUNNING,
            started_at=row.opened_at,
            due_at=row.due_at,
            answered_at=None,
            elapsed=timedelta(0),
            target=timedelta(0),
            claimed=row.claimed_by is not None,
        )


def _clock(row: Row[Any], state: State, *, elapsed_s: float | None = None, **more: Any) -> ClockFact:
    is_open = row.case_state == CaseState.OPEN.value
    return ClockFact(
        case=str(row.case),
        channel=row.channel,
        kind=Kind(row.kind),
        clock=Clock(row.clock),
        state=state,
        started_at=row.started_at,
        due_at=row.due_at,
        answered_at=row.stopped_at,
        elapsed=timedelta(seconds=row.elapsed_s if elapsed_s is None else elapsed_s),
        target=timedelta(seconds=row.target_s),
        claimed=row.claimed_by is not None,
        closed=not is_open and row.stopped_at is None,
        **more,
    )


# --- what was said, and who was told ---


def _messages(conn: Connection, day: Day, channels: Sequence[str]) -> list[MessageFact]:
    """Return what customers wrote, those alike together."""
    if not channels:
        return []
    return [_alike(row, day) for row in conn.execute(_HEARD, {**day.span, "channels": list(channels)}).mappings()]


def _alike(row: RowMapping, day: Day) -> MessageFact:
    return MessageFact(
        channel=row["channel"],
        kind=Kind(row["kind"]),
        intents=tuple(Intent(label) for label in json.loads(row["intents"] or "[]")),
        at=day.period.starts_at,
        inbound=True,
        unsure=bool(row["unsure"]),
        corrected=bool(row["corrected"]),
        count=row["count"],
    )


# --- channels ---


def _troubles(conn: Connection, day: Day) -> Iterator[ChannelTrouble]:
    """Yield the troubles that people were told of, by what they were told, and those that last, by how the channels fare."""
    began, ended = _told(conn, day.period.starts_at)
    for row in conn.execute(select(channel_state).order_by(channel_state.c.channel)):
        if row.state != Fares.FINE.value:
            began.setdefault((row.channel, row.since), row.state)
        if row.silent_since is not None:
            began.setdefault((row.channel, row.heard_at or row.silent_since), SILENT)
        if row.partly_since is not None:
            began.setdefault((row.channel, row.partly_since), PARTLY)
        if row.few_since is not None:
            began.setdefault((row.channel, row.few_since), FEW)
        if row.expires_at is not None:
            yield ChannelTrouble(channel=row.channel, what=EXPIRING, since=row.expires_at - AHEAD, until=row.expires_at)
    for name, since in sorted({*began, *ended}):
        what = began.get((name, since), TROUBLE)  # of one that began before the day only its end is told here
        yield ChannelTrouble(channel=name, what=what, since=since, until=ended.get((name, since)))


_Beginnings = dict[tuple[str, "datetime"], Any]  # by channel, and when a trouble began


def _told(conn: Connection, since: datetime) -> tuple[_Beginnings, _Beginnings]:
    """Return which troubles people were told of from then on, and which ends."""
    began: _Beginnings = {}
    ended: _Beginnings = {}
    for content, created_at in conn.execute(_NEWS, {"start": since}):
        trouble = content.get("trouble", {})
        if "channel" not in trouble:  # of somebody's contact method
            continue
        if trouble.get("what") == RECOVERED:
            ended[trouble["channel"], parse_instant(trouble["since"])] = created_at
        elif trouble["what"] != EXPIRING:
            began[trouble["channel"], parse_instant(trouble["since"])] = trouble["what"]
    return began, ended
