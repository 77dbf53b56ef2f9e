"""Does the model answer that was asked for? When it does not, people hear of it once, and once that it does again.

    trouble --told at once--> lasts: loaded again every quarter of an hour --> answers, told to those who were told

Meanwhile the word rules answer, or the model of before. How it stands is one row a machine, so that a restart neither forgets nor repeats
what was told, and the pages of another daemon know it too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from webcare.domain.durations import format_instant
from webcare.domain.rota import LevelName
from webcare.ports.classifier import FAILED, LOADING
from webcare.services.tell import tell_level, tell_same, told
from webcare.store import model_state
from webcare.store.model_state import ModelState

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.ports.clock import Clock
    from webcare.services.judge import Judging
    from webcare.store import Connection
    from webcare.store.door import Store

__all__ = ["ModelState", "Place", "in_trouble", "look", "note"]

log = structlog.get_logger()

AGAIN: Final = timedelta(minutes=15)
SEEN: Final = timedelta(minutes=5)  # how old a row grows at most while its daemon runs
LOST: Final = 3 * SEEN  # a machine that is silent for so long runs no daemon
TROUBLE, RECOVERED = "model.trouble", "model.recovered"  # the names of what is logged
RULES_ANSWER, KEPT, BACK = "model", "model_kept", "model_back"  # the names of the news


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a daemon runs: its machine's name, and the brand of the people who are told."""

    machine: str
    brand: str


async def look(store: Store, found: Judging, place: Place, clock: Clock) -> str | None:
    """Note how the model stands, tell what is new, and return what that was: TROUBLE, RECOVERED, or None."""
    if found.state == LOADING:
        return None
    machine = clock.machine()
    before = await store.read(model_state.get, place.machine)
    if before is not None and before.trouble == found.trouble and before.model == found.name and machine - before.seen_at < SEEN:
        return None
    news = await store.write(note, found, place, clock.now(), machine)
    if news == TROUBLE:
        log.error(news, answers=found.name, why=found.trouble)
    elif news is not None:
        log.info(news, answers=found.name)
    return news


def note(conn: Connection, found: Judging, place: Place, now: datetime, machine: datetime) -> str | None:
    """Do the same in one transaction."""
    before = model_state.get(conn, place.machine)
    was_in_trouble = before is not None and before.trouble is not None
    is_news = was_in_trouble != (found.trouble is not None)
    state = ModelState(
        machine=place.machine,
        model=found.name,
        is_stand_in=found.state == FAILED,
        trouble=found.trouble,
        since=machine if before is None or is_news else before.since,
        seen_at=machine,
    )
    model_state.put(conn, state)
    if not is_news:
        return None
    if before is not None and was_in_trouble:
        _tell_back(conn, before, state, place, now)
        return RECOVERED
    _tell(conn, state, place, now)
    return TROUBLE


def in_trouble(conn: Connection, machine: datetime) -> list[ModelState]:
    """Return the machines that run and whose model is in trouble."""
    return model_state.in_trouble(conn, machine - LOST)


def _tell(conn: Connection, state: ModelState, place: Place, now: datetime) -> None:
    what = RULES_ANSWER if state.is_stand_in else KEPT
    if not told(conn, _key(state)):
        tell_level(conn, LevelName.ONCALL, _news(what, state), brand=place.brand, key=_key(state), now=now)


def _tell_back(conn: Connection, before: ModelState, state: ModelState, place: Place, now: datetime) -> None:
    news = _news(BACK, replace(before, model=state.model, trouble=None))
    tell_same(conn, _key(before), news, brand=place.brand, key=f"{_key(before)}:{BACK}", now=now)


def _news(what: str, state: ModelState) -> dict[str, Any]:
    since = format_instant(state.since)
    return {"trouble": {"what": what, "name": state.machine, "model": state.model, "since": since, "reason": state.trouble}}


def _key(state: ModelState) -> str:
    return f"model:{state.machine}:{format_instant(state.since)}"
