"""What may be done to a customer's message: hide it, like it, and take that back. It stops no clock and answers nobody.

pressed -> queued --carry_out--> done          one of a message and pair waits at a time; the newest press wins
|              `-> refused       its presser sees why, and hears of it where a message stays in public
`-> replaced                     the opposite was pressed before it left
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.message import Direction
from webcare.ports.connector import Capability, Deed
from webcare.store import acts, audit, cases
from webcare.store import desk as kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from webcare.ports.connector import Spec
    from webcare.store import Connection
    from webcare.store.acts import ActRow

UNDOES = {Deed.HIDE: Deed.UNHIDE, Deed.LIKE: Deed.UNLIKE, Deed.UNHIDE: Deed.HIDE, Deed.UNLIKE: Deed.LIKE}
PAIRS = (Deed.LIKE, Deed.HIDE)  # each named by what begins it
_BEGINS = frozenset(PAIRS)


def pair_of(deed: Deed) -> Deed:
    """Return the pair of a deed, named by what begins it."""
    return deed if deed in _BEGINS else UNDOES[deed]


def offered(spec: Spec | None) -> frozenset[Deed]:
    """Return what a platform lets us do to messages."""
    return spec.deeds if spec is not None and Capability.ACT in spec.capabilities else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a message stands with one pair of deeds.

    `is_on`: it is hidden, or liked, as far as we did it, by `by` since `at`. `waiting` is what is on its way; `refused` what the platform
    would not do, when nothing was pressed after it, with its `reason`.
    """

    pair: Deed
    is_on: bool = False
    by: str | None = None
    at: datetime | None = None
    waiting: Deed | None = None
    refused: Deed | None = None
    reason: str | None = None

    @property
    def next(self) -> Deed:
        """Return what can be pressed: the opposite of what is, or will be."""
        if self.waiting is not None:
            return UNDOES[self.waiting]
        return UNDOES[self.pair] if self.is_on else self.pair


def standings(conn: Connection, numbers: Sequence[int]) -> dict[int, dict[Deed, Standing]]:
    """Return how these messages stand; nothing of those that nobody did anything to."""
    found: dict[int, dict[Deed, list[ActRow]]] = {}
    for row in acts.of_messages(conn, numbers):
        found.setdefault(row.message, {}).setdefault(Deed(row.pair), []).append(row)
    return {number: {pair: _standing(pair, rows) for pair, rows in by_pair.items()} for number, by_pair in found.items()}


def _standing(pair: Deed, rows: Iterable[ActRow]) -> Standing:
    """Read the acts of one message and pair, the oldest first."""
    counting = [row for row in rows if row.state != acts.REPLACED]
    done = next((row for row in reversed(counting) if row.state == acts.DONE), None)
    newest = counting[-1] if counting else None
    is_on = done is not None and done.deed == pair
    return Standing(
        pair=pair,
        is_on=is_on,
        by=done.by if done is not None and is_on else None,
        at=done.done_at if done is not None and is_on else None,
        waiting=Deed(newest.deed) if newest is not None and newest.state == acts.QUEUED else None,
        refused=Deed(newest.deed) if newest is not None and newest.state == acts.REFUSED else None,
        reason=newest.reason if newest is not None and newest.state == acts.REFUSED else None,
    )


def press(conn: Connection, case_id: int, *, message: int, deed: Deed, by: str, now: datetime) -> bool:
    """Put a deed into the outbox and say whether that changed anything: a second press of the same does not.

    Raises:
        ImpossibleMove: it is no customer's public message of this case, or it is gone.
    """
    if cases.get(conn, case_id) is None:
        raise ImpossibleMove(f"there is no case {case_id}", Refusal.NO_CASE)
    row = cases.lock(conn, case_id)  # two who press at once do it one after the other
    pair = pair_of(deed)
    target = kept.message(conn, message)
    if target is None or target.case != case_id or target.message.direction is not Direction.INBOUND or target.is_deleted:
        raise ImpossibleMove("this message is not one of a customer in this case", Refusal.NO_SUCH_MESSAGE)
    if target.message.kind.is_private:
        raise ImpossibleMove("a private message is neither hidden nor liked", Refusal.NO_SUCH_MESSAGE)
    known = [one for one in acts.of_messages(conn, [message]) if one.pair == pair.value]
    waiting = next((one for one in known if one.state == acts.QUEUED), None)
    if waiting is not None and waiting.deed == deed.value:
        return False
    in_hand = [one.lease_until for one in known if one.lease_until is not None]
    began = bool(in_hand) or (waiting is not None and waiting.attempt > 0)
    if _is_so(known, pair, deed) and not began:
        if waiting is None:
            return False
        acts.replace(conn, waiting.id)  # it never left: nothing is to be undone
    else:
        if waiting is not None:
            acts.replace(conn, waiting.id)
        values = {"brand": row.brand, "case": case_id, "message": message, "channel": row.channel, "by": by, "at": now}
        values |= {"deed": deed.value, "pair": pair.value}
        acts.queue(conn, values, retry_at=max(in_hand, default=None))
    audit.note(conn, at=now, by=by, what=deed.value, data={"case": case_id, "message": message})
    return True


def _is_so(known: Sequence[ActRow], pair: Deed, deed: Deed) -> bool:
    return _standing(pair, known).is_on is (deed is pair)
