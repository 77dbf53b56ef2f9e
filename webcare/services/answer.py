"""An answer: written here and sent through the outbox, seen from elsewhere, or declared by the person who gave it.

    queued -> sending -> accepted -> (withdrawn)
       |            |-> refused          its writer is told, nothing is stopped
       |            `-> unconfirmed      nobody knows: never sent again without a person's say; our mark on it says that it was
       `-> taken_back                    before anybody began to send it

Only what the platform accepted stops a clock, at the platform's own time.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from webcare.domain.case import CaseState, FoundBy, ImpossibleMove, Refusal, check_move
from webcare.domain.message import Author, Direction, Kind, Message
from webcare.domain.sla.events import Event, EventType
from webcare.domain.verdict import Urgency
from webcare.ports.connector import WayKind
from webcare.ports.errors import RefusalCode
from webcare.services.automatic import FAILED, OUR_RECEIPT
from webcare.services.find import Opening, case_at, cases_of, open_case
from webcare.services.settle import record
from webcare.services.tell import tell_of_reply
from webcare.store import acks, cases, changes, claims, early_statuses, messages, outbox, reply_ways, uploads
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from webcare.ports.connector import Receipt, Template, Way
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.messages import Stored
    from webcare.store.outbox import ReplyRow

DECLARED = "declared:"  # begins the ref of an answer that no platform knows
LONGEST_CHAIN = 50  # of our own posts that answer each other
NOT_BEFORE = "the part before it did not arrive"


# --- seen on the platform ---


def seen(conn: Connection, ours: Stored, rules: Rules, now: datetime) -> int | None:
    """Give a message of ours to the case that it answers and return that case; None when it answers nobody's message (yet).

    Answering is a person's verdict that an answer was needed: where the customer has no case, one opens, found by the agent. What a
    machine sent is no answer: it is noted in the case, if there is one, and opens and stops nothing.
    Posts of ours that go on from this one and came before it follow it into the case.
    """
    if ours.case is not None:
        return ours.case
    number, following = _take(conn, ours, rules, now), [ours]
    while number is not None and following:
        for post in messages.answers_waiting_for(conn, following.pop().message):
            _take(conn, post, rules, now)
            following.append(post)
    return number


def _take(conn: Connection, ours: Stored, rules: Rules, now: datetime) -> int | None:
    answered = _answered(conn, ours)
    if answered is None or (answered.case is None and answered.verdict is None):
        return None  # not here yet, or not classified yet: its triage asks for the answers that wait for it
    at, answer = ours.message.created_at, _line(ours, now)
    known = cases_of(conn, answered) if answered.case is None else []
    row = case_at(known, at, rules) if answered.case is None else cases.lock(conn, answered.case)
    if row is not None:
        record(conn, row, [answer], rules, now)
    elif ours.automatic is not None:
        return None
    else:
        row = _found_by_agent(conn, answered, known, answer, rules, now)
    messages.put_in_case(conn, ours.id, row.id)
    return row.id


def _line(ours: Stored, now: datetime) -> LogLine:
    """Return what a message of ours is in the log: an answer, or what a machine said and why we think so."""
    type_ = EventType.ANSWER if ours.automatic is None else EventType.BOT
    event = Event(at=ours.message.created_at, type=type_, ref=ours.message.external_id, by=ours.message.author.id)
    data = None if ours.automatic is None else {"why": ours.automatic}
    return LogLine(event=event, learned_at=now, message=ours.id, data=data)


def _answered(conn: Connection, ours: Stored) -> Stored | None:
    """Return the message that ours answers: the customer's, or one of ours that is in a case already."""
    what = ours.message
    if what.reply_to is None:
        return (
            messages.private_customer(conn, what.channel, what.conversation_id, what.created_at) if what.kind.is_private else None
        )
    reply_to: str | None = what.reply_to
    for _ in range(LONGEST_CHAIN):
        found = messages.find(conn, what.channel, reply_to) if reply_to is not None else None
        if found is None:
            return None
        if found.message.direction is Direction.INBOUND or found.case is not None:
            return found
        reply_to = found.message.reply_to
    return None


