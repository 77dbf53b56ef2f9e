"""People and the rota in the database: filled once, read back as they were, and never in the way of an alert."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from webcare.domain.rota import ContactMethod, Level, LevelName, Person, QuietHours, Rhythm, Role, on_call
from webcare.store import people
from webcare.store.house_tables import contact, person, rota_level, rota_override

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


def somebody(id_, *contacts, **more):
    values = {"name": id_.title(), "role": Role.AGENT, "zone": "Europe/Amsterdam"}
    return Person(id=id_, contacts=contacts, **{**values, **more})


MAIL = ContactMethod(name="mail", target="mailto:noor@example.org", detail="line", trusted=True)
PHONE = ContactMethod(name="phone", target="pover://u@t")
NOOR = somebody("noor", PHONE, MAIL, role=Role.LEAD, quiet=QuietHours(start=time(22, 30), end=time(7)), language="en")
DAAN = somebody("daan")


def level(name=LevelName.ONCALL, rotation=("daan", None, "noor"), **more):
    return Level(
        **{"name": name, "rotation": rotation, "rhythm": Rhythm.WEEKLY, "anchor": date(2026, 11, 23), "zone": "UTC", **more}
    )


async def everything(store):
    """Return who there is, and who is on call."""
    return await store.read(people.people), await store.read(people.rota)


async def test_an_empty_database_is_filled_once(store):
    assert await store.write(people.seed, [NOOR, DAAN], [level()]) is True
    assert await store.write(people.seed, [somebody("sanne")], []) is False
    who, rota = await everything(store)
    assert who == (DAAN, NOOR)
    assert (rota.people, rota.levels, rota.overrides) == (who, (level(),), ())


@pytest.mark.parametrize(("who", "levels"), [([DAAN], []), ([], [level(rotation=())])])
async def test_either_is_enough_to_call_it_filled(store, who, levels):
    assert await store.write(people.seed, who, levels) is True
    assert await store.write(people.seed, [NOOR], [level(LevelName.LEAD)]) is False
    assert await store.read(people.people) == tuple(who)


async def test_nothing_to_write_leaves_it_empty(store):
    assert await store.write(people.seed, [], []) is False
    assert await everything(store) == ((), None)
    assert await store.write(people.seed, [DAAN], []) is True


async def test_of_two_daemons_that_start_together_one_fills_it(store):
    first, second = await asyncio.gather(
        store.write(people.seed, [NOOR, DAAN], [level()]), store.write(people.seed, [NOOR, DAAN], [level()])
    )
    assert sorted([first, second]) == [False, True]
    assert await store.read(people.people) == (DAAN, NOOR)


async def test_one_person_is_read_with_the_contacts_in_their_order(store):
    await store.write(people.seed, [NOOR, DAAN], [])
    assert await store.read(people.person, "noor") == NOOR
    assert await store.read(people.person, "daan") == DAAN
    assert await store.read(people.person, "nobody") is None


async def test_a_target_shows_in_no_repr(store):
    await store.write(people.seed, [NOOR], [])
    assert "pover://" not in repr(await store.read(people.people))


async def test_levels_come_in_the_order_in_which_an_alert_climbs(store):
    await store.write(people.seed, [NOOR, DAAN], [level(name) for name in (LevelName.NEXT, LevelName.LEAD, LevelName.ONCALL)])
    rota = await store.read(people.rota)
    assert [one.name for one in rota.levels] == ["oncall", "next", "lead"]


def override(level_name, who, created_at=MONDAY):
    return {"level": level_name, "starts_at": MONDAY, "ends_at": MONDAY + WEEK, "person": who, "created_at": created_at}


async def test_overrides_lie_over_the_rotation_and_the_later_one_wins(store):
    def write(conn):
        people.seed(conn, [NOOR, DAAN], [level()])
        rows = [override("oncall", "noor", MONDAY + WEEK), override("oncall", None), override("lead", "noor")]
        conn.execute(insert(rota_override), rows)

    await store.write(write)
    rota = await store.read(people.rota)
    assert [o.person for o in rota.overrides] == [None, "noor"]  # the level `lead` is gone, and with it its override
    assert on_call(rota, LevelName.ONCALL, MONDAY) == NOOR


async def test_somebody_who_is_gone_has_no_turn_and_stands_in_nobodys_way(store):
    """A rotation or an override that still names them must not end every sweep: the alert climbs to the next level."""

    def write(conn):
        people.seed(conn, [NOOR, DAAN], [level(), level(LevelName.NEXT, ("noor",))])
        conn.execute(insert(rota_override), override("next", "daan"))
        conn.execute(delete(person).where(person.c.id == "daan"))

    await store.write(write)
    rota = await store.read(people.rota)
    assert rota.levels[0].rotation == (None, None, "noor")
    assert on_call(rota, LevelName.ONCALL, MONDAY) is None
    assert on_call(rota, LevelName.NEXT, MONDAY) is None
    assert on_call(rota, LevelName.NEXT, MONDAY + WEEK) == NOOR


async def test_with_a_person_their_contacts_go(store):
    await store.write(people.seed, [NOOR], [])
    await store.write(lambda conn: conn.execute(delete(person)).rowcount)
    assert await store.read(lambda conn: conn.execute(select(contact)).all()) == []


# --- whatever they are called ---

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)
times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from(["UTC", "Europe/Amsterdam", "Pacific/Auckland"])
contacts = st.builds(ContactMethod, name=texts, target=texts, detail=st.sampled_from(["facts", "line"]), trusted=st.booleans())
quiets = st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(start=pair[0], end=pair[1]))
persons = st.builds(
    Person,
    id=texts,
    name=texts,
    role=st.sampled_from(Role),
    contacts=st.lists(contacts, max_size=3, unique_by=lambda c: c.name).map(tuple),
    zone=zones,
    quiet=st.none() | quiets,
    language=st.sampled_from(["nl", "en"]),
)


@st.composite
def houses(draw):
    who = draw(st.lists(persons, max_size=4, unique_by=lambda p: p.id))
    turns = st.lists(st.sampled_from([None, *(p.id for p in who)]), max_size=5).map(tuple)
    names = draw(st.lists(st.sampled_from(LevelName), unique=True))
    dates = st.dates(date(2000, 1, 1), date(2100, 1, 1))
    handovers = st.lists(times, min_size=1, max_size=3, unique=True).map(lambda ts: tuple(sorted(ts)))
    levels = [
        Level(
            name=name, rotation=draw(turns), rhythm=Rhythm.DAILY, anchor=draw(dates), zone=draw(zones), handovers=draw(handovers)
        )
        for name in names
    ]
    return who, levels


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(houses())
async def test_what_is_written_is_read_back(store, house):
    who, levels = house
    await store.write(lambda conn: [conn.execute(delete(table)).rowcount for table in (contact, person, rota_level)])
    assert await store.write(people.seed, who, levels) is bool(who or levels)
    found, rota = await everything(store)
    assert sorted(found, key=lambda p: p.id) == sorted(who, key=lambda p: p.id)
    assert {p.id: p.contacts for p in found} == {p.id: p.contacts for p in who}
    assert (() if rota is None else rota.levels) == tuple(sorted(levels, key=lambda one: list(LevelName).index(one.name)))
