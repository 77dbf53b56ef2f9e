"""Whom a rung tells: whoever has the case first, the level that the rung names, or both; and who is next when nobody stirs.

    nobody has the case        the level that the rung names
    somebody has it            they, and the level once they have let `hold` pass without an answer
      ... and is not there     they (when they can be reached later), and the level at once
    a promise is broken        they, and the lead at once

Taking a case or saying "seen" stops no clock and cancels no rung. Nobody is told twice of one rung. What each person is told of the
reason are facts (`because`); letters have words for them, `reason` is the line for the log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from webcare.domain.rota import LevelName, Obstacle, Recipient, Told, next_handover, obstacle, on_call, recipients, stand_in
from webcare.domain.sla.events import EventType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from webcare.domain.alert_rules import AlertRules
    from webcare.domain.rota import Person, Rota
    from webcare.domain.sla.events import Event

MINUTE = timedelta(minutes=1)
OFF_SHIFT = "off shift"
_HANDOVERS = 50  # looked at for the end of a shift; whoever is on call through all of them never goes off


class Look(StrEnum):
    """What is due when a notice is looked at again, unless it was heard."""

    REPEAT = "repeat"  # the same person by another method, at last somebody else of the level
    HOLD = "hold"  # whoever has the case has let their time pass: the level
    LEVEL = "level"  # whoever had the case has it no more: the level, whatever else


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whoever has a case: they took it (`took`), or nobody did and they were the last to say that they have seen it."""

    id: str
    took: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What there is to tell: the level that the step names, and until when the customer may wait."""

    level: LevelName
    deadline: datetime
    urgent: bool
    is_breach: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Somebody to tell. `look` says what is due when they stay silent, `held` that their quiet hours come first."""

    person: Person
    reason: str
    because: Mapping[str, Any] = field(default_factory=dict)
    look: Look | None = None
    held: bool = False


def holder(events: Iterable[Event], claimed_by: str | None) -> Holder | None:
    """Say who has a case: who took it, else who acknowledged last since it was last answered, closed or given back."""
    if claimed_by is not None:
        return Holder(id=claimed_by, took=True)
    ordered = sorted(events, key=lambda event: event.at)
    withdrawn = {event.ref for event in ordered if event.type is EventType.WITHDRAWN and event.ref is not None}
    found = None
    for event in ordered:
        if event.type is EventType.ACK and event.by is not None:
            if event.to is None:
                found = Holder(id=event.by, took=False)
            elif found is not None and found.id == event.by:  # who passes it on to somebody has it no more
                found = None
        elif event.type in (EventType.CLOSE, EventType.UNCLAIM) or (
            event.type is EventType.ANSWER and event.ref not in withdrawn
        ):
            found = None
    return found


def address(rota: Rota | None, rung: Rung, has_it: Holder | None, now: datetime) -> list[Chosen]:
    """Name whom a rung tells at this instant, the holder first; never empty."""
    person = None if rota is None or has_it is None else rota.person(has_it.id)
    if rota is None or has_it is None or person is None:
        return [_of_level(rota, one, now) for one in recipients(rota, rung.level, now, urgent=rung.urgent)]
    away = _away(rota, person, rung, now)
    if away is None and not rung.is_breach:
        return [_to_themselves(rota, person, rung, has_it, now)]
    found = [] if away is Obstacle.NO_CONTACT else [_holder(person, held=away is Obstacle.QUIET)]
    because = {"holder": person.name} if away is None else {"holder": person.name, "away": str(away)}
    reason = f"{person.id} has the case" if away is None else f"{person.id} has the case, but: {away}"
    for one in recipients(rota, rung.level, now, urgent=rung.urgent):
        if all(one.person.id != known.person.id for known in found):
            found.append(_of_level(rota, one, now, because, reason))
    return found


def hold_over(
    rota: Rota, rung: Rung, silent: Person | None, since: timedelta | None, told: Iterable[str], now: datetime
) -> list[Chosen]:
    """Name whom the rung tells after all: the level, of which those who were told before are left out.

    `silent` had the case to themselves for so long (`since`), or has it no more (None).
    """
    because: dict[str, Any] = {}
    reason = "nobody has the case any more"
    if silent is not None and since is not None:
        because = {"holder": silent.name, "silent_min": _minutes(since)}
        reason = f"{silent.id} has not answered within {_minutes(since)} min"
    elif silent is not None:
        because, reason = {"gave_back": silent.name}, f"{silent.id} has the case no more"
    known = set(told)
    found = recipients(rota, rung.level, now, urgent=rung.urgent)
    return [_of_level(rota, one, now, because, reason) for one in found if one.person.id not in known]