def _found_by_agent(
    conn: Connection, answered: Stored, known: Sequence[CaseRow], answer: LogLine, rules: Rules, now: datetime
) -> CaseRow:
    what, verdict = answered.message, messages.verdict_of(conn, answered.id)
    opening = Opening(message=answered, found_by=FoundBy.AGENT)
    if verdict is not None:
        opening = replace(opening, intents=verdict.intents, urgency=Urgency(verdict.urgency), language=verdict.language)
    row = open_case(conn, opening, known, rules)
    inbound = Event(at=what.created_at, type=EventType.INBOUND, ref=what.external_id, needs_response=False)
    needed = Event(at=answer.event.at, type=EventType.VERDICT, ref=what.external_id, needs_response=True, by=answer.event.by)
    lines = [
        LogLine(event=inbound, learned_at=now, message=answered.id),
        LogLine(event=needed, learned_at=now, message=answered.id),
        answer,
    ]
    messages.put_in_case(conn, answered.id, row.id)
    return record(conn, row, lines, rules, now)


# --- written here ---


def write(
    conn: Connection,
    case_id: int,
    *,
    text: str,
    by: str,
    now: datetime,
    way: Way | None = None,
    template: Template | None = None,
    after: int | None = None,
) -> int:
    """Queue a reply to the newest message of the case's customer and return its number. It stops no clock yet.

    `way` is how it goes, None as that message came; `after` the reply that has to be accepted before this one leaves.

    Raises:
        ImpossibleMove: the case cannot be answered now.
        ValueError: there is no text.
    """
    if not text.strip():
        raise ValueError("text: an empty reply cannot be sent")
    row = cases.lock(conn, case_id)
    check_move(row.standing, EventType.ANSWER, by)
    acks.mark(conn, case_id, by, now)
    claims.active(conn, case_id, by, now)
    newest = messages.newest_of(conn, row.channel, row.conversation_id, row.customer_id)
    values = {
        "brand": row.brand,
        "case": row.id,
        "channel": row.channel,
        "conversation_id": row.conversation_id,
        "reply_to": newest.message.external_id if newest else None,
        "text": text,
        "by": by,
        "automatic": False,
        "written_at": now,
        "way": None if way is None else way.kind.value,
        "late": way is not None and way.late,
        "to_id": row.customer_id,
        "template": None if template is None else asdict(template),
        "after_reply": after,
    }
    return outbox.queue_reply(conn, values, now)


def send_again(conn: Connection, reply_id: int, *, now: datetime) -> None:
    """Send a reply once more because a person says so; the only way out of `unconfirmed` and `refused`.

    Raises:
        ValueError: it is still on its way, or was accepted.
    """
    row = outbox.get_reply(conn, reply_id)
    if row.state not in ("unconfirmed", "refused", "withdrawn"):  # what was taken back is written anew
        raise ValueError(f"state: the reply is {row.state}, there is nothing to send again")
    if uploads.are_gone(conn, reply_id):
        raise ValueError("uploads: the files that went with it are gone, write it anew")
    outbox.set_reply(conn, reply_id, state="queued", reason=None, code=None, after_reply=_still_before(conn, row))
    outbox.send_again(conn, reply_id, brand=row.brand, key=f"reply:{reply_id}:{now.isoformat()}", now=now)


def _still_before(conn: Connection, row: ReplyRow) -> int | None:
    """Return the part that this one waits for; None when that is not under way, for then a person wants this one to go by itself."""
    if row.after_reply is None or outbox.get_reply(conn, row.after_reply).state not in (outbox.QUEUED, "sending", "accepted"):
        return None
    return row.after_reply


def take_back(conn: Connection, reply_id: int) -> None:
    """Take back a reply that nobody has begun to send, with the parts behind it.

    First its delivery, as its sender does: two who meet wait and do not block.

    Raises:
        ValueError: it is on its way or was, or it may have got through before.
    """
    if not outbox.take_back(conn, reply_id) or outbox.get_reply(conn, reply_id).state != outbox.QUEUED:
        raise ValueError("state: the reply does not wait to be sent")
    outbox.set_reply(conn, reply_id, state="taken_back")
    uploads.let_go(conn, reply_id)
    for part in reply_ways.following(conn, reply_id):
        if outbox.take_back(conn, part.id):
            outbox.set_reply(conn, part.id, state="taken_back")


