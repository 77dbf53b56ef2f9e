"""What a platform is to us: a pure half that reads, a thin client that talks, a webhook half that proves who is calling.

    body --split--> elements --read, one by one--> what was heard

A folder under `connectors/` ends in one `Spec` named `connector`. The runner, not the connector, opens sessions, sleeps, stores, moves
cursors and decides what an error means; whatever `read` raises makes that one element unreadable and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from webcare.domain.message import Attachment, Author, Direction, Kind, Message
    from webcare.domain.pace import Paces
    from webcare.ports.errors import OutsideError


class Sort(StrEnum):
    """What kind of thing was heard: the `event` of `webcare normalize`."""

    MESSAGE = "message"
    EDIT = "edit"
    DELETE = "delete"
    REACTION = "reaction"
    STATUS = "status"
    ECHO = "echo"  # a message of ours, seen from elsewhere
    IDENTITY = "identity"
    ACCOUNT = "account"
    IGNORED = "ignored"  # understood, of no interest
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One thing that a platform told us. Fields that the platform did not name are None.

    `account` is our account that it concerns (page id, phone number id, user id); `target_id` the message that an edit, deletion,
    reaction or status is about; `app_id` who sent an echo; `other_author_id` what the platform calls the same customer elsewhere;
    `status` the state that a platform reports of a message of ours; `note` our own mark on it, where the platform carries one.
    """

    sort: Sort
    channel_kind: str
    account: str | None = None
    external_id: str | None = None
    conversation_id: str | None = None
    reply_to: str | None = None
    target_id: str | None = None
    direction: Direction | None = None
    kind: Kind | None = None
    author: Author | None = None
    text: str | None = None
    created_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    permalink: str | None = None
    raw_type: str | None = None
    reason: str | None = None
    app_id: str | None = None
    other_author_id: str | None = None
    status: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A part of a body that is read on its own. `where` is its path in the body, `around` what it needs from beside it."""

    where: str
    value: Any
    around: Mapping[str, Any] = field(default_factory=dict)


# --- talking ---


class Session(Protocol):
    """The HTTP session that a client is given, with time-outs set: an `aiohttp.ClientSession`."""

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """Return the asynchronous context manager of a response."""


class WayKind(StrEnum):
    """How a customer may be answered: under their words where all can read it, in private, or by a text that the platform approved."""

    PUBLIC = "public"
    PRIVATE = "private"  # a private message: the conversation's own, or one that begins at a public comment
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text that the platform approved, and what stands in its gaps, in order."""

    name: str
    language: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that goes with a reply: `mime` is what its bytes are, not what its name says."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply as its writer left it. `key` lets a platform that can compare keys refuse a second copy.

    `way` is how it goes, None as the message that it answers came. `late` says that the platform's ordinary window has passed, so that
    the answer has to be marked as a person's. `to` is whom it goes to, by the platform's id.
    """

    key: str
    channel: str
    conversation_id: str
    reply_to: str | None
    text: str
    kind: Kind | None = None
    way: WayKind | None = None
    late: bool = False
    to: str | None = None
    template: Template | None = None
    uploads: tuple[Upload, ...] = ()


class Deed(StrEnum):
    """What we may do to a message of somebody else."""

    HIDE = "hide"
    UNHIDE = "unhide"
    LIKE = "like"
    UNLIKE = "unlike"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A deed and the message that it is done to. Doing one twice is doing it once."""

    key: str
    channel: str
    deed: Deed
    target_id: str
    conversation_id: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A sentence for people, in the languages of the inbox."""

    nl: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known when somebody is about to answer: the message, and what has gone before between us and its author.

    `last_inbound_at` is when this customer last wrote in this conversation; `private_replies` how often we have written in private
    because of this very message.
    """

    account: str
    message: Message
    raw_type: str | None
    last_inbound_at: datetime
    private_replies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to answer. `until` is when it closes; `refused` why it is closed now, `note` what its writer should know.

    `late` is handed to the reply that goes this way.
    """

    kind: WayKind
    until: datetime | None = None
    refused: Words | None = None
    note: Words | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A customer's attachment: `mime` as the platform says; what the bytes really are, the caller looks."""

    content: bytes
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The platform accepted a reply; `accepted_at` is its own time stamp, None when it names none: then the instant of its 2xx counts."""

    external_id: str
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one poll brought: bodies as they came, where to go on, how many resources were paid for, whether more waits.

    `costs` says of which kind the resources are, where a platform asks different prices: it adds up to `cost`. `missed` is what could not
    be read this time and why, in a sentence, while the rest could; the cursor has that part where it was.
    """

    bodies: tuple[Any, ...]
    cursor: str | None
    cost: int = 0
    more: bool = False
    costs: Mapping[str, int] = field(default_factory=dict)
    missed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a preflight found: who we are there, until when the token lives, and what is missing."""

    account: str | None
    expires_at: datetime | None = None
    problems: tuple[str, ...] = ()


class Sender(Protocol):
    async def send(self, reply: Reply) -> Receipt:
        """Send once.

        Raises:
            Unavailable: it was certainly not sent, try again.
            Unconfirmed: it may have been sent.
            RateLimited: not sent, try at that time.
            AuthFailed: not sent, the channel is down.
            Rejected: not sent, and never will be.
        """

    async def find(self, reply: Reply) -> Receipt | None:
        """Return the receipt when the platform already holds this reply, None when it certainly does not.

        Raises:
            Unconfirmed: this platform cannot be asked.
            Unavailable: not now.
        """


class Client(Sender, Protocol):
    """The thin client. It opens no session, never sleeps, reads no clock, and raises only `OutsideError`s."""

    async def poll(self, cursor: str | None, now: datetime) -> Batch:
        """Ask what is new since `cursor`."""

    async def preflight(self, now: datetime) -> Health:
        """Ask who we are and what we may do."""


class Doer(Protocol):
    async def act(self, act: Act) -> None:
        """Do it. Done already is done; raises as `Sender.send` does."""


class Fetcher(Protocol):
    async def fetch(self, attachment: Attachment, *, most: int) -> Fetched:
        """Return an attachment of at most `most` bytes; addresses of platforms die within minutes.

        Raises:
            Rejected: it is gone, or larger, and asking again is no use.
            Unavailable, RateLimited, AuthFailed: as ever.
        """


class Asker(Protocol):
    async def look_up(self, ids: Sequence[str], now: datetime) -> Batch:
        """Ask for messages by their ids: roots that we never saw, and whether others still stand. `cursor` is None."""


# --- being called ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to answer a platform's handshake."""

    status: int
    text: str
    content_type: str = "text/plain"


