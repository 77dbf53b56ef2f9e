"""Triage: what waits is classified, routed, and joins or opens a case.

    read a batch with its context -> classify, off the event loop and outside of any transaction -> route in one transaction

A text is taken once: whoever marks its version first has it, so two daemons may read the same batch.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from webcare.domain.case import FoundBy
from webcare.domain.message import Direction
from webcare.domain.routing import route
from webcare.domain.sla.events import MACHINE, POLICY, Event, EventType
from webcare.domain.verdict import Sentiment, Urgency, Verdict
from webcare.ports.classifier import RepliedTo, Request
from webcare.services import answer, peak, receipt
from webcare.services.find import Opening, case_at, cases_of, open_case
from webcare.services.rejudge import URGENCY, refuse_stale, rematch
from webcare.services.settle import StaleRules, record
from webcare.store import cases, context, desk, labels, messages, rereads
from webcare.store.cases import LogLine
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from webcare.domain.message import Message
    from webcare.domain.routing import Route
    from webcare.ports.classifier import Classifier
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.door import Store
    from webcare.store.messages import Pending, Said, Stored

log = structlog.get_logger()

BATCH = 32
PUT_OFF = timedelta(minutes=5)  # how long a text that cannot be routed is left alone: a batch of them would silence all others
UNKNOWN = "und"  # of a language
UNREAD = Verdict(  # of a text that the classifier fails on: a person looks at it
    language=UNKNOWN,
    sentiment=Sentiment.NEUTRAL,
    sentiment_scores={},
    intents=(),
    intent_scores={},
    needs_response=False,
    needs_response_score=0.5,
    unsure=True,
    urgency=Urgency.NORMAL,
    urgency_score=0.0,
    model="none",
)


async def triage(
    store: Store,
    classifier: Classifier,
    rules: Rules,
    now: datetime,
    *,
    off_loop: bool = True,
    stuck: dict[int, datetime] | None = None,
) -> int:
    """Work off one batch and return how many texts it finished; 0 when nothing waits.

    A text that cannot be routed is put off; it does not keep the others. The classifier runs `off_loop`, in a thread, unless nobody
    else needs the loop. `stuck` says when the messages that could not be routed are tried again, and is brought up to date: the log
    says it once when that begins and once when it ends.
    """
    stuck = {} if stuck is None else stuck
    waits = [message for message, again in stuck.items() if now < again <= now + PUT_OFF]  # further ahead, a clock was set back
    batch = await store.read(gather, BATCH, rules.languages, waits)
    tried = {one.stored.id for one, _ in batch} if len(batch) == BATCH else stuck.keys() - set(waits)
    if not batch:
        _free(stuck, tried)
        return 0
    requests = [request for _, request in batch if request is not None]
    classified = await asyncio.to_thread(classify_all, classifier, requests) if off_loop else classify_all(classifier, requests)
    verdicts = iter(classified)
    judged = [(pending, next(verdicts) if request is not None else None) for pending, request in batch]
    try:
        put_back = await store.write(route_all, judged, rules, now)
    except (StoreError, StaleRules):
        raise
    except Exception:  # noqa: BLE001 - one message that we stumble over must not silence all others
        failed = {one[0].stored.id for one in judged if not await _route_alone(store, one, rules, now, stuck)}
        _free(stuck, tried - failed)
        return len(batch) - len(failed)
    _free(stuck, tried)
    return len(batch) + (await triage(store, classifier, rules, now, off_loop=off_loop, stuck=stuck) if put_back else 0)


def classify_all(classifier: Classifier, requests: Sequence[Request]) -> list[Verdict]:
    """Classify a batch, which may be empty; when that fails, one by one, and what still fails is for a person to read."""
    try:
        return classifier.classify(requests) if requests else []
    except Exception:  # the runner around a plugin
        if len(requests) > 1:
            return [verdict for request in requests for verdict in classify_all(classifier, [request])]
        log.exception("triage.not_classified", message=requests[0].id)
        return [replace(UNREAD, language=requests[0].language_hint or UNKNOWN)]


async def _route_alone(
    store: Store, judged: tuple[Pending, Verdict | None], rules: Rules, now: datetime, stuck: dict[int, datetime]
) -> bool:
    try:
        await store.write(route_all, [judged], rules, now)
    except (StoreError, StaleRules):
        raise
    except Exception:  # as above
        message = judged[0].stored.id
        if message not in stuck:
            log.exception("triage.not_routed", message=message)
        stuck[message] = now + PUT_OFF
        return False
    return True


def _free(stuck: dict[int, datetime], through: Collection[int]) -> None:
    """Say which messages are stuck no more: they are through, or gone, since they wait no longer."""
    for message in sorted(stuck.keys() & set(through)):
        log.info("triage.unstuck", message=message)
        del stuck[message]


def gather(
    conn: Connection, limit: int, languages: Mapping[str, str], without: Collection[int] = ()
) -> list[tuple[Pending, Request | None]]:
    """Return what waits, each with the question to the classifier; None for what we wrote ourselves."""
    return [(p, request_of(conn, p, languages)) for p in messages.untriaged(conn, limit, without)]


def request_of(conn: Connection, pending: Pending, languages: Mapping[str, str]) -> Request | None:
    """Return the question to the classifier about a text, with what was said around it; None for what we wrote ourselves.

    `languages` are the channels', for a customer who has not shown theirs yet.
    """
    what = pending.stored.message
    if what.direction is Direction.OUTBOUND:
        return None
    thread = messages.before(conn, pending.stored, pending.at)
    theirs = {s.external_id for s in thread if s.author_id == what.author.id}
    to_them = {
        s.external_id for s in thread if s.direction is Direction.OUTBOUND and (what.kind.is_private or s.reply_to in theirs)
    }
    ours_or_theirs = [s for s in thread if s.external_id in theirs | to_them]  # under one post we answer many
    said = {s.external_id: s for s in thread}.get(what.reply_to or "")
    if said is None and what.reply_to is not None:
        found = messages.find(conn, what.channel, what.reply_to)
        replied_to = RepliedTo(text=found.message.text, by_us=found.message.direction is Direction.OUTBOUND) if found else None
        replied_to = replied_to or _stands_around(conn, what)
    else:
        replied_to = RepliedTo(text=said.text, by_us=said.direction is Direction.OUTBOUND) if said else None
    return Request(
        id=what.external_id,
        text=pending.text,
        kind=what.kind,
        language_hint=_spoken([s for s in ours_or_theirs if s.external_id in theirs]) or languages.get(what.channel),
        replied_to=replied_to,
        we_spoke_last=bool(ours_or_theirs) and ours_or_theirs[-1].direction is Direction.OUTBOUND,
        earlier=tuple(s.intents for s in ours_or_theirs if s.direction is Direction.INBOUND),
    )


def _stands_around(conn: Connection, what: Message) -> RepliedTo | None:
    """Return the post that a message answers, or else the root that it stands under, where they were only looked up."""
    around = context.some(conn, what.channel, {what.reply_to or "", what.conversation_id})
    parent, root = around.get(what.reply_to or ""), around.get(what.conversation_id)
    if parent is not None:
        return RepliedTo(text=parent.text, by_us=parent.is_ours)
    return None if root is None else RepliedTo(text=root.text, by_us=False)


def _spoken(theirs: Sequence[Said]) -> str | None:
    """Return the language in which the customer wrote last, as far as that could be told: a postcode says nothing of it."""
    return next((said.language for said in reversed(theirs) if said.language not in (None, UNKNOWN)), None)


def route_all(conn: Connection, judged: Sequence[tuple[Pending, Verdict | None]], rules: Rules, now: datetime) -> int:
    """Route a batch, but for what somebody else took meanwhile; return how many earlier texts it put back to be judged again.

    Raises:
        StaleRules: the database knows a newer rule book than ours: whoever has it opens the cases.
    """
    refuse_stale(conn, rules)
    return sum(
        route_one(conn, pending, verdict, rules, now) for pending, verdict in judged if messages.take(conn, pending.version, now)
    )


def route_one(conn: Connection, pending: Pending, verdict: Verdict | None, rules: Rules, now: datetime) -> int:
    said = messages.get(conn, pending.stored.id)  # what came before in this batch may have put it into a case
    if verdict is None:
        answer.seen(conn, said, rules, now)
        return messages.judge_again(conn, said.message.channel, said.message.external_id)
    number = messages.keep_verdict(conn, said.id, verdict, now=now, by=MACHINE)
    way = way_of(conn, pending, verdict)
    shown = pending.text == said.message.text
    again = said.verdict is not None and shown and pending.at == said.message.created_at
    row = None if again and not way.opens_case else into_case(conn, Judged(pending, said, verdict, way, again), rules, now)
    in_force = number if said.verdict is None or shown else said.verdict  # that of the text shown
    labels.judged(conn, said.id, verdict=in_force, case=said.case if row is None else row.id)
    if verdict.is_stand_in and in_force == number:
        rereads.put(conn, said.id)
    for ours in messages.answers_waiting_for(conn, said.message):
        answer.seen(conn, ours, rules, now)
    return 0


def way_of(conn: Connection, pending: Pending, verdict: Verdict) -> Route:
    """Return what becomes of a text with this verdict; of a blocked author nothing does."""
    said = pending.stored.message
    way = route(verdict, said.kind, text=pending.text, has_attachments=bool(said.attachments))
    if way.opens_case and desk.blocked_by(conn, said.channel, said.author.id) is not None:
        return replace(way, needs_response=False, unsure=False, why=f"{way.why}; its author is blocked")
    return way


@dataclass(frozen=True, slots=True)
class Judged:
    """A text with what became of it; `again` says that it was judged before, without the message of ours that it answers."""

    pending: Pending
    said: Stored
    verdict: Verdict
    way: Route
    again: bool


def into_case(conn: Connection, judged: Judged, rules: Rules, now: datetime) -> CaseRow | None:
    """Put a text into the case that is its, or into a new one, and return that; None where none is opened."""
    pending, said, verdict, way = judged.pending, judged.said, judged.verdict, judged.way
    known = cases_of(conn, said) if said.case is None else []
    row = case_at(known, pending.at, rules) if said.case is None else cases.lock(conn, said.case)
    lines = _lines(judged, now)
    if row is None:
        if not way.opens_case:
            return None
        opening = Opening(
            message=said,
            found_by=FoundBy.CLASSIFIER,
            intents=verdict.intents,
            urgency=verdict.urgency,
            language=verdict.language,
            unsure=way.unsure and not way.needs_response,
            queue=way.queue,
        )
        row = open_case(conn, opening, known, rules)
    elif said.case is not None and len(lines) > 1:
        lines = lines[1:]  # the message itself stands in the log: this is another text of it
    columns: dict[str, object] = {}
    if way.opens_case and pending.at < row.opened_at:  # it was written before what we opened the case by, and found after it
        columns["opening_message"] = said.id
    if way.opens_case and way.urgency is Urgency.HIGH and row.urgency is not Urgency.HIGH:
        columns["urgency"] = Urgency.HIGH.value
    if way.needs_response and row.unsure:
        columns["unsure"] = False  # what was to be checked has become plain
    is_new, row = row.events == 0, record(conn, row, lines, rules, now, **columns)
    if "urgency" in columns:  # another policy may fit it now
        row = rematch(conn, replace(row, urgency=Urgency.HIGH), rules, now, because=URGENCY, by=POLICY)
    if way.opens_case:
        peak.take_in(conn, row, pending.text, pending.at, now)
    if is_new and rules.receipts is not None:
        receipt.offer(conn, row, said, verdict.language, rules.receipts, now)
    return row


def _lines(judged: Judged, now: datetime) -> list[LogLine]:
    """Return the log lines of a text: the message; for a later text or verdict, the message without need and what came later."""
    pending, what, way = judged.pending, judged.said.message, judged.way
    facts = {"unsure": way.unsure, "why": way.why}
    if judged.said.late_ingest:
        facts["late_ingest"] = True
    needs = way.opens_case

    def line(type_: EventType, at: datetime, *, needs_response: bool, by: str | None = None) -> LogLine:
        event = Event(at=at, type=type_, ref=what.external_id, needs_response=needs_response, by=by)
        return LogLine(event=event, learned_at=now, message=judged.said.id, data=facts)

    if judged.again:
        later = line(EventType.VERDICT, now, needs_response=needs, by=MACHINE)
    elif pending.at > what.created_at:
        later = line(EventType.EDIT, pending.at, needs_response=needs)
    else:
        return [line(EventType.INBOUND, pending.at, needs_response=needs)]
    return [line(EventType.INBOUND, what.created_at, needs_response=False), later]
