"""The cases that a filter shows, as a file for a spreadsheet: a page of the queue at a time, whatever there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import hdrs, web

from webcare.domain.durations import format_instant
from webcare.services import audit_trail, case_file, desk, queue
from webcare.services.queue import Filters
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.spreadsheet import MARK, as_csv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.services.queue import Page, QueueRow
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

MOST: Final = 5000
AT_ONCE: Final = 200
COLUMNS: Final = (
    "case",
    "state",
    "brand",
    "channel",
    "kind",
    "customer",
    "text",
    "language",
    "sentiment",
    "intents",
    "tags",
    "urgency",
    "unsure",
    "claimed_by",
    "opened_at",
    "due_at",
    "risk",
    "closed_at",
    "snoozed_until",
)


class QueueCsv:
    """The handler."""

    def __init__(self, parts: Parts, inbox: Inbox, _pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/queue.csv", self.export, allow_head=False)]

    async def export(self, request: web.Request) -> web.StreamResponse:
        """Send the cases as they stand now, at most `MOST`."""
        if not desk.may(request[HERE].who.role, desk.Action.READ):
            raise NotYours
        filters, after, sent = Filters.from_query(request.query), None, 0
        names = await self._inbox.door.read(case_file.names)
        page = await self._page(request, filters, after)
        await self._inbox.door.write(
            audit_trail.note_download,
            by=request[HERE].who.id,
            filters=filters.to_query(),
            machine=self._clock.machine(),
        )
        response = web.StreamResponse(
            headers={hdrs.CONTENT_TYPE: "text/csv; charset=utf-8", hdrs.CONTENT_DISPOSITION: 'attachment; filename="queue.csv"'}
        )
        await response.prepare(request)
        await response.write(MARK + as_csv([COLUMNS]))
        while True:
            await response.write(as_csv(_cells(row, names) for row in page.rows))
            sent += len(page.rows)
            if page.next is None or sent >= MOST:
                return response
            try:
                page = await self._page(request, filters, page.next)
            except self._inbox.trouble:
                raise ConnectionResetError from None  # half a file must not look like a whole one

    async def _page(self, request: web.Request, filters: Filters, after: str | None) -> Page:
        return await self._inbox.door.read(
            queue.rows, filters, now=self._clock.now(), limit=AT_ONCE, after=after, person=request[HERE].who.id
        )


def _cells(row: QueueRow, names: Mapping[str, str]) -> tuple[Any, ...]:
    return (
        row.case,
        row.state.value,
        row.brand,
        row.channel,
        row.kind.value,
        row.customer_name or row.customer_handle,
        row.line,
        row.language,
        None if row.sentiment is None else row.sentiment.value,
        " ".join(intent.value for intent in row.intents),
        ", ".join(row.tags),
        row.urgency.value,
        "yes" if row.unsure else "",
        None if row.claimed_by is None else names.get(row.claimed_by, row.claimed_by),
        _instant(row.opened_at),
        _instant(row.due_at),
        "" if row.risk is None else row.risk,
        _instant(row.closed_at),
        _instant(row.snoozed_until),
    )


def _instant(at: datetime | None) -> str:
    return "" if at is None else format_instant(at)
