"""`webcare cases`, `webcare why` and `webcare db`: look into a database."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from webcare.clock import machine_now
from webcare.domain.durations import format_instant
from webcare.letters.why import plain, span, why
from webcare.lines import DONE, REFUSED, CannotStart, write
from webcare.open_database import with_store
from webcare.rule_books import rules_of
from webcare.services.explain import explain
from webcare.store import cases, migrate, notes, reports, schema
from webcare.store.door import is_missing
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from webcare.store import Connection

T = TypeVar("T")


def _present(conn: Connection) -> datetime:
    """Return the present of a database: a replay's ends where its virtual time ended."""
    as_of = notes.read(conn, notes.AS_OF)
    return machine_now() if as_of is None else datetime.fromisoformat(as_of)


def list_cases(arguments: Namespace) -> int:
    wanted = {name: getattr(arguments, name) for name in ("state", "channel", "brand", "missed", "limit")}
    rows, now = _ask(arguments.db, lambda conn: (reports.list_cases(conn, **wanted), _present(conn)))
    if arguments.json:
        for row in rows:
            write(_case_json(row))
    elif not rows:
        print("no cases", file=sys.stderr)
    else:
        _table(rows, now)
    return DONE


def _case_json(row: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "state", "brand", "channel", "conversation_id", "customer_id", "found_by", "urgency", "unsure", "queue")
    times = ("opened_at", "closed_at", "due_at", "next_check_at")
    found = {name: row[name] for name in names}
    found["case"] = found.pop("id")
    found.update({name: None if row[name] is None else format_instant(row[name]) for name in times})
    return {
        **found,
        "due_clock": row["due_clock"],
        "claimed_by": row["claimed_by"],
        "message": row["opening_id"],
        "text": row["opening_text"],
    }


def _table(rows: list[dict[str, Any]], now: datetime) -> None:
    print(f"{'case':>6}  {'state':6}  {'runs out':>14}  {'customer':20}  {'channel':24}  first message")
    for row in rows:
        left = "" if row["due_at"] is None else span(row["due_at"] - now)
        left = f"{left[1:]} late" if left.startswith("-") else left
        customer, text = plain(row["customer_name"] or row["customer_id"], 20), plain(row["opening_text"], 60)
        print(f"{row['id']:>6}  {row['state']:6}  {left:>14}  {customer:20}  {plain(row['channel'], 24):24}  {text}")


def explain_case(arguments: Namespace) -> int:
    zone = _zone(arguments.zone)
    facts = _ask(arguments.db, lambda conn: _explain(conn, arguments.case))
    if not facts:
        print(f"webcare: no case {arguments.case}, and no case holds a message of that id", file=sys.stderr)
        return REFUSED
    for i, found in enumerate(facts):
        if arguments.json:
            write(found)
        else:
            print(("\n" if i else "") + why(found, zone))
    return DONE


def _explain(conn: Connection, name: str) -> list[dict[str, Any]]:
    """Return the facts of a case by its number, else of the cases that hold a message of that platform id."""
    row = cases.get(conn, int(name)) if name.isascii() and name.isdigit() and len(name) < 18 else None  # noqa: PLR2004 - 64 bits
    numbers = [row.id] if row is not None else reports.case_of_message(conn, name)
    found = []
    for number in numbers:
        case = cases.get(conn, number)
        if case is not None:
            found.append(explain(conn, number, rules_of(conn, case.revision), _present(conn)))
    return [facts for facts in found if facts is not None]


def upgrade(arguments: Namespace) -> int:
    try:
        migrate.upgrade(arguments.db)
    except StoreError as error:
        raise CannotStart(str(error)) from None
    print(f"the database is at {schema.head()}", file=sys.stderr)
    return DONE


def current(arguments: Namespace) -> int:
    try:
        revision, head = (None, schema.head()) if is_missing(arguments.db) else migrate.current(arguments.db)
    except StoreError as error:
        raise CannotStart(str(error)) from None
    write({"revision": revision, "head": head, "is_current": revision == head})
    return DONE if revision == head else REFUSED


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CannotStart(f"--zone: no time zone is called {name!r}") from None


def _ask(url: str, unit: Callable[[Connection], T]) -> T:
    return with_store(url, lambda store: store.read(unit))
