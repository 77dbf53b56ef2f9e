"""The table of work in motion: each row runs by its rhythm, and at once when a row before it made work for it.

APScheduler beats; it never runs a unit itself, because what it runs it also cancels, drops when late, and refuses when the last run is
still going. Here a row runs once at a time; a beat while it runs means: once more. What a unit raises is the row's trouble, said once
when it begins and once when it ends; the other rows go on.

    beat, wake --> row: unit, unit, ... until a batch is not full --wakes--> next row

Time is measured on the monotonic clock: somebody may set the other one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from webcare.clock import between_clocks, running_seconds
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from webcare.schedule import Work

    Ended = Callable[["Beat"], None]

log = structlog.get_logger()

STEPPED = 2.0  # seconds between the two clocks that no scheduling delay explains
AGAIN = 15.0  # seconds until a row in trouble is tried again: one that beats each hour would say for an hour that the database is gone


@dataclass(slots=True, kw_only=True)
class Beat:
    """How a row fares: monotonic seconds, the trouble that it is in, and how often it has run."""

    name: str
    budget: float
    began: float | None = None  # of the call that is running
    ended: float | None = None  # of the last one
    took: float = 0.0
    runs: int = 0
    trouble: str | None = None
    broke: float | None = None  # since when it is in trouble
    is_store: bool = False  # the trouble is the database's
    is_slow: bool = False


class Engine:
    """Runs the rows until `stop`. `ended` is called after every call of a unit, however it ended."""

    def __init__(
        self,
        rows: Sequence[Work],
        ended: Ended,
        stepped: Callable[[float], Awaitable[None]],
        apart: Callable[[], float] = between_clocks,
        again: float = AGAIN,
    ) -> None:
        self._rows = {work.row.name: work for work in rows}
        self._ended = ended
        self._stepped = stepped
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stopping = False
        self._scheduler: AsyncIOScheduler | None = None
        self._guard: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._between_clocks, self._apart = apart, apart()
        self._try_after = again
        self.beats = {name: Beat(name=name, budget=work.row.budget.total_seconds()) for name, work in self._rows.items()}

    def start(self) -> None:
        """Begin to beat, each row at once."""
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        for name, work in self._rows.items():
            self._scheduler.add_job(self._beat, "interval", seconds=work.row.rhythm.total_seconds(), id=name, args=[name])
            self.wake(name)
        self._scheduler.start()
        self._guard = asyncio.create_task(self._watch_clock(), name="clock guard")

    async def _beat(self, name: str) -> None:
        self.wake(name)

    def wake(self, name: str) -> None:
        """Run a row now, or once more when it is running."""
        if self._stopping or name not in self._rows:
            return
        if name in self._tasks:
            self._again.add(name)
            self._note_slow(self.beats[name])
            return
        task = asyncio.create_task(self._work(self._rows[name]), name=name)
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._rest(name))

    def _rest(self, name: str) -> None:
        del self._tasks[name]
        if name in self._again:
            self._again.discard(name)
            if self.beats[name].trouble is None:  # one in trouble waits for its next beat
                self.wake(name)
        if self.beats[name].trouble is not None and self._rows[name].row.rhythm.total_seconds() > self._try_after:
            asyncio.get_running_loop().call_later(self._try_after, self.wake, name)

    async def _work(self, work: Work) -> None:
        beat = self.beats[work.row.name]
        done = work.batch
        while done >= work.batch and not self._stopping:
            done = await self._once(work, beat)
            for name in (work.row.wakes, work.row.also):
                if done and name is not None:
                    self.wake(name)

    async def _once(self, work: Work, beat: Beat) -> int:
        beat.began = running_seconds()
        done = 0
        try:
            done = await work.unit()
        except StoreError as error:
            self._broke(beat, str(error), is_store=True)
        except Exception as error:
            if beat.trouble is None:
                log.exception("work.crashed", row=beat.name)
            self._broke(beat, type(error).__name__, is_store=False)
        else:
            self._fine(beat)
        finally:
            now = running_seconds()
            beat.took, beat.ended, beat.began = now - beat.began, now, None
            beat.runs += 1
            beat.is_slow = False
            self._ended(beat)
        return done

    def _broke(self, beat: Beat, trouble: str, *, is_store: bool) -> None:
        if beat.trouble is None:
            beat.broke = running_seconds()
            log.error("work.broken", row=beat.name, trouble=trouble)
        beat.trouble, beat.is_store = trouble, is_store

    def _fine(self, beat: Beat) -> None:
        if beat.trouble is not None:
            log.info("work.recovered", row=beat.name, after_s=round(running_seconds() - (beat.broke or 0.0), 1))
        beat.trouble, beat.broke, beat.is_store = None, None, False

    def _note_slow(self, beat: Beat) -> None:
        if beat.began is not None and not beat.is_slow and running_seconds() - beat.began > beat.budget:
            beat.is_slow = True
            log.warning("work.slow", row=beat.name, budget_s=beat.budget)

    async def _watch_clock(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._look_at_clock()

    def _look_at_clock(self) -> None:
        """Notice that somebody set the clock: the scheduler's next beats lie as far away as the clock was set back."""
        moved = self._between_clocks() - self._apart
        if abs(moved) < STEPPED:
            return
        self._apart += moved
        log.warning("clock.stepped", by_s=round(moved))
        self._beat_anew()
        task = asyncio.create_task(self._follow(moved), name="clock stepped")
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _follow(self, moved: float) -> None:
        try:
            await self._stepped(moved)
        except StoreError as error:
            log.warning("clock.not_followed", trouble=str(error))

    def _beat_anew(self) -> None:
        if self._scheduler is not None:
            for job in self._scheduler.get_jobs():
                job.reschedule("interval", seconds=self._rows[job.id].row.rhythm.total_seconds())

    async def stop(self, within: float) -> bool:
        """Start nothing more, let what runs end, cancel what does not; tell whether all of it ended by itself."""
        self._stopping = True
        if self._guard is not None:
            self._guard.cancel()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        running = [*self._tasks.values(), *self._background]
        if not running:
            return True
        _, late = await asyncio.wait(running, timeout=within)
        for task in late:
            log.warning("work.cancelled", row=task.get_name())
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return not late
