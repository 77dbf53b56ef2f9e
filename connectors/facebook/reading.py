"""Any body of a Facebook page -> what was heard. Pure: no clock, no network, nothing remembered.

    webhook   entry[] -> changes[], messaging[], standby[]
    answer    data[], and what is nested in its nodes
    batch     the answers in it
    the rest  said to be what it is: an error, a receipt, a request, a body of another platform

A part that has the wrong shape becomes an element all the same: reading it fails, and so it is seen.
"""

from __future__ import annotations

import json
from typing import Any

from connectors.facebook.feed import read_change
from connectors.facebook.messaging import read_messaging
from connectors.facebook.nodes import EDGES, read_node, split_nodes
from connectors.meta import Here, as_object, opt_id
from webcare.ports.connector import Element, Heard, Sort

KIND = "facebook"
PARTS = ("changes", "messaging", "standby")
# Subscribed fields that Meta also delivers as changes: so does the test button of its dashboard.
MESSAGING_FIELDS = frozenset(
    {
        *("messages", "message_echoes", "message_edits", "message_reactions", "message_deliveries", "message_reads"),
        *(
            "messaging_postbacks",
            "messaging_referrals",
            "messaging_optins",
            "messaging_handovers",
            "messaging_policy_enforcement",
        ),
        *("messaging_account_linking", "messaging_payments", "messaging_feedback", "standby"),
    }
)
OTHERS = frozenset({"for_user_id", "update_id", "messaging_product", "includes", "tweet_create_events", "meta"})


def split(body: Any) -> list[Element]:
    """Return the elements of a body.

    Raises:
        ValueError: it is no JSON object, or calls itself a page's webhook and has no entries.
    """
    body = as_object(body, "body")
    if ("object" in body and not isinstance(body["object"], dict)) or "entry" in body:
        return _of_webhook(body)
    if "field" in body:  # a sample from the dashboard, without its envelope
        return [Element(where="$", value=body, around={"as": "changes"})]
    if isinstance(body.get("sender"), dict):
        return [Element(where="$", value=body, around={"as": "messaging"})]
    if isinstance(body.get("body"), str) and "code" in body:
        answer = as_object(json.loads(body["body"]), "body")
        return _of_answer(answer, "body")
    return _of_answer(body, "$")


def _of_answer(answer: dict[str, Any], where: str) -> list[Element]:
    if not _is_rest(answer):
        return split_nodes(answer)
    rest = [Element(where=where, value=answer, around={"as": "rest"})]
    return rest + split_nodes(answer) if answer.get("data") and not OTHERS & answer.keys() else rest


def _is_rest(body: dict[str, Any]) -> bool:
    if "error" in body or "error_message" in body or OTHERS & body.keys() or "recipient" in body or "recipient_id" in body:
        return True
    return "id" not in body and "data" not in body and not EDGES.keys() & body.keys() and "created_time" not in body


def _of_webhook(body: dict[str, Any]) -> list[Element]:
    kind = body.get("object")
    if not isinstance(kind, str):
        raise ValueError("object: missing" if kind is None else "object: not a text")
    if kind != "page":
        return [Element(where="object", value=body, around={"as": "other"})]
    entries = body.get("entry")
    if not isinstance(entries, list):
        raise ValueError("entry: missing" if entries is None else "entry: not a list")
    found: list[Element] = []
    for number, entry in enumerate(entries):
        where = f"entry[{number}]"
        if not isinstance(entry, dict) or not any(part in entry for part in PARTS):
            found.append(Element(where=where, value=entry, around={"as": "entry"}))
            continue
        for part in (part for part in PARTS if part in entry):
            around = {"as": part, "account": entry.get("id"), "time": entry.get("time")}
            items = entry[part]
            if not isinstance(items, list) or not items:
                found.append(Element(where=f"{where}.{part}", value=items, around={**around, "as": "list"}))
                continue
            found += [Element(where=f"{where}.{part}[{i}]", value=item, around=around) for i, item in enumerate(items)]
    return found


def read(element: Element, me: str | None) -> list[Heard]:
    """Return what one element says.

    Raises:
        ValueError: it cannot be understood; the message names the field.
    """
    part = element.around["as"]
    if part == "other":
        return [_ignored("other platform")]
    if part == "rest":
        if (gone := _gone(element.value, me)) is not None:
            return [gone]
        return [_ignored(_what_else(as_object(element.value, "element")))]
    if part == "list":
        if element.value == []:
            return [_ignored("an empty list")]
        raise ValueError("not a list")
    value = as_object(element.value, "element")
    if part == "entry":
        return [_ignored("an entry without changes and messaging")]
    here = Here(account=opt_id(dict(element.around), "account"), me=me, time=element.around.get("time"))
    if part == "node":
        return read_node(element, here)
    if part in ("messaging", "standby"):
        return read_messaging(value, here, part)
    field = opt_id(value, "field")
    if field in MESSAGING_FIELDS:
        return read_messaging(as_object(value.get("value"), "value"), here, str(field))
    return read_change(value, here)


def _ignored(reason: str) -> Heard:
    return Heard(sort=Sort.IGNORED, channel_kind=KIND, reason=reason)


def _gone(body: Any, me: str | None) -> Heard | None:
    """Return that a message is gone, where our own question for it by its id was answered so; None for any other answer."""
    asked, error = (body.get("asked"), body.get("error")) if isinstance(body, dict) else (None, None)
    if not isinstance(asked, str) or not asked or not isinstance(error, dict):
        return None
    if (error.get("code"), error.get("error_subcode")) != (100, 33):
        return None
    reason = "not there any more when it was asked for"
    return Heard(sort=Sort.DELETE, channel_kind=KIND, account=me, target_id=asked, raw_type="look_up.gone", reason=reason)


def _what_else(body: dict[str, Any]) -> str:
    """Name a body that tells of nobody's words."""
    error = body.get("error")
    if isinstance(error, dict):
        codes = "/".join(str(error[key]) for key in ("code", "error_subcode") if isinstance(error.get(key), int))
        return f"an error answer: {codes or 'without a code'}"
    if error is not None or "error_message" in body:
        return "an error answer: without a code"
    if OTHERS & body.keys():
        return "other platform"
    if "message_id" in body:
        return "the receipt of a message sent"
    if "recipient" in body:
        return "a request, not an answer"
    if body.get("success") is True:
        return "the receipt of a call"
    return "not a body that a page receives"
