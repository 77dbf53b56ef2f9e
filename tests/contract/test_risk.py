"""The risk of the whole queue: counted from what was answered, written once a minute, sorted by, gone with the deadline that it was for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import DAY, HOUR, MONDAY, Desk, FakeClock, ours, said

from webcare.domain.calendar import Calendar
from webcare.domain.routing import RuleBook
from webcare.domain.rulebook import SHIPPED_BOOK
from webcare.services import desk as moves
from webcare.services import queue, risk
from webcare.services.queue import Filters
from webcare.store import risk as kept
from webcare.store.tables import case

ZONE = "Europe/Amsterdam"
TODAY = MONDAY.date()
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def desk(store):
    return await Desk.open(store)


async def customers(desk, number, every=10 * MINUTE, start=MONDAY):
    """Let so many customers write, one after the other; the first one's case is 1."""
    for n in range(1, number + 1):
        at = start + n * every
        await desk.hear(said(f"m{n}", "Where is it?", at, by=f"c{n}", conversation_id=f"t{n}"))


async def answer(desk, number, at):
    await desk.hear(ours(f"a{number}", at, f"m{number}", conversation_id=f"t{number}"))


async def usual(desk, a_day, days=28, today=TODAY):
    """Note what was answered on the days before."""
    counted = [(today - n * timedelta(days=1), a_day) for n in range(1, days + 1)]
    await desk.store.write(kept.put_days, counted, MONDAY + 100 * DAY, keep_from=today - 40 * timedelta(days=1))


async def look(desk, now, holder="one"):
    return await risk.estimate_open(desk.store, desk.rules, FakeClock(now), holder, zone=ZONE)


async def risks(desk, now, **filters):
    page = await desk.store.read(queue.rows, Filters(**filters), now=now)
    return {row.case: row.risk for row in page.rows}


async def on_time(desk):
    return {row["id"]: row["on_time"] for row in await desk.rows(case)}


# --- what is counted


async def test_each_answer_to_somebody_who_waited_is_counted_on_its_local_day(desk):
    await customers(desk, 3)
    late = MONDAY.replace(hour=22, minute=59)  # 23:59 in Amsterdam
    await answer(desk, 1, late)
    await answer(desk, 2, late + 2 * MINUTE)
    await desk.hear(ours("a9", late + 3 * MINUTE, "m2", conversation_id="t2"))  # nobody waited any more
    await answer(desk, 3, MONDAY + 30 * HOUR)  # after its deadline
    await look(desk, MONDAY + 31 * HOUR)
    found = {row.day: row.answers for row in await desk.store.read(kept.days)}
    assert (found["2026-11-23"], found["2026-11-24"], found["2026-11-22"]) == (1, 2, 0)
    assert len(found) == 29


async def test_a_day_that_was_not_over_is_counted_again_and_history_that_comes_later_too(desk):
    await customers(desk, 2)
    await look(desk, MONDAY + HOUR)
    await answer(desk, 1, MONDAY + 2 * HOUR)
    await look(desk, MONDAY + DAY)
    assert {row.day: row.answers for row in await desk.store.read(kept.days)}["2026-11-23"] == 1
    await desk.hear(ours("a2", MONDAY + 3 * HOUR, "m2", conversation_id="t2"), now=MONDAY + DAY)
    await look(desk, MONDAY + DAY + 2 * HOUR)
    assert {row.day: row.answers for row in await desk.store.read(kept.days)}["2026-11-23"] == 2
    await look(desk, MONDAY + 40 * DAY)
    assert min(row.day for row in await desk.store.read(kept.days)) == str((MONDAY + 12 * DAY).date())


# --- the queue


async def test_without_history_nothing_is_said_but_what_is_late(desk):
    await customers(desk, 2)
    assert await look(desk, MONDAY + HOUR) == 0
    assert await risks(desk, MONDAY + HOUR) == {1: None, 2: None}
    assert await risks(desk, MONDAY + 25 * HOUR) == {1: 100, 2: 100}


async def test_the_queue_is_sorted_by_risk_with_headroom_last(desk):
    """Twelve wait and one is answered an hour: the last ones of those that run out together stand worst."""
    await usual(desk, 24)
    await customers(desk, 12, every=MINUTE)
    now = MONDAY + 14 * HOUR  # midnight in Amsterdam, ten hours before the first runs out
    await look(desk, now)
    found = await risks(desk, now)
    assert found[1] == 0
    assert [found[n] for n in range(1, 13)] == sorted(found[n] for n in range(1, 13))
    assert found[12] > 50
    by_risk = await risks(desk, now, sort="risk")
    assert list(by_risk.values()) == sorted(by_risk.values(), reverse=True)
    assert next(iter(by_risk)) == 12
    assert list(await risks(desk, now)) == list(range(1, 13))


@pytest.mark.parametrize("limit", [1, 3, 5])
async def test_pages_by_risk_hold_every_case_once(desk, limit):
    await usual(desk, 24)
    await customers(desk, 9, every=MINUTE)
    await answer(desk, 4, MONDAY + HOUR)
    now = MONDAY + 20 * HOUR
    await look(desk, now)
    for n in (20, 21):  # came after the last look: not estimated yet
        await desk.hear(said(f"m{n}", "And this?", now, by=f"c{n}", conversation_id=f"t{n}"))
    whole = list(await risks(desk, now, sort="risk"))
    assert len(whole) == 11
    assert whole[-1] == 4  # answered: no clock runs
    assert set(whole[-3:-1]) == {10, 11}
    seen, after = [], None
    while True:
        page = await desk.store.read(queue.rows, Filters(sort="risk"), now=now, limit=limit, after=after)
        seen += [row.case for row in page.rows]
        assert len(seen) <= len(whole), (seen, page.next)
        if page.next is None:
            break
        after = page.next
    assert seen == whole