def after_silence(
    rota: Rota, rung: Rung, silent: str, since: timedelta | None, told: Iterable[str], now: datetime
) -> Chosen | None:
    """Name who is told once when a person stays silent by all of their methods: who has the level now, else its next person."""
    known, person = set(told), rota.person(silent)
    after = "" if since is None else f" within {_minutes(since)} min"
    for one in (on_call(rota, rung.level, now), stand_in(rota, rung.level, now, urgent=rung.urgent)):
        if one is not None and one.id not in known and obstacle(one, now, urgent=rung.urgent) is None:
            because: dict[str, Any] = {"no_answer_from": silent if person is None else person.name}
            if since is not None:
                because["silent_min"] = _minutes(since)
            return Chosen(person=one, because=because, reason=f"no answer from {silent}{after}")
    return None


def next_method(person: Person, tried: Iterable[str]) -> str | None:
    """Return the first contact method of a person that was not tried yet."""
    used = set(tried)
    return next((contact.name for contact in person.contacts if contact.name not in used), None)


def look_in(look: Look, rung: Rung, now: datetime, rules: AlertRules) -> timedelta:
    """Return after how long a notice that is sent now is looked at again."""
    if look is Look.HOLD:
        return rules.hold(rung.deadline - now)
    return timedelta(0) if look is Look.LEVEL else rules.repeat_of(rung.level)


def shift_end(rota: Rota | None, person_id: str, at: datetime) -> datetime | None:
    """Say when a person who is on call now is on no level any more; None when they are on none, or always on one."""
    if rota is None or not levels_of(rota, person_id, at):
        return None
    for _ in range(_HANDOVERS):
        ends = [next_handover(rota, level, at) for level in levels_of(rota, person_id, at)]
        if not ends:
            return at
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            return None
        at = max(known)
    return None


def levels_of(rota: Rota, person_id: str, at: datetime) -> list[LevelName]:
    """Return the levels that a person has at an instant."""
    found = ((level.name, on_call(rota, level.name, at)) for level in rota.levels)
    return [name for name, person in found if person is not None and person.id == person_id]


def _away(rota: Rota, person: Person, rung: Rung, now: datetime) -> Obstacle | str | None:
    """Say why the level has to hear at once although somebody has the case."""
    return obstacle(person, now, urgent=rung.urgent) or (None if levels_of(rota, person.id, now) else OFF_SHIFT)


def _to_themselves(rota: Rota, person: Person, rung: Rung, has_it: Holder, now: datetime) -> Chosen:
    """Return the holder who has the rung to themselves for a while.

    Where the level is theirs too, and they only said that they had seen an earlier rung, they have not heard of this one yet.
    """
    is_theirs = all(one.person.id == person.id for one in recipients(rota, rung.level, now, urgent=rung.urgent))
    return _holder(person, look=Look.REPEAT if is_theirs and not has_it.took else Look.HOLD)


def _holder(person: Person, *, look: Look | None = None, held: bool = False) -> Chosen:
    return Chosen(person=person, reason=f"{person.id} has the case", because={"yours": True}, look=look, held=held)


def _of_level(
    rota: Rota | None, one: Recipient, now: datetime, because: Mapping[str, Any] | None = None, reason: str | None = None
) -> Chosen:
    facts = dict(because or {})
    if one.skipped:
        facts["skipped"] = [_passed_by(rota, level, why, now) for level, why in one.skipped]
    reasons = [reason] if reason is not None else []
    if reason is None or one.skipped or one.told is not Told.ON_CALL:
        reasons.append(one.reason)
    return Chosen(
        person=one.person,
        reason="; ".join(reasons),
        because=facts,
        look=Look.REPEAT if one.told in (Told.ON_CALL, Told.HELD) else None,
        held=one.told is Told.HELD,
    )


def _passed_by(rota: Rota | None, level: LevelName, why: Obstacle, now: datetime) -> list[str]:
    """Return which level could not be told, why, and who has it, where somebody has."""
    person = None if rota is None else on_call(rota, level, now)
    return [level.value, why.value] if person is None else [level.value, why.value, person.name]


def _minutes(span: timedelta) -> int:
    return round(span / MINUTE)
