"""Webhook bodies as Meta writes them, and the bytes that it signs.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from connectors.whatsapp.simulator.world import Customer, Sent, World


def seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def change(world: World, field: str, **parts: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": world.shown_number, "phone_number_id": world.number_id}
    return {"value": {"messaging_product": "whatsapp", "metadata": metadata, **parts}, "field": field}


def body_of(world: World, changes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": [{"id": world.business_id, "changes": list(changes)}]}


def contact(customer: Customer) -> dict[str, Any]:
    """Return how Meta shows a customer: since 2026 the number or the user id may be left out."""
    found: dict[str, Any] = {"profile": {"name": customer.name}}
    if customer.username is not None:
        found["profile"]["username"] = customer.username
    if customer.shows_number:
        found["wa_id"] = customer.number
    if customer.shows_user_id:
        found["user_id"] = customer.user_id
    return found


def sender(customer: Customer) -> dict[str, Any]:
    found = {"from": customer.number} if customer.shows_number else {}
    return {**found, "from_user_id": customer.user_id} if customer.shows_user_id else found


def status(world: World, sent: Sent, state: str, errors: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    customer = world.customer(sent.to)
    found: dict[str, Any] = {"id": sent.wamid, "status": state, "timestamp": seconds(world.now)}
    if customer is None or customer.shows_number:
        found["recipient_id"] = sent.to.removeprefix("+") if customer is None else customer.number
    if customer is not None and customer.shows_user_id:
        found["recipient_user_id"] = customer.user_id
    if state in ("sent", "delivered", "read"):
        found["pricing"] = _pricing(world, sent, customer)
    if "biz_opaque_callback_data" in sent.body:
        found["biz_opaque_callback_data"] = sent.body["biz_opaque_callback_data"]
    return {**found, "errors": errors} if errors else found


def _pricing(world: World, sent: Sent, customer: Customer | None) -> dict[str, Any]:
    """Return what a message costs: nothing in reply to a customer, but for marketing; a template outside the 24 hours always.

    https://developers.facebook.com/docs/whatsapp/pricing
    """
    found: dict[str, Any] = {"billable": False, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"}
    if sent.body.get("type") != "template":
        return found
    part = sent.body["template"]
    category = world.templates[part["name"], part["language"]["code"]].category
    is_free = category == "utility" and customer is not None and world.window_is_open(customer)
    return {**found, "category": category} if is_free else {**found, "billable": True, "category": category, "type": "regular"}


def written(body: dict[str, Any]) -> bytes:
    """Return the bytes of a delivery: Meta escapes what is not ASCII in lower case, and slashes."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def signature(raw: bytes, app_secret: str) -> str:
    return "sha256=" + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()
