"""What the simulated platform knows: one business number, its customers, what was said, and what is to go wrong next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.whatsapp.simulator.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
WINDOW = timedelta(hours=24)
MEDIA_ADDRESS_LIVES = timedelta(minutes=5)
MEDIA_LIVES = timedelta(days=7)
UPLOADED_LIVES = timedelta(days=30)


@dataclass(slots=True, kw_only=True)
class Customer:
    """Somebody with a phone. `number` is hidden once there is a username and they never wrote by number."""

    number: str
    user_id: str
    name: str
    username: str | None = None
    shows_number: bool = True
    shows_user_id: bool = True
    wrote_at: datetime | None = None

    @property
    def known_as(self) -> set[str]:
        return {self.number, f"+{self.number}", self.user_id}


@dataclass(slots=True, kw_only=True)
class Sent:
    """A message of the business, accepted."""

    wamid: str
    to: str
    body: dict[str, Any]
    at: datetime
    states: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Media:
    id: str
    mime: str
    content: bytes
    at: datetime
    lives: timedelta = MEDIA_LIVES
    addresses: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Template:
    """A text that Meta has seen: how many gaps its body has, what it is for, and how it fares (approved, paused, disabled)."""

    gaps: int = 0
    category: str = "utility"
    state: str = "approved"


@dataclass(slots=True, kw_only=True)
class Fault:
    """What the next call meets: an error code, or a way of failing by `kind`."""

    kind: str
    code: int = 0
    details: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class World:
    clock: Callable[[], datetime] | None = None
    told: datetime = START
    number_id: str = "106500000000001"
    business_id: str = "104200000000001"
    shown_number: str = "31201234567"
    bearer: str = "sim-token"
    token_ends: datetime | None = None
    scopes: list[str] = field(default_factory=lambda: ["whatsapp_business_messaging", "whatsapp_business_management"])
    standing: str = "good"  # good, expired, revoked, no_permission
    number_state: str = "CONNECTED"
    quality: str = "GREEN"
    closed_window: str = "answer"  # the refusal of a late message comes as an answer, or as a failed status
    receipts: str = "read"  # how far a message gets by itself: none, sent, delivered, read
    customers: list[Customer] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    media: dict[str, Media] = field(default_factory=dict)
    media_origin: str = ""  # where files lie; empty: here
    templates: dict[tuple[str, str], Template] = field(default_factory=dict)  # by name and language
    limits: Limits = field(default_factory=Limits)
    faults: deque[Fault] = field(default_factory=deque)
    marked_read: list[str] = field(default_factory=list)
    made: int = 0

    @property
    def now(self) -> datetime:
        return self.told if self.clock is None else self.clock()

    def at_least(self, instant: datetime) -> None:
        """Move the told time on; it never goes back."""
        self.told = max(self.told, instant)

    def number_for(self, prefix: str) -> str:
        """Return an id that was never given before."""
        self.made += 1
        return f"{prefix}{self.made:012d}"

    def wamid(self) -> str:
        return f"wamid.{self.number_for('SIM')}="

    def customer(self, known_as: str) -> Customer | None:
        return next((one for one in self.customers if known_as in one.known_as), None)

    def window_is_open(self, customer: Customer) -> bool:
        """Whether free text may go: within 24 hours of what the customer wrote last.

        https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-messages#customer-service-windows
        """
        return customer.wrote_at is not None and self.now - customer.wrote_at < WINDOW

    def next_fault(self, *, of_media: bool = False) -> Fault | None:
        """Take the next fault that was scripted for this kind of call."""
        for fault in self.faults:
            if fault.kind.startswith("media_") is of_media:
                self.faults.remove(fault)
                return fault
        return None

    def new_media(self, mime: str, content: bytes, *, uploaded: bool = False) -> Media:
        lives = UPLOADED_LIVES if uploaded else MEDIA_LIVES
        found = Media(id=self.number_for("44" if uploaded else "33"), mime=mime, content=content, at=self.now, lives=lives)
        self.media[found.id] = found
        return found

    def media_address(self, media: Media) -> str:
        """Return a key under which the bytes can be had for five minutes."""
        key = self.number_for("mid")
        media.addresses[key] = self.now + MEDIA_ADDRESS_LIVES
        return key

    def media_at(self, key: str) -> Media | None:
        return next((one for one in self.media.values() if one.addresses.get(key, self.now) > self.now), None)

    def media_by(self, ident: str) -> Media | None:
        found = self.media.get(ident)
        return found if found is not None and self.now - found.at < found.lives else None
