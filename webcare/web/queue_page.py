"""The queue, and "take the next one". What is filtered stands in the address: a link to a colleague shows the same cases."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from webcare.domain.message import Kind
from webcare.domain.verdict import Sentiment
from webcare.services import case_file, desk, peak, queue, tagging, views
from webcare.services.queue import ME, NOBODY, Filters
from webcare.web import risk_view
from webcare.web.bulk_page import told
from webcare.web.events import counts_by_view, shown
from webcare.web.here import HERE
from webcare.web.labels import Labels, labels
from webcare.web.later import snoozes
from webcare.web.login_pages import seen_other
from webcare.web.peak_page import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from webcare.services.queue import Page, QueueRow
    from webcare.services.views import View as Kept
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.risk_view import Cell
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
_OF_VIEWS: Final = ("state", "unsure", "urgent", "late", "peak")  # filters that have no field of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row as the template draws it; `part` is the heading that it stands under."""

    row: QueueRow
    part: str
    line: str
    owner: str | None
    is_mine: bool
    verdict: Labels
    risk: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """`name` of those that everybody has, `own` of one that the reader keeps, under this number."""

    query: str
    is_current: bool
    name: str = ""
    own: str = ""
    number: int = 0

    @property
    def href(self) -> str:
        return f"/?{self.query}" if self.query else "/"


