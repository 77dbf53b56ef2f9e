"""The thin client: it asks a service for messages and hands it our replies, by the four addresses that `openapi.yaml` names.

A reply carries its key (`Idempotency-Key`), under which the service gives the same answer again and can be asked whether it has it. So
nothing is ever sent twice, and no broken connection leaves a question open for a person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp

from webcare.ports.connector import Batch, Health, Limits, Receipt, Way, WayKind, Words
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, RefusalCode, Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.ports.connector import Reply, Session, Situation

NOWHERE = "https://not-set.invalid"
NO_ADDRESS = Words(
    nl="Van dit kanaal horen we alleen: antwoord waar de klant schreef.",
    en="This channel only tells us what is said: answer where the customer wrote.",
)
WELL = range(200, 300)
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER = 401, 403, 404, 429, 500
LATER = frozenset({408, 425})
BROKEN_OFF = frozenset({500, 502, 504})  # without a word of the service's own: behind it the reply may have gone through
NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
BROKEN = (aiohttp.ClientError, OSError)
REFUSALS = {one.value: one for one in RefusalCode if one is not RefusalCode.PART_BEFORE}
LONGEST_REASON = 300
LONGEST_WAIT = timedelta(days=7)  # more is a mistake
DIGITS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the operator's `[[channel]]` table says."""

    account: str = field(metadata={"help": "the name of our account there, as its deliveries and its health answer write it"})
    base_url: str = field(default=NOWHERE, metadata={"help": "where the service answers; without it this channel is only heard"})
    polled: bool = field(default=True, metadata={"help": "also ask for messages, beside what is delivered to our hook"})
    longest: int = field(default=4000, metadata={"help": "the longest reply that the service takes, in characters"})
    private_replies: tuple[str, ...] = field(
        default=(),
        metadata={"help": "kinds of public messages that may be answered in private too: post, comment, mention, review"},
    )


def limits_of(config: Config) -> Limits:
    return Limits(length=config.longest)


def ways(situation: Situation, config: Config, now: datetime) -> tuple[Way, ...]:  # noqa: ARG001 - the contract's arguments
    """Return how a customer may be answered: as they wrote, of some kinds in private too."""
    kind = situation.message.kind
    as_it_came = WayKind.PRIVATE if kind.is_private else WayKind.PUBLIC
    if config.base_url == NOWHERE:
        return (Way(kind=as_it_came, refused=NO_ADDRESS),)
    also = (Way(kind=WayKind.PRIVATE),) if not kind.is_private and kind.value in config.private_replies else ()
    return (Way(kind=as_it_came), *also)


# --- what an answer means ---


def explain(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> OutsideError:
    """Return what to do about an answer that is no success: `{"error": {"code": ..., "message": ...}}`, or a proxy's page."""
    error = _error(body)
    says = str(error.get("message") or error.get("code") or f"HTTP {status}")[:LONGEST_REASON]
    if status == TOO_MANY:
        return RateLimited(_until(headers, now))
    if status >= SERVER or status in LATER:
        return Unavailable(says)
    code = error.get("code")
    if isinstance(code, str) and code in REFUSALS:
        return Rejected(says, REFUSALS[code])
    if status in (UNAUTHORIZED, FORBIDDEN):
        return AuthFailed(says)
    if error and status not in WELL:
        return Rejected(says)
    return Unavailable(f"HTTP {status} without an answer that can be read")


def _until(headers: Mapping[str, str], now: datetime) -> datetime:
    """Return when the service wants us back: `Retry-After` in seconds or as a date, else a minute from now."""
    given = next((value.strip() for name, value in headers.items() if name.lower() == "retry-after"), "")
    wait = timedelta(minutes=1)
    if given.isascii() and given.isdigit() and len(given) <= DIGITS:
        wait = timedelta(seconds=int(given))
    elif (at := _date(given)) is not None:
        wait = at - now
    return now + min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)


