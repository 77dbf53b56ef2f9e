"""The letters of a day: to whom, when, once, late after downtime; and what a sent letter said stays, what was learned since comes later."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import BRAND, CHANNEL, DAY, HOUR, MONDAY, FakeClock, FakeNotifier, account, ours, said
from staff import by, staff

from webcare.domain.digest import Period
from webcare.domain.misses import Later, Reason
from webcare.domain.rota import Person, QuietHours, Role
from webcare.domain.sla.events import Event, EventType
from webcare.domain.sla.promise import State
from webcare.ports.errors import Unavailable
from webcare.services import answer
from webcare.services.channel_troubles import Moment, failed, read_partly, recovered, tell_untold
from webcare.services.deliver import LETTER_TRIES
from webcare.services.settle import record
from webcare.services.summarize import LATE, digest_for, newest, send, summarize
from webcare.store import cases, channel_state, digest_kept, tables, user_tables
from webcare.store.cases import LogLine
from webcare.store.door import open_store
from webcare.store.messages import ensure_channel

HOUSE = "Europe/Amsterdam"
EIGHT = datetime(2026, 11, 24, 7, tzinfo=UTC)  # Tuesday, 08:00 in Amsterdam
MAIL = by("mail", "mailto:lena@example.org")


def person(id_, zone=HOUSE, role=Role.LEAD, contacts=(MAIL,), **changes):
    return Person(id=id_, name=id_.title(), role=role, contacts=contacts, zone=zone, language="en", **changes)


async def house(desk, *people):
    """Let these people work here since before Monday."""
    await desk.staff(replace(staff(), levels=(), people=people))
    await desk.store.write(ensure_channel, CHANNEL, brand=BRAND, now=MONDAY - DAY)


async def queued(desk, now):
    return await summarize(desk.store, FakeClock(now), zone=HOUSE, brand=BRAND)


async def letters(desk):
    rows = await desk.rows(tables.delivery, tables.delivery.c.kind == "letter", order=tables.delivery.c.id)
    return [(row["person"], row["method"], row["content"]["letter"]["day"], row["content"]["letter"]["late"]) for row in rows]


async def of(desk, day, now):
    return await digest_for(desk.store, Period(day=day, zone=HOUSE), now)


# --- to whom, and when


async def test_at_eight_the_letter_of_the_day_before_is_queued_once(desk):
    await house(desk, person("lena"))
    assert await queued(desk, EIGHT - timedelta(seconds=1)) == 1  # Sunday's, which nobody had yet
    assert await queued(desk, EIGHT - timedelta(seconds=1)) == 0
    assert await queued(desk, EIGHT) == 1
    assert await queued(desk, EIGHT) == 0
    assert await queued(desk, EIGHT + 23 * HOUR) == 0
    assert await letters(desk) == [("lena", "mail", "2026-11-22", True), ("lena", "mail", "2026-11-23", False)]


async def test_leads_and_admins_get_it_who_have_an_address_and_are_not_locked_out(desk):
    telephone = by("phone", "ntfys://ntfy.example.org/x")
    people = [
        person("agnes", role=Role.AGENT),
        person("aud", role=Role.AUDITOR),
        person("adam", role=Role.ADMIN, contacts=(telephone, MAIL)),
        person("gone"),
        person("lena", quiet=QuietHours(start=datetime.min.time(), end=datetime.max.time())),
        person("tess", contacts=(telephone,)),
    ]
    await house(desk, *people)
    gone = {"person": "gone", "created_at": MONDAY, "disabled_at": MONDAY}
    await desk.store.write(lambda conn: conn.execute(user_tables.login.insert(), gone).rowcount)
    assert await queued(desk, EIGHT) == 2
    assert {(who, method) for who, method, *_ in await letters(desk)} == {("adam", "mail"), ("lena", "mail")}


@pytest.mark.parametrize(
    ("zone", "at", "day", "due"),
    [
        (HOUSE, "2026-11-24T07:00", date(2026, 11, 23), "2026-11-24T07:00"),
        (HOUSE, "2026-11-24T06:59", date(2026, 11, 22), "2026-11-23T07:00"),
        ("America/New_York", "2026-11-24T13:00", date(2026, 11, 23), "2026-11-24T13:00"),
        ("America/New_York", "2026-11-24T12:59", date(2026, 11, 22), "2026-11-23T13:00"),
        ("Asia/Tokyo", "2026-11-24T23:00", date(2026, 11, 24), "2026-11-24T23:00"),  # just when the house's day ends
        (
            "Pacific/Auckland",
            "2026-11-24T19:00",
            date(2026, 11, 23),
            "2026-11-24T19:00",
        ),  # Wednesday there, and Tuesday is not over here
        (HOUSE, "2026-03-29T06:00", date(2026, 3, 28), "2026-03-29T06:00"),  # 08:00 of summer time
        (HOUSE, "2026-10-25T07:00", date(2026, 10, 24), "2026-10-25T07:00"),
        (HOUSE, "2026-10-25T06:00", date(2026, 10, 23), "2026-10-24T06:00"),
    ],
)
def test_whose_eight_has_come_gets_the_newest_day_that_is_over(zone, at, day, due):
    now, due = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (at, due))
    assert newest(ZoneInfo(zone), ZoneInfo(HOUSE), now) == (day, due)
    assert Period(day=day, zone=HOUSE).ends_at <= due


async def test_each_gets_it_at_their_own_eight_and_all_read_the_same_numbers(desk):
    await house(desk, person("lena"), person("nell", zone="America/New_York"))
    await desk.hear(said("m1", "Where?", MONDAY))
    await desk.hear(ours("a1", MONDAY + HOUR, "m1"))
    assert await queued(desk, EIGHT) == 2  # of New York it is Sunday's, which is late
    await desk.hear(said("m2", "lol", MONDAY, by="bert"), now=EIGHT + HOUR)
    assert await queued(desk, EIGHT + 6 * HOUR) == 1
    assert [(who, day) for who, _, day, _ in await letters(desk)] == [
        ("nell", "2026-11-22"),
        ("lena", "2026-11-23"),
        ("nell", "2026-11-23"),
    ]
    assert (await of(desk, date(2026, 11, 23), EIGHT + 6 * HOUR)).heard == 1


async def test_after_downtime_the_newest_day_comes_and_says_that_it_is_late(desk):
    await house(desk, person("lena"))
    assert await queued(desk, EIGHT) == 1
    assert await queued(desk, EIGHT + 3 * DAY + LATE) == 1
    assert await queued(desk, EIGHT + 4 * DAY + LATE + timedelta(seconds=1)) == 1
    assert [(day, late) for _, _, day, late in await letters(desk)] == [
        ("2026-11-23", False),
        ("2026-11-26", False),
        ("2026-11-27", True),
    ]


async def test_of_days_before_the_house_listened_there_is_no_letter(desk):
    await desk.staff(replace(staff(), levels=(), people=(person("lena"),)))
    assert await queued(desk, EIGHT) == 0  # no channel at all
    await desk.store.write(ensure_channel, CHANNEL, brand=BRAND, now=EIGHT - HOUR)
    assert await queued(desk, EIGHT) == 0
    assert await queued(desk, EIGHT + DAY) == 1


async def test_two_daemons_send_one_letter(desk, database_url):
    await house(desk, person("lena"), person("adam", role=Role.ADMIN))
    other = open_store(database_url)
    try:
        rounds = [summarize(store, FakeClock(EIGHT), zone=HOUSE, brand=BRAND) for store in (desk.store, other) * 3]
        assert sum(await asyncio.gather(*rounds)) == 2
    finally:
        await other.close()
    assert len(await letters(desk)) == 2


async def test_sent_by_hand_it_goes_to_whoever_has_not_had_it(desk):
    await house(desk, person("lena"))
    await queued(desk, EIGHT)
    await desk.store.write(lambda conn: conn.execute(tables.delivery.update().values(state="sent")).rowcount)
    assert await send(desk.store, Period(day=date(2026, 11, 23), zone=HOUSE), brand=BRAND, now=EIGHT) == ([], ["lena"])
    assert await send(desk.store, Period(day=date(2026, 11, 20), zone=HOUSE), brand=BRAND, now=EIGHT) == (["lena"], [])


async def test_a_key_is_that_of_this_house_this_day_and_this_person_alone(desk):
    await house(desk, person("lena"), person("adam", role=Role.ADMIN))
    await queued(desk, EIGHT)
    await queued(desk, EIGHT + DAY)
    keys = [row["key"] for row in await desk.deliveries()]
    assert len(set(keys)) == len(keys) == 4
    assert not any("lena" in key for key in keys)


# --- on the way


async def test_a_mail_server_that_is_away_for_hours_loses_no_letter_and_rings_nobody(desk):
    """An alert would have gone on to a telephone within a minute."""
    await house(desk, person("lena", contacts=(by("phone", "ntfys://ntfy.example.org/x"), MAIL)))
    await queued(desk, EIGHT)
    clock, notifier = FakeClock(EIGHT), FakeNotifier(*[Unavailable("no mail server")] * (LETTER_TRIES - 1))
    for _ in range(LETTER_TRIES - 1):
        await desk.send(desk.post(notifier), clock)
        clock.at_machine += timedelta(minutes=15)
    assert notifier.sent == []
    await desk.send(desk.post(notifier), clock)
    (alert,) = notifier.sent
    assert (alert.person, alert.method, alert.content["letter"]["day"]) == ("lena", "mail", "2026-11-23")
    assert clock.at_machine - EIGHT > 8 * HOUR


async def test_a_letter_that_nobody_takes_ends_and_rings_no_last_resort(desk):
    await house(desk, person("lena"))
    await queued(desk, EIGHT)
    clock, notifier = FakeClock(EIGHT), FakeNotifier(*[Unavailable("no mail server")] * LETTER_TRIES)
    for _ in range(LETTER_TRIES + 5):
        await desk.send(desk.post(notifier), clock)
        clock.at_machine += timedelta(minutes=15)
    (row,) = await desk.deliveries()
    assert (row["state"], row["attempt"], notifier.sent) == ("failed", LETTER_TRIES, [])
    assert [line["event"] for line in desk.logged if line["log_level"] == "error"] == ["letter.reached_nobody"]


# --- what was learned later


async def test_a_sent_letter_stays_and_the_next_one_puts_it_right_once(desk):
    await house(desk, person("lena"))
    await desk.hear(said("m1", "Where?", MONDAY - DAY))  # due on Monday at 10:00
    await desk.sweep(MONDAY + HOUR)
    await queued(desk, EIGHT)
    assert [m.case for m in (await of(desk, date(2026, 11, 23), EIGHT)).misses] == ["1"]
    await desk.hear(ours("a1", MONDAY - HOUR, "m1"), now=EIGHT + HOUR)  # in time, and found too late
    await desk.hear(said("m2", "Where?", MONDAY - DAY + HOUR, by="bert"), now=EIGHT + 2 * HOUR)  # a miss that nobody knew of
    await desk.sweep(EIGHT + 3 * HOUR)
    await queued(desk, EIGHT + DAY)
    before = await of(desk, date(2026, 11, 23), EIGHT + DAY)
    assert [m.case for m in before.misses] == ["1"]
    assert before.first_response.within_target == 0
    found = (await of(desk, date(2026, 11, 24), EIGHT + DAY)).corrections
    assert [(c.case, c.day, c.was, c.now, c.why, c.learned_at) for c in found] == [
        ("1", date(2026, 11, 23), State.MISSED, State.MET, Later.IN_TIME, EIGHT + HOUR),
        ("2", date(2026, 11, 23), State.NONE, State.MISSED, Later.FOUND, EIGHT + 2 * HOUR),
    ]
    await queued(desk, EIGHT + 2 * DAY)
    assert (await of(desk, date(2026, 11, 25), EIGHT + 2 * DAY)).corrections == ()


async def test_an_answer_that_turned_out_not_to_have_arrived_is_put_right_too(desk):
    await house(desk, person("lena"))
    await desk.hear(said("m1", "Where?", MONDAY - DAY + HOUR))
    await desk.hear(ours("a1", MONDAY, "m1"))
    await queued(desk, EIGHT)
    assert (await of(desk, date(2026, 11, 23), EIGHT)).first_response.within_target == 1
    await desk.store.write(withdraw, "a1", desk.rules, EIGHT + HOUR)
    await desk.sweep(EIGHT + 2 * HOUR)
    (correction,) = (await of(desk, date(2026, 11, 24), EIGHT + DAY)).corrections
    assert (correction.was, correction.now, correction.why) == (State.MET, State.MISSED, Later.WITHDRAWN)


def withdraw(conn, ref, rules, at):
    line = LogLine(event=Event(at=at, type=EventType.WITHDRAWN, ref=ref), learned_at=at)
    return record(conn, cases.lock(conn, 1), [line], rules, at).id


# --- reasons and channels


async def test_each_miss_says_where_it_broke(desk):
    await desk.staff(staff())
    for n, asked in ((1, MONDAY - DAY), (2, MONDAY - DAY + HOUR)):
        await desk.hear(said(f"m{n}", "Where?", asked, by=f"c{n}"))
    await desk.hear(said("m3", "Where?", MONDAY - DAY, by="c3"), now=MONDAY - HOUR)
    await desk.sweep(MONDAY - 5 * HOUR)
    await desk.send(desk.post(), FakeClock(MONDAY - 5 * HOUR))
    await desk.store.write(answer.write, 2, text="Tomorrow.", by="noor", now=MONDAY)
    (reply,) = await desk.replies()
    await desk.store.write(answer.refused, reply["id"], "too long", MONDAY)
    await desk.sweep(MONDAY + 5 * HOUR)
    whys = {m.case: (m.why.reason, m.why.at) for m in (await of(desk, date(2026, 11, 23), EIGHT)).misses}
    assert whys == {
        "1": (Reason.NOT_ACKNOWLEDGED, MONDAY - 5 * HOUR),
        "2": (Reason.ANSWER_FAILED, MONDAY),
        "3": (Reason.FOUND_LATE, MONDAY - HOUR),
    }


async def test_what_the_machine_doubted_stays_counted_when_a_person_has_put_it_right(desk):
    await desk.hear(said("m1", "maybe", MONDAY), said("m2", "Where?", MONDAY, by="bert"), said("m3", "lol", MONDAY, by="cato"))
    for number in (1, 2):
        await desk.store.write(put_right, number)
    found = await of(desk, date(2026, 11, 23), EIGHT)
    assert (found.heard, found.unsure, found.corrected) == (3, 1, 2)
    assert found.intents == {"noise": 1, "praise": 2}


def put_right(conn, number):
    """A person says of a message that it is praise, and sure."""
    verdicts = tables.verdict
    row = dict(conn.execute(verdicts.select().where(verdicts.c.message == number)).one()._mapping)
    row.update(by="noor", intents=["praise"], unsure=False)
    del row["id"]
    (new,) = conn.execute(verdicts.insert().values(row).returning(verdicts.c.id)).one()
    return conn.execute(tables.message.update().where(tables.message.c.id == number).values(verdict=new)).rowcount


async def test_trouble_of_a_channel_is_told_from_its_beginning_to_its_end(desk):
    await desk.staff(staff())
    await desk.store.write(ensure_channel, CHANNEL, brand=BRAND, now=MONDAY - DAY)
    ours_ = account()
    began, ended = MONDAY + HOUR, MONDAY + 4 * HOUR
    await desk.store.write(failed, ours_, "no answer", retry_at=began + HOUR, at=moment(began))
    later = moment(began + HOUR)
    assert await desk.store.write(tell_untold, ours_, trouble_after=timedelta(minutes=10), at=later)
    lasting = (await of(desk, date(2026, 11, 23), EIGHT)).channels
    assert [(t.what, t.since, t.until) for t in lasting[0].troubles] == [("failing", began, None)]
    before = await desk.store.read(channel_state.get, CHANNEL)
    await desk.store.write(recovered, ours_, before, moment(ended))
    (channel,) = (await of(desk, date(2026, 11, 23), EIGHT)).channels
    assert [(t.what, t.since, t.until) for t in channel.troubles] == [("failing", began, ended)]
    assert (await of(desk, date(2026, 11, 24), EIGHT + DAY)).channels == ()


async def test_a_part_of_a_channel_that_is_not_read_stands_in_the_digest_too(desk):
    await desk.staff(staff())
    await desk.store.write(ensure_channel, CHANNEL, brand=BRAND, now=MONDAY - DAY)
    ours_, began, ended = account(), MONDAY + HOUR, MONDAY + 4 * HOUR
    before = await desk.store.write(channel_state.ensure, CHANNEL, began)
    await desk.store.write(read_partly, ours_, before, "search 'a (': X refuses it (400)", moment(began))
    assert await desk.store.write(tell_untold, ours_, trouble_after=timedelta(minutes=10), at=moment(began + HOUR))
    (lasting,) = (await of(desk, date(2026, 11, 23), EIGHT)).channels
    assert [(t.what, t.since, t.until) for t in lasting.troubles] == [("partly", began, None)]
    before = await desk.store.read(channel_state.get, CHANNEL)
    await desk.store.write(read_partly, ours_, before, None, moment(ended))
    (over,) = (await of(desk, date(2026, 11, 23), EIGHT)).channels
    assert [(t.what, t.since, t.until) for t in over.troubles] == [("partly", began, ended)]


def moment(at):
    return Moment(now=at, machine=at)


async def test_a_day_of_which_a_letter_was_made_is_read_as_it_was_kept(desk):
    await house(desk, person("lena"))
    await queued(desk, EIGHT)
    kept = await desk.store.read(digest_kept.kept, date(2026, 11, 23))
    assert kept["day"] == "2026-11-23"
    assert not await desk.store.write(digest_kept.keep, {**kept, "unsure": 99}, EIGHT)
    assert (await of(desk, date(2026, 11, 23), EIGHT)).unsure == 0
