"""One customer under several names: a person says so, and says so no more; webcare only suggests.

    suggested, or looked up -> link -> one history, one panel, one erasure -> unlink: that one is out, and is not suggested again

Who is linked is the platform's id; a name alone is never more than a weak suggestion. Each act is a line of the audit, by case and message:
it names nobody, and whoever is erased leaves nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.identities import MOST, Evidence, Identity, Link, suggest
from webcare.store import audit, case_file, cases, same_marks, same_people
from webcare.store import desk as kept_desk
from webcare.store import same_customer as kept

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.same_people import Spoke

SAME, NOT_SAME = "same_customer", "not_same_customer"
FOUND = 8  # identities that a search shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Another identity of a case's customer, with the newest of its cases; `by` linked it then, `blocked_by` blocked it."""

    identity: Identity
    name: str | None
    handle: str | None
    case: int | None
    cases: int
    by: str
    at: datetime
    blocked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """Somebody who may be the same customer, by what they have in common with one of its identities."""

    spoke: Spoke
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What stands beside a case's customer. `found` is None where nothing was looked for."""

    members: tuple[Member, ...]
    suggested: tuple[Suggested, ...]
    found: tuple[Spoke, ...] | None


def identity_of(row: CaseRow) -> Identity:
    """Return whom a case is about."""
    return kept.identity_of(row.channel, row.customer_id)


# --- what a page shows ---


def company(conn: Connection, case_id: int, *, asked: str = "", suggestions: bool = True) -> Company | None:
    """Return who else a case's customer is and might be, and who answers to a name; None when there is no such case."""
    row = cases.get(conn, case_id)
    if row is None:
        return None
    who = identity_of(row)
    if kept.is_erased(who):
        return Company(members=(), suggested=(), found=() if asked else None)
    links = kept.links_of(conn, who)
    everybody = frozenset({who}.union(*(link.ends for link in links)))
    return Company(
        members=tuple(_members(conn, who, everybody, links)) if links else (),
        suggested=tuple(_suggested(conn, row, everybody)) if suggestions else (),
        found=_found(conn, asked, everybody) if asked.strip() else None,
    )


def _members(conn: Connection, who: Identity, everybody: Collection[Identity], links: Sequence[Link]) -> list[Member]:
    """Return the others, the newest case first."""
    known, names = same_people.known(conn, everybody), case_file.names(conn)
    spoken = same_people.spoke(conn, [link.message for link in links if link.message is not None])
    by_message = {one.identity: one for one in spoken.values()}
    found = []
    for one in sorted(set(everybody) - {who}):
        link = min((link for link in links if one in link.ends), key=lambda link: link.at)
        blocked = kept_desk.blocked_by(conn, f"{one.kind}:", one.author_id)
        about = known.get(one)
        spoke = about.spoke if about is not None else by_message.get(one)
        found.append(
            Member(
                identity=one,
                name=None if spoke is None else spoke.name,
                handle=None if spoke is None else spoke.handle,
                case=None if spoke is None else spoke.case,
                cases=0 if about is None else about.cases,
                by=names.get(link.by, link.by),
                at=link.at,
                blocked_by=None if blocked is None else names.get(blocked, blocked),
            )
        )
    return sorted(found, key=lambda one: -(one.case or 0))


def _suggested(conn: Connection, row: CaseRow, everybody: Collection[Identity]) -> list[Suggested]:
    shared = same_marks.sharing(conn, everybody)
    handle = same_people.handle_in_case(conn, row.id, row.customer_id)
    if handle is not None:
        shared += same_people.namesakes(conn, handle, {one.kind for one in everybody})
    if not shared:
        return []
    best = suggest(shared, known=everybody, dismissed=kept.dismissed(conn, everybody))
    spoken = same_people.spoke(conn, [one.message for one in best])
    return [Suggested(spoke=spoken[one.message], evidence=one.evidence) for one in best if one.message in spoken]


def _found(conn: Connection, asked: str, everybody: Collection[Identity]) -> tuple[Spoke, ...]:
    found = same_people.named(conn, asked, FOUND + len(everybody))
    return tuple([one for one in found if one.identity not in everybody][:FOUND])


# --- what a person says ---


def link(conn: Connection, case_id: int, *, message: int, by: str, now: datetime) -> None:
    """Note that whoever wrote a message is the customer of a case; again changes nothing.

    Raises:
        LookupError: there is no such case, or no such message of a customer.
        ImpossibleMove: they would be too many.
    """
    who, other = _both(conn, case_id, message)
    ours = kept.group_of(conn, who)
    if other in ours:
        return
    theirs = kept.group_of(conn, other)
    if len(ours) + len(theirs) > MOST:
        raise ImpossibleMove(f"a customer has {MOST} identities at most", Refusal.TOO_MANY_NAMES)
    kept.add(conn, Link(one=who, other=other, by=by, at=now, case=case_id, message=message))
    kept.take_back(conn, ours, theirs)
    audit.note(conn, at=now, by=by, what=SAME, data={"case": case_id, "message": message})


def unlink(conn: Connection, case_id: int, *, identity: Identity, by: str, now: datetime) -> None:
    """Take an identity out of a case's customer; the others stay together, and it is not suggested again.

    Where a colleague was first nothing changes.

    Raises:
        LookupError: there is no such case.
    """
    row = cases.get(conn, case_id)
    if row is None:
        raise LookupError(f"there is no case {case_id}")
    links = kept.links_of(conn, identity_of(row))
    everybody = frozenset().union(*(link.ends for link in links))
    if identity not in everybody or identity == identity_of(row):
        return
    named = _message_of(conn, identity, links)
    kept.take_out(conn, identity)
    kept.dismiss(conn, identity, everybody, by=by, at=now, case=case_id)
    audit.note(conn, at=now, by=by, what=NOT_SAME, data={"case": case_id, "message": named})


def _message_of(conn: Connection, identity: Identity, links: Sequence[Link]) -> int | None:
    """Return a message by which the audit can say who was taken out."""
    about = same_people.known(conn, [identity]).get(identity)
    if about is not None:
        return about.spoke.message
    named = same_people.spoke(conn, [link.message for link in links if link.message is not None])
    return next((one.message for one in named.values() if one.identity == identity), None)


def dismiss(conn: Connection, case_id: int, *, message: int, by: str, now: datetime) -> None:
    """Note that whoever wrote a message is not the customer of a case: they are not suggested again.

    Raises:
        LookupError: there is no such case, or no such message of a customer.
    """
    who, other = _both(conn, case_id, message)
    ours = kept.group_of(conn, who)
    if other in ours or other in kept.dismissed(conn, ours):
        return
    kept.dismiss(conn, other, ours, by=by, at=now, case=case_id)
    audit.note(conn, at=now, by=by, what=NOT_SAME, data={"case": case_id, "message": message})


def _both(conn: Connection, case_id: int, message: int) -> tuple[Identity, Identity]:
    row, spoke = cases.get(conn, case_id), same_people.spoke(conn, [message]).get(message)
    if row is None or spoke is None or kept.is_erased(identity_of(row)):
        raise LookupError(f"case {case_id} or message {message}")
    return identity_of(row), spoke.identity
