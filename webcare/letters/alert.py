"""An alert in words: how long there is, what it is about, who knows, and where to go. To be read in the dark, in five seconds.

By default nothing of the customer is in it. A contact with `detail = "line"` also gets the name and one masked line; of a private
message only when the contact is marked as trusted. The subject never names a customer: it stands on lock screens. Text and HTML are
made of the same lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from webcare.letters import all_clear
from webcare.letters.page import page
from webcare.letters.redact import redact, straight
from webcare.letters.speech import Speech, capital, speech
from webcare.letters.waiting import waiting
from webcare.letters.why import plain
from webcare.ports import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from webcare.letters.waiting import Wait, Waiting

SPELLED_OUT = 10
LINE = 140  # characters of the customer's line
NAME = 60
_PLATFORMS = {  # of channels that no connector here reads too, as in an archive; a new connector says its own name
    "twitter": "X",
    "whatsapp": "WhatsApp",
    "imap": "e-mail",
    "youtube": "YouTube",
    "linkedin": "LinkedIn",
    "tiktok": "TikTok",
}
_SIGNS = {"@": "@\u2060", "_": "_\u2060", "*": "\u2217", "<": "\u2039", ">": "\u203a", "`": "'", "[": "(", "]": ")"}
_NO_MENTION = str.maketrans(_SIGNS)  # a word joiner breaks `@channel` and is not seen


class Detail(StrEnum):
    """How much of a case a contact method may show."""

    FACTS = "facts"
    LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertText:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One case, ready to be shown; every field is a line, empty ones are left out."""

    time: str
    until: str
    where: str
    waits: str
    also: tuple[str, ...]
    said: str
    told: str
    why_you: str
    act: str
    act_url: str | None
    link: str
    url: str | None
    severity: int

    @property
    def lines(self) -> Iterator[str]:
        yield f"{self.time}, {self.until}"
        yield f"{self.where}. {self.waits}".strip()
        yield from (line for line in (*self.also, self.said, self.told, self.why_you) if line)
        if self.act_url:
            yield f"{self.act}: {self.act_url}"
        yield f"{self.link}: {self.url}" if self.url else self.link


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a reader may see, and how."""

    speech: Speech
    now: datetime
    public_url: str | None
    detail: Detail
    trusted: bool
    link: str | None = None  # where this reader acts without a login


def alert(
    content: Mapping[str, Any],
    *,
    language: str,
    zone: ZoneInfo,
    now: datetime,
    public_url: str | None,
    detail: Detail = Detail.FACTS,
    trusted: bool = False,
    meant_for: str | None = None,
    link: str | None = None,
) -> AlertText:
    """Return one message for all cases of a delivery; the first ten are spelled out.

    `public_url` is where people open webcare; without one there are numbers in place of links. `meant_for` names whom nobody could
    reach when somebody else reads it. `link` is where this reader alone can say "seen", take a case or pass it on, without a login.

    Raises:
        ValueError: `public_url` is no http(s) address.
    """
    shown = Shown(
        speech=speech(language, zone), now=now, public_url=our_address(public_url), detail=detail, trusted=trusted, link=link
    )
    words = shown.speech.words.alert
    cases = waiting(content)
    parts = [_part(case, shown, is_only=len(cases) == 1) for case in cases[:SPELLED_OUT]]
    more, clear = int(content.get("more", 0)), content.get("clear", ())
    rest = len(cases) - len(parts) + more
    closing = [shown.speech.count(words.more, rest)] if rest else []
    closing += all_clear.lines(clear, shown.speech, now)
    closing += [words.meant_for.format(name=plain(meant_for, NAME))] if meant_for else []
    closing += [words.claim if cases else all_clear.nothing_left(shown.speech) if clear else words.no_cases]
    inbox = shown.public_url if rest or not (cases or clear) else None
    ending = [*closing, *([f"{words.open_inbox}: {inbox}"] if inbox else [])]
    is_over = bool(clear) and not cases
    subject = all_clear.subject(clear, shown.speech, now) if is_over else _subject(cases, shown, more)
    return AlertText(
        subject=subject,
        text="\n\n".join("\n".join(lines) for lines in [*(p.lines for p in parts), ending]) + "\n",
        html=page(
            "alert.html.j2",
            language=shown.speech.locale.language,
            subject=subject,
            parts=parts,
            closing=closing,
            inbox=inbox,
            open_inbox=words.open_inbox,
        ),
    )


def parts(
    content: Mapping[str, Any], *, language: str, zone: ZoneInfo, now: datetime, detail: Detail, trusted: bool
) -> list[tuple[int, Part]]:
    """Return each case of a delivery by its number, as a message would tell of it now: for the page that its link leads to."""
    shown = Shown(speech=speech(language, zone), now=now, public_url=None, detail=detail, trusted=trusted)
    return [(case.id, _part(case, shown, is_only=False)) for case in waiting(content)]


def our_address(public_url: str | None) -> str | None:
    """Return the start of a link into webcare.

    Raises:
        ValueError: it is no http(s) address.
    """
    if public_url is None:
        return None
    parts = urlsplit(public_url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or any(c.isspace() for c in public_url):
        raise ValueError(f"public_url: {public_url!r} is no http(s) address")
    return public_url.rstrip("/")


def _subject(cases: Sequence[Waiting], shown: Shown, more: int) -> str:
    words, say = shown.speech.words.alert, shown.speech
    if not cases:
        return words.no_cases
    first = cases[0]
    time = _time(first.waits[0], shown)
    if len(cases) + more == 1:
        phrase = words.subject_urgent if first.is_urgent else words.subject
        return capital(phrase.format(time=time, where=_where(first, shown)))
    late = sum(case.waits[0].is_late(shown.now) for case in cases)
    phrase = words.subject_many_urgent if first.is_urgent else words.subject_many
    if late == len(cases) and not first.is_urgent and not more:
        return say.count(words.cases_late, late)
    most = say.count(words.some_late, late) if late and not more else words.first_has.format(time=time)
    return phrase.format(cases=say.count(words.cases, len(cases) + more), most=most)


def _part(case: Waiting, shown: Shown, *, is_only: bool) -> Part:
    words, wait = shown.speech.words.alert, case.waits[0]
    marks = [words.urgent] * case.is_urgent + [words.check] * case.is_unsure
    return Part(
        time=capital(_time(wait, shown)),
        until=_until(wait, shown),
        where=capital(", ".join([_where(case, shown), *marks])),
        waits=_waits(wait, shown),
        also=tuple(words.also.format(time=_time(w, shown), waits=_waits(w, shown)).strip() for w in case.waits[1:]),
        said=_said(case, shown),
        told=_told(case, shown),
        why_you=_why_you(case.why_you, shown),
        act=words.act,
        act_url=None if shown.link is None else shown.link if is_only else f"{shown.link}?c={case.id}",
        link=(words.open_case if shown.public_url else words.no_case).format(case=case.id),
        url=f"{shown.public_url}/cases/{case.id}" if shown.public_url else None,
        severity=wait.severity(shown.now),
    )


def _time(wait: Wait, shown: Shown) -> str:
    """Say how long there is; the closing of a reply window is another thing than being late."""
    words, left = shown.speech.words.alert, wait.left(shown.now)
    span = shown.speech.span(abs(left))
    if wait.is_window:
        return words.window_closed if wait.is_over(shown.now) else words.window_closes.format(span=span)
    if not wait.is_over(shown.now):
        return words.left.format(span=span)
    return (words.late if wait.ended_at is None else words.was_late).format(span=span)


def _until(wait: Wait, shown: Shown) -> str:
    words = shown.speech.words.alert
    open_, over = (words.window_until, words.window_was_until) if wait.is_window else (words.until, words.was_until)
    return (over if wait.is_over(shown.now) else open_).format(moment=shown.speech.moment(wait.deadline, shown.now))


def _waits(wait: Wait, shown: Shown) -> str:
    words = shown.speech.words.alert
    if wait.ended_at is not None:
        return words.ended
    return words.window_over if wait.is_window and wait.is_over(shown.now) else words.waits.get(wait.clock, "")


def _where(case: Waiting, shown: Shown) -> str:
    words, name = shown.speech.words.alert, platform(case.channel, shown.speech)
    kind = words.kinds.get(case.kind or "", words.any_kind)
    return words.where.format(kind=kind, channel=name) if name else kind


def platform(channel: str, say: Speech) -> str:
    """Name the platform of a channel account (`twitter:42`) as people do."""
    kind = straight(channel.partition(":")[0])
    return plain(say.words.alert.channels.get(kind) or _PLATFORMS.get(kind) or platforms.called(kind), NAME)


def _said(case: Waiting, shown: Shown) -> str:
    """Return the customer's name and one line of theirs, if this reader may have them."""
    if shown.detail is not Detail.LINE or (case.is_private and not shown.trusted):
        return ""
    words = shown.speech.words.alert
    name, line = (harmless(text or "", length, shown.speech) for text, length in ((case.customer, NAME), (case.line, LINE)))
    if name and line:
        return words.said.format(name=name, quoted=words.quoted.format(line=line))
    return words.quoted.format(line=line) if line else name


