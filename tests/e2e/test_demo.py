"""`webcare demo` as a newcomer starts it: no config, no account; and that nothing of it is left."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from processes import WEBCARE, until

INBOX = re.compile(r"or (http://127\.0\.0\.1:\d+) with name (\w+) and password (\S+)")
LINK = re.compile(r"Open +(\S+)")
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
CASE = re.compile(r'href="/cases/(\d+)')
TEMPLATE = re.compile(r'name="template" value="([^"]+)"')
SEEN = re.compile(r'name="seen" value="([^"]*)"')
LISTENS = "0A"  # the state of a socket, in /proc


A_TOWN_OF_NOBODY = """
import sys
from dataclasses import replace
from webcare.cli import main
from webcare.demo import command
empty = replace(command.the_town(), lines=(), deeds=())
command.the_town = lambda: empty
sys.exit(main(["demo", "--once"]))
"""


AN_AFTERNOON = """
import asyncio, json
from webcare.clock import BentClock, VirtualClock, machine_now
from webcare.demo.beat import LiveStage
from webcare.demo.one_day import play_until
from webcare.demo.opening import first_morning, open_demo
from webcare.demo.town import the_town
from webcare.services import media, ways
from webcare.store import messages

async def shown(demo, line):
    store, now = demo.house.store, demo.clock.now()
    case = await demo.colleagues.case_of(line)
    account = next(one for one in demo.house.accounts if one.id == case.channel)
    found = await store.read(ways.of_case, case, account, now)
    said = await store.read(messages.find, case.channel, demo.platforms.ids[line.id])
    files = await store.read(media.fares, [said.id])
    refused = {way.kind.value: way.refused is not None for way in found.every}
    return {"refused": refused, "files": [one.state.value for one in files.values()], "texts": len(account.templates)}

async def main():
    clock = VirtualClock(first_morning(machine_now()))
    stage = lambda box, _: LiveStage(BentClock(clock.now(), 1), box, "gast")
    async with open_demo(the_town(), clock, stage=stage, poll_seconds=0.001, work=False) as demo:
        await play_until(demo, clock, demo.first.replace(hour=14, minute=45))
        wanted = {"t155", "t159", "t161", "t162", "t163"}
        print(json.dumps({line.id[2:]: await shown(demo, line) for line in demo.said if line.id[2:] in wanted}))

