"""The queue, and "take the next one". What is filtered stands in the address: a link to a colleague shows the same cases."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from aiohttp import web

from webcare.domain.message import Kind
from webcare.services import case_file, queue
from webcare.services.queue import ME, NOBODY, Filters
from webcare.web.events import counts_by_view
from webcare.web.here import HERE
from webcare.web.labels import Labels, labels
from webcare.web.login_pages import seen_other

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from webcare.services.queue import Page, QueueRow
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

MOST_ROWS: Final = 200  # of one page, when a script asks for all that it shows
LONGEST_LINE: Final = 240
_HOUR: Final = timedelta(hours=1)

VIEWS: Final[dict[str, dict[str, Any]]] = {
    "open": {},
    "mine": {"claimed_by": ME},
    "nobody": {"claimed_by": NOBODY},
    "late": {"late": True},
    "urgent": {"urgent": True},
    "unsure": {"unsure": True},
    "snoozed": {"state": "snoozed"},
    "closed": {"state": "closed"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row as the template draws it; `part` is the heading that it stands under."""

    row: QueueRow
    part: str
    line: str
    owner: str | None
    is_mine: bool
    verdict: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    name: str
    href: str
    is_current: bool


class QueuePage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.queue), web.get("/queue/rows", self.rows), web.post("/take", self.take)]

    async def queue(self, request: web.Request) -> web.StreamResponse:
        """Show the queue."""
        filters, door, who = Filters.from_query(request.query), self._inbox.door, request[HERE].who
        (page, names), counts = await asyncio.gather(
            self._read(request, filters), door.read(queue.counts, now=self._clock.now(), person=who.id)
        )
        values = {
            **self._rows(request, filters, page, names),
            "counts": counts,
            "shown": counts_by_view(counts),
            "views": _views(filters),
            "channels": [(account.id, account.name) for account in self._inbox.channels()],
            "kinds": [kind.value for kind in Kind],
            "nothing_to_take": "none" in request.query,
        }
        return self._pages.page(request, "queue.html", **values)

    async def rows(self, request: web.Request) -> web.StreamResponse:
        """Show rows alone: what follows, or all of those on the screen as they are now."""
        filters = Filters.from_query(request.query)
        page, names = await self._read(request, filters)
        return self._pages.page(request, "rows.html", **self._rows(request, filters, page, names))

    async def _read(self, request: web.Request, filters: Filters) -> tuple[Page, Mapping[str, str]]:
        asked = request.query.get("limit", "")
        limit = min(int(asked), MOST_ROWS) if asked.isdecimal() and len(asked) < 4 and int(asked) else queue.PAGE  # noqa: PLR2004
        read = self._inbox.door.read
        return await asyncio.gather(
            read(
                queue.rows,
                filters,
                now=self._clock.now(),
                limit=limit,
                after=request.query.get("after"),
                person=request[HERE].who.id,
                rules=self._inbox.rules(),
            ),
            read(case_file.names),
        )

    def _rows(self, request: web.Request, filters: Filters, page: Page, names: Mapping[str, str]) -> dict[str, Any]:
        here = request[HERE]
        speech = self._pages.say(here)
        asked = urlencode(filters.to_query())
        return {
            "filters": filters,
            "asked": asked,
            "rows": list(_shown(page.rows, speech, names, me=here.who.id)),
            "more": urlencode({**filters.to_query(), "after": page.next}) if page.more and page.next else None,
            "is_first": "after" not in request.query,
        }

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Claim the most urgent case of nobody and open it."""
        found = await self._inbox.door.write(queue.take_next, request[HERE].who.id, self._inbox.rules(), self._clock.now())
        return seen_other("/?none=1" if found is None else f"/cases/{found}")


def _shown(rows: Iterable[QueueRow], speech: Say, names: Mapping[str, str], *, me: str) -> Iterator[Shown]:
    for row in rows:
        line = " ".join(row.line.split())
        yield Shown(
            row=row,
            part=part_of(row, speech),
            line=line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…",
            owner=None if row.claimed_by is None else names.get(row.claimed_by, row.claimed_by),
            is_mine=row.claimed_by == me,
            verdict=labels(row.intents, row.sentiment, row.certainty, by_person=row.corrected_by is not None),
        )


def part_of(row: QueueRow, speech: Say) -> str:
    """Return the heading that a row stands under: the order of the queue, in words."""
    if row.closed_at is not None and row.state.value == "closed":
        return "closed"
    if row.due_at is None:
        return "none"
    if row.due_at <= speech.now:
        return "late"
    if row.due_at - speech.now <= _HOUR:
        return "hour"
    days = (speech.day_of(row.due_at) - speech.today).days
    return {0: "today", 1: "tomorrow"}.get(days, "later")


def _views(filters: Filters) -> list[View]:
    """Return the views; what else is filtered stays as it is."""
    base = Filters(channel=filters.channel, kind=filters.kind, brand=filters.brand, query=filters.query)
    found = []
    for name, changes in VIEWS.items():
        view = replace(base, **changes)
        asked = urlencode(view.to_query())
        found.append(View(name=name, href=f"/?{asked}" if asked else "/", is_current=view == filters))
    return found
