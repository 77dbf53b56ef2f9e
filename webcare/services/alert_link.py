"""What somebody may see and do who comes by the link in an alert, without a login.

    token --whose, until when, of which message--> the cases of that message and how each stands --> seen, taken, passed on

A link is worth what its message was worth: it shows what that contact may know, of the cases of that message and of no other, and each
button works once. Somebody has taken the case, answered it or closed it: then there are no buttons any more. Everything is asked anew in
the transaction that acts. Looking changes nothing: messengers look at links by themselves, which is why nobody notes who has opened one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from webcare.domain import alert_token
from webcare.domain.case import CaseState, ImpossibleMove, Refusal
from webcare.domain.sla.events import EventType
from webcare.services import acknowledge, desk
from webcare.services.desk import Action
from webcare.services.settle import read
from webcare.services.sign_in import network
from webcare.store import acks, alert_keys, cases, messages, people, steps, users
from webcare.store import desk as kept
from webcare.store.outbox import ALERT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from webcare.domain.alert_token import Claim
    from webcare.domain.rota import ContactMethod, Person
    from webcare.domain.sla.evaluate import Evaluation
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine
    from webcare.store.door import Store

LISTED: Final = 30  # cases of a message that its page names
SEEN_AT_ONCE: Final = 100  # cases in one transaction
WRONG, FORGIVEN_AFTER = 30, timedelta(minutes=15)  # of an address, as for logging in
LINE: Final = "line"  # the `detail` of a contact that may know more than facts
_KEY: Final = 32


class Standing(StrEnum):
    """How a case stands to whoever was told of it; only what is open can be acted on."""

    OPEN = "open"
    TAKEN = "taken"
    GIVEN_BACK = "given_back"  # somebody took it after the alert, and gave it back: the inbox knows more
    QUIET = "quiet"  # answered, or asleep: no clock runs
    CLOSED = "closed"


class Hindrance(StrEnum):
    """Why a link that is genuine opens nothing any more."""

    EXPIRED = "expired"
    OFF = "off"  # the person works here no more
    ROLE = "role"  # auditors change nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A case that a message told of.

    `who` and `since` say who has taken, answered or closed it; `name` and `line` are the customer's, where this contact may have them;
    `facts` is what the message said of it, `told` who else was told and when.
    """

    row: CaseRow
    standing: Standing
    who: str | None
    since: datetime | None
    seen_at: datetime | None
    passed_to: str | None
    name: str | None
    line: str | None
    facts: Mapping[str, Any]
    told: tuple[tuple[str, datetime], ...] = ()
    found: Evaluation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A genuine link. `cases` are at most as many as a page names, the most urgent first; `count` is how many there are."""

    person: Person
    method: ContactMethod | None
    delivery: int
    ends_at: datetime
    hindrance: Hindrance | None
    cases: tuple[Linked, ...]
    count: int
    names: Mapping[str, str]

    @property
    def can_act(self) -> bool:
        return self.hindrance is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Too many links that were none came from this address."""

    span: timedelta


# --- the link itself ---


async def token_for(store: Store, key: str, person: Person | None, machine: datetime) -> str | None:
    """Return the token for a message that is about to be sent; None for what is no message to somebody who could act on it.

    The first link of a day makes that day's key.
    """
    if person is None or not desk.may(person.role, Action.WORK):
        return None
    number, secret = await store.read(_number_and_key, key, alert_token.day_of(machine))
    if number is None:
        return None
    if secret is None:
        secret = await store.write(alert_keys.make, alert_token.day_of(machine), secrets.token_bytes(_KEY))
    return alert_token.make(number, person.id, machine=machine, secret=secret)