class QueuePage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.queue),
            web.get("/queue/rows", self.rows),
            web.get("/queue/counts", self.counts),
            web.post("/take", self.take),
        ]

    async def queue(self, request: web.Request) -> web.StreamResponse:
        """Show the queue."""
        filters, door, who = Filters.from_query(request.query), self._inbox.door, request[HERE].who
        if "was" in request.query:  # from the form: the address that it comes to is the one to keep
            return seen_other(address(_chosen(request.query, filters)))
        speech = self._pages.say(request[HERE])
        lead = desk.may(who.role, desk.Action.PEAK)
        (page, names), counts, kept, people, peaks = await asyncio.gather(
            self._read(request, filters),
            door.read(queue.counts, now=self._clock.now(), person=who.id),
            door.read(views.views, who.id),
            door.read(queue.colleagues),
            door.read(peak.shown, self._clock.now()),
        )
        known_tags = await door.read(tagging.known_tags)
        is_empty = not page.rows and not filters.is_narrow
        choices = self._choices(filters, speech, people, known_tags, me=who.id)
        values = {
            **self._rows(request, filters, page, names),
            "counts": counts,
            "shown": counts_by_view(counts),
            "views": _views(filters),
            "kept": _kept(kept, filters),
            "choices": choices,
            "is_narrowed": filters.is_narrow,
            "lines": lines(peaks, speech, self._inbox.zone, lead=lead),
            "shown_peak": None if filters.peak is None else int(filters.peak),
            "narrowed": _narrowed(filters, speech, choices, peaks),
            "held": {name: value for name, value in filters.to_query().items() if name in _OF_VIEWS},
            "people": people,
            "known_tags": known_tags,
            "presets": list(snoozes(speech)),
            "is_cut": page.is_cut,
            "answered": await door.read(queue.last_answered) if is_empty else None,
            "nothing_to_take": "none" in request.query,
            "bulk": told(request.query, speech, names),
            "bulk_is_fine": "not" not in request.query,
            "notice": _notice(request.query, speech, kept),
            "problem": _problem(request.query, speech),
        }
        return self._pages.page(request, "queue.html", **values)

    async def rows(self, request: web.Request) -> web.StreamResponse:
        """Show rows alone: what follows, or all of those on the screen as they are now."""
        filters = Filters.from_query(request.query)
        page, names = await self._read(request, filters)
        return self._pages.page(request, "rows.html", **self._rows(request, filters, page, names))

    async def counts(self, request: web.Request) -> web.StreamResponse:
        """Tell how many cases are in each view that the reader keeps: apart, since a rare filter is dear to count."""
        who, door = request[HERE].who, self._inbox.door
        kept = await door.read(views.views, who.id)
        found = await door.read(queue.sizes, [view.filters for view in kept], now=self._clock.now(), person=who.id)
        return web.json_response({f"view-{view.id}": shown(size) for view, size in zip(kept, found, strict=True)})

    async def _read(self, request: web.Request, filters: Filters) -> tuple[Page, Mapping[str, str]]:
        asked = request.query.get("limit", "")
        is_limit = asked.isascii() and asked.isdecimal() and len(asked) < 4 and int(asked)  # noqa: PLR2004
        read = self._inbox.door.read
        return await asyncio.gather(
            read(
                queue.rows,
                filters,
                now=self._clock.now(),
                limit=min(int(asked), MOST_ROWS) if is_limit else queue.PAGE,
                after=request.query.get("after"),
                person=request[HERE].who.id,
                rules=self._inbox.rules(),
            ),
            read(case_file.names),
        )

    def _rows(self, request: web.Request, filters: Filters, page: Page, names: Mapping[str, str]) -> dict[str, Any]:
        here = request[HERE]
        speech, by_risk = self._pages.say(here), filters.sort == queue.RISK and filters.state == Filters().state
        return {
            "filters": filters,
            "asked": urlencode(filters.to_query()),
            "rows": list(_shown(page.rows, speech, names, me=here.who.id, by_risk=by_risk)),
            "by_risk": by_risk,
            "in_order": [address(replace(filters, sort=None)), address(replace(filters, sort=queue.RISK))],
            "more": urlencode({**filters.to_query(), "after": page.next}) if page.more and page.next else None,
            "is_first": "after" not in request.query,
        }

    def _choices(
        self, filters: Filters, speech: Say, people: Sequence[tuple[str, str]], tags: Sequence[str], *, me: str
    ) -> list[dict[str, Any]]:
        """Return what each filter offers: name, value, and the options in words."""
        words, things = speech.words.queue, speech.words.thing
        accounts = self._inbox.channels()
        brands = sorted({account.brand for account in accounts})
        who = [(ME, words.me), (NOBODY, things.nobody), *(one for one in people if one[0] != me)]
        offered: dict[str, list[tuple[str, str]]] = {
            "channel": [(account.id, f"{speech.channel(account.id)} {account.name}") for account in accounts],
            "kind": [(kind.value, things.kinds[kind.value]) for kind in Kind],
            "intent": [(name, things.intents.get(name, things.noise)) for name in queue.INTENTS],
            "sentiment": [(one.value, things.sentiments[one.value]) for one in Sentiment],
            "language": list(words.languages.items()),
            "claimed_by": who,
            "brand": [(brand, brand) for brand in brands] if len(brands) > 1 else [],
            "tag": [(tag, tag) for tag in tags],
        }
        found = []
        for name, options in offered.items():
            value = getattr(filters, name)
            if value is not None and value not in dict(options):
                options.append((value, value))  # from the address: it stays in sight, and can be taken off
            if options:
                chosen = dict(options).get(value or "")
                found.append({"name": name, "value": value, "options": options, "chosen": chosen})
        return found

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Claim the most urgent case of nobody and open it."""
        found = await self._inbox.door.write(queue.take_next, request[HERE].who.id, self._inbox.rules(), self._clock.now())
        return seen_other("/?none=1" if found is None else f"/cases/{found}")


def address(filters: Filters, **more: str) -> str:
    """Return where these cases are shown."""
    asked = urlencode({**filters.to_query(), **more})
    return f"/?{asked}" if asked else "/"


def _chosen(query: Mapping[str, str], filters: Filters) -> Filters:
    """Return what the form asks for: another view, or the filters beside it."""
    view = query.get("view", "")
    return filters if view == query.get("was") else Filters.from_query(dict(parse_qsl(view)))


def _shown(rows: Iterable[QueueRow], speech: Say, names: Mapping[str, str], *, me: str, by_risk: bool = False) -> Iterator[Shown]:
    for row in rows:
        line = " ".join(row.line.split())
        yield Shown(
            row=row,
            part=risk_view.part_of(row) if by_risk else part_of(row, speech),
            line=line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…",
            owner=None if row.claimed_by is None else names.get(row.claimed_by, row.claimed_by),
            is_mine=row.claimed_by == me,
            verdict=labels(row.intents, row.sentiment, row.certainty, by_person=row.corrected_by is not None),
            risk=risk_view.cell(row, speech),
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
    own: dict[str, Any] = {"state": Filters().state, "claimed_by": None, "late": False, "urgent": False, "unsure": False}
    base = replace(filters, **own)
    found = []
    for name, changes in VIEWS.items():
        view = replace(base, **changes)
        found.append(View(name=name, query=urlencode(view.to_query()), is_current=view == filters))
    return found


def _narrowed(filters: Filters, speech: Say, choices: Iterable[Mapping[str, Any]], peaks: peak.Shown) -> str:
    """Return what is filtered, in words."""
    words = speech.words.queue
    own = {**VIEWS, "mine": {}, "nobody": {}}  # whose it is has a field, and is named by that
    named = [words.views[name] for name, view in own.items() if view and all(getattr(filters, k) == v for k, v in view.items())]
    named += [one["chosen"] for one in choices if one["chosen"]]
    if filters.peak is not None:
        names = {str(one.peak.id): speech.words.peak.named.format(name=one.peak.name) for one in peaks.running}
        named.append(names.get(filters.peak, speech.words.peak.title))
    return " · ".join([*named, *([filters.query] if filters.query else [])])


def _kept(kept: Iterable[Kept], filters: Filters) -> list[View]:
    return [
        View(own=one.name, number=one.id, query=urlencode(one.filters.to_query()), is_current=one.filters == filters)
        for one in kept
    ]


def _notice(query: Mapping[str, str], speech: Say, kept: Iterable[Kept]) -> str | None:
    names = {str(one.id): one.name for one in kept}
    name = names.get(query.get("kept", ""))
    return None if name is None else speech.words.queue.save_done.format(name=name)


def _problem(query: Mapping[str, str], speech: Say) -> str | None:
    words = speech.words.queue
    return {"name": words.save_flaw, "full": words.save_full}.get(query.get("flaw", ""))
