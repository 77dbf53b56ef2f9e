"""The daily letter: was yesterday all right, and what is today? The verdict stands in the subject and in the first sentence.

No customer is in it: a miss is a number, a channel and a reason. Numbers are the digest's, never more than they are: 99.97 % is not
100 %. Text and HTML are made of the same `Sheet`; the bars are drawn twice, in signs and in tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import floor
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from webcare.domain.digest import WEEK
from webcare.letters import learning
from webcare.letters.alert import NAME, AlertText, our_address, platform
from webcare.letters.digest_sheet import Bar, Channel, Line, Number, Sheet, as_text
from webcare.letters.page import page
from webcare.letters.peak import named, words_of
from webcare.letters.speech import Speech, capital, speech
from webcare.letters.why import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from webcare.domain.digest import ChannelNumbers, ChannelTrouble, Correction, Digest, FirstResponse, Miss

SPELLED_OUT = 60  # misses: mail programs cut off what is over 100 kB
HOURS = 8  # rows; more are put together by three hours
EXPIRING, ANY_TROUBLE = "expiring", "trouble"
DEFAULT_BRAND = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A digest, to whom and when it is told. `day` and `today` are what the reader calls the two days."""

    digest: Digest
    say: Speech
    now: datetime
    public_url: str | None

    @property
    def day(self) -> str:
        return self._named(self.digest.period.day)

    @property
    def today(self) -> str:
        return self._named(self.digest.period.later(1).day)

    @property
    def is_today(self) -> bool:
        return self.digest.period.later(1).day == self.now.astimezone(self.say.zone).date()

    def _named(self, day: date) -> str:
        words = self.say.words.digest
        ago = (self.now.astimezone(self.say.zone).date() - day).days
        near = {0: words.today, 1: words.yesterday} if self.is_today else {}
        return near.get(ago) or words.other_day.format(date=self.dated(day, words.date))

    def dated(self, day: date, pattern: str) -> str:
        return format_date(day, pattern, locale=self.say.locale)

    def share(self, share: float | None) -> str:
        """Say a share in per cent, cut off after one decimal: only all is 100 %."""
        if share is None:
            return self.say.words.digest.unknown
        cut = floor(round(share * 1000, 6)) / 10
        return self.say.words.digest.share.format(share=format_decimal(cut, "0.#", locale=self.say.locale))

    def span(self, length: timedelta | None) -> str:
        return self.say.words.digest.unknown if length is None else self.say.span(length)

    def case(self, number: str) -> tuple[str, str | None]:
        url = f"{self.public_url}/cases/{number}" if self.public_url else None
        return self.say.words.digest.case.format(case=number), url


def letter(
    digest: Digest, *, language: str, zone: ZoneInfo, now: datetime, public_url: str | None, late: bool = False
) -> AlertText:
    """Return the letter of a day, for a reader in this zone at this moment; `late` says that it should have come before.

    Moments are told in the house's own zone, whose day it is.

    Raises:
        ValueError: `public_url` is no http(s) address.
    """
    say = speech(language, zone)
    shown = Shown(digest=digest, say=say, now=now, public_url=our_address(public_url))
    sheet, subject, words = _sheet(shown, late=late), _subject(shown), say.words.digest
    html = page("digest.html.j2", language=say.locale.language, subject=subject, words=words, sheet=sheet)
    return AlertText(subject=subject, text=as_text(sheet, words), html=html)


def _sheet(shown: Shown, *, late: bool) -> Sheet:
    digest, words = shown.digest, shown.say.words.digest
    rest = len(digest.misses) - SPELLED_OUT
    return Sheet(
        heading=_heading(shown),
        late=words.late if late else "",
        headline=_headline(shown),
        intro=tuple(_intro(shown)),
        numbers=tuple(_numbers(shown)) if digest.first_response.count else (),
        misses=tuple(_miss(miss, shown) for miss in digest.misses[:SPELLED_OUT]),
        more_misses=shown.say.count(words.more_misses, rest) if rest > 0 else "",
        due_title=words.due_today if shown.is_today else words.due_that_day.format(today=shown.today),
        bars=tuple(_bars(digest, words.unknown)),
        inbox=shown.public_url,
        corrections=tuple(_correction(correction, shown) for correction in digest.corrections),
        peaks_title=words_of(shown.say).title,
        peaks=tuple(_peaks(shown)),
        learning_title=learning.words_of(shown.say).title,
        learning=tuple(_learning(shown)),
        titles=(words.channel, words.messages, words.cases, capital(words.in_time), words.noticed),
        channels=tuple(_channel(channel, shown) for channel in digest.channels),
        closing=tuple(_closing(shown)),
        definition=words.definition.format(zone=digest.period.zone),
    )


# --- the verdict ---


