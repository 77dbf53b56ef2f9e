"""Webhook to durable row: sixteen connections that deliver as fast as they are answered, each body on the disk before its 200.

Both sides are a process of their own with the same tables, WAL and `synchronous=FULL`; the client is this process. Ours is the real
application: the listener, the signature, the limits, the counters, the door. Theirs is the least that keeps the promise: an aiohttp handler
that reads the body, inserts it through bare `sqlite3` and commits. The requirement is at least half of its rate, so LIMIT is 2: one commit
for many deliveries has to pay for everything that the bare handler leaves out.

Memory is the most that each process held at a time, printed for the reader.

    webhooks.py ours|theirs FILE     serve until the end of standard input; the first line out is the port
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rounds import Bench

CONNECTIONS = 16
LIMIT = 2.0
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOOK, SECRET = "a" * 43, "bench"
BODY = json.dumps(
    {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "102290129340398",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {"display_phone_number": "31201234567", "phone_number_id": "106540352242922"},
                            "contacts": [{"profile": {"name": "Truus"}, "wa_id": "31612345678"}],
                            "messages": [
                                {
                                    "from": "31612345678",
                                    "id": "wamid.HBgLMzE2MTIzNDU2NzgVAgASGBQzQTdBNTg0",
                                    "timestamp": "1795424400",
                                    "type": "text",
                                    "text": {"body": "Mijn internet ligt er al drie dagen uit, wanneer komt de monteur? " * 3},
                                }
                            ],
                        },
                    }
                ],
            }
        ],
    }
).encode()


# --- the client


def webhooks(folder: Path, deliveries: int) -> Iterator[Bench]:
    from rounds import Bench  # noqa: PLC0415 - the servers need none of it

    from webcare.store import migrate  # noqa: PLC0415

    template = folder / "hooks.db"
    migrate.upgrade(f"sqlite:///{template}")
    with ExitStack() as stack:
        ours, theirs = (stack.enter_context(_server(side, template)) for side in ("ours", "theirs"))
        for server in (ours, theirs):
            server.deliver(CONNECTIONS)  # opens what is opened once
        yield Bench(
            name="webhooks.rate",
            unit="/s",
            against="aiohttp and sqlite3 with one commit a delivery",
            ours=lambda: ours.deliver(deliveries),
            theirs=lambda: theirs.deliver(deliveries),
            limit=LIMIT,
            required="at least half of the bare rate",
        )
        yield Bench(
            name="webhooks.memory",
            unit="MiB",
            against="the same",
            ours=ours.peak_memory,
            theirs=theirs.peak_memory,
        )


class Server:
    """One of the sides, running in `process` on `port`, with the database `file`."""

    def __init__(self, process: subprocess.Popen[str], port: int, file: Path) -> None:
        self._process = process
        self._port = port
        self._file = file
        self._kept = 0

    def deliver(self, deliveries: int) -> float:
        """Deliver so many bodies and return the seconds that one took.

        Raises:
            RuntimeError: not each of them is in the database.
        """
        each = -(-deliveries // CONNECTIONS)
        seconds = asyncio.run(_deliver(self._port, each))
        self._kept += each * CONNECTIONS
        with sqlite3.connect(self._file) as conn:
            (found,) = conn.execute("SELECT count(*) FROM raw_body").fetchone()
        conn.close()
        if found != self._kept:
            raise RuntimeError(f"{self._kept} deliveries were acknowledged, {found} are kept")
        return seconds / (each * CONNECTIONS)

    def peak_memory(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


@contextmanager
def _server(side: str, template: Path) -> Iterator[Server]:
    file = template.with_name(f"{side}.db")
    shutil.copy(template, file)
    command = [sys.executable, __file__, side, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server has no pipes")
        yield Server(process, int(process.stdout.readline()), file)
        process.stdin.close()


def _request() -> bytes:
    signature = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    head = [
        f"POST /hooks/{HOOK} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        "User-Agent: facebookexternalua",
        f"X-Hub-Signature-256: sha256={signature}",
        f"Content-Length: {len(BODY)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + BODY


async def _deliver(port: int, each: int) -> float:
    loop, request = asyncio.get_running_loop(), _request()
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(each):
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 ") or b"\r\nContent-Length: 0\r\n" not in head:
                raise RuntimeError(head.splitlines()[0])

    begun = loop.time()
    await asyncio.gather(*(one(*stream) for stream in streams))
    seconds = loop.time() - begun
    for _, writer in streams:
        writer.close()
    return seconds


# --- the servers


async def _serve(side: str, file: str) -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: os.read(sys.stdin.fileno(), 1) or over.set())
    if side == "ours":
        await _ours(file, over)
    else:
        await _theirs(file, over)


async def _ours(file: str, over: asyncio.Event) -> None:
    from connectors.whatsapp import connector  # noqa: PLC0415 - the other side needs none of it
    from webcare.clock import SystemClock  # noqa: PLC0415
    from webcare.services.receive import Hook, Receiver  # noqa: PLC0415
    from webcare.store.door import open_store  # noqa: PLC0415
    from webcare.web.apps import create_hooks_app  # noqa: PLC0415
    from webcare.web.health import Sweep  # noqa: PLC0415
    from webcare.web.metrics import Metrics  # noqa: PLC0415
    from webcare.web.parts import Parts  # noqa: PLC0415
    from webcare.web.serve import Listener, Place  # noqa: PLC0415

    class Idle:
        def is_alive(self) -> bool:
            return True

        async def problems(self) -> list[str]:
            return []

        def last_sweep(self) -> Sweep:
            return Sweep(age=0, took=0)

    async def secrets() -> dict[str, str]:
        return {"app_secret": SECRET}

    async def nothing() -> None:
        return None

    store, clock, health = open_store(file, exclusive=True), SystemClock(), Idle()
    hooks = {HOOK: Hook(spec=connector, app="bench", brand="bench", secrets=secrets)}
    parts = Parts(
        clock=clock,
        health=health,
        receiver=Receiver(store, clock, hooks, on_kept=lambda: None),
        metrics=Metrics(nothing, health, clock),
    )
    listener = await Listener.start([Place(setting="hooks", address="127.0.0.1:0", app=create_hooks_app(parts))])
    print(listener.addresses("hooks")[0][1], flush=True)
    await over.wait()
    await listener.stop()
    await store.close()


INSERT = "INSERT INTO raw_body (brand, hook, received_at, headers, body, state, delete_after) VALUES (?, ?, ?, ?, ?, 'new', ?)"


async def _theirs(file: str, over: asyncio.Event) -> None:
    conn = sqlite3.connect(file, isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        conn.execute(f"PRAGMA {setting}")

    async def keep(request: web.Request) -> web.Response:
        raw = await request.read()
        at = f"{AT:%Y-%m-%d %H:%M:%S.%f}"
        conn.execute("BEGIN IMMEDIATE")
        conn.execute(INSERT, ("bench", request.match_info["hook_id"], at, "{}", raw, at))
        conn.execute("COMMIT")
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks/{hook_id}", keep)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site.port, flush=True)
    await over.wait()
    await runner.cleanup()
    conn.close()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
