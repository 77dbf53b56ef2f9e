"""What the simulated Instagram knows: one account, what was said to it, who may ask, and what is to go wrong next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
ACCOUNT, HANDLE = "17841400000000001", "meerkoet"
PAGE, SCOPED = "104500000000002", "27000000000000001"  # the page that owns it, and its id for the app
STRANGER = "17841400000000099"
PAGE_TOKEN, USER_TOKEN, STRANGER_TOKEN = "sim-instagram-page-token", "sim-instagram-user-token", "sim-strangers-token"
APP, APP_SECRET, VERIFY_TOKEN = "123400000000002", "sim-instagram-secret", "sim-instagram-verify"
SCOPES = [
    *("instagram_basic", "instagram_manage_comments", "instagram_manage_messages"),
    *("pages_read_engagement", "pages_manage_metadata"),
]
WINDOW, LATE_WINDOW, PRIVATE_REPLY = timedelta(hours=24), timedelta(days=7), timedelta(days=7)
FILE_LIVES = timedelta(days=1)
HOUR = timedelta(hours=1)
LONGEST_COMMENT, LARGEST_MESSAGE = 2200, 1000  # characters, and bytes


class RefusedError(Exception):
    """Graph's error object, on its way out."""

    def __init__(self, code: int, subcode: int = 0, *, status: int = 400, message: str = "refused") -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AsimSIMsim"}
        if subcode:
            self.body["error_subcode"] = subcode


def missing(node: str) -> RefusedError:
    return RefusedError(100, 33, message=f"Unsupported request. Object with ID '{node}' does not exist")


@dataclass(slots=True, kw_only=True)
class Media:
    """A post: ours, or one of somebody else that names or tags us."""

    id: str
    author: dict[str, str]
    caption: str
    at: datetime
    is_live: bool = False
    is_over: bool = False
    tags_us: bool = False
    names_us: bool = False
    ad_id: str = ""


