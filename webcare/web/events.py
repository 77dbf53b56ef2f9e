"""What pages hear while they are open: that something has changed, and the counts. They fetch what they show themselves.

    one look at the marks every two seconds, as long as anybody listens --> changed? --> every stream: `event: change`
                                                                                          with this person's counts

The database is asked, and not only this process: another instance may have been at work. A stream ends with its session, and at once
when we stop: a connection that stays open would hold the whole process up.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import hdrs, web

from webcare.domain.durations import format_instant
from webcare.services import case_file, queue
from webcare.web.here import HERE

if TYPE_CHECKING:
    from webcare.services.queue import Counts
    from webcare.services.sign_in import Visitor
    from webcare.web.parts import Inbox, Parts

log = structlog.get_logger()

LOOK_EVERY: Final = 0.5  # a new case is on a screen within 1.5 s of its commit, with the time that the page takes to fetch it
KEEP_ALIVE: Final = 20.0  # proxies end what is silent for a minute; and how soon a stream notices that its session has ended
MOST_STREAMS: Final = 1000
COME_BACK: Final = 3000  # milliseconds after which a browser that lost its stream tries again


class Events:
    """The streams and the one look that they share."""

    def __init__(self, parts: Parts, inbox: Inbox) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._marks: tuple[str, ...] | None = None
        self._changes = 0
        self._changed = asyncio.Condition()
        self._streams = 0
        self._listening = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/events", self.stream, allow_head=False)]

    # --- the look ---

    async def start(self, _app: web.Application) -> None:
        self._task = asyncio.create_task(self._watch(), name="site events")

    async def stop(self, _app: web.Application) -> None:
        """End every stream at once."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
        async with self._changed:
            self._changed.notify_all()

    async def _watch(self) -> None:
        while True:
            await self._listening.wait()
            try:
                await self.look()
            except Exception:
                log.exception("site.look_crashed")  # and look again: pages that hear nothing more look as if all were calm
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Look once, and tell the streams when something has changed. A database that is away changes nothing."""
        try:
            marks = await self._inbox.door.read(case_file.marks)
        except self._inbox.trouble:
            return
        if marks != self._marks:
            self._marks = marks
            async with self._changed:
                self._changes += 1
                self._changed.notify_all()

    # --- the streams ---

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Tell one page of changes until it goes away."""
        if self._streams >= MOST_STREAMS or self._stopping:
            raise web.HTTPServiceUnavailable
        visitor = request[HERE].who
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/event-stream", "X-Accel-Buffering": "no"})
        self._streams += 1
        self._listening.set()
        try:
            await response.prepare(request)
            await response.write(f"retry: {COME_BACK}\n\n".encode())
            await self._tell(response, visitor)
        except ConnectionError:
            pass  # it went away
        finally:
            self._streams -= 1
            if not self._streams:
                self._listening.clear()
        return response

    async def _tell(self, response: web.StreamResponse, visitor: Visitor) -> None:
        heard = -1  # what there is now is told at once: a page that comes back may have missed something
        while not self._stopping:
            if self._changes == heard:
                if await self._wait(heard):
                    continue
                if not await self._is_there(visitor):
                    await response.write(b"event: ended\ndata:\n\n")
                    return
                await response.write(b": still here\n\n")
                continue
            heard = self._changes
            await response.write(await self._change(visitor))

    async def _is_there(self, visitor: Visitor) -> bool:
        try:
            return await self._inbox.sign_in.is_there(visitor)
        except self._inbox.trouble:
            return True  # nobody can say; it is asked again

    async def _wait(self, heard: int) -> bool:
        """Wait for a change; False when none came for a while."""
        try:
            async with asyncio.timeout(KEEP_ALIVE), self._changed:
                await self._changed.wait_for(lambda: self._changes != heard or self._stopping)
        except TimeoutError:
            return False
        return True

    async def _change(self, visitor: Visitor) -> bytes:
        now = self._clock.now()
        try:
            counts = await self._inbox.door.read(queue.counts, now=now, person=visitor.id)
        except self._inbox.trouble:
            return b": the database is away\n\n"
        told = {"now": format_instant(now), "counts": counts_by_view(counts)}
        return f"event: change\ndata: {json.dumps(told)}\n\n".encode()


def counts_by_view(counts: Counts) -> dict[str, str]:
    """Return what stands behind each view and in the head of the queue; a count that was given up is `1000+`."""
    numbers = {
        "open": counts.open,
        "mine": counts.mine,
        "nobody": counts.unclaimed,
        "late": counts.late,
        "urgent": counts.urgent,
        "unsure": counts.unsure,
        "snoozed": counts.snoozed,
        "soon": counts.within_hour,
    }
    return {name: shown(number) for name, number in numbers.items()}


def shown(number: int) -> str:
    """Return a count as people read it."""
    return f"{queue.ENOUGH}+" if number > queue.ENOUGH else str(number)
