"""Why a message is read as it is: which words pull towards what was decided, and which away from it. Asked only when somebody looks.

The model that answers now is asked, not the one that once judged: what it says is what it would say of the next such message.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from webcare.domain.verdict import STAND_IN
from webcare.services import queue, reasons
from webcare.web.case_page import CASE
from webcare.web.gate import FRAGMENT
from webcare.web.here import HERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webcare.domain.verdict import Verdict
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

AT_ONCE: Final = 2  # each costs the model as much as forty messages
AROUND: Final = "[context]"  # what a model calls everything around the message
RULES: Final = "rules-"  # how the word rules' name begins: they add words up, and leave none out
LONGEST_WORD: Final = 60
STRONG, SOME = 0.66, 0.33  # shares of the strongest pull


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A word; `share` is how strong it is beside the strongest, in per cent."""

    word: str
    is_around: bool
    is_for: bool
    share: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The words that speak for or against one label."""

    label: str
    pulls: tuple[Pull, ...]


class ReasonsPage:
    """The handler."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages
        self._turns = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"{CASE}/messages/{{message:[0-9]{{1,18}}}}/why", self.why)]

    async def why(self, request: web.Request) -> web.StreamResponse:
        """Show the words that carry a decision: on a page of their own, or where a script asks, in the page of the case."""
        case, message = int(request.match_info["case"]), int(request.match_info["message"])
        asked = await self._inbox.door.read(reasons.question, case, message, self._inbox.rules().languages)
        if asked is None or self._inbox.explain is None:
            raise web.HTTPNotFound
        async with self._turns:
            verdict = await asyncio.to_thread(self._inbox.explain, asked)
        speech = self._pages.say(request[HERE])
        values: dict[str, Any] = {
            "case": case,
            "message": message,
            "groups": list(_groups(verdict, speech)),
            "by": _by(verdict, speech),
            "by_rules": verdict.model.removeprefix(STAND_IN).startswith(RULES),
        }
        if FRAGMENT in request.headers:
            return self._pages.page(request, "reasons_part.html", **values)
        counts = await self._inbox.door.read(queue.counts, now=self._clock.now(), person=request[HERE].who.id)
        return self._pages.page(request, "reasons.html", counts=counts, **values)


def _by(verdict: Verdict, speech: Say) -> str:
    words, name = speech.words.reasons, verdict.model.removeprefix(STAND_IN)
    phrase = words.by_stand_in if verdict.is_stand_in else words.by_rules if name.startswith(RULES) else words.by
    return phrase.format(model=name)


def _groups(verdict: Verdict, speech: Say) -> Iterator[Group]:
    strongest = max((abs(one.weight) for one in verdict.why), default=0.0)
    for label in dict.fromkeys(one.label for one in verdict.why):
        found = sorted((one for one in verdict.why if one.label == label), key=lambda one: -abs(one.weight))
        pulls = tuple(_pull(one.word, one.weight, strongest, speech) for one in found if one.weight)
        if pulls:
            yield Group(label=_named(label, speech), pulls=pulls)


def _named(label: str, speech: Say) -> str:
    things, words = speech.words.thing, speech.words.reasons
    return {**things.intents, **things.sentiments, **words.labels}.get(label, label)


def _pull(word: str, weight: float, strongest: float, speech: Say) -> Pull:
    words, share = speech.words.reasons, abs(weight) / strongest
    strength = words.strongly if share >= STRONG else words.somewhat if share >= SOME else words.slightly
    return Pull(
        word=word[:LONGEST_WORD],
        is_around=word == AROUND,
        is_for=weight > 0,
        share=max(1, round(share * 100)),
        said=(words.towards if weight > 0 else words.away).format(strength=strength),
    )
