"""Another customer's answer: who of those beside us helped the asker, and how sure that is.

    question -- reply of a third party -- the asker's thanks to them          very likely
                                       -- the asker's thanks to nobody named  likely
                                       -- nothing more, and it reads as one   perhaps
                                       -- another question of the asker       no

It stops no clock: what it is worth a person says, or the policy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from webcare.domain.verdict import Intent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

SILENCE: Final = timedelta(hours=4)  # without a word of the asker, after what reads as an answer
FEWEST_WORDS: Final = 4
ASKING: Final = frozenset({Intent.QUESTION, Intent.COMPLAINT})
THANKS: Final = frozenset({Intent.COURTESY, Intent.PRAISE})
_ADVICE: Final = re.compile(
    r"https?://"
    r"|\b(?:je|u) (?:kunt?|moet|hoeft|mag|krijgt|vindt|had)\b|\b(?:kun|moet|kan|mag) (?:je|u)\b|\bprobeer\b|\bga naar\b|\bklik\b"
    r"|\bkijk (?:even |eens )?(?:op|bij|in)\b|\bbel (?:even |dan )?(?:naar|met|de|het)\b|\binstellingen\b|\bzet (?:hem|'m|het|de)\b"
    r"|\bherstart|\bopnieuw\b|\bbij mij (?:hielp|werkte|ging)\b|\bte vinden\b"
    r"|\byou (?:can|could|need|have to|should|must|get|find)\b|\btry\b|\bgo to\b|\bclick\b|\blook (?:at|in|under)\b|\bcall (?:them|the)\b"
    r"|\bsettings\b|\brestart|\bworked for me\b|\bhelped me\b|\bturn (?:it|the)\b|\bclear (?:the|your)\b",
    re.IGNORECASE,
)


class Because(StrEnum):
    """What it is taken from."""

    THANKED = "thanked"  # the asker thanked whoever answered
    THANKS = "thanks"  # the asker thanked, and it was the last that had been said to them
    SILENCE = "silence"  # it reads as an answer, and nothing was asked since


CERTAINTY: Final = {Because.THANKED: 90, Because.THANKS: 70, Because.SILENCE: 40}  # per cent
_READS_AS_ONE: Final = 5  # more where thanks follow on what reads as an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A message of a public thread. `intents` are those of the verdict in force, None where nobody has judged it yet."""

    id: int
    external_id: str
    reply_to: str | None
    author: str
    is_ours: bool
    at: datetime
    text: str
    intents: frozenset[Intent] | None
    needs_response: bool = False

    @property
    def asks(self) -> bool:
        return self.needs_response or bool(ASKING & (self.intents or frozenset()))

    @property
    def thanks(self) -> bool:
        """Whether it thanks and wants nothing: "thank you, but it still fails" is a complaint."""
        return not self.asks and bool(THANKS & (self.intents or frozenset()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """A message that answered the asker; `certainty` is in per cent."""

    message: int
    certainty: int
    because: Because


def helped(asker: str, thread: Iterable[Line], now: datetime, *, refused: Collection[int] = ()) -> Helped | None:
    """Return the answer of another customer that most likely helped the asker; None where nobody's did, or nothing says so yet.

    `refused` are messages of which somebody said that they are none.
    """
    lines = sorted((line for line in thread if line.at <= now), key=lambda line: (line.at, line.id))
    asked = [line for line in lines if line.author == asker and not line.is_ours and line.asks]
    if not asked:
        return None
    last = asked[-1]
    since = [line for line in lines if (line.at, line.id) > (last.at, last.id)]  # who asks once more was not helped before
    theirs = {line.external_id for line in lines if line.author == asker and not line.is_ours}
    answers = [line for line in since if line.id not in refused and _may_answer(line, asker, theirs)]
    judged = (_judged(answer, asker, since, theirs, now) for answer in answers)
    found = [one for one in judged if one is not None]
    return max(found, key=lambda one: (one.certainty, one.message), default=None)


def _may_answer(line: Line, asker: str, theirs: set[str]) -> bool:
    """Whether a third party replies to the asker, and asks nothing themselves."""
    is_third = not line.is_ours and line.author != asker
    return is_third and line.reply_to in theirs and line.intents is not None and not line.asks


def _judged(answer: Line, asker: str, since: Sequence[Line], theirs: set[str], now: datetime) -> Helped | None:
    after = [line for line in since if (line.at, line.id) > (answer.at, answer.id)]
    reads_as_one = _reads_as_answer(answer.text)
    because = _because(answer, asker, after, theirs)
    if because is None and reads_as_one and now - answer.at >= SILENCE and not any(_unsettles(line, theirs) for line in after):
        because = Because.SILENCE
    if because is None:
        return None
    more = _READS_AS_ONE if reads_as_one and because is not Because.SILENCE else 0
    return Helped(message=answer.id, certainty=CERTAINTY[because] + more, because=because)


def _because(answer: Line, asker: str, after: Sequence[Line], theirs: set[str]) -> Because | None:
    """Return which thanks of the asker are for this answer: those that name it, else those that nobody else can have earned."""
    thanks = [line for line in after if line.author == asker and line.thanks]
    if any(line.reply_to == answer.external_id for line in thanks):
        return Because.THANKED
    free = [line for line in thanks if line.reply_to is None or line.reply_to in theirs or _is_root(line, answer)]
    for line in free[:1]:
        between = [one for one in after if (one.at, one.id) < (line.at, line.id)]
        if not any(one.author != asker and (one.is_ours or one.reply_to in theirs) for one in between):
            return Because.THANKS
    return None


def _is_root(line: Line, answer: Line) -> bool:
    """Whether thanks stand beside the answer, and not under somebody else's words."""
    return line.reply_to == answer.reply_to


def _unsettles(line: Line, theirs: set[str]) -> bool:
    """Whether something was said since that leaves the question open: somebody asks the asker's question too, or we answered."""
    return line.is_ours or (line.asks and line.reply_to in theirs)


def _reads_as_answer(text: str) -> bool:
    return len(text.split()) >= FEWEST_WORDS and "?" not in text and _ADVICE.search(text) is not None
