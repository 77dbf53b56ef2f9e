"""The queue: what runs out first is on top, filters live in the address, and two people never take the same case."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import CHANNEL, HOUR, MONDAY, Desk, ours, said
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.calendar import Calendar
from webcare.domain.message import Kind
from webcare.domain.rulebook import SHIPPED_BOOK
from webcare.domain.verdict import Intent, Sentiment
from webcare.services import desk as moves
from webcare.services import queue, search
from webcare.services.correct import Correction, correct
from webcare.services.queue import Filters
from webcare.services.settle import Rules

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def desk(store):
    return await Desk.open(store)


async def customers(desk, *texts, every=MINUTE, start=MONDAY, **changes):
    """Let customers write one after the other, each in a thread of their own; case 1 is the first one's."""
    messages = [
        said(f"m{n}", text, start + n * every, by=f"c{n}", conversation_id=f"t{n}", **changes) for n, text in enumerate(texts, 1)
    ]
    await desk.hear(*messages)
    return messages[-1].created_at


async def page(desk, filters=None, **changes):
    values = {"now": MONDAY + HOUR, **changes}
    return await desk.store.read(queue.rows, filters or Filters(), **values)


async def numbers(desk, filters=None, **changes):
    return [row.case for row in (await page(desk, filters, **changes)).rows]


async def move(desk, unit, case, now=MONDAY + HOUR, by="noor", **changes):
    return await desk.store.write(unit, case, by=by, rules=desk.rules, now=now, **changes)


# --- filters in the address

NAMES = st.text(min_size=1, max_size=20)
FILTERS = st.builds(
    Filters,
    state=st.sampled_from(["open", "closed", "snoozed"]),
    channel=st.none() | NAMES,
    kind=st.none() | st.sampled_from([kind.value for kind in Kind]),
    claimed_by=st.none() | st.sampled_from(["me", "nobody"]) | NAMES,
    unsure=st.booleans(),
    urgent=st.booleans(),
    late=st.booleans(),
    brand=st.none() | NAMES,
    query=st.text().map(str.strip),
)


@given(FILTERS)
def test_filters_come_back_from_the_address(filters):
    assert Filters.from_query(filters.to_query()) == filters


@given(st.dictionaries(st.sampled_from(["state", "kind", "late", "channel", "q", "x"]), st.text()))
def test_any_address_can_be_read(query):
    filters = Filters.from_query(query)
    assert Filters.from_query(filters.to_query()) == filters


def test_the_queue_as_it_is_has_a_bare_address():
    assert Filters().to_query() == {}
    assert Filters(unsure=True, query="bank").to_query() == {"unsure": "1", "q": "bank"}


# --- order


async def test_what_runs_out_first_is_on_top_and_what_nobody_waits_for_last(desk):
    await customers(desk, "one?", "two?", "three?", "four?", every=HOUR)
    await desk.hear(ours("a2", MONDAY + 5 * HOUR, "m2", conversation_id="t2"))
    assert await numbers(desk, now=MONDAY + 5 * HOUR) == [1, 3, 4, 2]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_pages_hold_every_case_once_whatever_comes_between(desk, limit):
    await customers(desk, *["hello?"] * 7)
    await desk.hear(*(ours(f"a{n}", MONDAY + HOUR, f"m{n}", conversation_id=f"t{n}") for n in (2, 5, 6)))
    whole, seen, after = await numbers(desk), [], None
    assert whole == [1, 3, 4, 7, 2, 5, 6]
    while True:
        shown = await page(desk, limit=limit, after=after)
        seen += [row.case for row in shown.rows]
        assert shown.more is (shown.next is not None)
        if not shown.more:
            break
        after = shown.next
    assert seen == whole


async def test_the_next_page_holds_when_the_first_is_answered_meanwhile(desk):
    await customers(desk, *["hello?"] * 4)
    first = await page(desk, limit=2)
    await desk.hear(ours("a1", MONDAY + HOUR, "m1", conversation_id="t1"))
    assert await numbers(desk, limit=2, after=first.next) == [3, 4]


@pytest.mark.parametrize("after", ["", "x", "1~yesterday", "~", "9" * 40, "-1"])
async def test_an_address_that_was_tampered_with_begins_at_the_top(desk, after):
    await customers(desk, "hello?")
    assert await numbers(desk, after=after) == [1]


async def test_closed_cases_are_read_from_the_last_one(desk):
    await customers(desk, *["hello?"] * 3)
    for n, case in enumerate((2, 1, 3)):
        await move(desk, moves.close, case, now=MONDAY + HOUR + n * MINUTE)
    assert await numbers(desk, Filters(state="closed")) == [3, 1, 2]
    first = await page(desk, Filters(state="closed"), limit=2)
    assert await numbers(desk, Filters(state="closed"), limit=2, after=first.next) == [2]
    assert await numbers(desk) == []


# --- filters


