"""How a customer can be answered now: asked of their platform's connector before anybody types, and once more when the answer is written.

    the newest message of the case's customer --situation--> --the connector's `ways`--> public, private, template: open or refused

A connector that does not say, or stumbles, leaves one way: as the message came.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import structlog

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.ports.connector import Situation, Template, Way, WayKind
from webcare.store import cases, messages, reply_ways

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.ports.channel import ChannelAccount
    from webcare.store import Connection
    from webcare.store.cases import CaseRow

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """How an answer is to go from an account of ours; `way` is None where its writer chose none: then the best that is open."""

    account: ChannelAccount
    way: WayKind | None = None
    template: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Every way, the best first. `is_told`: the platform's rules are known; else there is one, as the message came.

    `is_private` is how the message came.
    """

    every: tuple[Way, ...]
    is_told: bool
    is_private: bool

    @property
    def written(self) -> tuple[Way, ...]:
        """Return the ways that carry a text of one's own."""
        return tuple(way for way in self.every if way.kind is not WayKind.TEMPLATE)

    @property
    def open(self) -> tuple[Way, ...]:
        """Return those of them that are open."""
        return tuple(way for way in self.written if way.refused is None)

    @property
    def template(self) -> Way | None:
        """Return the way of texts that the platform approved, where there is one."""
        return next((way for way in self.every if way.kind is WayKind.TEMPLATE), None)

    def way(self, kind: WayKind | None) -> Way:
        """Return a way that can be gone.

        Raises:
            ImpossibleMove: there is no such way here, or it is closed (`said` is why, by language).
        """
        wanted = (self.open or self.written or self.every) if kind is None else [way for way in self.every if way.kind is kind]
        found = next(iter(wanted), None)
        if found is None:
            raise ImpossibleMove(f"this message cannot be answered in the way {kind}", Refusal.NO_WAY)
        if found.refused is not None:
            said = {"nl": found.refused.nl, "en": found.refused.en}
            raise ImpossibleMove("the platform would refuse it", Refusal.WAY_CLOSED, said=said)
        return found

    def takes_parts(self, kind: WayKind) -> bool:
        """Tell whether more than one answer can go this way: of a private one to a public message there is only one."""
        return kind is WayKind.PUBLIC or (kind is WayKind.PRIVATE and self.is_private)


def of_number(conn: Connection, case_id: int, account: ChannelAccount | None, now: datetime) -> Ways:
    """Return how the customer of a case can be answered at an instant.

    Raises:
        ImpossibleMove: there is no such case.
    """
    row = cases.get(conn, case_id)
    if row is None:
        raise ImpossibleMove(f"there is no case {case_id}", Refusal.NO_CASE)
    return of_case(conn, row, account, now)


def of_case(conn: Connection, row: CaseRow, account: ChannelAccount | None, now: datetime) -> Ways:
    """Return how the customer of a case can be answered at an instant."""
    if account is None or account.spec.ways is None:
        return _as_it_came(row)
    newest = messages.newest_of(conn, row.channel, row.conversation_id, row.customer_id)
    if newest is None:
        return _as_it_came(row)
    what = newest.message
    situation = Situation(
        account=account.account,
        message=what,
        raw_type=newest.raw_type,
        last_inbound_at=what.created_at,
        private_replies=reply_ways.private_replies(conn, what.channel, what.external_id),
    )
    return _told(situation, account, now) or _as_it_came(row)


def _told(situation: Situation, account: ChannelAccount, now: datetime) -> Ways | None:
    """Ask the connector; None when it says nothing."""
    if account.spec.ways is None:
        return None
    try:
        every = tuple(account.spec.ways(situation, account.config, now))
    except Exception as bug:  # noqa: BLE001 - the runner around a plugin: what it says may be anything
        _stumbled(account.kind, type(bug).__name__)
        return None
    return Ways(every=every, is_told=True, is_private=situation.message.kind.is_private) if every else None


def _as_it_came(row: CaseRow) -> Ways:
    is_private = row.kind.is_private  # a conversation is private, or public, for good
    way = Way(kind=WayKind.PRIVATE if is_private else WayKind.PUBLIC)
    return Ways(every=(way,), is_told=False, is_private=is_private)


@cache
def _stumbled(kind: str, error: str) -> None:
    """Say once that a connector cannot tell: each page would say it again. Without what it said: that may be a customer's words."""
    log.error("ways.crashed", channel_kind=kind, error=error)
