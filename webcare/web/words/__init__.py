"""What a language has to bring for the pages: one field a phrase, so that a language that lacks one is a type error.

The phrases stand in `nl.py` and `en.py`. `{name}` in a phrase is a value; a test compares the names across the languages. Letters have
their own words in `webcare/letters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.letters.words import Plural


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameWords:
    """What stands around every page."""

    skip: str
    menu: str
    queue: str
    late: str  # before the count in the menu, for who hears the page
    me: str
    back: str
    offline: str
    other_language: str
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginWords:
    title: str
    name: str
    password: str
    submit: str
    wrong: str
    left: Plural
    wait: str
    busy: str
    forgotten: str
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WelcomeWords:
    title: str
    hello: str
    rules: str
    password: str
    again: str
    submit: str
    gone: str
    gone_todo: str
    flaws: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeWords:
    looks: str
    theme: str
    themes: Mapping[str, str]
    density: str
    densities: Mapping[str, str]
    language: str
    languages: Mapping[str, str]
    signature: str
    signature_hint: str
    save: str
    saved: str
    too_long: str
    password: str
    old: str
    new: str
    again: str
    change: str
    changed: str
    wrong: str
    sessions: str
    session_now: str
    session_seen: str
    end: str
    log_out: str
    log_out_everywhere: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorWords:
    """What went wrong, and what to do now."""

    titles: Mapping[str, str]
    todos: Mapping[str, str]
    home: str
    log_in: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWords:
    """Short: a row has room for two words."""

    under_a_minute: str
    minutes: str
    hours_minutes: str
    days: Plural
    late: str
    until: str
    was: str
    at: str
    yesterday: str
    tomorrow: str
    near: str  # a CLDR pattern: within a week
    far: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingWords:
    """What the labels are called. `kinds` may be overruled by platform: a direct message of Facebook is Messenger's."""

    channels: Mapping[str, str]
    kinds: Mapping[str, str]
    intents: Mapping[str, str]
    noise: str
    sentiments: Mapping[str, str]
    sure: str
    check: str
    urgent: str
    nobody: str
    you: str
    clocks: Mapping[str, str]
    clock_states: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWords:
    title: str
    views_title: str
    views: Mapping[str, str]
    open: str  # these three with `{n}` alone: the figure is replaced while the page is open
    late: str
    soon: str
    columns: Mapping[str, str]
    parts: Mapping[str, str]
    take: str
    nothing_to_take: str
    filters: str
    filter_names: Mapping[str, str]
    search: str
    any: str
    apply: str
    fresh: Plural
    more: str
    empty: str
    empty_todo: str
    none: str
    none_todo: str
    clear: str
    unread: Plural
    keys: str
    key_list: Mapping[str, str]
    closed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWords:
    number: str
    of_nobody: str
    of_you: str
    of: str
    claim: str
    release: str
    close: str
    reopen: str
    talk: str
    public: str
    private: str
    edited: str
    deleted: str
    automatic: str
    elsewhere: str
    on_behalf: str
    attachments: Plural
    open_there: str
    verdict: str
    needs: str
    needs_not: str
    say_needs: str
    say_needs_not: str
    by_person: str
    no_verdict: str
    note: str
    note_hint: str
    note_new: str
    note_add: str
    clocks: str
    no_clock: str
    why_until: str
    why: str
    ended_after: str
    stands_still: str
    began: str
    starts: Mapping[str, str]
    counts_from: str
    within: str
    not_counted: str
    stretches: Mapping[str, str]
    reply_left: str
    knows: str
    knows_nobody: str
    told: str
    deliveries: Mapping[str, str]
    shown_only: str
    opened: str
    rules: str
    log: str
    customer: str
    identity: str
    composer: str
    to_public: str
    to_private: str
    send_public: str
    send_private: str
    length: str
    too_long: str
    text_empty: str
    replies: Mapping[str, str]
    reply_todo: Mapping[str, str]
    reason: str
    send_again: str
    cannot_send: str
    is_closed: str
    is_read_only: str
    done: Mapping[str, str]
    refused: Mapping[str, str]
    refused_otherwise: str
    events: Mapping[str, str]
    by_policy: str
    new_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """A language. `locale` is what Babel calls it."""

    tag: str
    locale: str
    frame: FrameWords
    login: LoginWords
    welcome: WelcomeWords
    me: MeWords
    error: ErrorWords
    time: TimeWords
    thing: ThingWords
    queue: QueueWords
    case: CaseWords
