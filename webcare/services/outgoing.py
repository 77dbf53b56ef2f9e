"""How an alert leaves: quiet hours, one bundle a person, a limit; `domain/outgoing.py` says when.

    send      a notice -> a message to that person that has not left yet, or a new one
    deliver   takes it when its moment has come -> `saying.py` says what it tells -> the notifier

Nobody joins a message that was taken to be sent: what becomes due then is told by the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.outgoing import Leave, Pressing, leave
from webcare.domain.rota import quiet_until
from webcare.services.contact import first_method
from webcare.store import all_clears, bundles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from webcare.domain.rota import Person
    from webcare.services.rules import Rules
    from webcare.store import Connection
    from webcare.store.bundles import Gathering

MOST_READ = 100  # of a person's messages, to see how many they got just now


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Somebody is to hear of a case. `method` is the contact that has its turn, by default the first of the person.

    `held_until`: not before then, because who addresses it says so. Quiet hours are seen to here.
    """

    notice: int
    person: Person
    brand: str
    case: int
    urgent: bool
    breach: bool
    held_until: datetime | None = None
    method: str | None = None

    @property
    def by(self) -> str:
        return self.method or first_method(self.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """By which a message goes to a person."""

    person: Person
    brand: str
    method: str


def send(conn: Connection, calls: Sequence[Call], rules: Rules, now: datetime) -> int:
    """Let these notices leave as soon as they may; return how many messages were begun."""
    unsettled = _unsettled(conn, calls, rules, now)
    ways: dict[tuple[str, str, str], list[Call]] = {}
    for call in calls:
        ways.setdefault((call.brand, call.person.id, call.by), []).append(call)
    begun = 0
    for (brand, _, method), theirs in ways.items():
        way = Way(person=theirs[0].person, brand=brand, method=method)
        bundled: dict[str, list[tuple[Call, Leave]]] = {}
        for call, found in _leaves(conn, way, theirs, rules, now, unsettled):
            bundled.setdefault(found.bundle, []).append((call, found))
        for bundle, parts in bundled.items():
            together = Leave(at=min(found.at for _, found in parts), bundle=bundle)
            begun += _let_leave(conn, way, [call.notice for call, _ in parts], together, rules, now)
    return begun


def say(conn: Connection, way: Way, key: str, rules: Rules, now: datetime) -> int:
    """Return the message that takes along what is no notice and presses nobody; the open one, or a new one under this key."""
    found = leave(now, Pressing(), rules.alerts, recent=_recent(conn, way, rules))
    message = _gathering(conn, way, found, rules)
    if message is not None:
        return message.id
    return _begin(conn, way, key, found, rules, now)


def _unsettled(conn: Connection, calls: Iterable[Call], rules: Rules, now: datetime) -> set[tuple[int, str]]:
    """Return which notices are of a wait that flares up again, and for whom: they were told just before that it is over.

    A customer who writes anew begins another wait, and nothing is held back of it.
    """
    numbers = {call.notice for call in calls if not (call.urgent or call.breach)}
    return all_clears.since(conn, numbers, now - rules.alerts.settle) if numbers and rules.alerts.unrest else set()


def _leaves(
    conn: Connection, way: Way, calls: Iterable[Call], rules: Rules, now: datetime, unsettled: set[tuple[int, str]]
) -> Iterator[tuple[Call, Leave]]:
    recent, quiet = _recent(conn, way, rules), quiet_until(way.person, now)
    known: dict[tuple[Pressing, datetime | None], Leave] = {}
    for call in calls:
        is_unsettled = (call.notice, way.person.id) in unsettled
        pressing = Pressing(urgent=call.urgent, breach=call.breach, unsettled=is_unsettled)
        which = (pressing, call.held_until)
        if which not in known:
            known[which] = leave(now, pressing, rules.alerts, recent=recent, quiet_until=quiet, held_until=call.held_until)
        yield call, known[which]


def _recent(conn: Connection, way: Way, rules: Rules) -> list[datetime]:
    """Return when messages left for a person; nobody asks where nothing is gathered."""
    return bundles.recent(conn, way.person.id, MOST_READ) if rules.alerts.bundle else []


def _let_leave(conn: Connection, way: Way, notices: Sequence[int], when: Leave, rules: Rules, now: datetime) -> bool:
    """Let these notices join what gathers, or begin a message; tell whether one was begun."""
    message = _gathering(conn, way, when, rules)
    if message is not None:
        bundles.join(conn, message, notices, when.at)
        return False
    first = notices[0]
    before = bundles.carried_before(conn, first)
    key = f"alert:{first}:{before + 1}" if before else f"alert:{first}"  # told again, by another method
    bundles.carry(conn, _begin(conn, way, key, when, rules, now), notices)
    return True


def _gathering(conn: Connection, way: Way, when: Leave, rules: Rules) -> Gathering | None:
    if not rules.alerts.bundle:
        return None
    return bundles.gathering(conn, person=way.person.id, brand=way.brand, method=way.method, bundle=when.bundle)


def _begin(conn: Connection, way: Way, key: str, when: Leave, rules: Rules, now: datetime) -> int:
    bundle = when.bundle if rules.alerts.bundle else None
    return bundles.begin(
        conn, person=way.person.id, brand=way.brand, method=way.method, key=key, bundle=bundle, at=when.at, now=now
    )