# --- the spec ---


class Capability(StrEnum):
    POLL = "poll"
    SEND = "send"
    FIND = "find"  # can be asked whether a reply was sent
    PREFLIGHT = "preflight"
    WEBHOOK = "webhook"
    ACT = "act"  # `Doer`, for the spec's `deeds`
    FETCH = "fetch"  # `Fetcher`
    LOOK_UP = "look_up"  # `Asker`
    UPLOAD = "upload"  # `Reply.uploads` are sent
    TEMPLATE = "template"  # `Reply.template` is sent
    PRIVATE_REPLY = "private_reply"  # a reply by `WayKind.PRIVATE` to a public message


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a reply may be: `measure` counts a text as the platform does.

    `in_parts`: a longer text may go as several replies, which the platform shows in the order in which it took them.
    `private_length` and `private_measure` are those of private messages, None where they are the same.
    """

    length: int
    measure: Callable[[str], int] = len
    reply_window: timedelta | None = None
    in_parts: bool = False
    private_length: int | None = None
    private_measure: Callable[[str], int] | None = None

    def of(self, *, private: bool) -> tuple[int, Callable[[str], int]]:
        """Return how long a text may be, and how it is counted."""
        if not private:
            return self.length, self.measure
        return self.private_length or self.length, self.private_measure or self.measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How an operator comes by the secrets: `address` is the page where they are made, `steps` what to do there, in order.

    `address` is empty where everybody runs that service at a place of their own. `made_here` are secrets that we think up and the
    platform is told, like the verify token of a webhook.
    """

    address: str
    steps: tuple[str, ...]
    made_here: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Everything that the rest of the program knows of a platform.

    `config` is a frozen dataclass with typed fields; the `help` in a field's metadata explains it; `account` is the field that names our
    account there. `secrets` names the credentials that the client and the webhook half are handed. `simulator` is `module:function`,
    returning an aiohttp application; only demo and tests load it. `consent` is what `webcare channels connect` tells the operator.

    `ways` says before anybody types how a message may be answered, the best way first, from the config and the instant; None: as it came.
    `paces` are the bounds between which `pace` follows how much is said; an operator who chose a pace keeps that.
    `own_hosts` are those beside the API's own that are shown our keys when a file is fetched from there.
    `called` is what people call the platform (X, not twitter); by default its kind with a capital. `usual` is what most messages there
    are, for `webcare classify`, which is told the platform only.
    """

    kind: str
    config: type[Any]
    account: str
    secrets: tuple[str, ...]
    capabilities: frozenset[Capability]
    pace: timedelta
    limits: Limits
    simulator: str
    split: Callable[[Any], list[Element]]
    read: Callable[[Element, str | None], list[Heard]]
    explain: Callable[[int, Mapping[str, str], bytes, datetime], OutsideError]
    client: Callable[[Any, Session, Mapping[str, str]], Client] | None = None
    handshake: Callable[[Mapping[str, str], Mapping[str, str]], Answer | None] | None = None
    verify: Callable[[Mapping[str, str], bytes, Mapping[str, str]], bool] | None = None
    consent: Consent | None = None
    ways: Callable[[Situation, Any, datetime], tuple[Way, ...]] | None = None
    paces: Paces | None = None
    limits_of: Callable[[Any], Limits] | None = None  # where an account's config changes them
    deeds: frozenset[Deed] = frozenset()
    own_hosts: frozenset[str] = frozenset()
    called: str = ""
    usual: Kind | None = None
