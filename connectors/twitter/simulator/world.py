"""What there is on this X: people, posts, messages, media, limits, faults, and what was paid for."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from connectors.twitter.fields import id_at
from connectors.twitter.length import LONGEST
from connectors.twitter.posts import one_to_one
from connectors.twitter.simulator.meter import Meter

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
US = "783200001"
WINDOW = timedelta(minutes=15)
EDITS = 5  # https://docs.x.com/x-api/fundamentals/edit-posts
EDIT_WINDOW = timedelta(hours=1)
KEYS = {
    "consumer_key": "sim-consumer-key",
    "consumer_secret": "sim-consumer-secret",
    "access_token": f"{US}-sim-access-token",
    "access_token_secret": "sim-access-secret",
}


@dataclass(kw_only=True, slots=True)
class Said:
    """A post. `found_at` is when X has indexed it: lists do not show it before. `chain` is one list for all its versions.

    `at` is what X says about when it was written; the id holds when it really was.
    """

    id: str
    author: str
    text: str
    at: datetime
    found_at: datetime
    conversation: str
    reply_to: str | None = None
    quotes: str | None = None
    retweets: str | None = None
    chain: list[str] = field(default_factory=list)
    reply_settings: str = "everyone"
    media: list[str] = field(default_factory=list)
    is_protected: bool = False
    lang: str = "und"
    source: str | None = None


@dataclass(kw_only=True, slots=True)
class Whispered:
    """A direct message event."""

    id: str
    sender: str
    recipient: str
    text: str
    at: datetime
    media: list[str] = field(default_factory=list)

    @property
    def conversation(self) -> str:
        return one_to_one(self.sender, self.recipient)


@dataclass(kw_only=True, slots=True)
class Medium:
    """A picture: uploaded by us, in parts or at once, or shown by somebody. `expires_at` is until when an upload can be used."""

    key: str
    type: str = "photo"
    content: bytes = b""
    mime: str = "image/png"
    category: str = "tweet_image"
    expires_at: datetime | None = None
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.key.rpartition("_")[2]


@dataclass(kw_only=True, slots=True)
class Fault:
    """What goes wrong with the next `times` requests whose path contains `path`. `status` replaces the usual one."""

    kind: str
    path: str = ""
    method: str = ""
    times: int = 1
    reset: str = "ahead"  # of a rate limit: ahead, past or none
    status: int = 0
    type: str = ""  # of what is refused: the last part of its address
    code: int = 0  # of what is refused in the older family
    detail: str = ""

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.path in path and self.method in ("", method)


@dataclass(kw_only=True, slots=True)
class World:
    """One X. Names are those of one generation: `tweet`, or `post` as since spec 2.167."""

    now: datetime = START
    names: str = "tweet"
    people: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {US: {"name": "Klaver Energie", "username": "klaverenergie"}}
    )
    posts: dict[str, Said] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)  # replies that we hid
    liked: set[str] = field(default_factory=set)  # by us
    messages: list[Whispered] = field(default_factory=list)
    media: dict[str, Medium] = field(default_factory=dict)  # by key
    closed: set[str] = field(default_factory=set)  # people who take no direct messages
    protected: set[str] = field(default_factory=set)  # people whose posts X shows to nobody
    faults: list[Fault] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)  # requests a window, by a part of "METHOD /path"
    daily: set[str] = field(default_factory=set)  # those of them whose window is a day
    used: Counter[str] = field(default_factory=Counter)
    window_from: datetime = START
    day_from: datetime = START
    meter: Meter = field(default_factory=Meter)
    page: int = 100  # a page may be shorter than was asked for
    token_life: int | None = None  # seconds that a token for the next page is good for
    longest: int = LONGEST  # of a post; X lets those who pay for their account write more
    family: str = "problem"  # of refusals: problem, or legacy with a code
    host: str | None = None  # of the addresses of problems; X uses two
    old_since: str = "refuse"  # what a search does whose since_id is older than it reaches: refuse, or ignore
    unpaid_status: int = 402  # X documents none: 402 and 403 are played
    is_enterprise: bool = False
    is_revoked: bool = False
    access: str = "read-write-directmessages"
    hooks: list[str] = field(default_factory=list)
    deliveries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1000))
    serial: int = 0
    silence: asyncio.Event = field(default_factory=asyncio.Event)  # set when this X shuts down: nobody waits for it any more

    def new_id(self, at: datetime) -> str:
        """Return an id as X makes them: time above, serial number below."""
        self.serial += 1
        return str(id_at(at) + self.serial % 4096)

    def pass_time(self, span: timedelta) -> None:
        self.now += span
        if self.now >= self.window_from + WINDOW:
            self.window_from = self.now
            self.used = Counter({name: count for name, count in self.used.items() if name in self.daily})
        if self.now >= self.day_from + timedelta(days=1):
            self.day_from, self.used = self.now, Counter()

    def person(self, user_id: str) -> dict[str, Any] | None:
        found = self.people.get(user_id)
        return None if found is None else {"id": user_id, **found}

    def say(
        self, author: str, text: str, *, late: timedelta = timedelta(0), skew: timedelta = timedelta(0), **kwargs: Any
    ) -> Said:
        """Let somebody post now; `late` is how long X takes to index it, `skew` how wrong it is about when that was."""
        post_id = self.new_id(self.now)
        answered = self.posts.get(kwargs.get("reply_to") or "")
        said = Said(
            id=post_id,
            author=author,
            text=text,
            at=self.now + skew,
            found_at=self.now + late,
            conversation=answered.conversation if answered else kwargs.get("reply_to") or post_id,
            chain=[post_id],
            **kwargs,
        )
        self.posts[post_id] = said
        return said

    def repost(self, author: str, post_id: str) -> Said:
        """Let somebody repeat a post: X puts the first author in front and cuts the rest."""
        first = self.posts[post_id]
        handle = self.people.get(first.author, {}).get("username", "somebody")
        whole = f"RT @{handle}: {first.text}"
        return self.say(author, whole if len(whole) <= 140 else whole[:139] + "…", retweets=post_id)  # noqa: PLR2004 - X's own

    def edit(self, post_id: str, text: str) -> Said:
        """Let an author change a post: a new id in the same chain."""
        old = self.posts[post_id]
        said = self.say(old.author, text, reply_to=old.reply_to, quotes=old.quotes, media=list(old.media), lang=old.lang)
        said.conversation = old.conversation
        old.chain.append(said.id)
        said.chain = old.chain
        return said

    def delete(self, post_id: str) -> None:
        """Take a post away, and its edits with it."""
        self.gone |= set(self.posts[post_id].chain)

    def is_shown(self, said: Said) -> bool:
        """Return whether X shows a post at all: not once it is gone, and never those of protected accounts."""
        return said.id not in self.gone and not said.is_protected and said.author not in self.protected

    def seen(self) -> list[Said]:
        """Return what lists show now, newest first: of an edited post only its last version."""
        shown = [one for one in self.posts.values() if one.found_at <= self.now and self.is_shown(one)]
        last = {one.chain[0]: one.id for one in sorted(shown, key=lambda one: int(one.id))}
        return sorted((one for one in shown if last[one.chain[0]] == one.id), key=lambda one: -int(one.id))

    def whisper(self, sender: str, recipient: str, text: str, *, media: list[str] | None = None) -> Whispered:
        """Let somebody send a direct message now."""
        message = Whispered(
            id=self.new_id(self.now), sender=sender, recipient=recipient, text=text, at=self.now, media=media or []
        )
        self.messages.append(message)
        return message


WORLD = web.AppKey("world", World)
