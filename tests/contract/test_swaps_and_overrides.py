"""Overrides, swaps, a level that goes: what is kept, who is told, who was first. And what a test of a contact becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import BRAND, DAY, HOUR, MONDAY, FakeClock, FakeNotifier
from staff import by, staff

from webcare.domain.rota import LevelName, on_call, recipients
from webcare.domain.rota_changes import CannotChange, Field, Span, Swap
from webcare.ports.errors import Rejected, Unavailable
from webcare.services import duty, reach, stand_ins, swaps
from webcare.services import staff as staff_of
from webcare.services.reach import Became
from webcare.services.staff import CannotDo, Refusal
from webcare.services.stand_ins import Wanted
from webcare.services.swaps import Answer, NotTheirs
from webcare.store import audit, people, users

TODAY = Span(level=LevelName.ONCALL, starts_at=MONDAY + HOUR, ends_at=MONDAY + 5 * HOUR)
SECRET = "pover://u-geheim@t-geheim"  # noqa: S105 - of nobody


@pytest.fixture
async def house(desk):
    """On call noor, next daan, lead lena."""
    await desk.staff(staff())
    return desk


async def who(desk, at, level=LevelName.ONCALL):
    found = on_call(await desk.store.read(people.rota), level, at)
    return found and found.id


async def make(desk, span=TODAY, person="daan", reason=None, seen=None, now=MONDAY):
    rota = await desk.store.read(people.rota)
    wanted = Wanted(span=span, person=person, reason=reason)
    return await desk.store.write(stand_ins.make, wanted, seen=seen or stand_ins.mark(rota), by="lena", now=now)


async def ahead(desk, now=MONDAY):
    return await desk.store.read(stand_ins.ahead, now)


# --- overrides ---


async def test_an_override_holds_for_its_hours_and_goes_again(house):
    assert await make(house, reason="tandarts")
    assert [await who(house, MONDAY + n * HOUR) for n in (0, 1, 4, 5)] == ["noor", "daan", "daan", "noor"]
    (row,) = await ahead(house)
    assert (row.by, row.reason) == ("lena", "tandarts")
    assert await house.store.write(stand_ins.remove, row.id, by="lena", now=MONDAY)
    assert await who(house, MONDAY + HOUR) == "noor"
    assert not await house.store.write(stand_ins.remove, row.id, by="lena", now=MONDAY)
    lines = await house.store.read(audit.lines, "rota")
    assert [line["data"]["did"] for line in lines] == ["override", "end_override"]
    assert "tandarts" not in str(lines)


async def test_what_has_been_stays(house):
    await make(house)
    (row,) = await ahead(house)
    noon = MONDAY + 3 * HOUR
    assert await house.store.write(stand_ins.remove, row.id, by="lena", now=noon)
    assert [await who(house, MONDAY + n * HOUR) for n in (1, 2, 3, 4)] == ["daan", "daan", "noor", "noor"]
    assert not await house.store.write(stand_ins.remove, row.id, by="lena", now=noon + HOUR)
    assert [await who(house, MONDAY + 2 * HOUR)] == ["daan"]


async def test_nobody_in_place_is_a_hole_that_the_next_level_fills(house):
    await make(house, person=None)
    rota = await house.store.read(people.rota)
    (told,) = recipients(rota, LevelName.ONCALL, MONDAY + HOUR, urgent=False)
    assert (told.person.id, told.level) == ("daan", "next")


async def test_the_newer_of_two_holds_where_they_meet(house):
    await make(house, person="daan")
    middle = replace(TODAY, starts_at=MONDAY + 2 * HOUR, ends_at=MONDAY + 3 * HOUR)
    await make(house, middle, person="lena", now=MONDAY + timedelta(minutes=1))
    assert [await who(house, MONDAY + n * HOUR) for n in (1, 2, 3)] == ["daan", "lena", "daan"]


async def test_whoever_looked_at_another_rota_keeps_nothing(house):
    seen = stand_ins.mark(await house.store.read(people.rota))
    assert await make(house, seen=seen)
    assert not await make(house, person="lena", seen=seen)
    assert [row.override.person for row in await ahead(house)] == ["daan"]


async def test_what_is_gone_meanwhile_is_not_put_in_place(house):
    for span, person, field in [
        (TODAY, "ghost", Field.PERSON),
        (replace(TODAY, starts_at=MONDAY - 2 * HOUR, ends_at=MONDAY), "daan", Field.PAST),
    ]:
        with pytest.raises(CannotChange) as refused:
            await make(house, span, person)
        assert refused.value.field is field
    assert await ahead(house) == []


# --- a level that goes ---


async def test_a_level_goes_with_its_overrides_and_comes_back_without(house):
    span = replace(TODAY, level=LevelName.NEXT)
    await make(house, span, person="noor")
    rota = await house.store.read(people.rota)
    mark = duty.mark(rota.level(LevelName.NEXT))
    assert duty.heir(rota, LevelName.NEXT) is LevelName.LEAD
    assert duty.heir(rota, LevelName.LEAD) is LevelName.NEXT
    drop = {"by": "lena", "now": MONDAY}
    assert not await house.store.write(duty.drop, LevelName.NEXT, seen="older", **drop)
    first = duty.mark(rota.level(LevelName.ONCALL))
    assert not await house.store.write(duty.drop, LevelName.ONCALL, seen=first, **drop)
    assert await house.store.write(duty.drop, LevelName.NEXT, seen=mark, **drop)
    left = await house.store.read(people.rota)
    (told,) = recipients(left, LevelName.NEXT, MONDAY + HOUR, urgent=False)
    assert told.person.id == "lena"
    level = rota.level(LevelName.NEXT)
    assert await house.store.write(duty.change, level, seen=duty.mark(None), **drop) is None
    assert await who(house, MONDAY + 2 * HOUR, LevelName.NEXT) == "daan"
    assert [line["data"].get("did") for line in await house.store.read(audit.lines, "rota")][-2:] == ["remove", None]


# --- swaps ---


def swap(**changes):
    return Swap(**{"person": "noor", "colleague": "daan", "given": TODAY, "back": None, "asked_at": MONDAY, **changes})


async def ask(desk, now=MONDAY, **changes):
    return await desk.store.write(swaps.ask, swap(**changes), note="tandarts", brand=BRAND, now=now)


async def settle(desk, number, answer, by, now=MONDAY):
    return await desk.store.write(swaps.settle, number, answer, by=by, brand=BRAND, now=now)


async def told(desk):
    return [(person, content["swap"]["what"]) for person, _, content in await desk.told()]


async def test_a_swap_is_asked_told_accepted_and_told_to_both(house):
    back = Span(level=LevelName.NEXT, starts_at=MONDAY + DAY, ends_at=MONDAY + 2 * DAY)
    asked = await ask(house, back=back)
    assert asked.is_told
    assert await told(house) == [("daan", "asked")]
    assert await who(house, MONDAY + HOUR) == "noor"
    mine = await house.store.read(swaps.of_person, "daan", MONDAY)
    assert [one.id for one in mine.to_answer] == [asked.number]
    assert await settle(house, asked.number, Answer.ACCEPT, "daan")
    assert [await who(house, MONDAY + n * HOUR) for n in (0, 1, 5)] == ["noor", "daan", "noor"]
    assert await who(house, MONDAY + DAY, LevelName.NEXT) == "noor"
    assert (await told(house))[1:] == [("noor", "accepted"), ("daan", "accepted")]
    assert not await settle(house, asked.number, Answer.ACCEPT, "daan")
    assert len(await ahead(house)) == 2
    did = [line["data"]["did"] for line in await house.store.read(audit.lines, "swap")]
    assert did == ["ask", "accept"]


@pytest.mark.parametrize(("answer", "by_whom", "hears"), [("decline", "daan", "noor"), ("withdraw", "noor", "daan")])
async def test_a_no_changes_nothing_and_the_other_hears(house, answer, by_whom, hears):
    asked = await ask(house)
    assert await settle(house, asked.number, Answer(answer), by_whom)
    assert (await told(house))[1:] == [(hears, {"decline": "declined", "withdraw": "withdrawn"}[answer])]
    assert await ahead(house) == []
    assert not await settle(house, asked.number, Answer.ACCEPT, "daan")


@pytest.mark.parametrize("answer", list(Answer))
async def test_only_the_two_have_a_say(house, answer):
    asked = await ask(house)
    for stranger in ("lena", "daan" if answer is Answer.WITHDRAW else "noor"):
        with pytest.raises(NotTheirs):
            await settle(house, asked.number, answer, stranger)
    with pytest.raises(LookupError):
        await settle(house, asked.number + 1, answer, "daan")


async def test_a_request_expires_when_the_shift_begins(house):
    asked = await ask(house)
    assert not await settle(house, asked.number, Answer.ACCEPT, "daan", now=TODAY.starts_at)
    found = await house.store.read(swaps.of_person, "daan", TODAY.starts_at)
    assert (found.to_answer, [one.id for one in found.past]) == ((), [asked.number])
    assert await ahead(house) == []


async def test_the_rest_of_a_shift_that_has_begun_is_taken_from_the_answer_on(house):
    asked = await ask(house, given=replace(TODAY, starts_at=MONDAY))
    assert await settle(house, asked.number, Answer.ACCEPT, "daan", now=MONDAY + 2 * HOUR)
    assert [await who(house, MONDAY + n * HOUR) for n in (1, 2, 4, 5)] == ["noor", "daan", "daan", "noor"]


async def test_what_was_given_away_meanwhile_cannot_be_given_again(house):
    asked = await ask(house)
    await make(house, person="lena")
    with pytest.raises(CannotChange) as refused:
        await settle(house, asked.number, Answer.ACCEPT, "daan")
    assert refused.value.field is Field.SHIFT
    assert await who(house, MONDAY + HOUR) == "lena"
    assert len(await ahead(house)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person": "daan", "colleague": "lena"}, Field.SHIFT),
        ({"colleague": "noor"}, Field.COLLEAGUE),
        ({"colleague": "ghost"}, Field.COLLEAGUE),
        ({"back": TODAY}, Field.BACK),
    ],
)
async def test_what_cannot_be_asked_is_not_asked(house, changes, field):
    with pytest.raises(CannotChange) as refused:
        await ask(house, **changes)
    assert refused.value.field is field
    assert await house.told() == []


async def test_the_same_is_asked_once_and_somebody_who_left_is_not_asked(house):
    await ask(house)
    with pytest.raises(CannotChange):
        await ask(house)
    await house.store.write(users.give_link, "lena", link="x", until=MONDAY, now=MONDAY)
    await house.store.write(users.disable, "lena", MONDAY)
    with pytest.raises(CannotChange) as refused:
        await ask(house, colleague="lena")
    assert refused.value.field is Field.COLLEAGUE


async def test_a_colleague_without_a_contact_is_asked_and_one_is_told_so(desk):
    await desk.staff(staff(daan=()))
    assert not (await ask(desk)).is_told
    assert len((await desk.store.read(swaps.of_person, "daan", MONDAY)).to_answer) == 1


@pytest.mark.parametrize(("begins", "waits"), [(6 * HOUR, True), (HOUR, False)])
async def test_a_request_wakes_nobody_unless_it_would_be_too_late(house, begins, waits):
    rest = {"by": "daan", "now": MONDAY}
    await house.store.write(reach.set_quiet, "daan", "09:00", "13:00", **rest)  # until three hours from now
    span = Span(level=LevelName.ONCALL, starts_at=MONDAY + begins, ends_at=MONDAY + 8 * HOUR)
    await ask(house, given=span)
    (delivery,) = await house.deliveries()
    assert delivery["not_before"] == (MONDAY + 3 * HOUR if waits else MONDAY)


async def test_a_lead_swaps_at_once_and_both_hear(house):
    arranged = await house.store.write(swaps.arrange, swap(), note=None, by="lena", brand=BRAND, now=MONDAY)
    assert arranged.is_told
    assert await who(house, MONDAY + HOUR) == "daan"
    assert await told(house) == [("noor", "arranged"), ("daan", "arranged")]
    (line,) = await house.store.read(audit.lines, "swap")
    assert (line["by"], line["data"]["did"]) == ("lena", "arrange")


# --- send me a test ---


async def press(desk, name=None, *, by_whom="noor", at=MONDAY):
    values = {"by": by_whom, "brand": BRAND, "now": at, "machine": at}
    return await desk.store.write(reach.send_test, "noor", name, **values)


async def became(desk, at=MONDAY):
    found = await desk.store.read(reach.reach, "noor", machine=at)
    return {one.name: one.test and one.test.became for one in found.contacts}


async def test_a_test_goes_by_its_contact_and_says_that_it_went(desk):
    await desk.staff(staff(noor=("push", "sms")))
    assert await press(desk, "sms") == 1
    assert await became(desk) == {"push": None, "sms": Became.WAITING}
    notifier = FakeNotifier()
    await desk.send(desk.post(notifier=notifier), FakeClock(MONDAY + HOUR))
    assert [(alert.person, alert.method, alert.content["test"]["method"]) for alert in notifier.sent] == [("noor", "sms", "sms")]
    assert await became(desk) == {"push": None, "sms": Became.SENT}


async def test_a_test_that_fails_says_so_and_goes_no_other_way(desk):
    await desk.staff(staff(noor=("push", "sms")))
    await press(desk, "push")
    notifier = FakeNotifier(Rejected("the provider says no"))
    clock = FakeClock(MONDAY)
    for _ in range(3):
        await desk.send(desk.post(notifier=notifier), clock)
    assert await became(desk) == {"push": Became.FAILED, "sms": None}
    found = await desk.store.read(reach.reach, "noor", machine=MONDAY)
    assert found.contacts[0].test.reason == "the provider says no"
    assert len(await desk.told()) == 1


async def test_a_test_that_is_tried_again_is_not_called_sent(desk):
    await desk.staff(staff(noor=("push",)))
    await press(desk)
    await desk.send(desk.post(notifier=FakeNotifier(Unavailable("no answer"))), FakeClock(MONDAY))
    assert await became(desk) == {"push": Became.RETRY}


async def test_tests_are_few(desk):
    await desk.staff(staff(noor=tuple(f"way{n}" for n in range(6))))
    assert await press(desk) == 6
    for asker in ("noor", "lena"):
        with pytest.raises(CannotDo) as refused:
            await press(desk, "way1", by_whom=asker)
        assert refused.value.why is Refusal.TOO_FAST
    assert await press(desk, "way1", at=MONDAY + timedelta(seconds=61)) == 1


async def test_a_test_of_a_target_that_is_gone_says_nothing_of_the_next_one(desk):
    await desk.staff(staff(noor=("push",)))
    await press(desk)
    await desk.send(desk.post(), FakeClock(MONDAY))
    change = {"by": "noor", "now": MONDAY}
    await desk.store.write(staff_of.remove_contact, "noor", "push", **change)
    await desk.store.write(staff_of.add_contact, "noor", "push", SECRET, "facts", schemes=None, **change)
    assert await became(desk) == {"push": None}


async def test_quiet_hours_and_what_a_contact_may_say(desk):
    await desk.staff(staff(noor=(by("push", SECRET),)))
    change = {"by": "lena", "now": MONDAY}
    await desk.store.write(reach.set_quiet, "noor", "22:30", "07:00", **change)
    await desk.store.write(reach.set_detail, "noor", "push", "line", **change)
    await desk.store.write(reach.set_trusted, "noor", "push", True, **change)
    noor = await desk.store.read(people.person, "noor")
    assert (f"{noor.quiet.start:%H:%M}", noor.contacts[0].detail, noor.contacts[0].trusted) == ("22:30", "line", True)
    assert noor.contacts[0].target == SECRET
    await desk.store.write(reach.set_quiet, "noor", "", "", **change)
    assert (await desk.store.read(people.person, "noor")).quiet is None
    for start, end in (("22:30", "22:30"), ("22:30", ""), ("25:00", "07:00"), ("22:30:15", "07:00")):
        with pytest.raises(CannotDo) as refused:
            await desk.store.write(reach.set_quiet, "noor", start, end, **change)
        assert refused.value.why is Refusal.QUIET
    assert "geheim" not in str(await desk.store.read(audit.lines))
