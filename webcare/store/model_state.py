"""Which model answers on each machine, and what is the matter with the one that was asked for. Times are the machine's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from webcare.store.dialect import upsert
from webcare.store.serving_tables import model_state

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_GET = select(model_state).where(model_state.c.machine == bindparam("which"))
_IN_TROUBLE = (
    select(model_state)
    .where(model_state.c.trouble.is_not(None), model_state.c.seen_at >= bindparam("after"))
    .order_by(model_state.c.machine)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """`is_stand_in` says that `model` answers because nothing else could be loaded; `since` is when the trouble began, or ended."""

    machine: str
    model: str
    is_stand_in: bool
    trouble: str | None
    since: datetime
    seen_at: datetime


def get(conn: Connection, machine: str) -> ModelState | None:
    row = conn.execute(_GET, {"which": machine}).first()
    return None if row is None else ModelState(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def put(conn: Connection, state: ModelState) -> None:
    conn.execute(upsert(conn, model_state, asdict(state), key=["machine"]))


def in_trouble(conn: Connection, after: datetime) -> list[ModelState]:
    """Return the machines heard of since then whose model is in trouble."""
    return [ModelState(**row._mapping) for row in conn.execute(_IN_TROUBLE, {"after": after})]  # noqa: SLF001 - as above
