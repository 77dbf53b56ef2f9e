"""Any body of an Instagram account -> what was heard. Pure: no clock, no network, nothing remembered.

    webhook   entry[] -> changes[], messaging[], standby[]; or field and value right in the entry
    answer    data[], and what is nested in its nodes
    look-up   one node, or the error that says that it is gone
    the rest  said to be what it is: an error, a receipt, a body of another platform

A part that has the wrong shape becomes an element all the same: reading it fails, and so it is seen.
"""

from __future__ import annotations

from typing import Any

from connectors.instagram.changes import read_change
from connectors.instagram.fields import KIND, ignored
from connectors.instagram.messaging import read_messaging
from connectors.instagram.nodes import EDGES, SINGLE, read_node, split_nodes
from connectors.meta import Here, as_object, first_instant, need_id, opt_id
from webcare.ports.connector import Element, Heard, Sort

PARTS = ("changes", "messaging", "standby")
# Subscribed fields that Meta also delivers as changes: so does the test button of its dashboard.
MESSAGING_FIELDS = frozenset(
    {
        *("messages", "message_echoes", "message_edit", "message_edits", "message_reactions", "messaging_seen"),
        *("messaging_postbacks", "messaging_referral", "messaging_optins", "messaging_handover", "standby"),
    }
)
OTHERS = frozenset({"for_user_id", "update_id", "messaging_product", "includes", "tweet_create_events", "meta"})
OVERFLOW = "overflow"  # the client's own word: Instagram showed fewer comments than there were
GONE = (100, 33)  # a node that is not there, or not ours to see


def split(body: Any) -> list[Element]:
    """Return the elements of a body.

    Raises:
        ValueError: it is no JSON object, or calls itself a webhook and has no entries.
    """
    body = as_object(body, "body")
    if ("object" in body and not isinstance(body["object"], dict)) or "entry" in body:
        return _of_webhook(body)
    if "field" in body:  # a sample from the dashboard, without its envelope
        return [Element(where="$", value=body, around={"as": "changes"})]
    if isinstance(body.get("sender"), dict):
        return [Element(where="$", value=body, around={"as": "messaging"})]
    if OVERFLOW in body:
        return [Element(where=OVERFLOW, value=body[OVERFLOW], around={"as": OVERFLOW})]
    if not _is_rest(body):
        return split_nodes(body)
    rest = [Element(where="$", value=body, around={"as": "rest"})]
    return rest + split_nodes(body) if body.get("data") and not OTHERS & body.keys() else rest


def _is_rest(body: dict[str, Any]) -> bool:
    if "error" in body or "error_message" in body or OTHERS & body.keys() or "recipient" in body or "recipient_id" in body:
        return True
    return "id" not in body and "data" not in body and not (EDGES | set(SINGLE)) & body.keys() and "timestamp" not in body


def _of_webhook(body: dict[str, Any]) -> list[Element]:
    kind = body.get("object")
    if not isinstance(kind, str):
        raise ValueError("object: missing" if kind is None else "object: not a text")
    if kind != KIND:
        return [Element(where="object", value=body, around={"as": "other"})]
    entries = body.get("entry")
    if not isinstance(entries, list):
        raise ValueError("entry: missing" if entries is None else "entry: not a list")
    found: list[Element] = []
    for number, entry in enumerate(entries):
        found += _of_entry(entry, f"entry[{number}]")
    return found


def _of_entry(entry: Any, where: str) -> list[Element]:
    """Return the elements of one entry; under Instagram's login a change may stand in it without a list around."""
    if not isinstance(entry, dict):
        return [Element(where=where, value=entry, around={"as": "entry"})]
    here = {"account": entry.get("id"), "time": entry.get("time")}
    found: list[Element] = []
    for part in (part for part in PARTS if part in entry):
        around = {"as": part, **here}
        items = entry[part]
        if not isinstance(items, list) or not items:
            found.append(Element(where=f"{where}.{part}", value=items, around={**around, "as": "list"}))
            continue
        found += [Element(where=f"{where}.{part}[{i}]", value=item, around=around) for i, item in enumerate(items)]
    if "field" in entry:
        found.append(Element(where=where, value=entry, around={"as": "changes", **here}))
    return found or [Element(where=where, value=entry, around={"as": "entry"})]


def read(element: Element, me: str | None) -> list[Heard]:
    """Return what one element says.

    Raises:
        ValueError: it cannot be understood; the message names the field.
    """
    part = element.around["as"]
    if part == "other":
        return [ignored("other platform")]
    if part == "list":
        if element.value == []:
            return [ignored("an empty list")]
        raise ValueError("not a list")
    value = as_object(element.value, "element")
    if part == "entry":
        return [ignored("an entry without changes and messaging")]
    here = Here(account=opt_id(dict(element.around), "account"), me=me, time=element.around.get("time"))
    if part == "rest":
        return [_rest(value, here)]
    if part == OVERFLOW:
        return [_overflow(value, here)]
    if part == "node":
        return read_node(element, here)
    if part in ("messaging", "standby"):
        return read_messaging(value, here, part)
    field = opt_id(value, "field")
    if field in MESSAGING_FIELDS:
        return read_messaging(as_object(value.get("value"), "value"), here, str(field))
    return read_change(value, here)


def _rest(body: dict[str, Any], here: Here) -> Heard:
    """Name a body that tells of nobody's words. An error that the client put under a message's id says what became of that message."""
    error = body.get("error")
    codes = tuple(error.get(key) for key in ("code", "error_subcode")) if isinstance(error, dict) else ()
    if codes == GONE and opt_id(body, "id") is not None:
        return Heard(
            sort=Sort.DELETE,
            channel_kind=KIND,
            account=here.me,
            target_id=need_id(body, "id"),
            raw_type="look_up.gone",
        )
    return ignored(_what_else(body, "/".join(str(code) for code in codes if isinstance(code, int))))


def _what_else(body: dict[str, Any], codes: str) -> str:
    if "error" in body or "error_message" in body:
        return f"an error answer: {codes or 'without a code'}"
    if OTHERS & body.keys():
        return "other platform"
    if "message_id" in body:
        return "the receipt of a message sent"
    if "recipient" in body:
        return "a request, not an answer"
    if body.get("success") is True:
        return "the receipt of a call"
    return "not a body that an Instagram account receives"


def _overflow(told: dict[str, Any], here: Here) -> Heard:
    """Read that comments came faster than Instagram shows them: some were never told, and a person may have to look."""
    return Heard(
        sort=Sort.ACCOUNT,
        channel_kind=KIND,
        account=here.me,
        created_at=first_instant(("at", told.get("at"))),
        raw_type=OVERFLOW,
        status=OVERFLOW,
        reason=f"more new comments under media {need_id(told, 'media')} than Instagram shows: look in the app",
    )
