"""The secret addresses of platform apps. Channels that share their secrets share one; it is made once and stays, as platforms know it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from webcare.store.dialect import insert_or_ignore
from webcare.store.house_tables import hook

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

RANDOM_BYTES: Final = 32  # 43 characters of an address: nobody finds it by trying


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRow:
    id: str
    kind: str
    app: str


def ensure(conn: Connection, kind: str, app: str, machine: datetime) -> str:
    """Return the address of an app, which is made when it has none."""
    row = {"id": secrets.token_urlsafe(RANDOM_BYTES), "kind": kind, "app": app, "made_at": machine}
    conn.execute(insert_or_ignore(conn, hook), row)
    found: str = conn.execute(select(hook.c.id).where(hook.c.kind == kind, hook.c.app == app)).scalar_one()
    return found


def all_hooks(conn: Connection) -> tuple[HookRow, ...]:
    """Return every address that was ever made, also of apps that are not configured any more."""
    found = conn.execute(select(hook.c.id, hook.c.kind, hook.c.app).order_by(hook.c.kind, hook.c.app))
    return tuple(HookRow(**row._mapping) for row in found)  # noqa: SLF001 - SQLAlchemy's public name for it
