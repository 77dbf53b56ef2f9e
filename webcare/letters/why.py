"""`webcare why`: a case explained in words, from the facts that the service collected."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from zoneinfo import ZoneInfo

STATES = {"over": "not sent: nobody waited any more"}
NAMES = {
    "first_response": "First response",
    "next_response": "Next response",
    "resolution": "Resolution",
    "keep_in_loop": "Promise to come back",
    "reply_window": "Reply window of the platform",
}
SHOWN = 160  # characters of a message
_LAPSED = {"idle": "nothing was done with it for too long", "shift_end": "the shift is over"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def plain(text: str, length: int = SHOWN) -> str:
    """Return a customer's text on one line, without what could steer a terminal."""
    text = _CONTROL.sub(" ", text).strip()
    return text if len(text) <= length else text[: length - 1] + "…"


def span(length: timedelta) -> str:
    """Return a span as people say it: `1 d 2 h`, `3 h 05 min`, `40 s`."""
    sign, seconds = ("-", -length) if length < timedelta(0) else ("", length)
    total = int(seconds.total_seconds())
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if days:
        return f"{sign}{days} d {hours} h" if hours else f"{sign}{days} d"
    if hours:
        return f"{sign}{hours} h {minutes:02d} min" if minutes else f"{sign}{hours} h"
    return f"{sign}{minutes} min" if minutes else f"{sign}{rest} s"


