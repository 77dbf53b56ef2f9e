"""Views of the queue that a person keeps: filters under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from webcare.services.queue import Filters
from webcare.store import desk as kept

if TYPE_CHECKING:
    from webcare.store import Connection

LONGEST_NAME = 60
MOST = 30  # of one person: each is counted while the queue is open


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    id: int
    name: str
    filters: Filters


def views(conn: Connection, person: str) -> list[View]:
    """Return the views of a person, in the order in which they were first kept."""
    return [
        View(id=row.id, name=row.name, filters=Filters.from_query(dict(parse_qsl(row.filters))))
        for row in kept.views(conn, person)
    ]


def save(conn: Connection, person: str, name: str, filters: Filters) -> None:
    """Keep filters under a name; a view of that name changes.

    Raises:
        ValueError: the name is empty or too long.
        OverflowError: the person keeps as many views as one can.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"name: {len(name)} characters, it needs 1 to {LONGEST_NAME}")
    known = {row.name for row in kept.views(conn, person)}
    if len(known) >= MOST and name not in known:
        raise OverflowError(f"{MOST} views are kept")
    kept.save_view(conn, person, name, urlencode(filters.to_query()))


def remove(conn: Connection, person: str, number: int) -> bool:
    """Drop a view; False when the person has none of this number."""
    return kept.remove_view(conn, person, number)
