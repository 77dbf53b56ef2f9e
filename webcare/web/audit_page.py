"""The audit log: who did what when, for those who look after it, also as a table of values to take along."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web
from babel.dates import format_datetime

from webcare.services import audit_trail, queue
from webcare.services.audit_trail import Filters
from webcare.services.desk import Action, may
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.spreadsheet import MARK, as_csv

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.services.audit_trail import Line
    from webcare.services.sign_in import Visitor
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

BATCH: Final = 1000  # lines of one read
COLUMNS: Final = ("time", "by", "name", "what", "facts")


class AuditPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/audit", self.audit), web.get("/audit.csv", self.export, allow_head=False)]

    async def audit(self, request: web.Request) -> web.StreamResponse:
        """Show the log."""
        who, filters, before = _reader(request), Filters.from_query(request.query), request.query.get("before")
        read = self._inbox.door.read
        page, choices, counts = await asyncio.gather(
            read(audit_trail.page, filters, ZoneInfo(who.zone), before=before),
            read(audit_trail.choices),
            read(queue.counts, now=self._clock.now(), person=who.id),
        )
        asked = filters.to_query()
        values: dict[str, Any] = {
            "lines": page.lines,
            "dated": partial(_dated, locale=self._pages.say(request[HERE]).words.locale, zone=ZoneInfo(who.zone)),
            "filters": filters,
            "choices": choices,
            "is_filtered": bool(asked),
            "export": f"/audit.csv?{urlencode(asked)}" if asked else "/audit.csv",
            "older": f"/audit?{urlencode({**asked, 'before': page.next})}" if page.next is not None else None,
            "newest": (f"/audit?{urlencode(asked)}" if asked else "/audit") if before else None,
        }
        return self._pages.page(request, "audit.html", counts=counts, **values)

    async def export(self, request: web.Request) -> web.StreamResponse:
        """Answer with the log as CSV, a batch at a time: it may be longer than what fits into memory."""
        who, filters = _reader(request), Filters.from_query(request.query)
        zone, read = ZoneInfo(who.zone), self._inbox.door.read
        page = await read(audit_trail.page, filters, zone, limit=BATCH)  # before the answer begins: it may still fail in words
        name = f"webcare-audit-{self._clock.now().astimezone(zone):%Y-%m-%d}.csv"
        response = web.StreamResponse(
            headers={
                hdrs.CONTENT_TYPE: "text/csv; charset=utf-8",
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
            }
        )
        await response.prepare(request)
        await response.write(MARK + as_csv([COLUMNS]))
        while True:
            await response.write(as_csv([_cells(line, zone) for line in page.lines]))
            if page.next is None:
                break
            page = await read(audit_trail.page, filters, zone, before=page.next, limit=BATCH)
        await response.write_eof()
        return response


def _reader(request: web.Request) -> Visitor:
    """Return who asks, if they may read the log.

    Raises:
        NotYours: they may not.
    """
    who = request[HERE].who
    if not may(who.role, Action.AUDIT):
        raise NotYours
    return who


def _dated(at: datetime, *, locale: str, zone: ZoneInfo) -> str:
    """Say when, with year and second: this is looked up years later."""
    return format_datetime(at.astimezone(zone), "d MMM y HH:mm:ss", locale=locale)


def _cells(line: Line, zone: ZoneInfo) -> tuple[str, ...]:
    at = line.at.astimezone(zone).isoformat(timespec="seconds")
    return (at, line.by, line.name, line.what, json.dumps(dict(line.facts), ensure_ascii=False) if line.facts else "")
