"""A person's verdict on a message: what the machine saw wrong is put right, and the clocks follow.

The verdict is kept beside the machine's, in the person's name. Only a change of the need moves clocks (SLA.md 17): "needs no answer" drops
the wait from this instant, "needs an answer" counts from when the customer wrote. A machine never undoes it. A case is urgent as long as
one of its messages is; after a change of that, as of the intents, it goes by the policy that fits it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from webcare.domain.case import CaseState, FoundBy, ImpossibleMove, Refusal
from webcare.domain.message import Direction
from webcare.domain.sla.events import MACHINE, Event, EventType
from webcare.domain.sla.timeline import Ending
from webcare.domain.verdict import Intent, Sentiment, Urgency, Verdict
from webcare.services.desk import forbid_second, known, needing
from webcare.services.find import Opening, case_at, cases_of, open_case
from webcare.services.rejudge import INTENT, URGENCY, rematch
from webcare.services.settle import read, record, settle
from webcare.store import cases, labels, messages
from webcare.store import desk as kept
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.messages import Stored

Label = TypeVar("Label", Sentiment, Intent)

PERSON = "person"  # as the name of a model: no machine said so


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says of a message; None leaves it as it was."""

    needs_response: bool | None = None
    intents: tuple[Intent, ...] | None = None
    sentiment: Sentiment | None = None
    urgency: Urgency | None = None


def correct(
    conn: Connection, case_id: int, said: Correction, *, by: str, rules: Rules, now: datetime, message: int | None = None
) -> CaseRow:
    """Put right what the machine made of a message of this case, by default the customer's newest; the case is no longer to be checked.

    A case in which then nobody waits and nothing is promised closes; a closed one in which somebody does opens again.

    Raises:
        ImpossibleMove: the message is not a customer's in this case, or the customer has a newer open case.
    """
    row = known(conn, case_id)
    what = _message(conn, row, message)
    verdict, number = _keep(conn, what, said, by, now)
    labels.judged(conn, what.id, verdict=number, case=row.id)
    was, row = row.urgency, replace(row, urgency=_urgency(conn, row, said, verdict))
    lines = _lines(conn, row, what, said, by, now)
    if lines:
        row = record(conn, row, lines, rules, now, unsure=False, urgency=row.urgency.value)
        if said.needs_response is False and _is_over(conn, row, rules, now):
            close = LogLine(event=Event(at=now, type=EventType.CLOSE, by=by), learned_at=now)
            record(conn, cases.lock(conn, row.id), [close], rules, now, claimed_by=None)
    elif row.urgency is was:
        kept.checked(conn, row.id)
    else:
        log = cases.log(conn, row.id)
        settle(conn, row, log, read(row, log, rules, now), is_swept=False, unsure=False, urgency=row.urgency.value)
    row = cases.lock(conn, row.id)
    changed = {URGENCY: row.urgency is not was, INTENT: said.intents is not None}
    because = next((name for name, is_so in changed.items() if is_so and rules.book.asks(name)), None)
    if because is not None and row.state is CaseState.OPEN:
        rematch(conn, row, rules, now, because=because, by=by)
    return cases.lock(conn, row.id)


def what_changes(conn: Connection, case_id: int, message: int, said: Correction) -> Correction:
    """Return what a person says that is not so already: a form says all of it, whatever its writer came for.

    Where somebody was asked to look every word of the need counts: they have looked.
    """
    was = kept.verdict_in_force(conn, message)
    if was is None:
        return said
    row = cases.get(conn, case_id)
    is_doubted = row is not None and was.by == MACHINE and doubted(row, needs=was.needs_response, unsure=was.unsure)
    return Correction(
        needs_response=None if said.needs_response == was.needs_response and not is_doubted else said.needs_response,
        intents=None if said.intents is None or {*said.intents} == {Intent(name) for name in was.intents} else said.intents,
        sentiment=None if said.sentiment == was.sentiment else said.sentiment,
        urgency=None if said.urgency == was.urgency else said.urgency,
    )


def doubted(row: CaseRow, *, needs: bool, unsure: bool) -> bool:
    """Return whether a person is to say if this message needs an answer.

    The machine was not sure; or it saw no need in private, where silence is never right by mistake, so that the case is to be checked.
    """
    return unsure or (row.unsure and row.kind.is_private and not needs)


