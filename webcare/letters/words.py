"""What a language has to bring: one field a phrase, so that a language that lacks one is a type error and not an empty alert.

The phrases themselves stand in `locale/`, one file a language; `speech` puts numbers, moments and names into them. In a phrase,
`{name}` is a value; a test compares the names across the languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.domain.misses import Later, Reason
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
class WhyYouWords:
    """Why this reader hears of it and not somebody else, where that is no matter of course."""

    therefore: str
    yours: str
    has_it: str
    away: Mapping[str, str]  # by what keeps whoever has the case
    silent: str
    gave_back: str
    no_answer: str
    no_answer_within: str
    passed_on: str
    levels: Mapping[str, str]
    obstacles: Mapping[str, str]


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
    why_you: WhyYouWords
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
    act: str  # what the link that needs no login is for
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
    levels: Mapping[str, str]
    drill: NewsWords
    preflight: NewsWords
    findings: Mapping[str, str]  # by what was found
    obstacles: Mapping[str, str]
    first_of: Plural  # a hole that comes again
    more_findings: Plural
    test: NewsWords  # of a contact, because somebody pressed "send me a test"
    swap: Mapping[str, NewsWords]  # by what became of it
    swap_span: str
    swap_back: str
    swap_open: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestWords:
    """The daily letter. `{day}` is the day told of and `{today}` the one after it: by those words, or by name and date."""

    heading: str
    our_heading: str  # of a house with a name
    late: str
    yesterday: str
    today: str
    other_day: str
    date: str  # CLDR patterns
    short_date: str
    # the verdict
    subject: str
    subject_undecided: str
    subject_silent: str
    heard: Plural
    missed: Plural
    missed_none: str
    due: Plural
    due_none: str
    headline: str
    headline_undecided: Plural
    headline_silent: str
    of_all: Plural
    undecided: str
    went_wrong: Plural
    went_well: str
    due_most: str
    # its numbers
    in_time: str
    half_within: str
    nine_within: str
    previous: str
    four_weeks: str
    unknown: str
    share: str
    # what was missed, and why
    misses: str
    late_by: str
    still_late_by: str
    waited_since: str
    clocks: Mapping[str, str]  # all but the first answer, which needs no word
    whys: Mapping[Reason, str]
    in_trouble: str
    answered: str
    closed: str
    case: str
    more_misses: Plural
    # what runs out today
    due_today: str
    due_that_day: str
    hour: str
    cases: str
    nobodys: str
    open_queue: str
    # what letters of before told otherwise
    corrections: str
    correction: str
    laters: Mapping[Later, str]
    # channels and alerts
    channels: str
    channel: str
    messages: str
    noticed: str
    nothing: str
    troubles: Mapping[str, str]
    trouble_ended: str
    trouble_lasts: str
    trouble_ahead: str
    intents: Mapping[str, str]
    about: str
    alerts: Plural
    alerts_none: str
    alerts_half: str
    doubted: Plural
    corrected: Plural
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A language. `locale` is what Babel calls it, with the country whose clock and dates we use."""

    locale: str
    time: TimeWords
    alert: AlertWords
    house: HouseWords
    digest: DigestWords