def why(facts: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return the explanation of a case, in the reader's time zone."""
    parts = (_clocks, _log, _told, _all_clears, _replies)
    return "\n".join([*_heading(facts, zone), "", *(line for part in parts for line in part(facts, zone))])


def _at(text: str | None, zone: ZoneInfo) -> str:
    if text is None:
        return "-"
    return f"{datetime.fromisoformat(text).astimezone(zone):%a %d %b %Y %H:%M:%S}"


def _heading(facts: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    opened = facts["opened_because"]
    customer = plain(facts["customer"]["name"] or facts["customer"]["id"], 60)
    check = ", please check" if facts["unsure"] else ""
    yield f"Case {facts['case']}: {customer} on {plain(facts['channel'])}, {facts['state']}, urgency {facts['urgency']}{check}"
    yield f"Times are in {zone.key}."
    yield ""
    yield f"Opened by message {plain(opened['message'] or '')} of {_at(facts['opened_at'], zone)}: “{plain(opened['text'] or '')}”"
    if facts["found_by"] == "agent":
        yield f"Why: {plain(opened['answered_by'] or 'somebody', 60)} answered it, and answering says that an answer was needed."
        yield "     The classifier had passed it over, so no alert was sent for it."
    elif opened["why"]:
        yield f"Why: {opened['why']}."
    yield f"Rules: {facts['policy']['why']}; rule book revision {facts['policy']['revision']}."


def _clocks(facts: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    for clock in facts["clocks"]:
        nth = f" {clock['nth']}" if clock["clock"] == "next_response" else ""
        yield f"{NAMES[clock['clock']]}{nth}: {_state(clock)}"
        began = f"  began {_at(clock['began_at'], zone)} ({clock['starts']})"
        late = (
            ""
            if clock["began_at"] == clock["started_at"]
            else f", counts from {_at(clock['started_at'], zone)}: the next opening"
        )
        yield began + late
        if clock["due_at"] is not None:
            yield f"  due   {_at(clock['due_at'], zone)}: {span(parse_duration(clock['target']))} of its own time after that"
        if clock["stopped_at"] is not None:
            yield f"  ended {_at(clock['stopped_at'], zone)} after {span(parse_duration(clock['elapsed']))} (ends with {clock['stops']})"
        yield from _trace(clock["trace"], zone)
        for step in clock["steps"]:
            yield f"  step  {_at(step['at'], zone)}  {step['rung']}"
        yield ""
    if facts["next_due"] is not None:
        yield f"What runs out first: {NAMES[facts['next_due']['clock']].lower()}, {_at(facts['next_due']['at'], zone)}."
        yield ""


def _state(clock: Mapping[str, Any]) -> str:
    target, elapsed = parse_duration(clock["target"]), parse_duration(clock["elapsed"])
    if clock["clock"] == "reply_window":
        return clock["state"] if clock["state"] != "running" else f"open, {span(target - elapsed)} left"
    match clock["state"]:
        case "running":
            return f"running, {span(target - elapsed)} left" if clock["due_at"] else "stands still"
        case "met":
            return f"met with {span(target - elapsed)} to spare"
        case "missed":
            return f"MISSED by {span(elapsed - target)}" + ("" if clock["stopped_at"] else " and still unanswered")
        case "dropped":
            return "dropped: it ended without an answer before it was due"
    return str(clock["state"])


def _trace(spans: list[Mapping[str, Any]], zone: ZoneInfo) -> Iterator[str]:
    """Yield the spans, unless all of the time counted: then there is nothing to explain."""
    if all(s["counted"] for s in spans):
        return
    for s in spans:
        mark = "counts " if s["counted"] else "not    "
        yield f"    {mark}{_at(s['from'], zone)} - {_at(s['to'], zone)}  {s['why']}"


def _log(facts: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    texts = {m["id"]: m["text"] for m in facts["messages"]}
    yield "What happened:"
    for line in facts["log"]:
        text = plain(texts.get(line["message"]) or "", 90)
        quoted = f" “{text}”" if text and line["type"] in ("inbound", "answer", "edit") else ""
        late = f" (known {_at(line['learned_at'], zone)})" if _was_late(line) else ""
        yield f"  {_at(line['at'], zone)}  {_said(line)}{quoted}{late}"
    yield ""


def _was_late(line: Mapping[str, Any]) -> bool:
    learned, happened = (datetime.fromisoformat(line[k]).astimezone(UTC) for k in ("learned_at", "at"))
    return learned - happened > timedelta(minutes=1)


def _said(line: Mapping[str, Any]) -> str:
    by = f" by {plain(line['by'], 60)}" if line["by"] else ""
    needs = "" if line.get("needs_response", True) else ", needs no answer"
    match line["type"]:
        case "inbound":
            return f"the customer wrote{needs}:"
        case "edit":
            return f"the customer changed it{needs}:"
        case "answer":
            return f"answered{by}:" if not line.get("declared") else f"answered elsewhere, declared{by}"
        case "verdict":
            return f"{'needs an answer' if line.get('needs_response') else 'needs no answer'}, said{by}"
        case "policy" | "tag" | "customer_group":
            return _labelled(line, by)
        case "close":
            return "closed by itself: nothing was open any more" if line["by"] == "policy" else f"closed{by}"
        case "ack":
            return f"seen{by}" if not line.get("to") else f"passed on{by} to {plain(line['to'], 60)}"
        case "unclaim" if line["by"] == "policy":
            return f"no longer with {plain(line.get('of') or '', 60)}: {_LAPSED.get(line.get('why') or '', 'it lapsed')}"
        case other:
            return f"{other.replace('_', ' ')}{by}"


def _labelled(line: Mapping[str, Any], by: str) -> str:
    if line["type"] == "tag":
        name = plain(line.get("added") or line.get("removed") or "", 60)
        return f"tag {name!r} {'added' if 'added' in line else 'removed'}{by}"
    if line["type"] == "customer_group":
        return f"customer group {plain(line.get('group') or 'none', 60)!r}, said{by}"
    return _ruled(line)


def _ruled(line: Mapping[str, Any]) -> str:
    """Say under which rules a case came, and why: "rule book 7 -> 8: policy 'public': first_response 4 h instead of 24 h"."""
    before, changed = line["before"], ", ".join(_change(*one) for one in line["changes"])
    if before["revision"] != line["revision"]:
        head = f"rule book {before['revision']} -> {line['revision']}: policy {line['policy']!r}"
        moved = "" if before["policy"] == line["policy"] else f" instead of {before['policy']!r}"
        return f"{head}{moved}: {changed} ({line['fits']})" if "fits" in line else f"{head}{moved}: {changed}"
    return f"policy {line['policy']!r} instead of {before['policy']!r}, because of the {line['because'].replace('_', ' ')}: {changed}"


def _change(key: str, was: Any, now: Any) -> str:
    if key in NAMES and key != "reply_window":
        return f"{key} {_spoken(now)} instead of {_spoken(was)}"
    return f"{key} changed" if was == now or isinstance(now, list) else f"{key} {_spoken(now)} instead of {_spoken(was)}"


def _spoken(value: Any) -> str:
    if isinstance(value, str) and value.startswith("P"):
        return span(parse_duration(value))
    return "none" if value is None else str(value)


def _told(facts: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    if not facts["told"]:
        yield "Steps taken: none."
        return
    yield "Steps taken, and who was told:"
    for row in facts["told"]:
        step = f"  {_at(row['at'], zone)}  {row['rung']} of the {NAMES[row['clock']].lower()} due {_at(row['deadline'], zone)}"
        if row["person"] is None:
            yield f"{step}: shown in the inbox, nobody alerted"
            continue
        sent = f"sent {_at(row['sent_at'], zone)}" if row["sent_at"] else STATES.get(row["state"], row["state"]) or "not queued"
        by = f" by {plain(row['method'], 60)}" if row["method"] else ""
        seen = f", seen {_at(row['acked_at'], zone)}" if row.get("acked_at") else ""
        yield f"{step}: told {plain(row['person'], 60)} ({row['why']}), {sent}{by}{seen}"
        for one in row.get("attempts", ()):
            result = "arrived" if one["error"] is None else f"did not arrive: {plain(one['error'])}"
            yield f"      {_at(one['at'], zone)}  {plain(one['method'], 60)}, after {one['took_ms'] / 1000:.1f} s: {result}"


def _all_clears(facts: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    for row in facts.get("all_clears", ()):
        sent = f"sent {_at(row['sent_at'], zone)}" if row["sent_at"] else STATES.get(row["state"], row["state"])
        yield f"All clear to {plain(row['person'], 60)} {_at(row['at'], zone)} ({plain(row['what'], 20)}), {sent}"


def _replies(facts: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    for row in facts["replies"]:
        reason = f": {plain(row['reason'])}" if row["reason"] else ""
        yield f"Reply written by {plain(row['by'], 60)} {_at(row['written_at'], zone)}: {row['state']}{reason}"
