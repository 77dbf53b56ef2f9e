"""The thin client: mentions, our own timeline, replies, direct messages.

The own timeline shows the answers that colleagues gave in X's own app. Reading is paid for by the post
(https://docs.x.com/x-api/getting-started/pricing), so pages are large, lists go on where they stopped, and only the overlap is read twice:
X charges a post once a UTC day, and so does `Batch.cost`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from aiohttp import ClientConnectorError, ConnectionTimeoutError

from connectors.twitter.fields import id_at
from connectors.twitter.places import Place, ids_in, read_places, write_places
from connectors.twitter.refusals import epoch, explain
from connectors.twitter.sameness import find_event, find_post
from connectors.twitter.transport import NETWORK, Answer, GarbledError, RefusedError, client_for
from webcare.domain.message import Kind
from webcare.ports.connector import Batch, Health, Receipt
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping
    from datetime import timedelta

    from connectors.twitter.config import Config
    from webcare.ports.connector import Reply, Session

# Asked for in the words of either generation; an answer is read in both. Replied-to posts are not asked for: each is paid for.
ASKED: dict[str, dict[str, str]] = {
    "tweet": {
        "tweet.fields": "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,"
        "note_tweet,referenced_tweets,source",
        "expansions": "attachments.media_keys,author_id",
    },
    "post": {
        "post.fields": "attachments,conversation_id,created_at,entities,note_post,source",
        "expansions": "attachments.media_keys,author_id,edit_history_post_ids,in_reply_to_user_id,referenced_posts",
    },
}
ASKED_EVENTS: dict[str, dict[str, str]] = {
    "tweet": {
        "dm_event.fields": "attachments,created_at,dm_conversation_id,event_type,id,referenced_tweets,sender_id,text",
        "expansions": "attachments.media_keys,sender_id",
    },
    "post": {
        "dm_event.fields": "attachments,created_at,dm_conversation_id,event_type,id,text",
        "expansions": "attachments.media_keys,referenced_posts,sender_id",
    },
}
BESIDE = {"user.fields": "name,username", "media.fields": "preview_image_url,type,url"}
MESSAGES = {"event_types": "MessageCreate"}
_NO_CLOCK = datetime.fromtimestamp(0, UTC)
_FORBIDDEN, _NOT_FOUND, _BAD_REQUEST = 403, 404, 400


class Client:
    """One channel. Its session, keys and config are given; it keeps nothing between calls."""

    def __init__(self, config: Config, session: Session, secrets: Mapping[str, str]) -> None:
        self._config = config
        keys = {name: secrets[name] for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")}
        self._x = client_for(session, config.base_url, keys)

    async def poll(self, cursor: str | None, now: datetime) -> Batch:
        """Read mentions, then our own posts, then direct messages where the channel polls them."""
        places, cost, more = read_places(cursor), 0, False
        bodies: list[Any] = []
        lists = {"mentions": f"/2/users/{self._config.user_id}/mentions", "own": f"/2/users/{self._config.user_id}/tweets"}
        if self._config.direct_messages:
            lists["messages"] = "/2/dm_events"
        for name, route in lists.items():
            try:
                place, found, new = await self._walk(route, places.get(name, Place()), now, is_posts=name != "messages")
            except RateLimited:
                if not bodies:
                    raise
                break  # each list has a limit of its own; what was paid for is not thrown away
            places[name] = place
            bodies += found
            cost += new
            more = more or place.is_between
        return Batch(bodies=tuple(bodies), cursor=write_places(places), cost=cost, more=more)

    async def _walk(self, route: str, place: Place, now: datetime, *, is_posts: bool) -> tuple[Place, list[Any], int]:
        """Return where a list is left, what was read, and how much of it was new."""
        overlap, latest = _ids(self._config.overlap), id_at(now + self._config.first_look)
        floor = max(0, place.since - overlap) if place.since else id_at(now - self._config.first_look)
        params = self._asked(is_posts=is_posts)
        if is_posts:
            params |= {"since_id": str(floor)} if floor else {}
            params |= {"until_id": str(place.below)} if place.below else {}
        known, token, bodies, cost = place.since, "" if place.below and is_posts else place.token, [], 0
        for _ in range(self._config.pages):
            body = await self._page(route, params, token, now)
            ids = ids_in(body, latest)
            cost += sum(known < one for one in ids)
            if body.get("data") or body.get("errors"):
                bodies.append(body)
            token = _token(body)
            is_end = not token or (not is_posts and min(ids, default=floor + 1) <= floor)
            place = place.after(ids, None if is_end else token)
            if is_end:
                break
        return place, bodies, cost

    async def _page(self, route: str, params: dict[str, str], token: str, now: datetime) -> dict[str, Any]:
        """Return one page. A token or a starting point that X no longer takes is left out: it costs a longer walk, not the posts."""
        asked = {**params, "pagination_token": token} if token else params
        try:
            return (await self._get(route, asked)).found
        except RefusedError as refused:
            stale = [name for name in ("pagination_token", "since_id") if name in asked and name.encode() in refused.body]
            if refused.status != _BAD_REQUEST or not stale:
                raise _not_read(refused, now) from refused
        params.pop(stale[0], None)
        return await self._read(route, {name: value for name, value in asked.items() if name != stale[0]}, now)

    def _asked(self, *, is_posts: bool) -> dict[str, str]:
        named = ASKED[self._config.names] if is_posts else ASKED_EVENTS[self._config.names] | MESSAGES
        return named | BESIDE | {"max_results": str(self._config.max_results)}

    async def send(self, reply: Reply) -> Receipt:
        """Post a reply, or a direct message. X knows no keys: what is not clearly refused may have been sent."""
        if _is_direct(reply):
            conversation = _conversation(reply)
            answer = await _sent(self._x.create_direct_message(dm_conversation_id=conversation, text=reply.text))
            return _receipt(answer, "dm_event_id")
        if reply.reply_to is None or not _is_id(reply.reply_to):
            raise Rejected("on X a reply answers a post, and this one names none")
        answer = await _sent(self._x.create_tweet(text=reply.text, in_reply_to_tweet_id=reply.reply_to))
        return _receipt(answer, "id")

    async def find(self, reply: Reply) -> Receipt | None:
        """Look for a reply among our own posts after the one that it answers, or in its conversation."""
        if reply.reply_to is not None and not _is_id(reply.reply_to):
            raise Unconfirmed("what was answered has no number on X, so it cannot be looked for")
        after, token = reply.reply_to, ""
        if _is_direct(reply):
            route, params = f"/2/dm_conversations/{_conversation(reply)}/dm_events", self._asked(is_posts=False)
        elif after is None:
            raise Unconfirmed("the reply names no post, so it cannot be looked for")
        else:
            route, params = f"/2/users/{self._config.user_id}/tweets", self._asked(is_posts=True) | {"since_id": after}
        look = find_event if _is_direct(reply) else find_post
        for _ in range(self._config.pages):
            try:
                answer = await self._get(route, {**params, "pagination_token": token} if token else params)
            except RefusedError as refused:
                raise Unavailable(f"X cannot be asked now ({refused.status})") from refused
            if receipt := look(answer.found, reply, self._config.user_id):
                return receipt
            token = _token(answer.found)
            if not token or (after is not None and any(one <= int(after) for one in ids_in(answer.found, 2**63))):
                return None
        raise Unconfirmed(f"it is not among the newest {self._config.pages} pages, and there are more")

    async def preflight(self, now: datetime) -> Health:
        """Ask whose keys these are: https://docs.x.com/x-api/users/lookup/quickstart/authenticated-lookup."""
        try:
            answer = await self._get("/2/users/me", {"user.fields": "name,username"})
        except RefusedError as refused:
            raise _not_read(refused, now) from refused
        user = answer.found.get("data")
        account = user.get("id") if isinstance(user, dict) else None
        problems = []
        if account != self._config.user_id:
            problems.append(f"these keys belong to account {account}, not to {self._config.user_id}")
        access = answer.headers.get("x-access-level", "")
        if access and "write" not in access:
            problems.append("these keys may only read: make new ones after giving the app Read and Write")
        return Health(account=account if isinstance(account, str) else None, problems=tuple(problems))

    async def _read(self, route: str, params: dict[str, str], now: datetime) -> dict[str, Any]:
        try:
            return (await self._get(route, params)).found
        except RefusedError as refused:
            raise _not_read(refused, now) from refused

    async def _get(self, route: str, params: dict[str, str]) -> Answer:
        """Ask, through tweepy's own request: its methods know only the older names of fields."""
        try:
            answer = await self._x.request("GET", route, params=params, user_auth=True)
        except GarbledError as error:
            raise Unavailable(str(error)) from error
        except NETWORK as error:
            raise Unavailable(f"X cannot be reached ({type(error).__name__})") from error
        if not isinstance(answer, Answer):
            raise Unavailable("X cannot be asked through this library")
        return answer


