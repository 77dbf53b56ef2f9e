"""How soon a case that has just been kept is in a page that somebody has open: the stream tells of it, and the page fetches its rows.

The real inbox on a real socket, over the long history of `inbox.py`. As with a step that comes due it is the rhythm of the looks that is
measured, so that the reference is the figure of the requirements. What a browser adds, a test with a real one shows.
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from inbox import CLOSED, OPEN, long_history
from rounds import Bench

from webcare.store.door import open_store

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))
from fakes import said
from inboxes import MONDAY, PASSWORD, open_inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inboxes import Person

REQUIRED = 1.5  # seconds
LONG_AGO, MINUTE = timedelta(days=20), timedelta(minutes=1)  # its deadline is before all others
NAMES = count(1)


async def _round(url: str, cases: int, rng: random.Random) -> float:
    """Return the second slowest of so many."""
    store, loop, taken = open_store(url), asyncio.get_running_loop(), []
    try:
        async with open_inbox(store) as inbox:
            name = f"noor{next(NAMES)}"
            await inbox.hire(name, password=PASSWORD)
            noor = await inbox.browser()
            assert await noor.log_in(name) == 303
            for _ in range(cases):
                number = next(NAMES)
                customer, at = f"klant{number}", MONDAY - LONG_AGO - number * MINUTE  # always the first row
                shown = asyncio.create_task(_seen(noor, customer))
                await asyncio.sleep(rng.uniform(0.6, 1.2))  # the page is open, at whatever moment of the rhythm
                await inbox.desk.hear(said(customer, f"wanneer komt mijn bank, vraagt {customer}?", at, by=customer), now=MONDAY)
                begun = loop.time()
                taken.append(await shown - begun)
    finally:
        await store.close()
    return sorted(taken)[-2]


async def _seen(noor: Person, customer: str) -> float:
    """Return when the rows held a customer, looked for each time that the stream told of a change."""
    loop = asyncio.get_running_loop()
    async with noor.session.get(f"{noor.base}/events") as stream, asyncio.timeout(30):
        while True:
            await stream.content.readuntil(b"\n\n")
            assert await noor.get("/queue/rows?limit=25", **{"HX-Request": "true"}) == 200
            if customer in noor.text:
                return loop.time()


def screen(folder: Path, opened: int = OPEN, closed: int = CLOSED, cases: int = 20) -> Iterator[Bench]:
    file = folder / "whole.db"
    url = f"sqlite:///{file}" if file.exists() else long_history(file, opened, closed)
    rng = random.Random(7)
    yield Bench(
        name="inbox.screen.p95",
        unit="ms",
        against="1.5 s",
        ours=lambda: asyncio.run(_round(url, cases, rng)),
        theirs=lambda: REQUIRED,
        limit=1,
        required=f"a new case on the screen within 1.5 s of its commit, {opened} open cases",
    )
