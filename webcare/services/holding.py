"""Who has a case, and until when: whom its alerts find first.

    taken -> note, answer, draft -> ...            has it
    taken -----------------------------claim_idle-> lapsed, and so it does when the shift ends in which it was taken

A claim that has lapsed counts no more from that instant on, also before `lapse` has written it down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.addressing import holder, levels_of, shift_end
from webcare.domain.sla.events import EventType
from webcare.store import claims
from webcare.store import desk as kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from webcare.domain.addressing import Holder
    from webcare.domain.alert_rules import AlertRules
    from webcare.domain.rota import Rota
    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine
    from webcare.store.claims import Claim

IDLE, SHIFT_END = "idle", "shift_end"  # why a claim lapsed


def holders(
    conn: Connection, found: Iterable[tuple[CaseRow, Sequence[LogLine]]], rota: Rota | None, rules: AlertRules, now: datetime
) -> Mapping[int, Holder]:
    """Return who has each of these cases; nobody has one that is missing."""
    known = {row.id: (row, log) for row, log in found if row.claimed_by is not None or _is_acknowledged(log)}
    if not known:
        return {}
    taken = claims.of_cases(conn, [number for number, (row, _) in known.items() if row.claimed_by is not None])
    lapsed = {one.case for one in taken if (end := lapse_of(one, rota, rules, now)) is not None and end.at <= now}
    gone = kept.gone(conn)
    held = {
        number: None if number in lapsed else holder([line.event for line in log], row.claimed_by)
        for number, (row, log) in known.items()
    }
    return {number: who for number, who in held.items() if who is not None and who.id not in gone}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """When a claim ends by itself, and why."""

    at: datetime
    why: str


def lapse_of(claim: Claim, rota: Rota | None, rules: AlertRules, now: datetime) -> Lapse | None:
    """Say when a claim lapses if nothing more is done; None where that is not known."""
    ends_at = claim.ends_at if claim.ends_at is None or claim.ends_at > now else shift_ends(rota, claim.person, claim.ends_at)
    ends = [] if ends_at is None else [Lapse(at=ends_at, why=SHIFT_END)]
    if claim.active_at is not None:
        ends.append(Lapse(at=claim.active_at + rules.claim_idle, why=IDLE))
    return min(ends, key=lambda one: one.at, default=None)


def shift_ends(rota: Rota | None, person: str, known: datetime) -> datetime | None:
    """Say when a shift ends that was to end at `known`: the rota may have been changed since. None: never."""
    is_longer = rota is not None and levels_of(rota, person, known)
    return shift_end(rota, person, known) if is_longer else known


def _is_acknowledged(log: Sequence[LogLine]) -> bool:
    return any(line.event.type is EventType.ACK for line in log)
