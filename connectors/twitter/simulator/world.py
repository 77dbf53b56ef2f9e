"""What there is on this X: people, posts, messages, limits, faults, and what was paid for."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from connectors.twitter.fields import id_at
from connectors.twitter.posts import one_to_one

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
US = "783200001"
WINDOW = timedelta(minutes=15)
KEYS = {
    "consumer_key": "sim-consumer-key",
    "consumer_secret": "sim-consumer-secret",
    "access_token": f"{US}-sim-access-token",
    "access_token_secret": "sim-access-secret",
}


@dataclass(kw_only=True, slots=True)
class Said:
    """A post, with its whole edit chain. `found_at` is when X has indexed it: lists do not show it before."""

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


@dataclass(kw_only=True, slots=True)
class Whispered:
    """A direct message event."""

    id: str
    sender: str
    recipient: str
    text: str
    at: datetime

    @property
    def conversation(self) -> str:
        return one_to_one(self.sender, self.recipient)


@dataclass(kw_only=True, slots=True)
class Fault:
    """What goes wrong with the next `times` requests whose path contains `path`."""

    kind: str
    path: str = ""
    method: str = ""
    times: int = 1
    reset: str = "ahead"  # of a rate limit: ahead, past or none

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
    messages: list[Whispered] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)  # people who take no direct messages
    faults: list[Fault] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)  # requests a window, by a part of the path
    used: Counter[str] = field(default_factory=Counter)
    window_from: datetime = START
    paid: set[tuple[str, str]] = field(default_factory=set)  # (UTC day, resource)
    page: int = 100  # a page may be shorter than was asked for
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
            self.window_from, self.used = self.now, Counter()

    def pay(self, resource: str) -> None:
        """Charge a resource once a UTC day: https://docs.x.com/x-api/getting-started/pricing."""
        self.paid.add((self.now.date().isoformat(), resource))

    def person(self, user_id: str) -> dict[str, Any] | None:
        found = self.people.get(user_id)
        return None if found is None else {"id": user_id, **found}

    def say(self, author: str, text: str, *, late: timedelta = timedelta(0), **kwargs: Any) -> Said:
        """Let somebody post now; `late` is how long X takes to index it."""
        post_id = self.new_id(self.now)
        answered = self.posts.get(kwargs.get("reply_to") or "")
        said = Said(
            id=post_id,
            author=author,
            text=text,
            at=self.now,
            found_at=self.now + late,
            conversation=answered.conversation if answered else kwargs.get("reply_to") or post_id,
            chain=[post_id],
            **kwargs,
        )
        self.posts[post_id] = said
        return said

    def edit(self, post_id: str, text: str) -> Said:
        """Let an author change a post: a new id in the same chain."""
        old = self.posts[post_id]
        said = self.say(old.author, text, reply_to=old.reply_to, quotes=old.quotes)
        said.conversation = old.conversation
        said.chain = [*old.chain, said.id]
        return said

    def delete(self, post_id: str) -> None:
        """Take a post away, and its edits with it."""
        first = self.posts[post_id].chain[0]
        self.gone |= {one.id for one in self.posts.values() if one.chain[0] == first}

    def seen(self) -> list[Said]:
        """Return what lists show now, newest first: of an edited post only its last version."""
        shown = [one for one in self.posts.values() if one.found_at <= self.now and one.id not in self.gone]
        last = {one.chain[0]: one.id for one in sorted(shown, key=lambda one: int(one.id))}
        return sorted((one for one in shown if last[one.chain[0]] == one.id), key=lambda one: -int(one.id))

    def whisper(self, sender: str, recipient: str, text: str) -> Whispered:
        """Let somebody send a direct message now."""
        message = Whispered(id=self.new_id(self.now), sender=sender, recipient=recipient, text=text, at=self.now)
        self.messages.append(message)
        return message


WORLD = web.AppKey("world", World)
