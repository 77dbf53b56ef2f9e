"""Everything that is kept of one customer, as one document for that customer.

Nothing that others wrote under the same post is in it, and none of our people: of what we did it says `staff`, `machine` or `policy`.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import format_instant
from webcare.domain.identities import Identity
from webcare.domain.message import Direction
from webcare.domain.sla.events import MACHINE, POLICY
from webcare.services import forget
from webcare.store import acts, audit, context, customers, media, records, same_customer, tags, uploads
from webcare.store import forget as forgetting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.store import Connection
    from webcare.store.customers import Customer
    from webcare.store.door import Store

EXPORT = "export"
STAFF = "staff"
_MESSAGE = ("channel", "external_id", "conversation_id", "reply_to", "direction", "kind", "text", "attachments", "permalink")
_TIMES = ("created_at", "learned_at", "edited_at", "deleted_at")
_CONTEXT = ("channel", "external_id", "conversation_id", "text", "permalink", "created_at", "learned_at")
_VERDICT = ("at", "model", "language", "sentiment", "intents", "scores", "needs_response", "unsure", "urgency")
_CASE = (
    "id",
    "channel",
    "conversation_id",
    "state",
    "urgency",
    "unsure",
    "found_by",
    "policy",
    "policy_why",
    "opened_at",
    "closed_at",
)
_CLOCK = ("clock", "state", "started_at", "due_at", "stopped_at", "elapsed_s", "target_s")
_MEDIA = ("nth", "state", "why", "reason", "mime", "size")
_ACT = ("message", "deed", "at", "state", "done_at")
_FILE = ("name", "mime", "size")
_REPLY = ("text", "reply_to", "automatic", "written_at", "state", "external_id", "accepted_at")


async def export(store: Store, who: Customer, *, by: str, now: datetime, linked: bool = False) -> dict[str, Any]:
    """Return the document; the audit notes that somebody asked for it.

    With `linked` it says which identities people linked with this one, and holds a document of each. Without it names none of them: a link
    is what one of ours believes, and the document is for the customer.
    """
    found = await _noted(store, who, by, now)
    if linked:
        others = await store.read(forget.linked_to, who)
        found["same_customer"] = await store.read(_same, who)
        found["linked"] = [await _noted(store, other, by, now) for other in others]
    return found


async def _noted(store: Store, who: Customer, by: str, now: datetime) -> dict[str, Any]:
    found = await store.read(document, who, now)
    await store.write(_note, who, {name: len(found[name]) for name in ("messages", "cases", "raw_bodies")}, by, now)
    return found


def _note(conn: Connection, who: Customer, counts: Mapping[str, int], by: str, now: datetime) -> None:
    person = forgetting.proof(forgetting.secret(conn), who.name)  # the name itself would outlive the customer's erasure
    audit.note(conn, at=now, by=by, what=EXPORT, data={"person": person, **counts})


def document(conn: Connection, who: Customer, now: datetime) -> dict[str, Any]:
    """Return everything that is kept of a customer."""
    held = [customers.held(conn, who, place) for place in customers.places(conn, who)]
    rows = sorted((row for h in held for row in (*h.theirs, *h.ours)), key=lambda row: (row.created_at, row.id))
    numbers = [row.id for row in rows]
    versions, verdicts = records.versions(conn, numbers), records.verdicts(conn, numbers)
    names, handles = customers.known_as(conn, who)
    marks = customers.marks(who, handles)
    bodies = {n for unread in (True, False) for n in customers.bodies_naming(conn, marks, unread=unread)}
    return {
        "person": who.name,
        "as_of": format_instant(now),
        "names": sorted(names),
        "handles": sorted(handles),
        "customer_group": tags.group(conn, f"{who.kind}:", who.author_id),
        "messages": [
            {**_message(row, versions.get(row.id, ()), verdicts.get(row.id, ())), "media": _media(conn, row)} for row in rows
        ],
        "looked_up": [_picked(post, _CONTEXT) for post in context.of_author(conn, who.kind, who.author_id)],
        "cases": [_case(conn, number) for h in held for number in h.cases],
        "raw_bodies": [_picked(body, ("received_at", "delete_after", "bytes")) for body in records.bodies(conn, sorted(bodies))],
    }


def _same(conn: Connection, who: Customer) -> list[dict[str, Any]]:
    """Return which identities people took for one customer with this one, link by link, and when they did."""
    links = same_customer.links_of(conn, Identity(who.kind, who.author_id))
    return [
        {"one": link.one.name, "other": link.other.name, "at": format_instant(link.at), "case": link.case, "by": _who(link.by)}
        for link in sorted(links, key=lambda link: (link.at, link.ends))
    ]


def _message(row: Any, versions: Sequence[Any], verdicts: Sequence[Any]) -> dict[str, Any]:
    is_theirs = row.direction == Direction.INBOUND.value
    return {
        **_picked(row, (*_MESSAGE, *_TIMES)),
        "author": {"id": row.author_id, "name": row.author_name, "handle": row.author_handle} if is_theirs else STAFF,
        "versions": [_picked(version, ("at", "text", "learned_at")) for version in versions],
        "verdicts": [{**_picked(verdict, _VERDICT), "by": _who(verdict.by)} for verdict in verdicts],
    }


def _replies(conn: Connection, number: int) -> list[dict[str, Any]]:
    rows = records.replies(conn, number)
    files = uploads.of_replies(conn, [row.id for row in rows])
    return [{**_picked(row, _REPLY), "uploads": [_picked(one, _FILE) for one in files.get(row.id, ())]} for row in rows]


def _media(conn: Connection, row: Any) -> list[dict[str, Any]]:
    """Return what came with a message, with the bytes that are kept of it."""
    held = media.contents(conn, row.id) if row.attachments else []
    return [{**_picked(one, _MEDIA), "base64": None if content is None else b64encode(content).decode()} for one, content in held]


def _case(conn: Connection, number: int) -> dict[str, Any]:
    return {
        **_picked(records.case_row(conn, number), _CASE),
        "tags": tags.of(conn, number),
        "clocks": [_picked(clock, _CLOCK) for clock in records.clocks(conn, number)],
        "events": [
            {**_picked(event, ("at", "learned_at", "type")), **event.data, "by": _who(event.by)}
            for event in records.events(conn, number)
        ],
        "replies": _replies(conn, number),
        "acts": [{**_picked(act, _ACT), "by": _who(act.by)} for act in acts.of_case(conn, number)],
    }


def _who(by: str | None) -> str | None:
    """Return who of ours it was without a name: those who work here have a right to theirs too."""
    return by if by in (None, MACHINE, POLICY) else STAFF


def _picked(row: Any, names: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: format_instant(value) if hasattr(value, "tzinfo") else value for name, value in values.items()}
