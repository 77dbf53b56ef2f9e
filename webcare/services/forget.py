"""Forget a customer who asks for it, and everybody when their time is over. Numbers stay: clocks, times, scores.

    bodies that name them -> conversation by conversation: close what is open, erase -> again, until nothing is found

Each conversation is one transaction, in which the audit says how far it came: a run that was killed is run again. A daemon may go on
meanwhile; what it has in hand of an erased reply ends as `unconfirmed`, and nothing of it is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from webcare.domain.case import CaseState
from webcare.domain.identities import Identity
from webcare.domain.sla.events import Event, EventType
from webcare.services.settle import record
from webcare.store import (
    audit,
    cases,
    context,
    customers,
    desk,
    early_statuses,
    forget,
    look_ups,
    other_names,
    raw_bodies,
    same_customer,
    tags,
    uploads,
)
from webcare.store import retention as old
from webcare.store.cases import LogLine
from webcare.store.customers import Customer
from webcare.store.forget import Forgotten, Lot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from webcare.ports.clock import Clock
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.customers import Place
    from webcare.store.door import Store

ROUNDS = 20  # somebody who goes on writing meanwhile
CASES, MESSAGES = 25, 200  # in one transaction: others wait a tenth of a second for it
ERASE, RETENTION = "erase", "retention"
ASKED_LATELY = timedelta(days=2)  # of messages that still stand: those of open cases are asked for each day
DAEMON = "webcare"  # by whom, in the audit, when no person asked


class NotReadYet(Exception):  # noqa: N818 - it is what happened, and its message is what the operator reads
    """Something that names the customer came in, and nobody has read it yet."""


class Terms(Protocol):
    """How long what is kept: bodies by the machine's time, messages and cases after their close by the world's."""

    @property
    def raw_bodies(self) -> timedelta: ...

    @property
    def messages(self) -> timedelta: ...

    @property
    def audit(self) -> timedelta: ...


# --- a customer ---


async def plan(store: Store, who: Customer) -> Forgotten:
    """Return what `erase` would forget."""
    return await store.read(_plan, who)


def _plan(conn: Connection, who: Customer) -> Forgotten:
    others = other_names.names_of(conn, who.kind, who.author_id)
    marks = customers.marks(who, customers.known_as(conn, who)[1], others)
    bodies = set(customers.bodies_naming(conn, marks, unread=False))
    found = [customers.held(conn, who, place) for place in customers.places(conn, who)]
    bodies |= {row.raw for held in found for row in (*held.theirs, *held.ours) if row.raw is not None}
    counts = [Forgotten(messages=len(h.theirs), answers=len(h.ours), cases=len(h.cases), replies=len(h.replies)) for h in found]
    return sum(counts, Forgotten(bodies=len(bodies)))


async def erase(store: Store, who: Customer, *, by: str, rules_of: Callable[[Connection, int], Rules], clock: Clock) -> Forgotten:
    """Forget a customer and return how much that was. `rules_of` returns the rule book of a revision: open cases are closed.

    Raises:
        NotReadYet: a body that names them waits to be read; nothing was erased.
    """
    marks = await require_read(store, who)
    task = _Task(who=who, by=by, now=clock.now(), rules_of=rules_of, alias=forget.pseudonym())
    number = await store.write(_begin, task)
    done = Forgotten()
    for _ in range(ROUNDS):
        places = await store.read(customers.places, who)
        if not places:
            break
        for some in old.batches(await store.read(customers.bodies_naming, marks, unread=False)):
            done = await store.write(_drop, number, done, some)
        for place in places:
            done = await store.write(_erase_place, task, number, done, place)
    return done


async def require_read(store: Store, who: Customer) -> list[bytes]:
    """Return what a body that names a customer has in it.

    Raises:
        NotReadYet: such a body waits to be read.
    """
    marks, unread = await store.read(_marks, who)
    if unread:
        what = "a body that names this customer has" if unread == 1 else f"{unread} bodies that name this customer have"
        raise NotReadYet(f"{what} come in and not been read yet; let the daemon read it, then erase again")
    return marks


def _marks(conn: Connection, who: Customer) -> tuple[list[bytes], int]:
    others = other_names.names_of(conn, who.kind, who.author_id)
    marks = customers.marks(who, customers.known_as(conn, who)[1], others)
    return marks, len(customers.bodies_naming(conn, marks, unread=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    who: Customer
    by: str
    now: datetime
    rules_of: Callable[[Connection, int], Rules]
    alias: str


def _begin(conn: Connection, task: _Task) -> int:
    desk.unblock(conn, task.who.kind, task.who.author_id)  # whoever is erased begins anew
    tags.take_out(conn, task.who.kind, task.who.author_id)
    same_customer.forget(conn, _identity(task.who))
    context.forget(conn, [task.who.author_id])
    person = forget.proof(forget.secret(conn), task.who.name)
    return audit.note(conn, at=task.now, by=task.by, what=ERASE, data={"person": person})


def _noted(conn: Connection, number: int, done: Forgotten) -> Forgotten:
    audit.amend(conn, number, done.counts())
    return done


def _drop(conn: Connection, number: int, done: Forgotten, bodies: Sequence[int]) -> Forgotten:
    return _noted(conn, number, done + forget.drop_bodies(conn, bodies))


def _erase_place(conn: Connection, task: _Task, number: int, done: Forgotten, place: Place) -> Forgotten:
    """Close the customer's open case in a conversation, and forget what is there."""
    who = task.who
    for row in cases.of_customer(conn, place.channel, place.conversation_id, who.author_id):
        if row.state is CaseState.OPEN:
            close = LogLine(event=Event(at=task.now, type=EventType.CLOSE, by=task.by), learned_at=task.now)
            record(conn, row, [close], task.rules_of(conn, row.revision), task.now)
    held = customers.held(conn, who, place)
    lot = Lot(messages=[*held.theirs, *held.ours], cases=held.cases, authors={who.author_id: task.alias})
    tags.take_out(conn, who.kind, who.author_id)
    same_customer.forget(conn, _identity(who))  # somebody may have linked them meanwhile
    return _noted(conn, number, done + forget.forget(conn, lot))


