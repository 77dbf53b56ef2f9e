"""What webhooks say of what happened, in the bodies of both APIs.

    account    the Account Activity API: v1.1, ids twice, as number and as text; a number of that size loses its last digits on the way
    activity   the Activity API: posts as in v2, messages in the older form, one event a body

https://docs.x.com/x-api/account-activity/introduction, https://docs.x.com/x-api/activity/event-payloads
"""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from connectors.twitter.simulator.answers import escaped, mentioned, post, stamp, with_link
from connectors.twitter.simulator.world import US, Said, Whispered, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

CUT: Final = 140
APP: Final = "13090192"
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Thing = Said | Whispered


def lossy(ident: str) -> int:
    """Return an id as it comes out of a number that is no longer exact: 1924465506158878979 as 1924465506158879000."""
    return int(Decimal(repr(float(ident))))


def milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def old_time(at: datetime) -> str:
    """Return a time as v1.1 writes it, in English whatever the machine's language."""
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S} +0000 {at.year}"


def found(ident: str, world: World) -> Thing:
    """Return the post or message of an id.

    Raises:
        KeyError: there is none.
    """
    message = next((one for one in world.messages if one.id == ident), None)
    return message if message is not None else world.posts[ident]


def is_delivered(thing: Thing, world: World) -> bool:
    """Return whether webhooks tell of it: never of what protected accounts say."""
    return isinstance(thing, Whispered) or not (thing.is_protected or thing.author in world.protected)


# --- the older API


def account_bodies(things: Sequence[Thing], world: World, account: str) -> list[dict[str, Any]]:
    """Return the bodies that tell an account of these things, as many in one as follow each other and are of one kind."""
    return [
        {"for_user_id": account, **_group(name, list(those), world)}
        for name, those in groupby(things, key=lambda one: _list_of(one, world))
    ]


def _list_of(thing: Thing, world: World) -> str:
    if isinstance(thing, Whispered):
        return "direct_message_events"
    return "tweet_delete_events" if thing.id in world.gone else "tweet_create_events"


def _group(name: str, things: list[Thing], world: World) -> dict[str, Any]:
    messages = [one for one in things if isinstance(one, Whispered)]
    if messages:
        return {name: [_direct(one, world) for one in messages], **_beside(messages, world)}
    posts = [one for one in things if isinstance(one, Said)]
    if name == "tweet_delete_events":
        return {
            name: [{"status": {"id": one.id, "user_id": one.author}, "timestamp_ms": milliseconds(world.now)} for one in posts]
        }
    return {name: [tweet(one, world) for one in posts], "user_has_blocked": "false"}


def _both(name: str, ident: str | None) -> dict[str, Any]:
    return {name: None if ident is None else lossy(ident), f"{name}_str": ident}


def _user(user_id: str, world: World) -> dict[str, Any]:
    person = world.people.get(user_id, {"name": "Somebody", "username": f"user{user_id}"})
    return {**_both("id", user_id), "name": person["name"], "screen_name": person["username"]}


def tweet(said: Said, world: World) -> dict[str, Any]:
    """Return a v1.1 tweet: a long text is cut, the whole stands beside it."""
    answered = world.posts.get(said.reply_to or "")
    text = with_link(said.text, said.media, world)
    whole = {
        "created_at": old_time(said.at),
        "timestamp_ms": milliseconds(said.at),
        **_both("id", said.id),
        "text": escaped(text if len(text) <= CUT else text[: CUT - 1] + "…"),
        "truncated": len(text) > CUT,
        "source": f'<a href="https://x.com" rel="nofollow">{said.source or "X Web App"}</a>',
        **_both("in_reply_to_status_id", said.reply_to),
        **_both("in_reply_to_user_id", answered.author if answered else None),
        "user": _user(said.author, world),
        "is_quote_status": said.quotes is not None,
        "entities": _entities(said.text if len(text) <= CUT else "", world),
        "edit_history": {"initial_tweet_id": said.chain[0], "edit_tweet_ids": list(said.chain)},
        "favorited": False,
        "lang": said.lang,
    }
    if len(text) > CUT:
        whole["extended_tweet"] = {"full_text": escaped(text), "entities": _entities(said.text, world)}
    if said.media:
        whole["extended_entities"] = {"media": [_picture(key) for key in said.media]}
    for name, other in (("quoted_status", said.quotes), ("retweeted_status", said.retweets)):
        if other in world.posts:
            whole[name] = tweet(world.posts[other], world)
    return whole


