"""Make the pictures of the README: the inbox on a working day at a provider that does not exist.

    .venv/bin/python tests/browser/shots.py FOLDER [--all]

Three pictures, or with --all every place in both themes and on two screens, for whoever changes how a page looks. No test runs this.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "integration")]

from browsing import DESKTOP, TELEPHONE, Visitor, started  # noqa: E402 - tests are no package
from crowd_of_a_day import Day  # noqa: E402
from inboxes import open_inbox  # noqa: E402
from places import PLACES, Place  # noqa: E402

from webcare.store import migrate  # noqa: E402
from webcare.store.door import open_store  # noqa: E402

SCREENS = {"1280": DESKTOP, "390": TELEPHONE}


async def shoot(chromium, day, folder, place, screen, *, dark):
    width, height = SCREENS[screen]
    looks = {"width": width, "height": height, "dark": dark, "touch": screen == "390"}
    async with Visitor.opened(chromium, day.inbox, **looks) as visitor:
        if place.who is not None:
            await visitor.log_in(place.who)
        await visitor.go(place.address(day))
        file = folder / f"{place.name}-{screen}-{'dark' if dark else 'light'}.png"
        await visitor.page.screenshot(path=file)
        print(file)  # noqa: T201 - a command line


async def main():
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="every page, both themes, two screens")
    parser.add_argument("--only", default="", help="with --all: pages whose name begins so")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    wanted = [("queue", "1280", False), ("case-of-mine", "1280", True), ("queue", "390", False)]
    if given.all:
        names = [place.name for place in PLACES if place.name.startswith(given.only)]
        wanted = [(name, screen, dark) for name in names for screen in SCREENS for dark in (False, True)]
    known: dict[str, Place] = {place.name: place for place in PLACES}
    with tempfile.TemporaryDirectory() as state:
        url = f"sqlite:///{state}/webcare.db"
        migrate.upgrade(url)
        store = open_store(url)
        async with started(given.chromium) as chromium, open_inbox(store) as inbox:
            day = await Day.of(inbox)
            await inbox.hire("newcomer", password=None)
            for name, screen, dark in wanted:
                await shoot(chromium, day, given.folder, known[name], screen, dark=dark)
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
