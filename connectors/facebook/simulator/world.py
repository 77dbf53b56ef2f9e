"""What the simulated platform knows: one page, what was said to it, who may ask, and what is to go wrong next."""

from __future__ import annotations

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
APP, APP_SECRET, VERIFY_TOKEN = "123400000000001", "sim-app-secret", "sim-verify-token"
WINDOW = timedelta(hours=24)
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


@dataclass(slots=True, kw_only=True)
class Words:
    """A post, a comment or a private message."""

    id: str
    author: dict[str, str] | None
    text: str
    at: datetime
    updated: datetime
    root: str  # the post, or the person of a conversation
    parent: str | None = None
    is_hidden: bool = False
    metadata: str | None = None


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
    reviews: list[dict[str, Any]] = field(default_factory=list)
    subscribed: list[str] = field(default_factory=lambda: ["feed", "mention", "ratings", "messages", "message_echoes"])
    faults: deque[Fault] = field(default_factory=deque)
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

    def add_comment(self, on: str, author: dict[str, str] | None, text: str) -> Words:
        """Add a comment to a post or a comment; a reply to a reply lands beside it."""
        above = self.comments.get(on)
        post = self.posts.get(above.root if above else on)
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

    def send_message(self, person: str, text: str, metadata: str | None) -> Words:
        """Let the page write, within the window.

        https://developers.facebook.com/docs/messenger-platform/policy/policy-overview
        """
        wrote = [one.at for one in self.messages.values() if one.root == person and one.author and one.author["id"] == person]
        if not wrote:
            raise RefusedError(100, 2018001, message="(#100) No matching user found")
        if self.now - max(wrote) > WINDOW:
            raise RefusedError(10, 2018278, message="(#10) This message is sent outside of allowed window.")
        if len(text) > 2000:  # noqa: PLR2004 - https://developers.facebook.com/docs/messenger-platform/reference/send-api
            raise RefusedError(100, message="(#100) Length of param message[text] must be less than or equal to 2000")
        return self.add_message(person, us(), text, metadata)

    def remove(self, words_id: str) -> Words:
        for kept in (self.posts, self.comments, self.messages):
            if words_id in kept:
                self.removed += 1
                return kept.pop(words_id)
        raise RefusedError(100, 33, message=f"Unsupported delete request. Object with ID '{words_id}' does not exist")

    def find(self, words_id: str) -> Words:
        found = self.posts.get(words_id) or self.comments.get(words_id)
        if found is None:
            raise RefusedError(100, 33, message=f"no object {words_id} here")
        return found

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
