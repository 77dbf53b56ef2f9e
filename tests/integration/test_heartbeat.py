"""The heartbeat: somebody outside hears from us while we can work, and raises the alarm when that stops."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from structlog.testing import capture_logs

from webcare.house_work import HouseWork
from webcare.settings.model import Alerts


@pytest.fixture
async def watcher():
    """Counts the beats, and answers with what it is told to."""
    beats, answers = [], []

    async def beat(_request):
        beats.append(1)
        return web.Response(status=answers.pop(0) if answers else 200)

    app = web.Application()
    app.router.add_get("/beat/hunter2", beat)
    async with TestServer(app) as server:
        yield SimpleNamespace(url=str(server.make_url("/beat/hunter2")), beats=beats, answers=answers)


class Daemon:
    """As much of one as the heartbeat asks for; `problems` is what is in the way of its work."""

    def __init__(self, session, url, every):
        alerts = Alerts(heartbeat=SecretStr(url) if url else None, heartbeat_every=every)
        self.problems = []
        self.work = HouseWork(SimpleNamespace(settings=SimpleNamespace(alerts=alerts), session=session), self._problems)

    async def _problems(self):
        return self.problems


NOW, HOUR = timedelta(microseconds=1), timedelta(hours=1)


async def test_it_beats_and_then_waits_for_its_time(watcher):
    async with ClientSession() as session:
        often, seldom = Daemon(session, watcher.url, NOW), Daemon(session, watcher.url, HOUR)
        for _ in range(3):
            await often.work.heartbeat()
        assert len(watcher.beats) == 3
        for _ in range(3):
            await seldom.work.heartbeat()
        assert len(watcher.beats) == 4


async def test_it_is_silent_while_there_is_trouble_so_that_somebody_notices(watcher):
    async with ClientSession() as session:
        daemon = Daemon(session, watcher.url, NOW)
        daemon.problems = ["watch: the database is gone"]
        await daemon.work.heartbeat()
        assert watcher.beats == []
        daemon.problems = []
        await daemon.work.heartbeat()
        assert watcher.beats == [1]


async def test_a_watcher_that_does_not_answer_stops_nothing_and_its_address_is_in_no_log(watcher):
    watcher.answers += [500, 404]
    async with ClientSession() as session:
        daemon = Daemon(session, watcher.url, NOW)
        with capture_logs() as logged:
            await daemon.work.heartbeat()
            await daemon.work.heartbeat()
            await daemon.work.heartbeat()
    assert len(watcher.beats) == 3
    assert [line["event"] for line in logged] == ["heartbeat.failed", "heartbeat.failed"]
    assert "hunter2" not in str(logged)


async def test_without_an_address_nobody_is_told(watcher):
    async with ClientSession() as session:
        assert await Daemon(session, None, NOW).work.heartbeat() == 0
    assert watcher.beats == []