def _number_and_key(conn: Connection, key: str, day: int) -> tuple[int | None, bytes | None]:
    return acks.number_of(conn, key), alert_keys.find(conn, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proven:
    claim: Claim
    person: Person
    sent: Any


def _prove(conn: Connection, token: str) -> _Proven | None:
    """Return whose token this is; None for a forged one, and for one of a message or a key that is gone: nobody can tell which."""
    claim = alert_token.parse(token)
    secret = None if claim is None else alert_keys.find(conn, claim.day)
    sent = None if claim is None else acks.message(conn, claim.delivery)
    if claim is None or secret is None or sent is None or sent.kind != ALERT:
        return None
    if not alert_token.holds(claim, sent.person or "", secret):
        return None
    person = people.person(conn, sent.person)
    return None if person is None else _Proven(claim=claim, person=person, sent=sent)


def _hindrance(conn: Connection, proven: _Proven, machine: datetime) -> Hindrance | None:
    if proven.claim.is_over(machine):
        return Hindrance.EXPIRED
    if proven.person.id in kept.gone(conn):
        return Hindrance.OFF
    return None if desk.may(proven.person.role, Action.WORK) else Hindrance.ROLE


# --- looking ---


def look(
    conn: Connection, token: str, *, address: str, case: int | None, rules: Rules, now: datetime, machine: datetime
) -> Opened | Wait | None:
    """Return what a link opens, this case too where the message told of it; None for what is no link of ours."""
    wrong = users.guesses(conn, _key(address), machine)
    if wrong is not None and wrong[0] >= WRONG:
        return Wait(span=wrong[1] - machine)
    proven = _prove(conn, token)
    return None if proven is None else _opened(conn, proven, case, _Moment(rules=rules, now=now, machine=machine))


def count_wrong(conn: Connection, address: str, machine: datetime) -> None:
    """Note that something came from this address that was no link."""
    users.count_guess(conn, _key(address), until=machine + FORGIVEN_AFTER, machine=machine)


def _key(address: str) -> str:
    return f"link:{network(address)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    rules: Rules
    now: datetime
    machine: datetime


def _opened(conn: Connection, proven: _Proven, case: int | None, at: _Moment) -> Opened:
    person, sent = proven.person, proven.sent
    method = next((one for one in person.contacts if one.name == sent.method), None)
    hindrance, names = _hindrance(conn, proven, at.machine), {one.id: one.name for one in people.people(conn)}
    numbers = list(acks.cases_of(conn, sent.id, LISTED))
    if case is not None and case not in numbers and acks.carries(conn, sent.id, case):
        numbers.append(case)
    if hindrance is Hindrance.OFF:  # who works here no more reads nothing more of our customers
        numbers = []
    said = {} if hindrance is not None else said_in(conn, numbers, method)
    logs, told = cases.logs(conn, numbers), steps.told_before(conn, numbers)
    facts = {int(one["case"]): one for one in sent.content.get("cases", ())}
    linked = []
    for number in numbers:
        row = cases.get(conn, number)
        if row is not None:
            one = _linked(conn, row, logs[number], proven, said.get(number), facts.get(number, {}))
            found = read(row, logs[number], at.rules, at.now)
            others = tuple((names[who], when) for who, when in told.get(number, ()) if who in names and who != person.id)
            linked.append(replace(one, found=found, told=others))
    return Opened(
        person=person,
        method=method,
        delivery=sent.id,
        ends_at=proven.claim.ends_at,
        hindrance=hindrance,
        cases=tuple(linked),
        count=acks.count_of(conn, sent.id),
        names=names,
    )


def said_in(conn: Connection, numbers: Iterable[int], contact: ContactMethod | None) -> dict[int, tuple[str | None, str]]:
    """Return the customer's name and newest line of the cases of which this contact may know them, and of no other."""
    if contact is None or contact.detail != LINE:
        return {}
    found: dict[int, tuple[str | None, str]] = {}
    for number in numbers:
        row = cases.get(conn, number)
        if row is None or (row.kind.is_private and not contact.trusted):
            continue
        newest = messages.newest_of(conn, row.channel, row.conversation_id, row.customer_id)
        found[number] = (row.customer_name, newest.message.text if newest is not None else "")
    return found


def _linked(
    conn: Connection,
    row: CaseRow,
    log: Sequence[LogLine],
    proven: _Proven,
    said: tuple[str | None, str] | None,
    facts: Mapping[str, Any],
) -> Linked:
    standing, by = _stand(row, log, proven.sent.created_at)
    passed = [line.event.to for line in log if _is_passed_by(proven.person, line) and line.learned_at >= proven.sent.created_at]
    name, line = said or (None, None)
    return Linked(
        row=row,
        standing=standing,
        who=None if by is None else by.event.by,
        since=None if by is None else by.event.at,
        seen_at=None if acks.is_asked(conn, row.id, proven.person.id) else acks.seen_at(conn, row.id, proven.person.id),
        passed_to=passed[-1] if passed else None,
        name=name,
        line=line,
        facts=facts,
    )


def _is_passed_by(person: Person, line: LogLine) -> bool:
    return line.event.type is EventType.ACK and line.event.by == person.id and line.event.to is not None


def _stand(row: CaseRow, log: Sequence[LogLine], told_at: datetime) -> tuple[Standing, LogLine | None]:
    """Return how a case stands, with the line of its log that made it so."""

    def last(*types: EventType) -> LogLine | None:
        found = [line for line in log if line.event.type in types]
        return max(found, key=lambda line: line.event.at, default=None)

    claim = last(EventType.CLAIM)
    if row.state is CaseState.CLOSED:
        return Standing.CLOSED, last(EventType.CLOSE)
    if row.claimed_by is not None:
        return Standing.TAKEN, claim
    if row.due_at is None:
        return Standing.QUIET, last(EventType.ANSWER)
    if claim is not None and claim.learned_at >= told_at:
        return Standing.GIVEN_BACK, last(EventType.UNCLAIM) or claim
    return Standing.OPEN, None


# --- acting ---


def take(conn: Connection, token: str, case: int, *, rules: Rules, now: datetime, machine: datetime) -> None:
    """Take a case for whom the link is; again changes nothing.

    Raises:
        LookupError: the link is none, or not for this case.
        ImpossibleMove: there is nothing to take any more: `who` has it, where somebody has.
    """
    proven = _may_act(conn, token, case, machine)
    row = cases.lock(conn, case)
    if row.claimed_by != proven.person.id:
        _require_open(conn, row, proven)
    desk.claim(conn, case, by=proven.person.id, rules=rules, now=now)


def see(conn: Connection, token: str, case: int, *, rules: Rules, now: datetime, machine: datetime) -> None:
    """Say that whom the link is for saw this case.

    Raises:
        LookupError, ImpossibleMove: as `take`.
    """
    proven = _may_act(conn, token, case, machine)
    _require_open(conn, cases.lock(conn, case), proven)
    acknowledge.acknowledge(conn, case, by=proven.person.id, rules=rules, now=now)


def see_some(conn: Connection, token: str, *, rules: Rules, now: datetime, machine: datetime) -> int:
    """Say so of some cases of the message that were not seen yet; return how many: call it until there is none.

    Raises:
        LookupError: the link is none.
        ImpossibleMove: it has ended.
    """
    proven = _may_act(conn, token, None, machine)
    numbers = acks.unseen_of(conn, proven.sent.id, SEEN_AT_ONCE)
    for number in numbers:
        row = cases.lock(conn, number)
        if row.state is CaseState.CLOSED or row.claimed_by is not None:
            acks.mark(conn, number, proven.person.id, now)
        else:
            acknowledge.acknowledge(conn, number, by=proven.person.id, rules=rules, now=now)
    return len(numbers)


def pass_on(conn: Connection, token: str, case: int, *, to: str | None, rules: Rules, now: datetime, machine: datetime) -> Person:
    """Let somebody else be told in place of whom the link is for; once a case.

    Raises:
        LookupError, ImpossibleMove: as `take`; also when it was passed on before, or nobody would hear of it.
    """
    proven = _may_act(conn, token, case, machine)
    row = cases.lock(conn, case)
    _require_open(conn, row, proven)
    log = cases.log(conn, case)
    linked = _linked(conn, row, log, proven, None, {})
    if linked.passed_to is not None:
        raise ImpossibleMove("it was passed on already", Refusal.PASSED_ON, who=linked.passed_to)
    return acknowledge.pass_on(conn, case, by=proven.person.id, to=to, rules=rules, now=now)


def offered(conn: Connection, token: str, case: int, *, now: datetime, machine: datetime) -> list[acknowledge.Candidate]:
    """Return to whom a case could be passed on.

    Raises:
        LookupError, ImpossibleMove: as `take`.
    """
    proven = _may_act(conn, token, case, machine)
    row = cases.get(conn, case)
    return [] if row is None else acknowledge.candidates(conn, row, by=proven.person.id, now=now)


def _may_act(conn: Connection, token: str, case: int | None, machine: datetime) -> _Proven:
    proven = _prove(conn, token)
    if proven is None or (case is not None and not acks.carries(conn, proven.sent.id, case)):
        raise LookupError("no such link, or not for this case")
    hindrance = _hindrance(conn, proven, machine)
    if hindrance is not None:
        raise ImpossibleMove(f"the link opens nothing any more: {hindrance.value}", Refusal.NOT_YOURS)
    return proven


def _require_open(conn: Connection, row: CaseRow, proven: _Proven) -> None:
    standing, by = _stand(row, cases.log(conn, row.id), proven.sent.created_at)
    if standing is not Standing.OPEN:
        why = Refusal.CLOSED if standing is Standing.CLOSED else Refusal.TAKEN
        raise ImpossibleMove(f"the case is {standing.value}", why, who=None if by is None else by.event.by)
