"""Talk to a page: poll what is new, answer, look whether an answer is there, hide and like, and see whether we may do all that.

    poll   feed of the last days (ranked: always all of it) -> the posts most in need of a look -> their comments, newest first
           conversations, newest first, until they are older than the last look

No edge gives all comments of a page, so each poll looks at a few posts: those that changed since we looked, then those that we have not
looked at for longest. When that was stands in the cursor. Graph's own paging cursors die when an item is removed and are never kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.facebook import asking, deeds, fetching
from connectors.facebook.answering import Desk
from connectors.facebook.asking import COMMENT_FIELDS, MESSAGE_FIELDS
from connectors.facebook.graph import Graph, next_url, nodes
from connectors.facebook.page import Page
from connectors.facebook.tokens import inspect
from connectors.meta import EPOCH, MILLISECONDS, instant
from connectors.meta_parts import MOST_FAILED, Parts
from webcare.ports.connector import Batch, Health
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from connectors.facebook.config import Config
    from webcare.domain.message import Attachment
    from webcare.ports.connector import Act, Fetched, Receipt, Reply, Session

POST_FIELDS = f"{asking.POST_FIELDS},tagged_time,application{{id}},comments.limit(0).summary(true)"
SAID_BELOW = f"comments.filter(stream).order(reverse_chronological).limit(50){{{COMMENT_FIELDS}}}"
REVIEW_FIELDS = f"reviewer,created_time,rating,recommendation_type,review_text,has_review,open_graph_story{{id,{SAID_BELOW}}}"
NEEDED_FIELDS = ("feed", "mention", "messages", "message_echoes")
OVERLAP = timedelta(minutes=30)  # what is indexed late is older than it looks
LATE = timedelta(days=1)  # what a filter held back and released
PAGE = "100"  # the most that a feed gives
MOST_REMEMBERED = 500  # posts in the cursor
POSTS, CONVERSATIONS = "posts", "conversations"  # parts of a poll


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The cursor: when each post was last looked at, and the conversations; seconds since 1970."""

    posts: Mapping[str, int] = field(default_factory=dict)
    messages: int = 0

    @classmethod
    def parse(cls, cursor: str | None) -> Looked:
        """Read a cursor; one that we did not write counts as none, which costs a look at everything."""
        try:
            kept = json.loads(cursor or "{}")
            posts = {str(post): int(at) for post, at in kept.get("posts", {}).items()}
            return cls(posts=posts, messages=min(max(int(kept.get("messages", 0)), 0), MILLISECONDS))
        except (ValueError, TypeError, AttributeError, OverflowError):
            return cls()

    def format(self) -> str:
        return json.dumps({"posts": dict(self.posts), "messages": self.messages}, separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post of the feed, as far as polling is concerned."""

    id: str
    updated: int
    comments: int


@dataclass(slots=True, kw_only=True)
class Found:
    """What a poll has found so far. `seen` is which posts were looked at, `messages` until when all that was said in private is known."""

    messages: int
    bodies: list[Any] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    more: bool = False
    parts: Parts = field(default_factory=lambda: Parts("Facebook"))


def client(config: Config, session: Session, secrets: Mapping[str, str]) -> FacebookClient:
    proof = secrets.get("app_secret") if config.prove_app_secret else None
    graph = Graph(
        session=session, base_url=config.base_url, version=config.version, token=secrets["access_token"], app_secret=proof
    )
    return FacebookClient(config, graph)


class FacebookClient:
    """The thin client of one page."""

    def __init__(self, config: Config, graph: Graph) -> None:
        self._config = config
        self._graph = graph
        self._page = Page(graph=graph, id=config.page_id)
        self._desk = Desk(self._page)
        self._rests_until: datetime | None = None
        self._messages_rest_until: datetime | None = None
        self._failed: frozenset[str] = frozenset()  # posts whose comments could not be read last time

    # --- polling

    async def poll(self, cursor: str | None, now: datetime) -> Batch:
        """Ask what is new. What came before a limit is handed over, and what cannot be read stops nothing else.

        A poll that used much of what Meta grants is followed by a rest: what is asked at 100 percent makes the wait longer.
        """
        if self._rests_until is not None and now < self._rests_until:
            raise RateLimited(self._rests_until)
        looked, limit = Looked.parse(cursor), None
        found = Found(messages=looked.messages)
        try:
            await self._read(looked, now, found)
        except RateLimited as limited:
            if not found.seen and found.messages == looked.messages:
                raise
            limit, found.more = limited.until, False
        self._rests_until = limit or self._graph.meter.rest(now)
        missed = found.parts.told()
        updated = {post.id: post.updated for post in found.posts}
        visits = {**looked.posts, **found.seen}
        known = [post for post in visits if post in updated or found.parts.is_missed(POSTS)]
        kept = sorted(known, key=lambda post: updated.get(post, visits[post]), reverse=True)[:MOST_REMEMBERED]
        reached = Looked(posts={post: visits[post] for post in kept}, messages=found.messages)
        return Batch(bodies=tuple(found.bodies), cursor=reached.format(), more=found.more, missed=missed)

    async def _read(self, looked: Looked, now: datetime, found: Found) -> None:
        with found.parts.part(POSTS):
            await self._feed(now, found)
        if self._config.messages:
            with found.parts.part(CONVERSATIONS):
                await self._messages(looked, now, found)
        if self._config.reviews:
            with found.parts.part("reviews"):
                path = f"{self._config.page_id}/ratings"
                async for answer in self._graph.pages(path, {"fields": REVIEW_FIELDS, "limit": PAGE}, now):
                    found.bodies.append(answer)
        await self._comments(looked, now, found)

    async def _feed(self, now: datetime, found: Found) -> None:
        """Add the answers of the feed and its posts. Ranked, in no order that is promised: known posts end nothing.

        https://developers.facebook.com/docs/graph-api/reference/page/feed
        """
        since = now - timedelta(days=self._config.window_days)
        params = {"fields": POST_FIELDS, "limit": PAGE, "since": str(seconds(since)), "include_hidden": "true"}
        known: set[str] = set()
        async for answer in self._graph.pages(f"{self._config.page_id}/feed", params, now):
            found.bodies.append(answer)
            posts = [post for node in nodes(answer) if (post := _post(node)) is not None and post.id not in known]
            known |= {post.id for post in posts}
            found.posts += posts

    async def _comments(self, looked: Looked, now: datetime, found: Found) -> None:
        """Add the comments of the posts most in need of a look. One that fails is asked for after the others next time.

        Raises:
            AuthFailed: the token is dead or another's, or none of the posts is ours to read.
        """
        budget = self._graph.meter.share(self._config.posts_per_poll)
        chosen, is_more = most_in_need(found.posts, looked, budget, last=self._failed)
        failed: dict[str, OutsideError] = {}
        for post in chosen:
            if (found.seen and self._graph.meter.is_nearly_used_up) or len(failed) >= MOST_FAILED:
                break
            try:
                found.bodies += await self._comments_of(post, looked, now)
            except (Unavailable, Rejected, AuthFailed) as error:
                if not (isinstance(error, Rejected) and error.code is RefusalCode.GONE):
                    failed[post.id] = error
                    await self._must_be_ours_after(error, now, found.parts)
                    continue
            found.seen[post.id] = seconds(now)
        self._failed = frozenset(failed)
        found.more = is_more and len(found.seen) > 0
        for reason in failed.values():
            if isinstance(reason, AuthFailed) and not found.seen:
                raise reason
            found.parts.miss(f"comments of {len(failed)} {'post' if len(failed) == 1 else 'posts'}", reason)

    async def _must_be_ours_after(self, error: OutsideError, now: datetime, parts: Parts) -> None:
        """Look whether a permission that is missing is a matter of the token, or of that one place."""
        if isinstance(error, AuthFailed):
            with parts.part("account"):
                await self._page.must_be_ours(now)

    async def _comments_of(self, post: Post, looked: Looked, now: datetime) -> list[Any]:
        """Return the answers of one post, each under the post's id: the edge itself does not name it.

        Without `stream` replies are left out in silence, and to a person's token the edge answers an empty 200.
        https://developers.facebook.com/docs/graph-api/reference/object/comments
        """
        before = looked.posts.get(post.id)
        since = seconds(now - timedelta(days=self._config.window_days)) if before is None else before - lookback(post, before)
        params = {
            "fields": COMMENT_FIELDS,
            "filter": "stream",
            "order": "reverse_chronological",
            "limit": PAGE,
            "since": str(since),
        }
        answers = [answer async for answer in self._graph.pages(f"{post.id}/comments", params, now)]
        if before is None and post.comments and not any(nodes(answer) for answer in answers):
            await self._page.must_be_ours(now)
        return [{"id": post.id, "comments": answer} for answer in answers]

    async def _messages(self, looked: Looked, now: datetime, found: Found) -> None:
        """Add the conversations, and note until when all that was said there is known.

        Messenger counts its own calls: a limit there keeps what came before it, and comments are read on.
        """
        if self._messages_rest_until is not None and now < self._messages_rest_until:
            found.parts.miss(CONVERSATIONS, RateLimited(self._messages_rest_until))
            return
        try:
            if await self._conversations(looked, now, found):
                found.messages = seconds(now)
        except AuthFailed as error:
            raise AuthFailed(f"Messenger's conversations: {error}; `messages = false` does without") from None
        except RateLimited as limited:
            self._messages_rest_until = limited.until
            found.parts.miss(CONVERSATIONS, limited)

    async def _conversations(self, looked: Looked, now: datetime, found: Found) -> bool:
        """Add the conversations that moved since the last look, and return whether that is all that was said.

        There is no time to ask by, but they come newest first.
        https://developers.facebook.com/docs/graph-api/reference/page/conversations
        """
        since = EPOCH + timedelta(seconds=looked.messages) if looked.messages else now - timedelta(days=self._config.window_days)
        since -= OVERLAP
        params, is_whole = {"platform": "messenger", "limit": "25"}, True
        params["fields"] = f"id,updated_time,participants,messages.limit(20){{{MESSAGE_FIELDS}}}"
        async for answer in self._graph.pages(f"{self._config.page_id}/conversations", params, now):
            found.bodies.append(answer)
            for thread in nodes(answer):
                try:
                    found.bodies += await self._older_messages(thread, since, now)
                except (Unavailable, Rejected, AuthFailed) as error:
                    found.parts.miss("what one said earlier", error)
                    await self._must_be_ours_after(error, now, found.parts)
                    is_whole = is_whole and not isinstance(error, Unavailable)  # what is refused will not come another time
            if any(_older(thread.get("updated_time"), since) for thread in nodes(answer)):
                break
        return is_whole

    async def _older_messages(self, thread: Mapping[str, Any], since: datetime, now: datetime) -> list[Any]:
        """Return what a conversation holds beyond its first messages, when even the last of these is new."""
        held = thread.get("messages")
        if (
            not isinstance(held, dict)
            or next_url(held) is None
            or any(_older(one.get("created_time"), since) for one in nodes(held))
        ):
            return []
        bodies = []
        params = {"fields": MESSAGE_FIELDS, "limit": PAGE}
        async for answer in self._graph.pages(f"{thread.get('id')}/messages", params, now):
            bodies.append({"id": thread.get("id"), "participants": thread.get("participants"), "messages": answer})
            if any(_older(one.get("created_time"), since) for one in nodes(answer)):
                break
        return bodies

    # --- answering

    async def send(self, reply: Reply) -> Receipt:
        return await self._desk.send(reply)

    async def find(self, reply: Reply) -> Receipt | None:
        return await self._desk.find(reply)

    async def act(self, act: Act) -> None:
        await deeds.do(self._graph, act)

    # --- asking for one thing

    async def fetch(self, attachment: Attachment, *, most: int) -> Fetched:
        return await fetching.fetch(self._graph, attachment, most=most)

    async def look_up(self, ids: Sequence[str], now: datetime) -> Batch:
        return await asking.look_up(self._page, ids, now)

    # --- who we are

    async def preflight(self, now: datetime) -> Health:
        """Ask who the token is, and whether the app is told of what happens on the page."""
        account, problems = await self._page.identity(now), []
        if account != self._config.page_id:
            problems.append(f"the token is not the page's: it speaks for {account}; comments would look empty to it")
            return Health(account=account, problems=tuple(problems))
        token = await inspect(self._graph, now)
        if token.missing:
            problems.append(f"the token lacks {', '.join(token.missing)}")
        try:
            answer = await self._graph.get(f"{account}/subscribed_apps", {"fields": "subscribed_fields"}, now)
        except (AuthFailed, Rejected):
            problems.append("cannot see the webhook's subscription: pages_manage_metadata is missing")
            return Health(account=account, expires_at=token.expires_at, problems=tuple(problems))
        told = {name for app in nodes(answer) if isinstance(fields := app.get("subscribed_fields"), list) for name in fields}
        missing = [name for name in NEEDED_FIELDS if name not in told]
        if missing:
            problems.append(f"the webhook is not subscribed to {', '.join(missing)}: polling alone")
        return Health(account=account, expires_at=token.expires_at, problems=tuple(problems))


def seconds(at: datetime) -> int:
    return int((at - EPOCH).total_seconds())


def lookback(post: Post, before: int) -> int:
    """Return how far before the last look to ask: further where nothing says that something came, for what was released late."""
    return int((OVERLAP if post.updated > before - OVERLAP.total_seconds() else LATE).total_seconds())


def most_in_need(posts: list[Post], looked: Looked, budget: int, *, last: Collection[str] = ()) -> tuple[list[Post], bool]:
    """Return the posts to look at, and whether others changed too. Those in `last` wait for the others.

    A tenth of the places goes to those not seen for longest: little, as a quiet page has few calls a day.
    https://developers.facebook.com/docs/graph-api/overview/rate-limiting
    """
    by_age = sorted(posts, key=lambda post: (post.id in last, looked.posts.get(post.id, 0), post.id))
    changed = [post for post in by_age if post.updated > looked.posts.get(post.id, 0) - OVERLAP.total_seconds()]
    others = [post for post in by_age if post not in changed][: -(-budget // 10)]
    chosen = changed[: max(budget - len(others), 1)] + others
    left = [post for post in changed if post not in chosen and post.updated > looked.posts.get(post.id, 0)]
    return chosen[:budget], bool(left)


def _instant(value: Any) -> datetime | None:
    try:
        return instant(value, "time")
    except ValueError:
        return None


def _older(value: Any, since: datetime) -> bool:
    at = _instant(value)
    return at is not None and at < since


def _post(node: Mapping[str, Any]) -> Post | None:
    """Return what polling needs of a post, None for what has no id; reading has its own opinion of both."""
    post_id, comments = node.get("id"), node.get("comments")
    at = _instant(node.get("updated_time")) or _instant(node.get("created_time"))
    summary = comments.get("summary") if isinstance(comments, dict) else None
    count = summary.get("total_count") if isinstance(summary, dict) else None
    if not isinstance(post_id, str):
        return None
    return Post(id=post_id, updated=seconds(at) if at else 0, comments=count if isinstance(count, int) else 0)
