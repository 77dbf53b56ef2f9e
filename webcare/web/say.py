"""Words, moments and spans for one reader: what templates ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from webcare.ports import platforms
from webcare.web.words import EN, NL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from webcare.letters.words import Plural
    from webcare.ports.channel import ChannelAccount
    from webcare.web.words import PageWords

CATALOGS: Final = {"nl": NL, "en": EN}
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_WEEK: Final = 7  # days for which a weekday says enough
ICONS: Final = {"twitter": "x", "facebook": "fb", "whatsapp": "wa", "instagram": "ig", "email": "mail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """One language for one reader, at one instant of the world's time."""

    words: PageWords
    zone: ZoneInfo
    now: datetime

    def count(self, phrase: Plural, n: int, **more: str) -> str:
        form = phrase.one if _locale(self.words.locale).plural_form(n) == "one" else phrase.other
        return form.format(n=n, **more)

    def span(self, length: timedelta) -> str:
        """Say how long, never more than it is: minutes, under two days hours and minutes, then days."""
        time = self.words.time
        if length < _MINUTE:
            return time.under_a_minute
        if length < _HOUR:
            return time.minutes.format(minutes=length // _MINUTE)
        if length < 2 * _DAY:
            return time.hours_minutes.format(hours=length // _HOUR, minutes=f"{length % _HOUR // _MINUTE:02d}")
        return self.count(time.days, length // _DAY)

    def left(self, due: datetime) -> str:
        """Say how long there is, or how late it is."""
        if due > self.now:
            return self.span(due - self.now)
        return self.words.time.late.format(span=self.span(self.now - due))

    def until(self, due: datetime) -> str:
        time = self.words.time
        return (time.until if due > self.now else time.was).format(moment=self.moment(due))

    def moment(self, at: datetime) -> str:
        """Say when: of today the time only, of the week around it the weekday, else the date."""
        time, local = self.words.time, at.astimezone(self.zone)
        days = (local.date() - self.today).days
        near = {0: time.at, -1: time.yesterday, 1: time.tomorrow}.get(days)
        if near is not None:
            return near.format(time=f"{local:%H:%M}")
        return format_datetime(local, time.near if abs(days) < _WEEK else time.far, locale=_locale(self.words.locale))

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def day(self, at: datetime) -> str:
        """Say which day: `maandag 23 november`."""
        return format_date(at.astimezone(self.zone).date(), self.words.time.day, locale=_locale(self.words.locale))

    def weekday(self, day: date) -> str:
        return format_date(day, "EEEE", locale=_locale(self.words.locale))

    def decimal(self, number: float) -> str:
        """Say a number with one decimal at most: `8,2`."""
        return format_decimal(round(number, 1), format="#,##0.#", locale=_locale(self.words.locale))

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"

    def channel(self, account: str) -> str:
        """Name the platform of an account."""
        kind = account.partition(":")[0]
        return self.words.thing.channels.get(kind) or platforms.called(kind)

    def named_channel(self, account: ChannelAccount, *, is_only: bool) -> str:
        """Name an account of ours: by its platform, and where there are several of that by its own name too."""
        platform = self.channel(account.id)
        return platform if is_only else f"{platform} {account.name}"

    def icon(self, account: str) -> str:
        return ICONS.get(account.partition(":")[0], "globe")

    def named(self, names: Mapping[str, str], key: str) -> str:
        """Return what something is called; what has no name here by its own."""
        return names.get(key, key.replace("_", " "))


def say(language: str, zone: str, now: datetime) -> Say:
    return Say(words=CATALOGS.get(language, EN), zone=ZoneInfo(zone), now=now)


def initials(name: str) -> str:
    """Return two letters for a round picture."""
    parts = [part for part in name.replace("@", " ").replace("_", " ").replace(".", " ").split() if part[:1].isalnum()]
    letters = "".join(part[0] for part in (parts[0], parts[-1])) if len(parts) > 1 else (parts[0][:2] if parts else "?")
    return letters.upper()


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)
