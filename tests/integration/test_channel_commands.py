"""`webcare channels`, `connect` and `check` as an operator meets them: a config file, a database, and platforms over real HTTP."""

from __future__ import annotations

import asyncio
import io
import json
import os
import pty
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from cryptography.fernet import Fernet
from fakes import said

from connectors.facebook.simulator import app as facebook
from connectors.facebook.simulator.keys import WORLD as FACEBOOK
from connectors.facebook.simulator.world import APP_SECRET, PAGE, PAGE_TOKEN, PERSON_TOKEN
from connectors.twitter.simulator import WORLD as TWITTER
from connectors.twitter.simulator import app as twitter
from connectors.twitter.simulator.world import KEYS, US
from connectors.whatsapp.simulator import create_app as whatsapp
from webcare import channel_commands, check_commands
from webcare.cli import main
from webcare.clock import SystemClock, machine_now
from webcare.credentials import StoredCredentials
from webcare.discovery import Found
from webcare.services.accept import accept
from webcare.services.channel_health import note_auth_failed
from webcare.settings import load
from webcare.store import channel_state, credentials, hooks, messages, read_costs
from webcare.store.channel_state import Fares
from webcare.store.door import open_store

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

KEY = Fernet.generate_key().decode()
HERE = "127.0.0.1"


@contextmanager
def outside(start):
    """Run a server in a thread of its own, as a machine outside does, and yield its port; `start` is awaited for (port, stop)."""
    loop, started, found = asyncio.new_event_loop(), threading.Event(), []

    def live():
        port, stop = loop.run_until_complete(start())
        found.append(port)
        started.set()
        loop.run_forever()
        loop.run_until_complete(end(stop))
        loop.close()

    async def end(stop):
        await stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=live)
    thread.start()
    started.wait()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextmanager
def played(app):
    """Play a platform and yield its address."""

    async def start():
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HERE, 0).start()
        return runner.addresses[0][1], runner.cleanup

    with outside(start) as port:
        yield f"http://{HERE}:{port}"


@contextmanager
def mail_server():
    """Take letters without STARTTLS, and yield the port."""

    async def start():
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(Sink(), hostname="mail.test"), HERE, 0)

        async def stop():
            server.close()

        return server.sockets[0].getsockname()[1], stop

    with outside(start) as port:
        yield port


def ask(url, unit, *args, **kwargs):
    async def run():
        store = open_store(url)
        try:
            return await store.write(unit, *args, **kwargs)
        finally:
            await store.close()

    return asyncio.run(run())


SEALING = f'[sealing]\nkeys = ["{KEY}"]\n'


def x_channel(address, name="klaver-x", **more):
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())
    return (
        f'[[channel]]\nname = "{name}"\nkind = "twitter"\nsecrets = "x-main"\nuser_id = "{US}"\nbase_url = "{address}"\n{lines}'
    )


