"""Take out of an SQLite file what was deleted from it.

`secure_delete` overwrites what is deleted, yet when SQLite moves rows between pages a copy may stay behind, and the write-ahead log keeps
pages as they were. Rewriting the file leaves nothing but what is there. PostgreSQL does this by itself: its VACUUM.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from webcare.store import sqlite_file
from webcare.store.door import database_url
from webcare.store.errors import StoreLocked


def scrub(url: str) -> bool:
    """Rewrite the file and empty its log; False where there is no file: PostgreSQL.

    Others may read and write meanwhile; who writes waits until it is done, some ten seconds a gigabyte.

    Raises:
        StoreError: there is no room for a second copy, or others never let go of it.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() != "sqlite":
        return False
    file = str(parsed.database)
    with (
        sqlite_file.explaining(file),
        closing(sqlite3.connect(file, timeout=sqlite_file.BUSY_SECONDS, isolation_level=None)) as conn,
    ):
        conn.execute("PRAGMA secure_delete=ON")
        if conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'search_index'").fetchone():
            conn.execute(
                "INSERT INTO search_index (search_index) VALUES ('optimize')"
            )  # its parts keep deleted words until they merge
        conn.execute("VACUUM")
        busy, _, _ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreLocked(f"The database {file} is never left alone: its log still holds older pages.")
    return True
