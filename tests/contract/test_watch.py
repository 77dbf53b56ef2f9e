"""The sweep: every step once, at its instant or as soon as somebody looks, and one alert a person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, Desk, ours, said

from webcare.domain.alert_rules import AT_ONCE
from webcare.domain.rota import ContactMethod, Level, LevelName, Person, Rhythm, Role, Rota
from webcare.domain.routing import Rule, RuleBook
from webcare.domain.rulebook import SHIPPED_BOOK
from webcare.domain.sla.promise import SHIPPED
from webcare.services.accept import accept
from webcare.services.answer import declared
from webcare.services.settle import Rules, StaleRules
from webcare.services.watch import BATCH, watch
from webcare.store import cases, tables
from webcare.store.door import open_store
from webcare.store.rulebooks import store_revision

INBOX, ALERT, PAGE, LAST_PAGE, BREACH = (MONDAY + DAY * share for share in (0.5, 0.75, 0.9, 23 / 24, 1))
MICROSECOND = timedelta(microseconds=1)
LADDER = [("inbox@0.5", INBOX), ("alert@0.75", ALERT), ("page@0.9", PAGE), ("page@PT1H", LAST_PAGE), ("breach@1", BREACH)]
ALL = [("first_response", rung, at) for rung, at in LADDER]


@pytest.fixture
def desk(desk):
    """Nothing is gathered here: what is due at one sweep is one alert."""
    desk.rules = replace(desk.rules, alerts=AT_ONCE)
    return desk


@pytest.fixture
async def waiting(desk):
    """Anna has waited since nine."""
    await desk.hear(said("m1", "Where is it?", MONDAY))
    return desk


# --- each step once, at its instant


async def test_no_step_before_its_instant_and_each_at_it(waiting):
    for n, (_, at) in enumerate(LADDER):
        assert (await waiting.sweep(at - MICROSECOND)).steps == 0
        assert (await waiting.sweep(at)).steps == 1
        assert await waiting.steps() == ALL[: n + 1]


async def test_a_step_is_taken_once_however_often_one_looks(waiting):
    for _, at in LADDER:
        for later in (at, at, at + MICROSECOND):
            await waiting.sweep(later)
    assert await waiting.steps() == ALL
    assert [person for person, _ in await waiting.alerts()] == ["oncall", "next", "next", "lead"]


async def test_who_looks_late_takes_every_step_and_sends_one_alert_a_person(waiting):
    """The daemon was down all night: one alert a person, with all that they must hear."""
    assert (await waiting.sweep(BREACH + HOUR)).alerts == 3
    assert await waiting.steps() == ALL
    assert sorted(await waiting.alerts()) == [
        ("lead", [(1, "breach@1")]),
        ("next", [(1, "page@0.9"), (1, "page@PT1H")]),
        ("oncall", [(1, "alert@0.75")]),
    ]
    assert len(await waiting.rows(tables.notice)) == 4
    assert len(await waiting.rows(tables.delivery_notice)) == 4


async def test_when_nothing_is_due_a_sweep_finds_nothing(waiting):
    assert [s.cases for s in await waiting.sweep_until(INBOX - HOUR)] == [0] * 12


async def test_the_clock_is_missed_from_the_first_instant_after_due(waiting):
    await waiting.sweep(BREACH)
    assert [c[1] for c in await waiting.clocks()] == ["running"]
    await waiting.sweep(BREACH + MICROSECOND)
    assert [c[1] for c in await waiting.clocks()] == ["missed"]
    assert (await waiting.case())["next_check_at"] is None


async def test_an_answer_ends_the_ladder(waiting):
    await waiting.sweep(INBOX)
    await waiting.hear(ours("a1", INBOX + HOUR, "m1"))
    await waiting.sweep_until(BREACH + HOUR, start=INBOX)
    assert [rung for _, rung, _ in await waiting.steps()] == ["inbox@0.5"]


async def test_the_next_exchange_has_a_ladder_of_its_own(waiting):
    await waiting.sweep(BREACH)
    await waiting.hear(ours("a1", BREACH + HOUR, "m1"))
    await waiting.hear(said("m2", "And now?", BREACH + 2 * HOUR, reply_to="a1"))
    await waiting.sweep(BREACH + 2 * HOUR + DAY)
    taken = await waiting.steps()
    assert [rung for clock, rung, _ in taken if clock == "next_response"] == [rung for rung, _ in LADDER]
    assert len(taken) == 10


async def test_a_message_written_while_a_rung_waits_does_not_put_it_off(waiting):
    """An impatient message was triaged in the second in which the rung fell due, before the sweep: looking again was set to the
    rung after it, so the alert came hours late."""
    await waiting.hear(said("m2", "Hello?", ALERT))
    await waiting.sweep(ALERT)
    assert [rung for _, rung, _ in await waiting.steps()] == ["inbox@0.5", "alert@0.75"]


# --- late facts


async def test_what_is_overdue_when_it_is_found_alerts_at_once_and_grouped(desk):
    """Found a day and a half after it was written, it was never looked at: all of its instants lay in the past."""
    found = MONDAY + 36 * HOUR
    await desk.hear(said("m1", "Where is it?", MONDAY), said("m2", "Hello?", MONDAY, by="bert"), now=found)
    swept = await desk.sweep(found)
    assert (swept.steps, swept.alerts) == (10, 3)
    assert ("lead", [(1, "breach@1"), (2, "breach@1")]) in await desk.alerts()
    assert (await desk.sweep(found + HOUR)).steps == 0


async def test_what_is_found_between_two_rungs_takes_the_first_ones_now(desk):
    found = ALERT + HOUR
    await desk.hear(said("m1", "Where is it?", MONDAY), now=found)
    await desk.sweep(found)
    assert [rung for _, rung, _ in await desk.steps()] == ["inbox@0.5", "alert@0.75"]


async def test_a_breach_that_nobody_saw_is_told_once_also_when_the_answer_is_there(waiting):
    """The daemon was down; at its start it finds the answer, an hour too late, before it has swept."""
    await waiting.hear(ours("a1", BREACH + HOUR, "m1"))
    await waiting.sweep(BREACH + HOUR)
    assert await waiting.alerts() == [("lead", [(1, "breach@1")])]
    await waiting.sweep_until(BREACH + 2 * DAY, start=BREACH + HOUR)
    assert await waiting.alerts() == [("lead", [(1, "breach@1")])]


async def test_nothing_is_told_of_what_was_over_before_we_knew_of_it(desk):
    """A back-fill: question and late answer are both history."""
    found = MONDAY + 9 * DAY
    await desk.hear(said("m1", "Where is it?", MONDAY), ours("a1", BREACH + HOUR, "m1"), now=found)
    await desk.sweep(found)
    assert await desk.alerts() == []
    assert (await desk.clocks())[0][1] == "missed"


async def test_nothing_is_told_of_what_the_agent_found(desk):
    await desk.hear(said("m1", "lol", MONDAY))
    await desk.hear(ours("a1", BREACH + HOUR, "m1"))
    await desk.sweep_until(BREACH + 5 * DAY, start=BREACH)
    assert (await desk.steps(), await desk.alerts()) == ([], [])


async def test_a_fact_that_comes_late_makes_a_miss_met(waiting):
    await waiting.sweep(BREACH + HOUR)
    assert (await waiting.clocks())[0][1] == "missed"
    await waiting.hear(ours("a1", BREACH, "m1"), now=BREACH + 2 * HOUR)  # at exactly due: in time
    assert (await waiting.clocks())[0][1] == "met"


async def test_a_declared_answer_in_the_past_stops_the_clock_then(waiting):
    await waiting.sweep(BREACH + HOUR)
    rules = waiting.rules
    await waiting.store.write(declared, 1, by="noor", at=PAGE, rules=rules, now=BREACH + HOUR)
    assert await waiting.clocks() == [("first_response", "met", MONDAY, BREACH, PAGE)]


# --- whom, and in which order


def a_rota():
    people = [
        Person(id=n, name=n, role=Role.AGENT, contacts=(ContactMethod(name="m", target="t"),), zone="UTC")
        for n in ("daan", "yara")
    ]
    lead = Person(id="lena", name="lena", role=Role.LEAD, contacts=(ContactMethod(name="m", target="t"),), zone="UTC")
    day = date(2026, 11, 23)
    level = {"rhythm": Rhythm.DAILY, "anchor": day, "zone": "UTC", "handovers": (time(8),)}
    return Rota(
        levels=(
            Level(name=LevelName.ONCALL, rotation=("daan", "yara"), **level),
            Level(name=LevelName.NEXT, rotation=("yara", "daan"), **level),
            Level(name=LevelName.LEAD, rotation=("lena",), **level),
        ),
        people=(*people, lead),
    )


async def test_the_rota_says_who_is_told_and_the_breach_goes_to_the_lead(waiting):
    await waiting.staff(a_rota())
    await waiting.sweep_until(BREACH + HOUR, every=HOUR / 10)
    told = [(person, rung) for person, lines in await waiting.alerts() for _, rung in lines]
    # Monday's turn is daan's until eight on Tuesday; 90 % and one hour left fall at 06:36 and at 08:00
    assert told == [("daan", "alert@0.75"), ("yara", "page@0.9"), ("daan", "page@PT1H"), ("lena", "breach@1")]
    assert {n["why"] for n in await waiting.rows(tables.notice)} == {"on call"}


async def test_a_person_of_two_levels_gets_one_alert(waiting):
    await waiting.staff(
        Rota(
            levels=tuple(
                Level(name=name, rotation=("daan",), rhythm=Rhythm.DAILY, anchor=date(2026, 11, 23), zone="UTC")
                for name in LevelName
            ),
            people=(Person(id="daan", name="daan", role=Role.LEAD, contacts=(ContactMethod(name="m", target="t"),), zone="UTC"),),
        )
    )
    await waiting.sweep(BREACH)
    assert await waiting.alerts() == [("daan", [(1, rung) for rung, _ in LADDER[1:]])]


async def test_the_most_urgent_is_first_in_an_alert_then_what_runs_out_first(desk):
    await desk.hear(
        said("m1", "Where is it?", MONDAY, by="anna"),
        said("m2", "Where is it?", MONDAY - HOUR, by="bert"),
        said("m3", "Fire? The meter is on fire!", MONDAY, by="cato"),
        now=MONDAY,
    )
    await desk.sweep(ALERT)
    ((_, lines),) = await desk.alerts()
    names = {c["id"]: c["customer_id"] for c in await desk.cases()}
    assert [names[case] for case, _ in lines] == ["cato", "bert", "anna"]


async def test_an_alert_says_nothing_in_the_customers_words(waiting):
    await waiting.sweep(ALERT)
    (delivery,) = await waiting.deliveries()
    assert "Where" not in str(delivery["content"])
    assert "Anna" not in str(delivery["content"])


async def test_two_brands_are_two_alerts(desk):
    await desk.hear(said("m1", "?", MONDAY))
    await desk.store.write(accept, [said("m2", "?", MONDAY, channel="twitter:other")], brand="other", now=MONDAY)
    await desk.hear(said("m3", "lol", MONDAY, by="cato"))
    await desk.sweep(ALERT)
    assert sorted(d["brand"] for d in await desk.deliveries()) == ["meerkoet", "other"]


# --- many, and many who look


async def many_cases(desk, count):
    """Put cases into the database as triage would leave them, without the work of classifying them."""
    await desk.hear(said("m0", "Where is it?", MONDAY, by="c0"))

    def copy(conn):
        for table in (tables.message, tables.case, tables.case_event):
            first = dict(conn.execute(table.select()).one()._mapping)
            rows = [first | _as_number(table, n + 1) for n in range(1, count)]
            conn.execute(table.insert(), rows)
        return count

    await desk.store.write(copy)


def _as_number(table, n):
    if table is tables.message:
        return {"id": n, "external_id": f"m{n}", "author_id": f"c{n}", "case": n}
    if table is tables.case:
        return {"id": n, "customer_id": f"c{n}", "opening_message": n}
    return {"case": n, "message": n}


async def test_a_thousand_due_at_once_are_taken_in_batches_and_told_in_few_alerts(desk):
    await many_cases(desk, 1000)
    sweeps = [await desk.sweep(ALERT)]
    while sweeps[-1].cases:
        sweeps.append(await desk.sweep(ALERT))
    assert [s.cases for s in sweeps] == [BATCH, BATCH, 0]
    assert sum(s.steps for s in sweeps) == 2000
    alerts = await desk.alerts()
    assert [person for person, _ in alerts] == ["oncall", "oncall"]
    assert sorted(case for _, lines in alerts for case, _ in lines) == list(range(1, 1001))


async def test_two_sweeps_at_once_decide_each_step_once(postgres_url):
    one, two = open_store(postgres_url), open_store(postgres_url)
    try:
        desk = await Desk.open(one)
        await desk.hear(*[said(f"m{n:03}", "Where is it?", MONDAY, by=f"c{n:03}") for n in range(60)])

        async def sweep(store):
            return await watch(store, desk.rules, BREACH)

        found = await asyncio.gather(*(sweep(store) for store in (one, two, one, two)))
        while (more := await desk.sweep(BREACH)).cases:
            found.append(more)
        assert sum(s.steps for s in found) == 60 * len(LADDER)
        assert len(await desk.steps()) == 60 * len(LADDER)
        told = [(person, case, rung) for person, lines in await desk.alerts() for case, rung in lines]
        assert len(told) == len(set(told)) == 60 * 4
    finally:
        await one.close()
        await two.close()


async def test_a_case_that_cannot_be_computed_is_put_off_and_silences_nobody(desk):
    """One case whose evaluation raised rolled back the sweep of all: from then on nobody was alerted of anything."""
    await desk.hear(said("m1", "Where is it?", MONDAY), said("m2", "Where is it?", MONDAY, by="bert"))
    broken = Rule(name="broken", policy=SHIPPED)
    object.__setattr__(broken, "policy", None)
    await desk.store.write(
        lambda conn: conn.execute(tables.case.update().where(tables.case.c.id == 1).values(policy="broken")).rowcount
    )
    desk.rules = Rules(book=RuleBook(rules=[broken, *SHIPPED_BOOK.rules]), revision=1, alerts=AT_ONCE)
    # a policy without fields stands for any mistake in the arithmetic
    await desk.sweep(ALERT)
    assert [(person, lines) for person, lines in await desk.alerts()] == [("oncall", [(2, "alert@0.75")])]
    assert [(line["event"], line["case"]) for line in desk.logged] == [("watch.not_computed", 1)]
    assert not await desk.store.read(cases.any_due, ALERT)
    desk.rules = Rules(book=SHIPPED_BOOK, revision=1, alerts=AT_ONCE)
    await desk.sweep(ALERT + HOUR)
    assert ("oncall", [(1, "alert@0.75")]) in await desk.alerts()


async def test_an_older_rule_book_decides_nothing(desk):
    """Two daemons, one with yesterday's policies: it would go on to decide by them. It refuses, and says which is newer."""
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.store.write(store_revision, {"policy": "tomorrow's"}, MONDAY)
    with pytest.raises(StaleRules, match="by rule book 1, the newest is 2"):
        await desk.sweep(MONDAY + DAY)
    assert await desk.steps() == []