def accepted(conn: Connection, reply_id: int, receipt: Receipt, rules: Rules, now: datetime) -> None:
    """Note that the platform took a reply: now it is an answer, at the platform's time."""
    row, at = outbox.get_reply(conn, reply_id), receipt.accepted_at or now
    if row.state in ("accepted", "withdrawn") and row.external_id == receipt.external_id:
        return  # the platform named it by our mark before it answered
    outbox.set_reply(conn, reply_id, state="accepted", external_id=receipt.external_id, accepted_at=at)
    uploads.let_go(conn, reply_id)
    ours = Message(
        channel=row.channel,
        external_id=receipt.external_id,
        conversation_id=row.conversation_id,
        direction=Direction.OUTBOUND,
        kind=_kind(conn, row),
        author=Author(id=row.by),
        text=row.text,
        created_at=at,
        reply_to=row.reply_to,
    )
    why = OUR_RECEIPT if row.automatic else None
    messages.keep(conn, ours, brand=row.brand, now=now, is_late=False, automatic=why)
    stored = messages.find(conn, row.channel, receipt.external_id)
    if stored is not None:
        _note_ours(conn, stored, row, why, rules, now)
    early = early_statuses.take(conn, row.channel, receipt.external_id)
    if early is not None and early.said is early_statuses.Said.FAILED:
        withdrawn(conn, row.channel, receipt.external_id, reason=early.reason, at=early.at, rules=rules, now=now)
    elif early is not None and stored is not None:
        changes.mark_deleted(conn, stored.id, early.at)


def _kind(conn: Connection, row: ReplyRow) -> Kind:
    """Return what a reply is: what it answers, or a private message where it went as one."""
    if row.way in (WayKind.PRIVATE, WayKind.TEMPLATE):
        return Kind.DM
    answered = None if row.reply_to is None else messages.find(conn, row.channel, row.reply_to)
    answered = answered or messages.newest_in_case(conn, row.case)
    return answered.message.kind if answered else Kind.DM


def _note_ours(conn: Connection, stored: Stored, row: ReplyRow, why: str | None, rules: Rules, now: datetime) -> None:
    """Put what we sent into its case. Its echo may have come first: now we know who wrote it, whatever it looked like."""
    is_mistaken = (stored.automatic is None) is not (why is None)
    if stored.automatic != why:
        changes.set_automatic(conn, stored.id, why)
    is_elsewhere = row.way == WayKind.PRIVATE and stored.case not in (None, row.case)  # its echo, taken for one of another talk
    if stored.case is not None and not is_mistaken and not is_elsewhere:
        return  # its echo came first and was taken for what it is
    line = _line(replace(stored, automatic=why), now)
    lines = [replace(line, event=replace(line.event, by=row.by))]
    if stored.case is None:
        messages.put_in_case(conn, stored.id, row.case)
    elif why is not None:  # the echo was taken for a person's answer
        no_answer = Event(at=line.event.at, type=EventType.WITHDRAWN, ref=line.event.ref)
        lines.insert(0, LogLine(event=no_answer, learned_at=now, message=stored.id, data={"reason": why}))
    into = row.case if is_elsewhere else stored.case or row.case
    record(conn, cases.lock(conn, into), lines, rules, now)


def refused(conn: Connection, reply_id: int, reason: str, now: datetime, code: RefusalCode | None = None) -> None:
    """Note that the platform will not take a reply: nothing is stopped, its writer is told the reason."""
    _failed(conn, outbox.get_reply(conn, reply_id), "refused", reason, now, code)


def unconfirmed(conn: Connection, reply_id: int, reason: str, now: datetime) -> None:
    """Note that nobody knows whether a reply was sent: the clock runs, the writer is told and decides."""
    _failed(conn, outbox.get_reply(conn, reply_id), "unconfirmed", reason, now)


def _failed(conn: Connection, row: ReplyRow, state: str, reason: str, now: datetime, code: RefusalCode | None = None) -> None:
    """Note how a reply ended and tell people; of a receipt nobody hears. The parts behind it do not leave, of them nobody hears too."""
    outbox.set_reply(conn, row.id, state=state, reason=reason, code=None if code is None else code.value)
    for part in reply_ways.following(conn, row.id):
        if outbox.take_back(conn, part.id):
            outbox.set_reply(conn, part.id, state="refused", reason=NOT_BEFORE, code=RefusalCode.PART_BEFORE.value)
    known = None if row.automatic else cases.get(conn, row.case)
    if known is not None:
        key = f"reply:{row.id}:{state}:{now.isoformat()}"
        tell_of_reply(conn, known, state, reason, code=code, by=row.by, key=key, now=now)