def x_secrets(**changes):
    return "[secrets.x-main]\n" + "".join(f'{name} = "{value}"\n' for name, value in {**KEYS, **changes}.items())


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Return what writes a config file and runs a command by it."""
    for name in ("WEBCARE_CONFIG", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)

    def write(*parts):
        file = tmp_path / "webcare.toml"
        file.write_text("\n".join(parts), encoding="utf-8")
        file.chmod(0o600)
        return str(file)

    return write


@pytest.fixture
def on(sqlite_url):
    return f'[database]\nurl = "{sqlite_url}"\n'


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# --- channels


def test_a_channel_shows_how_it_fares_and_what_it_costs(configured, on, sqlite_url, capsys):
    now = machine_now()
    channel = f"twitter:{US}"
    ask(sqlite_url, messages.ensure_channel, channel, brand="default", now=now)
    ask(sqlite_url, channel_state.ensure, channel, now - timedelta(days=2))
    ask(
        sqlite_url,
        channel_state.change,
        channel,
        polled_at=now - timedelta(minutes=1),
        expires_at=now + timedelta(days=9, minutes=90),
        partly_since=now,
        partly_reason="direct messages: X answers 503",
    )
    day, kinds = f"{now:%Y-%m-%d}", {"post": 1000, "message": 200, "owned": 4}
    ask(sqlite_url, read_costs.add, channel, day=day, resources=1203, kinds={**kinds, "owned": 3})
    ask(sqlite_url, read_costs.add, channel, day=day, resources=1, polls=0, kinds={"owned": 1})
    ask(sqlite_url, accept, [said("m1", "?", now - timedelta(hours=3), channel=channel)], brand="default", now=now)
    site = '[web]\npublic_url = "https://webcare.example.org"\n'
    config = configured(on, site, x_channel("https://api.x.com", monthly_reads=10_000), x_secrets())
    assert main(["channels", "--config", config, "--json"]) == 0
    found = lines(capsys)
    assert {one["connector"] for one in found if "connector" in one} >= {"twitter", "facebook", "whatsapp"}
    (row,) = (one for one in found if "channel" in one)
    assert (row["channel"], row["name"], row["state"], row["skipped"]) == (channel, "klaver-x", "fine", None)
    assert (row["cost"], row["budget"], row["token_days_left"]) == (1204, 10_000, 9)
    assert (row["reads"], row["dollars"], row["dollars_forecast"]) == (kinds, 7.004, None)
    assert row["last_success"] is not None
    assert row["partly"] == "direct messages: X answers 503"
    assert row["lag"].startswith("PT108")
    hook = ask(sqlite_url, hooks.ensure, "twitter", "x-main", now)
    assert row["hook"] == f"https://webcare.example.org/hooks/{hook}"
    assert main(["channels", "--config", config]) == 0
    shown = capsys.readouterr().out
    for words in (
        "klaver-x",
        "fine",
        "2 d",
        "1 min ago",
        "3 h ago",
        "1,204 of 10,000",
        "9 d 1 h left",
        "$7.00: 200 message",
        "not read: direct messages: X answers 503",
        row["hook"],
    ):
        assert words in shown
    assert KEYS["consumer_secret"] not in shown


def test_a_channel_without_keys_says_how_it_gets_them(configured, on, capsys):
    assert main(["channels", "--config", configured(on, x_channel("https://api.x.com")), "--json"]) == 0
    (row,) = (one for one in lines(capsys) if "channel" in one)
    assert row["state"] == "unknown"
    assert "run `webcare channels connect klaver-x`" in row["skipped"]


def test_a_connector_that_cannot_be_imported_is_shown_with_its_reason(configured, on, capsys, monkeypatch):
    monkeypatch.setattr(
        channel_commands, "connectors", lambda: [Found(name="myspace", problem="cannot be imported: SyntaxError")]
    )
    assert main(["channels", "--config", configured(on)]) == 0
    assert "cannot be imported: SyntaxError" in capsys.readouterr().out


def test_without_a_database_the_channels_are_still_listed(configured, tmp_path, capsys):
    config = configured(f'[database]\nurl = "{tmp_path}/gone/webcare.db"\n', x_channel("https://api.x.com"), x_secrets())
    assert main(["channels", "--config", config]) == 1
    said = capsys.readouterr()
    assert "klaver-x" in said.out
    assert said.err.startswith("webcare: how the channels fare is not known: ")
    assert "Traceback" not in said.err


# --- connect


def typing(monkeypatch, *answers):
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{answer}\n" for answer in answers)))


def kept(config, url, name):
    async def run():
        store = open_store(url)
        try:
            return await StoredCredentials(store, load(config), SystemClock()).current(name)
        finally:
            await store.close()

    return asyncio.run(run())


def test_x_is_connected_by_its_four_keys(configured, on, sqlite_url, capsys, monkeypatch):
    with played(twitter()) as address:
        config = configured(on, SEALING, x_channel(address))
        typing(monkeypatch, *KEYS.values())
        assert main(["channels", "--config", config, "connect", "klaver-x"]) == 0
    said = capsys.readouterr()
    assert "https://developer.x.com" in said.out
    assert f"account: {US}; token: no end is known" in said.out
    assert kept(config, sqlite_url, "x-main") == KEYS
    assert not [value for value in KEYS.values() if value in said.out + said.err]
    sealed = ask(sqlite_url, credentials.get, "x-main").sealed
    assert not [value for value in KEYS.values() if value.encode() in sealed]


def test_keys_that_the_platform_refuses_are_not_kept(configured, on, sqlite_url, capsys, monkeypatch):
    with played(twitter()) as address:
        config = configured(on, SEALING, x_channel(address))
        typing(monkeypatch, *{**KEYS, "consumer_secret": "hunter2"}.values())
        assert main(["channels", "connect", "klaver-x", "--config", config]) == 1
    said = capsys.readouterr()
    assert "nothing was kept" in said.err
    assert "hunter2" not in said.out + said.err
    assert ask(sqlite_url, credentials.get, "x-main") is None


def test_keys_of_another_account_are_not_kept(configured, on, sqlite_url, capsys, monkeypatch):
    with played(twitter()) as address:
        channel = x_channel(address).replace(f'user_id = "{US}"', 'user_id = "42"')
        typing(monkeypatch, *KEYS.values())
        assert main(["channels", "connect", "klaver-x", "--config", configured(on, SEALING, channel)]) == 1
    assert f"these keys belong to account {US}, not to 42" in capsys.readouterr().err
    assert ask(sqlite_url, credentials.get, "x-main") is None


def test_a_stopped_channel_comes_back_with_its_new_keys(configured, on, sqlite_url, monkeypatch):
    channel, now = f"twitter:{US}", machine_now()
    ask(sqlite_url, messages.ensure_channel, channel, brand="default", now=now)
    ask(sqlite_url, note_auth_failed, channel, "revoked", now)
    with played(twitter()) as address:
        config = configured(on, SEALING, x_channel(address), x_secrets(access_token="old"))  # noqa: S106 - it is none
        typing(monkeypatch, "", "", KEYS["access_token"], "")  # the others stay as they are
        assert main(["channels", "connect", "klaver-x", "--config", config]) == 0
    assert ask(sqlite_url, channel_state.get, channel).state is Fares.FINE
    assert kept(config, sqlite_url, "x-main") == KEYS


def test_facebook_is_connected_and_shows_what_its_dashboard_asks_for(configured, on, sqlite_url, capsys, monkeypatch):
    app = facebook()
    app[FACEBOOK].subscribed = ["feed", "mention", "messages", "message_echoes"]
    with played(app) as address:
        channel = f'[[channel]]\nname = "fb"\nkind = "facebook"\npage_id = "{PAGE}"\nbase_url = "{address}"\n'
        config = configured(on, SEALING, channel, '[web]\npublic_url = "https://webcare.example.org"\n')
        typing(monkeypatch, PAGE_TOKEN, APP_SECRET)
        assert main(["channels", "connect", "fb", "--config", config]) == 0
        said = capsys.readouterr().out
        given = kept(config, sqlite_url, "fb")
        typing(monkeypatch, PERSON_TOKEN, "")
        assert main(["channels", "connect", "fb", "--config", config]) == 1
    hook = ask(sqlite_url, hooks.ensure, "facebook", "fb", machine_now())
    assert f"webhook: https://webcare.example.org/hooks/{hook}" in said
    assert f"verify_token: {given['verify_token']}" in said
    assert len(given["verify_token"]) >= 32
    assert (given["access_token"], given["app_secret"]) == (PAGE_TOKEN, APP_SECRET)
    assert PAGE_TOKEN not in said
    assert APP_SECRET not in said
    assert kept(config, sqlite_url, "fb") == given  # what came second was a person's token


def test_whatsapp_is_connected_and_its_verify_token_stays_the_same(configured, on, sqlite_url, capsys, monkeypatch):
    with played(whatsapp()) as address:
        channel = f'[[channel]]\nname = "wa"\nkind = "whatsapp"\nphone_number_id = "106500000000001"\nbase_url = "{address}"\n'
        config = configured(on, SEALING, channel)
        shown = []
        for _ in range(2):
            typing(monkeypatch, "sim-token", "app-secret")
            assert main(["channels", "connect", "whatsapp:106500000000001", "--config", config]) == 0
            shown.append(capsys.readouterr().out.splitlines()[-1])
    assert shown[0] == shown[1] == f"verify_token: {kept(config, sqlite_url, 'wa')['verify_token']}"


@pytest.mark.parametrize(
    ("is_sealed", "name", "sentence"),
    [
        (False, "klaver-x", "[sealing] keys holds no key"),
        (True, "klaver", "no channel is called 'klaver'; there are klaver-x"),
        (True, "klaver-x", "consumer_secret was not given"),
    ],
)
def test_what_cannot_be_connected_is_one_sentence(configured, on, capsys, monkeypatch, is_sealed, name, sentence):  # noqa: PLR0917 - fixtures
    typing(monkeypatch, "only one")
    assert (
        main(["channels", "connect", name, "--config", configured(on, SEALING * is_sealed, x_channel("http://127.0.0.1:1"))]) == 2
    )
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_on_a_terminal_keys_are_not_shown(configured, on):
    """The operator's colleague looks over a shoulder, and a terminal keeps what it has shown."""
    with played(twitter()) as address:
        config = configured(on, SEALING, x_channel(address))
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "webcare.cli", "channels", "connect", "klaver-x", "--config", config]
        running = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        shown = b""
        for name, value in KEYS.items():
            while f"{name}: ".encode() not in shown:
                shown += os.read(ours, 1024)
            os.write(ours, f"{value}\n".encode())
        try:
            while piece := os.read(ours, 1024):
                shown += piece
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        assert running.wait() == 0, shown.decode()
    assert not [value for value in KEYS.values() if value.encode() in shown]


