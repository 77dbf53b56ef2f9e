"""`webcare demo --once`: one day of the town, as fast as this machine can, and the letter of the next morning.

    next of: a line of the town, a colleague, a rung of a ladder --> the clock jumps there --> work until nothing is left to do --> next

Nothing waits for a time of the machine: a slow one takes longer and ends with the same day.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from webcare.demo.town import ZONE
from webcare.house_work import HouseWork
from webcare.schedule import ENDLESS
from webcare.store import waiting
from webcare.web.stage import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from webcare.clock import VirtualClock
    from webcare.demo.agenda import Act
    from webcare.demo.opening import Demo
    from webcare.web.stage import Told

ENDS: Final = time(8, 5)
MORNING: Final = time(8)
IN_TURN: Final = (
    "collect",
    "media",
    "triage",
    "wake",
    "lapse",
    "watch",
    "remind",
    "deliver",
    "letter",
    "reply",
    "digest",
    "letter",
    "search",
)


class CannotBeSo(Exception):  # noqa: N818 - it is what happened
    """Something that must happen on every such day did not."""


class Account:
    """Tells what happens, a line each, and remembers how much it was."""

    def __init__(self, demo: Demo, say: Callable[[str], None]) -> None:
        self._demo = demo
        self._say = say
        self._known: set[str] = set()
        self._cases: set[int] = set()
        self._placed = 0
        self.counts = dict.fromkeys(("cases", "alerts", "answers", "letters"), 0)

    async def look(self) -> None:
        """Tell of what is new."""
        for line in self._demo.said[self._placed :]:
            case = await self._demo.colleagues.case_of(line)
            if case is not None and case.id not in self._cases:
                self._cases.add(case.id)
                self._tell("cases", f"case {case.id} opened: {line.who.name} on {line.channel}, {case.urgency.value}")
        self._placed = len(self._demo.said)
        for told in reversed(self._demo.box.told()):
            if told.key not in self._known:
                self._known.add(told.key)
                self._received(told)

    def _received(self, told: Told) -> None:
        if told.way is Way.CUSTOMER:
            self._tell("answers", f"answered: {told.to} on {told.by.partition(':')[0]}")
        elif self._demo.box.is_daily(told):
            self._tell("letters", f"letter to {told.to}: {told.subject}")
        else:
            self._tell("alerts", f"alert to {told.to}: {told.subject}")

    def _tell(self, what: str, text: str) -> None:
        self.counts[what] += 1
        self._say(f"{self._demo.clock.now().astimezone(ZONE):%H:%M}  {text}")


async def play_day(demo: Demo, clock: VirtualClock, say: Callable[[str], None]) -> Told:
    """Play a day until the next morning's letter is there, and return that letter.

    Raises:
        CannotBeSo: the day went as no day of the town can go.
    """
    tomorrow = demo.first.date() + timedelta(days=1)
    end = datetime.combine(tomorrow, ENDS, ZONE)
    demo.agenda.put(datetime.combine(tomorrow, MORNING, ZONE), _nothing)
    account = Account(demo, say)
    await play_until(demo, clock, end, account.look)
    for what, count in account.counts.items():
        if not count:
            raise CannotBeSo(f"the day is over, and there were no {what}")
    return [one for one in demo.box.told() if demo.box.is_daily(one)][-1]


async def play_until(demo: Demo, clock: VirtualClock, end: datetime, look: Act | None = None) -> None:
    """Let everything happen until then, and look after each thing.

    Raises:
        CannotBeSo: the work at one instant does not come to an end.
    """
    work = _Work(demo)
    await work.until_done()
    while (at := await _next(demo)) is not None and at <= end:
        clock.jump(at)
        await demo.platforms.pass_time()
        await demo.agenda.play(clock.now())
        await work.until_done()
        if look is not None:
            await look()


async def _nothing() -> None:
    """Be there: the clock stops at this time too."""


async def _next(demo: Demo) -> datetime | None:
    """Return when something happens next: in the agenda, at a case, or with what waits to be sent."""
    now = demo.clock.now()
    _, *found = await demo.house.store.read(waiting.horizon)
    coming = [at for at in found if at is not None and at > now]
    if demo.agenda.next_at is not None:
        coming.append(demo.agenda.next_at)
    return min(coming, default=None)


class _Work:
    """The daemon's table of work, driven by hand."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self._rows = {work.row.name: work for work in HouseWork(demo.house, demo.daemon.problems).table()}
        self._polled: tuple[int, ...] | None = None

    async def until_done(self) -> None:
        """Do all that there is to do at this instant.

        Raises:
            CannotBeSo: it does not come to an end.
        """
        await self._demo.platforms.settle()
        if (mark := self._demo.platforms.mark_of_polled()) != self._polled:
            self._polled = mark
            await self._rows["poll"].unit()
        for _ in range(ENDLESS):
            done = 0
            for name in IN_TURN:
                done += await self._rows[name].unit()
            if not done:
                return
            await self._demo.platforms.settle()
        raise CannotBeSo("the work at one instant does not come to an end")
