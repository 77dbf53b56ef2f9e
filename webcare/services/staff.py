"""Who works here, as an administrator keeps it: people, their login, and the ways to reach them in their order.

A contact's target is a secret: it is taken once, and afterwards nobody is shown more than its kind. There is always somebody left who
can put things right: the last administrator stays one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from webcare.domain import reachable
from webcare.domain.rota import ContactMethod, Role
from webcare.domain.walltime import zone_named
from webcare.services import sign_in
from webcare.store import audit, contact_tests, people, users

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from webcare.domain.rota import Person
    from webcare.store import Connection
    from webcare.store.users import Login

LANGUAGES: Final = ("nl", "en")
DETAILS: Final = ("facts", "line")
LONGEST, MOST_CONTACTS = 200, 10
LONGEST_TARGET: Final = 2000


class Refusal(StrEnum):
    ID = "id"
    TAKEN = "taken"
    NAME = "name"
    ROLE = "role"
    LANGUAGE = "language"
    ZONE = "zone"
    MAIL = "mail"
    SELF = "self"
    LAST_ADMIN = "last_admin"
    OFF = "off"
    NO_LOGIN = "no_login"
    CONTACT_NAME = "contact_name"
    CONTACT_TWICE = "contact_twice"
    TARGET = "target"
    SCHEME = "scheme"
    DETAIL = "detail"
    TOO_MANY = "too_many"
    NO_CONTACT = "no_contact"
    QUIET = "quiet"
    TOO_FAST = "too_fast"


class CannotDo(ValueError):  # noqa: N818 - a refusal, not a fault
    """What was asked for cannot be; it never repeats what was written."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a person besides how they are reached."""

    name: str
    role: str
    language: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`contacts` are name, detail and the target as it may be shown."""

    person: Person
    login: Login | None
    seen_at: datetime | None
    contacts: tuple[tuple[str, str, str], ...]

    @property
    def is_off(self) -> bool:
        return self.login is not None and self.login.disabled_at is not None


def members(conn: Connection) -> list[Member]:
    """Return everybody, by id."""
    logins, seen = {one.person: one for one in users.everybody(conn)}, users.last_seen(conn)
    return [
        Member(
            person=one,
            login=logins.get(one.id),
            seen_at=seen.get(one.id),
            contacts=tuple((c.name, c.detail, masked(c.target)) for c in one.contacts),
        )
        for one in people.people(conn)
    ]


def masked(target: str) -> str:
    """Return of a target what may be shown: its kind, and of a mail address the host."""
    scheme = target.partition(":")[0].strip().lower()
    return f"{scheme}: …@{target.rpartition('@')[2]}" if scheme == "mailto" and "@" in target else f"{scheme}: …"


# --- people ---


def add(conn: Connection, id_: str, facts: Facts, *, mail: str, link: str, by: str, now: datetime) -> datetime:
    """Let somebody work here and return until when the link to their password holds.

    Raises:
        CannotDo: the name is taken, or something cannot be as it was written.
    """
    try:
        reachable.person_id(id_)
    except ValueError:
        raise CannotDo(Refusal.ID) from None
    _check(facts)
    if mail and (mail.count("@") != 1 or not mail.isprintable() or " " in mail or mail[0] == "@" or mail[-1] == "@"):
        raise CannotDo(Refusal.MAIL)
    row = {"id": id_, "name": facts.name, "role": facts.role, "zone": facts.zone, "language": facts.language}
    if not users.add_person(conn, row, mail=mail or None):
        raise CannotDo(Refusal.TAKEN)
    audit.note(conn, at=now, by=by, what="person", data={"person": id_, "role": facts.role, "did": "add"})
    return sign_in.invite(conn, id_, link, by=by, machine=now)


def invite(conn: Connection, id_: str, *, link: str, by: str, now: datetime) -> datetime:
    """Give somebody a new link to set a password.

    Raises:
        CannotDo: they are switched off.
        LookupError: there is nobody of this id.
    """
    _known(conn, id_)
    login = users.get(conn, id_)
    if login is not None and login.disabled_at is not None:
        raise CannotDo(Refusal.OFF)
    return sign_in.invite(conn, id_, link, by=by, machine=now)


def change(conn: Connection, id_: str, facts: Facts, *, by: str, now: datetime) -> None:
    """Change what somebody is called, what they may do, and how they are told the time.

    Raises:
        CannotDo: it cannot be so, or they are the last administrator.
        LookupError: there is nobody of this id.
    """
    before = _known(conn, id_)
    _check(facts)
    if before.role is Role.ADMIN and facts.role != Role.ADMIN.value:
        _forbid_last(conn, id_)
    row = {"name": facts.name, "role": facts.role, "language": facts.language, "zone": facts.zone}
    users.change_person(conn, id_, row)
    data = {"person": id_, "did": "change", "was": before.role.value, "role": facts.role}
    audit.note(conn, at=now, by=by, what="person", data=data)


def switch_off(conn: Connection, id_: str, *, by: str, now: datetime) -> None:
    """End somebody's login and sessions.

    Raises:
        CannotDo: it is oneself, the last administrator, or somebody without a login.
        LookupError: there is nobody of this id.
    """
    _known(conn, id_)
    if id_ == by:
        raise CannotDo(Refusal.SELF)
    _forbid_last(conn, id_)
    if not sign_in.switch_off(conn, id_, by=by, machine=now):
        raise CannotDo(Refusal.NO_LOGIN)


def switch_on(conn: Connection, id_: str, *, by: str, now: datetime) -> None:
    """Let somebody log in again with the password that they had.

    Raises:
        LookupError: there is nobody of this id.
    """
    _known(conn, id_)
    if users.enable(conn, id_):
        audit.note(conn, at=now, by=by, what="enable", data={"person": id_})


# --- how they are reached ---


def add_contact(
    conn: Connection, id_: str, name: str, target: str, detail: str, *, schemes: Collection[str] | None, by: str, now: datetime
) -> None:
    """Add a way to reach somebody, tried after those that they have.

    Raises:
        CannotDo: it cannot be as it was written, or no alert may go there.
        LookupError: there is nobody of this id.
    """
    found = _known(conn, id_)
    try:
        reachable.contact_name(name)
    except ValueError:
        raise CannotDo(Refusal.CONTACT_NAME) from None
    if len(name) > LONGEST or name in {one.name for one in found.contacts}:
        raise CannotDo(Refusal.CONTACT_TWICE if len(name) <= LONGEST else Refusal.CONTACT_NAME)
    try:
        reachable.target(target)
    except ValueError:
        raise CannotDo(Refusal.TARGET) from None
    if len(target) > LONGEST_TARGET or not target.isprintable():
        raise CannotDo(Refusal.TARGET)
    if schemes is not None and target.partition(":")[0].lower() not in schemes:
        raise CannotDo(Refusal.SCHEME)
    if detail not in DETAILS:
        raise CannotDo(Refusal.DETAIL)
    if len(found.contacts) >= MOST_CONTACTS:
        raise CannotDo(Refusal.TOO_MANY)
    people.set_contacts(conn, id_, [*found.contacts, ContactMethod(name=name, target=target, detail=detail)])
    audit.note(conn, at=now, by=by, what="contact", data={"person": id_, "contact": name, "did": "add"})


def remove_contact(conn: Connection, id_: str, name: str, *, by: str, now: datetime) -> None:
    """Forget a way to reach somebody; what is on its way by it goes on by the next.

    Raises:
        CannotDo: they have none of this name.
        LookupError: there is nobody of this id.
    """
    found = _known(conn, id_)
    left = [one for one in found.contacts if one.name != name]
    if len(left) == len(found.contacts):
        raise CannotDo(Refusal.NO_CONTACT)
    people.set_contacts(conn, id_, left)
    contact_tests.forget(conn, id_, name)
    audit.note(conn, at=now, by=by, what="contact", data={"person": id_, "contact": name, "did": "remove"})


def move_contact(conn: Connection, id_: str, name: str, *, by_places: int, by: str, now: datetime) -> None:
    """Try a way earlier or later; beyond the ends it stays where it is.

    Raises:
        CannotDo: they have none of this name.
        LookupError: there is nobody of this id.
    """
    methods = list(_known(conn, id_).contacts)
    place = next((n for n, one in enumerate(methods) if one.name == name), None)
    if place is None:
        raise CannotDo(Refusal.NO_CONTACT)
    to = min(max(place + by_places, 0), len(methods) - 1)
    methods.insert(to, methods.pop(place))
    people.set_contacts(conn, id_, methods)
    audit.note(conn, at=now, by=by, what="contact", data={"person": id_, "contact": name, "did": "move", "to": to + 1})


# --- what must hold ---


def _known(conn: Connection, id_: str) -> Person:
    found = people.person(conn, id_)
    if found is None:
        raise LookupError("nobody of this id")
    return found


def _check(facts: Facts) -> None:
    if not facts.name.strip() or not facts.name.isprintable() or len(facts.name) > LONGEST:
        raise CannotDo(Refusal.NAME)
    if facts.role not in set(Role):
        raise CannotDo(Refusal.ROLE)
    if facts.language not in LANGUAGES:
        raise CannotDo(Refusal.LANGUAGE)
    try:
        zone_named(facts.zone, field="zone")
    except ValueError:
        raise CannotDo(Refusal.ZONE) from None


def _forbid_last(conn: Connection, id_: str) -> None:
    admins = {one.person for one in users.everybody(conn) if one.role is Role.ADMIN and one.disabled_at is None}
    if admins == {id_}:
        raise CannotDo(Refusal.LAST_ADMIN)
