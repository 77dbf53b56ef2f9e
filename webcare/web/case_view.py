"""A case as its template draws it: the conversation by day, the clocks with their reasons, what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from webcare.domain.case import CaseState
from webcare.domain.rota import LevelName, level_for
from webcare.domain.sla.events import MACHINE, POLICY, EventType
from webcare.domain.sla.promise import Clock, State
from webcare.services.correct import doubted
from webcare.services.thread import Written
from webcare.web import rule_lines
from webcare.web.labels import Labels, labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from webcare.domain.message import Attachment
    from webcare.domain.sla.evaluate import Evaluation
    from webcare.domain.sla.readings import Reading
    from webcare.services.case_file import CaseFile, Note
    from webcare.services.thread import Brought, Spoken
    from webcare.web.say import Say

_STAGES: Final = {None: 1, LevelName.ONCALL: 2, LevelName.NEXT: 3, LevelName.LEAD: 3}
LATE: Final = 4
LINKS: Final = frozenset({"link", "share", "fallback"})  # what is linked to is the attachment
LONGEST_DETAIL, LONGEST_LINE = 60, 100
MOST_STRETCHES: Final = 6  # of time that did not count: more is a list that nobody reads


# --- the conversation ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Something that came with a message: `at` tells which, and its place. `href` leads to where it can be seen, if anywhere."""

    at: tuple[int, int]
    kind: str
    label: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One of `said`, `note` and `reply` is set; `day` where a new one begins. `reply` beside `said` tells how one of ours came there.

    `is_here`: it is in this very case, and not only in the same conversation. `is_doubted`: a person is to say if it needs an answer.
    """

    at: datetime
    day: str | None = None
    said: Spoken | None = None
    note: Note | None = None
    reply: Written | None = None
    by: str = ""
    verdict: Labels | None = None
    href: str | None = None
    clips: tuple[Clip, ...] = ()
    is_here: bool = True
    is_doubted: bool = False


def entries(file: CaseFile, say: Say) -> list[Entry]:
    """Return the conversation in the order in which it was said, each day with its name."""
    replies = {reply.id: reply for reply in file.talk.replies}
    found = [_said(file, one, None if one.reply is None else replies.get(one.reply), say) for one in file.talk.spoken]
    found += [Entry(at=note.at, note=note, by=file.name(note.by)) for note in file.notes]
    waiting = (one for one in file.talk.entries if isinstance(one, Written) and not one.automatic)
    found += [Entry(at=one.at, reply=one, by=file.name(one.by)) for one in waiting]
    return list(_by_day(sorted(found, key=lambda one: one.at), say))


def around(file: CaseFile, say: Say) -> list[Entry]:
    """Return what others said around it in public."""
    return [_said(file, one, None, say) for one in file.talk.context]


def _said(file: CaseFile, one: Spoken, reply: Written | None, say: Say) -> Entry:
    judged, is_person = one.judged, one.author_id in file.names and one.is_ours
    verdict, is_doubted = None, False
    if judged is not None and not one.is_ours:
        is_doubted = judged.by is None and doubted(file.row, needs=judged.needs_response, unsure=judged.unsure)
        verdict = labels(judged.intents, judged.sentiment, judged.certainty, by_person=judged.by is not None)
    return Entry(
        at=one.at,
        said=one,
        reply=reply,
        by=file.name(one.by) if one.by is not None else file.name(one.author_id) if is_person else one.author,
        verdict=verdict,
        href=secure(one.permalink),
        clips=_clips(one, say),
        is_here=one.case == file.row.id,
        is_doubted=is_doubted,
    )


def _clips(said: Spoken | Brought, say: Say) -> tuple[Clip, ...]:
    return tuple(_clip(one, (said.id, nth), said.permalink, say) for nth, one in enumerate(said.attachments))


def _clip(one: Attachment, at: tuple[int, int], permalink: str | None, say: Say) -> Clip:
    """Name an attachment by its kind and file type; what is linked to is named by its host, since anybody may have put it there."""
    words = say.words.talk
    kind = one.type if one.type in words.attachments else "attachment"
    label = words.attachments.get(one.type, words.attachment)
    to = secure(one.url) if one.type in LINKS else None
    detail = urlsplit(to).hostname if to else (one.mime or "").partition("/")[2].partition(";")[0]
    return Clip(at=at, kind=kind, label=f"{label}, {detail[:LONGEST_DETAIL]}" if detail else label, href=to or secure(permalink))


def secure(address: str | None) -> str | None:
    """Return an address of elsewhere if a page may lead to it."""
    if address is None or not address.startswith("https://"):
        return None
    try:
        return address if urlsplit(address).hostname else None
    except ValueError:
        return None


def original(file: CaseFile) -> str | None:
    """Return where the post that opened the conversation can be read, else the customer's newest message that can."""
    root = [one for one in (*file.talk.context, *file.talk.spoken) if one.external_id == file.row.conversation_id]
    known = [*root, *(one for one in reversed(file.talk.spoken) if not one.is_ours)]
    return next((address for one in known if (address := secure(one.permalink)) is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What came on one day by one channel; `case` is set where that was another case of the customer."""

    name: str
    channel: str
    case: int | None
    clips: tuple[Clip, ...]


def clips_by_day(file: CaseFile, shown: Sequence[Entry], say: Say) -> list[Day]:
    """Return what came with the messages of all the customer's cases, the newest day first."""
    here = {one.id for one in file.talk.spoken}
    found: list[tuple[datetime, str, int | None, tuple[Clip, ...]]]
    found = [(one.at, file.row.channel, None, one.clips) for one in shown if one.clips]
    found += [(one.at, one.channel, one.case, _clips(one, say)) for one in file.known.brought if one.id not in here]
    days: dict[tuple[str, str, int | None], tuple[Clip, ...]] = {}
    for at, channel, case, clips in sorted(found, key=lambda one: one[0], reverse=True):
        key = (say.day(at), channel, case)
        days[key] = (*days.get(key, ()), *clips)
    return [Day(name=name, channel=channel, case=case, clips=clips) for (name, channel, case), clips in days.items()]


def _by_day(found: Sequence[Entry], say: Say) -> Iterator[Entry]:
    last = None
    for one in found:
        day = say.day_of(one.at)
        yield one if day == last else replace(one, day=say.day(one.at))
        last = day


# --- the customer ---


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCase:
    case: int
    line: str
    told: str


def earlier(file: CaseFile, say: Say) -> list[EarlierCase]:
    """Return the customer's other cases, each with its channel, its day and how long they waited for an answer."""
    words = say.words.customer
    found = []
    for one in file.known.earlier:
        answered = words.answered_in.format(span=say.span(one.answered_in)) if one.answered_in is not None else words.unanswered
        state = words.is_open if one.answered_in is None and one.state is CaseState.OPEN else answered
        line = " ".join(one.line.split())
        told = f"{say.channel(one.channel)}, {say.moment(one.opened_at)}, {state}"
        found.append(
            EarlierCase(case=one.case, line=line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…", told=told)
        )
    return found


# --- clocks ---


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """One clock; `due` is None while it cannot be told, `why` are sentences."""

    name: str
    state: str
    is_open: bool
    stage: int
    due: datetime | None
    share: float | None
    took: str
    why: tuple[str, ...]


def clocks(file: CaseFile, say: Say) -> list[ClockView]:
    """Return the clock that is shown of each kind: those that run first, by their deadline."""
    shown = [_clock(file, clock, reading, say) for clock, reading in file.found.clocks.items() if reading is not None]
    return sorted(shown, key=lambda one: (not one.is_open, one.due is None, one.due or file.found.now))


def _clock(file: CaseFile, clock: Clock, reading: Reading, say: Say) -> ClockView:
    now = file.found.now
    is_late = reading.state is State.MISSED and clock is not Clock.REPLY_WINDOW
    share = None
    if reading.is_open and reading.due_at is not None:
        share = max(0.0, reading.slack / reading.target) if reading.due_at > now else 0.0
    return ClockView(
        name=say.words.thing.clocks[clock.value],
        state=say.named(say.words.thing.clock_states, reading.state.value),
        is_open=reading.is_open,
        stage=LATE if is_late and reading.is_open else _stage(file.found, clock) if reading.is_open else 0,
        due=reading.due_at,
        share=share,
        took=say.span(reading.elapsed),
        why=tuple(_why(file, clock, reading, say)),
    )


def _stage(found: Evaluation, clock: Clock) -> int:
    reached = [due for rungs in found.ladders for due in rungs if due.clock is clock and due.at <= found.now]
    return max((_STAGES[level_for(due.rung.step, is_breach=due.rung.is_breach)] for due in reached), default=0)


def _why(file: CaseFile, clock: Clock, reading: Reading, say: Say) -> Iterator[str]:
    words = say.words.case
    yield words.began.format(moment=say.moment(reading.start), starts=words.starts[clock.value])
    if reading.started_at != reading.start:
        yield words.counts_from.format(moment=say.moment(reading.started_at))
    if clock is not Clock.REPLY_WINDOW:
        yield words.within.format(policy=file.row.policy, span=say.span(reading.target))
    skipped = [span for span in reading.trace(file.found.now) if not span.counted]
    for span in skipped[:MOST_STRETCHES]:
        yield words.not_counted.format(start=say.moment(span.start), end=say.moment(span.end), why=_stretch(span.why, say))


def _stretch(why: str, say: Say) -> str:
    """Say why a stretch did not count; what a holiday is called, and in which state a case rested, stays as it was written."""
    for known, words in say.words.case.stretches.items():
        if why.startswith(known):
            rest = why.removeprefix(known).strip(" :")
            return f"{words} {rest}" if rest.startswith("(") else words
    return why


def next_due(file: CaseFile, say: Say) -> dict[str, Any] | None:
    """Return what the head of the page shows: the deadline that runs out first."""
    return first_due(file.found, say)


def first_due(found: Evaluation, say: Say) -> dict[str, Any] | None:
    """Return which deadline of a case runs out first and how near it is; None where no clock runs."""
    due = found.next_due
    if due is None:
        return None
    is_late = due.at < found.now
    left = timedelta(0) if is_late else due.reading.slack
    return {
        "at": due.at,
        "stage": LATE if is_late else min(3, _stage(found, due.clock)),
        "share": max(0.0, left / due.reading.target) if due.reading.target else None,
        "name": say.words.thing.clocks[due.clock.value],
    }


# --- what happened ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    at: datetime
    text: str


def log(file: CaseFile, say: Say) -> list[Happened]:
    """Return the log in words, in the order of what happened."""
    lines = sorted(file.log, key=lambda line: line.event.at)
    return [
        Happened(at=line.event.at, text=_what(line, say).format(by=_by(file, _whose(line), say), to=file.name(line.event.to)))
        for line in lines
    ]


def _what(line: Any, say: Say) -> str:
    if line.data and line.data.get("declared"):
        return {"answer": say.words.acts.declared_line, "withdrawn": say.words.acts.undeclared_by}[line.event.type.value]
    if line.event.type is EventType.ACK and line.event.to is not None:
        return say.words.acts.passed_on
    if (told := rule_lines.said(line, say)) is not None:
        return told
    if _is_lapse(line):
        return say.named(say.words.case.events, line.data["why"])
    return say.named(say.words.case.events, line.event.type.value)


def _is_lapse(line: Any) -> bool:
    return line.event.type is EventType.UNCLAIM and line.event.by == POLICY


def _whose(line: Any) -> str | None:
    """Name whoever did it; where a claim ended by itself, whoever had the case."""
    return (line.data or {}).get("of") if _is_lapse(line) else line.event.by


def _by(file: CaseFile, by: str | None, say: Say) -> str:
    if by == POLICY:
        return say.words.case.by_policy
    return "webcare" if by in (None, MACHINE) else file.name(by)