def _date(given: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _error(body: bytes) -> dict[str, Any]:
    found = _object(body).get("error")
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def refusal(self, now: datetime | None = None) -> OutsideError:
        """Return what it means. Where we have no clock, its `Date` is the one that a limit is counted from."""
        at = now or _date(self.headers.get("Date", ""))
        found = explain(self.status, self.headers, self.body, at or datetime.min.replace(tzinfo=UTC))
        if isinstance(found, RateLimited) and at is None:
            return Unavailable("a limit is hit, and the answer does not say what time it is")
        return found


class Client:
    """Talks to one service as one account of ours."""

    def __init__(self, config: Config, session: Session, secrets: Mapping[str, str]) -> None:
        self._config, self._session, self._secrets = config, session, secrets

    async def poll(self, cursor: str | None, now: datetime) -> Batch:
        """Ask what is new. A cursor is the service's own word: we keep it and hand it back."""
        if not self._config.polled or self._is_nowhere:
            return Batch(bodies=(), cursor=cursor)
        answered = await self._ask("messages", params={} if cursor is None else {"since": cursor})
        found = _object(answered.body) if answered.status in WELL else {}
        if answered.status not in WELL or not isinstance(found.get("messages"), list):
            raise answered.refusal(now)
        given = found.get("cursor")
        onwards = given if isinstance(given, str) and given else cursor
        bodies = (found,) if found["messages"] else ()
        return Batch(bodies=bodies, cursor=onwards, more=found.get("more") is True and onwards != cursor)

    async def send(self, reply: Reply) -> Receipt:
        """Hand over a reply. The service takes a key once: a second time it only says again what became of it."""
        if self._is_nowhere:
            raise Rejected(NO_ADDRESS.en)
        asked = {
            "key": reply.key,
            "conversation_id": reply.conversation_id,
            "reply_to": reply.reply_to,
            "to": reply.to,
            "text": reply.text,
            "private": reply.way is WayKind.PRIVATE or (reply.kind is not None and reply.kind.is_private),
        }
        try:
            answered = await self._call("POST", "replies", json=asked, headers={"Idempotency-Key": reply.key})
        except NEVER_LEFT as error:
            raise Unavailable(f"the service cannot be reached: {type(error).__name__}") from error
        except BROKEN as error:
            raise Unconfirmed(f"the connection broke while sending: {type(error).__name__}") from error
        if answered.status in WELL:
            return _receipt(answered)
        if answered.status in BROKEN_OFF and not _error(answered.body):
            raise Unconfirmed(f"HTTP {answered.status} without an answer that can be read")
        raise answered.refusal()

    async def find(self, reply: Reply) -> Receipt | None:
        """Ask by its key. Only the service's own `not_found` says that it has no such reply: a proxy's 404 says nothing."""
        answered = await self._ask(f"replies/{quote(reply.key, safe='')}")
        if answered.status in WELL:
            return _receipt(answered)
        if answered.status == NOT_FOUND and _error(answered.body).get("code") == "not_found":
            return None
        refusal = answered.refusal()
        raise Unavailable(str(refusal)) if isinstance(refusal, Rejected) else refusal

    async def preflight(self, now: datetime) -> Health:
        """Ask who we are there."""
        if self._is_nowhere:
            return Health(account=self._config.account)
        answered = await self._ask("health")
        if answered.status not in WELL:
            raise answered.refusal(now)
        found = _object(answered.body)
        account = found.get("account")
        if not isinstance(account, str):
            raise Unavailable("an answer that cannot be read")
        problems = [one for one in found.get("problems") or [] if isinstance(one, str)]
        if account != self._config.account:
            problems.append(f"the token speaks for account {account}, the channel names {self._config.account}")
        return Health(account=account, expires_at=_instant(found.get("expires_at")), problems=tuple(problems))

    @property
    def _is_nowhere(self) -> bool:
        return self._config.base_url == NOWHERE

    async def _call(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Answered:
        """Call once; what breaks on the way is aiohttp's. The token travels in a header, and never along a redirect."""
        url = f"{self._config.base_url.rstrip('/')}/{path}"
        ours = {"Authorization": f"Bearer {self._secrets.get('api_token', '').strip()}", **(headers or {})}
        async with self._session.request(method, url, headers=ours, allow_redirects=False, **more) as response:
            return Answered(status=response.status, headers=response.headers, body=await response.read())

    async def _ask(self, path: str, **more: Any) -> Answered:
        try:
            return await self._call("GET", path, **more)
        except BROKEN as error:
            raise Unavailable(f"the service cannot be reached: {type(error).__name__}") from error


def _receipt(answered: Answered) -> Receipt:
    found = _object(answered.body)
    name = found.get("id")
    if not isinstance(name, str) or not name:
        raise Unconfirmed(f"HTTP {answered.status}, but no id in the answer")
    return Receipt(external_id=name, accepted_at=_instant(found.get("accepted_at")))


def _instant(value: Any) -> datetime | None:
    """Return a moment, None for what is none: it only decorates."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return None if found is None or found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
