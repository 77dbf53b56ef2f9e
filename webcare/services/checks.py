"""What the machine let pass, looked at by people: a few messages of each week, and how many of all are missed by that.

    a week is over -> of its messages that made nobody wait a few are drawn, once -> "rightly", or "should have been a case"

The second opens a case, or the one that the message is in again, as `correct` does: clocks start when the customer wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.checks import NOTHING_CHECKED, WEEKS, Answer, Checked, drawn, last_week
from webcare.domain.message import Kind
from webcare.domain.verdict import Intent, Sentiment
from webcare.services.case_file import names
from webcare.services.correct import Correction, correct, open_for
from webcare.store import checks
from webcare.store import desk as kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from webcare.ports.clock import Clock
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.door import Store

SHOWN_WEEKS = 8
SETTLED = timedelta(hours=6)  # after the end of a week: platforms hand in late what was written last


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A message that was drawn. Without a text its writer was forgotten, or took it back: then there is nothing to look at."""

    message: int
    channel: str
    kind: Kind
    customer: str | None
    text: str
    at: datetime
    permalink: str | None
    case: int | None
    intents: tuple[Intent, ...]
    sentiment: Sentiment | None
    answer: Answer | None
    by: str | None  # by name
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekOf:
    day: date  # its Monday
    checked: Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The newest week message by message, and what the weeks come to; `lately` is over the last WEEKS of them."""

    week: date | None
    messages: tuple[Drawn, ...]
    lately: Checked
    weeks: tuple[WeekOf, ...]

    @property
    def waiting(self) -> tuple[Drawn, ...]:
        return tuple(one for one in self.messages if one.answer is None and one.text)

    @property
    def done(self) -> tuple[Drawn, ...]:
        return tuple(one for one in self.messages if one.answer is not None)

    @property
    def gone(self) -> int:
        return sum(one.answer is None and not one.text for one in self.messages)


async def draw(store: Store, clock: Clock, *, zone: str) -> int:
    """Draw from the week that is over, once, and return how many messages; nearly always that is one read."""
    week = last_week(clock.now() - SETTLED, ZoneInfo(zone))
    if await store.read(checks.is_drawn, week.day):
        return 0
    found = await store.read(checks.let_pass, week.starts_at, week.ends_at)  # beside the writers: it may be a hundred thousand
    if not found:
        return 0
    numbers = drawn(found, week.name)
    is_ours = await store.write(checks.keep, week.day, population=len(found), numbers=numbers, now=clock.now())
    return len(numbers) if is_ours else 0


def view(conn: Connection, now: datetime) -> View:
    weeks = [WeekOf(day=day, checked=checked) for day, checked in checks.weeks(conn, now, SHOWN_WEEKS)]
    if not weeks:
        return View(week=None, messages=(), lately=NOTHING_CHECKED, weeks=())
    known = names(conn)
    return View(
        week=weeks[0].day,
        messages=tuple(_drawn(row, known) for row in checks.sample(conn, weeks[0].day)),
        lately=sum((one.checked for one in weeks[:WEEKS]), NOTHING_CHECKED),
        weeks=tuple(weeks),
    )


def rightly(conn: Connection, message: int, *, by: str, now: datetime) -> None:
    """Say that a message which was drawn needs no answer. Whoever came first has said it.

    Raises:
        ImpossibleMove: it was not drawn.
    """
    if _asked(conn, message) is None:
        checks.answer(conn, message, Answer.RIGHTLY, by=by, now=now)


def missed(conn: Connection, message: int, *, by: str, rules: Rules, now: datetime) -> int:
    """Say that a message which was drawn should have been a case, also after somebody said otherwise; return its case.

    Raises:
        ImpossibleMove: it was not drawn, or its words are gone.
    """
    if _asked(conn, message) is not Answer.MISSED:
        checks.answer(conn, message, Answer.MISSED, by=by, now=now)
    what, was = kept.message(conn, message), kept.verdict_in_force(conn, message)
    if what is not None and what.case is not None:
        if was is None or not was.needs_response:  # else somebody found it elsewhere
            correct(conn, what.case, Correction(needs_response=True), message=message, by=by, rules=rules, now=now)
        return what.case
    if what is None or not what.message.text:
        raise ImpossibleMove("the words of this message are gone", Refusal.NO_SUCH_MESSAGE)
    return open_for(conn, message, by=by, rules=rules, now=now)


def _asked(conn: Connection, message: int) -> Answer | None:
    row = checks.get(conn, message)
    if row is None:
        raise ImpossibleMove("this message was not drawn", Refusal.NO_SUCH_MESSAGE)
    return None if row.answer is None else Answer(row.answer)


def _drawn(row: Any, names: Mapping[str, str]) -> Drawn:
    return Drawn(
        message=row.message,
        channel=row.channel,
        kind=Kind(row.kind),
        customer=row.author_name or row.author_handle,
        text="" if row.deleted_at is not None else row.text,
        at=row.created_at,
        permalink=row.permalink,
        case=row.case,
        intents=tuple(Intent(name) for name in row.intents or ()),
        sentiment=None if row.sentiment is None else Sentiment(row.sentiment),
        answer=None if row.answer is None else Answer(row.answer),
        by=None if row.by is None else names.get(row.by, row.by),
        answered_at=row.answered_at,
    )
