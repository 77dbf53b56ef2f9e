"""What a language has to bring: one field a phrase, so that a language that lacks one is a type error and not an empty alert.

The phrases themselves stand in `locale/`, one file a language; `speech` puts numbers, moments and names into them. In a phrase,
`{name}` is a value; a test compares the names across the languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.letters.redact import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Plural:
    """A phrase that counts, `{n}`. Dutch and English tell one from many; CLDR, by way of Babel, says which is which."""

    one: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWords:
    """Spans and moments. Days are counted from the reader's midnight."""

    under_a_minute: str
    minutes: str
    hours: str
    hours_minutes: str
    days: Plural
    days_hours: Plural
    yesterday: str
    today: str
    tomorrow: str
    date: str  # a CLDR pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWords:
    """All that an alert says."""

    # how long there is
    left: str
    late: str
    was_late: str  # it has ended meanwhile
    window_closes: str
    window_closed: str
    until: str
    was_until: str
    window_until: str
    window_was_until: str
    # what it is about
    where: str
    kinds: Mapping[str, str]
    any_kind: str
    channels: Mapping[str, str]  # only those whose name is not the same everywhere
    waits: Mapping[str, str]
    window_over: str
    ended: str
    also: str
    urgent: str
    check: str
    said: str
    quoted: str
    masked: Mapping[Secret, str]
    # who knows
    told: str
    told_nobody: str
    told_at: str
    # the whole
    subject: str
    subject_urgent: str
    subject_many: str
    subject_many_urgent: str
    first_has: str
    some_late: Plural
    cases: Plural
    cases_late: Plural
    more: Plural
    open_case: str
    open_inbox: str
    no_case: str
    no_cases: str
    claim: str
    meant_for: str  # whom it was for: nobody could reach them, so somebody else reads it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsWords:
    """One piece of news: its subject, what it means, and what to do next."""

    subject: str
    means: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseWords:
    """Troubles of a channel and of a reply. In `trouble` each phrase may name the channel, in `reply` the platform and the case."""

    reason: str
    trouble: Mapping[str, NewsWords]
    since: Mapping[str, str]  # by trouble: what its moment is
    reply: Mapping[str, NewsWords]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A language. `locale` is what Babel calls it, with the country whose clock and dates we use."""

    locale: str
    time: TimeWords
    alert: AlertWords
    house: HouseWords
