"""`webcare sla evaluate`: a line of JSON in, a line of JSON out. The field names are a public contract."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from webcare.country_days import LOOKUP
from webcare.domain.durations import format_duration, format_instant, parse_duration, parse_instant
from webcare.domain.rulebook import parse_calendar, parse_policy, parse_window
from webcare.domain.sla.evaluate import evaluate
from webcare.domain.sla.events import MACHINE, OF_THE_HOUSE, PERSON, Event, EventType
from webcare.domain.sla.promise import Clock, State
from webcare.lines import read_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.domain.calendar import Calendar
    from webcare.domain.sla.evaluate import Evaluation
    from webcare.domain.sla.readings import Reading

NO_CLOCK = {"state": "none", "started_at": None, "due_at": None, "stopped_at": None, "elapsed": None, "slack": None}
KEPT_CALENDARS = 64
KNOWN = {type_.value: type_ for type_ in EventType if type_ not in OF_THE_HOUSE}


class Evaluator:
    """Reads lines; keeps the calendars it has seen, because building their years costs more than the case itself."""

    def __init__(self) -> None:
        self._calendars: dict[str, Calendar] = {}

    def line(self, line: str) -> dict[str, Any]:
        """Return the answer to one line.

        Raises:
            ValueError: begins with the field that cannot be read.
        """
        doc = read_object(line)
        try:
            return self._case(doc)
        except OverflowError:
            raise ValueError("line: a time lies beyond what a calendar can count") from None

    def _case(self, doc: Mapping[str, Any]) -> dict[str, Any]:
        if "now" not in doc:
            raise ValueError("now: missing")
        now = _instant(doc["now"], "now")
        tables = _given(doc, "calendars", {})
        if not isinstance(tables, dict):
            raise ValueError("calendars: an object is expected")
        calendars = {name: self._calendar(name, table) for name, table in tables.items()}
        policy = parse_policy(_given(doc, "policy", {}), calendars)
        events = _given(doc, "events", [])
        if not isinstance(events, list):
            raise ValueError("events: a list is expected")
        log = [_event(event, f"events[{i}]") for i, event in enumerate(events)]
        found = evaluate(log, policy, now, window=parse_window(doc.get("reply_window")))
        return {"id": doc.get("id"), **to_json(found)}

    def _calendar(self, name: str, table: object) -> Calendar:
        key = json.dumps([name, table], sort_keys=True)
        if key not in self._calendars:
            if len(self._calendars) >= KEPT_CALENDARS:
                self._calendars.clear()
            self._calendars[key] = parse_calendar(name, table, LOOKUP)
        return self._calendars[key]


def evaluate_line(line: str) -> dict[str, Any]:
    """Return the answer to one line on its own; see `Evaluator`."""
    return Evaluator().line(line)


def to_json(found: Evaluation) -> dict[str, Any]:
    """Return an evaluation in the words of the contract."""
    clocks = {clock.value: _clock(found.clocks[clock]) for clock in Clock}
    clocks[Clock.NEXT_RESPONSE.value]["worst"] = None if found.worst is None else _clock(found.worst)
    due = found.next_due
    trace = [
        {"from": format_instant(span.start), "to": format_instant(span.end), "counted": span.counted, "why": span.why}
        for span in found.trace()
    ]
    for at, ref in found.timeline.ignored:
        here = trace[-1]["to"] if trace else format_instant(at)
        why = f"ignored: message {ref or ''} of {format_instant(at)} came after reopen_within".replace("  ", " ")
        trace.append({"from": here, "to": here, "counted": False, "why": why})
    return {
        "clocks": clocks,
        "next_due": None if due is None else {"clock": due.clock.value, "at": format_instant(due.at)},
        "steps_due": [step.rung.step for step in found.steps_due],
        "next_check_at": _time(found.next_check_at),
        "trace": trace,
    }


def _clock(reading: Reading | None) -> dict[str, Any]:
    if reading is None:
        return dict(NO_CLOCK)
    return {
        "state": reading.state.value,
        "started_at": format_instant(reading.started_at),
        "due_at": None if _is_closed_unanswered(reading) else _time(reading.due_at),
        "stopped_at": _time(reading.stopped_at),
        "elapsed": format_duration(reading.elapsed),
        "slack": format_duration(reading.slack),
    }


def _given(doc: Mapping[str, Any], field: str, absent: object) -> Any:
    """Return a field; null counts as absent, an empty value of another type does not."""
    value = doc.get(field)
    return absent if value is None else value


def _is_closed_unanswered(reading: Reading) -> bool:
    """Tell whether the case is closed with this miss unanswered: it stays a miss, but nothing is due."""
    ended = reading.is_open or reading.stopped_at is not None
    return reading.state is State.MISSED and not ended and reading.clock is not Clock.REPLY_WINDOW


def _time(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def _instant(value: object, at: str) -> datetime:
    try:
        return parse_instant(value)
    except ValueError as error:
        raise ValueError(f"{at}: {error}") from None


def _event(value: object, at: str) -> Event:
    if not isinstance(value, dict):
        raise ValueError(f"{at}: an object is expected, not {value!r}")
    try:
        type_ = KNOWN[str(value.get("type"))]
    except KeyError:
        raise ValueError(f"{at}.type: {value.get('type')!r} is not one of {', '.join(KNOWN)}") from None
    within = value.get("within")
    if within is not None:
        try:
            within = parse_duration(within)
        except ValueError as error:
            raise ValueError(f"{at}.within: {error}") from None
        if within.total_seconds() < 0:
            raise ValueError(f"{at}.within: {value['within']!r} is negative")
    needs = value.get("needs_response", True)
    if not isinstance(needs, bool):
        raise ValueError(f"{at}.needs_response: true or false is expected, not {needs!r}")
    to = value.get("to")
    if not isinstance(to, str | None):
        raise ValueError(f"{at}.to: a text is expected, not {to!r}")
    by = value.get("by")
    if type_ is EventType.VERDICT and by not in (None, MACHINE):
        by = PERSON
    ref = value.get("ref")
    return Event(
        at=_instant(value.get("at"), f"{at}.at"),
        type=type_,
        ref=None if ref is None else str(ref),
        needs_response=needs,
        to=to,
        within=within,
        by=by,
    )
