"""The programs of an end-to-end test: daemons as an operator starts them, and the platforms that they talk to.

Whoever waits here waits for something that shows itself, until a deadline; nothing is slept through.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import settings_file

HERE = Path(__file__).parent
WEBCARE = Path(sys.executable).with_name("webcare")
DEADLINE = 30.0
LOOK_AGAIN = 0.05


async def until(condition, what, within=DEADLINE, every=LOOK_AGAIN):
    """Return what the condition returns as soon as that is true; fail with `what`, and the last answer, when time is up."""
    found: Any = None
    try:
        async with asyncio.timeout(within):
            while True:
                found = condition()
                if inspect.isawaitable(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {within:.0f} s; it was {found!r}") from None


async def moment(seconds):
    """Let time pass without looking: only for a kill, whose instant shall not depend on what the killed one does."""
    await asyncio.sleep(seconds)


_given: deque[int] = deque(maxlen=90)  # by us, of late: whoever has one may not have bound it yet


def free_ports(count):
    """Return ports that nobody uses, below those that the system gives to outgoing connections: a daemon comes back to its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    found: list[int] = []
    while len(found) < count:
        port = 10_000 + worker % 20 * 1_000 + random.SystemRandom().randrange(1_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found and port not in _given:
            found.append(port)
    _given.extend(found)
    return tuple(found)


@dataclass
class Daemon:
    """One `webcare run`, which may be killed and started again. Its log goes on in one file."""

    folder: Path
    doc: dict[str, Any]
    ports: tuple[int, ...]
    session: aiohttp.ClientSession
    name: str = "webcare"
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None

    @property
    def config(self):
        return self.folder / f"{self.name}.toml"

    @property
    def log(self):
        return self.folder / f"{self.name}.log"

    @property
    def hooks(self):
        return f"http://127.0.0.1:{self.ports[1]}"

    def start(self, *, largest_file=None):
        """Start it, without waiting. `largest_file` is how long a file of it may get: a disk that is full, for whoever is not root."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        settings_file.write(self.config, self.doc)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", **self.environment}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [WEBCARE, "run", "--config", self.config], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if largest_file is not None:
            self.limit_files(largest_file)
        return self

    def limit_files(self, length):
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (length, resource.RLIM_INFINITY))

    async def started(self, within=DEADLINE):
        """Start it and wait until it is ready."""
        self.start()
        await self.ready(within)
        return self

    async def ready(self, within=DEADLINE):
        async def is_ready():
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.text()[-2000:]}"
            status, told = await self.health("readyz")
            return status == 200 or (told and False)

        await until(is_ready, f"{self.name} is ready", within)

    async def health(self, page):
        """Return the status of a page and its problems; (0, []) where nobody answers."""
        try:
            async with self.session.get(f"http://127.0.0.1:{self.ports[2]}/{page}") as answer:
                return answer.status, (await answer.json())["problems"]
        except (aiohttp.ClientError, OSError):
            return 0, []

    def kill(self):
        """Kill it at once, as a crash or the machine would."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    async def stop(self, number=signal.SIGTERM, within=DEADLINE):
        """Ask it to end and return its exit status."""
        self.process.send_signal(number)
        return await self.ended(within)

    async def ended(self, within=DEADLINE):
        await until(lambda: self.process.poll() is not None, f"{self.name} ends", within)
        return self.process.returncode

    def hang_up(self, doc):
        """Let it read new settings."""
        settings_file.write(self.config, doc)
        self.process.send_signal(signal.SIGHUP)

    def text(self):
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def events(self, name=None):
        """Return the lines of its log that are JSON, all of them or those of one event."""
        found = []
        for line in self.text().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return [event for event in found if name is None or event.get("event") == name]

    async def said(self, name, within=DEADLINE, **wanted):
        """Wait for an event with these values and return it."""

        def look():
            return next((e for e in self.events(name) if all(e.get(k) == v for k, v in wanted.items())), None)

        return await until(look, f"{self.name} says {name} {wanted}", within)

    def lines(self, name):
        """Return what was written to a target `lines:NAME.jsonl`."""
        file = Path(self.doc["alerts"]["lines_in"]) / f"{name}.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


class Platforms:
    """The four platforms, and the front through which they reach our daemons."""

    def __init__(self, process, addresses, session):
        self._process, self.addresses, self._session = process, addresses, session

    @classmethod
    async def start(cls, session):
        process = _python(HERE / "platforms.py")
        line = await asyncio.to_thread(process.stdout.readline)
        return cls(process, json.loads(line), session)

    def stop(self):
        self._process.communicate()  # which ends its input

    async def play(self, platform, step, **asked):
        """Make something happen on a platform and return what its simulator answers."""
        async with self._session.post(f"{self.addresses[platform]}/_sim/{step}", json=asked) as answer:
            assert answer.status == 200, f"{platform} {step}: {answer.status} {await answer.text()}"
            return await answer.json()

    async def play_raw(self, raw):
        """Let WhatsApp deliver these bytes, well signed."""
        async with self._session.post(f"{self.addresses['whatsapp']}/_sim/raw", data=raw) as answer:
            assert answer.status == 200

    async def whatsapp(self):
        async with self._session.get(f"{self.addresses['whatsapp']}/_sim/state") as answer:
            return await answer.json()

    async def sent(self):
        """Return the texts that each platform took from us."""
        async with self._session.get(f"{self.addresses['record']}/sent") as answer:
            return await answer.json()

    async def be_late(self, seconds):
        """Let each platform answer so late to what we send; it has taken it by then."""
        async with self._session.put(f"{self.addresses['record']}/late", json=seconds) as answer:
            assert answer.status == 200

    async def lead_to(self, *daemons):
        """Let webhooks go to these daemons."""
        async with self._session.put(f"{self.addresses['front']}/_backends", json=[one.hooks for one in daemons]) as answer:
            assert answer.status == 200

    async def subscribe_whatsapp(self, hook):
        secrets = settings_file.WHATSAPP_SECRETS
        named = {name: secrets[name] for name in ("app_secret", "verify_token")}
        await self.play("whatsapp", "hooks", url=self.hook_address(hook), **named)

    async def subscribe_facebook(self, hook):
        assert (await self.play("facebook", "hook", url=self.hook_address(hook)))["subscribed"]

    async def subscribe_instagram(self, hook):
        assert (await self.play("instagram", "hook", url=self.hook_address(hook)))["subscribed"]

    def hook_address(self, hook):
        return f"{self.addresses['front']}/hooks/{hook}"


def _python(file):
    return subprocess.Popen([sys.executable, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
