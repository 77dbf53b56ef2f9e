"""Asking X: the fields that are wanted, in the words of either generation, and what a refusal to answer means.

Reading is paid for by the post (https://docs.x.com/x-api/getting-started/pricing), so what stands beside posts is not asked for where each
is paid for too: replied-to and quoted posts are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.twitter.refusals import explain
from connectors.twitter.transport import NETWORK, Answer, GarbledError, RefusedError
from webcare.ports.errors import AuthFailed, OutsideError, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tweepy.asynchronous import AsyncClient

    from connectors.twitter.config import Config

ASKED: dict[str, dict[str, str]] = {
    "tweet": {
        "tweet.fields": "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,"
        "note_tweet,referenced_tweets,reply_settings,source",
        "expansions": "attachments.media_keys,author_id",
    },
    "post": {
        "post.fields": "attachments,conversation_id,created_at,entities,note_post,reply_settings,source",
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
_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND = 400, 403, 404
_STALE = ("pagination_token", "since_id")


class Asking:
    """Reads of one account, through tweepy's own request: its methods know only the older names of fields."""

    def __init__(self, x: AsyncClient, config: Config) -> None:
        self._x, self._config = x, config

    def post_fields(self) -> dict[str, str]:
        return ASKED[self._config.names] | BESIDE

    def posts(self) -> dict[str, str]:
        """Return what is asked of a list of posts."""
        return self.post_fields() | {"max_results": str(self._config.max_results)}

    def events(self) -> dict[str, str]:
        """Return what is asked of a list of direct messages."""
        return ASKED_EVENTS[self._config.names] | MESSAGES | BESIDE | {"max_results": str(self._config.max_results)}

    async def get(self, route: str, params: Mapping[str, str]) -> Answer:
        """Ask.

        Raises:
            RefusedError: X answers, and it is no 2xx.
            Unavailable: it does not answer, or not in JSON.
        """
        try:
            answer = await self._x.request("GET", route, params=dict(params), user_auth=True)
        except GarbledError as error:
            raise Unavailable(str(error)) from error
        except NETWORK as error:
            raise Unavailable(f"X cannot be reached ({type(error).__name__})") from error
        if not isinstance(answer, Answer):
            raise Unavailable("X cannot be asked through this library")
        return answer

    async def read(self, route: str, params: Mapping[str, str], now: datetime) -> Answer:
        """Ask, and say what a refusal means."""
        try:
            return await self.get(route, params)
        except RefusedError as refused:
            raise not_read(refused, now) from refused

    async def page(self, route: str, params: dict[str, str], token: str, now: datetime) -> Answer:
        """Return one page. A token or a starting point that X no longer takes is left out: it costs a longer walk, not the posts."""
        asked = {**params, "pagination_token": token} if token else params
        try:
            return await self.get(route, asked)
        except RefusedError as refused:
            stale = [name for name in _STALE if name in asked and name.encode() in refused.body]
            if refused.status != _BAD_REQUEST or not stale:
                raise not_read(refused, now) from refused
        params.pop(stale[0], None)
        return await self.read(route, {name: value for name, value in asked.items() if name != stale[0]}, now)


def not_read(refused: RefusedError, now: datetime) -> OutsideError:
    """Return what a refusal to let us read means: there is no reply that could be rejected."""
    meaning = explain(refused.status, refused.headers, refused.body, now)
    if not isinstance(meaning, Rejected):
        return meaning
    return AuthFailed(meaning.reason) if refused.status in (_FORBIDDEN, _NOT_FOUND) else Unavailable(meaning.reason)


def next_token(body: Mapping[str, Any]) -> str:
    """Return where the next page is; nothing after the last one."""
    meta = body.get("meta")
    found = meta.get("next_token") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""