# --- check


def alerts(tmp_path, **changes):
    folder = tmp_path / "lines"
    folder.mkdir(exist_ok=True)
    values = {"last_resort": "lines:resort", "heartbeat": "https://watch.example.org/abc", "lines_in": str(folder), **changes}
    return "[alerts]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items() if value is not None)


PEOPLE = """
[[person]]
id = "noor"
name = "Noor"
contacts = [{ name = "phone", target = "lines:noor" }]
[rota.oncall]
rotation = ["noor"]
anchor = 2026-01-05
"""
SITE = '[web]\npublic_url = "https://webcare.example.org"\n'


def checked(config, capsys):
    status = main(["check", "--config", config, "--json"])
    return status, {(row["what"], row["state"]): row["why"] for row in lines(capsys)}


def test_a_house_in_order_has_no_finding(configured, on, tmp_path, capsys):
    with played(twitter()) as address:
        config = configured(on, SITE, SEALING, x_channel(address), x_secrets(), alerts(tmp_path), PEOPLE)
        status, found = checked(config, capsys)
        assert {state for _, state in found} == {"fine"}, found
        assert status == 0
        assert {what for what, _ in found} == {
            "config",
            "public address",
            "heartbeat",
            "database",
            "channel klaver-x",
            "model",
            "noor's phone",
            "last resort",
            "rota oncall",
        }
        assert main(["check", "--config", config]) == 0
    shown = capsys.readouterr().out
    assert "no findings" in shown
    assert KEYS["consumer_secret"] not in shown
    assert KEY not in shown


