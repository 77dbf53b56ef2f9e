"""A reply of which nobody knew whether it was sent, and which the platform names by our own mark: it was.

    send --time-out--> nobody knows --a state or an echo that carries our key--> accepted, at the platform's time

Platforms without an idempotency key carry our key along. The mark may come before the time-out, after it, or when a person has asked for
a second copy: one that has not left yet then never does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from webcare.services import answer
from webcare.store import marked, outbox

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.ports.connector import Receipt
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.outbox import ReplyRow

KNOWN = frozenset({"accepted", "withdrawn", "taken_back"})
SKEW = timedelta(minutes=1)  # a mark that is older than the reply is another one's: numbers come back with a restored backup


def settle(conn: Connection, channel: str, reply_id: int, receipt: Receipt, rules: Rules, now: datetime) -> bool:
    """Note that the platform holds a reply of ours; False when that was known, or it cannot be this one."""
    row = marked.tried(conn, channel, reply_id)
    if row is None or not _may_be(row, receipt):
        return False
    marked.close(conn, row.id, now)  # first its deliveries, as its sender does: two who meet wait and do not block
    if not _may_be(outbox.get_reply(conn, row.id), receipt):
        return False
    outbox.set_reply(conn, row.id, reason=None, code=None)
    answer.accepted(conn, row.id, receipt, rules, now)
    return True


def _may_be(row: ReplyRow, receipt: Receipt) -> bool:
    if row.state in KNOWN or row.external_id == receipt.external_id:
        return False
    is_forgotten = not row.text and row.to_id is None  # whose words were erased is not to be written down again
    return not is_forgotten and (receipt.accepted_at is None or receipt.accepted_at >= row.written_at - SKEW)
