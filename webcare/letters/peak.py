"""What people are told of a peak: that there might be one, how its cases stand, that it might be over, that it is.

No customer is in it. Its name is what a lead wrote, on one masked line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from babel.numbers import format_decimal

from webcare.domain.durations import parse_instant
from webcare.letters.alert import NAME, AlertText, harmless, our_address
from webcare.letters.page import page
from webcare.letters.peak_words import EN, LANGUAGES
from webcare.letters.speech import Speech, speech
from webcare.letters.why import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from webcare.letters.peak_words import PeakWords

PROPOSED, RUNNING, CALM, ENDED = "proposed", "running", "calm", "ended"
Lines = tuple[str, list[str]]


def peak(
    news: Mapping[str, Any],
    *,
    language: str,
    zone: ZoneInfo,
    now: datetime,
    public_url: str | None,
    meant_for: str | None = None,
) -> AlertText:
    """Return what is told of a peak: `{what, peak, name, cases, open, late, due_at, count, usual}`."""
    say, what = speech(language, zone), str(news.get("what", ""))
    headline, lines = _SAID.get(what, _running)(news, say, now)
    if meant_for:
        lines.append(say.words.alert.meant_for.format(name=plain(meant_for, NAME)))
    base = our_address(public_url)
    url = None if base is None else base if what == PROPOSED else f"{base}/peaks/{int(news['peak'])}"
    label = (say.words.alert.open_inbox if what == PROPOSED else words_of(say).open_peak) if url else ""
    ending = ["", f"{label}: {url}"] if url else []
    return AlertText(
        subject=headline,
        text="\n".join([headline, "", *lines, *ending]) + "\n",
        html=page(
            "news.html.j2",
            language=say.locale.language,
            subject=headline,
            headline=headline,
            lines=lines,
            link=label,
            url=url,
            is_bad=what in (PROPOSED, RUNNING),
        ),
    )


def words_of(say: Speech) -> PeakWords:
    return LANGUAGES.get(say.locale.language, EN)


def named(news: Mapping[str, Any], say: Speech) -> str:
    """Return what a peak is called, as anything may show it."""
    return harmless(str(news.get("name") or ""), NAME, say)


def _late(news: Mapping[str, Any], say: Speech) -> str:
    late = int(news.get("late", 0))
    return say.count(words_of(say).late, late) if late else ""


def _proposed(news: Mapping[str, Any], say: Speech, _now: datetime) -> Lines:
    words, usual = words_of(say), news.get("usual")
    said = words.proposed_usual.format(usual=format_decimal(usual, "0.#", locale=say.locale)) if usual else words.proposed_never
    return words.proposed.format(count=news.get("count", 0)), [said, words.proposed_todo]


def _running(news: Mapping[str, Any], say: Speech, now: datetime) -> Lines:
    words, waits, name = words_of(say), int(news.get("open", 0)), named(news, say)
    if not waits:
        return words.running_none.format(name=name), [words.running_means]
    first = [words.first.format(moment=say.moment(parse_instant(news["due_at"]), now))] if news.get("due_at") else []
    return say.count(words.running, waits, name=name, late=_late(news, say)), [*first, words.running_means, words.running_todo]


def _calm(news: Mapping[str, Any], say: Speech, _now: datetime) -> Lines:
    words = words_of(say)
    return words.calm.format(name=named(news, say)), [words.calm_means, _left(news, say), words.calm_todo]


def _ended(news: Mapping[str, Any], say: Speech, _now: datetime) -> Lines:
    words = words_of(say)
    return words.ended.format(name=named(news, say)), [_left(news, say), words.ended_means]


def _left(news: Mapping[str, Any], say: Speech) -> str:
    words, waits = words_of(say), int(news.get("open", 0))
    return say.count(words.ended_left, waits, late=_late(news, say)) if waits else words.ended_none


_SAID: dict[str, Callable[[Mapping[str, Any], Speech, datetime], Lines]] = {
    PROPOSED: _proposed,
    RUNNING: _running,
    CALM: _calm,
    ENDED: _ended,
}
