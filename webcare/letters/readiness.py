"""Would an alert arrive? The test of a drill in words, and what the nightly look found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webcare.domain.durations import parse_instant
from webcare.letters.alert import NAME, AlertText, harmless, our_address
from webcare.letters.news import REASON, meant_for_line, news_letter
from webcare.letters.speech import Speech, capital, speech
from webcare.letters.why import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo


def drill(
    news: Mapping[str, Any], *, language: str, zone: ZoneInfo, public_url: str | None, meant_for: str | None = None
) -> AlertText:
    """Return the test of one level: `{level, number, of}`."""
    say = speech(language, zone)
    words, base = say.words.house, our_address(public_url)
    values = {
        "level": words.levels.get(str(news.get("level")), words.levels["oncall"]),
        "number": str(int(news.get("number", 1))),
        "of": str(int(news.get("of", 1))),
    }
    link = (say.words.alert.open_inbox, base) if base else ("", None)
    return news_letter(words.drill, values, (meant_for_line(meant_for, say),), say, link=link, is_bad=False)


def preflight(
    news: Mapping[str, Any], *, language: str, zone: ZoneInfo, now: datetime, public_url: str | None, meant_for: str | None = None
) -> AlertText:
    """Return what the nightly look found: `{findings: [...], more}`."""
    say = speech(language, zone)
    words, base = say.words.house, our_address(public_url)
    rest = [say.count(words.more_findings, int(news["more"]))] if news.get("more") else []
    lines = (*_lines(news, say, now), *rest, meant_for_line(meant_for, say))
    link = (say.words.alert.open_inbox, f"{base}/rota") if base else ("", None)
    return news_letter(words.preflight, {}, lines, say, link=link)


def _lines(news: Mapping[str, Any], say: Speech, now: datetime) -> Iterator[str]:
    for one in news.get("findings", ()):
        line = finding(one, say, now)
        if line:
            yield line


def finding(one: Mapping[str, Any], say: Speech, now: datetime) -> str:
    """Return one thing that was found, as a sentence; nothing for what a newer version calls by a name that we do not know."""
    words = say.words.house
    phrase = words.findings.get("hole" if one["kind"] == "quiet" else str(one["kind"]))
    if phrase is None:
        return ""
    values = {name: plain(str(one.get(name, "")), NAME) for name in ("name", "contact")}
    values["reason"] = harmless(str(one.get("reason", "")), REASON, say)
    values["level"] = words.levels.get(str(one.get("level")), "")
    values["obstacle"] = words.obstacles.get(str(one.get("obstacle")), "").format(name=values["name"])
    for name, key in (("from_", "starts_at"), ("to", "ends_at")):
        values[name] = say.moment(parse_instant(one[key]), now) if one.get(key) else ""
    again = say.count(words.first_of, int(one.get("times", 1))) if int(one.get("times", 1)) > 1 else ""
    return capital(f"{phrase.format(**values)} {again}".strip())
