"""The channels: do we hear everybody? What is wrong in a sentence, then each with its figures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from aiohttp import web
from babel.numbers import format_currency, format_decimal

from webcare.letters.alert import harmless
from webcare.letters.speech import speech
from webcare.letters.why import plain
from webcare.services import channels_view, model_health, queue
from webcare.services.channels_view import Standing
from webcare.web.here import HERE
from webcare.web.say import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from webcare.domain.budget import Bill
    from webcare.services.channels_view import ChannelFacts, Channels
    from webcare.services.model_health import ModelState
    from webcare.services.sign_in import Visitor
    from webcare.web.here import Here
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

REASON: Final = 200  # characters
LONGEST: Final = 300
CONNECTS: Final = frozenset({Standing.STOPPED, Standing.EXPIRING})  # what new keys put right
HEARD: Final = frozenset({Standing.SILENT, Standing.FEW})  # troubles that began in the world's time
MARKS: Final = {True: "warn", False: "half"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is wrong with a channel, in sentences; `connect` is the command that puts it right."""

    is_bad: bool
    said: str
    more: tuple[str, ...]
    connect: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A channel as the template draws it. `share` is what is spent of the budget, in per cent."""

    facts: ChannelFacts
    look: str
    mark: str
    since: str
    note: str
    heard: str
    success: str
    lag: str
    cost: str
    budget: str
    forecast: str
    dollars: str
    is_over: bool
    share: float | None
    token: str
    ends_soon: bool
    replies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    channel: str
    moment: str
    where: str
    reason: str
    start: str


class ChannelsPage:
    """The handler."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/channels", self.channels)]

    async def channels(self, request: web.Request) -> web.StreamResponse:
        """Show how each channel fares."""
        here, now, machine = request[HERE], self._clock.now(), self._clock.machine()
        found, counts, models = await asyncio.gather(
            self._inbox.door.read(
                channels_view.look, self._inbox.channels(), now=now, machine=machine, newest=_may_see_bodies(here.who)
            ),
            self._inbox.door.read(queue.counts, now=now, person=here.who.id),
            self._inbox.door.read(model_health.in_trouble, machine),
        )
        draws = _Drawing(self._pages.say(here), say(here.language, here.who.zone, machine), here)
        return self._pages.page(
            request,
            "channels.html",
            counts=counts,
            found=found,
            calls=[draws.call(one) for one in found.troubled],
            models=[draws.model(one) for one in models],
            rows=[draws.row(one) for one in found.channels],
            backlog=draws.backlog(found),
            unread_count=sum(one.unreadable for one in found.channels) + found.strangers,
            unread=list(draws.unread(found)),
            may_see=_may_see_bodies(here.who),
        )


