"""What is done with the chosen rows of the queue at once; what was refused is counted and said.

    POST /queue/bulk   do=claim | assign:PERSON | snooze:WHEN | no_answer, case=..., filters=...   --> the queue as it was filtered

Each case is its own transaction: the one that a colleague took meanwhile does not hold up the others.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.durations import format_instant, parse_instant
from webcare.domain.row_number import row_number
from webcare.services import bulk, desk, tagging
from webcare.services.filters import LONGEST_TAG
from webcare.services.queue import Filters
from webcare.web import later
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from multidict import MultiMapping

    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

MOST_TOLD: Final = 9


class BulkPage:
    """The handler."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/queue/bulk", self.act)]

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Do one thing with each of the chosen cases."""
        who, form = request[HERE].who, await request.post()
        if not desk.may(who.role, desk.Action.WORK):
            raise NotYours
        what, _, to = field(form, "do").partition(":")
        to = field(form, "tag")[:LONGEST_TAG] if what == "tag" else to
        unit, told_to = self._unit(request, what, to)
        numbers = _numbers(form.getall("case", []))
        refused: Counter[tuple[str, str]] = Counter()
        for number in numbers:
            try:
                await self._inbox.door.write(unit, number, by=who.id, rules=self._inbox.rules(), now=self._clock.now())
            except ImpossibleMove as error:
                refused[error.why.value, to if error.why is Refusal.NO_SUCH_PERSON else error.who or ""] += 1
        if numbers:
            self._inbox.wake("watch")
        result = [("did", f"{what}.{len(numbers) - refused.total()}.{told_to}")]
        result += [("not", f"{why}.{count}.{name}") for (why, name), count in refused.items()]
        filters = Filters.from_query(dict(parse_qsl(field(form, "filters"))))
        return seen_other(f"/?{urlencode([*filters.to_query().items(), *result])}")

    def _unit(self, request: web.Request, what: str, to: str) -> tuple[Any, str]:
        """Return the act, and what the sentence about it names."""
        who = request[HERE].who
        if what == "claim":
            return desk.claim, ""
        if what == "tag":
            return partial(tagging.tag, name=to), ""
        if what == "no_answer":
            return bulk.no_answer_needed, ""
        if what == "assign" and to:
            others = desk.may(who.role, desk.Action.HAND_OVER_OTHERS)
            return partial(desk.hand_over, to=to, others=others), to
        if what == "snooze":
            until = self._until(to)
            return partial(desk.snooze, until=until), format_instant(until)
        raise web.HTTPBadRequest

    def _until(self, when: str) -> datetime:
        try:
            span, until = later.sent(when)
        except ValueError:
            raise web.HTTPBadRequest from None
        return until or self._clock.now() + (span or timedelta(0))


def _numbers(values: list[Any]) -> list[int]:
    found = [row_number(one) for one in values if isinstance(one, str)]
    return list(dict.fromkeys(one for one in found if one is not None))[: bulk.MOST]


# --- what came of it ---


def told(query: MultiMapping[str], speech: Say, names: Mapping[str, str]) -> str | None:
    """Return in one sentence what an address says came of it; what it does not say in our own terms is left out."""
    words = speech.words.queue
    what, done, who = _result(query.get("did", ""))
    if what not in words.bulk_done:
        return None
    refused = [_result(one) for one in query.getall("not", [])[:MOST_TOLD]]
    if not done and not refused:
        return words.bulk_none
    parts = []
    if done:
        parts.append(speech.count(words.bulk_done[what], done, who=_named(who, speech, names)))
    for why, count, person in refused:
        if count and why in list(Refusal):
            phrase = words.bulk_refused.get(why, words.bulk_refused_otherwise)
            parts.append(speech.count(phrase, count, who=_named(person, speech, names)))
    return f"{', '.join(parts)}." if parts else None


def _result(text: str) -> tuple[str, int, str]:
    what, _, rest = text.partition(".")
    number, _, who = rest.partition(".")
    return what, (row_number(number) or 0) if len(number) in range(1, 4) else 0, who


def _named(who: str, speech: Say, names: Mapping[str, str]) -> str:
    if who in names:
        return names[who]
    try:
        return speech.moment(parse_instant(who))
    except (ValueError, OverflowError):
        return "?"
