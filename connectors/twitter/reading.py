"""The pure half: a body of X into elements, an element into what was heard. No I/O, no clock.

    poll answer   {"data", "includes", "errors", "meta"}    -> a post, an event or an error each
    Activity API  {"data": {"event_type", "payload", ...}}  -> an event
    Account Activity {"for_user_id", "..._events"}          -> a happening each
    one bare object, as streams and the documentation show it

An account that the body names wins over `me`: a webhook of one app serves several accounts. What X puts beside the elements
(`includes`, `users`, `meta`) explains them and is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.twitter.activity import read_activity, split_activity
from connectors.twitter.current import included, read_error, read_event, read_post
from connectors.twitter.fields import as_ident, clipped, record
from connectors.twitter.legacy import read_happening, read_tweet, split_events
from connectors.twitter.posts import Here, ignored
from connectors.twitter.refusals import explain
from webcare.ports.connector import Element, Heard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["explain", "read", "split"]

OTHER_PLATFORM = "other platform"
_FOREIGN = frozenset({"created_time", "timestamp", "from", "messaging_product"})
_POST = frozenset(
    {"text", "author_id", "conversation_id", "note_tweet", "note_post", "edit_history_tweet_ids", "edit_history_post_ids"}
    | {"referenced_tweets", "referenced_posts"}
)
_EVENT = frozenset({"sender_id", "event_type"})
_NO_EVENT = frozenset({"dm_event_id", "subscription_id"})  # a receipt, and the subscription to events
_TWEET = frozenset({"id_str", "full_text", "in_reply_to_status_id_str", "user"})
_ACCOUNT = frozenset({"for_user_id", "user_event", "replay_job_status"})
_PROBLEM = frozenset({"title", "detail"})


def split(body: Any) -> list[Element]:
    """Return the elements of a body, each to be read on its own.

    Raises:
        ValueError: the body is no JSON object.
    """
    whole = record(body, "body")
    if "endpoint" in whole and isinstance(whole.get("response"), dict):  # a recorded exchange, as X's own playground keeps them
        whole = whole["response"]
    data = whole.get("data")
    if isinstance(data, dict) and ("payload" in data or "event_uuid" in data):
        return split_activity(data, "data") + _errors(whole)
    if _ACCOUNT & whole.keys() or any(key.endswith("_events") for key in whole):
        found = split_events(whole, whole.get("for_user_id"))
        return found or [Element(where="body", value=whole, around={"part": "unknown"})]
    if _is_foreign(whole):
        return [Element(where="body", value=None, around={"part": "foreign"})]
    if "data" in whole or "errors" in whole or "meta" in whole:
        return _answer(whole)
    return [Element(where="body", value=whole, around={"part": _shape(whole, bare=True)})]


def _is_foreign(whole: dict[str, Any]) -> bool:
    data = whole.get("data")
    listed = data if isinstance(data, list) else [data]
    return "paging" in whole or "entry" in whole or any(isinstance(one, dict) and _FOREIGN & one.keys() for one in listed)


def _answer(whole: dict[str, Any]) -> list[Element]:
    data = whole.get("data")
    beside = {"beside": {"includes": whole.get("includes")}}
    if isinstance(data, list):
        found = [Element(where=f"data[{n}]", value=one, around={**beside, "part": _shape(one)}) for n, one in enumerate(data)]
    else:
        found = [] if data is None else [Element(where="data", value=data, around={**beside, "part": _shape(data)})]
    return found + _errors(whole)


def _errors(whole: dict[str, Any]) -> list[Element]:
    errors = whole.get("errors")
    listed = errors if isinstance(errors, list) else [] if errors is None else [errors]
    return [Element(where=f"errors[{n}]", value=one, around={"part": "error"}) for n, one in enumerate(listed)]


def _shape(value: Any, *, bare: bool = False) -> str:
    """Return what an object is, by the keys that nothing else has."""
    if not isinstance(value, dict):
        return "unknown"
    keys = value.keys()
    if _TWEET & keys and ("text" in keys or "full_text" in keys) and "user" in keys:
        return "tweet"
    if bare and _FOREIGN & keys:
        return "foreign"
    if _EVENT & keys and not _NO_EVENT & keys:
        return "event"
    if _POST & keys and (not bare or "id" in keys):
        return "post"
    if bare:
        return "error" if keys >= _PROBLEM else "foreign"
    return "unknown"


def read(element: Element, me: str | None) -> list[Heard]:
    """Return what one element says; `me` is our account where the body does not name it.

    Raises:
        ValueError: a field is missing or is not what X documents.
    """
    around = element.around
    named = as_ident(around.get("account"), "account")
    account = named or me
    here = Here(account=account, ours=frozenset(one for one in (named, me) if one is not None))
    if "beside" in around:
        around = {**around, **included(dict(around["beside"]))}
    reader = _READERS.get(str(around["part"]), read_happening)
    return reader(element.value, around, here)


def _foreign(_value: Any, _around: Mapping[str, Any], _here: Here) -> list[Heard]:
    return [ignored(OTHER_PLATFORM)]


def _unknown(value: Any, _around: Mapping[str, Any], here: Here) -> list[Heard]:
    keys = record(value, "element").keys()
    what = "a user" if "username" in keys else f"neither post nor message (keys: {clipped(', '.join(keys))})"
    return [ignored(what, account=here.account)]


def _bare_tweet(value: Any, around: Mapping[str, Any], here: Here) -> list[Heard]:
    return [read_tweet(record(value, "tweet"), around, here)]


_READERS: dict[str, Callable[[Any, Mapping[str, Any], Here], list[Heard]]] = {
    "activity": read_activity,
    "error": read_error,
    "event": read_event,
    "foreign": _foreign,
    "post": read_post,
    "tweet": _bare_tweet,
    "unknown": _unknown,
}
