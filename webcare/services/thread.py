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
from webcare.store import cases
from webcare.store import thread as kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine

LONGEST, AROUND, BEFORE = 300, 10, 20
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
    author_id: str
    author_name: str | None
    author_handle: str | None
    by: str | None
    text: str
    attachments: tuple[Attachment, ...]
    permalink: str | None
    edited_at: datetime | None
    versions: int
    is_deleted: bool
    is_late: bool
    automatic: str | None
    verdict: Judgement | None
    needs_response: bool
    case: int | None
    is_context: bool
    reply: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A reply written here that the platform has not accepted, or took back: queued, sending, refused, unconfirmed, withdrawn."""

    at: datetime
    reply: int
    by: str
    text: str
    state: str
    reason: str | None
    automatic: bool


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


Entry = Spoken | UnderWay | Happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A case with everything in its order. `messages` is how many the conversation has, shown or not."""

    case: CaseRow
    entries: tuple[Entry, ...]
    messages: int

    @property
    def spoken(self) -> tuple[Spoken, ...]:
        """What the customer and we said to each other."""
        return tuple(one for one in self.entries if isinstance(one, Spoken) and not one.is_context)

    @property
    def context(self) -> tuple[Spoken, ...]:
        """What others said around it."""
        return tuple(one for one in self.entries if isinstance(one, Spoken) and one.is_context)


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
        texts=kept.versions(conn, [one.id for one in (*own, *around)]),
        writers={line.message: line.event.by for line in log if line.event.type is EventType.ANSWER and line.message},
        sent={reply.external_id: reply.id for reply in replies if reply.external_id is not None},
        needing=needing(log),
    )
    entries: list[Entry] = [_spoken(one, known, is_context=False) for one in own]
    entries += [_spoken(one, known, is_context=True) for one in around]
    entries += [_under_way(reply) for reply in replies if reply.state != "accepted"]
    entries += [_happened(line) for line in log if not _is_shown_as_message(line)]
    entries.sort(key=lambda entry: (entry.at, isinstance(entry, Happened)))
    return Thread(case=row, entries=tuple(entries), messages=kept.count(conn, row))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of messages beside themselves."""

    texts: Mapping[int, int]
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
        author_id=one.author_id,
        author_name=one.author_name,
        author_handle=one.author_handle,
        by=known.writers.get(one.id, one.author_id) if is_ours and reply is not None else None,
        text=one.text,
        attachments=tuple(Attachment(**a) for a in one.attachments),
        permalink=one.permalink,
        edited_at=one.edited_at,
        versions=known.texts.get(one.id, 0),
        is_deleted=one.deleted_at is not None,
        is_late=one.late_ingest,
        automatic=one.automatic,
        verdict=None if one.intents is None else _judgement(one),
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


def _under_way(reply: Any) -> UnderWay:
    return UnderWay(
        at=reply.written_at,
        reply=reply.id,
        by=reply.by,
        text=reply.text,
        state=reply.state,
        reason=reply.reason,
        automatic=reply.automatic,
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


def history(conn: Connection, case: int, *, limit: int = BEFORE) -> list[Earlier]:
    """Return the other cases of a case's customer on this kind of channel, the newest first."""
    row = cases.get(conn, case)
    found: Sequence[Any] = [] if row is None else kept.cases_of(conn, row, limit)
    answered = kept.first_responses(conn, [one.id for one in found])
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
