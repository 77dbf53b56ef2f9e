"""The demo, put together: a folder that goes away, four platforms, a post box, and the real house between them."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from webcare import logs
from webcare.classifiers import BUILTIN, RULES, is_shipped
from webcare.cli_model import MODEL
from webcare.daemon import Daemon
from webcare.demo.agenda import Agenda
from webcare.demo.colleagues import Colleagues
from webcare.demo.furnishing import VISITOR, furnish
from webcare.demo.loopback import HERE
from webcare.demo.platforms import open_platforms
from webcare.demo.post_box import open_post_box
from webcare.demo.town import PRIVATE, ZONE
from webcare.domain.risk import HISTORY
from webcare.house import open_house
from webcare.listeners import listeners
from webcare.services import canned, sign_in
from webcare.services.passwords import Passwords
from webcare.store import risk, users

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import date

    from webcare.demo.platforms import Platforms
    from webcare.demo.post_box import PostBox
    from webcare.demo.town import Line, Town
    from webcare.house import House
    from webcare.ports.clock import Clock
    from webcare.store import Connection
    from webcare.web.serve import Listener
    from webcare.web.stage import Stage

BEGINS: Final = time(7, 30)
NEXT_DAY_AT: Final = time(0)  # when the lines of a day are put into the agenda
PORTS: Final = (8080, *range(8083, 8090))
WORKDAYS: Final = 5
ANSWERED: Final = 2  # one of so many lines is answered by an answer of its own
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none of them is taken for another


@dataclass(slots=True, kw_only=True)
class Demo:
    """Everything of it. `said` is what was said so far, in order."""

    town: Town
    clock: Clock
    platforms: Platforms
    box: PostBox
    house: House
    daemon: Daemon
    listener: Listener
    agenda: Agenda
    colleagues: Colleagues
    password: str
    address: str
    first: datetime
    said: list[Line] = field(default_factory=list)

    def plan(self, number: int) -> None:
        """Put a day of the town into the agenda, and after it the next one."""
        day = self.town.day(number, self.first.date())
        for post in day.posts:
            self.agenda.put(post.at, partial(self.platforms.post, post))
        for line in day.lines:
            self.agenda.put(line.at, partial(self._say, line))
        for deed in day.deeds:
            self.agenda.put(deed.at, partial(self.colleagues.do, deed))
        follows = datetime.combine(self.first.date() + timedelta(days=number + 1), NEXT_DAY_AT, ZONE)

        async def next_day() -> None:
            self.plan(number + 1)
            await self.colleagues.clear(self.town.lead)

        self.agenda.put(follows, next_day)

    async def _say(self, line: Line) -> None:
        await self.platforms.say(line)
        self.said.append(line)
        self.colleagues.expect(line)


def first_morning(today: datetime) -> datetime:
    """Return when the demo's first day begins: of the last working day before today, so that its dates look like now."""
    day = today.astimezone(ZONE).date() - timedelta(days=1)
    while day.weekday() >= WORKDAYS:
        day -= timedelta(days=1)
    return datetime.combine(day, BEGINS, ZONE).astimezone(UTC)


def free_port() -> int:
    """Return a port for the inbox: one that people know, else any."""
    for port in (*PORTS, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HERE, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("this machine has no free port")


def new_password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def model_of(*, lasts: bool) -> str:
    """Return who reads what the town writes: the shipped model where there is one. A day that is over in seconds does not wait for it."""
    if not lasts:
        return RULES
    return os.environ.get(MODEL) or (BUILTIN if is_shipped() else RULES)


@asynccontextmanager
async def open_demo(
    town: Town,
    clock: Clock,
    *,
    stage: Callable[[PostBox, str], Stage],
    poll_seconds: float,
    work: bool = True,
) -> AsyncIterator[Demo]:
    """Open all of it; when this ends nothing is left. Without `work` nobody does anything by themselves: a driver does.

    Raises:
        CannotStart: the house cannot be opened.
    """
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = HERE  # nothing that we ask lies beyond this machine
    first, password, port = clock.now(), new_password(), free_port()
    with tempfile.TemporaryDirectory(prefix="webcare-demo-", ignore_cleanup_errors=True) as folder:
        async with open_post_box(town, clock) as box, open_platforms(town, clock) as platforms:
            box.platforms = platforms
            day, model = first.astimezone(ZONE).date(), model_of(lasts=work)
            settings = furnish(town, Path(folder), platforms, box, port=port, first=day, poll_seconds=poll_seconds, model=model)
            logs.configure(settings.log.format, settings.log.level)
            async with open_house(settings, clock) as house:
                daemon = Daemon(house, lambda: settings)
                wake = daemon.engine.wake if work else _nothing
                await _hire(house, town, password)
                await house.store.write(_look_back, town, first.astimezone(ZONE).date())
                async with listeners(house, daemon, wake, stage=stage(box, password)) as listener:
                    host, hooks = listener.addresses("[web] hooks_listen")[0]
                    await platforms.prepare(f"http://{host}:{hooks}", {one.kind: number for number, one in house.hooks.items()})
                    agenda = Agenda()
                    demo = Demo(
                        town=town,
                        clock=clock,
                        platforms=platforms,
                        box=box,
                        house=house,
                        daemon=daemon,
                        listener=listener,
                        agenda=agenda,
                        colleagues=Colleagues(town, house, platforms, agenda),
                        password=password,
                        address=f"http://{HERE}:{port}",
                        first=first.astimezone(ZONE),
                    )
                    demo.plan(0)
                    yield demo


def _nothing(_row: str) -> None:
    """Wake nobody."""


async def _hire(house: House, town: Town, password: str) -> None:
    """Give the visitor a login, and everybody their signature."""
    passwords = Passwords()
    try:
        made = await passwords.hash(password)
    finally:
        passwords.close()
    await house.store.write(_let_in, house, town, made)


def _look_back(conn: Connection, town: Town, first: date) -> None:
    """Say how many the town's desk answered on each day of the weeks before: without them nothing could be estimated on the first day.

    They are as many as the town has answered on its first; noted as counted in days to come, so that nobody counts them anew.
    """
    answers = len(town.day(0, first).lines) // ANSWERED
    counted_at = datetime.combine(first + HISTORY * timedelta(days=2), BEGINS, ZONE)
    days = [first - timedelta(days=back) for back in range(1, HISTORY + 1)]
    risk.put_days(conn, [(day, answers) for day in days], counted_at, keep_from=days[-1])


def _let_in(conn: Connection, house: House, town: Town, made: str) -> None:
    machine = house.clock.machine()
    for one in town.staff:
        sign_in.invite(conn, one.id, secrets.token_urlsafe(32), by="demo", machine=machine)
        users.set_tastes(conn, one.id, {"signature": one.signature})
    users.set_password(conn, VISITOR, made)
    for said in town.canned:
        kind = "whatsapp" if said["channel"] == PRIVATE else said["channel"]
        values = {"language": said["language"], "channel": kind, "name": said["name"], "text": said["text"]}
        canned.add(conn, **values, by=VISITOR, now=house.clock.now())