def _not_read(refused: RefusedError, now: datetime) -> OutsideError:
    """Return what a refusal to let us read means: there is no reply that could be rejected."""
    meaning = explain(refused.status, refused.headers, refused.body, now)
    if not isinstance(meaning, Rejected):
        return meaning
    return AuthFailed(meaning.reason) if refused.status in (_FORBIDDEN, _NOT_FOUND) else Unavailable(meaning.reason)


async def _sent(sending: Awaitable[Any]) -> dict[str, Any]:
    """Return X's answer to something sent, told apart by whether it can have arrived."""
    try:
        answer = await sending
    except RefusedError as refused:
        if refused.status >= 500:  # noqa: PLR2004 - HTTP; a gateway's error says nothing about what stands behind it
            raise Unconfirmed(f"X answers {refused.status}: it may have been sent") from refused
        raise _not_sent(refused) from refused
    except GarbledError as error:
        raise Unconfirmed(f"{error}: it may have been sent") from error
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise Unavailable(f"X cannot be reached ({type(error).__name__})") from error
    except NETWORK as error:
        raise Unconfirmed(f"the connection to X broke ({type(error).__name__}): it may have been sent") from error
    return answer if isinstance(answer, dict) else {}


def _not_sent(refused: RefusedError) -> OutsideError:
    """Return what a refusal to send means. Sending is given no time of ours, so the clock is X's own."""
    try:
        now = parsedate_to_datetime(refused.headers.get("Date", ""))
    except ValueError:
        now = epoch(refused.headers.get("x-rate-limit-reset")) or _NO_CLOCK
    meaning = explain(refused.status, refused.headers, refused.body, now.replace(tzinfo=now.tzinfo or UTC))
    if isinstance(meaning, RateLimited) and now == _NO_CLOCK:
        return Unavailable("X limits the rate and does not say until when")
    return meaning


def _receipt(answer: dict[str, Any], name: str) -> Receipt:
    data, errors = answer.get("data"), answer.get("errors")
    found = data.get(name) if isinstance(data, dict) else None
    if isinstance(found, str) and found:
        return Receipt(external_id=found)
    if errors and not data:
        raise explain(_BAD_REQUEST, {}, json.dumps(answer).encode(), _NO_CLOCK)
    raise Unconfirmed("X says that it is done and names nothing: it may have been sent")


def _is_direct(reply: Reply) -> bool:
    return reply.kind is Kind.DM or (reply.kind is None and "-" in reply.conversation_id)


def _conversation(reply: Reply) -> str:
    """Return a conversation's id, fit for an address."""
    if not all(_is_id(one) for one in reply.conversation_id.split("-")):
        raise Rejected("this conversation has no number on X, so it can only be answered in the X app")
    return reply.conversation_id


def _is_id(found: str) -> bool:
    return found.isascii() and found.isdigit()


def _ids(span: timedelta) -> int:
    """Return how many ids X can hand out in a span."""
    return int(span.total_seconds() * 1000) << 22


def _token(body: dict[str, Any]) -> str:
    meta = body.get("meta")
    found = meta.get("next_token") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""
