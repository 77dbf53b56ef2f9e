"""What else Meta tells an app: changes of our account, which people have to know, and what is not for us.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.whatsapp.messages import identity
from connectors.whatsapp.shapes import KIND, account, ident, label, maybe_obj, when
from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SUMMARY = 300

# Understood, and of no interest to those who answer customers.
IGNORED = {
    "history": "chats from before the number was connected",
    "smb_app_state_sync": "the address book of the phone app",
    "user_preferences": "a customer's choice about marketing messages",
    "calls": "a call, no message",
    "automatic_events": "a purchase or lead that Meta found in a chat",
    "tracking_events": "a click on a marketing message",
    "flows": "the state of a form",
}
ACCOUNT_STARTS = ("account_", "business_", "phone_number_", "message_template_", "template_", "payment_configuration_")
ACCOUNT_FIELDS = frozenset({"security", "partner_solutions", "username_update", "business_username_update"})


def read_change(value: dict[str, Any], around: Mapping[str, Any], _me: str | None) -> Heard:
    """Return what a change that is no message means."""
    field = around.get("field")
    if not isinstance(field, str):
        return Heard(sort=Sort.IGNORED, channel_kind=KIND, reason="a change that does not name its field")
    if field in ACCOUNT_FIELDS or field.startswith(ACCOUNT_STARTS):
        return Heard(
            sort=Sort.ACCOUNT,
            channel_kind=KIND,
            account=account({**around, "metadata": maybe_obj(value, "metadata")}),
            created_at=None if around.get("time") is None else when({}, around),
            raw_type=field,
            reason=f"{field}: {_summary(value)}",
        )
    known = "a change in a group, no message" if field.startswith("group_") else IGNORED.get(field)
    return Heard(
        sort=Sort.IGNORED, channel_kind=KIND, raw_type=field, reason=f"{field}: {known or 'a field that is not known here'}"
    )


def _summary(value: Mapping[str, Any]) -> str:
    """Return the event and the plain values beside it, for the person who has to act."""
    event = label(value, "event")
    parts = [] if event is None else [event]
    for name, part in value.items():
        if isinstance(part, dict):
            parts += [
                f"{inner}={plain}" for inner, plain in part.items() if isinstance(plain, (str, int)) and inner != "metadata"
            ]
        elif isinstance(part, (str, int)) and name not in ("event", "messaging_product", "field", "object"):
            parts.append(f"{name}={part}")
    return ", ".join(parts)[:LONGEST_SUMMARY] or "nothing in it"


def read_user_id_update(item: dict[str, Any], around: Mapping[str, Any], _me: str | None) -> Heard:
    """Return a changed BSUID. Meta says that nobody can subscribe to this field, yet bodies of it circulate.

    Raises:
        ValueError: it names no id.
    """
    change = maybe_obj(item, "user_id")
    old = ident(change, "previous") or ident(item, "previous_user_id") or ident(item, "wa_id")
    new = ident(change, "current") or ident(item, "user_id")
    if new is None:
        raise ValueError("user_id: neither an id nor one that is current")
    return identity(around, old=old, new=new, at=when(item, around), sort="user_id_update", text=label(item, "detail"))
