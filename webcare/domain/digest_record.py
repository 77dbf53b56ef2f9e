"""A digest as JSON: the public fields of `webcare digest --json`, and all of it, kept so that a sent letter never changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from webcare.domain import learning
from webcare.domain.digest import (
    WEEK,
    Alerts,
    ChannelNumbers,
    ChannelTrouble,
    Correction,
    Digest,
    FirstResponse,
    Miss,
    PeakNumbers,
    Period,
)
from webcare.domain.durations import format_duration, format_instant, parse_duration, parse_instant
from webcare.domain.misses import Later, Reason, Why
from webcare.domain.sla.promise import Clock, State

if TYPE_CHECKING:
    from collections.abc import Mapping

# --- the public fields ---


def to_json(digest: Digest) -> dict[str, object]:
    """Write a digest in the fields of `webcare digest --json`: instants in RFC 3339, durations in seconds."""
    return {
        "date": digest.period.day.isoformat(),
        "timezone": digest.period.zone,
        **_numbers(digest.first_response),
        "previous": {"date": digest.period.later(-WEEK).day.isoformat(), **_numbers(digest.previous)},
        "misses": [
            {**_picked(m, "case", "channel", "due_at", "answered_at"), "why": "" if m.why is None else m.why.reason.value}
            for m in digest.misses
        ],
        "due_today": {str(hour): n for hour, n in digest.due_today.items()},
        "volumes": {channel: dict(kinds) for channel, kinds in digest.volumes.items()},
        "alerts": _picked(digest.alerts, "sent", "acknowledged"),
        "channels": [
            {
                "channel": c.channel,
                **_picked(c.first_response, "count", "within_target"),
                "troubles": [_picked(t, "what", "since", "until") for t in c.troubles],
            }
            for c in digest.channels
        ],
        "corrections": [
            {"date": c.day.isoformat(), **_picked(c, "case", "channel", "clock", "was", "now", "learned_at", "why")}
            for c in digest.corrections
        ],
        **_peaks(digest),
        **({} if digest.learning is None else learning.to_json(digest.learning)),
    }


def _peaks(digest: Digest) -> dict[str, object]:
    """Return what is told of peaks apart; of a day without one, nothing."""
    if digest.without_peaks is None:
        return {}
    told = [{**_picked(one, "name", "started_at", "ended_at"), **_counted(one.first_response)} for one in digest.peaks]
    return {"peaks": told, "without_peaks": _counted(digest.without_peaks)}


def _counted(numbers: FirstResponse) -> dict[str, object]:
    return {"count": numbers.count, **_numbers(numbers)}


def _numbers(numbers: FirstResponse) -> dict[str, object]:
    return _picked(numbers, "answered", "within_target", "median", "p90")


def _picked(value: object, *names: str) -> dict[str, object]:
    return {name: _plain(getattr(value, name)) for name in names}


def _plain(value: object) -> object:
    """Turn what JSON does not know into what it does; seconds are a whole number where they are one, which reads better."""
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    return str(value) if isinstance(value, StrEnum) else value


# --- all of it ---


def freeze(digest: Digest) -> dict[str, Any]:
    """Return all of a digest as JSON can keep it."""
    return {
        "day": digest.period.day.isoformat(),
        "zone": digest.period.zone,
        "first_response": _kept(digest.first_response),
        "previous": _kept(digest.previous),
        "four_weeks": _kept(digest.four_weeks),
        "misses": [_kept(miss) | {"why": None if miss.why is None else _kept(miss.why)} for miss in digest.misses],
        "due_today": {str(hour): n for hour, n in digest.due_today.items()},
        "due_unclaimed": {str(hour): n for hour, n in digest.due_unclaimed.items()},
        "volumes": {channel: dict(kinds) for channel, kinds in digest.volumes.items()},
        "intents": dict(digest.intents),
        "unsure": digest.unsure,
        "corrected": digest.corrected,
        "alerts": _kept(digest.alerts),
        "channels": [
            {"channel": c.channel, "first_response": _kept(c.first_response), "troubles": [_kept(t) for t in c.troubles]}
            for c in digest.channels
        ],
        "corrections": [_kept(correction) for correction in digest.corrections],
        "brands": list(digest.brands),
        "peaks": [_kept(p) | {"first_response": _kept(p.first_response)} for p in digest.peaks],
        "without_peaks": None if digest.without_peaks is None else _kept(digest.without_peaks),
        "learning": None if digest.learning is None else learning.freeze(digest.learning),
    }


def _kept(value: Any) -> dict[str, Any]:
    """Return the plain fields of a value."""
    return {name: _as_text(getattr(value, name)) for name in value.__dataclass_fields__}


def _as_text(value: object) -> object:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return format_duration(value)
    return str(value) if isinstance(value, StrEnum) else value


def thaw(kept: Mapping[str, Any]) -> Digest:
    """Return the digest that was kept."""
    return Digest(
        period=Period(day=date.fromisoformat(kept["day"]), zone=kept["zone"]),
        first_response=_first_response(kept["first_response"]),
        previous=_first_response(kept["previous"]),
        four_weeks=_first_response(kept["four_weeks"]),
        misses=tuple(_miss(miss) for miss in kept["misses"]),
        due_today={int(hour): n for hour, n in kept["due_today"].items()},
        due_unclaimed={int(hour): n for hour, n in kept["due_unclaimed"].items()},
        volumes=kept["volumes"],
        intents=kept["intents"],
        unsure=kept["unsure"],
        corrected=kept["corrected"],
        alerts=Alerts(**{**kept["alerts"], "median": _span(kept["alerts"]["median"])}),
        channels=tuple(
            ChannelNumbers(
                channel=c["channel"],
                first_response=_first_response(c["first_response"]),
                troubles=tuple(_trouble(t) for t in c["troubles"]),
            )
            for c in kept["channels"]
        ),
        corrections=tuple(correction_of(c) for c in kept["corrections"]),
        brands=tuple(kept["brands"]),
        peaks=tuple(_peak(p) for p in kept.get("peaks", ())),  # before there were peaks, none was kept
        without_peaks=None if kept.get("without_peaks") is None else _first_response(kept["without_peaks"]),
        learning=learning.thaw(kept.get("learning")),
    )


def correction_of(kept: Mapping[str, Any]) -> Correction:
    return Correction(
        case=kept["case"],
        channel=kept["channel"],
        clock=Clock(kept["clock"]),
        due_at=parse_instant(kept["due_at"]),
        day=date.fromisoformat(kept["day"]),
        was=State(kept["was"]),
        now=State(kept["now"]),
        learned_at=parse_instant(kept["learned_at"]),
        why=Later(kept["why"]),
    )


def _peak(kept: Mapping[str, Any]) -> PeakNumbers:
    return PeakNumbers(
        name=kept["name"],
        started_at=parse_instant(kept["started_at"]),
        ended_at=_instant(kept["ended_at"]),
        first_response=_first_response(kept["first_response"]),
    )


def _first_response(kept: Mapping[str, Any]) -> FirstResponse:
    return FirstResponse(**{**kept, "median": _span(kept["median"]), "p90": _span(kept["p90"])})


def _miss(kept: Mapping[str, Any]) -> Miss:
    why = kept["why"]
    return Miss(
        **{
            **kept,
            "clock": Clock(kept["clock"]),
            "started_at": parse_instant(kept["started_at"]),
            "due_at": parse_instant(kept["due_at"]),
            "answered_at": _instant(kept["answered_at"]),
            "overdue": parse_duration(kept["overdue"]),
            "why": None
            if why is None
            else Why(reason=Reason(why["reason"]), at=_instant(why["at"]), trouble_since=_instant(why["trouble_since"])),
        }
    )


def _trouble(kept: Mapping[str, Any]) -> ChannelTrouble:
    return ChannelTrouble(**{**kept, "since": parse_instant(kept["since"]), "until": _instant(kept["until"])})


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)


def _span(text: str | None) -> timedelta | None:
    return None if text is None else parse_duration(text)
