"""A claim ends by itself: two hours without a draft, a note or an answer, at the latest with the shift in which it was taken."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import DAY, HOUR, MONDAY, Desk, ours, said

from webcare.domain.alert_rules import AT_ONCE
from webcare.domain.rota import ContactMethod, Level, LevelName, Override, Person, Rhythm, Role, Rota
from webcare.domain.rota_changes import Span
from webcare.letters.why import why
from webcare.services import answer, around, compose, holding, stand_ins
from webcare.services import desk as moves
from webcare.services.explain import explain
from webcare.services.lapse import BATCH, lapse
from webcare.services.settle import record
from webcare.store import cases, house_tables, people, tables
from webcare.store.door import open_store

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
IDLE = 2 * HOUR


def staff(rhythm=Rhythm.DAILY):
    """Daan until Tuesday at eight, then yara; noor is on no level."""
    contacts = (ContactMethod(name="push", target="lines:push"),)
    known = [Person(id=n, name=n.title(), role=Role.AGENT, contacts=contacts, zone="UTC") for n in ("daan", "noor", "yara")]
    level = Level(
        name=LevelName.ONCALL,
        rotation=("daan", "yara"),
        rhythm=rhythm,
        anchor=date(2026, 11, 23),
        zone="UTC",
        handovers=(time(8),),
    )
    return Rota(levels=(level,), people=tuple(known))


@pytest.fixture
async def taken(desk):
    """Noor, who is not on call, has taken anna's case at nine."""
    desk.rules = replace(desk.rules, alerts=AT_ONCE)
    await desk.staff(staff())
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await take(desk, "noor", MONDAY)
    return desk


async def take(desk, who, now):
    await desk.store.write(moves.claim, 1, by=who, rules=desk.rules, now=now)


async def end(desk, now):
    return await lapse(desk.store, desk.rules, now)


async def has_it(desk):
    return (await desk.case())["claimed_by"]


async def lapses(desk):
    """Each claim that ended by itself: (when, why, whose)."""
    found = await desk.rows(tables.case_event, tables.case_event.c.type == "unclaim")
    return [(row["at"], row["data"]["why"], row["data"]["of"]) for row in found if row["by"] == "policy"]


async def test_two_hours_of_nothing_end_a_claim_at_that_instant(taken):
    assert await end(taken, MONDAY + IDLE - SECOND) == 0
    assert await has_it(taken) == "noor"
    assert await end(taken, MONDAY + IDLE) == 1
    assert await has_it(taken) is None
    assert await lapses(taken) == [(MONDAY + IDLE, "idle", "noor")]
    assert await end(taken, MONDAY + IDLE) == 0


async def test_however_late_one_looks_it_ended_at_its_own_instant(taken):
    """The daemon was down all day."""
    assert await end(taken, MONDAY + 20 * HOUR) == 1
    assert await lapses(taken) == [(MONDAY + IDLE, "idle", "noor")]
    assert (await taken.rows(tables.case_event))[-1]["learned_at"] == MONDAY + 20 * HOUR


@pytest.mark.parametrize("what", ["note", "reply", "answer", "declared", "typing"])
async def test_whoever_does_something_keeps_the_case(taken, what):
    now, store, rules = MONDAY + HOUR, taken.store, taken.rules
    match what:
        case "note":
            await store.write(moves.note, 1, by="noor", text="I call them.", rules=rules, now=now)
        case "reply" | "answer":
            await store.write(compose.send, 1, text="It is there.", by="noor", rules=rules, now=now)
        case "declared":
            await store.write(answer.declared, 1, by="noor", at=now, rules=rules, now=now)
        case "typing":
            values = {"reader": "noor", "machine": now, "now": now, "is_typing": True, "seen": None}
            await store.write(around.look, 1, **values)
    await end(taken, now + IDLE - SECOND)
    assert await has_it(taken) == "noor"
    await end(taken, now + IDLE)
    assert await has_it(taken) is None
    assert await lapses(taken) == [(now + IDLE, "idle", "noor")]


