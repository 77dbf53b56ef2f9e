"""Receive: what a platform pushes is proven, kept byte for byte, and acknowledged only after the commit.

    raw bytes --verify--> raw_body --commit--> KEPT, and the collector is woken

Nothing is parsed here. A signed body that is no JSON, or nested too deep to read, is kept like any other: `collect` finds out, and a person
sees it, instead of its being lost between two programs. A body without a right signature leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from webcare.store import raw_bodies
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from webcare.ports.clock import Clock
    from webcare.ports.connector import Answer, Spec
    from webcare.store.door import Store

T = TypeVar("T")

log = structlog.get_logger()

KEEP_FOR: Final = timedelta(days=14)
LONGEST_HEADER: Final = 300
# What a reader may want to know of a delivery. Never what proves it: signatures, cookies and tokens end here.
KEPT_HEADERS: Final = {"content-type", "date", "user-agent"}
KEPT_ENDING: Final = "timestamp"


class Outcome(StrEnum):
    """How a call ended; also a label of the metrics."""

    KEPT = "kept"
    ANSWERED = "answered"  # a handshake
    UNKNOWN = "unknown"  # no such address, or nothing that it answers
    UNPROVEN = "unproven"  # the signature is wrong, or there is none
    CLOSED = "closed"  # we have no secrets to tell who calls
    NOT_KEPT = "not_kept"  # the database could not take it: the platform has to send again
    CRASHED = "crashed"  # the connector stumbled over it: as above


class _Stumbled(Exception):  # noqa: N818 - it is what happened
    """A connector raised while it was asked who calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One app on a platform. `secrets` is asked each time, since they may change."""

    spec: Spec
    app: str
    brand: str
    secrets: Callable[[], Awaitable[Mapping[str, str]]]


class Receiver:
    """Stands behind the addresses in `hooks`, which may be replaced while it runs."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        hooks: Mapping[str, Hook],
        *,
        on_kept: Callable[[], None],
        keep_for: timedelta = KEEP_FOR,
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_kept = on_kept
        self._keep_for = keep_for
        self.hooks = hooks

    def find(self, hook_id: str) -> Hook | None:
        """Return the app behind an address; None also for one whose connector cannot tell who calls."""
        hook = self.hooks.get(hook_id)
        return hook if hook is not None and hook.spec.verify is not None else None

    async def receive(self, hook_id: str, headers: Mapping[str, str], raw: bytes) -> Outcome:
        """Keep a body that its platform signed; it is safe when this returns `KEPT`."""
        hook = self.find(hook_id)
        if hook is None or (verify := hook.spec.verify) is None:
            return Outcome.UNKNOWN
        try:
            secrets = await hook.secrets()
            if not secrets:
                return Outcome.CLOSED
            if not _asked(hook, lambda: verify(headers, raw, secrets)):
                return Outcome.UNPROVEN
            await self._keep(hook_id, hook, headers, raw)
        except StoreError:
            return Outcome.NOT_KEPT
        except _Stumbled:
            return Outcome.CRASHED
        self._on_kept()
        return Outcome.KEPT

    async def _keep(self, hook_id: str, hook: Hook, headers: Mapping[str, str], raw: bytes) -> None:
        now = self._clock.machine()
        await self._store.write(
            raw_bodies.keep,
            raw,
            kept_headers(headers),
            brand=hook.brand,
            hook=hook_id,
            received_at=now,
            delete_after=now + self._keep_for,
        )

    async def shake(self, hook_id: str, query: Mapping[str, str]) -> Answer | Outcome:
        """Answer a platform that asks whether this address is ours."""
        hook = self.find(hook_id)
        if hook is None or (handshake := hook.spec.handshake) is None:
            return Outcome.UNKNOWN
        try:
            secrets = await hook.secrets()
            if not secrets:
                return Outcome.CLOSED
            answer = _asked(hook, lambda: handshake(query, secrets))
        except StoreError:
            return Outcome.NOT_KEPT
        except _Stumbled:
            return Outcome.CRASHED
        return Outcome.UNKNOWN if answer is None else answer


def _asked(hook: Hook, question: Callable[[], T]) -> T:
    try:
        return question()
    except Exception:  # the runner around a plugin: neither a stranger nor a bug of ours gets through
        log.exception("hook.crashed", kind=hook.spec.kind, app=hook.app)
        raise _Stumbled from None


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that stay with a body, in lower case."""
    lowered = ((name.lower(), value) for name, value in headers.items())
    return {name: value[:LONGEST_HEADER] for name, value in lowered if name in KEPT_HEADERS or name.endswith(KEPT_ENDING)}
