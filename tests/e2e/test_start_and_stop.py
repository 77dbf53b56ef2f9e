"""The daemon's life as its operator and systemd see it: ready, asked to end, asked to read its settings again, refused."""

from __future__ import annotations

import asyncio
import socket
import sqlite3

import knocking
import ledger
import pytest
import settings_file
from processes import until
from sqlalchemy import make_url


@pytest.fixture
def systemd(tmp_path):
    """Stand where systemd listens for what a service says of itself."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.setblocking(False)
        heard = []

        def hear():
            while True:
                try:
                    heard.extend(listening.recv(4096).decode().split("\n"))
                except BlockingIOError:
                    return heard

        yield address, hear


async def test_it_is_ready_tells_systemd_and_ends_when_asked(make_daemon, tmp_path, systemd):
    address, hear = systemd
    daemon = make_daemon(f"sqlite:///{tmp_path / 'fresh.db'}")  # which is not there yet: it makes its schema
    daemon.environment["NOTIFY_SOCKET"] = address
    await daemon.started()
    assert await daemon.health("healthz") == (200, [])
    await until(lambda: "WATCHDOG=1" in hear(), "the watchdog is fed")
    assert hear()[0] == "READY=1"  # before the watchdog's first word, which systemd would not expect yet
    assert await daemon.stop() == 0
    assert "STOPPING=1" in hear()
    assert await daemon.health("readyz") == (0, [])


async def test_it_starts_on_postgresql(make_daemon, postgres_url):
    daemon = await make_daemon(postgres_url).started()
    assert await daemon.stop() == 0


async def test_only_webhooks_answer_where_the_internet_may_knock(make_daemon, sqlite_url):
    daemon = await make_daemon(sqlite_url).started()
    for page in ("", "readyz", "healthz", "metrics", "hooks/unknown"):
        async with daemon.session.get(f"{daemon.hooks}/{page}") as answer:
            assert answer.status == 404


async def test_a_webhook_that_waits_for_the_database_when_the_daemon_ends_is_answered_and_kept(
    make_daemon, platforms, open_beside, sqlite_url
):
    daemon = await make_daemon(sqlite_url, platforms).started()
    hook = await open_beside(sqlite_url).read(ledger.hook_of, "whatsapp")
    raw = knocking.as_json(knocking.message(1, "Waar blijft mijn bestelling?"))
    head = "".join(f"{name}: {value}\r\n" for name, value in knocking.signed(raw).items())
    writing = sqlite3.connect(make_url(sqlite_url).database, isolation_level=None)
    writing.execute("BEGIN IMMEDIATE")
    reader, writer = await asyncio.open_connection("127.0.0.1", daemon.ports[1])
    writer.write(f"POST /hooks/{hook} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n{head}\r\n".encode() + raw)
    await writer.drain()
    for _ in range(2):
        await daemon.health("healthz")  # each takes its turn after what was sent before
    daemon.process.terminate()
    await daemon.said("daemon.draining")
    writing.execute("ROLLBACK")
    writing.close()
    assert b" 200 " in await asyncio.wait_for(reader.readline(), 30)
    writer.close()
    await writer.wait_closed()
    assert await daemon.ended() == 0
    assert await open_beside(sqlite_url).read(ledger.delivered, hook) == ["new"]


# --- what it refuses to start with: one sentence, and exit 2


async def refused(daemon):
    daemon.start()
    assert await daemon.ended() == 2
    told = daemon.text()
    assert told.startswith("webcare: ")
    assert told.count("\n") == 1
    assert "Traceback" not in told
    return told


async def test_a_second_daemon_on_the_same_sqlite_file_is_refused(make_daemon, sqlite_url):
    first = await make_daemon(sqlite_url).started()
    second = make_daemon(sqlite_url, name="second")
    assert "second" not in first.text()
    assert "Another webcare runs on this database" in await refused(second)
    assert (await first.health("readyz"))[0] == 200


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"alerts": {"trouble_afer": "PT1S"}}, ["alerts.trouble_afer", "alerts.trouble_after"]),
        ({"databse": {"url": "x"}}, ["databse", "database"]),
        ({"database": {}}, ["database"]),
        ({"database": {"url": "sqlite:////there/is/no/such/folder/webcare.db"}}, ["/there/is/no/such/folder"]),
        ({"state_folder": "/there/is/no/such/folder"}, ["/there/is/no/such/folder"]),
        ({"channel": [{"name": "t", "kind": "twiter"}]}, ["twiter", "twitter"]),
        ({"policy": [{"name": "p", "first_respons": "PT1H"}]}, ["first_respons", "first_response"]),
    ],
)
async def test_wrong_settings_are_one_sentence_that_names_the_key(make_daemon, sqlite_url, changes, names):
    told = await refused(make_daemon(sqlite_url, **changes))
    for name in names:
        assert name in told


async def test_a_typo_in_the_environment_is_one_sentence_too(make_daemon, sqlite_url):
    daemon = make_daemon(sqlite_url)
    daemon.environment["WEBCARE_ALERTS__LAST_RESOR"] = "lines:secret-name"
    told = await refused(daemon)
    assert "WEBCARE_ALERTS__LAST_RESORT" in told
    assert "secret-name" not in told


async def test_an_address_that_is_taken_is_one_sentence(make_daemon, sqlite_url, tmp_path):
    first = await make_daemon(f"sqlite:///{tmp_path / 'other.db'}").started()
    second = make_daemon(sqlite_url, name="second")
    second.doc["web"]["hooks_listen"] = f"127.0.0.1:{first.ports[1]}"
    assert "hooks_listen" in await refused(second)


# --- SIGHUP


async def test_new_policies_are_applied_without_a_restart(make_daemon, platforms, open_beside, sqlite_url):
    daemon, store = await make_daemon(sqlite_url, platforms).started(), open_beside(sqlite_url)
    hook = await store.read(ledger.hook_of, "whatsapp")
    daemon.hang_up({**daemon.doc, "policy": [settings_file.policy("PT1S")]})
    told = await daemon.said("settings.reloaded")
    assert "policy" in told["applied"]
    assert told["needs_restart"] == []
    assert await knocking.knock(daemon, hook, knocking.message(1, "Waar blijft mijn bestelling?")) == 200
    await until(lambda: daemon.lines(settings_file.LEAD), "the lead hears of the breach")
    assert await daemon.stop() == 0


async def test_what_needs_a_restart_is_said_and_not_half_applied(make_daemon, sqlite_url, tmp_path):
    daemon = await make_daemon(sqlite_url).started()
    daemon.hang_up({**daemon.doc, "database": {"url": f"sqlite:///{tmp_path / 'other.db'}"}})
    told = await daemon.said("settings.reloaded")
    assert told["needs_restart"] == ["database"]
    assert not (tmp_path / "other.db").exists()
    assert (await daemon.health("readyz"))[0] == 200


@pytest.mark.parametrize(
    ("text", "why"), [("[database\n", "webcare.toml"), ('[alerts]\nheartbeat_evry = "PT1M"\n', "heartbeat_every")]
)
async def test_broken_settings_leave_the_old_ones_in_force(make_daemon, sqlite_url, text, why):
    daemon = await make_daemon(sqlite_url).started()
    daemon.config.write_text(text, encoding="utf-8")
    daemon.process.send_signal(1)
    told = await daemon.said("settings.refused")
    assert why in told["why"]
    assert (await daemon.health("readyz"))[0] == 200
    daemon.hang_up(daemon.doc)
    await daemon.said("settings.reloaded")
    assert await daemon.stop() == 0