def _heading(shown: Shown) -> str:
    words = shown.say.words.digest
    date = shown.dated(shown.digest.period.later(1).day, words.date)
    brands = [brand for brand in shown.digest.brands if brand != DEFAULT_BRAND]
    if len(brands) != 1:
        return words.heading.format(date=date)
    return words.our_heading.format(brand=plain(capital(brands[0]), NAME), date=date)


def _subject(shown: Shown) -> str:
    digest, say = shown.digest, shown.say
    words = say.words.digest
    values = {"day": capital(shown.day), "due": _due(shown), "missed": _missed(shown)}
    if digest.first_response.count:
        return words.subject.format(**values, share=shown.share(digest.first_response.within_target))
    if digest.heard or digest.misses:
        return words.subject_undecided.format(**values, heard=say.count(words.heard, digest.heard))
    return words.subject_silent.format(**values)


def _missed(shown: Shown) -> str:
    words, count = shown.say.words.digest, len(shown.digest.misses)
    return shown.say.count(words.missed, count) if count else words.missed_none


def _due(shown: Shown) -> str:
    words, count = shown.say.words.digest, sum(shown.digest.due_today.values())
    said = shown.say.count(words.due, count, today=shown.today) if count else words.due_none.format(today=shown.today)
    return capital(said)


def _headline(shown: Shown) -> str:
    digest, say = shown.digest, shown.say
    words, day = say.words.digest, capital(shown.day)
    if digest.first_response.count:
        return words.headline.format(day=day, share=shown.share(digest.first_response.within_target))
    if digest.heard or digest.misses:
        return say.count(words.headline_undecided, digest.heard, day=day)
    return words.headline_silent.format(day=day)


def _intro(shown: Shown) -> Iterator[str]:
    digest, say = shown.digest, shown.say
    words, first, wrong = say.words.digest, shown.digest.first_response, len(shown.digest.misses)
    if first.count:
        yield say.count(words.of_all, first.count, met=str(first.met))
    elif digest.heard:
        yield words.undecided
    if wrong:
        yield say.count(words.went_wrong, wrong)
    elif digest.heard or first.count:
        yield words.went_well
    due = _due(shown)
    blocks = _blocks(digest)
    if len(blocks) > 1:
        start, end, *_ = max(blocks, key=lambda block: (block[2], -block[0]))
        yield words.due_most.format(due=due, start=start, end=end)
    else:
        yield f"{due}."


def _numbers(shown: Shown) -> Iterator[Number]:
    digest, words = shown.digest, shown.say.words.digest
    weekday = shown.dated(digest.period.later(-WEEK).day, "EEEE")
    now, week, month = digest.first_response, digest.previous, digest.four_weeks

    def number(label: str, said: Callable[[FirstResponse], str]) -> Number:
        before = [words.previous.format(weekday=weekday, value=said(week))] if week.count else []
        before += [words.four_weeks.format(value=said(month))] if month.count else []
        return Number(value=said(now), label=label, before=tuple(before))

    yield number(words.in_time, lambda of: shown.share(of.within_target))
    yield number(words.half_within, lambda of: shown.span(of.median))
    yield number(words.nine_within, lambda of: shown.span(of.p90))


# --- what was missed, and what was put right ---


def _miss(miss: Miss, shown: Shown) -> Line:
    say, words = shown.say, shown.say.words.digest
    waits = miss.answered_at is None and not miss.closed
    lead = (words.still_late_by if waits else words.late_by).format(
        span=say.span(max(miss.overdue, timedelta(0))), channel=_channel_name(miss.channel, shown)
    )
    link, url = shown.case(miss.case)
    said = (
        words.clocks.get(miss.clock, ""),
        words.waited_since.format(moment=_moment(miss.started_at, shown)),
        *_why(miss, shown),
    )
    return Line(lead=lead, said=" ".join(part for part in (*said, _ended(miss, shown)) if part), link=link, url=url)


def _why(miss: Miss, shown: Shown) -> Iterator[str]:
    if miss.why is None:
        return
    words, why = shown.say.words.digest, miss.why
    moment = "" if why.at is None else _moment(why.at, shown)
    yield words.whys[why.reason].format(moment=moment)
    if why.trouble_since is not None:
        yield words.in_trouble.format(moment=_moment(why.trouble_since, shown))


def _ended(miss: Miss, shown: Shown) -> str:
    words = shown.say.words.digest
    if miss.answered_at is not None:
        return words.answered.format(moment=_moment(miss.answered_at, shown))
    return words.closed if miss.closed else ""


def _correction(correction: Correction, shown: Shown) -> Line:
    words = shown.say.words.digest
    date = shown.dated(correction.day, words.short_date)
    said = words.correction.format(channel=_channel_name(correction.channel, shown), date=date, why=words.laters[correction.why])
    link, url = shown.case(correction.case)
    return Line(lead="", said=said, link=link, url=url)


