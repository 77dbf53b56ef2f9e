"""One customer under several names of one platform: a WhatsApp number and a user id. The key is the one that the platform keeps.

A private thread may have begun under the other name: it moves to the key when we learn that both are one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, or_, select, update

from webcare.domain.case import CaseState
from webcare.domain.identities import Identity
from webcare.domain.message import Direction, Kind
from webcare.store import same_customer
from webcare.store.dialect import insert_or_ignore
from webcare.store.house_tables import other_name
from webcare.store.tables import case, message, reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_KEY = select(other_name.c.customer_id).where(
    other_name.c.channel == bindparam("account"), other_name.c.name == bindparam("called")
)

_GIVE = (
    update(other_name)
    .where(other_name.c.channel == bindparam("account"), other_name.c.name == bindparam("called"))
    .where(other_name.c.customer_id != bindparam("key"))
    .values(customer_id=bindparam("key"))
)


def key_of(conn: Connection, channel: str, name: str) -> str:
    """Return the customer's key; the name itself when we know no other."""
    found: str | None = conn.execute(_KEY, {"account": channel, "called": name}).scalar()
    return name if found is None else found


def names_of(conn: Connection, kind: str, customer_id: str) -> set[str]:
    """Return what else a customer is called on the accounts of a platform."""
    ours = other_name.c.channel.startswith(f"{kind}:", autoescape=True)
    return set(conn.execute(select(other_name.c.name).where(ours, other_name.c.customer_id == customer_id)).scalars())


def note(conn: Connection, channel: str, name: str, customer_id: str) -> None:
    """Note that a customer is called so elsewhere; for the first time, the thread under that name becomes the customer's.

    A name that was another's is theirs from now on, and nothing moves: telephone numbers change hands.
    """
    row = {"channel": channel, "name": name, "customer_id": customer_id}
    if conn.execute(insert_or_ignore(conn, other_name, other_name.c.name), row).first() is not None:
        kind = channel.partition(":")[0]
        same_customer.rename(conn, Identity(kind, name), Identity(kind, customer_id))
        _move(conn, channel, name, customer_id)
    else:
        conn.execute(_GIVE, {"account": channel, "called": name, "key": customer_id})


def become(conn: Connection, channel: str, was: str, becomes: str) -> bool:
    """Note that a customer goes by another name from now on, and is answered there; False when that is known."""
    before, after = key_of(conn, channel, was), key_of(conn, channel, becomes)
    if before == after:
        return False
    called = (other_name.c.channel == channel, other_name.c.customer_id == before)
    conn.execute(update(other_name).where(*called).values(customer_id=after))
    note(conn, channel, before, after)
    return True


def _move(conn: Connection, channel: str, name: str, customer_id: str) -> None:
    """Give a thread its key. Where both names have an open case nothing moves: each is answered by itself."""
    is_open = (case.c.channel == channel, case.c.kind == Kind.DM.value, case.c.state == CaseState.OPEN.value)
    both = select(case.c.conversation_id).where(*is_open, case.c.conversation_id.in_((name, customer_id)))
    if len(conn.execute(both).all()) > 1:
        return
    theirs = (message.c.channel == channel, message.c.conversation_id == name, message.c.kind == Kind.DM.value)
    wrote = (*theirs, message.c.direction == Direction.INBOUND.value, message.c.author_id == name)
    conn.execute(update(message).where(*wrote).values(author_id=customer_id))
    conn.execute(update(message).where(*theirs).values(conversation_id=customer_id))
    conn.execute(
        update(reply).where(reply.c.channel == channel, reply.c.conversation_id == name).values(conversation_id=customer_id)
    )
    under_name = (case.c.channel == channel, case.c.conversation_id == name, case.c.customer_id == name)
    conn.execute(update(case).where(*under_name).values(conversation_id=customer_id, customer_id=customer_id))


def forget(conn: Connection, names: Iterable[str]) -> None:
    """Forget what these customers are called."""
    known = list(names)
    conn.execute(delete(other_name).where(or_(other_name.c.customer_id.in_(known), other_name.c.name.in_(known))))