async def test_what_others_do_and_only_looking_does_not_count(taken):
    now, store = MONDAY + HOUR, taken.store
    await store.write(moves.note, 1, by="yara", text="Somebody?", rules=taken.rules, now=now)
    values = {"machine": now, "now": now, "seen": None}
    await store.write(around.look, 1, reader="yara", is_typing=True, **values)
    await store.write(around.look, 1, reader="noor", is_typing=False, **values)
    await taken.hear(said("m2", "Hello?", now))
    assert await end(taken, MONDAY + IDLE) == 1


async def test_typing_is_noted_to_the_minute(taken):
    values = {"reader": "noor", "is_typing": True, "seen": None}
    for seconds in (60, 75, 90):
        at = MONDAY + timedelta(seconds=seconds)
        await taken.store.write(around.look, 1, machine=at, now=at, **values)
    assert (await taken.case())["claim_active_at"] == MONDAY + MINUTE


async def test_the_end_of_the_shift_ends_the_claim(taken):
    """Daan takes it at half past seven on Tuesday: at eight his shift is over, long before the two hours are."""
    at = MONDAY + 22 * HOUR + 30 * MINUTE
    await end(taken, at)
    await take(taken, "daan", at)
    assert await end(taken, MONDAY + 23 * HOUR - SECOND) == 0
    await end(taken, MONDAY + DAY)
    assert (await lapses(taken))[-1] == (MONDAY + 23 * HOUR, "shift_end", "daan")


async def test_a_shift_that_was_made_longer_keeps_its_claims(taken):
    """A lead let daan go on until noon after he had taken the case."""
    at, eight = MONDAY + 22 * HOUR, MONDAY + 23 * HOUR
    await end(taken, at)
    await take(taken, "daan", at + 30 * MINUTE)
    over = Override(level=LevelName.ONCALL, starts_at=eight, ends_at=eight + 4 * HOUR, person="daan", created_at=at)
    row = {"level": over.level.value, "starts_at": over.starts_at, "ends_at": over.ends_at, "person": "daan"}
    insert = house_tables.rota_override.insert().values(**row, created_at=at)
    await taken.store.write(lambda conn: conn.execute(insert).rowcount)
    await end(taken, eight)
    assert await has_it(taken) == "daan"
    assert (await taken.case())["claim_ends_at"] == eight + 4 * HOUR
    await end(taken, at + 30 * MINUTE + IDLE)
    assert (await lapses(taken))[-1] == (at + 30 * MINUTE + IDLE, "idle", "daan")


async def test_a_shift_that_was_made_shorter_ends_its_claims_then(taken):
    """A lead lets yara take over at three, when daan has a case in hand."""
    await end(taken, MONDAY + 3 * HOUR)
    await take(taken, "daan", MONDAY + 5 * HOUR)
    span = Span(level=LevelName.ONCALL, starts_at=MONDAY + 6 * HOUR, ends_at=MONDAY + DAY)
    seen = stand_ins.mark(await taken.store.read(people.rota))
    wanted = stand_ins.Wanted(span=span, person="yara", reason=None)
    assert await taken.store.write(stand_ins.make, wanted, seen=seen, by="lena", now=MONDAY + 5 * HOUR)
    await end(taken, MONDAY + 6 * HOUR)
    assert (await lapses(taken))[-1] == (MONDAY + 6 * HOUR, "shift_end", "daan")


async def test_a_case_that_was_given_back_or_closed_does_not_lapse(taken):
    await taken.store.write(moves.release, 1, by="noor", rules=taken.rules, now=MONDAY + MINUTE)
    assert await end(taken, MONDAY + DAY) == 0
    await take(taken, "noor", MONDAY + 2 * MINUTE)
    await taken.store.write(moves.close, 1, by="noor", rules=taken.rules, now=MONDAY + 3 * MINUTE)
    assert await end(taken, MONDAY + DAY) == 0
    assert await lapses(taken) == []