def _moment(at: datetime, shown: Shown) -> str:
    house = speech(shown.say.locale.language, ZoneInfo(shown.digest.period.zone))
    return house.moment(at, shown.now)


# --- peaks ---


def _peaks(shown: Shown) -> Iterator[str]:
    words, say, rest = words_of(shown.say), shown.say, shown.digest.without_peaks
    for one in shown.digest.peaks:
        name, start = named({"name": one.name}, say), _moment(one.started_at, shown)
        hours = words.lasts.format(start=start)
        if one.ended_at is not None:
            hours = words.hours.format(start=start, end=_moment(one.ended_at, shown))
        numbers = one.first_response
        if numbers.count:
            yield say.count(words.of_day, numbers.count, name=name, hours=hours, share=shown.share(numbers.within_target))
        else:
            yield words.none_decided.format(name=name, hours=hours)
    if rest is not None:
        yield say.count(words.without, rest.count, share=shown.share(rest.within_target)) if rest.count else words.without_none


def _learning(shown: Shown) -> Iterator[str]:
    if shown.digest.learning is not None:
        yield from learning.told(shown.digest.learning, shown.say, shown.share, lambda at: _moment(at, shown), shown.public_url)


# --- what runs out today ---


def _blocks(digest: Digest) -> list[tuple[int, int, int, int]]:
    """Return the hours in which something runs out: from, to, how many cases, how many of them nobody's."""
    step = 1 if len(digest.due_today) <= HOURS else 3
    starts = sorted({hour - hour % step for hour in digest.due_today})
    return [
        (
            start,
            start + step,
            sum(digest.due_today.get(hour, 0) for hour in range(start, start + step)),
            sum(digest.due_unclaimed.get(hour, 0) for hour in range(start, start + step)),
        )
        for start in starts
    ]


def _bars(digest: Digest, none: str) -> Iterator[Bar]:
    blocks = _blocks(digest)
    most = max((count for _, _, count, _ in blocks), default=1)
    for start, end, count, nobodys in blocks:
        free = round(nobodys * 100 / most)
        yield Bar(
            hours=f"{start:02}\N{EN DASH}{end:02}",
            count=count,
            nobodys=str(nobodys) if nobodys else none,
            taken=round(count * 100 / most) - free,
            free=free,
            is_most=count == most,
        )


# --- channels and alerts ---


def _channel_name(channel: str, shown: Shown) -> str:
    """Name the platform, and where we have several accounts on it, the account."""
    known = {one.channel for one in shown.digest.channels} | {channel}
    kind, _, account = channel.partition(":")
    name = platform(channel, shown.say)
    same = sum(other.partition(":")[0] == kind for other in known)
    return f"{name} {plain(account, NAME)}" if same > 1 else name


def _channel(one: ChannelNumbers, shown: Shown) -> Channel:
    words, kinds = shown.say.words, shown.digest.volumes.get(one.channel, {})
    return Channel(
        name=_channel_name(one.channel, shown),
        messages=str(sum(kinds.values())),
        cases=str(one.first_response.count),
        in_time=shown.share(one.first_response.within_target),
        noticed="; ".join(_trouble(trouble, shown) for trouble in one.troubles) or words.digest.nothing,
        kinds=", ".join(f"{words.alert.kinds.get(kind, kind)} {count}" for kind, count in kinds.items()),
    )


def _trouble(trouble: ChannelTrouble, shown: Shown) -> str:
    words = shown.say.words.digest
    what = words.troubles.get(trouble.what, words.troubles[ANY_TROUBLE])
    if trouble.what == EXPIRING and trouble.until is not None:
        return words.trouble_ahead.format(what=what, moment=_moment(trouble.until, shown))
    if trouble.until is None:
        return words.trouble_lasts.format(what=what, moment=_moment(trouble.since, shown))
    return words.trouble_ended.format(what=what, span=shown.say.span(trouble.until - trouble.since))


def _closing(shown: Shown) -> Iterator[str]:
    digest, say = shown.digest, shown.say
    words, alerts = say.words.digest, shown.digest.alerts
    if digest.intents:
        ordered = sorted(digest.intents.items(), key=lambda item: (-item[1], item[0]))
        listed = [
            words.intents[label].format(n=count) if label in words.intents else f"{label} {count}" for label, count in ordered
        ]
        yield words.about.format(listed=", ".join(listed))
    sent = say.count(words.alerts, alerts.sent, acknowledged=str(alerts.acknowledged))
    if not alerts.sent:
        yield words.alerts_none
    else:
        yield f"{sent}." if alerts.median is None else words.alerts_half.format(alerts=sent, span=say.span(alerts.median))
    if digest.heard:
        doubted = say.count(words.doubted, digest.heard, doubted=str(digest.unsure))
        yield f"{doubted} {say.count(words.corrected, digest.corrected)}" if digest.corrected else doubted
