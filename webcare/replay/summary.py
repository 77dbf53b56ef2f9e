"""What a replay comes to: one summary, and on demand every event with its virtual time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import format_instant
from webcare.domain.percentiles import median_p90
from webcare.domain.sla.promise import State
from webcare.store import reports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from webcare.store import Connection
    from webcare.store.reports import Totals

ORDER = ("case_opened", "reopened", "step", "alert", "answered", "replied", "closed")


def summary(totals: Totals) -> dict[str, Any]:
    """Return the summary in the words of the contract; times in seconds."""
    decided = totals.first_responses
    median, p90 = median_p90([timedelta(seconds=elapsed) for _, elapsed, answered in decided if answered])
    met = sum(state is State.MET for state, _, _ in decided)
    return {
        "messages": {"in": totals.messages_in, "out": totals.messages_out},
        "cases": totals.cases,
        "intents": totals.intents,
        "first_response": {
            "count": len(decided),
            "median": None if median is None else median.total_seconds(),
            "p90": None if p90 is None else p90.total_seconds(),
            "within_target": met / len(decided) if decided else None,
        },
        "breaches": totals.breaches,
        "steps": totals.steps,
        "alerts": totals.alerts,
    }


def events(conn: Connection) -> list[str]:
    """Return every event as a line of JSON, in the order of virtual time."""
    found = [*_openings(conn), *_log(conn), *_steps(conn), *_alerts(conn)]
    found.sort(key=lambda e: (e[0], ORDER.index(e[1]["event"]), str(e[1].get("case", "")).zfill(12)))
    return [json.dumps({"at": format_instant(at), **event}, ensure_ascii=False) for at, event in found]


Line = tuple["datetime", dict[str, Any]]


def _openings(conn: Connection) -> Iterator[Line]:
    first: dict[int, datetime] = {}
    for line in reports.log_lines(conn):
        first.setdefault(line["case"], line["learned_at"])
    for row in reports.openings(conn):
        event = {"event": "case_opened", "case": row["id"], "message": row["external_id"], "brand": row["brand"]}
        yield first[row["id"]], {**event, "customer": row["customer_id"], "found_by": row["found_by"], "unsure": row["unsure"]}


def _log(conn: Connection) -> Iterator[Line]:
    """Yield answers and closes. Only an answer that ended somebody's wait is `answered`; any other is `replied`."""
    stops = reports.stops(conn)
    for line in reports.log_lines(conn):
        about = {"case": line["case"], "by": line["by"]}
        if line["type"] == "answer":
            clocks = stops.pop((line["case"], line["at"]), [])
            name = "answered" if clocks else "replied"
            yield line["at"], {"event": name, **about, "message": line["external_id"], **({"clocks": clocks} if clocks else {})}
        elif line["type"] == "close":
            yield line["at"], {"event": "closed", **about}


def _steps(conn: Connection) -> Iterator[Line]:
    for row in reports.steps_taken(conn):
        event = {"event": "step", "case": row["case"], "clock": row["clock"], "step": row["step"], "rung": row["rung"]}
        yield row["decided_at"], {**event, "deadline": format_instant(row["deadline"])}


def _alerts(conn: Connection) -> Iterator[Line]:
    for row in reports.alerts_sent(conn):
        told = [(case["case"], case["step"]) for case in row["content"]["cases"]]
        if row["content"].get("more"):  # of thousands the message keeps the first
            told = reports.carried(conn, row["id"])
        about = [{"case": case, "step": step} for case, step in told]
        yield row["created_at"], {"event": "alert", "person": row["person"], "cases": about, "state": row["state"]}