asyncio.run(main())
"""


class Demo:
    def __init__(self, folder, *arguments, program=(WEBCARE, "demo")):
        self.out, self.err = folder / "out", folder / "err"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(self.temporary), "PYTHONUNBUFFERED": "1"}
        environment["WEBCARE_SENTIMENT__MODEL"] = "rules"  # tests of the model name it
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen([*program, *arguments], env=environment, cwd=folder, stdout=out, stderr=err)

    def printed(self, pattern):
        assert self.process.poll() is None, self.err.read_text()
        return pattern.search(self.out.read_text())

    def ports(self):
        """Return the ports on which it listens."""
        mine = {str(fd.readlink()) for fd in Path(f"/proc/{self.process.pid}/fd").iterdir() if fd.is_symlink()}
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return [int(row[1].partition(":")[2], 16) for row in rows if row[3] == LISTENS and f"socket:[{row[9]}]" in mine]

    async def ended(self):
        await until(lambda: self.process.poll() is not None, "the demo ends")
        return self.process.returncode

    def has_left_nothing(self):
        assert list(self.temporary.iterdir()) == []
        assert "Traceback" not in self.err.read_text()


@pytest.fixture
def start(tmp_path):
    started = []

    def start_(*arguments, **program):
        started.append(Demo(tmp_path, *arguments, **program))
        return started[-1]

    yield start_
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.mark.slow
async def test_a_day_at_once_ends_with_its_digest(start):
    demo = start("--once")
    await until(lambda: demo.process.poll() is not None, "the day ends", within=120)
    told = demo.err.read_text()
    assert demo.process.returncode == 0, told
    letter = demo.out.read_text()
    assert letter.startswith("Gisteren ")
    assert "Meerkoet webcare · dagbrief" in letter
    for kind in ("case 1 opened", "alert to", "answered: ", "letter to"):
        assert kind in told
    demo.has_left_nothing()


@pytest.mark.slow
async def test_by_the_afternoon_each_platform_has_said_what_it_takes_and_photos_are_kept(start):
    demo = start(program=(sys.executable, "-c", AN_AFTERNOON))
    await until(lambda: demo.process.poll() is not None, "the afternoon is there", within=120)
    assert demo.process.returncode == 0, demo.err.read_text()
    found = json.loads(demo.out.read_text())
    assert {line: one["refused"] for line, one in found.items()} == {
        "t155": {"template": False, "private": True},  # WhatsApp, after a day
        "t159": {"private": False},
        "t161": {"public": False, "private": False},
        "t162": {"private": False, "public": True},  # X, where nobody named us
        "t163": {"public": True, "private": True},  # Instagram, where we are only tagged
    }
    assert found["t155"]["texts"] == 2
    assert [found[line]["files"] for line in ("t155", "t159")] == [["kept"], ["kept"]]
    demo.has_left_nothing()


async def test_a_day_without_customers_is_no_good_end(start):
    demo = start(program=(sys.executable, "-c", A_TOWN_OF_NOBODY))
    await until(lambda: demo.process.poll() is not None, "the day ends", within=60)
    assert demo.process.returncode == 1
    assert "webcare: the day is over, and there were no cases" in demo.err.read_text()
    assert demo.out.read_text() == ""
    demo.has_left_nothing()


class Visitor:
    """A browser, far enough for forms."""

    def __init__(self, base, session):
        self.base, self.session = base, session
        self.page = ""

    async def get(self, path):
        async with self.session.get(self.base + path, allow_redirects=False) as answer:
            self.page = await answer.text() if answer.status == 200 else ""
            return self.page

    async def post(self, path, **form):
        """Send a form of the page that was fetched last, with its token; return where that leads."""
        form = {"csrf": TOKEN.search(self.page)[1], **form}
        async with self.session.post(self.base + path, data=form, headers={"Origin": self.base}, allow_redirects=False) as answer:
            assert answer.status == 303, (path, answer.status)
            return answer.headers["Location"]


@pytest.mark.slow
async def test_a_newcomer_is_in_sees_alerts_and_answers_a_customer_and_ends_it(start):
    demo = start("--speed", "600")
    base, name, password = (await until(lambda: demo.printed(INBOX), "it prints where the inbox is")).groups()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:  # of a host that is a number
        visitor = Visitor(base, session)
        await visitor.get("/login")
        assert await visitor.post("/login", name=name, password=password) == "/"

        async def free_case(form):
            """Return a case that nobody has and that can be answered by this form; its page is open then."""
            for number in dict.fromkeys(CASE.findall(await visitor.get("/?claimed_by=nobody"))):
                if f'action="/cases/{number}/{form}"' in await visitor.get(f"/cases/{number}"):
                    return number
            return None

        async def arrived(text, way):
            return text in await visitor.get(f"/outbox?way={way}")

        await until(lambda: arrived("Antwoord aan", "customer"), "a colleague answers")
        await until(lambda: arrived("Melding aan", "alert"), "the ladder climbs", within=60)
        assert "600\u00d7 sneller" in await visitor.get("/outbox/head")
        await visitor.get("/outbox")
        await visitor.post("/outbox/clock", do="halt")
        assert "pauze" in await visitor.get("/outbox/head")

        number = await until(lambda: free_case("answer"), "a case that nobody has")
        await visitor.post(f"/cases/{number}/answer", text="Ik zoek het voor je uit", seen=SEEN.search(visitor.page)[1])
        await until(lambda: arrived("Ik zoek het voor je uit ^GA", "customer"), "the answer reaches the customer")

        number = await until(lambda: free_case("template"), "a case to which only an approved text may go")
        text = {"template": TEMPLATE.search(visitor.page)[1], "gap1": "Thijs", "gap2": "de pomp komt om elf uur"}
        await visitor.post(f"/cases/{number}/template", seen=SEEN.search(visitor.page)[1], **text)
        await until(lambda: arrived("Thijs, de pomp komt om elf uur", "customer"), "the approved text reaches the customer")

    ports = demo.ports()
    assert len(ports) > 3
    demo.process.send_signal(signal.SIGINT)
    assert await demo.ended() == 0
    demo.has_left_nothing()
    for port in ports:
        with socket.socket() as caller:
            assert caller.connect_ex(("127.0.0.1", port)) != 0


async def test_the_printed_link_lets_in_and_a_wrong_one_does_not(start):
    demo = start()
    link = (await until(lambda: demo.printed(LINK), "it prints a link"))[1]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{link}x", allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/login"
        async with browser.get(link) as answer:
            assert (answer.status, answer.url.path) == (200, "/")
    demo.process.send_signal(signal.SIGTERM)
    assert await demo.ended() == 0
    demo.has_left_nothing()


async def test_who_ends_it_before_it_is_open_is_left_with_nothing_too(start):
    demo = start()
    await until(lambda: list(demo.temporary.iterdir()), "it makes its folder", every=0.005)
    demo.process.send_signal(signal.SIGINT)
    assert await demo.ended() == 0
    demo.has_left_nothing()


@pytest.mark.parametrize("speed", ["0", "5001", "fast"])
async def test_a_speed_that_nobody_can_follow_is_refused(start, speed):
    demo = start("--speed", speed)
    await until(lambda: demo.process.poll() is not None, "it ends")
    assert demo.process.returncode == 2
    assert "from 1 to 5000" in demo.err.read_text()
