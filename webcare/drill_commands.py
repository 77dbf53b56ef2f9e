"""`webcare drill`: a marked test up the whole ladder, sent by the running daemon, and how long each hop took."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from webcare.clock import SystemClock, running_seconds
from webcare.domain.durations import parse_duration
from webcare.letters.why import plain
from webcare.lines import DONE, REFUSED, CannotStart, write
from webcare.open_database import database_of, with_store
from webcare.privacy_commands import operator
from webcare.services import drill as drills
from webcare.services.drill import State
from webcare.settings import load

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from webcare.services.drill import Drill, Found
    from webcare.store.door import Store

EVERY = 0.2  # seconds between two looks
WIDEST = 60


def drill(arguments: Namespace) -> int:
    """Run a drill and return the exit status: 1 where a test did not arrive with its person.

    Raises:
        CannotStart: the config, the database or the span cannot be used.
    """
    try:
        within = parse_duration(arguments.within)
    except ValueError as error:
        raise CannotStart(f"--within: {error}") from None
    settings = load(arguments.config)
    url, brand = database_of(arguments.db, settings), settings.house.brand
    found = with_store(url, lambda store: _drill(store, arguments, brand, within.total_seconds()))
    for one in found:
        if arguments.json:
            write(drills.as_json(one))
    if not arguments.json:
        _table(found)
    return DONE if all(one.state is State.ARRIVED for one in found) else REFUSED


async def _drill(store: Store, arguments: Namespace, brand: str, within: float) -> list[Found]:
    made = await store.write(
        drills.start,
        by=operator(),
        brand=brand,
        now=SystemClock().now(),
        urgent=arguments.urgent,
        last_resort=arguments.last_resort,
    )
    return await _wait(store, made, within)


async def _wait(store: Store, made: Drill, within: float) -> list[Found]:
    """Look until every hop has ended or the time is up; what nobody has begun to send is then taken back."""
    until = running_seconds() + within
    found = await store.read(drills.look, made)
    while not drills.is_over(found) and running_seconds() < until:
        await asyncio.sleep(EVERY)
        found = await store.read(drills.look, made)
    taken_back = 0 if drills.is_over(found) else await store.write(drills.give_up, made)
    if taken_back:
        print(f"webcare: nobody sent {taken_back} of them: is the daemon running? They were taken back.", file=sys.stderr)
    return found


def _table(found: Sequence[Found]) -> None:
    print(f"{'level':12}  {'person':16}  {'state':12}  {'took':>8}  how")
    for one in found:
        took = "" if one.took is None else f"{one.took.total_seconds():.1f} s"
        person = plain(one.hop.name or one.hop.person or "-", 16)
        print(f"{one.hop.level:12}  {person:16}  {one.state.value:12}  {took:>8}  {_how(one)}".rstrip())


def _how(one: Found) -> str:
    if not one.tries:
        return plain(one.hop.why, WIDEST)
    said = [f"{each.method}: {each.state}" + (f" ({each.result})" if each.result else "") for each in one.tries]
    passed = [f"{level}: {why}" for level, why in one.hop.passed]
    return plain("; ".join([*said, *passed]), 2 * WIDEST)
