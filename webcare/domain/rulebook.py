"""Policies and calendars as people write them -> the values that the engine computes with.

The same keys stand in the config, in `--policy FILE` and in the lines of `webcare sla evaluate`. Every refusal is a `ValueError` that
begins with the field. Zones and public holidays come from outside: a `Lookup` is handed in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.calendar import ELAPSED, Calendar, Slots, WorkingTime
from webcare.domain.durations import ZERO, parse_duration
from webcare.domain.routing import Rule, RuleBook
from webcare.domain.sla.promise import SHIPPED, Policy, ReplyWindow, Rung
from webcare.domain.walltime import zone_named

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPANS = ("first_response", "next_response", "resolution", "keep_in_loop", "reopen_within", "close_after", "community_relax")
MOST_SHARE = 1000  # of the target: more is a slip, and would lead beyond every calendar
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::00)?")

Holidays = Callable[[date], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the outside knows: public holidays by country and subdivision; raises ValueError for one it does not know."""

    holidays: Callable[[str, str | None], Holidays]


def parse_calendar(name: str, doc: object, lookup: Lookup) -> Calendar:
    """Return a calendar: `timezone`, `hours`, `holidays` (own days off), `open_days` (own slots on a date), `country`, `subdivision`.

    Raises:
        ValueError: anything that cannot be read, a slot that ends before it starts, or no open hour at all.
    """
    at = f"calendars.{name}"
    table = _mapping(doc, at)
    hours = _mapping(_given(table, "hours", {}), f"{at}.hours")
    for day in hours:
        if day not in WEEK:
            raise ValueError(f"{at}.hours.{day}: not a day of the week ({', '.join(WEEK)})")
    week = tuple(_slots(_given(hours, day, []), f"{at}.hours.{day}") for day in WEEK)
    off = _given(table, "holidays", [])
    named = off.items() if isinstance(off, Mapping) else [(day, "") for day in _list(off, f"{at}.holidays")]
    on = _mapping(_given(table, "open_days", {}), f"{at}.open_days")
    days_on = {_date(day, f"{at}.open_days"): _slots(slots, f"{at}.open_days.{day}") for day, slots in on.items()}
    if not any(week) and not any(days_on.values()):
        raise ValueError(f"{at}.hours: no open hours, a clock would never run")
    country = table.get("country")
    return Calendar(
        zone=_zone(table.get("timezone"), f"{at}.timezone"),
        hours=week,
        days_off={_date(day, f"{at}.holidays"): str(why) for day, why in named},
        days_on=days_on,
        holiday=_country_days(country, table.get("subdivision"), lookup, f"{at}.country") if country else lambda _day: None,
    )


def parse_policy(doc: object, calendars: Mapping[str, WorkingTime], *, defaults: Policy | None = None) -> Policy:
    """Return a policy; keys that are absent take the value of `defaults`, by default "no such thing".

    Raises:
        ValueError: a bad or negative span, an unknown calendar, a ladder that cannot be read.
    """
    table = _mapping(doc, "policy")
    values: dict[str, Any] = {f.name: getattr(defaults, f.name) for f in fields(Policy)} if defaults is not None else {}
    for key in SPANS:
        if key in table:
            values[key] = _span(table[key], f"policy.{key}")
    if table.get("early") is not None:
        values["early"] = _span(table["early"], "policy.early")
    for key in ("calendar", "staffed"):
        if key in table:
            values[key] = _calendar(table[key], calendars, f"policy.{key}")
    if "calendar" in values:
        values["calendar"] = values["calendar"] or ELAPSED
    if table.get("pause_states") is not None:
        values["pause_states"] = frozenset(map(str, _list(table["pause_states"], "policy.pause_states")))
    if "pause_hides_unanswered" in table:
        if not isinstance(table["pause_hides_unanswered"], bool | None):
            raise ValueError("policy.pause_hides_unanswered: true or false is expected")
        values["pause_hides_unanswered"] = bool(table["pause_hides_unanswered"])
    if "ladder" in table:
        ladder = _list(_given(table, "ladder", []), "policy.ladder")
        values["ladder"] = tuple(_rung(rung, f"policy.ladder[{i}]") for i, rung in enumerate(ladder))
    return Policy(**values)


