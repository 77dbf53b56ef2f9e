"""The page of a case: what was said, what is under way, what was done, in one order; and what the customer came with before.

In public the conversation belongs to many: what others wrote is shown as context only, and little of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.case import CaseState
from webcare.domain.message import Attachment, Direction, Kind
from webcare.domain.sla.events import MACHINE, EventType
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.services.desk import needing
from webcare.store import cases, same_customer
from webcare.store import thread as kept

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from webcare.domain.identities import Identity
    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine

LONGEST, AROUND, BEFORE, NOTES, BROUGHT = 300, 10, 20, 3, 40
GONE = frozenset(
    {"accepted", "taken_back"}
)  # replies that are no entry of their own: one is a message, of the other nobody heard
SHOWN_AS_MESSAGES = {EventType.INBOUND, EventType.EDIT, EventType.DELETE, EventType.BOT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict in force on a message; `by` is the person who gave it, None where it is the machine's. `certainty` is by label."""

    by: str | None
    model: str
    language: str
    sentiment: Sentiment
    intents: tuple[Intent, ...]
    certainty: Mapping[str, float]
    needs_response: bool
    needs_response_score: float
    unsure: bool
    urgency: Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a message said before it was edited, and since when."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A message. `at` is the platform's time.

    `by` is the person of ours who wrote it, where that is known; `reply` our number of it when it was written here, so that one of ours
    without comes from the platform's own app. `needs_response`: in this case it counts as needing an answer, given or not. `case` is the
    case that it is in; `is_context` says that it is somebody else's, or ours to somebody else.
    """

    at: datetime
    id: int
    external_id: str
    direction: Direction
    kind: Kind
    author_id: str
    author_name: str | None
    author_handle: str | None
    by: str | None
    text: str
    attachments: tuple[Attachment, ...]
    permalink: str | None
    edited_at: datetime | None
    earlier: tuple[Text, ...]
    deleted_at: datetime | None
    is_late: bool
    automatic: str | None
    judged: Judgement | None
    needs_response: bool
    case: int | None
    is_context: bool
    reply: int | None

    @property
    def is_ours(self) -> bool:
        return self.direction is Direction.OUTBOUND

    @property
    def author(self) -> str:
        """Return what the platform calls whoever wrote it."""
        return self.author_name or self.author_handle or self.author_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A reply written here, and how far it came: queued, sending, accepted, refused, unconfirmed, withdrawn, taken_back.

    `at` is when it was written, `accepted_at` the platform's time of what it took, also of what it then could not deliver. `code` names
    a reason that people have a sentence for; `way` is how it goes, None as the message that it answers came.
    """

    at: datetime
    id: int
    by: str
    text: str
    state: str
    reason: str | None
    automatic: bool
    accepted_at: datetime | None
    external_id: str | None
    code: str | None = None
    way: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A line of the log that is no message: a note, a claim, a close. `data` has a note's `text`, a snooze's `until` and the like."""

    at: datetime
    learned_at: datetime
    type: EventType
    by: str | None
    to: str | None
    within: timedelta | None
    message: int | None
    needs_response: bool | None
    data: Mapping[str, Any]


Entry = Spoken | Written | Happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A case with everything in its order. `messages` is how many the conversation has, shown or not.

    Among the entries is a reply from here only where no message tells of it; `replies` are all of them.
    """

    case: CaseRow
    log: tuple[LogLine, ...]
    entries: tuple[Entry, ...]
    replies: tuple[Written, ...]
    messages: int

    @property
    def spoken(self) -> tuple[Spoken, ...]:
        """What the customer and we said to each other."""
        return tuple(one for one in self.entries if isinstance(one, Spoken) and not one.is_context)

    @property
    def context(self) -> tuple[Spoken, ...]:
        """What others said around it."""
        return tuple(one for one in self.entries if isinstance(one, Spoken) and one.is_context)

    @property
    def hidden(self) -> int:
        """Return how many messages of a private conversation, or of others in a public one, are not shown."""
        shown = self.spoken if self.case.kind.is_private else (*self.spoken, *self.context)
        return max(0, self.messages - len(shown))

    @property
    def of_others(self) -> int:
        """Return how many messages of the conversation are neither the customer's nor ours to them."""
        return max(len(self.context), self.messages - len(self.spoken))


