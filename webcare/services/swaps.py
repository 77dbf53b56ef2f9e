"""Swaps: somebody on call asks a colleague to take a shift or a part of it, perhaps for one of theirs; the colleague says yes or no.

    ask --told--> accept --overrides, both told--> done
              `-> decline, withdraw --the other one told-->        not answered before the shift begins: it has expired

Whoever asks has the shift, whoever answers is the one who was asked; a lead may swap at once. At the answer the rota is asked again: what
one of the two no longer has, they cannot give.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from webcare.domain.durations import format_instant
from webcare.domain.rota import quiet_until
from webcare.domain.rota_changes import ACCEPTED, ASKED, DECLINED, WITHDRAWN, CannotChange, Field, agreed
from webcare.services import desk, stand_ins
from webcare.services.tell import tell_person
from webcare.store import audit, overrides, people, swaps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.domain.rota import Person, Rota
    from webcare.domain.rota_changes import Span, Swap, SwapRow
    from webcare.store import Connection

MOST_OPEN: Final = 10  # requests of one person
SHOWN: Final = 10


class Answer(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


class NotTheirs(Exception):  # noqa: N818 - it is what it is, and no OSError: a database may raise those
    """A swap of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`is_told` says whether the colleague can be told at all."""

    number: int
    is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Swaps:
    """What there is to answer for somebody, what they wait for, and what became of their last ones."""

    to_answer: tuple[SwapRow, ...]
    waiting: tuple[SwapRow, ...]
    past: tuple[SwapRow, ...]


def of_person(conn: Connection, who: str, now: datetime) -> Swaps:
    found = swaps.of_person(conn, who, SHOWN + 2 * MOST_OPEN)
    unanswered = [one for one in swaps.unanswered(conn, now) if who in (one.swap.person, one.swap.colleague)]
    return Swaps(
        to_answer=tuple(one for one in unanswered if one.swap.colleague == who),
        waiting=tuple(one for one in unanswered if one.swap.person == who),
        past=tuple(one for one in found if not one.is_open(now))[:SHOWN],
    )


def ask(conn: Connection, swap: Swap, *, note: str | None, brand: str, now: datetime) -> Asked:
    """Ask a colleague, and tell them by their first contact.

    Raises:
        CannotChange: they cannot take it, one of the two does not have what they would give, or it was asked before.
    """
    rota = _rota(conn, swap)
    agreed(rota, swap, now)
    mine = [one for one in swaps.unanswered(conn, now) if one.swap.person == swap.person]
    if len(mine) >= MOST_OPEN or any(_same(one.swap, swap) for one in mine):
        raise CannotChange(Field.SHIFT)
    number = swaps.add(conn, swap, note=note, state=ASKED, now=now)
    _audit(conn, number, swap, did="ask", by=swap.person, now=now)
    told = _tell(conn, swap.colleague, "asked", number, swap, rota, brand=brand, now=now)
    return Asked(number=number, is_told=told)


def settle(conn: Connection, number: int, answer: Answer, *, by: str, brand: str, now: datetime) -> bool:
    """Answer a request, or take one's own back; False when it was answered, withdrawn or over before.

    Raises:
        LookupError: there is no such request.
        NotTheirs: it is not theirs to answer, or to take back.
        CannotChange: the rota was changed meanwhile: one of the two no longer has what they would give.
    """
    row = swaps.get(conn, number)
    if row is None:
        raise LookupError("no such swap")
    if by != (row.swap.person if answer is Answer.WITHDRAW else row.swap.colleague):
        raise NotTheirs
    if not row.is_open(now):
        return False
    rota, swap = _rota(conn, row.swap), row.swap
    if answer is Answer.ACCEPT:
        _keep(conn, rota, swap, note=row.note, by=by, now=now)
    state = {Answer.ACCEPT: ACCEPTED, Answer.DECLINE: DECLINED, Answer.WITHDRAW: WITHDRAWN}[answer]
    swaps.answer(conn, number, state, now)
    _audit(conn, number, swap, did=answer.value, by=by, now=now)
    others = {
        Answer.ACCEPT: (swap.person, swap.colleague),
        Answer.DECLINE: (swap.person,),
        Answer.WITHDRAW: (swap.colleague,),
    }[answer]
    for one in others:
        _tell(conn, one, state, number, swap, rota, brand=brand, now=now)
    return True


def arrange(conn: Connection, swap: Swap, *, note: str | None, by: str, brand: str, now: datetime) -> Asked:
    """Swap at once, as a lead may; both are told.

    Raises:
        CannotChange: one of the two does not have what they would give.
    """
    rota = _rota(conn, swap)
    _keep(conn, rota, swap, note=note, by=by, now=now)
    number = swaps.add(conn, swap, note=note, state=ACCEPTED, now=now)
    _audit(conn, number, swap, did="arrange", by=by, now=now)
    told = [_tell(conn, one, "arranged", number, swap, rota, brand=brand, now=now) for one in (swap.person, swap.colleague)]
    return Asked(number=number, is_told=all(told))


def _rota(conn: Connection, swap: Swap) -> Rota:
    rota = people.rota(conn)
    if rota is None:
        raise CannotChange(Field.LEVEL)
    colleague = rota.person(swap.colleague)
    if colleague is None or not can_take(colleague) or colleague.id in stand_ins.closed(conn):
        raise CannotChange(Field.COLLEAGUE)
    return rota


def can_take(person: Person) -> bool:
    """Tell whether somebody can be asked: who only looks cannot answer, neither us nor a customer."""
    return desk.may(person.role, desk.Action.SWAP)


def _keep(conn: Connection, rota: Rota, swap: Swap, *, note: str | None, by: str, now: datetime) -> None:
    for override in agreed(rota, swap, now):
        number = overrides.add(conn, override, by=by, reason=note)
        stand_ins.note(conn, number, override, did="override", by=by, now=now)


def _same(one: Swap, other: Swap) -> bool:
    return (one.colleague, one.given.level) == (other.colleague, other.given.level) and (
        one.given.starts_at < other.given.ends_at and other.given.starts_at < one.given.ends_at
    )


def _tell(conn: Connection, person: str, what: str, number: int, swap: Swap, rota: Rota, *, brand: str, now: datetime) -> bool:
    """Tell one of the two, after their quiet hours unless it would be too late then; False when they cannot be told."""
    known = rota.person(person)
    rests_until = None if known is None else quiet_until(known, now)
    waits = rests_until is not None and rests_until < swap.expires_at
    return tell_person(
        conn,
        person,
        _content(what, number, swap, rota),
        brand=brand,
        key=f"swap:{number}:{what}",
        now=now,
        not_before=rests_until if waits else None,
    )


def _content(what: str, number: int, swap: Swap, rota: Rota) -> Mapping[str, Any]:
    """Return what is told: names of colleagues and hours, nothing of a customer."""
    names = {one.id: one.name for one in rota.people}
    facts: dict[str, Any] = {
        "what": what,
        "number": number,
        "person": names.get(swap.person, swap.person),
        "colleague": names.get(swap.colleague, swap.colleague),
        "expires": format_instant(swap.expires_at),
        **_span(swap.given),
    }
    if swap.back is not None:
        facts["back"] = _span(swap.back)
    return {"swap": facts}


def _span(span: Span) -> dict[str, str]:
    return {"level": span.level.value, "from": format_instant(span.starts_at), "until": format_instant(span.ends_at)}


def _audit(conn: Connection, number: int, swap: Swap, *, did: str, by: str, now: datetime) -> None:
    data = {"swap": number, "did": did, "person": swap.person, "colleague": swap.colleague, **_span(swap.given)}
    audit.note(conn, at=now, by=by, what="swap", data=data)
