"""Talk to an account: poll what is new, look things up, answer, hide, fetch, and see whether we may do all that.

    poll   our posts -> those whose number of comments changed -> their comments, newest first, 50 a page
           posts in which we are tagged; conversations, newest first, until they are older than the last look

Mentions cannot be polled: a webhook names them, and `look_up` asks for their words.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.instagram.account import health_of
from connectors.instagram.answering import Desk
from connectors.instagram.files import fetch
from connectors.instagram.graph import Graph, Missing, next_url, nodes
from connectors.instagram.looked import Looked, Media, Visit, media_of, most_in_need, seconds, time_of
from webcare.ports.connector import Batch
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from connectors.instagram.config import Config
    from webcare.domain.message import Attachment
    from webcare.ports.connector import Act, Fetched, Health, Receipt, Reply, Session

MEDIA_FIELDS = "id,timestamp,caption,comments_count,media_type,media_product_type,media_url,permalink,username,owner"
WORDS = "id,text,timestamp,username,from,user,hidden,parent_id"
COMMENT_FIELDS = f"{WORDS},replies.limit(50){{{WORDS}}}"
TAG_FIELDS = "id,caption,timestamp,media_type,media_url,permalink,username"
MESSAGE_FIELDS = "id,message,from,to,created_time,attachments,shares,story,is_unsupported"
MENTIONED = {
    "mentioned_comment": "mentioned_comment.comment_id({id}){{id,text,timestamp,username,media{{id}}}}",
    "mentioned_media": "mentioned_media.media_id({id}){{id,caption,timestamp,username,media_type,media_url,permalink}}",
}
OVERLAP = timedelta(minutes=30)  # what is indexed late is older than it looks
FIRST_LOOK = timedelta(days=30)
PAGE = 50  # comments that Instagram gives at a time
MOST_PAGES = 4  # of comments of one post in one poll


def client(config: Config, session: Session, secrets: Mapping[str, str]) -> InstagramClient:
    graph = Graph(session=session, base_url=config.host, version=config.version, token=secrets["access_token"])
    return InstagramClient(config, graph)


class InstagramClient:
    """The thin client of one account."""

    def __init__(self, config: Config, graph: Graph) -> None:
        self._config = config
        self._graph = graph
        self._desk = Desk(graph, config)
        self._messages_rest_until: datetime | None = None

    # --- polling

    async def poll(self, cursor: str | None, now: datetime) -> Batch:
        """Ask what is new. The parts that came before a failure are handed over; the next poll meets the failure first."""
        looked = Looked.parse(cursor)
        try:
            bodies, posts = await self._media(looked, now)
            if self._config.tags:
                bodies += await self._tags(now)
            said: list[Any] = []
            limit: RateLimited | None = None
            messages = looked.messages
            if self._config.messages:
                said, messages, limit = await self._messages(looked, now)
                bodies += said
            seen, failure, is_more = await self._comments(posts, looked, now, bodies)
        except Rejected as error:
            raise Unavailable(f"Instagram does not understand the question: {error.reason}") from None
        failure = failure or (None if said else limit)
        if failure is not None and not seen:
            raise Unavailable(failure.reason) if isinstance(failure, Rejected) else failure
        visits = {**looked.media, **seen}
        kept = Looked(
            media={post.id: visits[post.id] for post in posts if post.id in visits},
            messages=messages,
        )
        return Batch(bodies=tuple(bodies), cursor=kept.format(), more=is_more and failure is None)

    async def _media(self, looked: Looked, now: datetime) -> tuple[list[Any], list[Media]]:
        """Return our newest posts, and the answer where it holds one that is new to us.

        https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
        """
        params = {"fields": MEDIA_FIELDS, "limit": str(self._config.media_watched)}
        answer = await self._graph.get(f"{self._config.account_id}/media", params, now)
        posts = [post for node in nodes(answer) if (post := media_of(node)) is not None][: self._config.media_watched]
        is_new = len(posts) < len(nodes(answer)) or not posts or any(post.id not in looked.media for post in posts)
        return [{"id": self._config.account_id, "media": answer}] if is_new else [], posts

    async def _tags(self, now: datetime) -> list[Any]:
        params = {"fields": TAG_FIELDS, "limit": "50"}
        answer = await self._graph.get(f"{self._config.account_id}/tags", params, now)
        return [{"id": self._config.account_id, "tags": answer}] if answer.get("data") else []

    async def _comments(
        self, posts: list[Media], looked: Looked, now: datetime, bodies: list[Any]
    ) -> tuple[dict[str, Visit], OutsideError | None, bool]:
        """Add the comments of the posts most in need of a look; return which were looked at, what stopped it, and whether more wait."""
        chosen, is_more = most_in_need(posts, looked, self._config.media_per_poll)
        quiet = [post for post in posts if not post.comments and post.id not in looked.media]
        seen = {post.id: Visit(at=seconds(now), count=0, newest=0) for post in quiet}
        failure: OutsideError | None = None
        for post in chosen:
            try:
                found, visit = await self._comments_of(post, looked.media.get(post.id), now)
            except Missing:
                seen[post.id] = Visit(at=seconds(now), count=post.comments, newest=0)  # removed since the list was made
                continue
            except Rejected as error:  # a kind of post that takes no comments must not stop the others
                failure = error
                continue
            except OutsideError as error:
                return seen, error, is_more
            bodies += found
            is_more = is_more or "overflow" in found[-1]
            seen[post.id] = visit
        return seen, failure, is_more

    async def _comments_of(self, post: Media, before: Visit | None, now: datetime) -> tuple[list[Any], Visit]:
        """Return the answers of one post, each under the post's id: the edge itself does not name it.

        Newest first, 50 a page and no filter by time: pages are followed while they hold nothing that we had seen. Where they end
        before that, or there are too many, comments went by that we cannot see: told in a body of our own.
        https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media/comments
        """
        known = 0 if before is None else before.newest
        bodies: list[Any] = []
        newest, is_full = known, False
        params = {"fields": COMMENT_FIELDS, "limit": str(PAGE)}
        async for answer in self._graph.pages(f"{post.id}/comments", params, now):
            bodies.append({"id": post.id, "comments": answer})
            times = [time_of(node, "timestamp") for node in nodes(answer)]
            newest = max([newest, *times])
            is_full = len(times) >= PAGE or next_url(answer) is not None
            if any(0 < at <= known for at in times) or len(bodies) >= MOST_PAGES:
                is_full = is_full and not any(0 < at <= known for at in times)
                break
        shown = sum(1 + len(nodes(node.get("replies"))) for body in bodies for node in nodes(body["comments"]))
        if is_full and before is not None and (known or shown < post.comments):
            bodies.append({"overflow": {"media": post.id, "at": seconds(now)}})
        return bodies, Visit(at=seconds(now), count=post.comments, newest=newest)

    async def _messages(self, looked: Looked, now: datetime) -> tuple[list[Any], int, RateLimited | None]:
        """Return the conversations, until when all that was said there is known, and the limit that was met.

        They have a limit of their own, two calls a second: it keeps what came before it, and comments are read on.
        """
        bodies: list[Any] = []
        if self._messages_rest_until is not None and now < self._messages_rest_until:
            return bodies, looked.messages, None
        try:
            await self._conversations(looked, now, bodies)
        except AuthFailed as error:
            raise AuthFailed(f"Instagram's conversations: {error}; `messages = false` does without") from None
        except RateLimited as limited:
            self._messages_rest_until = limited.until
            return bodies, looked.messages, limited
        return bodies, seconds(now), None

    async def _conversations(self, looked: Looked, now: datetime, bodies: list[Any]) -> None:
        """Add the conversations that moved since the last look; there is no time to ask by, but they come newest first.

        https://developers.facebook.com/docs/messenger-platform/instagram/features/conversation
        """
        since = seconds(now - FIRST_LOOK) if not looked.messages else looked.messages - int(OVERLAP.total_seconds())
        params = {"platform": "instagram", "limit": "25"}
        params["fields"] = f"id,updated_time,participants,messages.limit(20){{{MESSAGE_FIELDS}}}"
        async for answer in self._graph.pages(f"{self._config.postbox}/conversations", params, now):
            if answer.get("data"):
                bodies.append(answer)
            for thread in nodes(answer):
                bodies += await self._older_messages(thread, since, now)
            if any(0 < time_of(thread, "updated_time") < since for thread in nodes(answer)):
                break

    async def _older_messages(self, thread: Mapping[str, Any], since: int, now: datetime) -> list[Any]:
        """Return what a conversation holds beyond its first messages, when even the last of these is new."""
        held = thread.get("messages")
        if not isinstance(held, dict) or next_url(held) is None or _reaches(held, since):
            return []
        bodies = []
        async for answer in self._graph.pages(f"{thread.get('id')}/messages", {"fields": MESSAGE_FIELDS, "limit": "50"}, now):
            bodies.append({"id": thread.get("id"), "participants": thread.get("participants"), "messages": answer})
            if _reaches(answer, since):
                break
        return bodies

    # --- looking up

    async def look_up(self, ids: Sequence[str], now: datetime) -> Batch:
        """Ask for comments, posts and messages by their ids. A mention is asked for as what it may be, and what is nowhere is gone."""
        bodies: list[Any] = []
        try:
            for external_id in ids:
                bodies += [await self._one(external_id, now)]
            standing = await self._tagged(now) if self._config.tags and any("error" in body for body in bodies) else set()
        except (RateLimited, Unavailable):
            kept = tuple(body for body in bodies if "error" not in body)
            if not kept:
                raise
            return Batch(bodies=kept, cursor=None, cost=len(bodies), more=True)
        kept = tuple(body for body in bodies if "error" not in body or body["id"] not in standing)
        return Batch(bodies=kept, cursor=None, cost=len(bodies))

    async def _tagged(self, now: datetime) -> set[str]:
        """Return the posts of others in which we are tagged: asked for by its id, each seems not to be there."""
        found: set[str] = set()
        looked = 0
        async for answer in self._graph.pages(f"{self._config.account_id}/tags", {"fields": "id", "limit": "50"}, now):
            found |= {str(node.get("id")) for node in nodes(answer)}
            looked += 1
            if looked >= MOST_PAGES:
                break
        return found

    async def _one(self, external_id: str, now: datetime) -> Any:
        if not external_id.isdecimal():
            return await self._or_gone(external_id, external_id, MESSAGE_FIELDS, now)
        body = await self._or_gone(external_id, external_id, f"{WORDS},media{{id}}", now)
        if _is_other_sort(body):  # a post has no text, and Graph refuses the field
            body = await self._or_gone(external_id, external_id, MEDIA_FIELDS, now)
        for fields in MENTIONED.values():
            if "error" not in body:
                break
            body = await self._or_gone(external_id, self._config.account_id, fields.format(id=external_id), now)
        if "error" in body:
            await self._desk.must_be_us(now)
        return body

    async def _or_gone(self, external_id: str, node: str, fields: str, now: datetime) -> Any:
        try:
            return await self._graph.get(node, {"fields": fields}, now)
        except Missing as error:
            return {"id": external_id, "error": error.error}
        except Rejected as error:
            return {"id": external_id, "error": {"code": 100, "message": error.reason}}

    # --- answering, and the rest

    async def send(self, reply: Reply) -> Receipt:
        return await self._desk.send(reply)

    async def find(self, reply: Reply) -> Receipt | None:
        return await self._desk.find(reply)

    async def act(self, act: Act) -> None:
        await self._desk.act(act)

    async def fetch(self, attachment: Attachment, *, most: int) -> Fetched:
        return await fetch(self._graph.session, self._config.host, attachment, most)

    async def preflight(self, now: datetime) -> Health:
        health = await health_of(self._graph, self._config, now)
        return replace(health, expires_at=health.expires_at or self._config.token_ends)


def _reaches(answer: Mapping[str, Any], since: int) -> bool:
    return any(0 < time_of(node, "created_time") < since for node in nodes(answer))


def _is_other_sort(body: Mapping[str, Any]) -> bool:
    error = body.get("error")
    return isinstance(error, dict) and error.get("error_subcode") is None
