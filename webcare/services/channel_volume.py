"""How many write on a channel, against how many usually do; told once when it is far fewer, and once when it is as usual again.

Of a channel in other trouble, or silent, people know already. What is few and then nothing at all stays what was told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.silence import HISTORY
from webcare.domain.volume import Few, Hour, far_fewer, hours_on_trial, is_back, weeks_before
from webcare.services.channel_troubles import FEW, Change, tell, tell_recovered
from webcare.store import channel_state, heard
from webcare.store.channel_state import Fares

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from webcare.ports.channel import ChannelAccount
    from webcare.services.channel_troubles import Moment
    from webcare.store import Connection
    from webcare.store.channel_state import ChannelState


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """`few` is None where it is not far fewer than usual; `is_back` says that it surely is as usual."""

    few: Few | None
    is_back: bool


def how_many(conn: Connection, channel: str, now: datetime, zone: ZoneInfo) -> Volume | None:
    """Compare how many wrote in the last hours with what is usual; None where nothing is usual yet."""
    ends = heard.ends(conn, channel)
    if ends is None or now - ends.first < HISTORY:
        return None
    spans = hours_on_trial(now, zone)
    hours = [
        Hour(
            seen=heard.count(conn, channel, *span),
            before=tuple(heard.count(conn, channel, *other) for other in weeks_before(span, zone, ends.first)),
        )
        for span in spans
    ]
    return Volume(few=far_fewer(spans, hours), is_back=is_back(hours))


def note(conn: Connection, account: ChannelAccount, state: ChannelState, found: Volume | None, at: Moment) -> Change | None:
    """Note how many write on a channel, and tell of what is news."""
    if found is None:
        return None
    if state.few_since is not None:
        if not found.is_back:
            return None
        channel_state.change(conn, account.id, few_since=None, few_seen=None, few_usual=None)
        tell_recovered(conn, account, FEW, since=state.few_since, now=at.now)
        return Change(event="channel.as_usual", channel=account.id, reason=None)
    few = found.few
    if few is None or state.silent_since is not None or state.state is not Fares.FINE:
        return None
    channel_state.change(conn, account.id, few_since=few.since, few_seen=few.seen, few_usual=few.usual)
    counts = {"seen": few.seen, "usual": few.usual}
    tell(conn, account, FEW, since=few.since, reason=None, now=at.now, counts=counts)
    return Change(event="channel.few", channel=account.id, reason=f"{few.seen} of some {few.usual} messages")
