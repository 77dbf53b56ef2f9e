"""`webcare run`: the daemon's life, from its first look at the database to its last word to systemd.

    settings -> house -> listeners -> engine -> first sweep ended: READY
    SIGHUP   read the settings again, apply what can be applied, say what needs a restart
    SIGTERM  accept nothing more, let what runs end within ten seconds, close the database

The watchdog is fed by a sweep that ended, well or badly: a process that hangs is killed, a database that is gone is not this process's
fault and shows in /readyz, in the heartbeat that is no longer sent, and through the last resort, which needs no database.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import structlog

from webcare import logs, sd_notify
from webcare.clock import running_seconds
from webcare.engine import Engine
from webcare.house import follow_clock, open_house, reload_house
from webcare.house_work import HouseWork
from webcare.lines import DONE, CannotStart
from webcare.listeners import listeners
from webcare.ports.errors import OutsideError
from webcare.settings import load
from webcare.web.health import Sweep

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from webcare.engine import Beat
    from webcare.house import House
    from webcare.settings import Settings
    from webcare.web.serve import Listener

log = structlog.get_logger()

DRAIN = 10.0  # seconds that running work has to end
ALIVE = 60.0  # seconds without a sweep after which nobody should call this alive
FRESH = 5.0  # the same for being ready to work
WATCH = "watch"


def run(arguments: Namespace) -> int:
    """Run until a signal ends it and return the exit status.

    Raises:
        CannotStart: settings, database or an address do not let it.
    """
    settings = load(arguments.config)
    logs.configure(settings.log.format, settings.log.level)
    return asyncio.run(_run(settings, lambda: load(arguments.config)))


async def _run(settings: Settings, reread: Callable[[], Settings]) -> int:
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings))
        daemon = Daemon(house, reread)
        listener = await stack.enter_async_context(listeners(house, daemon, daemon.engine.wake))
        await daemon.live(listener)
    log.info("daemon.stopped")
    return DONE


class Daemon:
    """The engine with its signals, and what is to be said of its health."""

    def __init__(self, house: House, reread: Callable[[], Settings]) -> None:
        self._house = house
        self._reread = reread
        self._stop = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()
        self._cried = False
        self._began = running_seconds()
        self.engine = Engine(HouseWork(house, self.problems).table(), self._on_ended, lambda by: follow_clock(house, by))

    # --- life ---

    async def live(self, listener: Listener) -> None:
        """Work until a signal ends it."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        try:
            await self.work(listener)
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        self._stop.set()

    async def work(self, listener: Listener) -> None:
        """Work until told to stop, then drain."""
        self.engine.start()
        try:
            await self._stop.wait()
        finally:
            sd_notify.notify("STOPPING=1")
            log.info("daemon.draining")
            drained, _ = await asyncio.gather(self.engine.stop(DRAIN), listener.stop())
            if not drained:
                log.warning("daemon.not_drained", within_s=DRAIN)

    def _tell_ready(self) -> None:
        log.info("daemon.ready", after_s=round(running_seconds() - self._began, 2), channels=len(self._house.accounts))
        sd_notify.notify(f"READY=1\nSTATUS=watching {len(self._house.accounts)} channels")

    def _on_ended(self, beat: Beat) -> None:
        if beat.name != WATCH:
            return
        if beat.runs == 1 and not self._stop.is_set():
            self._tell_ready()
        sd_notify.notify("WATCHDOG=1")
        self._cry_for_help(beat)

    # --- trouble ---

    def _cry_for_help(self, beat: Beat) -> None:
        """Tell the last resort when the database stays away, and when it is back: the one alert that needs no database."""
        after = self._house.settings.alerts.trouble_after.total_seconds()
        lasts = beat.is_store and beat.broke is not None and running_seconds() - beat.broke >= after
        if lasts == self._cried or (not lasts and beat.trouble is not None):
            return
        self._cried = lasts
        text = (
            f"webcare cannot use its database\n{beat.trouble}\nNothing that arrives is lost: platforms send again, but no alert goes out."
            if lasts
            else "webcare can use its database again\nAlerts that were due meanwhile go out now."
        )
        self._spawn(self._last_resort(text, key=f"database:{int(beat.broke or beat.runs)}"))

    async def _last_resort(self, text: str, *, key: str) -> None:
        try:
            await self._house.last_resort(text, key=key)
        except OutsideError as error:
            log.error("last_resort.not_told", trouble=type(error).__name__)  # noqa: TRY400 - its traceback may hold an address

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # --- health ---

    def last_sweep(self) -> Sweep:
        """Return how long ago the last sweep ended, and how long it took."""
        return Sweep(age=self._sweep_age(), took=self.engine.beats[WATCH].took)

    def is_alive(self) -> bool:
        """Tell whether sweeps still end."""
        return self._sweep_age() < ALIVE

    async def problems(self) -> list[str]:
        """Return why this daemon is not ready, in words without secrets; nothing when it is."""
        found = [f"{beat.name}: {beat.trouble}" for beat in self.engine.beats.values() if beat.trouble is not None]
        found += self._house.locked.values()
        if self._house.stale is not None:
            found.append(self._house.stale)
        if self._stop.is_set():
            found.append("draining")
        if self._sweep_age() >= FRESH:
            found.append(f"no sweep has ended for {self._sweep_age():.0f} s")
        return found

    def _sweep_age(self) -> float:
        beat = self.engine.beats[WATCH]
        return running_seconds() - (beat.ended if beat.ended is not None else self._began)

    # --- settings ---

    def _hang_up(self) -> None:
        self._spawn(self._reload())

    async def _reload(self) -> None:
        sd_notify.notify(f"RELOADING=1\nMONOTONIC_USEC={int(running_seconds() * 1_000_000)}")
        try:
            settings = await asyncio.to_thread(self._reread)
            plan = await reload_house(self._house, settings)
        except CannotStart as error:
            log.error("settings.refused", why=str(error))  # noqa: TRY400 - it is a sentence for the operator
        else:
            log.info("settings.reloaded", applied=plan.applies, needs_restart=plan.needs_restart, only_seeds=plan.only_seeds)
        with suppress(OSError):
            sd_notify.notify("READY=1")
