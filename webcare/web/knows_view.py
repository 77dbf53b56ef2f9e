"""Who knows of a case: each step that was taken, who was told by which method, and every attempt, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.alert import harmless
from webcare.letters.speech import speech

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.services.case_file import CaseFile, Told
    from webcare.web.say import Say

REASON = 120  # characters
TRIES = 5  # of the attempts to tell somebody, the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One line; `tries` are there where something went wrong on the way."""

    at: datetime
    text: str
    tries: tuple[str, ...] = ()


def told(file: CaseFile, say: Say) -> list[Known]:
    """Return each step that was taken, with who was told and how that went."""
    return [_line(file, one, say) for one in file.told]


def _line(file: CaseFile, one: Told, say: Say) -> Known:
    words = say.words.knows
    if one.person is None:
        return Known(at=one.at, text=say.words.case.shown_only)
    values = {"name": file.name(one.person), "state": _state(file, one, say)}
    if one.is_all_clear:
        return Known(at=one.at, text=words.all_clear.format(**values))
    if one.method is None:
        return Known(at=one.at, text=words.told.format(**values))
    method = say.words.sent.methods.get(one.method, one.method)
    is_smooth = len(one.attempts) == 1 and one.attempts[0].error is None
    tries = () if is_smooth else tuple(tried(nth.at, nth.took_ms, nth.error, say) for nth in one.attempts[-TRIES:])
    return Known(at=one.at, text=words.told_by.format(method=method, **values), tries=tries)


def _state(file: CaseFile, one: Told, say: Say) -> str:
    words = say.words.knows
    state = say.named(words.deliveries, one.state or "queued")
    if one.state in (None, "queued") and one.leaves_at is not None and one.leaves_at > file.found.now:
        state = words.waits_until.format(moment=say.moment(one.leaves_at))
    return state if one.acked_at is None else words.seen.format(state=state, moment=say.moment(one.acked_at))


def tried(at: datetime, took_ms: int, error: str | None, say: Say) -> str:
    """Say how one attempt went."""
    words = say.words.knows
    reason = harmless(error or "", REASON, speech(say.words.tag, say.zone))
    result = words.arrived if error is None else words.failed.format(reason=reason)
    return words.tried.format(moment=say.clock(at), seconds=f"{took_ms / 1000:.1f}", result=result)
