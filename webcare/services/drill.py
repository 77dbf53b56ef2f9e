"""Drill: a marked test to everybody whom the ladder would tell now, by the road that alerts take, and how long each hop took.

    start --> a delivery a level --> the daemon sends it, by the next method where one fails --> look: when, by which, or why not

A level is drilled as an alert of now would find it: who has quiet hours or no contact is passed over, and that is what the drill shows.
The newest drill is kept whole; of earlier ones the audit log knows that they were.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import format_instant, parse_instant
from webcare.domain.rota import LevelName, Told, recipients
from webcare.services.contact import LAST_RESORT, MARK, first_method
from webcare.store import audit, drills, notes, outbox, people, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from webcare.domain.rota import Recipient, Rota
    from webcare.store import Connection
    from webcare.store.drills import Sent

NEWEST = "drill"  # the note that keeps it
MOST_TRIES = 12  # contact methods that a person may have, and the last resort


class State(StrEnum):
    """How a hop fares."""

    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    LAST_RESORT = "last_resort"  # it arrived there, and not with its person
    FAILED = "failed"
    NOBODY = "nobody"  # only somebody in quiet hours is there, or nobody at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One level of a drill. `passed` are the levels that could not be told first, each with what was in the way."""

    level: str
    person: str | None
    name: str
    why: str
    passed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    id: str
    at: datetime
    by: str
    hops: tuple[Hop, ...]

    @property
    def keys(self) -> list[str]:
        return [key for hop in self.hops for key in _chain(_key(self.id, hop.level))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One contact method: `took` is from the start of its turn to its arrival."""

    method: str
    state: str
    took: timedelta | None
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hop, and what became of it; `took` is from the start of the drill until somebody had it."""

    hop: Hop
    state: State
    took: timedelta | None
    tries: tuple[Try, ...]


def start(conn: Connection, *, by: str, brand: str, now: datetime, urgent: bool = False, last_resort: bool = False) -> Drill:
    """Queue a test for each level, and with `last_resort` one there; an urgent one passes quiet hours."""
    rota, id_ = people.rota(conn), secrets.token_hex(8)
    found = [(level, _chosen(rota, level, now, urgent=urgent)) for level in _levels(rota)]
    hops = [_hop(level, chosen) for level, chosen in found]
    if last_resort:
        hops.append(Hop(level=LAST_RESORT, person=LAST_RESORT, name="", why="the last resort of the settings"))
    for number, hop in enumerate(hops, 1):
        if hop.person is None:
            continue
        content = {"drill": {"level": hop.level, "number": number, "of": len(hops), "by": by}}
        steps.queue_alert(
            conn,
            brand=brand,
            person=hop.person,
            method=_method(hop, dict(found)),
            key=_key(id_, hop.level),
            content=content,
            notices=(),
            now=now,
        )
    made = Drill(id=id_, at=now, by=by, hops=tuple(hops))
    notes.write(conn, NEWEST, json.dumps({"id": id_, "at": format_instant(now), "by": by, "hops": [asdict(hop) for hop in hops]}))
    audit.note(conn, at=now, by=by, what="drill", data={"levels": len(hops), "urgent": urgent})
    return made


def newest(conn: Connection) -> Drill | None:
    """Return the drill that was started last; None when there was none."""
    kept = notes.read(conn, NEWEST)
    if kept is None:
        return None
    facts = json.loads(kept)
    hops = [Hop(**{**hop, "passed": tuple((level, why) for level, why in hop["passed"])}) for hop in facts["hops"]]
    return Drill(id=facts["id"], at=parse_instant(facts["at"]), by=facts["by"], hops=tuple(hops))


def look(conn: Connection, drill: Drill) -> list[Found]:
    """Return how each hop fares, in the order of the levels."""
    sent = drills.sent(conn, drill.keys)
    return [
        _found(drill, hop, [one for one in sent if one.key.partition(MARK)[0] == _key(drill.id, hop.level)]) for hop in drill.hops
    ]


def is_over(found: Sequence[Found]) -> bool:
    return all(one.state is not State.UNDER_WAY for one in found)


def give_up(conn: Connection, drill: Drill) -> int:
    """Take back what nobody has tried to send: a test that comes hours later is a fright. Return how many that were."""
    return drills.drop_untouched(conn, drill.keys)


def _levels(rota: Rota | None) -> Iterator[LevelName]:
    """Yield the levels that there are, the first one even where there is none: that too can be tried."""
    known = {level.name for level in rota.levels} if rota is not None else set()
    yield from (name for name in LevelName if name in known or (not known and name is LevelName.ONCALL))


def _chosen(rota: Rota | None, level: LevelName, now: datetime, *, urgent: bool) -> Recipient:
    return recipients(rota, level, now, urgent=urgent)[0]


def _hop(level: LevelName, chosen: Recipient) -> Hop:
    passed = tuple((name.value, why.value) for name, why in chosen.skipped)
    is_told = chosen.told is not Told.HELD
    return Hop(
        level=level.value,
        person=chosen.person.id if is_told else None,
        name=chosen.person.name if is_told and chosen.told is Told.ON_CALL else "",
        why=chosen.reason,
        passed=passed,
    )


def _method(hop: Hop, chosen: dict[LevelName, Recipient]) -> str:
    return LAST_RESORT if hop.level == LAST_RESORT else first_method(chosen[LevelName(hop.level)].person)


def _key(id_: str, level: str) -> str:
    return f"drill:{id_}:{level}"


def _chain(key: str) -> list[str]:
    return [key, *(f"{key}{MARK}{n}" for n in range(2, MOST_TRIES + 1))]


def _found(drill: Drill, hop: Hop, sent: Sequence[Sent]) -> Found:
    tries = tuple(
        Try(method=one.method, state=one.state, took=_took(one.created_at, one.sent_at), result=one.result) for one in sent
    )
    arrived = next((one for one in sent if one.state == outbox.SENT), None)
    return Found(
        hop=hop, state=_state(hop, sent, arrived), took=None if arrived is None else _took(drill.at, arrived.sent_at), tries=tries
    )


def _state(hop: Hop, sent: Sequence[Sent], arrived: Sent | None) -> State:
    if arrived is not None:
        return State.LAST_RESORT if arrived.method == LAST_RESORT and hop.level != LAST_RESORT else State.ARRIVED
    if any(one.state == outbox.QUEUED for one in sent):
        return State.UNDER_WAY
    return State.FAILED if sent else State.NOBODY


def _took(since: datetime, until: datetime | None) -> timedelta | None:
    return None if until is None else until - since


def as_json(one: Found) -> dict[str, Any]:
    """Return a hop as `webcare drill --json` says it."""
    return {
        "level": one.hop.level,
        "person": one.hop.person,
        "state": one.state.value,
        "seconds": _seconds(one.took),
        "why": one.hop.why,
        "tries": [
            {"method": each.method, "state": each.state, "seconds": _seconds(each.took), "result": each.result}
            for each in one.tries
        ],
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 3)
