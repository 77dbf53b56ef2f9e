"""Tell people of what is no step of a case: a channel in trouble, a reply that did not arrive.

One alert a person, by their first contact method, in the transaction of what it is about. A key that is there already is left alone, so
the same thing may be told from several places and is heard once. What it says is JSON without a customer's words:

    {"trouble": {"what": "stopped", "channel": ..., "name": ..., "since": ..., "reason": ...}}
    {"reply": {"what": "refused", "case": ..., "channel": ..., "reason": ...}}
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from webcare.domain.rota import LevelName, recipients
from webcare.domain.verdict import Urgency
from webcare.services.contact import LAST_RESORT, first_method
from webcare.store import outbox, people, steps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.domain.rota import Person
    from webcare.store import Connection
    from webcare.store.cases import CaseRow


def tell_level(
    conn: Connection, level: LevelName, content: Mapping[str, Any], *, brand: str, key: str, now: datetime, urgent: bool = False
) -> int:
    """Tell whoever has this level, else as the rota falls back; return how many were not told of this before."""
    found = recipients(people.rota(conn), level, now, urgent=urgent)
    return sum(_queue(conn, chosen.person, content, brand=brand, key=key, now=now) for chosen in found)


def tell_person(
    conn: Connection,
    person_id: str,
    content: Mapping[str, Any],
    *,
    brand: str,
    key: str,
    now: datetime,
    not_before: datetime | None = None,
) -> bool:
    """Tell one person; False when they were told already, are nobody that we know, or have no contact method."""
    known = people.person(conn, person_id)
    if known is None or not known.contacts:
        return False
    return _queue(conn, known, content, brand=brand, key=key, now=now, not_before=not_before)


def tell_of_reply(
    conn: Connection,
    row: CaseRow,
    what: str,
    reason: str,
    *,
    by: str | None,
    key: str,
    now: datetime,
    code: str | None = None,
) -> None:
    """Tell its writer, if that is one of our people, and whoever is on call what became of a reply: the customer still waits.

    `code` names a refusal that letters have a sentence for.
    """
    told = {"what": what, "case": row.id, "channel": row.channel, "reason": reason}
    content = {"reply": told if code is None else {**told, "code": str(code)}}
    if by is not None:
        tell_person(conn, by, content, brand=row.brand, key=key, now=now)
    is_urgent = row.urgency is Urgency.HIGH
    tell_level(conn, LevelName.ONCALL, content, brand=row.brand, key=key, now=now, urgent=is_urgent)


def tell_same(conn: Connection, earlier: str, content: Mapping[str, Any], *, brand: str, key: str, now: datetime) -> int:
    """Tell those who were told under an earlier key, whoever is on call by now; return how many were not told of this before."""
    return sum(
        steps.queue_alert(conn, brand=brand, person=id_, method=method, key=_key(key, id_), content=content, notices=(), now=now)
        for id_, method in told(conn, earlier).items()
    )


def told(conn: Connection, key: str) -> dict[str, str]:
    """Return who was told under a key, each with the method by which they are told first."""
    everybody = {level.value: LAST_RESORT for level in LevelName}  # who is told for want of a rota goes by the level
    everybody |= {person.id: first_method(person) for person in people.people(conn)}
    found = outbox.told_under(conn, [_key(key, id_) for id_ in everybody])
    return {id_: method for id_, method in sorted(everybody.items()) if id_ in found}


def _key(key: str, person_id: str) -> str:
    named = hashlib.blake2b(f"{key}\x1f{person_id}".encode("utf-8", "replace"), digest_size=16).hexdigest()  # of any length
    return f"tell:{named}"


def _queue(
    conn: Connection,
    person: Person,
    content: Mapping[str, Any],
    *,
    brand: str,
    key: str,
    now: datetime,
    not_before: datetime | None = None,
) -> bool:
    return steps.queue_alert(
        conn,
        brand=brand,
        person=person.id,
        method=first_method(person),
        key=_key(key, person.id),
        content=content,
        notices=(),
        now=now,
        not_before=not_before,
    )
