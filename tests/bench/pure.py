"""What needs no database: the calendar, the word rules, the SLA engine over lines.

The calendar is held against the loop that everybody writes first: day by day, asking for each whether it is a holiday. Cold, a year
is built before it is looked up, so a new calendar may cost about as much as the loop and never much more; warm it must be far
below. Classifier and engine are compared with what any program does to a line of theirs, without a limit.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rounds import Bench, timed

from webcare.bootstrap import open_classifier
from webcare.country_days import public_holidays
from webcare.domain.calendar import Calendar
from webcare.ports.classifier import Request
from webcare.sla_lines import Evaluator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKING_DAYS = 730
OPEN, CLOSE = 9 * 60, 17 * 60 + 30
ZONE = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SPAN = WORKING_DAYS * timedelta(minutes=CLOSE - OPEN)
HOLIDAYS = public_holidays("NL")
WORD = re.compile(r"\w+")


def office() -> Calendar:
    return Calendar(zone=ZONE, hours=(((OPEN, CLOSE),),) * 5 + ((),) * 2, holiday=HOLIDAYS)


def day_by_day(start: datetime, span: timedelta) -> datetime:
    """Return what `Calendar.add` returns, as the simplest loop would."""
    day = start.astimezone(ZONE).date()
    while True:
        if day.weekday() < 5 and HOLIDAYS(day) is None:
            opens = datetime.combine(day, datetime.min.time(), ZONE) + timedelta(minutes=OPEN)
            closes = datetime.combine(day, datetime.min.time(), ZONE) + timedelta(minutes=CLOSE)
            begins = max(opens.astimezone(UTC), start)
            left = closes.astimezone(UTC) - begins
            if span <= left:
                return begins + span
            span -= max(left, timedelta(0))
        day += timedelta(days=1)


def calendar(times: int) -> Iterator[Bench]:
    warm = office()
    assert warm.add(START, SPAN) == day_by_day(START, SPAN)
    for name, ours, more, limit in (
        ("calendar.cold", lambda: office().add(START, SPAN), 1, 2.5),
        ("calendar.warm", lambda: warm.add(START, SPAN), 100, 0.02),
    ):

        def many(work=ours, count=times * more):
            return timed(lambda: [work() for _ in range(count)], count)

        yield Bench(
            name=name,
            unit="ms",
            against="a loop over the days",
            ours=many,
            theirs=lambda: timed(lambda: [day_by_day(START, SPAN) for _ in range(times)], times),
            limit=limit,
            required=f"{WORKING_DAYS} working days ahead under 5 ms",
        )


def classifier(stream: Path, times: int) -> Iterator[Bench]:
    texts = [json.loads(line)["text"] for line in stream.read_text(encoding="utf-8").splitlines()]
    requests = [Request(id=str(i), text=text) for i, text in enumerate(texts)]
    rules = open_classifier("rules")
    count = len(texts) * times
    yield Bench(
        name="classify.rules",
        unit="/s",
        against="splitting the text into words and counting them",
        ours=lambda: timed(lambda: [rules.classify(requests) for _ in range(times)], count),
        theirs=lambda: timed(lambda: [_count_words(text) for _ in range(times) for text in texts], count),
    )


def _count_words(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in WORD.findall(text.lower()):
        counts[word] = counts.get(word, 0) + 1
    return counts


def evaluate(lines: int) -> Iterator[Bench]:
    docs = [json.dumps(_case(i)) for i in range(lines)]
    engine = Evaluator()
    yield Bench(
        name="sla.evaluate",
        unit="/s",
        against="reading and writing the same JSON",
        ours=lambda: timed(lambda: [json.dumps(engine.line(doc)) for doc in docs], lines),
        theirs=lambda: timed(lambda: [json.dumps(json.loads(doc)) for doc in docs], lines),
    )


def _case(i: int) -> dict[str, object]:
    wrote = START + timedelta(minutes=i % 5000)
    at = [f"{(wrote + timedelta(hours=h)):%Y-%m-%dT%H:%M:%SZ}" for h in (0, 5, 30, 52)]
    return {
        "id": str(i),
        "now": "2026-11-25T12:00:00Z",
        "policy": {
            "first_response": "PT8H30M",
            "next_response": "PT4H",
            "resolution": "P2D",
            "calendar": "office",
            "ladder": [{"share": 0.5, "step": "inbox"}, {"share": 0.9, "step": "page"}, {"share": 1.0, "step": "breach"}],
        },
        "calendars": {
            "office": {
                "timezone": "Europe/Amsterdam",
                "country": "NL",
                "hours": {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")},
            }
        },
        "events": [
            {"at": at[0], "type": "inbound", "ref": "m1"},
            {"at": at[1], "type": "answer", "ref": "a1"},
            {"at": at[2], "type": "inbound", "ref": "m2"},
            {"at": at[3], "type": "note"},
        ],
    }
