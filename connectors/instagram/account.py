"""Who the token is, how long it lives, what it may do, and whether the webhook is told of what happens.

https://developers.facebook.com/docs/graph-api/reference/debug_token
https://developers.facebook.com/docs/instagram-platform/reference/me
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.instagram.config import FACEBOOK
from connectors.instagram.graph import nodes
from connectors.meta import EPOCH, instant
from webcare.ports.connector import Health
from webcare.ports.errors import AuthFailed, Rejected, Unavailable

if TYPE_CHECKING:
    from connectors.instagram.config import Config
    from connectors.instagram.graph import Graph

NEEDED_SCOPES = ("instagram_basic", "instagram_manage_comments", "pages_read_engagement")
SCOPES_OF_MESSAGES = ("instagram_manage_messages", "pages_manage_metadata")
NEEDED_FIELDS = ("comments", "mentions", "messages")


async def account_of(graph: Graph, config: Config, now: datetime | None) -> str | None:
    """Return the professional account that the token speaks for."""
    try:
        if config.login == FACEBOOK:
            answer = await graph.get(config.account_id, {"fields": "id,username"}, now)
            found = answer.get("id")
        else:
            answer = await graph.get("me", {"fields": "user_id,username"}, now)
            found = answer.get("user_id") or answer.get("id")
    except Rejected as error:
        if error.reason.startswith("it is gone"):
            return None
        raise Unavailable(f"Instagram does not understand the question: {error.reason}") from None
    return str(found) if isinstance(found, str | int) and found else None


async def health_of(graph: Graph, config: Config, now: datetime) -> Health:
    account = await account_of(graph, config, now)
    if account != config.account_id:
        who = "cannot see this account" if account is None else f"speaks for {account}"
        return Health(account=account, problems=(f"the token is not this account's: it {who}",))
    if config.login == FACEBOOK:
        expires_at, problems = await _token(graph, config, now)
    else:
        expires_at, problems = None, [] if config.token_made else ["until when the token lives is unknown: set token_made"]
    problems += await _subscriptions(graph, config, now)
    if config.login == FACEBOOK and config.messages and not config.page_id:
        problems.append("page_id is missing: messages go by whatever page the token is")
    return Health(account=account, expires_at=expires_at, problems=tuple(problems))


async def _token(graph: Graph, config: Config, now: datetime) -> tuple[datetime | None, list[str]]:
    """Let the token describe itself; 0 stands for a time that never comes."""
    try:
        answer = await graph.ask_inside("debug_token", {"input_token": graph.token}, now)
    except (AuthFailed, Rejected):
        return None, ["the token does not tell what it may do"]
    told = answer.get("data")
    said: dict[str, Any] = told if isinstance(told, dict) else {}
    ends = [at for key in ("expires_at", "data_access_expires_at") if (at := _when(said.get(key))) is not None]
    granted = said.get("scopes")
    wanted = NEEDED_SCOPES + (SCOPES_OF_MESSAGES if config.messages else ())
    missing = [name for name in wanted if name not in granted] if isinstance(granted, list) else []
    return min(ends, default=None), [f"permissions are missing: {', '.join(missing)}"] if missing else []


def _when(value: Any) -> datetime | None:
    try:
        at = instant(value, "expires_at")
    except ValueError:
        return None
    return at.astimezone(UTC) if at > EPOCH else None


async def _subscriptions(graph: Graph, config: Config, now: datetime) -> list[str]:
    """Look whether the app is subscribed; under Facebook's login which fields, only the dashboard knows."""
    try:
        answer = await graph.get(f"{config.postbox}/subscribed_apps", {"fields": "subscribed_fields"}, now)
    except (AuthFailed, Rejected):
        return ["cannot see the webhook's subscription"]
    if not nodes(answer):
        return ["the webhook is not subscribed: polling alone, and mentions are not heard of"]
    if config.login == FACEBOOK:
        return []
    told = {name for app in nodes(answer) if isinstance(fields := app.get("subscribed_fields"), list) for name in fields}
    missing = [name for name in NEEDED_FIELDS if name not in told]
    return [f"the webhook is not subscribed to {', '.join(missing)}"] if missing else []