def harmless(text: str, length: int, say: Speech) -> str:
    """Return somebody else's text without secrets, and without signs that would call a whole chat room or draw a link."""
    return plain(redact(text, say.words.alert.masked), length).translate(_NO_MENTION)


def _told(case: Waiting, shown: Shown) -> str:
    words = shown.speech.words.alert
    if case.told is None:
        return ""
    if not case.told:
        return words.told_nobody
    names = [
        words.told_at.format(name=plain(t.name, NAME), moment=shown.speech.lately(t.at, shown.now))
        if t.at
        else plain(t.name, NAME)
        for t in case.told
    ]
    return words.told.format(names=shown.speech.listed(names))


def _why_you(facts: Mapping[str, Any], shown: Shown) -> str:
    """Say why this reader hears of it and not whoever would be the first."""
    words = shown.speech.words.alert.why_you
    if facts.get("yours"):
        return words.yours
    if facts.get("passed_on_by"):
        return words.passed_on.format(name=plain(str(facts["passed_on_by"]), NAME))
    if facts.get("holder") and not (facts.get("away") or facts.get("silent_min") or facts.get("skipped")):
        return words.has_it.format(name=plain(str(facts["holder"]), NAME))
    reasons = [*_silence(facts, shown), *(_skipped(one, shown) for one in facts.get("skipped", ()))]
    reasons = list(dict.fromkeys(reason for reason in reasons if reason))
    return capital(words.therefore.format(reasons=shown.speech.listed(reasons))) if reasons else ""


def _silence(facts: Mapping[str, Any], shown: Shown) -> Iterator[str]:
    """Say who had the case, or was told, and did nothing."""
    words = shown.speech.words.alert.why_you
    minutes = facts.get("silent_min")
    if facts.get("holder"):
        phrase = words.away.get(str(facts.get("away")), "") if minutes is None else words.silent
        yield phrase.format(name=plain(str(facts["holder"]), NAME), minutes=minutes)
    if facts.get("gave_back"):
        yield words.gave_back.format(name=plain(str(facts["gave_back"]), NAME))
    if facts.get("no_answer_from"):
        phrase = words.no_answer if minutes is None else words.no_answer_within
        yield phrase.format(name=plain(str(facts["no_answer_from"]), NAME), minutes=minutes)


def _skipped(one: Sequence[str], shown: Shown) -> str:
    """Say why a level was passed by; where the facts name whoever had it, by name."""
    words = shown.speech.words.alert.why_you
    level, obstacle, *name = one
    who = plain(str(name[0]), NAME) if name and name[0] else words.levels.get(level, level)
    return words.obstacles.get(obstacle, "").format(name=who)
