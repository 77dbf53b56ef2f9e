"""What an alert says when it is about to leave: the facts of every case that still waits, the most urgent first.

A wait that is over has dropped out. A customer's words are never in it; letters/README.md explains each fact.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import format_instant
from webcare.domain.sla.promise import Clock, State
from webcare.domain.verdict import Urgency
from webcare.store import all_clears, bundles, case_file, steps
from webcare.store.outbox import ALERT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from webcare.store import Connection
    from webcare.store.outbox import Job

_WAITS = (State.RUNNING.value, State.MISSED.value)
SPELLED = 50  # facts of that many steps are kept with the message; of the others their number


def is_told_late(conn: Connection, job: Job) -> bool:
    """Tell whether what a message says is found when it leaves: that of cases is, news of the house is kept as it was.

    What may have arrived, because its holder died over it, is repeated word for word.
    """
    is_repeat = job.began and (job.content.get("cases") or job.content.get("clear"))
    return job.kind == ALERT and "cases" in job.content and not is_repeat and bundles.carries_any(conn, job.id)


def take(conn: Connection, message: int, *, reader: str, now: datetime) -> dict[str, Any]:
    """Return what a message that is about to leave says, and note without whom it does; nothing when there is nothing left to tell."""
    all_clears.drop_void(conn, message)
    carried = _carried(conn, message)
    if any(rows[0].dropped_at is not None for rows in carried):
        bundles.take_up(conn, message)
    bundles.drop(conn, message, [rows[0].id for rows in carried if not _stands(rows)], now)
    return _content(conn, message, carried, reader, now)


def facts_of(conn: Connection, message: int, *, reader: str, now: datetime) -> dict[str, Any]:
    """Return what a message says to a person; nothing when there is nothing left to tell."""
    return _content(conn, message, _carried(conn, message), reader, now)


def _carried(conn: Connection, message: int) -> list[list[Any]]:
    """Return the rows of each notice: one for each exchange with its deadline."""
    return [list(rows) for _, rows in groupby(bundles.carried(conn, message), key=lambda row: row.id)]


def _content(conn: Connection, message: int, carried: Sequence[Sequence[Any]], reader: str, now: datetime) -> dict[str, Any]:
    found = sorted((rows for rows in carried if _stands(rows)), key=lambda rows: _rank(rows[0]))
    spelled = found[:SPELLED]
    told = _told(conn, {rows[0].case for rows in spelled}, reader, now)
    cases = [_facts(rows, told.get(rows[0].case)) for rows in spelled]
    more = len({rows[0].case for rows in found}) - len({rows[0].case for rows in spelled})
    clear = list(_clear(conn, message))
    if not cases and not clear:
        return {}
    return {"cases": cases, **({"more": more} if more else {}), **({"clear": clear} if clear else {})}


def _rank(row: Any) -> tuple[bool, datetime, int]:
    return row.urgency != Urgency.HIGH.value, row.deadline, row.case


def _stands(rows: Sequence[Any]) -> bool:
    """Tell whether a step is still worth telling: somebody waits for it, or it is a promise that was broken."""
    row = rows[0]
    if row.clock == Clock.REPLY_WINDOW.value:
        is_moved = row.due_clock == row.clock and row.due_at != row.deadline
        return bool(row.closed_at is None and row.is_waiting and not is_moved)
    waits = [one for one in rows if one.state in _WAITS]
    if row.at == row.deadline:
        return bool(waits)
    return row.closed_at is None and any(one.stopped_at is None for one in waits)


def _told(conn: Connection, case_ids: set[int], reader: str, now: datetime) -> dict[int, list[dict[str, Any]]]:
    """Return who else of our people was told of each case, and without a time who is told now; nothing where we know nobody."""
    names = case_file.names(conn) if case_ids else {}
    if not names:
        return {}
    told: dict[int, dict[str, dict[str, Any]]] = {
        case_id: {who: {"name": names[who], "at": format_instant(at)} for who, at in known if who in names}
        for case_id, known in steps.told_before(conn, case_ids).items()
    }
    for row in bundles.leaving(conn, case_ids, now):
        if row.person in names:
            told.setdefault(row.case, {}).setdefault(row.person, {"name": names[row.person]})
    return {case_id: [known for who, known in told.get(case_id, {}).items() if who != reader] for case_id in case_ids}


def _clear(conn: Connection, message: int) -> Iterator[dict[str, Any]]:
    """Yield of which cases a message says that they are over, each once."""
    rows = all_clears.of_message(conn, message)
    names = case_file.names(conn) if rows else {}
    for row in {(row.case, row.what): row for row in rows}.values():
        facts = {"case": row.case, "channel": row.channel, "kind": row.kind, "what": row.what, "at": format_instant(row.ended_at)}
        yield {**facts, "by": names[row.by]} if row.by in names else facts


def _facts(rows: Sequence[Any], told: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return what is told of a step without a customer's words."""
    row = rows[0]
    facts = {
        "case": row.case,
        "channel": row.channel,
        "kind": row.kind,
        "urgency": row.urgency,
        "unsure": row.unsure,
        "clock": row.clock,
        "step": row.step,
        "rung": row.rung,
        "at": format_instant(row.at),
        "deadline": format_instant(row.deadline),
    }
    stops = [one.stopped_at for one in rows if one.stopped_at is not None]
    if stops and len(stops) == len(rows):
        facts["ended_at"] = format_instant(max(stops))
    if told is not None:
        facts["told"] = told
    if row.because:
        facts["why_you"] = row.because
    return facts
