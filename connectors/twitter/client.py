"""The thin client: what can be asked of X and done there, with a channel's session, keys and config. It keeps nothing between calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.twitter import fetching, polling, sending
from connectors.twitter.asking import Asking, next_token
from connectors.twitter.places import ids_in
from connectors.twitter.sameness import find_event, find_post
from connectors.twitter.transport import RefusedError, client_for
from webcare.ports.connector import Batch, Health
from webcare.ports.errors import Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from connectors.twitter.config import Config
    from webcare.domain.message import Attachment
    from webcare.ports.connector import Act, Fetched, Receipt, Reply, Session

KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
MOST_IDS = 100  # of one lookup: https://docs.x.com/x-api/posts/lookup/introduction


class Client:
    """One channel."""

    def __init__(self, config: Config, session: Session, secrets: Mapping[str, str]) -> None:
        self._config = config
        self._session = session
        self._keys = {name: secrets[name] for name in KEYS}
        self._x = client_for(session, config.base_url, self._keys)
        self._asking = Asking(self._x, config)

    async def poll(self, cursor: str | None, now: datetime) -> Batch:
        """Read mentions, our own posts, direct messages and searches."""
        return await polling.poll(self._asking, self._config, cursor, now)

    async def look_up(self, ids: Sequence[str], now: datetime) -> Batch:
        """Ask for posts by their ids; what is gone stands among the errors. What is no number is not asked for: it is no post."""
        asked = [one for one in dict.fromkeys(ids) if sending.is_id(one)]
        bodies, cost = [], 0
        for start in range(0, len(asked), MOST_IDS):
            some = {"ids": ",".join(asked[start : start + MOST_IDS])}
            answer = await self._asking.read("/2/tweets", self._asking.post_fields() | some, now)
            data = answer.found.get("data")
            cost += len({*ids_in(answer.found, 2**63), *polling.beside(answer.found)})
            if data or answer.found.get("errors"):
                bodies.append(answer.found)
        return Batch(bodies=tuple(bodies), cursor=None, cost=cost, costs={"post": cost} if cost else {})

    async def send(self, reply: Reply) -> Receipt:
        """Post a reply, or a direct message, with its pictures."""
        return await sending.send(self._x, self._config, reply)

    async def act(self, act: Act) -> None:
        """Hide a reply or like a post, or take that back."""
        await sending.act(self._x, self._config, act)

    async def fetch(self, attachment: Attachment, *, most: int) -> Fetched:
        """Return a picture that somebody sent."""
        return await fetching.fetch(self._session, self._config.base_url, self._keys, attachment, most=most)

    async def find(self, reply: Reply) -> Receipt | None:
        """Look for a reply among our own posts after the one that it answers, or in its conversation."""
        if reply.reply_to is not None and not sending.is_id(reply.reply_to):
            raise Unconfirmed("what was answered has no number on X, so it cannot be looked for")
        after, token, is_direct = reply.reply_to, "", sending.is_direct(reply)
        if is_direct:
            conversation = sending.conversation(reply, self._config.user_id)
            route, params = f"/2/dm_conversations/{conversation}/dm_events", self._asking.events()
        elif after is None:
            raise Unconfirmed("the reply names no post, so it cannot be looked for")
        else:
            route, params = f"/2/users/{self._config.user_id}/tweets", self._asking.posts() | {"since_id": after}
        look = find_event if is_direct else find_post
        for _ in range(self._config.pages):
            try:
                answer = await self._asking.get(route, {**params, "pagination_token": token} if token else params)
            except RefusedError as refused:
                raise Unavailable(f"X cannot be asked now ({refused.status})") from refused
            if receipt := look(answer.found, reply, self._config.user_id):
                return receipt
            token = next_token(answer.found)
            if not token or (after is not None and any(one <= int(after) for one in ids_in(answer.found, 2**63))):
                return None
        raise Unconfirmed(f"it is not among the newest {self._config.pages} pages, and there are more")

    async def preflight(self, now: datetime) -> Health:
        """Ask whose keys these are: https://docs.x.com/x-api/users/lookup/quickstart/authenticated-lookup."""
        answer = await self._asking.read("/2/users/me", {"user.fields": "name,username"}, now)
        user = answer.found.get("data")
        who = user if isinstance(user, dict) else {}
        account, handle = who.get("id"), who.get("username")
        problems = []
        if account != self._config.user_id:
            problems.append(f"these keys belong to account {account}, not to {self._config.user_id}")
        access, wanted = answer.headers.get("x-access-level", ""), self._config.handle.removeprefix("@")
        if access and "write" not in access:
            problems.append("these keys may only read: make new ones after giving the app Read and Write")
        elif access and self._config.direct_messages and "directmessages" not in access:
            problems.append("these keys may not read direct messages: give the app that permission, then make new access tokens")
        if wanted and isinstance(handle, str) and handle.lower() != wanted.lower():
            problems.append(f"this account is called @{handle}, not @{wanted}: who names it is not seen as naming us")
        return Health(account=account if isinstance(account, str) else None, problems=tuple(problems))
