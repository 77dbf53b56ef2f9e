"""What is known of each wait that was missed: when we knew of it, who was told, who took it, what failed. The reason is the domain's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from webcare.domain.case import FoundBy
from webcare.domain.misses import Evidence, why_missed
from webcare.domain.sla.events import EventType
from webcare.domain.sla.promise import Clock
from webcare.store import cases
from webcare.store.outbox import SENT
from webcare.store.retention import batches
from webcare.store.tables import delivery, delivery_notice, notice, reply, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from webcare.domain.digest import ChannelTrouble
    from webcare.domain.misses import Why
    from webcare.store.cases import LogLine

NEEDS = (EventType.INBOUND, EventType.EDIT, EventType.VERDICT)
TAKES = (EventType.ACK, EventType.CLAIM)
FAILED = ("refused", "unconfirmed", "withdrawn")  # what a reply comes to that did not arrive

_TOLD = (
    select(
        step.c.case,
        step.c.clock,
        step.c.deadline,
        func.min(delivery.c.sent_at, type_=delivery.c.sent_at.type).label("told_at"),
    )
    .join(notice, notice.c.step == step.c.id)
    .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
    .join(delivery, delivery.c.id == delivery_notice.c.delivery)
    .where(
        step.c.case.in_(bindparam("cases", expanding=True)),
        delivery.c.state == SENT,
        delivery.c.sent_at <= step.c.deadline,
        delivery_notice.c.dropped_at.is_(None),
    )
    .group_by(step.c.case, step.c.clock, step.c.deadline)
)
_FAILED = select(reply.c.case, reply.c.written_at).where(
    reply.c.case.in_(bindparam("cases", expanding=True)),
    reply.c.state.in_(FAILED),
    reply.c.automatic.is_(False),
)


def whys(
    conn: Connection, rows: Sequence[Row[Any]], troubles: Sequence[ChannelTrouble]
) -> dict[tuple[int, str, int], tuple[Why, bool]]:
    """Return, for each clock that was missed, why, and whether its message was found late."""
    numbers = sorted({row.case for row in rows})
    logs: dict[int, list[LogLine]] = {}
    told: dict[tuple[int, str, datetime], datetime] = {}
    failed: dict[int, list[datetime]] = {}
    for some in batches(numbers):
        logs |= cases.logs(conn, some)
        told |= {(row.case, row.clock, row.deadline): row.told_at for row in conn.execute(_TOLD, {"cases": list(some)})}
        for number, written_at in conn.execute(_FAILED, {"cases": list(some)}):
            failed.setdefault(number, []).append(written_at)
    found = {}
    for row in rows:
        log = logs[row.case]
        wait = _Wait(row, log)
        evidence = Evidence(
            started_at=row.started_at,
            due_at=row.due_at,
            found_by_agent=row.found_by == FoundBy.AGENT.value and row.clock == Clock.FIRST_RESPONSE.value,
            known_at=wait.known_at,
            told_at=told.get((row.case, row.clock, row.due_at)),
            taken_at=wait.first(TAKES),
            failed_at=min((at for at in failed.get(row.case, ()) if wait.has(at)), default=None) or wait.withdrawn_at,
            trouble_since=_trouble(row, wait, troubles),
        )
        late_ingest = any((line.data or {}).get("late_ingest") for line in wait.needs)
        found[row.case, row.clock, row.nth] = (why_missed(evidence), late_ingest)
    return found


class _Wait:
    """The lines of a case's log that one wait is about: from our answer before it to its deadline."""

    def __init__(self, row: Row[Any], log: Sequence[LogLine]) -> None:
        self._due_at = row.due_at
        self._log = log
        answers = [line.event.at for line in log if line.event.type is EventType.ANSWER and line.event.at < row.started_at]
        self._since = max(answers, default=None) if row.clock == Clock.NEXT_RESPONSE.value else None
        self._is_response = row.clock in (Clock.FIRST_RESPONSE.value, Clock.NEXT_RESPONSE.value)

    def has(self, at: datetime) -> bool:
        return (self._since is None or at > self._since) and at <= self._due_at

    def _of(self, types: Iterable[EventType]) -> list[LogLine]:
        return [line for line in self._log if line.event.type in types and self.has(line.event.at)]

    @property
    def needs(self) -> list[LogLine]:
        return [line for line in self._of(NEEDS) if line.event.needs_response] if self._is_response else []

    @property
    def known_at(self) -> datetime | None:
        return min((line.learned_at for line in self.needs), default=None)

    @property
    def withdrawn_at(self) -> datetime | None:
        """Return when an answer was given that was withdrawn afterwards."""
        gone = {line.event.ref for line in self._log if line.event.type is EventType.WITHDRAWN}
        answers = self._of([EventType.ANSWER])
        return min((line.event.at for line in answers if line.event.ref is not None and line.event.ref in gone), default=None)

    def first(self, types: Iterable[EventType]) -> datetime | None:
        return min((line.event.at for line in self._of(types)), default=None)


def _trouble(row: Row[Any], wait: _Wait, troubles: Sequence[ChannelTrouble]) -> datetime | None:
    """Return since when the channel was in trouble while a message waited to be found."""
    if wait.known_at is None:
        return None
    known_at = wait.known_at
    began = [
        trouble.since
        for trouble in troubles
        if trouble.channel == row.channel
        and trouble.since < known_at
        and (trouble.until is None or trouble.until > row.started_at)
    ]
    return min(began, default=None)
