"""The receipt that a customer gets in a private conversation: the operator's own text, with the moment before which we answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webcare.letters.speech import speech

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

BEFORE = "{before}"


def receipt(text: str, *, before: datetime | None, language: str, zone: ZoneInfo, now: datetime) -> str | None:
    """Return the text with the moment in it; None when it promises a moment and there is none, or that moment has passed."""
    if BEFORE not in text:
        return text
    if before is None or before <= now:
        return None
    return text.replace(BEFORE, speech(language, zone).moment(before, now))
