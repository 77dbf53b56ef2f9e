"""A new rule book, or another policy that fits: what runs is computed anew and the log says why; met, missed and dropped stay."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes import DAY, HOUR, MONDAY, Desk, FakeClassifier, ours, said
from webcare.domain.rulebook import Lookup, parse_rulebook
from webcare.services import desk as acts
from webcare.services.rejudge import BATCH, judge_batch, rejudge
from webcare.services.settle import Books, Rules, StaleRules, read
from webcare.services.triage import triage
from webcare.store import cases, tables
from webcare.store.door import open_store
from webcare.store.rulebooks import contents, store_revision

TEN = MONDAY + HOUR
LOOKUP = Lookup(holidays=lambda *_: lambda _day: None)


def a_book(*policies):
    return {"policy": [{"ladder": [{"share": 0.5, "step": "alert"}, {"share": 1, "step": "breach"}], **one} for one in policies]}


DAYLONG = a_book({"name": "public", "first_response": "PT24H", "next_response": "PT24H"})
SHORT = a_book({"name": "public", "first_response": "PT4H", "next_response": "PT4H"})


def parse(content):
    return parse_rulebook(content, LOOKUP)


async def by(store, content, now=MONDAY):
    """Store a rule book and return the rules of a daemon that starts with it."""
    revision = await store.write(store_revision, content, now)
    return Rules(book=parse(content), revision=revision, books=Books(parse, await store.read(contents)))


@pytest.fixture
async def desk(store):
    return Desk(store, await by(store, DAYLONG))


async def edit(desk, content, now):
    desk.rules = await by(desk.store, content, now)
    found = []
    while (done := await rejudge(desk.store, desk.rules, now)) > 0:
        found.append(done)
    return found


async def ruled(desk, case=1):
    """The lines in which a case came under other rules."""
    rows = await desk.rows(tables.case_event, tables.case_event.c.case == case, tables.case_event.c.type == "policy")
    return [(row["at"], row["by"], row["data"]) for row in rows]


async def test_a_running_clock_goes_by_the_new_policy_and_the_log_says_why(desk):
    await desk.hear(said("m1", "?", MONDAY))
    assert await edit(desk, SHORT, TEN) == [1]
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + 4 * HOUR, None)]
    [(at, who, data)] = await ruled(desk)
    assert (at, who, data["revision"], data["policy"]) == (TEN, "policy", 2, "public")
    assert data["before"] == {"revision": 1, "policy": "public"}
    assert data["changes"] == [[name, "PT86400S", "PT14400S"] for name in ("first_response", "next_response")]
    row = await desk.case()
    assert (row["revision"], row["due_at"]) == (2, MONDAY + 4 * HOUR)


async def test_once_done_there_is_nothing_more_to_do(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await edit(desk, SHORT, TEN)
    assert await rejudge(desk.store, desk.rules, TEN + HOUR) == 0
    assert len(await ruled(desk)) == 1


async def test_what_was_met_missed_or_dropped_stays_to_the_letter(desk):
    await desk.hear(said("m1", "?", MONDAY))  # met
    await desk.hear(ours("a1", MONDAY + 8 * HOUR, "m1"))
    await desk.hear(said("m2", "?", MONDAY + 9 * HOUR))  # runs
    await desk.hear(said("m3", "?", MONDAY, by="bert"))  # overdue
    late = MONDAY + 25 * HOUR
    await desk.hear(said("m4", "?", late - HOUR, by="cees"))
    await desk.store.write(acts.spam, 3, by="noor", rules=desk.rules, now=late)  # dropped
    await desk.sweep(late)
    before = [await desk.clocks(n) for n in (1, 2, 3)]
    await edit(desk, SHORT, late)
    after = [await desk.clocks(n) for n in (1, 2, 3)]
    assert after[1:] == before[1:]
    assert after[0][0] == before[0][0] == ("first_response", "met", MONDAY, MONDAY + DAY, MONDAY + 8 * HOUR)
    assert after[0][1] == ("next_response", "missed", MONDAY + 9 * HOUR, MONDAY + 13 * HOUR, None)
    assert (await ruled(desk, 3)) == []  # a closed case has nothing that runs


async def test_a_case_that_is_looked_at_much_later_still_has_its_old_readings(desk):
    """The newest rule book was used for the whole log: an edit made old answers late, the next time that anything happened."""
    await desk.hear(said("m1", "?", MONDAY))
    await desk.hear(ours("a1", MONDAY + 8 * HOUR, "m1"))
    await desk.hear(said("m2", "?", MONDAY + 9 * HOUR))
    await edit(desk, SHORT, MONDAY + 10 * HOUR)
    await desk.hear(ours("a2", MONDAY + 12 * HOUR, "m2"))
    await desk.hear(said("m5", "?", MONDAY + 20 * HOUR))
    await edit(desk, DAYLONG, MONDAY + 21 * HOUR)
    assert [(clock, state, due) for clock, state, _, due, _ in await desk.clocks()] == [
        ("first_response", "met", MONDAY + DAY),
        ("next_response", "met", MONDAY + 13 * HOUR),
        ("next_response", "running", MONDAY + 44 * HOUR),
    ]


async def test_a_new_deadline_is_a_new_decision_and_the_old_one_is_not_told_again(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await desk.sweep(MONDAY + 12 * HOUR)
    told = [(r["rung"], r["deadline"]) for r in await desk.rows(tables.step)]
    assert told == [("alert@0.5", MONDAY + DAY)]
    slow = a_book({"name": "public", "first_response": "PT40H"})
    await edit(desk, slow, MONDAY + 13 * HOUR)
    await desk.sweep(MONDAY + 19 * HOUR)
    assert len(await desk.rows(tables.step)) == 1  # half of forty hours is not over
    await desk.sweep(MONDAY + 20 * HOUR)
    assert [(r["rung"], r["deadline"]) for r in await desk.rows(tables.step)] == [*told, ("alert@0.5", MONDAY + 40 * HOUR)]


async def test_the_same_terms_in_another_book_leave_no_line(desk):
    await desk.hear(said("m1", "?", MONDAY))
    first = {"name": "fire", "when": {"urgency": "high"}, "first_response": "PT1H"}
    await edit(desk, {"policy": [{**first, "ladder": []}, *DAYLONG["policy"]]}, TEN)
    assert await ruled(desk) == []
    assert (await desk.case())["revision"] == 2


async def test_the_first_policy_that_fits_is_found_anew(desk):
    await desk.hear(said("m1", "?", MONDAY))
    asked = {"name": "questions", "when": {"intent": "question"}, "first_response": "PT2H"}
    await edit(desk, {"policy": [asked, *DAYLONG["policy"]]}, TEN)
    row = await desk.case()
    assert (row["policy"], row["due_at"]) == ("questions", MONDAY + 2 * HOUR)
    assert "intent is question" in row["policy_why"]
    [(_, _, data)] = await ruled(desk)
    assert (data["before"]["policy"], data["policy"]) == ("public", "questions")


async def test_a_message_that_makes_a_case_urgent_brings_it_under_the_policy_for_that(store):
    fire = {"name": "fire", "when": {"urgency": "high"}, "first_response": "PT1H"}
    desk = Desk(store, await by(store, {"policy": [fire, *DAYLONG["policy"]]}))
    await desk.hear(said("m1", "?", MONDAY))
    assert (await desk.case())["policy"] == "public"
    await desk.hear(said("m2", "fire?", MONDAY + timedelta(minutes=10)))
    row = await desk.case()
    assert (row["policy"], row["urgency"], row["due_at"]) == ("fire", "high", TEN)
    assert [(data["because"], data["policy"]) for _, _, data in await ruled(desk)] == [("urgency", "fire")]


async def test_a_closed_case_that_opens_again_comes_under_the_new_book_then(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await desk.store.write(acts.close, 1, by="noor", rules=desk.rules, now=TEN)
    assert await edit(desk, SHORT, TEN + HOUR) == []
    assert await desk.clocks() == [("first_response", "dropped", MONDAY, None, TEN)]
    await desk.store.write(acts.reopen, 1, by="noor", rules=desk.rules, now=TEN + 2 * HOUR)
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + 26 * HOUR, None)]  # it goes by its own book
    assert await rejudge(desk.store, desk.rules, TEN + 2 * HOUR) == 1
    assert await desk.clocks() == [("first_response", "running", MONDAY, MONDAY + 6 * HOUR, None)]


async def test_what_happens_before_a_case_is_judged_anew_is_judged_by_the_rules_that_it_names(desk):
    await desk.hear(said("m1", "?", MONDAY))
    desk.rules = await by(desk.store, SHORT, TEN)  # nobody has come round to this case yet
    await desk.hear(ours("a1", MONDAY + 5 * HOUR, "m1"))
    assert (await desk.clocks())[0] == ("first_response", "met", MONDAY, MONDAY + DAY, MONDAY + 5 * HOUR)
    await rejudge(desk.store, desk.rules, MONDAY + 6 * HOUR)
    assert (await desk.clocks())[0] == ("first_response", "met", MONDAY, MONDAY + DAY, MONDAY + 5 * HOUR)


async def test_a_sweep_that_comes_first_decides_by_the_new_rules(desk):
    """Somebody gives more time, and the next alert still came by the old deadline: the sweep was faster than the batch."""
    await desk.hear(said("m1", "?", MONDAY))
    desk.rules = await by(desk.store, a_book({"name": "public", "first_response": "PT40H"}), TEN)
    await desk.sweep(MONDAY + 12 * HOUR)
    assert await desk.rows(tables.step) == []
    assert (await desk.case())["revision"] == 2


async def test_many_cases_are_done_in_batches_and_a_daemon_that_dies_leaves_the_rest_to_the_next(desk):
    many = [said(f"m{n}", "?", MONDAY, by=f"c{n}") for n in range(2 * BATCH + 3)]
    await desk.hear(*many)
    desk.rules = await by(desk.store, SHORT, TEN)

    def dies(conn):
        judge_batch(conn, desk.rules, TEN)
        raise KeyError("killed")

    assert await rejudge(desk.store, desk.rules, TEN) == BATCH
    with pytest.raises(KeyError):
        await desk.store.write(dies)
    assert await edit(desk, SHORT, TEN) == [BATCH, 3]
    assert {row["due_at"] for row in await desk.cases()} == {MONDAY + 4 * HOUR}
    assert [len(await ruled(desk, row["id"])) for row in await desk.cases()] == [1] * len(many)


async def test_two_daemons_share_the_cases(store, database_url):
    other = open_store(database_url)
    try:
        desk = Desk(store, await by(store, DAYLONG))
        await desk.hear(*[said(f"m{n}", "?", MONDAY, by=f"c{n}") for n in range(2 * BATCH)])
        desk.rules = await by(store, SHORT, TEN)

        async def work(door):
            return sum([await rejudge(door, desk.rules, TEN) for _ in range(4)])

        done = await asyncio.gather(work(store), work(other))
        while await rejudge(store, desk.rules, TEN):
            pass
        assert sum(done) <= 2 * BATCH
        assert {len(await ruled(desk, row["id"])) for row in await desk.cases()} == {1}
    finally:
        await other.close()


async def test_a_case_that_cannot_be_computed_keeps_nobody(desk):
    await desk.hear(said("m1", "?", MONDAY), said("m2", "?", MONDAY, by="bert"))
    await desk.store.write(
        lambda conn: conn.execute(tables.case.update().where(tables.case.c.id == 1).values(customer_id="x" * 9)).rowcount
    )
    broken = parse(SHORT)
    policy = broken.rules[0].policy
    desk.rules = await by(desk.store, SHORT, TEN)
    rule = replace(broken.rules[0], name="broken", conditions={"customer_group": frozenset({"x"})})
    object.__setattr__(rule, "policy", None)  # stands for any mistake in the arithmetic
    await desk.store.write(
        lambda conn: (
            conn.exec_driver_sql(
                "INSERT INTO customer_group (kind, author_id, \"group\", \"by\", at) VALUES ('twitter', 'xxxxxxxxx', 'x', 'noor', '2026-11-23 09:00:00')"
            ).rowcount
        )
    )
    desk.rules = replace(desk.rules, book=replace(broken, rules=[rule, *broken.rules]))
    assert await rejudge(desk.store, desk.rules, TEN) == 2
    assert await rejudge(desk.store, desk.rules, TEN) == 0
    assert (await desk.clocks(2))[0][3] == MONDAY + policy.first_response


async def test_an_older_daemon_judges_nothing_and_opens_nothing(desk):
    """Triage of a daemon with yesterday's policies opened cases by them, which the newer one had to put right afterwards."""
    older = desk.rules
    await by(desk.store, SHORT, TEN)
    await desk.accept(said("m1", "?", MONDAY))
    with pytest.raises(StaleRules, match="by rule book 1, the newest is 2"):
        await triage(desk.store, FakeClassifier(), older, TEN)
    with pytest.raises(StaleRules, match="by rule book 1, the newest is 2"):
        await rejudge(desk.store, older, TEN)
    assert await desk.cases() == []


async def test_an_older_daemon_that_has_learned_the_newer_book_shows_cases_by_it(desk):
    await desk.hear(said("m1", "?", MONDAY))
    older = desk.rules
    await edit(desk, SHORT, TEN)
    row, log = await desk.store.read(cases.get, 1), await desk.store.read(cases.log, 1)
    with pytest.raises(StaleRules):
        read(row, log, older, TEN)
    older.books.learn(await desk.store.read(lambda conn: contents(conn, since=older.books.newest)))
    assert read(row, log, older, TEN).next_due.at == MONDAY + 4 * HOUR
