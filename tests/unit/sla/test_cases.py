"""Runs the SLA engine over cases whose answers were reasoned from the rules, not taken from the engine.

`cases/*.jsonl` hold one case a line: `why` (the arithmetic in words), `rule` (the point of the clock rules it shows), `input`
as `webcare sla evaluate` reads it, and `expect`: a dotted path in the answer's `clocks`, or a top-level field, and its value.
Times are compared as instants and durations as durations. Where the rules leave room, AMBIGUITIES.md says so and no case asserts.

Keys of `expect` beyond plain paths:
- `trace`: spans run without a gap from the clock's `started_at` to the later of its due instant and now (or its stop), and those
  counted until then sum to `elapsed`; `true` means the clock in `next_due`, else the last that stopped; a name means that clock;
- `trace_spans`: the spans themselves, neighbours of one kind joined; a `why` that ends in ":" is a beginning;
- `trace_has`: reasons of which each occurs, as a beginning.
"""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from webcare.sla_lines import evaluate_line

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parents[3].parent / "shared" / "examples" / "sla.jsonl"
CLOCKS = ("first_response", "next_response", "resolution", "keep_in_loop", "reply_window")
STATES = {"running", "met", "missed", "dropped", "none"}
TOP = {"next_due", "steps_due", "next_check_at"}
SPAN = re.compile(r"(-)?P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?")
REASON = re.compile(r"open|closed: .+|paused: .+|case closed")


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.jsonl")):
        if path.stem != "refused":
            found += [pytest.param(case, id=case["id"]) for case in lines_of(path)]
    return found


def examples() -> list[Any]:
    if not EXAMPLES.exists():
        return [
            pytest.param({}, id="examples", marks=pytest.mark.skip(reason="no shared/examples/sla.jsonl beside this checkout"))
        ]
    return [pytest.param(case, id=f"example-{case['input']['id']}") for case in lines_of(EXAMPLES)]


def refusals() -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in lines_of(CASES / "refused.jsonl")]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def span(text: str) -> timedelta:
    """Read an ISO 8601 duration of weeks and smaller, with an optional sign."""
    match = SPAN.fullmatch(text)
    assert match, f"{text!r} is no duration"
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if match[1] else length


def value(path: str, raw: Any) -> Any:
    """Turn what a path names into something that compares by meaning."""
    leaf = path.rpartition(".")[2]
    if raw is None:
        return None
    if leaf in {"elapsed", "slack"}:
        return span(raw)
    if leaf == "at" or leaf.endswith("_at"):
        return instant(raw)
    if leaf == "next_due":
        return {"clock": raw["clock"], "at": instant(raw["at"])}
    return raw


def look_up(answer: dict[str, Any], path: str) -> Any:
    found: Any = answer if path.partition(".")[0] in TOP else answer["clocks"]
    for key in path.split("."):
        assert found is not None, f"{path}: nothing there"
        found = found[key]
    return found


def difference(answer: dict[str, Any], path: str, wanted: Any) -> str | None:
    raw = look_up(answer, path)
    if isinstance(wanted, dict) and wanted.keys() <= {"gt", "le"}:
        got = value(path, raw)
        inside = got is not None and instant(wanted["gt"]) < got <= instant(wanted["le"])
        return None if inside else f"{path}: wanted {wanted}, got {raw}"
    return None if value(path, raw) == value(path, wanted) else f"{path}: wanted {wanted!r}, got {raw!r}"


def traced_clock(answer: dict[str, Any]) -> str:
    if answer["next_due"]:
        name: str = answer["next_due"]["clock"]
        return name
    stopped = {name: clock["stopped_at"] for name, clock in answer["clocks"].items() if clock["stopped_at"]}
    return max(stopped, key=lambda name: instant(stopped[name]))


