"""Simulated colleagues: they work in the inbox as people do, by the same services, and leave the rest to whoever is looking.

    take the case, put its verdict right where it says "please check", note --> answer --> close

What somebody else has meanwhile is theirs: a colleague who finds a case taken goes on with another.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from webcare.demo.platforms import ACCOUNTS
from webcare.domain.case import CaseState, ImpossibleMove
from webcare.services import compose, desk, queue
from webcare.services.correct import Correction, correct
from webcare.store import cases, messages

if TYPE_CHECKING:
    from webcare.demo.agenda import Agenda
    from webcare.demo.platforms import Platforms
    from webcare.demo.town import Colleague, Deed, Line, Town
    from webcare.house import House
    from webcare.store.cases import CaseRow

TAKES: Final = 0.6  # of the time until the answer passes before the case is taken
CLOSES_AFTER: Final = timedelta(minutes=50)
MOST_LATE: Final = 200
GIVEN_UP_AFTER: Final = timedelta(hours=30)  # past its deadline: by then the customer has gone to the neighbour's telephone


class Colleagues:
    def __init__(self, town: Town, house: House, platforms: Platforms, agenda: Agenda) -> None:
        self._town = town
        self._house = house
        self._platforms = platforms
        self._agenda = agenda
        self._lines: dict[str, Line] = {}

    def expect(self, line: Line) -> None:
        """Put into the agenda what a colleague will do about this."""
        self._lines[line.id] = line
        if line.answer is None:
            return
        who, after = self._town.colleague(line.answer.by), line.answer.after
        self._agenda.put(line.at + after * TAKES, lambda: self._take(line, who))
        self._agenda.put(line.at + after, lambda: self._answer(line, who))
        self._agenda.put(line.at + after + CLOSES_AFTER, lambda: self._close(line, who))

    async def case_of(self, line: Line) -> CaseRow | None:
        """Return the case that a line is in, once it was heard and judged."""
        external = self._platforms.ids.get(line.id)
        if external is None:
            return None
        store = self._house.store
        said = await store.read(messages.find, ACCOUNTS[line.channel], external)
        return None if said is None or said.case is None else await store.read(cases.get, said.case)

    async def _open_case(self, line: Line, who: Colleague) -> CaseRow | None:
        case = await self.case_of(line)
        if case is None or case.state is not CaseState.OPEN or case.claimed_by not in (None, who.id):
            return None
        return case

    async def _take(self, line: Line, who: Colleague) -> None:
        case = await self._open_case(line, who)
        if case is None:
            return
        house, now = self._house, self._house.clock.now()
        with suppress(ImpossibleMove):  # somebody was quicker
            await house.store.write(desk.claim, case.id, by=who.id, rules=house.rules, now=now)
            if case.unsure:
                said = Correction(needs_response=True)
                await house.store.write(correct, case.id, said, by=who.id, rules=house.rules, now=now)

    async def _answer(self, line: Line, who: Colleague) -> None:
        case = await self._open_case(line, who)
        if case is None or line.answer is None:
            return
        house = self._house
        text = compose.signed(line.answer.text, who.signature)
        with suppress(ImpossibleMove):  # somebody was quicker
            await house.store.write(compose.send, case.id, text=text, by=who.id, rules=house.rules, now=house.clock.now())

    async def _close(self, line: Line, who: Colleague) -> None:
        case = await self._open_case(line, who)
        if case is None or case.claimed_by != who.id or case.due_at is not None:
            return
        house = self._house
        with suppress(ImpossibleMove):
            await house.store.write(desk.close, case.id, by=who.id, rules=house.rules, now=house.clock.now())

    async def do(self, deed: Deed) -> None:
        """Note, correct or promise, if there is a case for it."""
        line = self._lines.get(deed.on)
        case = None if line is None else await self.case_of(line)
        if case is None:
            return
        house = self._house
        how: dict[str, Any] = {"by": deed.by, "rules": house.rules, "now": house.clock.now()}
        with suppress(ImpossibleMove):  # closed, say
            if deed.note is not None:
                await house.store.write(desk.note, case.id, text=deed.note, **how)
            elif deed.needs_response is not None:
                await house.store.write(correct, case.id, Correction(needs_response=deed.needs_response), **how)
            elif deed.promise is not None:
                await house.store.write(desk.promise, case.id, within=deed.promise, **how)

    async def clear(self, who: Colleague) -> None:
        """Close what is far too late and nobody has: a demo that runs for days is not to drown in its first one."""
        house = self._house
        now = house.clock.now()
        page = await house.store.read(queue.rows, queue.Filters(late=True, claimed_by=queue.NOBODY), now=now, limit=MOST_LATE)
        for row in page.rows:
            if row.due_at is not None and now - row.due_at >= GIVEN_UP_AFTER:
                with suppress(ImpossibleMove):
                    await house.store.write(desk.close, row.case, by=who.id, rules=house.rules, now=now)
