"""One Chromium a worker, a fresh profile a test, and the inbox beside them in the same loop; what a page complains of fails its test."""

from __future__ import annotations

import os
import shutil
from contextlib import AsyncExitStack
from importlib.util import find_spec

import pytest
import pytest_asyncio
from browsing import Visitor, started
from crowd_of_a_day import Day, Stage
from inboxes import open_inbox

from webcare.store.door import open_store

in_one_loop = pytest_asyncio.fixture(loop_scope="session")


class Skip:
    """Why these may be skipped, all of it. `.ci/run` accepts neither."""

    NO_PLAYWRIGHT = "no playwright: make browser installs it"
    NO_CHROMIUM = "no Chromium: apt-get install chromium"


def pytest_collection_modifyitems(items):
    """Let the browser, the inbox and each test share a loop: what belongs to one loop cannot be waited for in another.

    All but one look are slow: `make test` has no time for more.
    """
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if item.path.name != "test_smoke.py":
                item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def chromium_file():
    """The program."""
    if find_spec("playwright") is None or find_spec("axe_playwright_python") is None:
        pytest.skip(Skip.NO_PLAYWRIGHT)
    found = shutil.which(os.environ.get("WEBCARE_TEST_CHROMIUM", "chromium"))
    if found is None:
        pytest.skip(Skip.NO_CHROMIUM)
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(chromium_file):
    """The browser, started once a worker."""
    async with started(chromium_file) as browser:
        yield browser


@in_one_loop
async def inbox(chromium, sqlite_url):
    """An empty inbox on a real socket."""
    store = open_store(sqlite_url)
    async with open_inbox(store, stage=Stage()) as opened:
        yield opened
    await store.close()


@in_one_loop
async def day(inbox):
    """The inbox in the middle of a working day: staff, and customers who wait."""
    return await Day.of(inbox)


@in_one_loop
async def visit(chromium, inbox):
    """Let somebody open a browser of their own: `await visit("noor", width=390, touch=True)`; each must end without a complaint."""
    everybody = []
    async with AsyncExitStack() as stack:

        async def visit(name=None, **looks):
            visitor = await stack.enter_async_context(Visitor.opened(chromium, inbox, **looks))
            everybody.append(visitor)
            if name is not None:
                await visitor.log_in(name)
            return visitor

        yield visit
        for visitor in everybody:
            await visitor.settle()
    for visitor in everybody:
        assert visitor.complaints == []
