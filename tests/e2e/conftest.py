"""What an end-to-end test starts: the platforms as one process, daemons as others; all of it is gone when the test ends."""

from __future__ import annotations

import aiohttp
import pytest
import settings_file
from post_office import Mailbox
from processes import Daemon, Platforms, free_ports

from webcare.store.door import open_store


@pytest.fixture
async def session():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as opened:
        yield opened


@pytest.fixture
async def platforms(session):
    started = await Platforms.start(session)
    yield started
    started.stop()


@pytest.fixture
def make_daemon(tmp_path, session):
    """Make a daemon that is not started yet: its database, the platforms that it knows, and tables of its config."""
    made = []

    def make(url, platforms=None, *, name="webcare", folder=tmp_path, **changes):
        ports = free_ports(3)
        state = folder / f"state-{name}"
        state.mkdir(exist_ok=True)
        changes = {"state_folder": str(state), **changes}
        doc = settings_file.settings(folder, url, ports, platforms and platforms.addresses, **changes)
        made.append(Daemon(folder=folder, doc=doc, ports=ports, session=session, name=name))
        return made[-1]

    yield make
    for daemon in made:
        daemon.kill()


@pytest.fixture
async def mail():
    """A mail server."""
    opened = await Mailbox().open()
    yield opened
    opened.close()


@pytest.fixture
async def open_beside():
    """Open a database beside the daemon that works on it, as any other command does."""
    opened = []

    def open_(url):
        opened.append(open_store(url))
        return opened[-1]

    yield open_
    for store in opened:
        await store.close()