def _may_see_bodies(who: Visitor) -> bool:
    """What could not be read may hold anything; auditors look after people, not after bodies."""
    return who.leads


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Puts facts into words: `world` for what customers do, `machine` for what we do."""

    world: Say
    machine: Say
    here: Here

    def call(self, one: ChannelFacts) -> Call:
        words, standing = self.world.words.channels, one.standing
        since = one.expires_at if standing is Standing.EXPIRING else one.since
        clock = self.world if standing in HEARD else self.machine
        seen, usual = one.few or (0, 0)
        values = {"name": self._name(one), "moment": "" if since is None else clock.moment(since), "seen": seen, "usual": usual}
        said = words.standings[standing].format(**values)
        more = [words.late_by.format(span=self.world.span(one.lag))] if standing is Standing.BEHIND and one.lag else []
        reason = self._reason(one)
        more += [words.reason.format(reason=reason.rstrip(". "))] if reason and standing is not Standing.EXPIRING else []
        more.append(words.todos[standing])
        if one.told_at is not None:
            more.append(words.told.format(moment=self.machine.moment(one.told_at)))
        command = f"webcare channels connect {one.account.name}" if standing in CONNECTS and self.here.who.leads else None
        return Call(is_bad=standing.is_bad, said=said, more=tuple(more), connect=command)

    def model(self, one: ModelState) -> Call:
        """Say that the model of a machine does not load, and who answers."""
        words = self.world.words.channels
        said = words.model_rules if one.is_stand_in else words.model_kept
        reason = harmless(one.trouble or "", REASON, speech(self.here.language, self.world.zone))
        more = (words.reason.format(reason=reason.rstrip(". ")), words.model_todo)
        moment = self.machine.moment(one.since)
        return Call(is_bad=False, said=said.format(machine=one.machine, moment=moment), more=more, connect=None)

    def _name(self, one: ChannelFacts) -> str:
        return self.world.named_channel(one.account, is_only=one.is_only)

    def _reason(self, one: ChannelFacts) -> str:
        return harmless(one.reason or "", REASON, speech(self.here.language, self.world.zone))

    def row(self, one: ChannelFacts) -> Row:
        words, standing = self.world.words.channels, one.standing
        clock = self.world if standing in HEARD else self.machine
        shows_since = standing.is_trouble and standing not in {Standing.BEHIND, Standing.EXPIRING} and one.since is not None
        return Row(
            facts=one,
            look="ok" if standing is Standing.WORKS else "stop" if standing.is_bad else "slow" if standing.is_trouble else "",
            mark="check" if standing is Standing.WORKS else MARKS[standing.is_bad or standing is Standing.FAILING],
            since=words.since.format(moment=clock.moment(one.since)) if shows_since and one.since is not None else "",
            note=self._reason(one),
            heard=words.never if one.heard_at is None else self.world.moment(one.heard_at),
            success=words.never if one.succeeded_at is None else self._ago(one.succeeded_at),
            lag=words.unknown if one.lag is None else self.world.span(one.lag),
            cost=self._number(one.cost),
            budget="" if one.budget is None else words.of_budget.format(budget=self._number(one.budget)),
            forecast="" if one.forecast is None else words.forecast.format(forecast=self._number(one.forecast)),
            dollars=self._dollars(one.bill),
            is_over=one.budget is not None and one.forecast is not None and one.forecast > one.budget,
            share=None if one.budget is None else round(min(100.0, 100 * one.cost / one.budget), 1),
            token=self._token(one),
            ends_soon=standing is Standing.EXPIRING or (one.token_left is not None and one.token_left.total_seconds() <= 0),
            replies=tuple(self._replies(one)),
        )

    def _token(self, one: ChannelFacts) -> str:
        words = self.world.words.channels
        if one.token_left is None:
            return words.no_end
        return self.world.span(one.token_left) if one.token_left.total_seconds() > 0 else words.ended

    def _replies(self, one: ChannelFacts) -> Iterator[str]:
        words = self.world.words.channels
        if one.waiting:
            yield self.world.count(words.waiting, one.waiting)
        if one.held:
            yield self.world.count(words.held, one.held)
        if not one.waiting and not one.held:
            yield words.nothing

    def _ago(self, at: datetime) -> str:
        """Say how long ago we did something: where the world's time runs at another pace, an hour of ours would tell nothing."""
        return self.world.words.channels.ago.format(span=self.machine.span(max(self.machine.now - at, timedelta(0))))

    def _number(self, number: int) -> str:
        return format_decimal(number, locale=self.world.words.locale)

    def _dollars(self, bill: Bill | None) -> str:
        """Say what reading has cost in money, and what the month will cost."""
        if bill is None:
            return ""
        words = self.world.words.channels
        paid = format_currency(bill.dollars, "USD", locale=self.world.words.locale)
        if bill.forecast is None:
            return paid
        return f"{paid}, " + words.forecast.format(forecast=format_currency(bill.forecast, "USD", locale=self.world.words.locale))

    def backlog(self, found: Channels) -> str:
        words = self.world.words.channels
        return "" if found.waiting_for is None else words.backlog.format(span=self.world.span(found.waiting_for))

    def unread(self, found: Channels) -> Iterator[Unreadable]:
        words = self.world.words.channels
        names = {one.account.id: self._name(one) for one in found.channels}
        for one in found.unread:
            yield Unreadable(
                channel=names.get(one.channel or "", one.channel or words.nobodys),
                moment=self.machine.moment(one.heard_at),
                where=plain(one.where or words.whole_body, LONGEST),
                reason=plain(one.reason, LONGEST),
                start=plain(one.start, LONGEST),
            )
