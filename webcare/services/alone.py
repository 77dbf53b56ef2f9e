"""Many in one transaction, each under a savepoint of its own: one that we stumble over does not take the others back with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from webcare.store import Connection

T = TypeVar("T")


def each_alone(conn: Connection, items: Iterable[T], doing: Callable[[T], None]) -> Exception | None:
    """Do something with each and return the first error, for the caller to raise when the others are kept."""
    first = None
    for one in items:
        try:
            with conn.begin_nested():
                doing(one)
        except Exception as error:  # noqa: BLE001 - whatever it is: its savepoint took back what it wrote
            first = first or error
    return first
