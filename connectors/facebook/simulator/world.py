"""What the simulated platform knows: one page, what was said to it, who may ask, and what is to go wrong next."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
PAGE, PAGE_NAME = "104500000000001", "Meerkoet"
PERSON = "5500000000000099"  # whose token is not the page's
PAGE_TOKEN, PERSON_TOKEN = "sim-page-token", "sim-person-token"
SCOPES = (
    *("pages_show_list", "pages_read_engagement", "pages_read_user_content"),
    *("pages_manage_engagement", "pages_manage_metadata", "pages_messaging"),
)
APP, APP_SECRET, VERIFY_TOKEN = "123400000000001", "sim-app-secret", "sim-verify-token"
STANDARD, BY_A_PERSON, PRIVATE_REPLY = timedelta(hours=24), timedelta(days=7), timedelta(days=7)
HOUR = timedelta(hours=1)


class RefusedError(Exception):
    """Graph's error object, on its way out."""

    def __init__(
        self, code: int, subcode: int = 0, *, status: int = 400, message: str = "refused", transient: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AsimSIMsim"}
        if subcode:
            self.body["error_subcode"] = subcode
        if transient:
            self.body["is_transient"] = True

    @property
    def raw(self) -> bytes:
        return json.dumps({"error": self.body}).encode()


@dataclass(slots=True, kw_only=True)
class Words:
    """A post, a comment, a review or a private message."""

    id: str
    author: dict[str, str] | None
    text: str
    at: datetime
    updated: datetime
    root: str  # the post, or the person of a conversation
    parent: str | None = None
    is_hidden: bool = False
    metadata: str | None = None
    files: list[Shown] = field(default_factory=list)
    indexed: datetime | None = None  # from when on it can be polled; the webhook tells it at once
    likes: set[str] = field(default_factory=set)
    rating: int | None = None  # of a review


@dataclass(slots=True, kw_only=True)
class Shown:
    """What a message shows: `type` as the webhook calls it, `hole` for what is kept from apps in Europe."""

    type: str
    url: str = ""
    number: str = ""


@dataclass(slots=True, kw_only=True)
class Stored:
    """A file on the platform's own host, whose address dies."""

    content: bytes
    mime: str
    until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Fault:
    """What the next calls meet. `where` is a part of the address, `method` empty for any."""

    kind: str
    times: int = 1
    method: str = ""
    where: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class World:
    clock: Callable[[], datetime] | None = None
    skipped: timedelta = timedelta()
    tokens: dict[str, str] = field(default_factory=lambda: {PAGE_TOKEN: PAGE, PERSON_TOKEN: PERSON})
    dead: dict[str, tuple[int, int]] = field(default_factory=dict)  # token -> code and subcode
    posts: dict[str, Words] = field(default_factory=dict)
    comments: dict[str, Words] = field(default_factory=dict)
    messages: dict[str, Words] = field(default_factory=dict)
    tagged: dict[str, Words] = field(default_factory=dict)  # other people's posts that name the page
    stories: dict[str, Words] = field(default_factory=dict)  # reviews, by the story that is commented on
    private_replies: dict[str, str] = field(default_factory=dict)  # comment or post -> the person written to
    files: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, Shown] = field(default_factory=dict)
    ends: datetime | None = None  # when the tokens do
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    human_agent: bool = False  # whether Meta approved the feature
    reviews: list[dict[str, Any]] = field(default_factory=list)
    subscribed: list[str] = field(default_factory=lambda: ["feed", "mention", "ratings", "messages", "message_echoes"])
    faults: deque[Fault] = field(default_factory=deque)
    is_old: bool = False  # webhooks of years ago: ids as numbers, `sender_id` in place of `from`
    usage: int = 0  # percent that the headers tell, beside what was really used
    usage_header: str = ""  # the one header to tell it in, all that are known when empty
    budget: int = 0  # calls an hour, 0 for no end
    calls: deque[datetime] = field(default_factory=deque)
    removed: int = 0  # each removal kills the paging cursors from before
    page_size: int = 0  # 0: as many as asked for
    is_first_page_empty: bool = False
    number: int = 700_000_000_000_000

    @property
    def now(self) -> datetime:
        return (self.clock() if self.clock else START) + self.skipped

    def next_number(self) -> str:
        self.number += 1
        return str(self.number)

    def add_post(self, author: dict[str, str] | None, text: str) -> Words:
        post_id = f"{PAGE}_{self.next_number()}"
        post = Words(id=post_id, author=author, text=text, at=self.now, updated=self.now, root=post_id)
        self.posts[post_id] = post
        return post

    def add_tagged(self, author: dict[str, str], text: str) -> Words:
        """Add a post on somebody else's timeline that names the page."""
        post_id = f"{author['id']}_{self.next_number()}"
        post = Words(id=post_id, author=author, text=text, at=self.now, updated=self.now, root=post_id)
        self.tagged[post_id] = post
        return post

    def add_review(self, author: dict[str, str], text: str, rating: int | None) -> Words:
        story = self.next_number()
        review = Words(id=story, author=author, text=text, at=self.now, updated=self.now, root=story, rating=rating)
        self.stories[story] = review
        return review

    def add_comment(self, on: str, author: dict[str, str] | None, text: str) -> Words:
        """Add a comment to a post or a comment; a reply to a reply lands beside it."""
        above = self.comments.get(on)
        post = self.root(above.root if above else on)
        if post is None:
            raise RefusedError(100, 33, message=f"Unsupported post request. Object with ID '{on}' does not exist")
        parent = (above.parent or above.id) if above else None
        comment_id = f"{post.id.rpartition('_')[2]}_{self.next_number()}"
        comment = Words(id=comment_id, author=author, text=text, at=self.now, updated=self.now, root=post.id, parent=parent)
        self.comments[comment_id] = comment
        post.updated = self.now
        return comment

    def add_message(self, person: str, author: dict[str, str], text: str, metadata: str | None = None) -> Words:
        mid = f"m_sim{self.next_number()}"
        message = Words(id=mid, author=author, text=text, at=self.now, updated=self.now, root=person, metadata=metadata)
        self.messages[mid] = message
        return message

    def remove(self, words_id: str) -> Words:
        for kept in (self.posts, self.comments, self.messages, self.tagged, self.stories):
            if words_id in kept:
                self.removed += 1
                return kept.pop(words_id)
        raise RefusedError(100, 33, message=f"Unsupported delete request. Object with ID '{words_id}' does not exist")

    def root(self, words_id: str) -> Words | None:
        return self.posts.get(words_id) or self.tagged.get(words_id) or self.stories.get(words_id)

    def find(self, words_id: str) -> Words:
        found = self.root(words_id) or self.comments.get(words_id)
        if found is None:
            raise RefusedError(100, 33, message=f"no object {words_id} here")
        return found

    def is_indexed(self, words: Words) -> bool:
        return words.indexed is None or words.indexed <= self.now

    def take_fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method in ("", method) and fault.where in path:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def count_call(self) -> int:
        """Count a call of the last hour and return how many percent of the budget are used."""
        while self.calls and self.now - self.calls[0] > HOUR:
            self.calls.popleft()
        self.calls.append(self.now)
        return 0 if not self.budget else len(self.calls) * 100 // self.budget


def us() -> dict[str, str]:
    return {"id": PAGE, "name": PAGE_NAME}
