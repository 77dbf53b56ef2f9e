"""Local wall times -> instants, in one way only.

Opening hours, hand-overs and the days of a digest are written as people read clocks; computed is in UTC. Where the clocks are set
forward a wall time may be skipped: then it is the instant of the change. Where they are set back one may be shown twice: then it is
the first of the two. In other words, a wall time is the first instant at which the clocks show it or a later one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Turn a local time of day into its instant, in UTC."""
    return first_shown(datetime.combine(day, at), zone)


def first_shown(wall: datetime, zone: ZoneInfo) -> datetime:
    """Turn a wall time without offset into the first instant at which the clocks of the zone show it or a later one, in UTC."""
    # Read with the offset before a change and with the one after it; only for a skipped time does the latter lie earlier.
    late, early = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    before = early.astimezone(zone).utcoffset()
    while late - early > datetime.resolution:
        middle = early + (late - early) // 2
        early, late = (middle, late) if middle.astimezone(zone).utcoffset() == before else (early, middle)
    return late


def zone_named(name: str, *, field: str) -> ZoneInfo:
    """Look up a time zone.

    Raises:
        ValueError: names the field; no zone is called so.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones ("Europe") is an OSError
        raise ValueError(f"{field}: unknown time zone {name!r}") from error
