"""What the pages say, a file a page: what a language has to bring, and then Dutch and English below each other.

A language that lacks a phrase is a type error; `{name}` in a phrase is a value, and a test compares the names across the languages.
Short, present tense, verb first, no exclamation marks, no blame; Dutch says "je", English uses the 24-hour clock and the day before the
month. Letters have their own words in `webcare/letters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from webcare.web.words import (
    acts,
    audit,
    canned,
    case,
    channels,
    composer,
    customer,
    error,
    frame,
    login,
    me,
    outbox,
    people,
    queue,
    rota,
    search,
    sent,
    talk,
    thing,
    time,
    welcome,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """A language. `locale` is what Babel calls it."""

    tag: str
    locale: str
    frame: frame.FrameWords
    login: login.LoginWords
    welcome: welcome.WelcomeWords
    me: me.MeWords
    error: error.ErrorWords
    time: time.TimeWords
    thing: thing.ThingWords
    people: people.PeopleWords
    queue: queue.QueueWords
    rota: rota.RotaWords
    search: search.SearchWords
    case: case.CaseWords
    talk: talk.TalkWords
    customer: customer.CustomerWords
    composer: composer.ComposerWords
    canned: canned.CannedWords
    channels: channels.ChannelsWords
    sent: sent.SentWords
    audit: audit.AuditWords
    acts: acts.ActsWords
    outbox: outbox.OutboxWords


NL: Final = PageWords(
    tag="nl",
    locale="nl_NL",
    frame=frame.NL,
    login=login.NL,
    welcome=welcome.NL,
    me=me.NL,
    error=error.NL,
    time=time.NL,
    thing=thing.NL,
    people=people.NL,
    queue=queue.NL,
    rota=rota.NL,
    search=search.NL,
    case=case.NL,
    talk=talk.NL,
    customer=customer.NL,
    composer=composer.NL,
    canned=canned.NL,
    channels=channels.NL,
    sent=sent.NL,
    audit=audit.NL,
    acts=acts.NL,
    outbox=outbox.NL,
)

EN: Final = PageWords(
    tag="en",
    locale="en_GB",
    frame=frame.EN,
    login=login.EN,
    welcome=welcome.EN,
    me=me.EN,
    error=error.EN,
    time=time.EN,
    thing=thing.EN,
    people=people.EN,
    queue=queue.EN,
    rota=rota.EN,
    search=search.EN,
    case=case.EN,
    talk=talk.EN,
    customer=customer.EN,
    composer=composer.EN,
    canned=canned.EN,
    channels=channels.EN,
    sent=sent.EN,
    audit=audit.EN,
    acts=acts.EN,
    outbox=outbox.EN,
)
