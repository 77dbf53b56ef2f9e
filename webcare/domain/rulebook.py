"""Policies and calendars as people write them -> the values that the engine computes with.

The same keys stand in the config, in `--policy FILE` and in the lines of `webcare sla evaluate`. Every refusal is a `ValueError` that
begins with the field, or with the name of the policy. Zones and public holidays come from outside: a `Lookup` is handed in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.calendar import ELAPSED, Calendar, Slots, WorkingTime
from webcare.domain.durations import ZERO, parse_duration
from webcare.domain.message import Kind
from webcare.domain.nonsense import Nonsense, place_in, refuse_nonsense
from webcare.domain.policy_terms import terms_of
from webcare.domain.routing import CONDITIONS, Rule, RuleBook, plain_label
from webcare.domain.sla.promise import SHIPPED, Policy, ReplyWindow, Rung
from webcare.domain.verdict import Intent, Urgency
from webcare.domain.walltime import zone_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from zoneinfo import ZoneInfo

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TARGETS = ("first_response", "next_response", "resolution", "keep_in_loop")
SPANS = (*TARGETS, "reopen_within", "close_after", "community_relax")
POLICY_KEYS = frozenset(
    {*SPANS, "early", "calendar", "staffed", "pause_states", "pause_hides_unanswered", "ladder", "reply_window"}
)
BOOK_KEYS = frozenset({"policy", "calendars", "windows", "reply_window"})
CALENDAR_KEYS = frozenset({"timezone", "hours", "holidays", "open_days", "country", "subdivision"})
RUNG_KEYS = frozenset({"step", "share", "left"})
LABELS = ("tag", "customer_group")  # kept and compared in small letters
CONDITION_VALUES: Mapping[str, frozenset[str]] = {
    "kind": frozenset({*(kind.value for kind in Kind), "private", "public"}),
    "intent": frozenset({*(intent.value for intent in Intent), "noise"}),
    "urgency": frozenset(urgency.value for urgency in Urgency),
}
SHIPPED_WORD = "shipped"
LONGEST = timedelta(days=3660)  # ten years
SHORT = timedelta(hours=4)  # up to here no rung "one hour left" is shipped
LONGEST_POLICY_NAME = 100
MOST_SHARE = 1000  # of the target: more is a slip, and would lead beyond every calendar
_LANGUAGE = re.compile(r"[a-z]{2,3}")
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


def parse_rulebook(doc: object, lookup: Lookup, *, today: date | None = None, strict: bool = False) -> RuleBook:
    """Return the rule book of a document: `policy` is a table, a list of them with names and conditions, or "shipped".

    Beside it stand `calendars`, `windows` (reply windows by kind of channel) and, for one policy, `reply_window`. The keys of one policy
    may also stand at the top. `strict` refuses named policies that cannot be meant; with `today`, calendars and spans that lead nowhere
    from that day on are refused too.

    Raises:
        ValueError: begins with the field that cannot be read, or the name of the policy that makes no sense; a `Nonsense` knows its place.
    """
    table = _mapping(doc, "policy")
    tables = _mapping(_given(table, "calendars", {}), "calendars")
    calendars = {name: _named_calendar(name, calendar, lookup) for name, calendar in tables.items()}
    windows = _mapping(_given(table, "windows", {}), "windows")
    if "policy" in table:
        _refuse_unknown(table, BOOK_KEYS, "")
    rules = [replace(rule, terms=terms_of(rule.policy, rule.window, calendars, tables)) for rule in _rules(table, calendars)]
    book = RuleBook(rules=rules, windows={kind: w for kind, d in windows.items() if (w := parse_window(d)) is not None})
    if isinstance(table.get("policy"), list | tuple) and (strict or today is not None):
        refuse_nonsense(book.rules)
    if today is not None:
        _refuse_dead_ends(book, calendars, datetime.combine(today, time(), UTC))
    return book


def _named_calendar(name: str, doc: object, lookup: Lookup) -> Calendar:
    at = f"calendars.{name}"
    try:
        _refuse_unknown(_mapping(doc, at), CALENDAR_KEYS, f"{at}.")
        return parse_calendar(name, doc, lookup)
    except ValueError as error:
        raise Nonsense(str(error), ("calendars", name, *place_in(str(error).removeprefix(f"{at}.")))) from None


def _rules(table: Mapping[str, Any], calendars: Mapping[str, WorkingTime]) -> Sequence[Rule]:
    written = table.get("policy", table)
    if written == SHIPPED_WORD:
        return SHIPPED_BOOK.rules
    if isinstance(written, list | tuple) and written:
        return _named_rules(written, calendars)
    inner = _mapping(written, "policy")
    _refuse_unknown(inner, {*POLICY_KEYS, *BOOK_KEYS}, "policy.")
    window = parse_window(table.get("reply_window") or inner.get("reply_window"))
    return [Rule(name="default", policy=parse_policy(inner, calendars), window=window)]


# --- several policies: the first whose conditions hold wins ---


def _named_rules(written: Sequence[Any], calendars: Mapping[str, WorkingTime]) -> list[Rule]:
    rules: list[Rule] = []
    for i, doc in enumerate(written):
        table = _mapping(doc, f"policy[{i}]")
        name = table.get("name")
        if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_POLICY_NAME:
            words = f"policy[{i}].name: a name of at most {LONGEST_POLICY_NAME} letters is expected"
            raise Nonsense(words, ("policy", i, "name"))
        try:
            rule = _named_rule(name, table, calendars)
            _refuse_idle(rule, rules)
        except ValueError as error:
            words = str(error).removeprefix("policy.")
            raise Nonsense(f"policy {name!r}: {words}", ("policy", i, *(place_in(words) or ("name",)))) from None
        rules.append(rule)
    if rules[-1].conditions:
        words = "policy: the last policy must have no condition, so that every case has one"
        raise Nonsense(words, ("policy", len(rules) - 1, "when"))
    return rules


def _named_rule(name: str, table: Mapping[str, Any], calendars: Mapping[str, WorkingTime]) -> Rule:
    """Return one of several policies. What it does not say is as shipped: a slip must never mean silence."""
    _refuse_unknown(table, {*POLICY_KEYS, "name", "when"}, "")
    for i, rung in enumerate(_list(_given(table, "ladder", []), "ladder")):
        _refuse_unknown(_mapping(rung, f"ladder[{i}]"), RUNG_KEYS, f"ladder[{i}].")
    policy = parse_policy(table, calendars, defaults=SHIPPED)
    targets = [target for name in TARGETS if (target := getattr(policy, name))]
    if not targets:
        raise ValueError("it promises nothing: first_response or another target is expected")
    if table.get("ladder") is None and min(targets) <= SHORT:
        policy = replace(policy, ladder=tuple(rung for rung in policy.ladder if rung.left is None))
    _refuse_long(policy, max(targets))
    window = table.get("reply_window")
    if window is not None:
        _refuse_unknown(_mapping(window, "reply_window"), {"length", "margin"}, "reply_window.")
    return Rule(name=name, policy=policy, conditions=_conditions(table.get("when")), window=parse_window(window))


def _conditions(doc: object) -> dict[str, frozenset[str]]:
    table = _mapping({} if doc is None else doc, "when")
    _refuse_unknown(table, CONDITIONS, "when.")
    found: dict[str, frozenset[str]] = {}
    for name, wanted in table.items():
        values = [wanted] if isinstance(wanted, str) else _list(wanted, f"when.{name}")
        known = CONDITION_VALUES.get(name)
        for value in values:
            if not isinstance(value, str) or not value:
                raise ValueError(f"when.{name}: a name is expected, not {value!r}")
            if name == "language" and not _LANGUAGE.fullmatch(value):
                raise ValueError(f"when.language: a language like nl is expected, not {value!r}")
            if known is not None and value not in known:
                raise ValueError(f"when.{name}: {value!r} is none of {', '.join(sorted(known))}{_near(value, known)}")
        if not values:
            raise ValueError(f"when.{name}: it names nothing, so no case would ever fit")
        found[name] = frozenset(plain_label(value) if name in LABELS else value for value in values)
    return found


def _refuse_idle(rule: Rule, before: Sequence[Rule]) -> None:
    """Refuse a policy whose name is taken, or that an earlier one leaves no case."""
    for other in before:
        if other.name == rule.name:
            raise ValueError("another policy has this name")
        if all(name in rule.conditions and rule.conditions[name] <= wanted for name, wanted in other.conditions.items()):
            raise ValueError(f"it would never be used: {other.name!r} stands before it and fits every case that it fits")


def _refuse_long(policy: Policy, target: timedelta) -> None:
    """Refuse spans that are a slip, and could lead beyond the last day that Python knows."""
    spans = {name: getattr(policy, name) for name in (*SPANS, "early")}
    spans |= {f"ladder: {rung.key}": rung.left if rung.share is None else rung.share * target for rung in policy.ladder}
    for name, span in spans.items():
        if span is not None and span > LONGEST:
            raise ValueError(f"{name}: more than ten years is a slip")


def _refuse_dead_ends(book: RuleBook, calendars: Mapping[str, Calendar], start: datetime) -> None:
    for name, calendar in calendars.items():
        try:
            calendar.opening(start)
        except ValueError:
            words = f"calendars.{name}: it has no open hour after {start:%Y-%m-%d}: a clock would never run"
            raise Nonsense(words, ("calendars", name)) from None
    for i, rule in enumerate(book.rules):
        for name in TARGETS:
            try:
                rule.policy.calendar.add(start, getattr(rule.policy, name) or ZERO)
            except (ValueError, OverflowError):
                words = f"policy {rule.name!r}: {name}: its calendar has not that many open hours left"
                raise Nonsense(words, ("policy", i, name)) from None


def _refuse_unknown(table: Mapping[str, Any], known: Collection[str], at: str) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"{at}{key}: unknown{_near(key, known)}")


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f", did you mean {near[0]}?" if near else ""


SHIPPED_BOOK = RuleBook(rules=[Rule(name="default", policy=SHIPPED, terms=terms_of(SHIPPED, None, {}, {}))])


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
