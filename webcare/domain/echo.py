"""Is a message of ours that we see on the platform a person's answer, or did a machine send it?

A person answers: that stops a clock. A machine's reply does not. What gives a machine away: the app that sent it, an answer within seconds,
or one text that has gone to several customers, each within a minute of their message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

AUTO_WITHIN = timedelta(seconds=15)
SAME_WITHIN = timedelta(hours=24)
PROMPT = timedelta(seconds=60)
SAME_TO = 3  # other customers, before this one
_SIGNATURE = re.compile(r"(?:[\^~]\s?\w{1,12}|/\w{2,3})\s*$")
_NOT_THE_TEXT = re.compile(r"https?://\S+|@\w+|[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One earlier message of ours: to whom, what, when, and when that customer had last written."""

    customer: str
    text: str
    at: datetime
    customer_wrote_at: datetime | None


def bare(text: str) -> str:
    """Return a text without mentions, links and the writer's signature: what two copies of one reply have in common."""
    return " ".join(_NOT_THE_TEXT.sub(" ", _SIGNATURE.sub("", text)).split()).casefold()


def looks_automatic(
    *,
    sent: Sent,
    earlier: Sequence[Sent],
    app_id: str | None = None,
    automations: frozenset[str] = frozenset(),
    auto_within: timedelta = AUTO_WITHIN,
) -> str | None:
    """Return why a message of ours looks automatic, or None. `earlier` are ours of the last 24 hours; they stay what they were."""
    if app_id is not None and app_id in automations:
        return f"sent by the automation {app_id}"
    wrote = sent.customer_wrote_at
    if wrote is not None and sent.at - wrote <= auto_within:
        return f"sent {int((sent.at - wrote).total_seconds())} s after the customer wrote"
    text = bare(sent.text)
    if not text or wrote is None or sent.at - wrote > PROMPT:
        return None
    others = {
        e.customer
        for e in earlier
        if e.customer != sent.customer
        and e.customer_wrote_at is not None
        and e.at - e.customer_wrote_at <= PROMPT
        and sent.at - SAME_WITHIN <= e.at <= sent.at
        and bare(e.text) == text
    }
    return (
        f"the same text went to {len(others)} other customers within a day, each within a minute"
        if len(others) >= SAME_TO
        else None
    )