def test_everything_that_is_wrong_is_found_at_once(configured, tmp_path, capsys):
    people = """
[[person]]
id = "noor"
name = "Noor"
contacts = [{ name = "mail", target = "mailto:noor@example.org" }, { name = "any", target = "json://example.org/hunter2" }]
[[person]]
id = "daan"
name = "Daan"
[rota.oncall]
rotation = ["noor", "daan", "-"]
anchor = 2026-01-05
rhythm = "daily"
"""
    app = twitter()
    app[TWITTER].is_revoked = True
    with played(app) as address:
        parts = ['[web]\npublic_url = "http://webcare.example.org"\n', x_channel(address), x_secrets(), people]
        parts += [alerts(tmp_path, last_resort=None, heartbeat=None), f'[database]\nurl = "{tmp_path}/new.db"\n']
        status, found = checked(configured(*parts), capsys)
    assert status == 1
    wrong = {what: why for (what, state), why in found.items() if state == "finding"}
    assert "webcare db upgrade" in wrong["database"]
    assert "AuthFailed" in wrong["channel klaver-x"]
    assert "not https" in wrong["public address"]
    assert "[alerts] last_resort" in wrong["last resort"]
    assert "[alerts] heartbeat" in wrong["heartbeat"]
    assert "no mail server" in wrong["noor's mail"]
    assert "json:// is not among" in wrong["noor's any"]
    assert "no contact method" in wrong["person daan"]
    assert "rota oncall" in wrong
    assert "hunter2" not in str(found)