def open_for(conn: Connection, message: int, *, by: str, rules: Rules, now: datetime) -> int:
    """Say that a message which opened no case needs an answer, and return its case: it starts when the customer wrote.

    Raises:
        ImpossibleMove: it is none of a customer's, or it is in a case: correct it there.
    """
    what = kept.message(conn, message)
    if what is None or what.message.direction is not Direction.INBOUND or what.is_deleted:
        raise ImpossibleMove("there is no such message of a customer", Refusal.NO_SUCH_MESSAGE)
    if what.case is not None:
        raise ImpossibleMove(f"the message is in case {what.case}", Refusal.IN_A_CASE)
    verdict, number = _keep(conn, what, Correction(needs_response=True), by, now)
    known_ = cases_of(conn, what)
    at = what.message.created_at
    row = case_at(known_, at, rules)
    if row is None:
        opening = Opening(
            message=what, found_by=FoundBy.AGENT, intents=verdict.intents, urgency=verdict.urgency, language=verdict.language
        )
        row = open_case(conn, opening, known_, rules)
    labels.judged(conn, what.id, verdict=number, case=row.id)
    inbound = Event(at=at, type=EventType.INBOUND, ref=what.message.external_id, needs_response=False)
    lines = [LogLine(event=inbound, learned_at=now, message=what.id), _needed(what, by, now, needs_response=True)]
    if row.state is CaseState.CLOSED:
        lines.insert(0, LogLine(event=Event(at=now, type=EventType.REOPEN, by=by), learned_at=now))
    record(conn, row, lines, rules, now)
    return row.id


# --- what is said ---


def _message(conn: Connection, row: CaseRow, number: int | None) -> Stored:
    newest = messages.newest_of(conn, row.channel, row.conversation_id, row.customer_id) if number is None else None
    what = newest if number is None else kept.message(conn, number)
    if what is None or what.case != row.id or what.message.direction is not Direction.INBOUND:
        raise ImpossibleMove("there is no such message of the customer in this case", Refusal.NO_SUCH_MESSAGE)
    return what


def _keep(conn: Connection, what: Stored, said: Correction, by: str, now: datetime) -> tuple[Verdict, int]:
    """Store the verdict in force with what the person says instead, and return it with its number."""
    was = kept.verdict_in_force(conn, what.id)
    verdict = _verdict(was, said)
    return verdict, messages.keep_verdict(conn, what.id, verdict, now=now, by=by, was=None if was is None else was.id)


def _verdict(was: Any, said: Correction) -> Verdict:
    scores = {} if was is None else was.scores
    needs = said.needs_response if said.needs_response is not None else was is not None and (was.needs_response or was.unsure)
    sentiment = said.sentiment or (Sentiment.NEUTRAL if was is None else Sentiment(was.sentiment))
    intents = said.intents if said.intents is not None else tuple(Intent(i) for i in (was.intents if was is not None else ()))
    urgency = said.urgency or (Urgency.NORMAL if was is None else Urgency(was.urgency))
    return Verdict(
        language="und" if was is None else was.language,
        sentiment=sentiment,
        sentiment_scores={sentiment: 1.0} if said.sentiment is not None else _scores(Sentiment, scores.get("sentiment", {})),
        intents=intents,
        intent_scores={intent: float(intent in intents) for intent in Intent}
        if said.intents is not None
        else _scores(Intent, scores.get("intents", {})),
        needs_response=needs,
        needs_response_score=float(needs),
        unsure=False,
        urgency=urgency,
        urgency_score=float(urgency is Urgency.HIGH) if said.urgency is not None else scores.get("urgency", 0.0),
        model=PERSON,
    )


def _scores(labels: type[Label], known_: Mapping[str, float]) -> dict[Label, float]:
    return {labels(name): score for name, score in known_.items()}


# --- what follows ---


def _urgency(conn: Connection, row: CaseRow, said: Correction, verdict: Verdict) -> Urgency:
    """Return how urgent a case is after this verdict on one of its messages: nobody waits for what needs no answer."""
    if verdict.urgency is Urgency.HIGH and verdict.needs_response:
        return Urgency.HIGH
    if said.urgency is Urgency.NORMAL and not kept.any_urgent(conn, row.id):
        return Urgency.NORMAL
    return row.urgency


def _lines(conn: Connection, row: CaseRow, what: Stored, said: Correction, by: str, now: datetime) -> list[LogLine]:
    """Return what the log must hear: of a need that changes, or that so far only a machine has spoken of."""
    needs = said.needs_response
    if needs is None:
        return []
    log, ref = cases.log(conn, row.id), what.message.external_id
    judged = [line.event for line in log if line.event.type is EventType.VERDICT and line.event.ref == ref]
    said_before = next((event.needs_response for event in reversed(judged) if event.by != MACHINE), None)
    stands = ref in needing(log)
    lines = [] if said_before is needs and stands is needs else [_needed(what, by, now, needs_response=needs)]
    if needs and row.state is CaseState.CLOSED:
        forbid_second(conn, row)
        lines.insert(0, LogLine(event=Event(at=now, type=EventType.REOPEN, by=by), learned_at=now))
    return lines


def _needed(what: Stored, by: str, now: datetime, *, needs_response: bool) -> LogLine:
    event = Event(at=now, type=EventType.VERDICT, ref=what.message.external_id, needs_response=needs_response, by=by)
    return LogLine(event=event, learned_at=now, message=what.id)


def _is_over(conn: Connection, row: CaseRow, rules: Rules, now: datetime) -> bool:
    """Tell whether nobody waits in this open case, nothing is promised and nothing is put off."""
    line = read(row, cases.log(conn, row.id), rules, now).timeline
    waits = any(wait.ending is Ending.OPEN for wait in (*line.first, *line.nexts, *line.promises))
    return line.closed_at is None and not waits and line.paused_as is None
