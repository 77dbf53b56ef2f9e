"""What colleagues let each other know through us, in words: a test of a contact, a shift to swap.

No customer is in it. Names of people are shown on one line, as everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webcare.domain.durations import parse_instant
from webcare.letters.alert import NAME, our_address
from webcare.letters.news import meant_for_line, news_letter
from webcare.letters.speech import capital, speech
from webcare.letters.why import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from webcare.letters.alert import AlertText
    from webcare.letters.speech import Speech

ANY_SWAP = "arranged"  # the words for what a newer version calls by a name that we do not know


def contact_test(
    news: Mapping[str, Any], *, language: str, zone: ZoneInfo, public_url: str | None, meant_for: str | None = None
) -> AlertText:
    """Return a test of a contact: `{method, by}`."""
    say, inbox = speech(language, zone), our_address(public_url)
    values = {"method": plain(str(news.get("method", "")), NAME), "person": plain(str(news.get("by", "")), NAME)}
    return news_letter(
        say.words.house.test,
        values,
        (meant_for_line(meant_for, say),),
        say,
        link=(say.words.alert.open_inbox, inbox) if inbox else ("", None),
        is_bad=False,
    )


def swap(
    news: Mapping[str, Any], *, language: str, zone: ZoneInfo, now: datetime, public_url: str | None, meant_for: str | None = None
) -> AlertText:
    """Return what became of a request to swap: `{what, person, colleague, level, from, until, back, expires}`."""
    say, base = speech(language, zone), our_address(public_url)
    words, back = say.words.house, news.get("back")
    values = {name: plain(str(news.get(name, "")), NAME) for name in ("person", "colleague")}
    values["expires"] = say.moment(parse_instant(news["expires"]), now)
    facts = [_span(words.swap_span, news, say, now)]
    if back:
        facts.append(_span(words.swap_back, back, say, now))
    return news_letter(
        words.swap.get(str(news.get("what", ""))) or words.swap[ANY_SWAP],
        values,
        (*facts, meant_for_line(meant_for, say)),
        say,
        link=(words.swap_open, f"{base}/rota/swap") if base else ("", None),
        is_bad=False,
    )


def _span(phrase: str, span: Mapping[str, Any], say: Speech, now: datetime) -> str:
    level = str(span["level"])
    start, end = (say.moment(parse_instant(span[name]), now) for name in ("from", "until"))
    return capital(phrase.format(level=say.words.house.levels.get(level, level), start=start, end=end))
