"""[[policy]] and [calendars] -> the rule book, and what is kept of it so that every case can be explained later.

Kept is what was written, in an order that says nothing, plus the reply windows of the platforms: the same settings are the same
revision, whatever the file looked like.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import format_duration
from webcare.domain.nonsense import Nonsense
from webcare.domain.rulebook import SHIPPED_WORD, parse_rulebook
from webcare.lines import CannotStart
from webcare.settings.places import line_of
from webcare.settings.values import near

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from webcare.domain.routing import RuleBook
    from webcare.domain.rulebook import Lookup
    from webcare.ports.channel import ChannelAccount
    from webcare.settings.model import Model

MARGIN = timedelta(hours=1)  # kept in reserve before a platform stops taking replies


def rules(
    settings: Model, lookup: Lookup, accounts: Iterable[ChannelAccount] = (), *, today: date
) -> tuple[RuleBook, dict[str, Any]]:
    """Return the rule book in force and its content, to be stored as a revision. Without a policy the shipped one holds.

    Raises:
        CannotStart: a policy or a calendar that cannot be read or makes no sense, by its name and its line.
    """
    channels = tuple(accounts)
    content: dict[str, Any] = {"policy": [_written(policy) for policy in settings.policy] or SHIPPED_WORD}
    calendars, windows = {name: _plain(table) for name, table in settings.calendars.items()}, _windows(channels)
    content |= {name: tables for name, tables in (("calendars", calendars), ("windows", windows)) if tables}
    try:
        book = parse_rulebook(content, lookup, today=today)
        _refuse_strangers(book, {account.kind for account in channels})
    except ValueError as error:
        raise CannotStart(_placed(error, getattr(settings, "source", None))) from None
    return book, content


def _placed(error: ValueError, source: Path | None) -> str:
    """Return a refusal with the file and the line that it is about, where these are known."""
    if source is None:
        return str(error)
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return str(error)
    return refusal(error, str(source), text)


def refusal(error: ValueError, file: str, text: str) -> str:
    """Return what was wrong with a TOML file, and in which line if that can be told."""
    line = line_of(text, error.place) if isinstance(error, Nonsense) else None
    return f"{file}: {error}" if line is None else f"{file}, line {line}: {error}"


def _written(policy: Mapping[str, Any]) -> Any:
    """Return a policy as it is kept: one value and a list of one are the same condition, and lists of conditions have no order."""
    when = policy.get("when")
    if not isinstance(when, dict):
        return _plain(policy)
    conditions = {
        name: sorted(set(values)) if isinstance(values, list) and all(isinstance(one, str) for one in values) else values
        for name, values in ((name, [value] if isinstance(value, str) else value) for name, value in when.items())
    }
    return _plain({**policy, "when": conditions})


def _plain(value: object) -> Any:
    """Return what JSON can keep of a table: dates become texts."""
    return json.loads(json.dumps(value, default=str))


def _windows(accounts: Iterable[ChannelAccount]) -> dict[str, dict[str, str]]:
    """Return how long each platform in use takes replies in private, and what we keep of it in reserve.

    Of several accounts on a platform the one with the shortest counts: a policy knows kinds, and too early is no harm.
    """
    found: dict[str, timedelta] = {}
    for account in accounts:
        if length := account.limits.reply_window:
            found[account.kind] = min(length, found.get(account.kind, length))
    return {
        kind: {"length": format_duration(length), "margin": format_duration(min(MARGIN, length / 2))}
        for kind, length in found.items()
    }


def _refuse_strangers(book: RuleBook, kinds: set[str]) -> None:
    """Refuse a policy for a kind of channel that there is not: it would never be used, and nobody would notice."""
    for i, rule in enumerate(book.rules):
        for kind in sorted(rule.conditions.get("channel", frozenset()) - kinds):
            there = ", ".join(sorted(kinds)) or "none"
            raise Nonsense(
                f"policy {rule.name!r}: when.channel: no [[channel]] is of the kind {kind!r} (there are {there}){near(kind, kinds)}",
                ("policy", i, "when", "channel"),
            )
