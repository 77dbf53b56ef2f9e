"""The field for an answer as its template draws it: how long the draft is, what it gives away, and what the platform allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from webcare.domain.personal_data import personal_data
from webcare.domain.sla.promise import Clock
from webcare.services import compose

if TYPE_CHECKING:
    from webcare.ports.channel import ChannelAccount
    from webcare.services.case_file import CaseFile
    from webcare.web.say import Say

FULL: Final = 100  # per cent
NEAR: Final = 90  # per cent of a length from which on it is said how much is left
CLOSING: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A length as the platform counts it, the signature included."""

    used: int
    most: int

    @property
    def share(self) -> int:
        return min(FULL, FULL * self.used // max(1, self.most))

    @property
    def left(self) -> int:
        return self.most - self.used

    @property
    def is_near(self) -> bool:
        return self.share >= NEAR

    @property
    def is_over(self) -> bool:
        return self.left < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A thing to look at before sending; `seen` is what of the draft it is about. None of them stops anybody."""

    text: str
    seen: tuple[str, ...] = ()


def meter(account: ChannelAccount | None, text: str, signature: str | None, *, is_private: bool) -> Meter | None:
    """Measure a draft; None for a channel that nobody knows any more."""
    if account is None:
        return None
    most, measure = account.limits.of(private=is_private)
    return Meter(used=measure(compose.signed(text, signature)), most=most)


def warnings(length: Meter | None, text: str, say: Say, *, is_private: bool) -> list[Warned]:
    """Return what is said of a draft while it is written."""
    words, found = say.words.composer, []
    if length is not None and length.is_over:
        found.append(Warned(text=say.count(words.over, -length.left)))
    elif length is not None and length.is_near:
        found.append(Warned(text=say.count(words.left, length.left)))
    if not is_private:
        seen = personal_data(text)
        found += [
            Warned(text=words.personal[kind.value], seen=tuple(one.text for one in seen if one.kind is kind))
            for kind in dict.fromkeys(one.kind for one in seen)
        ]
    return found


def window(file: CaseFile, say: Say) -> str | None:
    """Say that the platform allows no answer, or will not for long; None when there is nothing to say."""
    reading = file.found.clocks.get(Clock.REPLY_WINDOW)
    if reading is None or reading.due_at is None:
        return None
    words, channel = say.words.composer, say.channel(file.row.channel)
    left = reading.due_at - file.found.now
    if left < timedelta(0):
        return words.window_closed.format(channel=channel, span=say.span(reading.target), moment=say.moment(reading.due_at))
    if left <= CLOSING:
        return words.window_closing.format(channel=channel, span=say.span(left), moment=say.moment(reading.due_at))
    return None
