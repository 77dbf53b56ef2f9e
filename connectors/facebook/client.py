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
from webcare.ports.connector import Batch, Health
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    # --- polling

    async def poll(self, cursor: str | None, now: datetime) -> Batch:
        """Ask what is new. The parts that came before a failure are handed over; the next poll meets the failure first.

        A poll that used much of what Meta grants is followed by a rest: what is asked at 100 percent makes the wait longer.
        """
        if self._rests_until is not None and now < self._rests_until:
            raise RateLimited(self._rests_until)
        batch = await self._poll(Looked.parse(cursor), now)
        self._rests_until = self._graph.meter.rest(now)
        return batch

    async def _poll(self, looked: Looked, now: datetime) -> Batch:
        try:
            bodies, posts = await self._feed(now)
            said: list[Any] = []
            limit: RateLimited | None = None
            messages = looked.messages
            if self._config.messages:
                said, messages, limit = await self._messages(looked, now)
                bodies += said
            if self._config.reviews:
                path = f"{self._config.page_id}/ratings"
                bodies += [answer async for answer in self._graph.pages(path, {"fields": REVIEW_FIELDS, "limit": PAGE}, now)]
            seen, failure, is_more = await self._comments(posts, looked, now, bodies)
        except Rejected as error:
            raise Unavailable(f"Facebook does not understand the question: {error.reason}") from None
        failure = failure or (None if said else limit)
        if failure is not None and not seen:
            raise Unavailable(failure.reason) if isinstance(failure, Rejected) else failure
        alive = sorted(posts, key=lambda post: post.updated, reverse=True)[:MOST_REMEMBERED]
        visits = {**looked.posts, **seen}
        kept = Looked(posts={post.id: visits[post.id] for post in alive if post.id in visits}, messages=messages)
        return Batch(bodies=tuple(bodies), cursor=kept.format(), more=is_more and failure is None)

    async def _feed(self, now: datetime) -> tuple[list[Any], list[Post]]:
        """Return the answers of the feed and its posts. Ranked, in no order that is promised: known posts end nothing.

        https://developers.facebook.com/docs/graph-api/reference/page/feed
        """
        since = now - timedelta(days=self._config.window_days)
        params = {"fields": POST_FIELDS, "limit": PAGE, "since": str(seconds(since)), "include_hidden": "true"}
        bodies = [answer async for answer in self._graph.pages(f"{self._config.page_id}/feed", params, now)]
        found = {post.id: post for body in bodies for node in nodes(body) if (post := _post(node)) is not None}
        return bodies, list(found.values())

    async def _comments(
        self, posts: list[Post], looked: Looked, now: datetime, bodies: list[Any]
    ) -> tuple[dict[str, int], OutsideError | None, bool]:
        """Add the comments of the posts most in need of a look; return which were looked at, what stopped it, and whether more wait."""
        chosen, is_more = most_in_need(posts, looked, self._graph.meter.share(self._config.posts_per_poll))
        seen: dict[str, int] = {}
        failure: OutsideError | None = None
        for post in chosen:
            if seen and self._graph.meter.is_nearly_used_up:
                break
            try:
                bodies += await self._comments_of(post, looked, now)
            except Rejected as error:
                if error.code is not RefusalCode.GONE:  # a kind of post that takes no comments must not stop the others
                    failure = error
                    continue
            except OutsideError as error:
                return seen, error, is_more
            seen[post.id] = seconds(now)
        return seen, failure, is_more

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

    async def _messages(self, looked: Looked, now: datetime) -> tuple[list[Any], int, RateLimited | None]:
        """Return the conversations, until when all that was said there is known, and the limit that was met.

        Messenger counts its own calls: a limit there keeps what came before it, and comments are read on.
        """
        bodies: list[Any] = []
        if self._messages_rest_until is not None and now < self._messages_rest_until:
            return bodies, looked.messages, None
        try:
            await self._conversations(looked, now, bodies)
        except AuthFailed as error:
            raise AuthFailed(f"Messenger's conversations: {error}; `messages = false` does without") from None
        except RateLimited as limited:
            self._messages_rest_until = limited.until
            return bodies, looked.messages, limited
        return bodies, seconds(now), None

    async def _conversations(self, looked: Looked, now: datetime, bodies: list[Any]) -> None:
        """Add the conversations that moved since the last look; there is no time to ask by, but they come newest first.

        https://developers.facebook.com/docs/graph-api/reference/page/conversations
        """
        since = EPOCH + timedelta(seconds=looked.messages) if looked.messages else now - timedelta(days=self._config.window_days)
        since -= OVERLAP
        params = {"platform": "messenger", "limit": "25"}
        params["fields"] = f"id,updated_time,participants,messages.limit(20){{{MESSAGE_FIELDS}}}"
        async for answer in self._graph.pages(f"{self._config.page_id}/conversations", params, now):
            bodies.append(answer)
            for thread in nodes(answer):
                bodies += await self._older_messages(thread, since, now)
            if any(_older(thread.get("updated_time"), since) for thread in nodes(answer)):
                break

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


def most_in_need(posts: list[Post], looked: Looked, budget: int) -> tuple[list[Post], bool]:
    """Return the posts to look at, and whether others changed too.

    A tenth of the places goes to those not seen for longest: little, as a quiet page has few calls a day.
    https://developers.facebook.com/docs/graph-api/overview/rate-limiting
    """
    by_age = sorted(posts, key=lambda post: (looked.posts.get(post.id, 0), post.id))
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
