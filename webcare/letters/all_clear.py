"""All clear: whoever was alerted hears in one line a case that it is over, how and when. Read half awake: there is nothing left to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import parse_instant
from webcare.letters.speech import Speech, capital
from webcare.letters.why import plain
from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

MOST = 10  # lines; of the others their number
NAME = 60
ANY_END = "dropped"  # the words for what a newer version calls by a name that we do not know


@dataclass(frozen=True, slots=True, kw_only=True)
class AllClearWords:
    """`ends` and `ends_by` are by how a wait ended: by nobody that we can name, or by `{name}`."""

    subject: str
    subject_many: Plural
    ends: Mapping[str, str]
    ends_by: Mapping[str, str]
    more: Plural
    rest: str


NL = AllClearWords(
    subject="Alles weer goed: {end}",
    subject_many=Plural(one="Alles weer goed: {n} zaak", other="Alles weer goed: {n} zaken"),
    ends={
        "in_time": "zaak {case} is toch op tijd beantwoord, {moment}",
        "answered": "zaak {case} is beantwoord, {moment}",
        "closed": "zaak {case} is gesloten, {moment}",
        "dropped": "zaak {case} wacht niet meer op ons, {moment}",
    },
    ends_by={
        "in_time": "zaak {case} is toch op tijd beantwoord door {name}, {moment}",
        "answered": "zaak {case} is beantwoord door {name}, {moment}",
        "closed": "zaak {case} is gesloten door {name}, {moment}",
        "dropped": "zaak {case} wacht niet meer op ons, zegt {name}, {moment}",
    },
    more=Plural(one="En nog {n} zaak.", other="En nog {n} zaken."),
    rest="Je hoeft niets meer te doen.",
)
EN = AllClearWords(
    subject="All clear: {end}",
    subject_many=Plural(one="All clear: {n} case", other="All clear: {n} cases"),
    ends={
        "in_time": "case {case} is answered in time after all, {moment}",
        "answered": "case {case} is answered, {moment}",
        "closed": "case {case} is closed, {moment}",
        "dropped": "case {case} waits for us no more, {moment}",
    },
    ends_by={
        "in_time": "case {case} is answered in time after all, by {name}, {moment}",
        "answered": "case {case} is answered by {name}, {moment}",
        "closed": "case {case} is closed by {name}, {moment}",
        "dropped": "case {case} waits for us no more, says {name}, {moment}",
    },
    more=Plural(one="And {n} more case.", other="And {n} more cases."),
    rest="There is nothing left to do.",
)
LANGUAGES = {"nl": NL, "en": EN}


def subject(told: Sequence[Mapping[str, Any]], say: Speech, now: datetime) -> str:
    """Return the subject of a message that says nothing else."""
    words = _words(say)
    return words.subject.format(end=_end(told[0], say, now)) if len(told) == 1 else say.count(words.subject_many, len(told))


def lines(told: Sequence[Mapping[str, Any]], say: Speech, now: datetime) -> list[str]:
    """Return a line for each case that is over."""
    said = [f"{capital(_end(one, say, now))}." for one in told[:MOST]]
    return [*said, say.count(_words(say).more, len(told) - MOST)] if len(told) > MOST else said


def nothing_left(say: Speech) -> str:
    return _words(say).rest


def _end(one: Mapping[str, Any], say: Speech, now: datetime) -> str:
    words = _words(say)
    phrases = words.ends_by if one.get("by") else words.ends
    phrase = phrases.get(str(one.get("what")), phrases[ANY_END])
    moment = say.lately(parse_instant(one["at"]), now)
    return phrase.format(case=int(one["case"]), name=plain(str(one.get("by") or ""), NAME), moment=moment)


def _words(say: Speech) -> AllClearWords:
    return LANGUAGES.get(say.locale.language, EN)
