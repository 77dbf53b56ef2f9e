"""Talk to an account: poll what is new, look things up, answer, hide, fetch, and see whether we may do all that.

    poll   our posts -> those whose number of comments changed -> their comments, newest first, 50 a page
           posts in which we are tagged; conversations, newest first, until they are older than the last look

Mentions cannot be polled: a webhook names them, and `look_up` asks for their words.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.instagram.account import health_of
from connectors.instagram.answering import Desk
from connectors.instagram.files import fetch
from connectors.instagram.graph import Graph, Missing, next_url, nodes
from connectors.instagram.looked import Looked, Media, Visit, media_of, most_in_need, seconds, time_of
from connectors.instagram.refusals import NOT_ALLOWED
from connectors.meta_errors import PERMISSION
from connectors.meta_parts import MOST_FAILED, Parts
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
MISUNDERSTOOD, REFUSED = 100, {"code": PERMISSION}  # of one thing that was asked for
OVERLAP = timedelta(minutes=30)  # what is indexed late is older than it looks
FIRST_LOOK = timedelta(days=30)
PAGE = 50  # comments that Instagram gives at a time
MOST_PAGES = 4  # of comments of one post in one poll
POSTS, CONVERSATIONS = "posts", "conversations"  # parts of a poll


@dataclass(slots=True, kw_only=True)
class Found:
    """What a poll has found so far. `seen` is how each post was found, `messages` until when all that was said in private is known."""

    messages: int
    bodies: list[Any] = field(default_factory=list)
    posts: list[Media] = field(default_factory=list)
    seen: dict[str, Visit] = field(default_factory=dict)
    more: bool = False
    parts: Parts = field(default_factory=lambda: Parts("Instagram"))


def client(config: Config, session: Session, secrets: Mapping[str, str]) -> InstagramClient:
    graph = Graph(session=session, base_url=config.host, version=config.version, token=secrets["access_token"])
    return InstagramClient(config, graph)


class InstagramClient:
    """The thin client of one account."""

    def __init__(self, config: Config, graph: Graph) -> None:
        self._config = config
        self._graph = graph
        self._desk = Desk(graph, config)
        self._rests_until: datetime | None = None
        self._messages_rest_until: datetime | None = None
        self._failed: frozenset[str] = frozenset()  # posts whose comments could not be read last time

    # --- polling

    async def poll(self, cursor: str | None, now: datetime) -> Batch:
        """Ask what is new. What came before a limit is handed over, and what cannot be read stops nothing else."""
        if self._rests_until is not None and now < self._rests_until:
            raise RateLimited(self._rests_until)
        looked, self._rests_until = Looked.parse(cursor), None
        found = Found(messages=looked.messages)
        try:
            await self._read(looked, now, found)
        except RateLimited as limited:
            if not found.seen and found.messages == looked.messages:
                raise
            self._rests_until, found.more = limited.until, False
        missed = found.parts.told()
        visits = {**looked.media, **found.seen}
        listed = visits if found.parts.is_missed(POSTS) else [post.id for post in found.posts]
        reached = Looked(media={one: visits[one] for one in listed if one in visits}, messages=found.messages)
        return Batch(bodies=tuple(found.bodies), cursor=reached.format(), more=found.more, missed=missed)

    async def _read(self, looked: Looked, now: datetime, found: Found) -> None:
        with found.parts.part(POSTS):
            await self._media(looked, now, found)
        if self._config.tags:
            with found.parts.part("tags"):
                await self._tags(now, found)
        if self._config.messages:
            with found.parts.part(CONVERSATIONS):
                await self._messages(looked, now, found)
        await self._comments(looked, now, found)

    async def _media(self, looked: Looked, now: datetime, found: Found) -> None:
        """Add our newest posts, and the answer where it holds one that is new to us.

        https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
        """
        params = {"fields": MEDIA_FIELDS, "limit": str(self._config.media_watched)}
        answer = await self._graph.get(f"{self._config.account_id}/media", params, now)
        posts = [post for node in nodes(answer) if (post := media_of(node)) is not None][: self._config.media_watched]
        if len(posts) < len(nodes(answer)) or not posts or any(post.id not in looked.media for post in posts):
            found.bodies.append({"id": self._config.account_id, "media": answer})
        found.posts += posts

    async def _tags(self, now: datetime, found: Found) -> None:
        params = {"fields": TAG_FIELDS, "limit": "50"}
        answer = await self._graph.get(f"{self._config.account_id}/tags", params, now)
        if answer.get("data"):
            found.bodies.append({"id": self._config.account_id, "tags": answer})

    async def _comments(self, looked: Looked, now: datetime, found: Found) -> None:
        """Add the comments of the posts most in need of a look. One that fails is asked for after the others next time.

        Raises:
            AuthFailed: the token is dead or another's, or none of the posts is ours to read.
        """
        chosen, is_more = most_in_need(found.posts, looked, self._config.media_per_poll, last=self._failed)
        quiet = [post for post in found.posts if not post.comments and post.id not in looked.media]
        found.seen |= {post.id: Visit(at=seconds(now), count=0, newest=0) for post in quiet}
        failed: dict[str, OutsideError] = {}
        read = 0
        for post in chosen:
            if len(failed) >= MOST_FAILED:
                break
            try:
                bodies, found.seen[post.id] = await self._comments_of(post, looked.media.get(post.id), now)
            except Missing:
                found.seen[post.id] = Visit(at=seconds(now), count=post.comments, newest=0)  # removed since the list was made
            except (Unavailable, Rejected, AuthFailed) as error:
                failed[post.id] = error
                await self._must_be_us_after(error, now, found.parts)
                continue
            else:
                found.bodies += bodies
                is_more = is_more or "overflow" in bodies[-1]
            read += 1
        self._failed = frozenset(failed)
        found.more = is_more and read > 0
        for reason in failed.values():
            if isinstance(reason, AuthFailed) and not read:
                raise reason
            found.parts.miss(f"comments of {len(failed)} {'post' if len(failed) == 1 else 'posts'}", reason)

    async def _must_be_us_after(self, error: OutsideError, now: datetime, parts: Parts) -> None:
        """Look whether a permission that is missing is a matter of the token, or of that one place."""
        if isinstance(error, AuthFailed):
            with parts.part("account"):
                await self._desk.must_be_us(now)

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

    async def _messages(self, looked: Looked, now: datetime, found: Found) -> None:
        """Add the conversations, and note until when all that was said there is known.

        They have a limit of their own, two calls a second: it keeps what came before it, and comments are read on.
        """
        if self._messages_rest_until is not None and now < self._messages_rest_until:
            found.parts.miss(CONVERSATIONS, RateLimited(self._messages_rest_until))
            return
        try:
            if await self._conversations(looked, now, found):
                found.messages = seconds(now)
        except AuthFailed as error:
            raise AuthFailed(f"Instagram's conversations: {error}; `messages = false` does without") from None
        except RateLimited as limited:
            self._messages_rest_until = limited.until
            found.parts.miss(CONVERSATIONS, limited)

    async def _conversations(self, looked: Looked, now: datetime, found: Found) -> bool:
        """Add the conversations that moved since the last look, and return whether that is all that was said.

        There is no time to ask by, but they come newest first.
        https://developers.facebook.com/docs/messenger-platform/instagram/features/conversation
        """
        since = seconds(now - FIRST_LOOK) if not looked.messages else looked.messages - int(OVERLAP.total_seconds())
        params, is_whole = {"platform": "instagram", "limit": "25"}, True
        params["fields"] = f"id,updated_time,participants,messages.limit(20){{{MESSAGE_FIELDS}}}"
        async for answer in self._graph.pages(f"{self._config.postbox}/conversations", params, now):
            if answer.get("data"):
                found.bodies.append(answer)
            for thread in nodes(answer):
                try:
                    found.bodies += await self._older_messages(thread, since, now)
                except (Unavailable, Rejected, AuthFailed) as error:
                    found.parts.miss("what one said earlier", error)
                    await self._must_be_us_after(error, now, found.parts)
                    is_whole = is_whole and not isinstance(error, Unavailable)  # what is refused will not come another time
            if any(0 < time_of(thread, "updated_time") < since for thread in nodes(answer)):
                break
        return is_whole

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
        refused = body if body.get("error") == REFUSED else None
        for fields in MENTIONED.values():
            if "error" not in body:
                return body
            body = await self._or_gone(external_id, self._config.account_id, fields.format(id=external_id), now)
            refused = body if body.get("error") == REFUSED else refused
        if "error" in body:
            await self._desk.must_be_us(now)
            return refused or body  # what may not be shown is not gone
        return body

    async def _or_gone(self, external_id: str, node: str, fields: str, now: datetime) -> Any:
        try:
            return await self._graph.get(node, {"fields": fields}, now)
        except Missing as error:
            return {"id": external_id, "error": error.error}
        except Rejected as error:
            return {"id": external_id, "error": {"code": MISUNDERSTOOD, "message": error.reason}}
        except AuthFailed as error:
            if not str(error).startswith(NOT_ALLOWED):
                raise
            await self._must_be_readable(now)
            return {"id": external_id, "error": REFUSED}

    async def _must_be_readable(self, now: datetime) -> None:
        """Refuse to take a permission that the token lacks for a matter of one place: what stands under our own posts is ours to read."""
        try:
            await self._graph.get(f"{self._config.account_id}/media", {"fields": "id,comments.limit(1){id}", "limit": "1"}, now)
        except Rejected as error:
            raise Unavailable(f"Instagram does not understand the question: {error.reason}") from None

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
    return isinstance(error, dict) and (error.get("code"), error.get("error_subcode")) == (MISUNDERSTOOD, None)
