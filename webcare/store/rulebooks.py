"""Numbered revisions of the rule book: cases name the one that they were computed by, and an older one may not watch."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from webcare.store.dialect import insert_or_ignore
from webcare.store.tables import rule_book

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


_NEWEST = select(func.max(rule_book.c.revision))


def fingerprint(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def store_revision(conn: Connection, content: Mapping[str, Any], now: datetime) -> int:
    """Return the revision of this rule book: the newest when it says the same, else a new one.

    A rule book that was in force before and is so again is a new revision too: what counts is the order.
    """
    newest = conn.execute(select(rule_book).order_by(rule_book.c.revision.desc()).limit(1)).first()
    print_ = fingerprint(content)
    if newest is not None and newest.fingerprint == print_:
        return int(newest.revision)
    revision = 1 if newest is None else newest.revision + 1
    row = {"revision": revision, "fingerprint": print_, "content": dict(content), "stored_at": now}
    if conn.execute(insert_or_ignore(conn, rule_book, rule_book.c.revision), row).first() is None:
        return store_revision(conn, content, now)  # somebody else was first: look again
    return revision


def newest_revision(conn: Connection) -> int | None:
    return conn.execute(_NEWEST).scalar()


def read_revision(conn: Connection, revision: int) -> Mapping[str, Any]:
    content: Mapping[str, Any] = conn.execute(select(rule_book.c.content).where(rule_book.c.revision == revision)).scalar_one()
    return content


def contents(conn: Connection, *, since: int = 0) -> dict[int, Mapping[str, Any]]:
    """Return what each revision after that one says."""
    rows = conn.execute(select(rule_book.c.revision, rule_book.c.content).where(rule_book.c.revision > since))
    return {row.revision: row.content for row in rows}
