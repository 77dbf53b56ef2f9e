"""What goes out to X: posts, direct messages, pictures, deeds. X knows no keys, so what is not clearly refused may have been sent."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from aiohttp import ClientConnectorError, ConnectionTimeoutError

from connectors.twitter.length import LONGEST_MESSAGE
from connectors.twitter.posts import one_to_one
from connectors.twitter.refusals import TOO_LONG, epoch, explain
from connectors.twitter.transport import NETWORK, Answer, GarbledError, RefusedError
from webcare.domain.message import Kind
from webcare.ports.connector import Deed, Receipt, WayKind
from webcare.ports.errors import OutsideError, RateLimited, RefusalCode, Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tweepy.asynchronous import AsyncClient

    from connectors.twitter.config import Config
    from webcare.ports.connector import Act, Reply, Upload

MOST_PICTURES = 4
MEGABYTE = 1024 * 1024
PART = MEGABYTE // 2
# https://docs.x.com/x-api/media/quickstart/best-practices
LARGEST = {"image/jpeg": 5, "image/png": 5, "image/webp": 5, "image/gif": 15}

_NO_CLOCK = datetime.fromtimestamp(0, UTC)
_BAD_REQUEST, _SERVER_ERROR = 400, 500


async def send(x: AsyncClient, config: Config, reply: Reply) -> Receipt:
    """Post a reply, or a direct message, with its pictures."""
    if is_direct(reply):
        if len(reply.text) > LONGEST_MESSAGE:
            raise Rejected(TOO_LONG, RefusalCode.TOO_LONG)
        address = _address(reply, config.user_id)
        media = await _uploaded(x, reply.uploads, "dm", most=1)
        sending = x.create_direct_message(text=reply.text or None, media_id=media[0] if media else None, **address)
        return _receipt(await _sent(sending), "dm_event_id")
    if reply.reply_to is None or not is_id(reply.reply_to):
        raise Rejected("on X a reply answers a post, and this one names none")
    media = await _uploaded(x, reply.uploads, "tweet", most=MOST_PICTURES)
    sending = x.create_tweet(text=reply.text or None, in_reply_to_tweet_id=reply.reply_to, media_ids=media or None)
    return _receipt(await _sent(sending), "id")


async def act(x: AsyncClient, config: Config, deed: Act) -> None:
    """Hide a reply below a post of ours, or like a post: https://docs.x.com/x-api/posts/hide-replies/introduction."""
    if deed.kind is Kind.DM or not is_id(deed.target_id):
        raise Rejected("X knows this for posts only")
    if deed.deed in (Deed.HIDE, Deed.UNHIDE):
        if deed.target_id == deed.conversation_id:
            raise Rejected("X hides replies only, and this post is none")
        doing = x.hide_reply(deed.target_id) if deed.deed is Deed.HIDE else x.unhide_reply(deed.target_id)
    elif deed.deed is Deed.LIKE:
        doing = x.request(
            "POST", f"/2/users/{config.user_id}/likes", params={}, json={"tweet_id": deed.target_id}, user_auth=True
        )
    else:
        doing = x.request("DELETE", f"/2/users/{config.user_id}/likes/{deed.target_id}", params={}, user_auth=True)
    try:
        await _again(doing)
    except Rejected as refused:
        if "already" not in refused.reason.lower():
            raise


# --- pictures ---


async def _uploaded(x: AsyncClient, uploads: tuple[Upload, ...], owner: str, *, most: int) -> list[str]:
    """Return the numbers that X gives to these pictures: https://docs.x.com/x-api/media/upload-media. Nothing is sent by that."""
    for one in uploads:
        if one.mime not in LARGEST:
            raise Rejected(f"X takes no files of this kind from here ({one.mime}): only JPEG, PNG, WebP and GIF")
        if len(one.content) > LARGEST[one.mime] * MEGABYTE:
            raise Rejected(f"X takes a picture of this kind up to {LARGEST[one.mime]} MB")
    if len(uploads) > most or (len(uploads) > 1 and any(one.mime == "image/gif" for one in uploads)):
        raise Rejected("X takes one picture in a direct message, and in a post four pictures or one GIF")
    return [await _upload(x, one, owner) for one in uploads]


async def _upload(x: AsyncClient, upload: Upload, owner: str) -> str:
    is_moving = upload.mime == "image/gif"
    if is_moving or len(upload.content) > PART:
        return await _in_parts(x, upload, f"{owner}_gif" if is_moving else f"{owner}_image")
    return _number(await _posted(x, "/2/media/upload", {"media": _text(upload.content), "media_category": f"{owner}_image"}))