def _entities(text: str, world: World) -> dict[str, Any]:
    named = [
        {"screen_name": one["username"], **_both("id", one["id"]), "indices": [one["start"], one["end"]]}
        for one in mentioned(text, world)
    ]
    return {"hashtags": [], "urls": [], "symbols": [], "user_mentions": named}


def _picture(key: str) -> dict[str, Any]:
    return {**_both("id", key.rpartition("_")[2]), "type": "photo", "media_url_https": f"https://pbs.twimg.com/media/{key}.jpg"}


def _direct(message: Whispered, world: World) -> dict[str, Any]:
    data: dict[str, Any] = {
        "text": escaped(with_link(message.text, message.media, world)),
        "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
    }
    if message.media:
        data["attachment"] = {"type": "media", "media": _picture(message.media[0])}
    return {
        "type": "message_create",
        "id": message.id,
        "created_timestamp": milliseconds(message.at),
        "message_create": {
            "target": {"recipient_id": message.recipient},
            "sender_id": message.sender,
            "source_app_id": APP,
            "message_data": data,
        },
    }


def _beside(messages: list[Whispered], world: World) -> dict[str, Any]:
    people = sorted({user for one in messages for user in (one.sender, one.recipient)})
    users = {one: {**_user(one, world), "id": one} for one in people}
    return {"apps": {APP: {"id": APP, "name": "X Web App"}}, "users": users}


def read_body(message: Whispered, reader: str, world: World, account: str) -> dict[str, Any]:
    """Return that somebody has read everything up to a message."""
    other = message.sender if message.sender != reader else message.recipient
    event = {
        "created_timestamp": milliseconds(world.now),
        "sender_id": reader,
        "target": {"recipient_id": other},
        "last_read_event_id": message.id,
    }
    return {"for_user_id": account, "direct_message_mark_read_events": [event], "users": _beside([message], world)["users"]}


def revoked_body(world: World, shape: str) -> dict[str, Any]:
    """Return that our access was taken back."""
    if shape == "activity":
        payload = {"user_id": US, "app_id": APP, "date_time": stamp(world.now)}
        return _event("oauth.revoke", payload, {}, US, stamp(world.now))
    revoke = {"date_time": stamp(world.now), "target": {"app_id": APP}, "source": {"user_id": US}}
    return {"user_event": {"revoke": revoke}}


# --- the newer API


def activity_body(thing: Thing, world: World, account: str) -> dict[str, Any]:
    """Return the event that tells an account of one thing."""
    if isinstance(thing, Whispered):
        name = "dm.sent" if thing.sender == account else "dm.received"
        people = {one: {"data": world.person(one) or {"id": one}} for one in sorted({thing.sender, thing.recipient})}
        return _event(name, {"direct_message_events": [_direct(thing, world)], "users": people}, {}, account, thing.id)
    if thing.id in world.gone:
        return _event("post.delete", {"id": thing.id, "author_id": thing.author}, {}, account, thing.id)
    payload = post(thing, world, is_counted=True)
    for name in ("edit_controls", "public_metrics"):
        payload[name] = _counted_twice(payload[name])
    known = world.person(thing.author)
    return _event(_name_of(thing, world, account), payload, {"users": [known]} if known else {}, account, thing.id)


def _counted_twice(holder: dict[str, Any]) -> dict[str, Any]:
    """Return an object in which every count stands as a text too."""
    counts = {name: value for name, value in holder.items() if isinstance(value, int) and not isinstance(value, bool)}
    return {**holder, **{f"{name}_str": str(value) for name, value in counts.items()}}


def _name_of(said: Said, world: World, account: str) -> str:
    """Return what the event is called: one that is several things is the first of them here."""
    quoted, answered = world.posts.get(said.quotes or ""), world.posts.get(said.reply_to or "")
    if said.author == account:
        return "post.create"
    if said.retweets is not None:
        return "post.repost.create"
    if any(one["id"] == account for one in mentioned(said.text, world)):
        return "post.mention.create"
    if answered is not None and answered.author == account:
        return "post.reply.create"
    return "post.quote.create" if quoted is not None and quoted.author == account else "post.create"


def _event(name: str, payload: dict[str, Any], includes: dict[str, Any], account: str, seed: str) -> dict[str, Any]:
    """Return an event. Its id is a number of 64 bits with a sign, the same whenever it is told again."""
    number = int.from_bytes(sha256(f"{name} {account} {seed}".encode()).digest()[:8], "big", signed=True)
    data = {
        "event_uuid": str(number),
        "filter": {"user_id": account},
        "event_type": name,
        "tag": "webcare",
        "payload": payload,
    }
    return {"data": data | ({"includes": includes} if includes else {})}
