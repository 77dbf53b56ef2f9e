"""What messages are searched by, and what a search finds.

    message --trigger--> search_due --index--> search_text --trigger--> search_index     SQLite: FTS5
                                                    `------------------ GIN              PostgreSQL: tsvector

Triggers (0003_people.py) note what is new, and take the words of a message away in the transaction that changes or forgets it. SQLite keeps
deleted words in its index until parts of it are merged: `tidy` does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, text

from webcare.domain.folding import words
from webcare.domain.message import Direction
from webcare.store import notes, same_marks
from webcare.store.customers import ERASED
from webcare.store.desk_tables import search_due, search_text
from webcare.store.tables import case, message, site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row, Select

    from webcare.domain.folding import Wanted

# --- keeping ---

_ANY_DUE = select(search_due.c.message).limit(1)
_DUE: Select[Any] = (
    select(
        message.c.id,
        message.c.channel,
        message.c.direction,
        message.c.external_id,
        message.c.author_id,
        message.c.author_name,
        message.c.author_handle,
        message.c.text,
    )
    .join(search_due, search_due.c.message == message.c.id)
    .order_by(search_due.c.message.desc())
    .limit(bindparam("limit", type_=message.c.id.type))
    .with_for_update(skip_locked=True, of=search_due)
)


def any_due(conn: Connection) -> bool:
    """Tell whether any message waits for its words."""
    return conn.execute(_ANY_DUE).first() is not None


def index(conn: Connection, limit: int) -> int:
    """Write the words of messages that are new or changed, and the marks of same_marks.py, the newest first; return how many."""
    found = conn.execute(_DUE, {"limit": limit}).all()
    if not found:
        return 0
    numbers = [row.id for row in found]
    conn.execute(delete(search_text).where(search_text.c.message.in_(numbers)))
    rows = [{"message": row.id, "words": words_} for row in found if (words_ := _words(row))]
    if rows:
        conn.execute(insert(search_text), rows)
    same_marks.keep(conn, found)
    conn.execute(delete(search_due).where(search_due.c.message.in_(numbers)))
    return len(found)


def _words(row: Row[Any]) -> str:
    """Return what a message is found by: its text, its id, and of a customer the names."""
    parts = [row.text, row.external_id]
    if row.direction == Direction.INBOUND.value:
        parts += [row.author_name, row.author_handle, row.author_id]
    return " ".join(words(" ".join(part for part in parts if part and not part.startswith(ERASED))))


# --- what was deleted ---

REST = "search_rest"  # that the index still holds words that were deleted; a trigger notes it
DUE, MERGING = "due", "merging"
PAGES = 500  # of 4 kB, merged in one transaction
_MERGE = text("INSERT INTO search_index (search_index, rank) VALUES ('merge', :pages)")


def tidy(conn: Connection) -> bool:
    """Take deleted words out of SQLite's index, a piece at a time; True while there is more to do."""
    if conn.dialect.name != "sqlite" or (state := notes.read(conn, REST)) is None:
        return False
    before = conn.exec_driver_sql("SELECT total_changes()").scalar_one()
    conn.execute(_MERGE, {"pages": PAGES if state == MERGING else -PAGES})
    changed = conn.exec_driver_sql("SELECT total_changes()").scalar_one() - before
    if changed < 2:  # noqa: PLR2004 - https://www.sqlite.org/fts5.html#the_merge_command: nothing was left to merge
        conn.execute(delete(site).where(site.c.key == REST))
        return False
    if state != MERGING:
        notes.write(conn, REST, MERGING)
    return True


# --- finding ---

LONGEST_PREFIX = 8  # that has an index of its own, see 0003_people.py

_ON_SQLITE = text("SELECT rowid FROM search_index WHERE search_index MATCH :wanted ORDER BY rowid DESC LIMIT :limit")
_ON_POSTGRES = (
    text(  # apart, or for a rare word the planner reads every message from the newest on until it has seen enough of them
        "WITH found AS MATERIALIZED (SELECT message FROM search_text"
        " WHERE array_to_tsvector(string_to_array(words, ' ')) @@ CAST(:wanted AS tsquery))"
        " SELECT message FROM found ORDER BY message DESC LIMIT :limit"
    )
)


def matching(conn: Connection, wanted: Wanted, limit: int) -> list[int]:
    """Return the messages that have all these words, the newest first.

    Of beginnings the index knows the short ones; a long one is first taken for the whole word that it mostly is, and where that is written
    often enough, it is all that is looked for.
    """
    if not wanted:
        return []
    if wanted.prefix is not None and len(wanted.prefix) > LONGEST_PREFIX:
        found = _matching(conn, [*wanted.words, wanted.prefix], None, limit)
        if len(found) == limit:
            return found
    return _matching(conn, wanted.words, wanted.prefix, limit)


def _matching(conn: Connection, whole: Sequence[str], prefix: str | None, limit: int) -> list[int]:
    if conn.dialect.name == "sqlite":
        parts = [f'"{word}"' for word in whole] + ([f'"{prefix}"*'] if prefix else [])
        return list(conn.execute(_ON_SQLITE, {"wanted": " ".join(parts), "limit": limit}).scalars())
    parts = [f"'{word}'" for word in whole] + ([f"'{prefix}':*"] if prefix else [])
    return list(conn.execute(_ON_POSTGRES, {"wanted": " & ".join(parts), "limit": limit}).scalars())


def cases_of(conn: Connection, messages: Sequence[int], state: str) -> set[int]:
    """Return the cases in this state that these messages are in."""
    joined = select(case.c.id).join(message, message.c.case == case.c.id)
    return set(conn.execute(joined.where(message.c.id.in_(messages), case.c.state == state)).scalars())


_HIT = (
    message.c.id,
    message.c.case,
    message.c.channel,
    message.c.kind,
    message.c.direction,
    message.c.author_name,
    message.c.author_handle,
    message.c.text,
    message.c.created_at,
    case.c.customer_name,
    case.c.state,
)


def hits(conn: Connection, messages: Sequence[int]) -> Mapping[int, Row[Any]]:
    """Return these messages with the cases that they are in."""
    joined: Select[Any] = select(*_HIT).outerjoin(case, case.c.id == message.c.case).where(message.c.id.in_(messages))
    return {row.id: row for row in conn.execute(joined)}


def numbered(conn: Connection, case_id: int) -> Row[Any] | None:
    """Return a case with its opening message."""
    columns = [column for column in _HIT if column is not message.c.case]
    joined: Select[Any] = select(*columns, case.c.id.label("case")).join(message, message.c.id == case.c.opening_message)
    return conn.execute(joined.where(case.c.id == case_id)).first()
