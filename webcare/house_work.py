"""The daemon's units of work, bound to a house: what it has now is asked each time, so a reload needs no new table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from webcare.clock import running_seconds
from webcare.house import make_clients
from webcare.notify.router import heartbeat
from webcare.ports.errors import OutsideError
from webcare.schedule import table
from webcare.services import channel_health, desk, search
from webcare.services.collect import BATCH as COLLECT_BATCH
from webcare.services.collect import collect
from webcare.services.deliver import BATCH as DELIVER_BATCH
from webcare.services.deliver import deliver
from webcare.services.forget import retention
from webcare.services.summarize import summarize
from webcare.services.triage import BATCH as TRIAGE_BATCH
from webcare.services.triage import triage
from webcare.services.watch import BATCH as WATCH_BATCH
from webcare.services.watch import StaleRules, watch
from webcare.store import outbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from webcare.house import House
    from webcare.schedule import Work

    Problems = Callable[[], Awaitable[list[str]]]

log = structlog.get_logger()

NO_BATCH = 1_000_000  # a unit that does all there is in one call


class HouseWork:
    """Each method does one batch and returns how much that was. `problems` says why the daemon is not ready."""

    def __init__(self, house: House, problems: Problems) -> None:
        self._house = house
        self._problems = problems
        self._beaten: float | None = None

    def table(self) -> tuple[Work, ...]:
        return table(
            {
                "poll": (self.poll, NO_BATCH),
                "collect": (self.collect, COLLECT_BATCH),
                "triage": (self.triage, TRIAGE_BATCH),
                "wake": (self.wake, desk.WAKING),
                "watch": (self.watch, WATCH_BATCH),
                "deliver": (self.deliver, DELIVER_BATCH),
                "letter": (self.letter, DELIVER_BATCH),
                "reply": (self.reply, DELIVER_BATCH),
                "search": (self.search, search.BATCH),
                "channels": (self.channels, NO_BATCH),
                "silence": (self.silence, NO_BATCH),
                "digest": (self.digest, NO_BATCH),
                "heartbeat": (self.heartbeat, NO_BATCH),
                "retention": (self.retention, NO_BATCH),
            }
        )

    async def poll(self) -> int:
        return await self._house.poller.beat(self._house.running)

    async def collect(self) -> int:
        house = self._house
        return await collect(house.store, house.readers, house.rules, house.clock)

    async def triage(self) -> int:
        house = self._house
        return await triage(house.store, house.classifier, house.rules, house.clock.now())

    async def wake(self) -> int:
        house = self._house
        return 0 if house.stale is not None else await desk.wake_due(house.store, house.rules, house.clock.now())

    async def watch(self) -> int:
        house = self._house
        try:
            found = await watch(house.store, house.rules, house.clock.now())
        except StaleRules as stale:
            if house.stale is None:
                log.error("watch.stale_rules", why=str(stale))  # noqa: TRY400 - it is a sentence for the operator
            house.stale = str(stale)
            return 0
        return found.cases

    async def deliver(self) -> int:
        house = self._house
        return await deliver(house.store, house.post, house.rules, house.clock, kinds=(outbox.ALERT,))

    async def letter(self) -> int:
        house = self._house
        return await deliver(house.store, house.post, house.rules, house.clock, kinds=(outbox.LETTER,))

    async def reply(self) -> int:
        house = self._house
        return await deliver(house.store, house.post, house.rules, house.clock, kinds=(outbox.REPLY,))

    async def search(self) -> int:
        return await search.index(self._house.store)

    async def channels(self) -> int:
        house = self._house
        await make_clients(house)
        after = house.settings.alerts.trouble_after
        return await channel_health.check(house.store, house.running, house.clock, house.holder, trouble_after=after)

    async def silence(self) -> int:
        house = self._house
        zone = house.settings.house.zone
        return await channel_health.listen(house.store, house.accounts, house.clock, house.holder, zone=zone)

    async def digest(self) -> int:
        """Queue the letters whose morning has come."""
        house = self._house
        return await summarize(house.store, house.clock, zone=house.settings.house.zone, brand=house.settings.house.brand)

    async def heartbeat(self) -> int:
        """Tell the watcher outside that we live, while we are able to work: its silence is the alarm."""
        alerts = self._house.settings.alerts
        target, now = alerts.heartbeat, running_seconds()
        is_early = self._beaten is not None and now - self._beaten < alerts.heartbeat_every.total_seconds()
        if target is None or is_early or await self._problems():
            return 0
        self._beaten = now
        try:
            await heartbeat(self._house.session, target.get_secret_value())
        except OutsideError as error:
            log.warning("heartbeat.failed", trouble=str(error))
        return 1

    async def retention(self) -> int:
        house = self._house
        await retention(house.store, house.settings.retention, house.clock)
        await search.tidy(house.store)
        return 1
