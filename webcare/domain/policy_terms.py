"""What a policy says, as plain values: so that two revisions of it can be compared, and an edit can be told in words.

Calendars are compared by what was written of them: the same name over other hours is another calendar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webcare.domain.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.domain.calendar import WorkingTime
    from webcare.domain.sla.promise import Policy, ReplyWindow

CLOCKS = ("first_response", "next_response", "resolution", "keep_in_loop")
_SPANS = (*CLOCKS, "community_relax", "close_after", "reopen_within", "early")
_MEAN_NOTHING = frozenset({*CLOCKS, "community_relax"})  # where zero is as good as none
_CALENDARS = ("calendar", "staffed")

Change = tuple[str, Any, Any]  # a key, what it was and what it is


def terms_of(
    policy: Policy, window: ReplyWindow | None, calendars: Mapping[str, WorkingTime], written: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a policy says, by key; `written` are the tables of its calendars."""
    said: dict[str, Any] = {}
    for key in _SPANS:
        span = getattr(policy, key)
        said[key] = None if span is None or (not span and key in _MEAN_NOTHING) else format_duration(span)
    for key in _CALENDARS:
        name = next((name for name, calendar in calendars.items() if calendar is getattr(policy, key)), None)
        said[key] = None if name is None else {"name": name, "written": written[name]}
    said["ladder"] = [rung.key for rung in policy.ladder]
    said["pause_states"] = sorted(policy.pause_states)
    said["pause_hides_unanswered"] = policy.pause_hides_unanswered
    said["reply_window"] = window_terms(window)
    return said


def window_terms(window: ReplyWindow | None) -> list[str] | None:
    return None if window is None else [format_duration(window.length), format_duration(window.margin)]


def changes(was: Mapping[str, Any], is_: Mapping[str, Any]) -> list[Change]:
    """Return what two policies say differently, targets first; a calendar by its name, which may be the same."""
    return [(key, _short(was.get(key)), _short(is_.get(key))) for key in is_ if was.get(key) != is_.get(key)]


def _short(value: Any) -> Any:
    return value["name"] if isinstance(value, dict) else value
