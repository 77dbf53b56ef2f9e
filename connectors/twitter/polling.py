"""One poll: mentions, our own posts, direct messages, then each search; every list from where it was left.

    list --page by page--> bodies, and what of them is new and has to be paid for

The own timeline shows the answers that colleagues gave in X's own app. Pages are large, lists go on where they stopped, and only the
overlap is read twice: X charges a post once a UTC day, and so does `Batch.cost`; a post that is a mention and a hit of a search is charged
once too. X limits each list on its own: one that may not be read waits, and the others go on. So they do where X does not answer for one,
or refuses a search that is written wrongly: nobody's mentions wait for that.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.twitter.asking import next_token
from connectors.twitter.fields import FIRST, id_at
from connectors.twitter.places import Place, ids_in, read_places, write_places
from connectors.twitter.refusals import LONGEST, WRONG_ACCESS, epoch
from webcare.ports.connector import Batch
from webcare.ports.errors import AuthFailed, RateLimited, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.twitter.asking import Asking
    from connectors.twitter.config import Config
    from connectors.twitter.transport import Answer

SEARCH = "search:"
REACH = timedelta(days=7) - timedelta(hours=1)  # of a search: https://docs.x.com/x-api/posts/search/introduction
FEWEST_HITS = 10  # a page of a search holds no fewer
LATEST = timedelta(days=1)  # an id further ahead is none that X made
SPARE = 2  # reads of direct messages that are left to whoever looks for what may have been sent: X allows 15 in 15 minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """Something that X lists, newest first. `called` is how people know it; `resource` is what one entry is paid for as."""

    name: str
    called: str
    route: str
    asked: Mapping[str, str]
    resource: str
    first: int  # where the first poll begins
    oldest: int = 0  # what X can be asked
    overlap: int = 0
    has_ids: bool = True
    spare: int = 0

    def floor(self, place: Place) -> int:
        """Return the id that a walk goes down to."""
        return max(0, self.oldest, place.since - self.overlap if place.since else self.first)


@dataclass(slots=True, kw_only=True)
class Brought:
    """What a poll has brought so far."""

    bodies: list[Any] = field(default_factory=list)
    costs: Counter[str] = field(default_factory=Counter)
    missed: dict[str, Unavailable] = field(default_factory=dict)  # by what the list is called
    _paid: set[int] = field(default_factory=set)

    def add(self, one: List, body: dict[str, Any], new: set[int]) -> None:
        """Keep a page that says something, and count what was not counted yet."""
        if body.get("data") or body.get("errors"):
            self.bodies.append(body)
        for resource, ids in ((one.resource, new), ("post", beside(body) if new else set())):
            if fresh := ids - self._paid:
                self.costs[resource] += len(fresh)
                self._paid |= fresh


def beside(body: Mapping[str, Any]) -> set[int]:
    """Return the ids of the posts that stand beside those of a list: each is paid for like any other."""
    included = body.get("includes")
    held = included if isinstance(included, dict) else {}
    return {one for name in ("tweets", "posts") for one in ids_in({"data": held.get(name)}, 2**63)}


async def poll(asking: Asking, config: Config, cursor: str | None, now: datetime) -> Batch:
    """Read every list from where it was left.

    Raises:
        RateLimited: no list may be read now.
        Unavailable: none can be.
    """
    lists = _lists(asking, config, now)
    known = {one.name for one in lists}
    places = {name: place for name, place in read_places(cursor).items() if name in known or not name.startswith(SEARCH)}
    brought, waiting, unread = Brought(), [], 0
    for one in lists:
        place = places.get(one.name, Place())
        until = place.until(now)
        if until is None:
            try:
                place = await _walk(asking, config.pages, one, place, now, brought)
            except RateLimited as limited:
                until = limited.until
                place = _waiting(place, until)
            except Unavailable as error:
                brought.missed[one.called] = error
                unread += 1
            places[one.name] = place
        if until is not None:
            waiting.append(until)
    if len(waiting) == len(lists):
        raise RateLimited(min(waiting))
    if unread and unread + len(waiting) == len(lists):
        raise next(iter(brought.missed.values()))
    return Batch(
        bodies=tuple(brought.bodies),
        cursor=write_places(places),
        cost=brought.costs.total(),
        costs=dict(brought.costs),
        missed="; ".join(f"{called}: {error}" for called, error in brought.missed.items()) or None,
        more=any(place.is_between and place.until(now) is None for name, place in places.items() if name in known),
    )


def _lists(asking: Asking, config: Config, now: datetime) -> list[List]:
    first, owned = id_at(now - config.first_look), "owned" if config.owns_app else "post"
    us = f"/2/users/{config.user_id}"
    lists = [
        List(name="mentions", called="mentions", route=f"{us}/mentions", asked=asking.posts(), resource=owned, first=first),
        List(name="own", called="our own posts", route=f"{us}/tweets", asked=asking.posts(), resource=owned, first=first),
    ]
    if config.direct_messages:
        events = asking.events()
        lists.append(
            List(
                name="messages",
                called="direct messages",
                route="/2/dm_events",
                asked=events,
                resource="message",
                first=first,
                has_ids=False,
                spare=SPARE,
            )
        )
    for search in config.searches:
        hits = {"query": config.query(search), "max_results": str(max(FEWEST_HITS, config.max_results))}
        lists.append(
            List(
                called=f"search {search!r}",
                name=SEARCH + hashlib.blake2b(search.encode(), digest_size=6).hexdigest(),
                route="/2/tweets/search/recent",
                asked=asking.posts() | hits,
                resource="post",
                first=first,
                oldest=id_at(now - REACH),
            )
        )
    return [replace(one, overlap=_ids(config.overlap)) for one in lists]


async def _walk(asking: Asking, pages: int, one: List, place: Place, now: datetime, brought: Brought) -> Place:
    """Read a list and return where it is left.

    Raises:
        RateLimited, Unavailable: before anything of it was read.
    """
    floor, latest = one.floor(place), id_at(now + LATEST)
    if one.has_ids and 0 < place.below <= floor:  # what was still to read lies further back than X can be asked
        place = Place(since=place.top)
        floor = one.floor(place)
    params = dict(one.asked)
    if one.has_ids:
        params |= {"since_id": str(floor)} if floor else {}
        params |= {"until_id": str(place.below)} if place.below else {}
    known, token = place.since, "" if place.below and one.has_ids else place.token
    if not place.since:  # where the first poll began: a list that stays empty must not lose what comes while we are away
        place = replace(place, since=min(one.first + one.overlap, id_at(now)))
    for number in range(pages):
        try:
            answer = await _page(asking, one, params, token, now)
        except RateLimited as limited:
            if number == 0:
                raise
            return _waiting(place, limited.until)  # what was paid for is not thrown away
        except Unavailable as error:
            if number == 0:
                raise
            brought.missed[one.called] = error
            return place
        ids = ids_in(answer.found, latest)
        brought.add(one, answer.found, {each for each in ids if each > known})
        token = next_token(answer.found)
        is_end = not token or (not one.has_ids and min(ids, default=floor + 1) <= floor)
        place = place.after(ids, None if is_end else token)
        if (until := _spent(answer.headers, one.spare, now)) is not None:
            return _waiting(place, until)
        if is_end:
            break
    return place


async def _page(asking: Asking, one: List, params: dict[str, str], token: str, now: datetime) -> Answer:
    try:
        return await asking.page(one.route, params, token, now)
    except AuthFailed as error:
        if one.resource != "message" or str(error) != WRONG_ACCESS:
            raise
        raise AuthFailed(f"{error}; or set direct_messages = false") from error


def _spent(headers: Mapping[str, str], spare: int, now: datetime) -> datetime | None:
    """Return until when a list should be left alone, because no more reads than are to be spared are left."""
    left = headers.get("x-rate-limit-remaining", "")
    if not (left.isascii() and left.isdigit()) or int(left) > spare:
        return None
    until = epoch(headers.get("x-rate-limit-reset"))
    return until if until is not None and now < until <= now + LONGEST else None


def _waiting(place: Place, until: datetime) -> Place:
    return replace(place, wait=math.ceil(until.timestamp()))


def _ids(span: timedelta) -> int:
    """Return how many ids X can hand out in a span."""
    return id_at(FIRST + span)