def parse_rulebook(doc: object, lookup: Lookup) -> RuleBook:
    """Return the rule book of one policy for every case: the keys of a policy, with `calendars` and `reply_window` beside them.

    Raises:
        ValueError: begins with the field that cannot be read.
    """
    table = _mapping(doc, "policy")
    inner = _mapping(table["policy"], "policy") if "policy" in table else table
    tables = _mapping(_given(table, "calendars", {}), "calendars")
    calendars = {name: parse_calendar(name, calendar, lookup) for name, calendar in tables.items()}
    known = {
        *SPANS,
        "early",
        "calendar",
        "staffed",
        "pause_states",
        "pause_hides_unanswered",
        "ladder",
        "calendars",
        "reply_window",
    }
    for key in inner:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise ValueError(f"policy.{key}: unknown" + (f", did you mean {near[0]}?" if near else ""))
    window = parse_window(table.get("reply_window") or inner.get("reply_window"))
    return RuleBook(rules=[Rule(name="default", policy=parse_policy(inner, calendars), window=window)])


SHIPPED_BOOK = RuleBook(rules=[Rule(name="default", policy=SHIPPED)])


def parse_window(doc: object) -> ReplyWindow | None:
    """Return the reply window of a platform, None for null.

    Raises:
        ValueError: no length, a bad span, or a margin longer than the window.
    """
    if doc is None:
        return None
    table = _mapping(doc, "reply_window")
    length = _span(table.get("length"), "reply_window.length")
    margin = _span(table.get("margin"), "reply_window.margin") or ZERO
    if not length:
        raise ValueError("reply_window.length: a span is expected")
    if margin > length:
        raise ValueError("reply_window.margin: longer than the window")
    return ReplyWindow(length=length, margin=margin)


# --- parts ---


def _mapping(value: object, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{at}: an object is expected, not {value!r}")
    return value


def _given(table: Mapping[str, Any], key: str, absent: object) -> object:
    """Return a value; null counts as absent, an empty one of another type does not."""
    value = table.get(key)
    return absent if value is None else value


def _list(value: object, at: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{at}: a list is expected, not {value!r}")
    return value


def _span(value: object, at: str) -> timedelta | None:
    if value is None:
        return None
    try:
        span = parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{at}: {error}") from None
    if span < ZERO:
        raise ValueError(f"{at}: {value!r} is negative")
    return span


def _zone(value: object, at: str) -> ZoneInfo:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{at}: a time zone like Europe/Amsterdam is expected, not {value!r}")
    return zone_named(value, field=at)


def _date(value: object, at: str) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(str(value))  # a datetime is a date, too, and equals none
    except ValueError:
        raise ValueError(f"{at}: {value!r} is not a date like 2026-12-25") from None


def _minutes(value: object, at: str) -> int:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or minutes > 24 * 60:  # noqa: PLR2004 - sixty minutes
        raise ValueError(f"{at}: {value!r} is not a time like 09:00 (24:00 ends a day)")
    return minutes


def _slots(value: object, at: str) -> Slots:
    slots: list[tuple[int, int]] = []
    for slot in _list(value, at):
        ends = _list(slot, at)
        if len(ends) != 2:  # noqa: PLR2004 - a slot has two ends
            raise ValueError(f"{at}: a slot is [from, to], not {slot!r}")
        start, end = _minutes(ends[0], at), _minutes(ends[1], at)
        if end <= start:
            raise ValueError(f"{at}: the slot {ends[0]}-{ends[1]} ends before it starts")
        slots.append((start, end))
    return tuple(sorted(slots))


def _country_days(country: object, subdivision: object, lookup: Lookup, at: str) -> Holidays:
    try:
        return lookup.holidays(str(country), None if subdivision is None else str(subdivision))
    except ValueError as error:
        raise ValueError(f"{at}: {error}") from None


def _calendar(value: object, calendars: Mapping[str, WorkingTime], at: str) -> WorkingTime | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in calendars:
        known = ", ".join(sorted(calendars)) or "none is defined"
        raise ValueError(f"{at}: no calendar is called {value!r} ({known})")
    return calendars[value]


def _rung(value: object, at: str) -> Rung:
    table = _mapping(value, at)
    step, share, left = table.get("step"), table.get("share"), table.get("left")
    if not isinstance(step, str) or not step:
        raise ValueError(f"{at}.step: a name is expected, not {step!r}")
    if share is not None and (isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= MOST_SHARE):
        raise ValueError(f"{at}.share: a number like 0.75 is expected, not {share!r}")
    try:
        return Rung(step=step, share=None if share is None else float(share), left=_span(left, f"{at}.left"))
    except ValueError as error:
        raise ValueError(f"{error}" if str(error).startswith(at) else f"{at}: {error}") from None
