"""What the applications are handed. Nothing here knows a database or a setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from webcare.ports.clock import Clock
    from webcare.services.receive import Receiver
    from webcare.web.health import Health
    from webcare.web.metrics import Metrics
    from webcare.web.remote import Network

BODY_WITHIN: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`trusted` are the proxies whose word about the caller counts, `body_within` the seconds that a body has to arrive."""

    clock: Clock
    health: Health
    receiver: Receiver
    metrics: Metrics
    trusted: tuple[Network, ...] = ()
    body_within: float = BODY_WITHIN
