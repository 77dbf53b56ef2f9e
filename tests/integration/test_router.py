"""Which way an alert goes, what is left when there is no way, and the sign of life."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from webcare.notify.envelope import Addressed, Plain, lasting_key
from webcare.notify.router import Router, heartbeat
from webcare.ports.errors import Rejected, Unavailable
from webcare.ports.notifier import Alert

AT = datetime(2026, 11, 24, 19, 18, tzinfo=UTC)
WORDS = Plain(subject="Nog 52 min", text="Nog 52 min")


class FakeCarrier:
    def __init__(self):
        self.carried = []

    async def carry(self, envelope):
        self.carried.append(envelope)


def alert(**changes):
    values = {"key": "alert:1", "person": "noor", "method": "push", "content": {"cases": []}, "decided_at": AT}
    return Alert(**{**values, **changes})


def router(target, **changes):
    async def address(_alert):
        return None if target is None else Addressed(target=target, words=WORDS, is_grave=True)

    values = {"address": address, "apprise": FakeCarrier(), "smtp": FakeCarrier(), "now": lambda: AT}
    return Router(**{**values, **changes})


@pytest.mark.parametrize(
    ("target", "way"),
    [("mailto:noor@example.org", "smtp"), ("MAILTO:noor@example.org", "smtp"), ("ntfys://topic", "apprise"), ("", "apprise")],
)
async def test_the_scheme_decides_the_way(target, way):
    carriers = {"smtp": FakeCarrier(), "apprise": FakeCarrier()}
    await router(target, **carriers).send(alert())
    (envelope,) = carriers.pop(way).carried
    assert (envelope.target, envelope.words, envelope.is_grave, envelope.written_at) == (target, WORDS, True, AT)
    assert envelope.key == lasting_key(alert())
    assert not any(carrier.carried for carrier in carriers.values())


async def test_a_file_gets_the_facts(tmp_path):
    await router("lines:alerts.jsonl", lines_in=tmp_path).send(alert(content={"cases": [{"case": 7}]}))
    assert json.loads((tmp_path / "alerts.jsonl").read_text()) == {
        "key": "alert:1",
        "person": "noor",
        "method": "push",
        "decided_at": "2026-11-24T19:18:00Z",
        "cases": [{"case": 7}],
    }


@pytest.mark.parametrize("name", ["../up.jsonl", "/etc/cron.d/x", ".hidden", "", "a/b", "a\nb"])
async def test_a_file_is_a_bare_name_in_its_folder(tmp_path, name):
    with pytest.raises(Rejected):
        await router(f"lines:{name}", lines_in=tmp_path).send(alert())
    assert list(tmp_path.iterdir()) == []


async def test_what_the_house_does_not_have_is_refused():
    with pytest.raises(Rejected, match="mail server"):
        await router("mailto:noor@example.org", smtp=None).send(alert())
    with pytest.raises(Rejected, match="folder"):
        await router("lines:alerts.jsonl").send(alert())


async def test_an_alert_with_nowhere_to_go_says_so():
    with pytest.raises(Rejected, match="noor"):
        await router(None).send(alert())


async def test_the_last_resort_asks_nobody_for_an_address(tmp_path):
    async def broken(_alert):
        raise RuntimeError("the database is gone")

    carrier = FakeCarrier()
    house = router("", address=broken, apprise=carrier, lines_in=tmp_path)
    await house.last_resort("ntfys://topic", "De database is weg\n<b> sinds 19:02", key="database")
    await house.last_resort("lines:last.jsonl", "De database is weg", key="database")
    (envelope,) = carrier.carried
    assert (envelope.words.subject, envelope.key, envelope.is_grave) == ("De database is weg", "database", True)
    assert "&lt;b&gt; sinds 19:02" in envelope.words.html
    assert json.loads((tmp_path / "last.jsonl").read_text())["text"] == "De database is weg"


def test_no_two_alerts_share_a_key():
    """A restored or rebuilt database counts from one again, and a receiver would take the new alert for the old one."""
    later = datetime(2027, 1, 1, tzinfo=UTC)
    others = [alert(key="alert:2"), alert(person="daan"), alert(method="sms"), alert(decided_at=later)]
    assert len({lasting_key(a) for a in (alert(), alert(content={"more": 1}), *others)}) == 5


@pytest.mark.parametrize(("status", "error"), [(200, None), (204, None), (404, Rejected), (500, Unavailable)])
async def test_the_heartbeat_is_one_request(status, error):
    asked = []

    async def take(request):
        asked.append(request.path)
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/ping/s3cr3t", take)
    async with TestServer(app, host="127.0.0.1") as server, ClientSession() as session:
        url = str(server.make_url("/ping/s3cr3t"))
        if error is None:
            await heartbeat(session, url)
        else:
            with pytest.raises(error) as refused:
                await heartbeat(session, url)
            assert "s3cr3t" not in str(refused.value)
    assert asked == ["/ping/s3cr3t"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/s3cr3t", "not a url: s3cr3t"])
async def test_a_heartbeat_that_does_not_get_through_does_not_tell_its_address(url):
    gone = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = gone.sockets[0].getsockname()[1]
    gone.close()
    async with ClientSession() as session:
        with pytest.raises(Unavailable) as failed:
            await heartbeat(session, url.format(port=port))
    assert "s3cr3t" not in str(failed.value)
    assert failed.value.__suppress_context__
