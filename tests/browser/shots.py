"""Make the pictures of the README: the inbox on a working day at a provider that does not exist.

    .venv/bin/python tests/browser/shots.py FOLDER [--all]

A queue, a case on a telephone and the letter of the day; with --all also every place in both themes and on two screens, for whoever
changes how a page looks. No test runs this.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "integration")]

from browsing import TELEPHONE, Visitor, started  # noqa: E402 - tests are no package
from crowd_of_a_day import Day, Stage  # noqa: E402
from fakes import MONDAY  # noqa: E402
from inboxes import open_inbox  # noqa: E402
from places import PLACES, Place  # noqa: E402

from webcare.domain.digest import Period  # noqa: E402
from webcare.letters.digest import letter  # noqa: E402
from webcare.services.summarize import digest_for  # noqa: E402
from webcare.store import migrate  # noqa: E402
from webcare.store.door import open_store  # noqa: E402

SCREENS = {"1280": (1280, 700), "390": TELEPHONE}
README = {"queue-english": ("1280", False), "case-private": ("390", True)}  # and the letter


async def shoot(chromium, day, folder, place, screen, *, dark):
    width, height = SCREENS[screen]
    looks = {"width": width, "height": height, "dark": dark, "touch": screen == "390"}
    async with Visitor.opened(chromium, day.inbox, **looks) as visitor:
        if place.who is not None:
            await visitor.log_in(place.who)
        await visitor.go(place.address(day))
        if place.opens:
            await visitor.page.eval_on_selector_all(place.opens, "all => all.forEach((one) => { one.open = true })")
        file = folder / f"{place.name}-{screen}-{'dark' if dark else 'light'}.png"
        await visitor.page.screenshot(path=file)
        print(file)  # noqa: T201 - a command line


async def shoot_letter(chromium, day, folder):
    """The digest letter of that day, as a mail program shows it."""
    await day.answered_until_night()
    period = Period(day=MONDAY.date(), zone="Europe/Amsterdam")
    found = await digest_for(day.inbox.store, period, day.now)
    shown = letter(found, language="en", zone=ZoneInfo(period.zone), now=day.now, public_url="https://webcare.example")
    context = await chromium.new_context(viewport={"width": 640, "height": 860}, color_scheme="light")
    page = await context.new_page()
    await page.set_content(shown.html)
    file = folder / "digest.png"
    await page.screenshot(path=file)
    await context.close()
    print(file)  # noqa: T201 - a command line


async def main():
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="every page, both themes, two screens")
    parser.add_argument("--only", default="", help="with --all: pages whose name begins so")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    wanted = [(name, *shown) for name, shown in README.items()]
    if given.all:
        names = [place.name for place in PLACES if place.name.startswith(given.only) and "{letter}" not in place.path]
        wanted = [(name, screen, dark) for name in names for screen in SCREENS for dark in (False, True)]
    known: dict[str, Place] = {place.name: place for place in PLACES}
    with tempfile.TemporaryDirectory() as state:
        url = f"sqlite:///{state}/webcare.db"
        migrate.upgrade(url)
        store = open_store(url)
        async with started(given.chromium) as chromium, open_inbox(store, stage=Stage() if given.all else None) as inbox:
            day = await Day.of(inbox)
            await inbox.hire("newcomer", password=None)
            if given.all:
                day.alert_path = await day.alert()
                await day.ways()
            for name, screen, dark in wanted:
                await shoot(chromium, day, given.folder, known[name], screen, dark=dark)
            if not given.only:
                await shoot_letter(chromium, day, given.folder)
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