def thread(conn: Connection, case: int, *, limit: int = LONGEST) -> Thread | None:
    """Return the conversation of a case, its newest messages up to a limit; None when there is no such case."""
    row = cases.get(conn, case)
    if row is None:
        return None
    log = cases.log(conn, case)
    own = kept.own(conn, row, limit)
    around = [] if row.kind is Kind.DM else kept.others(conn, row, own, AROUND)
    replies = kept.replies(conn, case)
    known = _Known(
        texts=kept.earlier_texts(conn, [one.id for one in (*own, *around) if one.edited_at is not None]),
        writers={line.message: line.event.by for line in log if line.event.type is EventType.ANSWER and line.message},
        sent={reply.external_id: reply.id for reply in replies if reply.external_id is not None},
        needing=needing(log),
    )
    entries: list[Entry] = [_spoken(one, known, is_context=False) for one in own]
    entries += [_spoken(one, known, is_context=True) for one in around]
    told = {one.external_id for one in own}
    entries += [_written(reply) for reply in replies if reply.state not in GONE and reply.external_id not in told]
    entries += [_happened(line) for line in log if not _is_shown_as_message(line)]
    entries.sort(key=lambda entry: (entry.at, isinstance(entry, Happened)))
    return Thread(
        case=row,
        log=tuple(log),
        entries=tuple(entries),
        replies=tuple(_written(reply) for reply in replies),
        messages=kept.count(conn, row),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of messages beside themselves."""

    texts: Mapping[int, Sequence[Any]]
    writers: Mapping[int, str | None]
    sent: Mapping[str, int]
    needing: set[str | None]


def _spoken(one: Any, known: _Known, *, is_context: bool) -> Spoken:
    reply = known.sent.get(one.external_id)
    is_ours = one.direction == Direction.OUTBOUND.value
    return Spoken(
        at=one.created_at,
        id=one.id,
        external_id=one.external_id,
        direction=Direction(one.direction),
        kind=Kind(one.kind),
        author_id=one.author_id,
        author_name=one.author_name,
        author_handle=one.author_handle,
        by=known.writers.get(one.id, one.author_id) if is_ours and reply is not None else None,
        text=one.text,
        attachments=tuple(Attachment(**a) for a in one.attachments),
        permalink=one.permalink,
        edited_at=one.edited_at,
        earlier=tuple(Text(at=was.at, text=was.text) for was in known.texts.get(one.id, ())[:-1]),
        deleted_at=one.deleted_at,
        is_late=one.late_ingest,
        automatic=one.automatic,
        judged=None if one.intents is None else _judgement(one),
        needs_response=not is_context and one.external_id in known.needing,
        case=one.case,
        is_context=is_context,
        reply=reply,
    )


def _judgement(one: Any) -> Judgement:
    return Judgement(
        by=None if one.by == MACHINE else one.by,
        model=one.model,
        language=one.language,
        sentiment=Sentiment(one.sentiment),
        intents=tuple(Intent(intent) for intent in one.intents),
        certainty={**one.scores.get("intents", {}), **one.scores.get("sentiment", {})},
        needs_response=one.needs_response,
        needs_response_score=one.needs_response_score,
        unsure=one.unsure,
        urgency=Urgency(one.urgency),
    )


def _written(reply: Any) -> Written:
    return Written(
        at=reply.written_at,
        id=reply.id,
        by=reply.by,
        text=reply.text,
        state=reply.state,
        reason=reply.reason,
        automatic=reply.automatic,
        accepted_at=reply.accepted_at,
        external_id=reply.external_id,
        code=reply.code,
        way=reply.way,
    )


def _is_shown_as_message(line: LogLine) -> bool:
    event = line.event
    return event.type in SHOWN_AS_MESSAGES or (event.type is EventType.ANSWER and line.message is not None)


def _happened(line: LogLine) -> Happened:
    event = line.event
    return Happened(
        at=event.at,
        learned_at=line.learned_at,
        type=event.type,
        by=event.by,
        to=event.to,
        within=event.within,
        message=line.message,
        needs_response=event.needs_response if event.type is EventType.VERDICT else None,
        data={name: value for name, value in (line.data or {}).items() if name not in ("ref", "to", "within", "needs_response")},
    )


# --- before ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Another case of the same customer. `answered_in` is how long they waited for the first answer, by the clock of the promise."""

    case: int
    channel: str
    kind: Kind
    state: CaseState
    line: str
    opened_at: datetime
    closed_at: datetime | None
    answered_in: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What a colleague wrote down in an earlier case."""

    case: int
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What came with a message of another case of the same customer."""

    id: int
    case: int
    channel: str
    at: datetime
    attachments: tuple[Attachment, ...]
    permalink: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Whom a case is about, by all of their identities: since when we know them, and how often they wrote in cases."""

    since: datetime
    cases: int
    messages: int
    earlier: tuple[Earlier, ...]
    notes: tuple[Noted, ...]
    brought: tuple[Brought, ...] = ()


def customer(conn: Connection, row: CaseRow, *, limit: int = BEFORE) -> Customer:
    """Return what we know of a case's customer."""
    who = same_customer.group_of(conn, same_customer.identity_of(row.channel, row.customer_id))
    met, earlier = kept.met(conn, who), _before(conn, row, who, limit)
    brought = kept.brought(conn, [one.case for one in earlier], BROUGHT) if earlier else []
    noted = kept.notes(conn, [one.case for one in earlier], NOTES) if earlier else []
    return Customer(
        since=min(met.since or row.opened_at, row.opened_at),
        cases=met.cases,
        messages=met.messages,
        earlier=tuple(earlier),
        notes=tuple(Noted(case=one.case, by=one.by or "", at=one.at, text=one.data.get("text", "")) for one in noted),
        brought=tuple(_brought(one) for one in brought),
    )


def _brought(one: Any) -> Brought:
    return Brought(
        id=one.id,
        case=one.case,
        channel=one.channel,
        at=one.created_at,
        attachments=tuple(Attachment(**each) for each in one.attachments),
        permalink=one.permalink,
    )


def history(conn: Connection, case: int, *, limit: int = BEFORE) -> list[Earlier]:
    """Return the other cases of a case's customer on all channels, the newest first."""
    row = cases.get(conn, case)
    if row is None:
        return []
    return _before(conn, row, same_customer.group_of(conn, same_customer.identity_of(row.channel, row.customer_id)), limit)


def _before(conn: Connection, row: CaseRow, who: Collection[Identity], limit: int) -> list[Earlier]:
    found: Sequence[Any] = kept.cases_of(conn, row, who, limit)
    answered = kept.first_responses(conn, [one.id for one in found]) if found else {}
    return [
        Earlier(
            case=one.id,
            channel=one.channel,
            kind=Kind(one.kind),
            state=CaseState(one.state),
            line=one.text,
            opened_at=one.opened_at,
            closed_at=one.closed_at,
            answered_in=timedelta(seconds=answered[one.id]) if one.id in answered else None,
        )
        for one in found
    ]