async def test_what_is_late_comes_first_by_its_deadline(desk):
    await usual(desk, 24)
    await customers(desk, 4, every=HOUR)
    now = MONDAY + 26 * HOUR + MINUTE
    await look(desk, now)
    assert list(await risks(desk, now, sort="risk"))[:2] == [1, 2]
    assert (await on_time(desk))[1] == 0


async def test_another_deadline_takes_the_estimate_away_until_it_is_made_anew(desk):
    await usual(desk, 24)
    await customers(desk, 3)
    await look(desk, MONDAY + HOUR)
    before = await on_time(desk)
    assert None not in before.values()
    await desk.store.write(moves.claim, 1, by="noor", rules=desk.rules, now=MONDAY + HOUR)
    assert (await on_time(desk))[1] == before[1]  # nothing that its time depends on
    await answer(desk, 1, MONDAY + HOUR)
    assert (await on_time(desk))[1] is None
    await desk.hear(said("m1b", "And?", MONDAY + 2 * HOUR, by="c1", conversation_id="t1", reply_to="m1"))
    assert (await on_time(desk))[1] is None
    await look(desk, MONDAY + 2 * HOUR)
    assert (await on_time(desk))[1] is not None


async def test_what_has_got_another_deadline_while_it_was_reckoned_is_left_alone(desk):
    await customers(desk, 1)
    due = (await desk.case())["due_at"]
    await desk.store.write(kept.put, [(1, due - MINUTE, 50)])
    assert await on_time(desk) == {1: None}
    await desk.store.write(kept.put, [(1, due, 50)])
    assert await on_time(desk) == {1: 50}


async def test_a_second_look_changes_only_what_is_otherwise(desk):
    await usual(desk, 24)
    await customers(desk, 5)
    assert await look(desk, MONDAY + HOUR) == 5
    assert await look(desk, MONDAY + HOUR) == 0


async def test_many_cases_are_walked_in_pieces(desk, monkeypatch):
    await usual(desk, 24)
    await customers(desk, 7, every=MINUTE)
    now = MONDAY + 20 * HOUR
    await look(desk, now)
    whole = await on_time(desk)
    await desk.store.write(kept.put, [(row["id"], row["due_at"], None) for row in await desk.cases()])
    monkeypatch.setattr(risk, "AT_ONCE", 2)
    monkeypatch.setattr(risk, "WRITTEN", 1)
    await look(desk, now)
    assert await on_time(desk) == whole


async def test_one_of_two_daemons_looks(desk):
    await usual(desk, 24)
    await customers(desk, 2)
    assert await look(desk, MONDAY + HOUR, "one") == 2
    await desk.store.write(kept.put, [(row["id"], row["due_at"], None) for row in await desk.cases()])
    assert await look(desk, MONDAY + HOUR, "two") == 0
    assert await look(desk, MONDAY + HOUR + 3 * MINUTE, "two") == 2


async def test_what_is_snoozed_goes_before_nobody(desk):
    await usual(desk, 24)
    await customers(desk, 6, every=MINUTE)
    now = MONDAY + 20 * HOUR
    await look(desk, now)
    before = (await risks(desk, now))[6]
    for n in (1, 2, 3):
        await desk.store.write(moves.snooze, n, by="noor", rules=desk.rules, now=now, until=now + 10 * HOUR)
    await look(desk, now)
    assert (await risks(desk, now))[6] < before
    row = (await desk.cases())[5]
    there = await desk.store.read(kept.before, 6, row["due_at"])
    assert (there.cases, there.in_hand) == (2, 0)


# --- one case, and the hours of its policy


async def test_a_case_tells_what_its_estimate_is_made_of(desk):
    await usual(desk, 24)
    await customers(desk, 5, every=MINUTE)
    await desk.store.write(moves.claim, 2, by="noor", rules=desk.rules, now=MONDAY + HOUR)
    await answer(desk, 1, MONDAY + HOUR)
    now = MONDAY + 20 * HOUR
    await look(desk, now)
    row = (await desk.cases())[4]
    values = {"due_at": row["due_at"], "policy": row["policy"], "rules": desk.rules, "now": now, "zone": ZONE}
    found = await desk.store.read(lambda conn: risk.of_case(conn, 5, **values))
    assert (found.ahead, found.in_hand) == (3, 1)
    assert (found.pace.answers, found.pace.usual, found.pace.is_weekday) == (0, 1.0, True)  # past midnight in Amsterdam
    assert found.left == row["due_at"] - now
    assert found.percent == (await risks(desk, now))[5]
    assert found.pace.days[-1] == date(2026, 11, 17)


async def test_hours_are_those_in_which_the_desk_is_staffed(desk):
    await usual(desk, 16)
    await customers(desk, 3)
    rule = SHIPPED_BOOK.rules[0]
    office = Calendar(zone=ZoneInfo(ZONE), hours=(((540, 1020),),) * 7)
    staffed = RuleBook(rules=[replace(rule, policy=replace(rule.policy, staffed=office))], windows={})
    desk.rules = replace(desk.rules, book=staffed)
    now = MONDAY + 12 * HOUR  # 22:00 in Amsterdam; due on Tuesday at 10:10: an open hour and ten minutes
    await look(desk, now)
    row = await desk.store.read(lambda conn: queue.row(conn, 1, now=now))
    values = {"due_at": row.due_at, "policy": "default", "rules": desk.rules, "now": now, "zone": ZONE}
    found = await desk.store.read(lambda conn: risk.of_case(conn, 1, **values))
    assert found.left == HOUR + 10 * MINUTE
    assert found.pace.usual == 2.0
