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
    alert,
    audit,
    canned,
    case,
    channels,
    checks,
    composer,
    customer,
    deeds,
    drill,
    error,
    frame,
    knows,
    login,
    me,
    outbox,
    override,
    peak,
    people,
    queue,
    reach,
    reasons,
    risk,
    rota,
    same,
    search,
    sent,
    swap,
    tagging,
    talk,
    talk_around,
    thing,
    time,
    uploads,
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
    peak: peak.PeakWords
    queue: queue.QueueWords
    risk: risk.RiskWords
    rota: rota.RotaWords
    swap: swap.SwapWords
    reach: reach.ReachWords
    reasons: reasons.ReasonsWords
    override: override.OverrideWords
    drill: drill.DrillWords
    search: search.SearchWords
    case: case.CaseWords
    knows: knows.KnowsWords
    talk: talk.TalkWords
    around: talk_around.AroundWords
    customer: customer.CustomerWords
    same: same.SameWords
    tagging: tagging.TaggingWords
    composer: composer.ComposerWords
    deeds: deeds.DeedsWords
    uploads: uploads.UploadsWords
    canned: canned.CannedWords
    channels: channels.ChannelsWords
    checks: checks.ChecksWords
    sent: sent.SentWords
    audit: audit.AuditWords
    acts: acts.ActsWords
    alert: alert.AlertPageWords
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
    peak=peak.NL,
    queue=queue.NL,
    risk=risk.NL,
    rota=rota.NL,
    swap=swap.NL,
    reach=reach.NL,
    reasons=reasons.NL,
    override=override.NL,
    drill=drill.NL,
    search=search.NL,
    case=case.NL,
    knows=knows.NL,
    talk=talk.NL,
    around=talk_around.NL,
    customer=customer.NL,
    same=same.NL,
    tagging=tagging.NL,
    composer=composer.NL,
    deeds=deeds.NL,
    uploads=uploads.NL,
    canned=canned.NL,
    channels=channels.NL,
    checks=checks.NL,
    sent=sent.NL,
    audit=audit.NL,
    acts=acts.NL,
    alert=alert.NL,
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
    peak=peak.EN,
    queue=queue.EN,
    risk=risk.EN,
    rota=rota.EN,
    swap=swap.EN,
    reach=reach.EN,
    reasons=reasons.EN,
    override=override.EN,
    drill=drill.EN,
    search=search.EN,
    case=case.EN,
    knows=knows.EN,
    talk=talk.EN,
    around=talk_around.EN,
    customer=customer.EN,
    same=same.EN,
    tagging=tagging.EN,
    composer=composer.EN,
    deeds=deeds.EN,
    uploads=uploads.EN,
    canned=canned.EN,
    channels=channels.EN,
    checks=checks.EN,
    sent=sent.EN,
    audit=audit.EN,
    acts=acts.EN,
    alert=alert.EN,
    outbox=outbox.EN,
)
