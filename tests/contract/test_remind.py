"""Who hears of a rung, and who hears again: the holder first, the level after a while, the next method, the next person.

Anna asked on Monday at nine. On call from eight to eight are daan and yara by turns, the next level the other way round; lena leads. So
the rungs fall: alert on Tuesday at three (daan), page at 06:36 (yara) and at eight (daan by then), the breach at nine (lena).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, Desk, FakeClock, FakeNotifier, ours, said

from webcare.domain.alert_rules import AT_ONCE
from webcare.domain.rota import ContactMethod, Level, LevelName, Person, QuietHours, Rhythm, Role, Rota
from webcare.ports.errors import Rejected
from webcare.services import acknowledge, lapse, outgoing, remind
from webcare.services import desk as moves
from webcare.store import reminders, tables, waiting
from webcare.store.door import open_store

ALERT, PAGE, LAST_PAGE, BREACH = (MONDAY + DAY * share for share in (0.75, 0.9, 23 / 24, 1))
MINUTE = timedelta(minutes=1)
NIGHT = QuietHours(start=time(22), end=time(7))


def person(name, *methods, **changes):
    contacts = tuple(ContactMethod(name=method, target=f"lines:{method}") for method in methods)
    values = {"id": name, "name": name.title(), "role": Role.AGENT, "contacts": contacts, "zone": "UTC"}
    return Person(**{**values, **changes})


DAAN, YARA = person("daan", "push", "mail"), person("yara", "push")
LENA, NOOR = person("lena", "push", role=Role.LEAD), person("noor", "push")


def rota(oncall=(DAAN, YARA), next_=(YARA, DAAN), lead=(LENA,), more=(NOOR,)):
    turns = {LevelName.ONCALL: oncall, LevelName.NEXT: next_, LevelName.LEAD: lead}
    levels = [
        Level(
            name=name,
            rotation=tuple(one.id for one in turn),
            rhythm=Rhythm.DAILY,
            anchor=date(2026, 11, 23),
            zone="UTC",
            handovers=(time(8),),
        )
        for name, turn in turns.items()
        if turn
    ]
    people = {one.id: one for one in (*oncall, *next_, *lead, *more)}
    return Rota(levels=tuple(levels), people=tuple(people.values()))


class House:
    """A desk whose alerts leave, with a clock that is set by hand."""

    def __init__(self, desk):
        self.desk = desk
        self.desk.rules = replace(desk.rules, alerts=replace(AT_ONCE))
        self.notifier = FakeNotifier()
        self.clock = FakeClock(MONDAY)
        self._said = 0

    async def at(self, now, *, sends=True):
        """Do what is due at this instant; return who was told of what since, and by which method."""
        self.clock.at = self.clock.at_machine = now
        store, rules = self.desk.store, self.desk.rules
        for _ in range(20):
            await lapse.lapse(store, rules, now)
            done = (await self.desk.sweep(now)).cases + await remind.remind(store, rules, now)
            if sends:
                done += await self.desk.send(self.desk.post(self.notifier), self.clock)
            if not done:
                break
        else:
            raise AssertionError("it does not come to an end")
        new, self._said = self.notifier.sent[self._said :], len(self.notifier.sent)
        return [
            (one.person, one.method, [fact["rung"] for fact in one.content["cases"]]) for one in new if "cases" in one.content
        ]

    async def until(self, end, *, start, every=MINUTE):
        """Live through a span; return what happened, each with its time of the day."""
        found, now = [], start
        while now <= end:
            found += [(f"{now:%H:%M}", *line) for line in await self.at(now)]
            now += every
        return found

    async def do(self, move, now, **values):
        return await self.desk.store.write(move, 1, rules=self.desk.rules, now=now, **values)

    async def why(self):
        """Who was told, and why, in the order in which it was decided."""
        return [(row["person"], row["why"]) for row in await self.desk.rows(tables.notice)]


@pytest.fixture
async def house(desk):
    await desk.staff(rota())
    await desk.hear(said("m1", "Where is it?", MONDAY))
    return House(desk)


# --- nobody stirs


async def test_who_stays_silent_hears_by_every_method_then_the_next_person_once(house):
    found = await house.until(PAGE - MINUTE, start=ALERT)
    assert found == [
        ("03:00", "daan", "push", ["alert@0.75"]),
        ("03:15", "daan", "mail", ["alert@0.75"]),
        ("03:30", "yara", "push", ["alert@0.75"]),
    ]
    assert await house.why() == [("daan", "on call"), ("yara", "no answer from daan within 30 min")]
    (last,) = [one for one in house.notifier.sent if one.person == "yara"]
    assert last.content["cases"][0]["why_you"] == {"no_answer_from": "Daan", "silent_min": 30}


async def test_the_page_is_repeated_after_five_minutes(house):
    await house.until(ALERT + HOUR, start=ALERT)
    found = await house.until(LAST_PAGE - MINUTE, start=PAGE)
    assert found == [("06:36", "yara", "push", ["page@0.9"]), ("06:41", "daan", "push", ["page@0.9"])]


async def test_silence_is_counted_from_when_it_was_sent(house):
    """The provider was away for ten minutes: nobody can have heard before it left."""
    await house.at(ALERT, sends=False)
    assert await house.at(ALERT + 10 * MINUTE) == [("daan", "push", ["alert@0.75"])]
    assert await house.at(ALERT + 24 * MINUTE) == []
    assert await house.at(ALERT + 25 * MINUTE) == [("daan", "mail", ["alert@0.75"])]


async def test_what_has_not_left_yet_is_not_repeated(house):
    await house.at(ALERT, sends=False)
    await house.at(ALERT + 40 * MINUTE, sends=False)
    assert len(await house.desk.deliveries()) == 1


async def test_what_could_not_be_told_at_all_goes_to_the_next_person(house):
    house.notifier = FakeNotifier(*[Rejected("gone")] * 3)  # push, mail and the last resort
    await house.at(ALERT)
    assert await house.at(ALERT + 15 * MINUTE) == [("yara", "push", ["alert@0.75"])]


async def test_who_sleeps_by_now_is_not_rung_again_but_the_next_person(desk):
    late = person("daan", "push", "mail", quiet=QuietHours(start=time(3, 10), end=time(7)))
    await desk.staff(rota(oncall=(late, YARA), next_=(YARA,)))
    await desk.hear(said("m1", "Where is it?", MONDAY))
    found = await House(desk).until(ALERT + HOUR, start=ALERT)
    assert found == [("03:00", "daan", "push", ["alert@0.75"]), ("03:15", "yara", "push", ["alert@0.75"])]


async def test_nothing_is_repeated_without_a_rota(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    house = House(desk)
    assert await house.until(PAGE - MINUTE, start=ALERT, every=15 * MINUTE) == [
        ("03:00", "oncall", "last_resort", ["alert@0.75"])
    ]
    assert {row["look_at"] for row in await desk.rows(tables.notice)} == {None}


# --- what ends it


@pytest.mark.parametrize("how", ["seen", "taken", "taken by another", "answered", "closed", "spam"])
async def test_whoever_is_heard_is_not_told_again(house, how):
    await house.at(ALERT)
    now = ALERT + 5 * MINUTE
    match how:
        case "seen":
            await house.do(acknowledge.acknowledge, now, by="daan")
        case "taken":
            await house.do(moves.claim, now, by="daan")
        case "taken by another":
            await house.do(moves.claim, now, by="noor")
        case "answered":
            await house.desk.hear(ours("a1", now, "m1"))
        case "closed":
            await house.do(moves.close, now, by="daan")
        case "spam":
            await house.do(moves.spam, now, by="daan")
    assert [line for line in await house.until(PAGE - MINUTE, start=now, every=5 * MINUTE) if line[2] != "all_clear"] == []
    assert not await house.desk.store.read(reminders.any_due, PAGE)


async def test_seen_does_not_hold_for_a_later_rung_but_its_holder_hears_first(house):
    await house.at(ALERT)
    await house.do(acknowledge.acknowledge, ALERT + MINUTE, by="daan")
    assert await house.at(PAGE) == [("daan", "push", ["page@0.9"])]


# --- whoever has it


async def taken(house, who):
    """Daan has seen the alert; an hour before the page somebody takes the case."""
    await house.at(ALERT)
    await house.do(acknowledge.acknowledge, ALERT + MINUTE, by="daan")
    await house.do(moves.claim, PAGE - HOUR, by=who)


async def test_the_level_hears_when_the_holder_lets_the_hold_pass(house):
    """At 06:36 there are 2 h 24 min left: a quarter of that is 36 minutes."""
    await taken(house, "daan")
    found = await house.until(LAST_PAGE - 20 * MINUTE, start=PAGE)
    assert found == [("06:36", "daan", "push", ["page@0.9"]), ("07:12", "yara", "push", ["page@0.9"])]
    assert (await house.why())[-2:] == [("daan", "daan has the case"), ("yara", "daan has not answered within 36 min")]
    facts = [one.content["cases"][0]["why_you"] for one in house.notifier.sent[-2:]]
    assert facts == [{"yours": True}, {"holder": "Daan", "silent_min": 36}]


async def test_the_hold_begins_when_it_is_sent(house):
    await taken(house, "daan")
    await house.at(PAGE, sends=False)
    sent = PAGE + 24 * MINUTE  # two hours left: half an hour to themselves
    assert await house.at(sent) == [("daan", "push", ["page@0.9"])]
    assert await house.at(sent + 29 * MINUTE) == []
    assert await house.at(sent + 30 * MINUTE) == [("yara", "push", ["page@0.9"])]


async def test_the_hold_ends_when_the_customer_is_answered(house):
    await taken(house, "daan")
    await house.at(PAGE)
    await house.desk.hear(ours("a1", PAGE + 10 * MINUTE, "m1"))
    assert await house.until(BREACH + HOUR, start=PAGE + 10 * MINUTE, every=5 * MINUTE) == []


async def test_the_hold_does_not_end_by_saying_seen_again(house):
    await taken(house, "daan")
    await house.at(PAGE)
    await house.do(acknowledge.acknowledge, PAGE + MINUTE, by="daan")
    assert await house.at(PAGE + 36 * MINUTE) == [("yara", "push", ["page@0.9"])]


async def test_who_is_told_after_the_hold_is_told_again_as_anybody(house):
    await taken(house, "daan")
    await house.until(PAGE + 36 * MINUTE, start=PAGE, every=36 * MINUTE)
    assert await house.at(PAGE + 41 * MINUTE) == []  # yara has one method, and the next person of the level is daan, who has it


async def test_given_back_is_told_to_the_level_at_once(house):
    await taken(house, "daan")
    await house.at(PAGE)
    await house.do(moves.release, PAGE + 2 * MINUTE, by="daan")
    assert await house.at(PAGE + 2 * MINUTE) == [("yara", "push", ["page@0.9"])]
    assert (await house.why())[-1] == ("yara", "daan has the case no more")


async def test_handed_over_stays_with_its_new_holder_for_the_rest_of_the_hold(house):
    await taken(house, "daan")
    await house.at(PAGE)
    await house.do(moves.hand_over, PAGE + 2 * MINUTE, by="daan", to="noor")
    assert await house.until(PAGE + 35 * MINUTE, start=PAGE + 2 * MINUTE) == []
    assert await house.at(PAGE + 36 * MINUTE) == [("yara", "push", ["page@0.9"])]


async def test_off_shift_the_level_hears_at_once_as_well(house):
    await taken(house, "noor")
    assert sorted(await house.at(PAGE)) == [("noor", "push", ["page@0.9"]), ("yara", "push", ["page@0.9"])]


async def test_a_breach_always_reaches_the_lead(house):
    await taken(house, "daan")
    await house.at(PAGE)
    await house.do(moves.note, LAST_PAGE, by="daan", text="I call them.")
    await house.until(BREACH - MINUTE, start=PAGE + MINUTE)
    assert await house.at(BREACH) == [("daan", "push", ["breach@1"]), ("lena", "push", ["breach@1"])]


async def test_whoever_passes_it_on_is_left_alone_and_the_other_is_waited_for(house):
    await house.at(ALERT)
    now = ALERT + 5 * MINUTE
    await house.do(acknowledge.pass_on, now, by="daan", to="noor")
    assert await house.at(now) == [("noor", "push", ["alert@0.75"])]
    assert house.notifier.sent[-1].content["cases"][0]["why_you"] == {"passed_on_by": "Daan"}
    assert await house.until(now + 14 * MINUTE, start=now + MINUTE) == []
    assert await house.at(now + 15 * MINUTE) == [("yara", "push", ["alert@0.75"])]
    assert await house.at(PAGE) == [("yara", "push", ["page@0.9"])]  # noor has said nothing: it is nobody's


# --- quiet hours


async def test_a_level_that_sleeps_hears_when_it_wakes_and_is_waited_for_from_then(desk):
    asleep = person("daan", "push", "mail", quiet=NIGHT)
    await desk.staff(rota(oncall=(asleep,), next_=(), lead=()))
    await desk.hear(said("m1", "Where is it?", MONDAY))
    found = await House(desk).until(MONDAY + DAY, start=ALERT, every=5 * MINUTE)
    assert [(when, by) for when, _, by, rungs in found if rungs == ["alert@0.75"]] == [("07:00", "push"), ("07:15", "mail")]


# --- once each, whatever happens


async def test_a_look_that_fails_half_way_is_done_again_as_if_it_never_was(house, monkeypatch):
    await house.at(ALERT)
    before = await house.desk.rows(tables.notice)

    def dies(*_args):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(outgoing, "send", dies)
        with pytest.raises(RuntimeError):
            await remind.remind(house.desk.store, house.desk.rules, ALERT + 15 * MINUTE)
    assert await house.desk.rows(tables.notice) == before
    assert await house.at(ALERT + 15 * MINUTE) == [("daan", "mail", ["alert@0.75"])]


async def test_three_daemons_that_look_at_once_tell_once(postgres_url):
    stores = [open_store(postgres_url) for _ in range(3)]
    try:
        desk = await Desk.open(stores[0])
        await desk.staff(rota())
        await desk.hear(*[said(f"m{n:02}", "Where is it?", MONDAY, by=f"c{n:02}") for n in range(30)])
        house = House(desk)
        await house.at(ALERT)
        for now in (ALERT + 15 * MINUTE, ALERT + 30 * MINUTE):
            found = await asyncio.gather(*(remind.remind(store, desk.rules, now) for store in stores * 2))
            assert sum(found) == 30
            told = await house.at(now)
            assert sorted(rung for _, _, rungs in told for rung in rungs) == ["alert@0.75"] * 30
        people = [row["person"] for row in await desk.rows(tables.notice)]
        assert (people.count("daan"), people.count("yara"), len(people)) == (30, 30, 60)
    finally:
        for store in stores:
            await store.close()


async def test_when_there_is_nothing_to_look_at_it_is_one_read(house):
    await house.at(ALERT)
    assert await remind.remind(house.desk.store, house.desk.rules, ALERT + 14 * MINUTE) == 0
    assert (await house.desk.store.read(waiting.horizon))[3] == ALERT + 15 * MINUTE


async def test_a_sweep_that_comes_late_finds_who_has_it_now(house):
    """Down from before the alert until after the page: daan took it meanwhile in another daemon, and hears of both, first."""
    await house.do(moves.claim, PAGE, by="daan")
    assert await house.at(PAGE + MINUTE) == [("daan", "push", ["alert@0.75", "page@0.9"])]
    assert await house.why() == [("daan", "daan has the case")] * 2
