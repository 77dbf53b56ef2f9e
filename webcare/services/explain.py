"""Explain a case: why it opened, why each deadline is what it is, who was told when and how. Facts only; words are made in letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from webcare.domain.durations import format_duration, format_instant
from webcare.domain.sla.promise import STARTS, STOPS, Clock
from webcare.letters.alert import harmless
from webcare.letters.speech import speech
from webcare.services.settle import read
from webcare.store import all_clears, attempts, cases, reports
from webcare.store.outbox import OVER

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.sla.evaluate import Evaluation
    from webcare.domain.sla.readings import Reading
    from webcare.services.settle import Rules
    from webcare.store import Connection

REASON = 200  # characters
NOT_TOLD = ("id", "delivery", "not_before", "dropped_at")


def explain(conn: Connection, case_id: int, rules: Rules, now: datetime) -> dict[str, Any] | None:
    """Return everything that is known about a case as of `now`; None when there is no such case."""
    row = cases.get(conn, case_id)
    if row is None:
        return None
    log = cases.log(conn, case_id)
    found = read(row, log, rules, now)
    thread = reports.thread(conn, case_id)
    opening = thread.get(row.opening_message, {})
    return {
        "case": row.id,
        "brand": row.brand,
        "channel": row.channel,
        "conversation": row.conversation_id,
        "customer": {"id": row.customer_id, "name": row.customer_name},
        "state": row.state.value,
        "urgency": row.urgency.value,
        "unsure": row.unsure,
        "found_by": row.found_by.value,
        "opened_at": format_instant(row.opened_at),
        "closed_at": None if row.closed_at is None else format_instant(row.closed_at),
        "opened_because": _opened_because(row, log, opening),
        "policy": {"name": row.policy, "revision": row.revision, "why": row.policy_why},
        "as_of": format_instant(now),
        "next_due": None
        if found.next_due is None
        else {"clock": found.next_due.clock.value, "at": format_instant(found.next_due.at)},
        "clocks": _clocks(found),
        "messages": [_message(m) for m in thread.values()],
        "log": [_line(line, thread) for line in log],
        "told": _told(conn, case_id),
        "all_clears": [_plain(dict(one._mapping)) for one in all_clears.of_case(conn, case_id)],  # noqa: SLF001 - SQLAlchemy's public name for it
        "replies": [_plain(r) for r in reports.replies(conn, case_id)],
    }


def _opened_because(row: cases.CaseRow, log: list[cases.LogLine], opening: dict[str, Any]) -> dict[str, Any]:
    """Name the message that opened the case, and what was made of it."""
    judged = [line.data["why"] for line in log if line.message == row.opening_message and line.data and "why" in line.data]
    why = judged[-1] if judged else None  # of an edit that added the need, the last
    by = next((line.event.by for line in log if line.event.type.value == "verdict" and line.event.needs_response), None)
    return {"message": opening.get("external_id"), "text": opening.get("text"), "why": why, "answered_by": by}


def _clocks(found: Evaluation) -> list[dict[str, Any]]:
    rungs = {id(r): ladder for ladder in found.ladders for r in found.exchanges.get(ladder[0].clock, []) if ladder and r.is_open}
    clocks = []
    for clock, readings in found.exchanges.items():
        for nth, reading in enumerate(readings):
            ladder = rungs.get(id(reading), [])
            clocks.append({"clock": clock.value, "nth": nth + 1, **_reading(reading, found.now, clock)})
            clocks[-1]["steps"] = [{"rung": due.rung.key, "at": format_instant(due.at)} for due in ladder]
    return clocks


def _reading(reading: Reading, now: datetime, clock: Clock) -> dict[str, Any]:
    return {
        "state": reading.state.value,
        "starts": STARTS[clock],
        "stops": STOPS[clock],
        "began_at": format_instant(reading.start),
        "started_at": format_instant(reading.started_at),
        "target": format_duration(reading.target),
        "due_at": None if reading.due_at is None else format_instant(reading.due_at),
        "stopped_at": None if reading.stopped_at is None else format_instant(reading.stopped_at),
        "elapsed": format_duration(reading.elapsed),
        "trace": [
            {"from": format_instant(s.start), "to": format_instant(s.end), "counted": s.counted, "why": s.why}
            for s in reading.trace(now)
        ],
    }


def _message(row: dict[str, Any]) -> dict[str, Any]:
    judged = row["model"] is not None
    return {
        "id": row["external_id"],
        "direction": row["direction"],
        "author": row["author_id"],
        "at": format_instant(row["created_at"]),
        "text": row["text"],
        "late_ingest": row["late_ingest"],
        "verdict": {
            name: row[name] for name in ("intents", "sentiment", "needs_response", "unsure", "urgency", "language", "model")
        }
        if judged
        else None,
    }


def _line(line: cases.LogLine, thread: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {
        "at": format_instant(line.event.at),
        "learned_at": format_instant(line.learned_at),
        "type": line.event.type.value,
        "by": line.event.by,
        "message": thread.get(line.message or 0, {}).get("external_id", line.event.ref),
        **{name: value for name, value in (line.data or {}).items() if name != "ref"},
    }


def _told(conn: Connection, case_id: int) -> list[dict[str, Any]]:
    """Return each step with who was told, and how each attempt to do so went."""
    tried, told = attempts.of_case(conn, case_id), reports.told(conn, case_id)
    return [
        {name: value for name, value in _plain(row).items() if name not in NOT_TOLD}
        | ({} if row["dropped_at"] is None else {"state": OVER, "sent_at": None})
        | {"attempts": [_attempt(one) for one in tried.get(row["delivery"], ())]}
        for row in told
    ]


def _attempt(row: Any) -> dict[str, Any]:
    error = None if row.error is None else harmless(row.error, REASON, speech("en", ZoneInfo("UTC")))
    return {"at": format_instant(row.at), "method": row.method, "took_ms": row.took_ms, "error": error}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: format_instant(value) if hasattr(value, "tzinfo") else value for name, value in row.items()}
