"""Hearing an alert: "seen", taken, passed on. None of it moves a clock, and each is known to whoever looks later. Both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, Desk, FakeClock, said
from sqlalchemy import func, select, update
from staff import staff

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.digest import Period
from webcare.domain.rota import LevelName, Role
from webcare.services import acknowledge, answer, compose, desk
from webcare.services.remind import remind
from webcare.store import digest as days
from webcare.store import users
from webcare.store.house_tables import person
from webcare.store.tables import case_event, notice

ALERT = MONDAY + 18 * HOUR
LATER = ALERT + timedelta(minutes=4)


class Story:
    """Somebody asked, and noor was told."""

    def __init__(self, found):
        self.desk, self.store = found, found.store

    async def act(self, unit, case=1, *, by="noor", now=LATER, **said_):
        return await self.store.write(unit, case, by=by, rules=self.desk.rules, now=now, **said_)

    async def acked(self):
        return {row["person"]: row["acked_at"] for row in await self.desk.rows(notice)}

    async def acts(self):
        return [(type_, who) for type_, _, who in await self.desk.log() if type_ in {"ack", "claim"}]

    async def deliver(self, now):
        clock = FakeClock(now)
        while await self.desk.send(self.desk.post(), clock):
            pass


@pytest.fixture
async def story(store):
    found = await Desk.open(store)
    await found.staff(staff())
    await found.hear(said("m1", "Where is it?", MONDAY))
    while (await found.sweep(ALERT)).cases:
        pass
    told = Story(found)
    await told.deliver(ALERT)
    return told


async def test_seen_is_one_line_of_the_log_and_moves_no_clock(story):
    before = await story.desk.clocks()
    await story.act(acknowledge.acknowledge)
    await story.act(acknowledge.acknowledge, now=LATER + HOUR)
    assert await story.acts() == [("ack", "noor")]
    assert await story.acked() == {"noor": LATER}
    assert await story.desk.clocks() == before
    assert (await story.desk.case())["claimed_by"] is None


async def test_who_was_told_nothing_has_nothing_to_acknowledge(story):
    await story.act(acknowledge.acknowledge, by="daan")
    assert await story.acts() == []


@pytest.mark.parametrize("act", ["claim", "to_oneself", "reply", "declared"])
async def test_whoever_takes_or_answers_has_heard(story, act):
    if act == "claim":
        await story.act(desk.claim)
    elif act == "to_oneself":
        await story.act(desk.hand_over, to="noor")
    elif act == "reply":
        await story.act(compose.send, text="On its way.")
    else:
        await story.act(answer.declared, at=ALERT, how="phoned")
    assert await story.acked() == {"noor": LATER}


async def test_somebody_elses_claim_says_nothing_of_whether_noor_heard(story):
    await story.act(desk.claim, by="daan")
    assert await story.acked() == {"noor": None}


async def test_a_closed_case_is_not_acknowledged(story):
    await story.act(desk.close, by="daan")
    for unit, more in ((acknowledge.acknowledge, {}), (acknowledge.pass_on, {"to": "daan"})):
        with pytest.raises(ImpossibleMove) as refused:
            await story.act(unit, **more)
        assert refused.value.why is Refusal.CLOSED


async def test_passing_on_tells_the_other_at_once_and_says_why(story):
    chosen = await story.act(acknowledge.pass_on, to=None)
    assert chosen.id == "daan"  # noor is alone on her level: whoever has the next
    rows = {row["person"]: row for row in await story.desk.rows(notice)}
    assert rows["noor"]["acked_at"] == LATER
    assert rows["daan"]["acked_at"] is None
    assert rows["daan"]["why"] == "passed on by Noor"
    assert rows["daan"]["step"] == rows["noor"]["step"]
    await story.deliver(LATER + timedelta(minutes=2))
    told = [(row["person"], row["content"]["cases"][0]) for row in await story.desk.deliveries()]
    assert [who for who, _ in told] == ["noor", "daan"]
    assert told[1][1]["why_you"] == {"passed_on_by": "Noor"}
    lines = await story.store.read(
        lambda conn: conn.execute(select(case_event.c.by, case_event.c.data).where(case_event.c.type == "ack")).all()
    )
    assert [(by, data["to"]) for by, data in lines] == [("noor", "daan")]


async def test_it_can_be_passed_back_to_who_was_told_before(story):
    await story.act(acknowledge.pass_on, to="daan")
    await story.deliver(LATER + timedelta(minutes=2))
    await story.act(acknowledge.pass_on, by="daan", to="noor", now=LATER + timedelta(minutes=3))
    assert (await story.acked())["noor"] is None
    await story.deliver(LATER + timedelta(minutes=5))
    assert [row["person"] for row in await story.desk.deliveries()] == ["noor", "daan", "noor"]


@pytest.mark.parametrize(
    ("change", "to", "why"),
    [
        ("claimed", "lena", Refusal.TAKEN),
        ("untold", "lena", Refusal.NOT_TOLD),
        ("", "somebody", Refusal.NO_SUCH_PERSON),
        ("", "noor", Refusal.NO_SUCH_PERSON),
        ("auditor", "daan", Refusal.NO_SUCH_PERSON),
        ("quiet", "daan", Refusal.UNREACHABLE),
    ],
)
async def test_what_cannot_be_passed_on_is_refused(story, change, to, why):
    if change == "claimed":
        await story.act(desk.claim, by="daan")
    if change == "auditor":
        await story.store.write(users.set_role, "daan", Role.AUDITOR)
    if change == "quiet":
        quiet = {"quiet_start": "22:00", "quiet_end": "09:00"}
        await story.store.write(lambda conn: conn.execute(update(person).where(person.c.id == "daan").values(quiet)) and None)
    before = len(await story.desk.deliveries())
    with pytest.raises(ImpossibleMove) as refused:
        await story.act(acknowledge.pass_on, to=to, by="daan" if change == "untold" else "noor")
    assert refused.value.why is why
    assert len(await story.desk.deliveries()) == before
    assert await story.acts() == ([("claim", "daan")] if change == "claimed" else [])


async def test_the_next_of_the_same_level_comes_before_the_levels_above(store):
    found, rota = await Desk.open(store), staff()
    first = replace(rota.levels[0], rotation=("noor", "lena"), anchor=date(2026, 11, 23))
    assert first.name is LevelName.ONCALL
    await found.staff(replace(rota, levels=(first, *rota.levels[1:])))
    await found.hear(said("m1", "Where is it?", MONDAY))
    while (await found.sweep(ALERT)).cases:
        pass
    story = Story(found)
    assert await story.acked() == {"noor": None}
    assert (await story.act(acknowledge.pass_on, to=None)).id == "lena"


async def test_the_daily_letter_counts_what_was_acknowledged(story):
    period = Period(day=MONDAY.date() + DAY, zone="Europe/Amsterdam")

    async def alerts():
        facts = await story.store.read(days.facts, period, MONDAY + 2 * DAY)
        return [(fact.person, fact.acknowledged_at) for fact in facts.alerts]

    assert await alerts() == [("noor", None)]
    await story.act(acknowledge.acknowledge)
    assert await alerts() == [("noor", LATER)]
    assert await story.store.read(lambda conn: conn.execute(select(func.count()).select_from(notice)).scalar()) == 1


async def test_an_answer_outside_webcare_counts_as_heard_too(story):
    await story.act(answer.declared, at=ALERT, how="phoned")
    period = Period(day=MONDAY.date() + DAY, zone="Europe/Amsterdam")
    facts = await story.store.read(days.facts, period, MONDAY + 2 * DAY)
    assert [(fact.person, fact.acknowledged_at) for fact in facts.alerts] == [("noor", LATER)]


@pytest.mark.parametrize("passes", [False, True])
async def test_who_passed_it_on_is_not_told_first_of_what_comes_later(story, passes):
    """Saying "seen" makes noor the one who hears first; passing it on ends that, and daan has not said anything yet."""
    await story.act(acknowledge.acknowledge)
    if passes:
        await story.act(acknowledge.pass_on, to="lena", now=LATER + timedelta(minutes=1))
    page = MONDAY + timedelta(hours=21, minutes=40)
    while (await story.desk.sweep(page)).cases:
        pass
    rows = await story.desk.rows(notice)
    steps = {row["step"] for row in rows if row["person"] == "noor"}
    assert len(steps) == (1 if passes else 2)


@pytest.mark.parametrize("act", [None, "seen", "claim", "pass"])
async def test_what_was_heard_is_not_repeated(store, act):
    found = await Desk.open(store)
    await found.staff(staff(noor=("push", "sms")))
    await found.hear(said("m1", "Where is it?", MONDAY))
    while (await found.sweep(ALERT)).cases:
        pass
    story = Story(found)
    await story.deliver(ALERT)
    if act == "pass":
        await story.act(acknowledge.pass_on, to="lena")
    elif act is not None:
        await story.act(acknowledge.acknowledge if act == "seen" else desk.claim)
    for minutes in range(1, 40):
        now = ALERT + timedelta(minutes=minutes)
        await remind(store, found.rules, now)
        await story.deliver(now)
    to_noor = [row["method"] for row in await found.deliveries() if row["person"] == "noor"]
    assert to_noor == (["push", "sms"] if act is None else ["push"])
