"""News of the house in words: a channel in trouble, a reply that did not arrive. What it means, and what to do next.

No customer is in it. What another program gave as a reason is shown on one masked line. Text and HTML are made of the same lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webcare.domain.durations import parse_instant
from webcare.letters.alert import NAME, AlertText, harmless, our_address, platform
from webcare.letters.page import page
from webcare.letters.refusal_words import refusal
from webcare.letters.speech import Speech, speech
from webcare.letters.why import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from webcare.letters.words import NewsWords

REASON = 200  # characters
COUNTS = ("seen", "usual")  # of messages
GOOD = frozenset({"recovered", "model_back"})
ANY_TROUBLE, ANY_REPLY = "failing", "refused"  # the words for what a newer version calls by a name that we do not know


def trouble(
    news: Mapping[str, Any], *, language: str, zone: ZoneInfo, now: datetime, public_url: str | None, meant_for: str | None = None
) -> AlertText:
    """Return how a channel fares, or the model of a machine: `{what, channel, name, since, reason}`, with counts of messages."""
    say, what = speech(language, zone), str(news.get("what", ""))
    what = what if what in say.words.house.trouble else ANY_TROUBLE
    name = plain(str(news.get("name") or ""), NAME) or platform(str(news.get("channel", "")), say)
    since = say.words.house.since[what].format(moment=say.moment(parse_instant(news["since"]), now)) if news.get("since") else ""
    reason = _reason(news, say) if what not in GOOD else ""  # of trouble that is over
    inbox = our_address(public_url)
    return news_letter(
        say.words.house.trouble[what],
        {"name": name, **{count: str(int(news.get(count) or 0)) for count in COUNTS}},
        (since, reason, meant_for_line(meant_for, say)),
        say,
        link=(say.words.alert.open_inbox, inbox) if inbox else ("", None),
        is_bad=what not in GOOD,
    )


def reply(
    news: Mapping[str, Any], *, language: str, zone: ZoneInfo, public_url: str | None, meant_for: str | None = None
) -> AlertText:
    """Return what became of a reply that did not arrive: `{what, case, channel, reason}`, with `code` where we know what it means."""
    say, number, base = speech(language, zone), int(news["case"]), our_address(public_url)
    words = say.words.house.reply.get(str(news.get("what", ""))) or say.words.house.reply[ANY_REPLY]
    values = {"case": str(number), "channel": platform(str(news.get("channel", "")), say)}
    phrases = say.words.alert
    link = (phrases.open_case if base else phrases.no_case).format(case=number)
    return news_letter(
        words,
        values,
        (refusal(news.get("code"), language) or "", _reason(news, say), meant_for_line(meant_for, say)),
        say,
        link=(link, f"{base}/cases/{number}" if base else None),
    )


def _reason(news: Mapping[str, Any], say: Speech) -> str:
    reason = harmless(str(news.get("reason") or ""), REASON, say)
    return say.words.house.reason.format(reason=reason) if reason else ""


def meant_for_line(name: str | None, say: Speech) -> str:
    """Say whom it was for when somebody else reads it."""
    return say.words.alert.meant_for.format(name=plain(name, NAME)) if name else ""


def news_letter(
    words: NewsWords,
    values: Mapping[str, str],
    facts: Iterable[str],
    say: Speech,
    *,
    link: tuple[str, str | None],
    is_bad: bool = True,
) -> AlertText:
    """Return a piece of news with its facts as text and HTML of the same lines."""
    headline = words.subject.format(**values)
    lines = [line for line in (words.means.format(**values), *facts, words.todo.format(**values)) if line]
    label, url = link
    ending = f"{label}: {url}" if url else label
    return AlertText(
        subject=headline,
        text="\n".join([headline, "", *lines, *(["", ending] if ending else [])]) + "\n",
        html=page(
            "news.html.j2",
            language=say.locale.language,
            subject=headline,
            headline=headline,
            lines=lines,
            link=label,
            url=url,
            is_bad=is_bad,
        ),
    )
