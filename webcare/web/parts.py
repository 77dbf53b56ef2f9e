"""What the applications are handed. Nothing here knows a database or a setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webcare.domain.verdict import Verdict
    from webcare.ports.channel import ChannelAccount
    from webcare.ports.classifier import Request
    from webcare.ports.clock import Clock
    from webcare.services.receive import Receiver
    from webcare.services.settle import Rules
    from webcare.services.sign_in import SignIn
    from webcare.web.health import Health
    from webcare.web.metrics import Metrics
    from webcare.web.remote import Network
    from webcare.web.stage import Stage

P = ParamSpec("P")
T = TypeVar("T")

BODY_WITHIN: Final = 20.0


class Door(Protocol):
    """Runs a unit of work of the services; what a unit is handed first, the pages never see."""

    async def write(self, unit: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def read(self, unit: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What the pages for people need.

    `rules` and `channels` are asked each time, since a reload replaces them. `wake` runs a row of the table of work now. `trouble` is what
    the door raises when the database cannot be used. `home` is where people open webcare, as far as the operator said.
    `stage` is there in the demo only.
    """

    door: Door
    sign_in: SignIn
    rules: Callable[[], Rules]
    channels: Callable[[], Sequence[ChannelAccount]]
    wake: Callable[[str], None]
    trouble: type[Exception]
    brand: str
    zone: str
    language: str
    home: str | None = None
    schemes: frozenset[str] | None = None  # of targets that an alert may go to; None: any
    explain: Callable[[Request], Verdict] | None = None  # reads a message with the words that decide; blocks
    stage: Stage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`trusted` are the proxies whose word about the caller counts, `body_within` the seconds that a body has to arrive.

    Without an `inbox` the site answers health only.
    """

    clock: Clock
    health: Health
    receiver: Receiver
    metrics: Metrics
    inbox: Inbox | None = None
    trusted: tuple[Network, ...] = ()
    body_within: float = BODY_WITHIN
