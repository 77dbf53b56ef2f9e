"""Which messages need a response, from when, and until when.

A verdict can come later than the message, and facts beat results: a person's "needs an answer" counts from when the customer
wrote, a need that an edit adds counts from the edit, and "needs no answer" or a deletion ends a need at that instant. A machine
may add a need, never take one away, and never undoes a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.sla.events import MACHINE, EventType

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from webcare.domain.sla.events import Event

Place = tuple["datetime", int]  # an instant and the position in the log: events of one instant keep their order


@dataclass(slots=True, kw_only=True)
class Need:
    """A message's need for a response; `ended` is when it was taken away without an answer."""

    key: int  # position of the message in the log
    ref: str | None
    start: Place
    end: Place | None = None
    deleted: bool = False


class _Message:
    """One inbound message while its later edits, verdicts and deletion are read in order."""

    def __init__(self, position: int, event: Event) -> None:
        self.wrote: Place = (event.at, position)
        self.ref = event.ref
        self.needs: list[Need] = []
        self.person_said: bool | None = None
        self.is_deleted = False
        if event.needs_response:
            self._open(self.wrote)

    def _open(self, start: Place) -> None:
        self.needs.append(Need(key=self.wrote[1], ref=self.ref, start=start))

    @property
    def _is_open(self) -> bool:
        return bool(self.needs) and self.needs[-1].end is None

    def edited(self, place: Place, *, needs_response: bool) -> None:
        if needs_response and not self._is_open and not self.is_deleted:
            self._open(place)

    def judged(self, place: Place, *, needs_response: bool, by: str | None) -> None:
        if self.is_deleted:
            return
        if by == MACHINE:
            if needs_response and self.person_said is None and not self.needs:
                self._open(self.wrote)
            return
        self.person_said = needs_response
        if not needs_response and self._is_open:
            self.needs[-1].end = place
        elif needs_response and not self._is_open:
            if self.needs:
                self.needs[-1].end = None  # the person takes "needs no answer" back
            else:
                self._open(self.wrote)

    def deleted(self, place: Place) -> None:
        if self._is_open:
            self.needs[-1].end, self.needs[-1].deleted = place, True
        self.is_deleted = True


def needs_of(log: Iterable[tuple[int, Event]]) -> list[Need]:
    """Return the needs of a log that is sorted by time; each event comes with its position."""
    messages: list[_Message] = []
    by_ref: dict[str, _Message] = {}
    for position, event in log:
        if event.type is EventType.INBOUND and event.ref not in by_ref:
            message = _Message(position, event)
            messages.append(message)
            if event.ref is not None:
                by_ref[event.ref] = message
            continue
        found = by_ref.get(event.ref) if event.ref is not None else None
        if found is None:
            continue
        if event.type in (EventType.EDIT, EventType.INBOUND):  # the same message again is another text of it
            found.edited((event.at, position), needs_response=event.needs_response)
        elif event.type is EventType.VERDICT:
            found.judged((event.at, position), needs_response=event.needs_response, by=event.by)
        elif event.type is EventType.DELETE:
            found.deleted((event.at, position))
    return [need for message in messages for need in message.needs]
