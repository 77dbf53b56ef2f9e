"""The daemon's units of work, bound to a house: what it has now is asked each time, so a reload needs no new table."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from webcare.classifiers import asked_for, is_outdated
from webcare.clock import running_seconds
from webcare.house import make_clients
from webcare.lines import CannotStart
from webcare.notify.router import heartbeat
from webcare.ports.errors import OutsideError
from webcare.schedule import table
from webcare.services import channel_health, checks, community, desk, look_up, media, model_choice, model_health, peak, search
from webcare.services.carry_out import BATCH as ACT_BATCH
from webcare.services.carry_out import carry_out
from webcare.services.collect import BATCH as COLLECT_BATCH
from webcare.services.collect import collect
from webcare.services.deliver import BATCH as DELIVER_BATCH
from webcare.services.deliver import deliver
from webcare.services.forget import retention
from webcare.services.lapse import BATCH as LAPSE_BATCH
from webcare.services.lapse import lapse
from webcare.services.preflight import nightly
from webcare.services.rejudge import BATCH as REJUDGE_BATCH
from webcare.services.rejudge import rejudge
from webcare.services.remind import BATCH as REMIND_BATCH
from webcare.services.remind import remind
from webcare.services.reread import BATCH as REREAD_BATCH
from webcare.services.reread import reread
from webcare.services.risk import estimate_open
from webcare.services.settle import StaleRules
from webcare.services.summarize import summarize
from webcare.services.triage import BATCH as TRIAGE_BATCH
from webcare.services.triage import triage
from webcare.services.watch import BATCH as WATCH_BATCH
from webcare.services.watch import watch
from webcare.store import outbox, rulebooks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

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
        self._listens_since: datetime | None = None
        self._stuck: dict[int, datetime] = {}
        self._compared: int | None = None  # the choice of which it is known whether an upgrade overtook it

    def table(self) -> tuple[Work, ...]:
        return table(
            {
                "poll": (self.poll, NO_BATCH),
                "collect": (self.collect, COLLECT_BATCH),
                "triage": (self.triage, TRIAGE_BATCH),
                "wake": (self.wake, desk.WAKING),
                "reread": (self.reread, REREAD_BATCH),
                "rejudge": (self.rejudge, REJUDGE_BATCH),
                "watch": (self.watch, WATCH_BATCH),
                "lapse": (self.lapse, LAPSE_BATCH),
                "remind": (self.remind, REMIND_BATCH),
                "deliver": (self.deliver, DELIVER_BATCH),
                "letter": (self.letter, DELIVER_BATCH),
                "reply": (self.reply, DELIVER_BATCH),
                "media": (self.media, media.BATCH),
                "act": (self.act, ACT_BATCH),
                "look_up": (self.look_up, look_up.BATCH),
                "deleted": (self.deleted, NO_BATCH),
                "community": (self.community, NO_BATCH),
                "search": (self.search, search.BATCH),
                "risk": (self.risk, NO_BATCH),
                "channels": (self.channels, NO_BATCH),
                "model": (self.model, NO_BATCH),
                "peak": (self.peak, NO_BATCH),
                "silence": (self.silence, NO_BATCH),
                "checks": (self.checks, NO_BATCH),
                "digest": (self.digest, NO_BATCH),
                "preflight": (self.preflight, NO_BATCH),
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
        return await self._decide(lambda: triage(house.store, house.judge, house.rules, house.clock.now(), stuck=self._stuck))

    async def reread(self) -> int:
        """Judge again what a stand-in judged, once the model is there."""
        house = self._house
        return await self._decide(lambda: reread(house.store, house.judge, house.rules, house.clock.now()))

    async def rejudge(self) -> int:
        """Let open cases go by the newest rule book; where that is not ours, learn it: pages show their cases by it."""
        house = self._house
        found = await self._decide(lambda: rejudge(house.store, house.rules, house.clock.now()))
        if house.stale is not None and (books := house.rules.books) is not None:
            books.learn(await house.store.read(rulebooks.contents, since=books.newest))
        return found

    async def _decide(self, unit: Callable[[], Awaitable[int]]) -> int:
        """Do what decides by the rule book: nothing while another daemon works by a newer one."""
        house = self._house
        if house.stale is not None:
            return 0
        try:
            return await unit()
        except StaleRules as stale:
            log.error("watch.stale_rules", why=str(stale))  # noqa: TRY400 - it is a sentence for the operator
            house.stale = str(stale)
            return 0

    async def wake(self) -> int:
        house = self._house
        return 0 if house.stale is not None else await desk.wake_due(house.store, house.rules, house.clock.now())

    async def watch(self) -> int:
        house = self._house

        async def sweep() -> int:
            return (await watch(house.store, house.rules, house.clock.now())).cases

        return await self._decide(sweep)

    async def lapse(self) -> int:
        """Give cases back that nobody works on although somebody has them."""
        house = self._house
        return await self._decide(lambda: lapse(house.store, house.rules, house.clock.now()))

    async def remind(self) -> int:
        """Look again at alerts that nobody has answered."""
        house = self._house
        return await self._decide(lambda: remind(house.store, house.rules, house.clock.now()))

    async def deliver(self) -> int:
        house = self._house
        return await deliver(house.store, house.post, house.rules, house.clock, kinds=(outbox.ALERT,))

    async def letter(self) -> int:
        house = self._house
        return await deliver(house.store, house.post, house.rules, house.clock, kinds=(outbox.LETTER,))

    async def reply(self) -> int:
        house = self._house
        return await deliver(house.store, house.post, house.rules, house.clock, kinds=(outbox.REPLY,))

    async def media(self) -> int:
        """Fetch what customers sent along."""
        house = self._house
        return await media.fetch(house.store, house.fetchers, house.clock, house.holder, most=house.settings.media.most)

    async def act(self) -> int:
        """Hide and like what people pressed."""
        return await carry_out(self._house.store, self._house.post, self._house.clock)

    async def look_up(self) -> int:
        """Ask for the posts above new cases, and for words that we were not told."""
        house = self._house
        keep_for, roots = house.settings.retention.raw_bodies, house.settings.look_up.roots
        return await look_up.look_up(house.store, house.running, house.clock, house.holder, keep_for=keep_for, roots=roots)

    async def deleted(self) -> int:
        """See which messages of open cases are gone."""
        house = self._house
        if not house.settings.look_up.deleted:
            return 0
        keep_for = house.settings.retention.raw_bodies
        return await look_up.see_deleted(house.store, house.running, house.clock, house.holder, keep_for=keep_for)

    async def community(self) -> int:
        """See whether other customers answered."""
        return await community.look(self._house.store, self._house.clock)

    async def search(self) -> int:
        return await search.index(self._house.store)

    async def risk(self) -> int:
        house = self._house
        return await estimate_open(house.store, house.rules, house.clock, house.holder, zone=house.settings.house.zone)

    async def channels(self) -> int:
        house = self._house
        await make_clients(house)
        after = house.settings.alerts.trouble_after
        return await channel_health.check(house.store, house.running, house.clock, house.holder, trouble_after=after)

    async def model(self) -> int:
        """Ask for the model that somebody chose meanwhile, or once more for the one that did not load; tell how it stands."""
        house, judge = self._house, self._house.judge
        place = model_health.Place(machine=socket.gethostname(), brand=house.settings.house.brand)
        news = await model_health.look(house.store, judge.judging(), place, house.clock)
        choice = await house.store.read(model_choice.in_force)
        source = asked_for(house.settings.sentiment.model, choice)
        if judge.wants_anew(source.key, again=model_health.AGAIN.total_seconds()):
            log.info("model.loading", asked=source.key)
            judge.ask_for(source.key, source.load)
        if house.settings.sentiment.model is None and choice is not None and choice.id != self._compared:
            with suppress(CannotStart):  # of that people hear by `look`, and the folder may come back
                if await asyncio.to_thread(is_outdated, choice):
                    await house.store.write(model_choice.outdated, choice, now=house.clock.now())
                self._compared = choice.id
        return int(news is not None)

    async def silence(self) -> int:
        house = self._house
        self._listens_since = began = self._listens_since or house.clock.machine()
        zone = house.settings.house.zone
        return await channel_health.listen(house.store, house.accounts, house.clock, house.holder, zone=zone, began=began)

    async def peak(self) -> int:
        """See whether it is busier than it ever is, and tell what was gathered of a peak that runs."""
        house = self._house
        return await peak.beat(house.store, house.clock, zone=house.settings.house.zone)

    async def checks(self) -> int:
        """Draw what people may look at of the week that is over."""
        house = self._house
        return await checks.draw(house.store, house.clock, zone=house.settings.house.zone)

    async def digest(self) -> int:
        """Queue the letters whose morning has come."""
        house = self._house
        return await summarize(house.store, house.clock, zone=house.settings.house.zone, brand=house.settings.house.brand)

    async def preflight(self) -> int:
        """Look once a night whether alerts would find somebody."""
        house = self._house
        return await nightly(
            house.store,
            house.clock,
            house.holder,
            zone=house.settings.house.zone,
            brand=house.settings.house.brand,
            check=self._why_not,
            has_last_resort=house.settings.alerts.last_resort is not None,
        )

    async def _why_not(self, target: str) -> str | None:
        """Return why nothing will ever be delivered to a target; None when something may."""
        try:
            await asyncio.to_thread(self._house.router.check, target)
        except OutsideError as error:
            return str(error)
        return None

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