async def test_taken_again_it_has_its_two_hours_again(taken):
    await end(taken, MONDAY + IDLE)
    await take(taken, "noor", MONDAY + 3 * HOUR)
    assert await end(taken, MONDAY + 5 * HOUR - SECOND) == 0
    await end(taken, MONDAY + 5 * HOUR)
    assert [at for at, _, _ in await lapses(taken)] == [MONDAY + IDLE, MONDAY + 5 * HOUR]


async def test_handed_over_it_is_the_claim_of_the_other(taken):
    await taken.store.write(moves.hand_over, 1, by="noor", to="daan", rules=taken.rules, now=MONDAY + HOUR)
    assert await end(taken, MONDAY + IDLE) == 0
    await end(taken, MONDAY + HOUR + IDLE)
    assert await lapses(taken) == [(MONDAY + HOUR + IDLE, "idle", "daan")]


async def test_a_claim_that_is_over_counts_no_more_before_anybody_has_written_it_down(taken):
    row, log = await taken.store.read(cases.get, 1), await taken.store.read(cases.log, 1)

    async def holders(now):
        return await taken.store.read(holding.holders, [(row, log)], await taken.store.read(people.rota), taken.rules.alerts, now)

    assert (await holders(MONDAY + IDLE - SECOND))[1].id == "noor"
    assert await holders(MONDAY + IDLE) == {}


async def test_the_clocks_do_not_hear_of_it(taken):
    before = await taken.clocks()
    await end(taken, MONDAY + IDLE)
    assert await taken.clocks() == before
    await taken.hear(ours("a1", MONDAY + 3 * HOUR, "m1"))
    assert (await taken.clocks())[0][1] == "met"


async def test_why_says_who_had_it_and_why_no_more(taken):
    await end(taken, MONDAY + IDLE)
    found = await taken.store.read(explain, 1, taken.rules, MONDAY + DAY / 2)
    assert "no longer with noor: nothing was done with it for too long" in why(found, ZoneInfo("UTC"))


async def test_a_mountain_of_claims_ends_in_batches(desk):
    await desk.hear(*[said(f"m{n:03}", "?", MONDAY, by=f"c{n:03}") for n in range(3)])
    for number in (1, 2, 3):
        await desk.store.write(moves.claim, number, by="noor", rules=desk.rules, now=MONDAY)
    assert await lapse(desk.store, desk.rules, MONDAY + DAY) == 3
    assert BATCH > 3
    assert [row["claimed_by"] for row in await desk.cases()] == [None] * 3


async def test_a_claim_that_cannot_be_ended_does_not_keep_the_others(desk, monkeypatch):
    """One case that cannot be computed took the whole batch back with it, every few seconds."""
    await desk.hear(*[said(f"m{n}", "?", MONDAY, by=f"c{n}") for n in range(3)])
    for number in (1, 2, 3):
        await desk.store.write(moves.claim, number, by="noor", rules=desk.rules, now=MONDAY)

    def broken(conn, row, *rest, **changes):
        found = record(conn, row, *rest, **changes)
        if row.id == 2:
            raise ZeroDivisionError  # after something was written
        return found

    with monkeypatch.context() as patched:
        patched.setattr("webcare.services.lapse.record", broken)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):  # so the row is in trouble, which is said
                await lapse(desk.store, desk.rules, MONDAY + DAY)
            assert [row["claimed_by"] for row in await desk.cases()] == [None, "noor", None]
    assert await lapse(desk.store, desk.rules, MONDAY + DAY) == 1
    assert [row["claimed_by"] for row in await desk.cases()] == [None] * 3


async def test_three_daemons_end_a_claim_once(postgres_url):
    stores = [open_store(postgres_url) for _ in range(3)]
    try:
        desk = await Desk.open(stores[0])
        await desk.hear(said("m1", "?", MONDAY))
        await take(desk, "noor", MONDAY)
        await asyncio.gather(*(lapse(store, desk.rules, MONDAY + DAY) for store in stores * 2))
        assert len(await lapses(desk)) == 1
    finally:
        for store in stores:
            await store.close()
