"""How one person is reached, as they and their leads keep it: quiet hours, what each contact may say, and a test that really goes out.

    press --> outbox (kind alert, `{"test": ...}`) --> the same deliver, router and provider as an alert --> what became of it

A test goes by the contact that it tests and by no other: passed on, it would say that a dead contact works.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from webcare.domain.rota import QuietHours
from webcare.services.staff import DETAILS, CannotDo, Refusal, masked
from webcare.store import audit, contact_tests, outbox, people, steps, users

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.rota import ContactMethod, Person
    from webcare.store import Connection
    from webcare.store.contact_tests import TriedRow

MOST_TESTS: Final = 5
WITHIN: Final = timedelta(minutes=1)
SHOWN_FOR: Final = timedelta(days=1)


class Became(StrEnum):
    """What a test came to so far."""

    WAITING = "waiting"
    RETRY = "retry"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """`reason` is what another program gave as one: to be shown with its secrets masked."""

    method: str
    became: Became
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact as it may be shown."""

    name: str
    shown: str
    detail: str
    trusted: bool
    test: Tried | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    person: Person
    contacts: tuple[Contact, ...]
    is_off: bool

    @property
    def is_under_way(self) -> bool:
        return any(one.test is not None and one.test.became in {Became.WAITING, Became.RETRY} for one in self.contacts)


def reach(conn: Connection, id_: str, *, machine: datetime) -> Reach:
    """Return how somebody is reached.

    Raises:
        LookupError: there is nobody of this id.
    """
    found, login = _known(conn, id_), users.get(conn, id_)
    tests = {one.method: _test(one) for one in contact_tests.latest(conn, id_, machine - SHOWN_FOR)}
    return Reach(
        person=found,
        contacts=tuple(
            Contact(name=c.name, shown=masked(c.target), detail=c.detail, trusted=c.trusted, test=tests.get(c.name))
            for c in found.contacts
        ),
        is_off=login is not None and login.disabled_at is not None,
    )


def _test(row: TriedRow) -> Tried:
    if row.state == outbox.SENT:
        return Tried(method=row.method, became=Became.SENT, at=row.sent_at or row.created_at, reason=None)
    if row.state == outbox.FAILED:
        return Tried(method=row.method, became=Became.FAILED, at=row.created_at, reason=row.result)
    became = Became.RETRY if row.result else Became.WAITING
    return Tried(method=row.method, became=became, at=row.created_at, reason=row.result)


# --- quiet hours, and what a contact may say ---


def set_quiet(conn: Connection, id_: str, start: str, end: str, *, by: str, now: datetime) -> None:
    """Keep somebody's quiet hours; both empty: none.

    Raises:
        CannotDo: they are no two different times of day.
        LookupError: there is nobody of this id.
    """
    before = _known(conn, id_).quiet
    try:
        quiet = QuietHours(start=_clock(start), end=_clock(end)) if start or end else None
    except ValueError:
        raise CannotDo(Refusal.QUIET) from None
    if quiet == before:
        return
    people.set_quiet(conn, id_, quiet)
    data = {"person": id_, "did": "quiet", "from": start or None, "until": end or None}
    audit.note(conn, at=now, by=by, what="person", data=data)


def _clock(text: str) -> time:
    found = time.fromisoformat(text)
    if len(text) != len("08:00"):
        raise ValueError("no time of day")
    return found


def set_detail(conn: Connection, id_: str, name: str, detail: str, *, by: str, now: datetime) -> None:
    """Say how much a contact may hear of a customer.

    Raises:
        CannotDo: they have none of this name, or there is no such detail.
        LookupError: there is nobody of this id.
    """
    if detail not in DETAILS:
        raise CannotDo(Refusal.DETAIL)
    _change(conn, id_, name, detail=detail)
    audit.note(conn, at=now, by=by, what="contact", data={"person": id_, "contact": name, "did": "detail", "detail": detail})


def set_trusted(conn: Connection, id_: str, name: str, trusted: bool, *, by: str, now: datetime) -> None:  # noqa: FBT001
    """Say whether a contact may hear of private messages; for administrators.

    Raises:
        CannotDo: they have none of this name.
        LookupError: there is nobody of this id.
    """
    _change(conn, id_, name, trusted=trusted)
    data = {"person": id_, "contact": name, "did": "trust" if trusted else "distrust"}
    audit.note(conn, at=now, by=by, what="contact", data=data)


def _change(conn: Connection, id_: str, name: str, **changes: object) -> None:
    methods = list(_known(conn, id_).contacts)
    place = _place(methods, name)
    methods[place] = replace(methods[place], **changes)  # type: ignore[arg-type]  # one of its fields
    people.set_contacts(conn, id_, methods)


# --- send me a test ---


def send_test(conn: Connection, id_: str, name: str | None, *, by: str, brand: str, now: datetime, machine: datetime) -> int:
    """Queue a test by one contact of a person, or by each of them; return how many.

    Raises:
        CannotDo: they have none of this name, or none at all, or there were too many in the last minute.
        LookupError: there is nobody of this id.
    """
    known = _known(conn, id_)
    chosen = [one.name for one in known.contacts] if name is None else [name]
    if name is not None:
        _place(known.contacts, name)
    if not chosen:
        raise CannotDo(Refusal.NO_CONTACT)
    lately = contact_tests.count(conn, person=id_, by=by, since=machine - WITHIN)
    if lately and lately + len(chosen) > MOST_TESTS:
        raise CannotDo(Refusal.TOO_FAST)
    asker = people.person(conn, by)
    for method in chosen:
        key = f"test:{secrets.token_hex(16)}"
        content = {"test": {"method": method, "by": by if asker is None else asker.name}}
        steps.queue_alert(conn, brand=brand, person=id_, method=method, key=key, content=content, notices=(), now=now)
        contact_tests.add(conn, person=id_, method=method, key=key, by=by, machine=machine)
    audit.note(conn, at=now, by=by, what="contact", data={"person": id_, "did": "test", "contacts": len(chosen)})
    return len(chosen)


def _known(conn: Connection, id_: str) -> Person:
    found = people.person(conn, id_)
    if found is None:
        raise LookupError("nobody of this id")
    return found


def _place(methods: tuple[ContactMethod, ...] | list[ContactMethod], name: str) -> int:
    place = next((n for n, one in enumerate(methods) if one.name == name), None)
    if place is None:
        raise CannotDo(Refusal.NO_CONTACT)
    return place