async def _in_parts(x: AsyncClient, upload: Upload, category: str) -> str:
    """Upload what is large, or moves: X takes that in parts only."""
    begun = {"media_category": category, "media_type": upload.mime, "total_bytes": len(upload.content)}
    number = _number(await _posted(x, "/2/media/upload/initialize", begun))
    for n, start in enumerate(range(0, len(upload.content), PART)):
        part = {"media": _text(upload.content[start : start + PART]), "segment_index": n}
        await _posted(x, f"/2/media/upload/{number}/append", part)
    return _number(await _posted(x, f"/2/media/upload/{number}/finalize", None))


async def _posted(x: AsyncClient, route: str, body: dict[str, Any] | None) -> dict[str, Any]:
    return await _again(x.request("POST", route, params={}, json=body, user_auth=True))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _number(answer: dict[str, Any]) -> str:
    data = answer.get("data")
    found = data.get("id") if isinstance(data, dict) else None
    if not isinstance(found, str) or not is_id(found):
        raise Unavailable("X took a picture and gave it no number")
    return found


# --- what came of it ---


async def _again(doing: Awaitable[Any]) -> dict[str, Any]:
    """Return X's answer to something that may be done twice: where nobody can tell, it is done again."""
    try:
        return await _sent(doing)
    except Unconfirmed as error:
        raise Unavailable(str(error)) from error


async def _sent(sending: Awaitable[Any]) -> dict[str, Any]:
    """Return X's answer to something sent, told apart by whether it can have arrived."""
    try:
        answer = await sending
    except RefusedError as refused:
        if refused.status >= _SERVER_ERROR:  # a gateway's error says nothing about what stands behind it
            raise Unconfirmed(f"X answers {refused.status}: it may have been sent") from refused
        raise not_sent(refused) from refused
    except GarbledError as error:
        raise Unconfirmed(f"{error}: it may have been sent") from error
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise Unavailable(f"X cannot be reached ({type(error).__name__})") from error
    except NETWORK as error:
        raise Unconfirmed(f"the connection to X broke ({type(error).__name__}): it may have been sent") from error
    if isinstance(answer, Answer):
        return answer.found
    return answer if isinstance(answer, dict) else {}


def not_sent(refused: RefusedError) -> OutsideError:
    """Return what a refusal to send means. Sending is given no time of ours, so the clock is X's own."""
    try:
        now = parsedate_to_datetime(refused.headers.get("Date", ""))
    except ValueError:
        now = epoch(refused.headers.get("x-rate-limit-reset")) or _NO_CLOCK
    meaning = explain(refused.status, refused.headers, refused.body, now.replace(tzinfo=now.tzinfo or UTC))
    if isinstance(meaning, RateLimited) and now == _NO_CLOCK:
        return Unavailable("X limits the rate and does not say until when")
    return meaning


def _receipt(answer: dict[str, Any], name: str) -> Receipt:
    data, errors = answer.get("data"), answer.get("errors")
    found = data.get(name) if isinstance(data, dict) else None
    if isinstance(found, str) and found:
        return Receipt(external_id=found)
    if errors and not data:
        raise explain(_BAD_REQUEST, {}, json.dumps(answer).encode(), _NO_CLOCK)
    raise Unconfirmed("X says that it is done and names nothing: it may have been sent")


# --- whither ---


def is_direct(reply: Reply) -> bool:
    """Return whether a reply goes as a direct message: because its writer chose so, or because what it answers came as one."""
    if reply.kind is Kind.DM or reply.way is WayKind.PRIVATE:
        return True
    return reply.kind is None and reply.way is None and "-" in reply.conversation_id


def conversation(reply: Reply, us: str) -> str:
    """Return the id of the private conversation, fit for an address."""
    if reply.kind is not None and reply.kind is not Kind.DM:  # it begins at a post
        if reply.to is None or not is_id(reply.to):
            raise Rejected("on X a direct message goes to a person, and this one names none")
        return one_to_one(us, reply.to)
    if not all(is_id(one) for one in reply.conversation_id.split("-")):
        raise Rejected("this conversation has no number on X, so it can only be answered in the X app")
    return reply.conversation_id


def _address(reply: Reply, us: str) -> dict[str, str]:
    """Return whom tweepy should write to: a conversation that there is, or a person."""
    found = conversation(reply, us)
    begins = reply.kind is not None and reply.kind is not Kind.DM
    return {"participant_id": reply.to or ""} if begins else {"dm_conversation_id": found}


def is_id(found: str) -> bool:
    return found.isascii() and found.isdigit()
