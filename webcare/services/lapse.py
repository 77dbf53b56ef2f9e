"""A claim ends by itself: whoever took a case and does nothing with it must not keep it from others.

    claim --2 h without draft, note or answer--> unclaim, by the policy, at that instant
    claim --the shift ends in which it was taken--> the same

What its holder had to themselves is told to the level at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from webcare.domain.addressing import levels_of, shift_end
from webcare.domain.sla.events import POLICY, Event, EventType
from webcare.services import holding, remind
from webcare.services.alone import each_alone
from webcare.services.settle import record
from webcare.store import cases, claims, people
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.claims import Claim
    from webcare.store.door import Store

BATCH = 200  # in one transaction


async def lapse(store: Store, rules: Rules, now: datetime) -> int:
    """End the claims whose time has come; one read when there are none. Raises what one failed with, when the others have ended."""
    if not await store.read(claims.any_due, rules.alerts.claim_idle, now):
        return 0
    ended, error = await store.write(lapse_due, rules, now)
    if error is not None:
        raise error
    return ended


def lapse_due(conn: Connection, rules: Rules, now: datetime, limit: int = BATCH) -> tuple[int, Exception | None]:
    """End one batch of claims, each at its own instant, however late; return how many were looked at, and what one failed with."""
    found = claims.due(conn, rules.alerts.claim_idle, now, limit)
    rota = people.rota(conn) if found else None

    def look(claim: Claim) -> None:
        end = holding.lapse_of(claim, rota, rules.alerts, now)
        if end is not None and end.at <= now:
            _end(conn, claim, end, rules, now)
        elif claim.ends_at is not None:
            claims.prolong(conn, claim.case, holding.shift_ends(rota, claim.person, claim.ends_at))

    return len(found), each_alone(conn, found, look)


def _end(conn: Connection, claim: Claim, end: holding.Lapse, rules: Rules, now: datetime) -> None:
    row = cases.lock(conn, claim.case)
    line = LogLine(
        event=Event(at=end.at, type=EventType.UNCLAIM, by=POLICY), learned_at=now, data={"why": end.why, "of": claim.person}
    )
    record(conn, row, [line], rules, now, claimed_by=None)
    remind.end_holds(conn, claim.case, claim.person, now)


def taken(conn: Connection, case_id: int, person: str, now: datetime) -> None:
    """Note that somebody has taken a case: from now on their claim may lapse."""
    claims.taken(conn, case_id, person, ends_at=shift_end(people.rota(conn), person, now), now=now)


def rota_changed(conn: Connection, now: datetime) -> None:
    """Shifts may end at other times than before: so do the claims that were taken in them."""
    known = claims.of_shifts(conn)
    rota = people.rota(conn) if known else None
    for claim in known:
        ends_at = shift_end(rota, claim.person, now)
        if ends_at is None and (rota is None or not levels_of(rota, claim.person, now)):
            ends_at = now if claim.ends_at is None else min(claim.ends_at, now)
        if ends_at != claim.ends_at:
            claims.prolong(conn, claim.case, ends_at)
