"""How a time and a span are said."""

from __future__ import annotations

from dataclasses import dataclass

from webcare.letters.words import Plural


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWords:
    """Short: a row has room for two words."""

    under_a_minute: str
    minutes: str
    hours_minutes: str
    days: Plural
    late: str
    until: str
    was: str
    at: str
    yesterday: str
    tomorrow: str
    near: str  # a CLDR pattern: within a week
    far: str
    day: str


NL = TimeWords(
    under_a_minute="< 1 min",
    minutes="{minutes} min",
    hours_minutes="{hours} u {minutes}",
    days=Plural(one="{n} dag", other="{n} dagen"),
    late="{span} te laat",
    until="tot {moment}",
    was="was {moment}",
    at="{time}",
    yesterday="gisteren {time}",
    tomorrow="morgen {time}",
    near="EEE HH:mm",
    far="d MMM HH:mm",
    day="EEEE d MMMM",
)

EN = TimeWords(
    under_a_minute="< 1 min",
    minutes="{minutes} min",
    hours_minutes="{hours} h {minutes}",
    days=Plural(one="{n} day", other="{n} days"),
    late="{span} late",
    until="until {moment}",
    was="was {moment}",
    at="{time}",
    yesterday="yesterday {time}",
    tomorrow="tomorrow {time}",
    near="EEE HH:mm",
    far="d MMM HH:mm",
    day="EEEE d MMMM",
)
