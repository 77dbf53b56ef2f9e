"""Telephones and chat rooms by way of apprise: one target a delivery, so that a repeat never rings where it has rung already.

What an apprise address may ask for is cut down. Only schemes of an allow-list, because `json://` posts to any machine it names. No
redirects. No retries or waits of its own: the outbox does that. No `optional=yes`, which calls a failure a success. No list of several
receivers in one address. What is too long is cut, not split into five text messages; the most urgent stands first.

Receivers that know a dedupe key get ours, in place of one in the address: a fixed key would swallow the next alert.
Addresses are secrets. apprise and requests log them when asked to talk much, so here they talk to nobody; we log once, ourselves.
"""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from webcare.ports.errors import AuthFailed, OutsideError, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import ModuleType

    from webcare.notify.envelope import Envelope

# Encrypted on the way, and made to reach people. Not in it on purpose: json, xml, form, apprise (any machine), mailto (SMTP is ours).
SCHEMES = (
    *("pagerduty", "opsgenie", "jira", "ilert", "incidentio", "firehydrant", "goalerts", "signl4", "splunk", "victorops"),
    *("squadcast", "pagertree", "spike", "betterstack", "xmatters"),
    *(
        "slack",
        "workflow",
        "workflows",
        "mmosts",
        "rockets",
        "zulip",
        "gchat",
        "wxteams",
        "webex",
        "discord",
        "matrixs",
        "nctalks",
    ),
    *("ntfys", "gotifys", "pover", "tgram", "signals", "threema", "whatsapp", "hassios"),
    *("twilio", "vonage", "nexmo", "cm", "seven", "bulksms", "clickatell", "clicksend", "sns"),
)
DEDUPE = {  # the constructor's name for the receiver's dedupe key
    **dict.fromkeys(("pagerduty", "ilert", "incidentio", "firehydrant", "goalert", "goalerts"), "dedup"),
    **dict.fromkeys(("opsgenie", "jira"), "alias"),
    **dict.fromkeys(("splunk", "victorops"), "entity_id"),
    "signl4": "external_id",
}
TIMEOUT = timedelta(seconds=20)  # well under the lease of a delivery

_STATUS = re.compile(r"\berror=(\d{3})\b")
_NO_RIGHT = frozenset({401, 403})
_NEVER = frozenset({400, 404, 405, 410, 413, 414, 415, 422})


class AppriseNotifier:
    """Carries to apprise addresses."""

    def __init__(self, schemes: Collection[str] = SCHEMES, timeout: timedelta = TIMEOUT) -> None:
        self._schemes = frozenset(schemes)
        self._timeout = timeout

    def check(self, target: str) -> str:
        """Return the address as it may be shown: without its secrets.

        Raises:
            Rejected: nothing will ever be delivered there.
        """
        return str(self._service(target, key="check").url(privacy=True))

    async def carry(self, envelope: Envelope) -> None:
        """Hand it over; not in the event loop, because apprise blocks and takes half a second to import."""
        await asyncio.to_thread(self._carry, envelope)

    def _carry(self, envelope: Envelope) -> None:
        apprise = _apprise()
        one = apprise.Apprise()
        one.add(self._service(envelope.target, envelope.key))
        kind = apprise.NotifyType.FAILURE if envelope.is_grave else apprise.NotifyType.WARNING
        result = one.notify(
            title=envelope.words.subject,
            body=envelope.words.text,
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=self._timeout.total_seconds(),
        )
        if not result:
            raise _meaning(result)

    def _service(self, target: str, key: str) -> Any:
        """Return what apprise makes of an address, with our own terms in place of those in it."""
        apprise = _apprise()
        parts = apprise.plugins.url_to_dict(target, secure_logging=True)
        if parts is None:
            raise Rejected("the address is none that apprise knows")
        scheme = str(parts["schema"])
        if scheme not in self._schemes:
            raise Rejected(f"{scheme}:// is not among the allowed kinds of address")
        parts.update(retry=0, optional=False, redirect=False, overflow="truncate")
        if scheme in DEDUPE:
            parts[DEDUPE[scheme]] = key
        asset = apprise.AppriseAsset(
            app_id="webcare", app_desc="webcare", app_url="", storage_mode="memory", allow_templates=False
        )
        service = apprise.Apprise.instantiate(parts, asset=asset)
        if service is None:
            raise Rejected(f"the {scheme}:// address is incomplete or wrong")
        if len(service) > 1:
            raise Rejected(f"the {scheme}:// address names several receivers; give each a contact method of its own")
        return service


@cache
def _apprise() -> ModuleType:
    """Import it when the first alert goes out, and keep it from logging addresses and messages."""
    talker = logging.getLogger("apprise")
    talker.addHandler(logging.NullHandler())
    talker.propagate = False
    talker.setLevel(logging.WARNING)  # whatever our own level: its lines tell us what the receiver answered
    logging.getLogger("urllib3").setLevel(logging.INFO)  # its DEBUG lines hold paths, and these hold tokens
    import apprise  # noqa: PLC0415 - half a second and 45 MB, which most commands do not need

    return apprise


def _meaning(result: Any) -> OutsideError:
    """Return what a failed delivery means. apprise answers yes or no; only its log names the receiver's status."""
    found = [int(code) for entry in result.logs() for code in _STATUS.findall(entry.message)]
    status = found[-1] if found else None
    if status in _NO_RIGHT:
        return AuthFailed(f"the receiver refused us: {status}")
    if status in _NEVER:
        return Rejected(f"the receiver will not take it: {status}")
    if status is not None:
        return Unavailable(f"the receiver answered {status}")
    return Unavailable("the receiver could not be reached, or did not answer in time")