def withdrawn(
    conn: Connection, channel: str, external_id: str, *, reason: str, at: datetime, rules: Rules, now: datetime
) -> None:
    """Note that an accepted reply failed after all: the clock goes on as if it had not been given."""
    row = outbox.reply_accepted_as(conn, channel, external_id)
    stored = messages.find(conn, channel, external_id)
    if row is not None and row.state == "accepted":  # else it is on its way again
        _failed(conn, row, "withdrawn", reason, now)
    if stored is not None and stored.case is None and seen(conn, stored, rules, now) is None:
        changes.set_automatic(conn, stored.id, FAILED)  # where its case turns up later, it must not stop anything
    elif stored is not None:
        stored = messages.get(conn, stored.id)
    if stored is not None and stored.case is not None:
        event = Event(at=at, type=EventType.WITHDRAWN, ref=external_id)
        if any((line.event.type, line.event.ref) == (event.type, event.ref) for line in cases.log(conn, stored.case)):
            return  # platforms say it more than once
        line = LogLine(event=event, learned_at=now, message=stored.id, data={"reason": reason})
        known = record(conn, cases.lock(conn, stored.case), [line], rules, now)
        if row is None and stored.automatic is None:  # somebody wrote it in the platform's own app
            tell_of_reply(conn, known, "withdrawn", reason, by=None, key=f"reply:{channel}:{external_id}:withdrawn", now=now)


# --- declared ---


def declared(
    conn: Connection,
    case_id: int,
    *,
    by: str,
    at: datetime,
    rules: Rules,
    now: datetime,
    promise: timedelta | None = None,
    how: str | None = None,
) -> None:
    """Record an answer given by telephone or in the shop, at the time that its giver names; `promise` starts keep_in_loop.

    `how` is a line of its giver's, for colleagues; None asks for none.

    Raises:
        ImpossibleMove: the case is closed, the time lies ahead or before its first message, or nothing is said of how.
    """
    row = cases.lock(conn, case_id)
    if row.state is CaseState.CLOSED:
        raise ImpossibleMove("the case is closed: reopen it first", Refusal.CLOSED)
    check_move(row.standing, EventType.ANSWER, by)
    if not row.opened_at <= at <= now:
        raise ImpossibleMove("an answer cannot have been given in the future, or before its case began", Refusal.NOT_THEN)
    if how is not None and not how.strip():
        raise ImpossibleMove("nothing is said of how the customer was answered", Refusal.NOTHING_SAID)
    data = {"declared": True} if how is None else {"declared": True, "how": how.strip()}
    acks.mark(conn, case_id, by, now)
    claims.active(conn, case_id, by, now)
    given = Event(at=at, type=EventType.ANSWER, ref=f"{DECLARED}{row.events + 1}", by=by)  # a name to take it back by
    lines = [LogLine(event=given, learned_at=now, data=data)]
    if promise is not None:
        lines.append(LogLine(event=Event(at=at, type=EventType.PROMISE, within=promise, by=by), learned_at=now))
    record(conn, row, lines, rules, now)


def undeclared(conn: Connection, case_id: int, *, ref: str, by: str, rules: Rules, now: datetime) -> None:
    """Take back what somebody recorded by mistake: the clock goes on as if the answer had not been given.

    Raises:
        ImpossibleMove: there is no such declared answer in this case, or somebody else recorded it (`who`).
    """
    if cases.get(conn, case_id) is None:
        raise ImpossibleMove(f"there is no case {case_id}", Refusal.NO_CASE)
    row = cases.lock(conn, case_id)
    log = cases.log(conn, case_id)
    named = {line.event.type: line.event for line in log if line.event.ref == ref}
    given = named.get(EventType.ANSWER)
    if not ref.startswith(DECLARED) or given is None or EventType.WITHDRAWN in named:
        raise ImpossibleMove("there is no such declared answer in this case", Refusal.NO_SUCH_MESSAGE)
    if given.by != by:
        raise ImpossibleMove("only who recorded it takes it back", Refusal.NOT_BY_YOU, who=given.by)
    line = LogLine(event=Event(at=now, type=EventType.WITHDRAWN, ref=ref, by=by), learned_at=now, data={"declared": True})
    record(conn, row, [line], rules, now)
