"""How a unit of work is run, on either database: it returns plain values and leaves beginning and ending to the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import Connection, Result, event

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

T = TypeVar("T")

_IN_UNIT: Final = "webcare: a unit runs"  # key in Connection.info


def run(conn: Connection, unit: Callable[[Connection], T]) -> T:
    """Run the unit.

    Raises:
        TypeError: it returned a result that would be fetched after its transaction.
        RuntimeError: it tried to commit or to roll back.
    """
    info = conn.info  # not reachable any more once the connection is lost
    info[_IN_UNIT] = True
    try:
        value = unit(conn)
    finally:
        info[_IN_UNIT] = False
    if isinstance(value, Result):
        raise TypeError("A unit of work returns rows that it has fetched, not a Result.")
    return value


def forbid_endings(engine: Engine) -> None:
    """Refuse commit and rollback inside a unit: it shares its transaction with others. `begin_nested` stays allowed."""

    @event.listens_for(engine, "commit")
    @event.listens_for(engine, "rollback")
    def _refuse(conn: Connection) -> None:
        if not conn.invalidated and conn.info.get(_IN_UNIT):  # a lost connection has nothing to end
            raise RuntimeError("A unit of work leaves commit and rollback to the door.")