def _identity(who: Customer) -> Identity:
    return Identity(who.kind, who.author_id)


def linked_to(conn: Connection, who: Customer) -> list[Customer]:
    """Return the other identities of a customer, as people linked them."""
    group = same_customer.group_of(conn, _identity(who))
    return [Customer(kind=one.kind, author_id=one.author_id) for one in sorted(group - {_identity(who)})]


async def erased_before(store: Store, name: str) -> datetime | None:
    """Return when the customer of that name was last erased."""
    return await store.read(_erased_before, name)


def _erased_before(conn: Connection, name: str) -> datetime | None:
    key = forget.known_secret(conn)
    if key is None:
        return None
    person = forget.proof(key, name)
    return max((line["at"] for line in audit.lines(conn, ERASE) if line["data"]["person"] == person), default=None)


# --- everybody, when their time is over ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What goes because its time is over: numbers of bodies, cases, messages outside of cases; how many lines of the audit."""

    bodies: Sequence[int]
    cases: Sequence[int]
    messages: Sequence[int]
    lines: int


def expired(conn: Connection, terms: Terms, now: datetime, machine: datetime) -> Expired:
    """Return what is past its time. Nothing of an open case is, nor what waits to be read or triaged."""
    return Expired(
        bodies=raw_bodies.past_their_time(conn, machine, machine - terms.raw_bodies),
        cases=old.old_cases(conn, now - terms.messages),
        messages=old.old_messages(conn, now - terms.messages),
        lines=audit.count_before(conn, now - terms.audit),
    )


async def retention_plan(store: Store, terms: Terms, clock: Clock) -> dict[str, int]:
    """Return what `retention` would forget."""
    found = await store.read(expired, terms, clock.now(), clock.machine())
    in_cases = await store.read(old.count_cases, found.cases)
    outside = await store.read(old.count_messages, found.messages)
    return {**(in_cases + outside + Forgotten(bodies=len(found.bodies))).counts(), "audit": found.lines}


async def retention(store: Store, terms: Terms, clock: Clock, *, by: str = DAEMON) -> dict[str, int]:
    """Forget what is past its time, in batches between which others write, and return how much that was."""
    now, machine = clock.now(), clock.machine()
    before, done = now - terms.messages, Forgotten()
    found = await store.read(expired, terms, now, machine)
    for some in old.batches(found.bodies):
        done += await store.write(forget.drop_bodies, some)
    for some in old.batches(found.cases, CASES):
        done += await store.write(old.forget_cases, some, before)
    for some in old.batches(found.messages, MESSAGES):
        done += await store.write(old.forget_messages, some, before)
    await store.write(early_statuses.expire, now - terms.raw_bodies)
    await store.write(_expire_around, now, before)
    await store.write(uploads.expire, now - terms.raw_bodies)
    gone, newest = await store.read(same_customer.without_messages)
    if gone:
        await store.write(same_customer.forget_all, gone, newest)
    await store.write(tags.drop_groups, before)
    lines = await store.write(audit.expire, now - terms.audit) if found.lines else 0
    counts = {**done.counts(), "audit": lines}
    if any(counts.values()):
        await store.write(audit.note, at=now, by=by, what=RETENTION, data=counts)
    return counts


def _expire_around(conn: Connection, now: datetime, before: datetime) -> None:
    """Forget posts that were looked up, and what was asked for."""
    context.expire(conn, before)
    look_ups.expire(conn, standing_before=now - ASKED_LATELY, before=before)