async def test_filters_keep_what_they_name(desk):
    await customers(desk, "one?", "two? fire", "maybe", "four?")
    await desk.hear(
        said("w1", "five?", MONDAY, channel="whatsapp:31", kind=Kind.DM, conversation_id="31", by="c5"), now=MONDAY + MINUTE
    )
    await move(desk, moves.claim, 1)
    await move(desk, moves.claim, 2, by="daan")
    stories = [
        (Filters(urgent=True), [2]),
        (Filters(unsure=True), [3]),
        (Filters(claimed_by="me"), [1]),
        (Filters(claimed_by="daan"), [2]),
        (Filters(claimed_by="nobody"), [5, 3, 4]),
        (Filters(channel="whatsapp"), [5]),
        (Filters(channel=CHANNEL), [1, 2, 3, 4]),
        (Filters(channel="nowhere"), []),
        (Filters(kind="dm"), [5]),
        (Filters(brand="meerkoet"), [5, 1, 2, 3, 4]),
        (Filters(brand="other"), []),
        (Filters(late=True), []),
        (Filters(unsure=True, claimed_by="nobody", channel="twitter", kind="comment"), [3]),
    ]
    for filters, expected in stories:
        assert await numbers(desk, filters, person="noor") == expected, filters
    assert await numbers(desk, Filters(late=True), now=MONDAY + 30 * HOUR) == [5, 1, 2, 3, 4]
    assert await numbers(desk, Filters(claimed_by="me"), person=None) == []


async def test_words_are_looked_for_in_the_shown_state(desk):
    await customers(desk, "Where is my Sofa?", "lamp?", "the sofa again?")
    while await search.index(desk.store):
        pass
    await move(desk, moves.close, 3)
    assert await numbers(desk, Filters(query="sof")) == [1]
    assert await numbers(desk, Filters(query="sofa", state="closed")) == [3]
    assert await numbers(desk, Filters(query="2")) == [2]
    assert await numbers(desk, Filters(query="piano")) == []


# --- a row


async def test_a_row_says_what_the_customer_waits_on(desk):
    await desk.hear(said("m1", "Where is it? fire", MONDAY), said("m2", "thanks", MONDAY + MINUTE))
    (row,) = (await page(desk)).rows
    assert (row.case, row.channel, row.kind, row.customer_name) == (1, CHANNEL, Kind.COMMENT, "Anna")
    assert (row.line, row.urgency, row.unsure, row.language) == ("Where is it? fire", "high", False, "en")
    assert (row.intents, row.sentiment, row.corrected_by) == (("question",), "neutral", None)
    assert (row.due_clock, row.due_at, row.waiting_since) == ("first_response", MONDAY + 24 * HOUR, MONDAY)
    assert (row.state, row.claimed_by, row.message_count) == ("open", None, 2)
    assert row.share_left == pytest.approx(23 / 24)
    assert await desk.store.read(queue.row, 1, now=MONDAY + HOUR) == row
    assert await desk.store.read(queue.row, 9, now=MONDAY) is None


async def test_a_row_waits_from_the_first_unanswered_message(desk):
    at = MONDAY + 2 * HOUR
    await desk.hear(said("m1", "hello?", MONDAY), ours("a1", MONDAY + HOUR, "m1"))
    (row,) = (await page(desk)).rows
    assert (row.waiting_since, row.due_at, row.share_left, row.step, row.stage) == (None, None, None, None, 0)
    await desk.hear(said("m2", "and?", at), said("m3", "hello?!", at + HOUR))
    (row,) = (await page(desk, now=at + 12 * HOUR)).rows
    assert (row.line, row.waiting_since, row.due_clock, row.message_count) == ("hello?!", at, "next_response", 4)
    assert row.share_left == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("hours", "step", "stage"),
    [(1, None, 0), (12, "inbox", 1), (18, "alert", 2), (22, "page", 3), (23, "page", 3), (25, "breach", 4)],
)
async def test_the_step_is_the_highest_rung_reached(desk, hours, step, stage):
    await desk.hear(said("m1", "hello?", MONDAY))
    now = MONDAY + hours * HOUR
    await desk.sweep(now)
    (row,) = (await page(desk, now=now)).rows
    assert (row.step, row.stage) == (step, stage)
    assert row.share_left == pytest.approx(max(0, 1 - hours / 24))


async def test_a_new_deadline_has_no_step_yet(desk):
    await desk.hear(said("m1", "hello?", MONDAY))
    await desk.sweep(MONDAY + 19 * HOUR)
    await desk.hear(ours("a1", MONDAY + 20 * HOUR, "m1"), said("m2", "and?", MONDAY + 21 * HOUR))
    (row,) = (await page(desk, now=MONDAY + 21 * HOUR)).rows
    assert (row.step, row.stage, row.due_clock) == (None, 0, "next_response")


async def test_it_is_late_before_the_sweep_has_said_so(desk):
    await desk.hear(said("m1", "hello?", MONDAY))
    (row,) = (await page(desk, now=MONDAY + 25 * HOUR)).rows
    assert (row.stage, row.share_left) == (4, 0)