def trace_differences(answer: dict[str, Any], now: datetime, name: str) -> list[str]:
    """Say where the trace has gaps, ends elsewhere or does not add up."""
    clock, trace = answer["clocks"][name], answer["trace"]
    if not trace:
        return ["trace: empty"]
    wrong = [f"trace: gap after {one['to']}" for one, two in pairwise(trace) if instant(one["to"]) != instant(two["from"])]
    wrong += [f"trace: unknown reason {row['why']!r}" for row in trace if not REASON.fullmatch(row["why"])]
    wrong += [f"trace: {row['why']!r} with counted {row['counted']}" for row in trace if row["counted"] != (row["why"] == "open")]
    until = instant(clock["stopped_at"]) if clock["stopped_at"] else now
    end = max(until, instant(clock["due_at"])) if clock["due_at"] else until
    if instant(trace[0]["from"]) != instant(clock["started_at"]):
        wrong.append(f"trace: starts {trace[0]['from']}, clock starts {clock['started_at']}")
    if instant(trace[-1]["to"]) != end:
        wrong.append(f"trace: ends {trace[-1]['to']}, wanted {end}")
    counted = sum(
        (max(min(instant(row["to"]), until) - instant(row["from"]), timedelta()) for row in trace if row["counted"]), timedelta()
    )
    if counted != span(clock["elapsed"]):
        wrong.append(f"trace: counted spans sum to {counted}, elapsed is {clock['elapsed']}")
    return wrong


def kind_of(why: str) -> str:
    return "closed:" if why.startswith("closed: ") else why


def joined(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """Join neighbours of one kind: whether a night and a weekend are one span or two is free."""
    spans: list[list[Any]] = []
    for row in rows:
        begin, end, kind = instant(row["from"]), instant(row["to"]), kind_of(row["why"])
        if spans and spans[-1][2:] == [row["counted"], kind] and spans[-1][1] == begin:
            spans[-1][1] = end
        else:
            spans.append([begin, end, row["counted"], kind])
    return spans


def promise_differences(answer: dict[str, Any]) -> list[str]:
    """Say where an answer breaks what holds for every answer, whatever the case."""
    wrong = [f"clocks: {name} is absent" for name in CLOCKS if name not in answer["clocks"]]
    for name, clock in answer["clocks"].items():
        allowed = STATES | {"closed"} if name == "reply_window" else STATES
        if clock["state"] not in allowed:
            wrong.append(f"{name}.state: {clock['state']!r}")
        times = [clock[key] for key in ("started_at", "due_at", "stopped_at")]
        wrong += [f"{name}: {time} is not UTC with Z" for time in times if time is not None and not time.endswith("Z")]
    if answer["next_due"] is None and answer["steps_due"]:
        wrong.append(f"steps_due: {answer['steps_due']} though nothing is due")
    return wrong


def differences(answer: dict[str, Any], now: datetime, expect: dict[str, Any]) -> list[str]:
    wrong = promise_differences(answer)
    for path, wanted in expect.items():
        if path == "trace":
            wrong += trace_differences(answer, now, wanted if isinstance(wanted, str) else traced_clock(answer))
        elif path == "trace_has":
            whys = [row["why"] for row in answer["trace"]]
            wrong += [f"trace: no {part!r} in {whys}" for part in wanted if not any(why.startswith(part) for why in whys)]
        elif path == "trace_spans":
            rows = [[instant(begin), instant(end), counted, kind] for begin, end, counted, kind in wanted]
            if joined(answer["trace"]) != rows:
                wrong.append(f"trace: wanted {wanted}, got {json.dumps(answer['trace'])}")
        elif line := difference(answer, path, wanted):
            wrong.append(line)
    return wrong


def judge(case: dict[str, Any]) -> None:
    answer = evaluate_line(json.dumps(case["input"]))
    wrong = differences(answer, instant(case["input"]["now"]), case["expect"])
    assert not wrong, "\n".join([f"rule {case['rule']}: {case['why']}", *wrong, f"input: {json.dumps(case['input'])}"])
    assert answer["id"] == case["input"]["id"]


@pytest.mark.parametrize("case", cases())
def test_clock(case: dict[str, Any]) -> None:
    judge(case)


@pytest.mark.parametrize("case", examples())
def test_worked_example(case: dict[str, Any]) -> None:
    judge(case)


@pytest.mark.parametrize("case", refusals())
def test_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as refusal:
        evaluate_line(case["line"])
    named = re.search(rf"(?<![A-Za-z]){re.escape(case['field'])}(?![A-Za-z])", str(refusal.value), re.IGNORECASE)
    assert named, f"{case['why']}: the refusal does not name {case['field']!r}: {refusal.value}"


def test_ids_are_unique() -> None:
    ids = [case["id"] for path in sorted(CASES.glob("*.jsonl")) for case in lines_of(path)]
    assert len(ids) == len(set(ids))
