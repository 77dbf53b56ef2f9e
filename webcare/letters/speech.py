"""Numbers, spans and moments as the reader says them: phrases from `locale/`, dates, lists and plurals from CLDR by way of Babel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.dates import format_datetime
from babel.lists import format_list

from webcare.letters.locale.en import EN
from webcare.letters.locale.nl import NL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from webcare.letters.words import Plural, Words

LANGUAGES = {"nl": NL, "en": EN}
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One language, for one reader."""

    words: Words
    locale: Locale
    zone: ZoneInfo

    def count(self, phrase: Plural, n: int, **values: str) -> str:
        form = phrase.one if self.locale.plural_form(n) == "one" else phrase.other
        return form.format(n=n, **values)

    def span(self, length: timedelta) -> str:
        """Say how long, never more than it is: minutes, hours and minutes under two days, then days and hours."""
        time = self.words.time
        if length < _MINUTE:
            return time.under_a_minute
        if length < _HOUR:
            return time.minutes.format(minutes=length // _MINUTE)
        if length < 2 * _DAY:
            hours, minutes = length // _HOUR, length % _HOUR // _MINUTE
            return (time.hours_minutes if minutes else time.hours).format(hours=hours, minutes=minutes)
        days, hours = length // _DAY, length % _DAY // _HOUR
        return self.count(time.days_hours, days, hours=str(hours)) if hours else self.count(time.days, days)

    def moment(self, at: datetime, now: datetime) -> str:
        """Say when, on the reader's own clock: `vandaag 21:10`, or the day by name and date."""
        local, time = at.astimezone(self.zone), self.words.time
        near = {-1: time.yesterday, 0: time.today, 1: time.tomorrow}
        phrase = near.get((local.date() - now.astimezone(self.zone).date()).days)
        if phrase is not None:
            return phrase.format(time=f"{local:%H:%M}")
        return format_datetime(local, time.date, locale=self.locale)

    def lately(self, at: datetime, now: datetime) -> str:
        """Say when, and of today only the time."""
        local = at.astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == now.astimezone(self.zone).date() else self.moment(at, now)

    def listed(self, names: Sequence[str]) -> str:
        return format_list(names, locale=self.locale)


def speech(language: str, zone: ZoneInfo) -> Speech:
    """Return the language of that name or tag (`nl`, `nl-BE`); one that we do not have is answered in English."""
    known = language.lower().replace("_", "-").partition("-")[0]
    words = LANGUAGES.get(known, EN)
    return Speech(words=words, locale=_locale(words.locale), zone=zone)


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def capital(sentence: str) -> str:
    """Return it with a capital: what starts a line."""
    return sentence[:1].upper() + sentence[1:]