async def test_a_share_counts_in_the_policys_own_time(desk):
    office = Calendar(zone=ZoneInfo("Europe/Amsterdam"), hours=(((9 * 60, 18 * 60),),) * 5 + ((),) * 2)
    rule = SHIPPED_BOOK.rules[-1]
    policy = replace(rule.policy, calendar=office, first_response=4 * HOUR)
    desk.rules = Rules(book=replace(SHIPPED_BOOK, rules=[replace(rule, policy=policy)]), revision=desk.rules.revision)
    await desk.hear(said("m1", "hello?", MONDAY + 6 * HOUR))  # 16:00 there: two hours until closing, two the next morning
    now = MONDAY + 12 * HOUR
    (row,) = (await page(desk, now=now, rules=desk.rules)).rows
    assert row.share_left == pytest.approx(0.5)


async def test_a_correction_shows_who_made_it(desk):
    await desk.hear(said("m1", "hello?", MONDAY))
    await desk.store.write(
        correct,
        1,
        Correction(intents=(Intent.COMPLAINT,), sentiment=Sentiment.NEGATIVE),
        by="noor",
        rules=desk.rules,
        now=MONDAY + HOUR,
    )
    (row,) = (await page(desk)).rows
    assert (row.intents, row.sentiment, row.corrected_by) == (("complaint",), "negative", "noor")
    assert (row.certainty["complaint"], row.certainty["negative"]) == (1, 1)


# --- counts


async def test_counts(desk):
    await customers(desk, "one?", "two? fire", "maybe", "four?", every=10 * MINUTE, start=MONDAY - 23 * HOUR)
    await desk.hear(
        said("w1", "five?", MONDAY, channel="whatsapp:31", kind=Kind.DM, conversation_id="31", by="c5"),
        ours("a4", MONDAY, "m4", conversation_id="t4"),
        now=MONDAY,
    )
    await move(desk, moves.claim, 1, now=MONDAY)
    await move(desk, moves.claim, 2, by="daan", now=MONDAY)
    await move(desk, moves.snooze, 4, until=MONDAY + 48 * HOUR, now=MONDAY)
    now = MONDAY + 70 * MINUTE  # of three cases the deadline is at 10, 20 and 30 past ten
    counts = await desk.store.read(queue.counts, now=now, person="noor")
    assert counts == queue.Counts(
        open=4, mine=1, unclaimed=2, unsure=1, urgent=1, late=0, within_hour=3, snoozed=1, channels={CHANNEL: 3, "whatsapp:31": 1}
    )
    later = await desk.store.read(queue.counts, now=now + 15 * MINUTE, person="daan")
    assert (later.late, later.within_hour, later.mine) == (2, 1, 1)


# --- the next one


async def take(desk, person, now=MONDAY + HOUR):
    return await desk.store.write(queue.take_next, person, desk.rules, now)


async def test_the_next_one_is_urgent_before_it_is_early(desk):
    await customers(desk, "one?", "two?", "three? fire", "thanks", "five? fire", "six?")
    await desk.hear(ours("a1", MONDAY + HOUR, "m1", conversation_id="t1"))
    assert [await take(desk, person) for person in ("noor", "daan", "noor", "daan", "noor")] == [3, 4, 2, 5, None]
    assert await numbers(desk, Filters(claimed_by="daan")) == [4, 5]


async def test_a_case_that_sleeps_is_not_handed_out(desk):
    await customers(desk, "one?", "two?")
    await move(desk, moves.snooze, 1, until=MONDAY + 5 * HOUR)
    assert await take(desk, "noor") == 2
    assert await take(desk, "noor") is None


async def test_people_at_once_never_get_the_same_one(desk):
    await customers(desk, *["hello?"] * 12)
    taken = await asyncio.gather(*(take(desk, f"p{n}") for n in range(15)))
    assert sorted(case for case in taken if case) == list(range(1, 13))
    assert taken.count(None) == 3
    rows = await desk.cases()
    assert {row["id"]: row["claimed_by"] for row in rows} == {case: f"p{n}" for n, case in enumerate(taken) if case}


# --- snoozed


async def test_a_case_that_sleeps_is_out_of_sight_unless_somebody_waits(desk):
    await customers(desk, "one?", "two?", "three?")
    await desk.hear(ours("a2", MONDAY + HOUR, "m2", conversation_id="t2"))
    await move(desk, moves.snooze, 1, until=MONDAY + 9 * HOUR)
    await move(desk, moves.snooze, 2, until=MONDAY + 5 * HOUR)
    assert await numbers(desk) == [1, 3]
    assert await numbers(desk, Filters(state="snoozed")) == [2, 1]
    await desk.hear(said("m4", "and now?", MONDAY + 2 * HOUR, by="c2", conversation_id="t2"))
    assert await numbers(desk) == [1, 3, 2]
