"""A case as its template draws it: the conversation by day, the clocks with their reasons, what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from webcare.domain.rota import LevelName, level_for
from webcare.domain.sla.events import MACHINE, POLICY
from webcare.domain.sla.promise import Clock, State
from webcare.web.labels import Labels, labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from webcare.domain.sla.readings import Reading
    from webcare.services.case_file import CaseFile, Note, Said, Written
    from webcare.web.say import Say

_STAGES: Final = {None: 1, LevelName.ONCALL: 2, LevelName.NEXT: 3, LevelName.LEAD: 3}
LATE: Final = 4
MOST_STRETCHES: Final = 6  # of time that did not count: more is a list that nobody reads


# --- the conversation ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One of the three is set; `day` where a new one begins. `reply` beside `said` tells how a message of ours came there."""

    at: datetime
    day: str | None = None
    said: Said | None = None
    note: Note | None = None
    reply: Written | None = None
    by: str = ""
    verdict: Labels | None = None


def entries(file: CaseFile, say: Say) -> list[Entry]:
    """Return the conversation in the order in which it was said, each day with its name."""
    sent = {reply.external_id: reply for reply in file.replies if reply.external_id is not None}
    found = [_said(file, one, sent.get(one.external_id)) for one in file.thread]
    found += [Entry(at=note.at, note=note, by=file.name(note.by)) for note in file.notes]
    seen = {one.external_id for one in file.thread}
    found += [Entry(at=reply.at, reply=reply, by=file.name(reply.by)) for reply in file.replies if reply.external_id not in seen]
    return list(_by_day(sorted(found, key=lambda one: one.at), say))


def _said(file: CaseFile, one: Said, reply: Written | None) -> Entry:
    by = file.name(reply.by) if reply is not None else file.name(one.author) if one.is_ours else one.author
    judged = one.judged
    verdict = None
    if judged is not None and not one.is_ours:
        verdict = labels(judged.intents, judged.sentiment, judged.scores, by_person=judged.by is not None)
    return Entry(at=one.at, said=one, reply=reply, by=by, verdict=verdict)


def _by_day(found: Sequence[Entry], say: Say) -> Iterator[Entry]:
    last = None
    for one in found:
        day = say.day_of(one.at)
        yield one if day == last else _with_day(one, say.day(one.at))
        last = day


def _with_day(one: Entry, day: str) -> Entry:
    return Entry(at=one.at, day=day, said=one.said, note=one.note, reply=one.reply, by=one.by, verdict=one.verdict)


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
        stage=LATE if is_late and reading.is_open else _stage(file, clock) if reading.is_open else 0,
        due=reading.due_at,
        share=share,
        took=say.span(reading.elapsed),
        why=tuple(_why(file, clock, reading, say)),
    )


def _stage(file: CaseFile, clock: Clock) -> int:
    reached = [due for rungs in file.found.ladders for due in rungs if due.clock is clock and due.at <= file.found.now]
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
    due = file.found.next_due
    if due is None:
        return None
    is_late = due.at < file.found.now
    left = timedelta(0) if is_late else due.reading.slack
    return {
        "at": due.at,
        "stage": LATE if is_late else min(3, _stage(file, due.clock)),
        "share": max(0.0, left / due.reading.target) if due.reading.target else None,
        "name": say.words.thing.clocks[due.clock.value],
    }


# --- what happened, and who knows ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    at: datetime
    text: str


def log(file: CaseFile, say: Say) -> list[Happened]:
    """Return the log in words, in the order of what happened."""
    words = say.words.case
    lines = sorted(file.log, key=lambda line: line.event.at)
    return [
        Happened(at=line.event.at, text=say.named(words.events, line.event.type.value).format(by=_by(file, line.event.by, say)))
        for line in lines
    ]


def _by(file: CaseFile, by: str | None, say: Say) -> str:
    if by == POLICY:
        return say.words.case.by_policy
    return "webcare" if by in (None, MACHINE) else file.name(by)


def told(file: CaseFile, say: Say) -> list[Happened]:
    """Return each step that was taken, with who was told and how that went."""
    words = say.words.case
    return [
        Happened(
            at=one.at,
            text=words.shown_only
            if one.person is None
            else words.told.format(name=file.name(one.person), state=say.named(words.deliveries, one.state or "queued")),
        )
        for one in file.told
    ]