def test_the_holes_of_a_rota_are_summed_up(configured, on, tmp_path, capsys):
    quiet = PEOPLE.replace('name = "Noor"\n', 'name = "Noor"\nquiet = ["23:00", "07:00"]\n').replace('["noor"]', '["noor", "-"]')
    _, found = checked(configured(on, SITE, alerts(tmp_path), quiet), capsys)
    assert "nobody on call" in found["rota oncall", "finding"]
    assert "quiet hours (Noor)" in found["rota oncall", "note"]


@pytest.mark.parametrize("secrets", ["", '[secrets.x-main]\nconsumer_key = "a"\n'])
def test_secrets_that_are_not_there_are_named(configured, on, tmp_path, capsys, secrets):
    config = configured(on, SITE, alerts(tmp_path), PEOPLE, x_channel("http://127.0.0.1:1"), secrets)
    status, found = checked(config, capsys)
    assert status == 1
    assert "access_token_secret: run `webcare channels connect klaver-x`" in found["channel klaver-x", "finding"]


def test_one_dead_platform_hangs_nobody(configured, on, tmp_path, capsys, monkeypatch):
    silent = web.Application()

    async def never(_request):
        await asyncio.Event().wait()

    silent.router.add_route("*", "/{path:.*}", never)
    monkeypatch.setattr(check_commands, "PATIENCE", timedelta(seconds=0.3))
    with played(silent) as dead, played(twitter()) as alive:
        other = x_channel(dead, name="dead").replace(f'user_id = "{US}"', 'user_id = "42"')
        parts = [on, SITE, SEALING, alerts(tmp_path), PEOPLE, x_channel(alive), x_secrets(), other]
        status, found = checked(configured(*parts), capsys)
    assert status == 1
    assert "no answer" in found["channel dead", "finding"]
    assert ("channel klaver-x", "fine") in found


def smtp(port, security):
    return f'[smtp]\nhost = "{HERE}"\nport = {port}\nsender = "webcare@example.org"\nsecurity = "{security}"\n'


def test_the_mail_server_is_tried(configured, on, tmp_path, capsys):
    rest = on, SITE, alerts(tmp_path), PEOPLE
    with mail_server() as port:
        _, found = checked(configured(*rest, smtp(port, "plain")), capsys)
        assert ("mail server", "fine") in found
        _, found = checked(configured(*rest, smtp(port, "starttls")), capsys)
        assert "STARTTLS" in found["mail server", "finding"]
    _, found = checked(configured(*rest, smtp(port, "plain")), capsys)
    assert "could not be reached" in found["mail server", "finding"]


def test_a_config_that_cannot_be_read_is_exit_2(configured, capsys):
    assert main(["check", "--config", configured("[databse]\n")]) == 2
    assert "did you mean database" in capsys.readouterr().err


def test_a_house_without_anything_is_told_what_it_lacks(configured, capsys):
    status, found = checked(configured(""), capsys)
    assert status == 1
    assert {what for what, state in found if state == "finding"} == {
        "channels",
        "database",
        "public address",
        "heartbeat",
        "last resort",
        "rota",
    }