@dataclass(slots=True, kw_only=True)
class Comment:
    id: str
    media: str
    author: dict[str, str]
    text: str
    at: datetime
    parent: str | None = None
    is_hidden: bool = False
    names_us: bool = False
    had_private_reply: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """A direct message; `story` is what it is said to, `files` what hangs on it."""

    id: str
    person: str
    is_ours: bool
    text: str
    at: datetime
    story: str = ""
    files: list[dict[str, str]] = field(default_factory=list)
    is_unsupported: bool = False
    app_id: str = ""
    tag: str = ""


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
    tokens: dict[str, str] = field(default_factory=lambda: {PAGE_TOKEN: PAGE, USER_TOKEN: ACCOUNT, STRANGER_TOKEN: STRANGER})
    dead: dict[str, tuple[int, int]] = field(default_factory=dict)  # token -> code and subcode
    token_ends: datetime | None = None
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    human_agent: bool = True  # whether Meta lets the app answer as a person after 24 hours
    media: dict[str, Media] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)  # who writes in private, by their id; a webhook does not tell
    files: dict[str, tuple[datetime, bytes, str]] = field(default_factory=dict)
    subscribed: list[str] = field(default_factory=lambda: ["comments", "live_comments", "mentions", "messages"])
    faults: deque[Fault] = field(default_factory=deque)
    budget: int = 0  # calls a day, 0 for no end
    calls: deque[datetime] = field(default_factory=deque)
    removed: int = 0  # each removal kills the paging cursors from before
    page_size: int = 0  # 0: as many as asked for
    has_more_pages: bool = True  # whether what lies beyond the newest 50 comments can be paged to
    next_id: int = 18_000_000_000_000_000

    @property
    def now(self) -> datetime:
        return (self.clock() if self.clock else START) + self.skipped

    def number(self) -> str:
        self.next_id += 1
        return str(self.next_id)

    # --- what people do

    def add_media(self, caption: str, author: dict[str, str] | None = None, **more: Any) -> Media:
        media = Media(id=self.number(), author=author or us(), caption=caption, at=self.now, **more)
        self.media[media.id] = media
        return media

    def add_comment(self, on: str, author: dict[str, str], text: str, *, names_us: bool = False) -> Comment:
        """Add a comment to a post or a comment; a reply to a reply lands beside it."""
        above = self.comments.get(on)
        media = self.media.get(above.media if above else on)
        if media is None:
            raise missing(on)
        parent = (above.parent or above.id) if above else None
        found = Comment(id=self.number(), media=media.id, author=author, text=text, at=self.now, parent=parent, names_us=names_us)
        self.comments[found.id] = found
        return found

    def add_message(self, person: str, text: str, *, is_ours: bool = False, **more: Any) -> Message:
        message = Message(id=f"aWdfZG1faXRlbTpsim{self.number()}", person=person, is_ours=is_ours, text=text, at=self.now, **more)
        self.messages[message.id] = message
        return message

    def add_file(self, content: bytes, mime: str) -> str:
        name = self.number()
        self.files[name] = (self.now + FILE_LIVES, content, mime)
        return name

    def remove(self, node: str) -> None:
        for kept in (self.comments, self.messages, self.media):
            if node in kept:
                self.removed += 1
                kept.pop(node)
                return
        raise missing(node)

    # --- what the account does through the API

    def our_comment(self, node: str) -> Comment:
        """Return a comment under a post of ours."""
        comment = self.comments.get(node)
        if comment is None or self.media[comment.media].author != us():
            raise missing(node)
        return comment

    def answer_comment(self, node: str, text: str) -> Comment:
        """https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment/replies ."""
        comment = self.our_comment(node)
        if self.media[comment.media].is_live:
            raise RefusedError(100, message="(#100) You cannot reply to comments on live media")
        if comment.is_hidden:
            raise RefusedError(100, message="(#100) You cannot reply to a hidden comment")
        return self.add_comment(node, us(), _comment_text(text))

    def comment_media(self, node: str, text: str) -> Comment:
        media = self.media.get(node)
        if media is None or media.author != us():
            raise missing(node)
        if media.is_live:
            raise RefusedError(100, message="(#100) You cannot comment on live media")
        return self.add_comment(node, us(), _comment_text(text))

    def answer_mention(self, media_id: str, comment_id: str | None, text: str) -> Comment:
        """https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/mentions ."""
        named = self.comments.get(comment_id) if comment_id else self.media.get(media_id)
        if named is None or not named.names_us:
            raise missing(comment_id or media_id)
        return self.add_comment(comment_id or media_id, us(), _comment_text(text))

    def send(self, asked: dict[str, Any]) -> Message:
        """Let the account write, within the window, or once because of a comment."""
        text = asked["message"]["text"]
        if len(text.encode("utf-8", "surrogatepass")) > LARGEST_MESSAGE:
            raise RefusedError(100, message="(#100) Length of param message[text] must be less than or equal to 1000")
        comment = asked["recipient"].get("comment_id")
        if comment is not None:
            return self._private_reply(comment, text)
        person = asked["recipient"]["id"]
        wrote = [one.at for one in self.messages.values() if one.person == person and not one.is_ours]
        if not wrote:
            raise RefusedError(100, 2534014, message="(#100) The requested user cannot be found")
        tag = asked.get("tag", "") if asked.get("messaging_type") == "MESSAGE_TAG" else ""
        if tag and (tag != "HUMAN_AGENT" or not self.human_agent):
            raise RefusedError(10, message="(#10) The app may not use this tag", status=403)
        if self.now - max(wrote) >= (LATE_WINDOW if tag else WINDOW):
            raise RefusedError(10, 2534022, message="(#10) This message is sent outside of allowed window.")
        return self.add_message(person, text, is_ours=True, app_id=APP, tag=tag)

    def _private_reply(self, node: str, text: str) -> Message:
        """https://developers.facebook.com/docs/instagram-platform/private-replies ."""
        comment = self.our_comment(node)
        media = self.media[comment.media]
        if comment.had_private_reply:
            raise RefusedError(10900, message="(#10900) Activity already replied to")
        if comment.author == us() or self.now - comment.at >= PRIVATE_REPLY or (media.is_live and media.is_over):
            raise RefusedError(10903, message="(#10903) This user cannot reply to this activity")
        comment.had_private_reply = True
        return self.add_message(comment.author["id"], text, is_ours=True, app_id=APP)

    # --- what goes wrong

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


def _comment_text(text: str) -> str:
    if len(text) > LONGEST_COMMENT:
        raise RefusedError(100, message="(#100) The comment is too long")
    return text


def us() -> dict[str, str]:
    return {"id": ACCOUNT, "username": HANDLE}
