"""One pipeline: what is due for a person is bundled, held back in quiet hours and limited; what says nothing any more is not said."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, Desk, FakeClock, FakeNotifier, ours, said
from sqlalchemy import select
from staff import staff

from webcare.domain.alert_rules import AT_ONCE
from webcare.domain.digest import Period
from webcare.domain.message import Direction
from webcare.domain.routing import Rule, RuleBook
from webcare.domain.sla.promise import Policy, Rung
from webcare.letters.why import why
from webcare.ports.errors import Rejected, Unavailable
from webcare.replay.summary import events
from webcare.services import case_file, outgoing, remind
from webcare.services.answer import declared, withdrawn
from webcare.services.explain import explain
from webcare.services.outgoing import Call
from webcare.services.saying import SPELLED
from webcare.services.summarize import digest_for
from webcare.store import outgoing_tables, people, tables
from webcare.store.door import open_store
from webcare.web.knows_view import told
from webcare.web.say import say

ALERT, PAGE, BREACH = MONDAY + 18 * HOUR, MONDAY + DAY * 0.9, MONDAY + DAY
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
async def desk(desk):
    await desk.staff(staff())
    return desk


async def wrote(desk, who, at, text="Where is it?"):
    """A customer who waits from then on."""
    await desk.hear(said(f"of-{who}", text, at, by=who))


async def deliver(desk, now, *errors):
    """Let what is due at that instant leave, and return what was sent."""
    notifier = FakeNotifier(*errors)
    while await desk.send(desk.post(notifier), FakeClock(now)):
        pass
    return notifier.sent


async def play(desk, start, seconds, every=1):
    """Sweep and deliver, second by second; return what was sent: (seconds since the start, person, cases)."""
    sent = []
    for passed in range(0, seconds + 1, every):
        now = start + passed * SECOND
        while (await desk.sweep(now)).cases:
            pass
        sent += [(passed, alert.person, numbers(alert)) for alert in await deliver(desk, now)]
    return sent


def numbers(alert):
    return [facts["case"] for facts in alert.content["cases"]]


async def states(desk):
    return [(d["person"], d["state"]) for d in await desk.deliveries()]


# --- bundles ---


async def test_the_first_leaves_at_once_and_the_others_a_minute_later_together(desk):
    for n, who in enumerate(("anna", "bert", "cato", "dora")):
        await wrote(desk, who, MONDAY + n * 10 * SECOND)
    sent = await play(desk, ALERT, 120)
    assert sent == [(0, "noor", [1]), (60, "noor", [2, 3, 4])]


async def test_what_is_due_after_a_quiet_minute_leaves_at_once(desk):
    await wrote(desk, "anna", MONDAY)
    await wrote(desk, "bert", MONDAY + MINUTE)
    assert await play(desk, ALERT, 90) == [(0, "noor", [1]), (60, "noor", [2])]


async def test_an_urgent_case_pulls_the_bundle_forward_and_stands_first(desk):
    await wrote(desk, "anna", MONDAY)
    await wrote(desk, "bert", MONDAY + 5 * SECOND)
    await wrote(desk, "cato", MONDAY + 10 * SECOND, "My meter is on fire?")
    assert await play(desk, ALERT, 90) == [(0, "noor", [1]), (20, "noor", [3, 2])]


async def test_a_case_that_was_answered_drops_out(desk):
    await wrote(desk, "anna", MONDAY)
    await wrote(desk, "bert", MONDAY + 10 * SECOND)
    await wrote(desk, "cato", MONDAY + 20 * SECOND)
    await play(desk, ALERT, 30)
    await desk.hear(ours("a1", ALERT + 40 * SECOND, "of-bert"))
    (alert,) = await deliver(desk, ALERT + 60 * SECOND)
    assert numbers(alert) == [3]
    assert [n["told_at"] is None for n in await desk.rows(tables.notice)] == [False, True, False]
    known = await desk.store.read(explain, 2, desk.rules, ALERT + HOUR)
    assert [(one["person"], one["state"], one["sent_at"]) for one in known["told"]][1:] == [("noor", "over", None)]


async def test_where_nobody_waits_any_more_nothing_is_sent(desk):
    await wrote(desk, "anna", MONDAY)
    await wrote(desk, "bert", MONDAY + 10 * SECOND)
    await play(desk, ALERT, 30)
    await desk.hear(ours("a1", ALERT + 40 * SECOND, "of-bert"))
    assert await deliver(desk, ALERT + 60 * SECOND) == []
    assert await states(desk) == [("noor", "sent"), ("noor", "over")]
    assert [n["told_at"] is None for n in await desk.rows(tables.notice)] == [False, True]


async def test_a_broken_promise_is_told_also_when_the_answer_is_there(desk):
    await wrote(desk, "anna", MONDAY)
    await desk.sweep(BREACH)
    await desk.hear(ours("a1", BREACH + SECOND, "of-anna"))
    sent = {alert.person: alert.content["cases"] for alert in await deliver(desk, BREACH + 2 * SECOND)}
    assert set(sent) == {"lena"}
    assert sent["lena"][0]["ended_at"] == "2026-11-24T09:00:01Z"


async def test_after_its_first_try_nothing_joins_a_message(desk):
    await wrote(desk, "anna", MONDAY)
    await wrote(desk, "bert", MONDAY + 10 * SECOND)
    await desk.sweep(ALERT)
    assert await deliver(desk, ALERT, Unavailable("503")) == []
    await desk.sweep(ALERT + 10 * SECOND)
    assert await desk.alerts() == [("noor", [(1, "alert@0.75")]), ("noor", [(2, "alert@0.75")])]


async def test_what_may_have_arrived_is_repeated_word_for_word(desk):
    """Its holder died over it: the person may have read it, and must not read something else under the same name."""

    class Death(BaseException):
        pass

    await wrote(desk, "anna", MONDAY)
    await wrote(desk, "bert", MONDAY)
    await desk.sweep(ALERT)
    with pytest.raises(Death):
        await desk.send(desk.post(FakeNotifier(Death()), holder="dead"), FakeClock(ALERT))
    await desk.hear(ours("a1", ALERT + SECOND, "of-anna"))
    (alert,) = await deliver(desk, ALERT + 3 * MINUTE)
    assert numbers(alert) == [1, 2]


async def test_of_thousands_the_first_are_kept_and_the_others_counted(desk):
    await many_cases(desk, SPELLED + 30)
    await desk.sweep(ALERT)
    (alert,) = await deliver(desk, ALERT)
    assert (len(numbers(alert)), alert.content["more"]) == (SPELLED, 30)
    ((_, carried),) = await desk.alerts()
    assert len(carried) == SPELLED + 30


async def test_a_replay_names_each_case_of_a_large_message(desk):
    desk.rules = replace(desk.rules, alerts=AT_ONCE)
    await many_cases(desk, SPELLED + 30)
    await desk.sweep(ALERT)
    await deliver(desk, ALERT)
    (line,) = [json.loads(one) for one in await desk.store.read(events) if json.loads(one)["event"] == "alert"]
    assert line["cases"] == [{"case": n, "step": "alert"} for n in range(1, SPELLED + 31)]


# --- too many ---


async def test_the_seventh_within_ten_minutes_waits_until_there_is_room(desk):
    for n in range(12):
        await wrote(desk, f"c{n:02}", MONDAY + n * MINUTE)
    sent = await play(desk, ALERT, 800)
    assert [passed for passed, _, _ in sent] == [0, 60, 120, 180, 240, 300, 600, 660]
    assert [case for _, _, cases in sent for case in cases] == list(range(1, 13))


async def test_a_broken_promise_takes_along_what_was_held_back(desk):
    for n in range(8):
        await wrote(desk, f"c{n}", MONDAY)
    await desk.sweep(ALERT)
    for n in range(6):
        await called(desk, "lena", n + 1, now=ALERT + n * 70 * SECOND)
        await deliver(desk, ALERT + n * 70 * SECOND)
    await called(desk, "lena", 7, now=ALERT + 420 * SECOND)
    assert await deliver(desk, ALERT + 425 * SECOND) == []
    await called(desk, "lena", 8, now=ALERT + 430 * SECOND, breach=True)
    assert [numbers(a) for a in await deliver(desk, ALERT + 430 * SECOND)] == [[7, 8]]


def call(notice, case, person, **changes):
    return Call(notice=notice, person=person, brand="meerkoet", case=case, **{"urgent": False, "breach": False, **changes})


def book(*rungs, target=HOUR, every=False):
    policy = Policy(first_response=target, next_response=target if every else None, ladder=rungs)
    return RuleBook(rules=[Rule(name="short", policy=policy)])


# --- quiet hours ---


async def asleep(desk, who, start=time(2), end=time(8)):
    """Let somebody have quiet hours, in Amsterdam."""
    row = {"quiet_start": start.isoformat("minutes"), "quiet_end": end.isoformat("minutes")}
    await desk.store.write(lambda conn: conn.execute(_PERSON.update().where(_PERSON.c.id == who).values(row)).rowcount)


_PERSON = tables.metadata.tables["person"]
EIGHT = MONDAY.replace(hour=7) + DAY  # Tuesday 08:00 in Amsterdam


async def called(desk, who, *cases, now, **changes):
    """Call somebody for the first notice of each of these cases."""
    person = await desk.store.read(people.person, who)
    steps = {s["id"]: s["case"] for s in await desk.rows(tables.step)}
    first = {}
    for row in await desk.rows(tables.notice):
        first.setdefault(steps[row["step"]], row["id"])
    calls = [call(first[case], case, person, **changes) for case in cases]
    return await desk.store.write(outgoing.send, calls, desk.rules, now)


async def test_what_is_due_in_quiet_hours_is_one_message_at_their_end_of_who_still_waits(desk):
    await asleep(desk, "lena")
    for n in range(4):
        await wrote(desk, f"c{n}", MONDAY)
    await desk.sweep(ALERT)
    for n in range(4):
        await called(desk, "lena", n + 1, now=ALERT + n * HOUR / 2)
    await desk.hear(ours("a1", ALERT + HOUR, "of-c1"))
    assert [a.person for a in await deliver(desk, EIGHT - SECOND)] == ["noor"]
    (alert,) = await deliver(desk, EIGHT)
    assert (alert.person, numbers(alert)) == ("lena", [1, 3, 4])


async def test_an_urgent_case_passes_quiet_hours_and_leaves_the_others_where_they_are(desk):
    await asleep(desk, "lena")
    await wrote(desk, "anna", MONDAY)
    await wrote(desk, "bert", MONDAY, "My meter is on fire?")
    await desk.sweep(ALERT)
    await called(desk, "lena", 1, now=ALERT)
    await called(desk, "lena", 2, now=ALERT + SECOND, urgent=True)
    sent = [(a.person, numbers(a)) for a in await deliver(desk, ALERT + SECOND)]
    assert ("lena", [2]) in sent
    assert [(a.person, numbers(a)) for a in await deliver(desk, EIGHT)] == [("lena", [1])]


# --- all clear ---


async def paged(desk):
    """Daan was told at ninety per cent that anna waits; noor before."""
    await wrote(desk, "anna", MONDAY)
    await play(desk, ALERT, 1)
    assert [person for _, person, _ in await play(desk, PAGE, 1)] == ["daan"]


def cleared(sent):
    return [(alert.person, alert.content["clear"]) for alert in sent]


async def fails_after_all(desk, answer, now):
    await desk.store.write(withdrawn, CHANNEL, answer, reason="131026", at=now, rules=desk.rules, now=now)


async def test_who_was_called_in_hears_that_somebody_else_answered(desk):
    await paged(desk)
    await desk.hear(ours("a1", PAGE + 5 * MINUTE, "of-anna"))
    found = cleared(await deliver(desk, PAGE + 5 * MINUTE))
    assert found == [
        (
            "daan",
            [{"case": 1, "channel": "twitter:meerkoet", "kind": "comment", "what": "answered"}
             | {"at": "2026-11-24T06:41:00Z", "by": "Noor"}],
        )
    ]  # fmt: skip


async def test_the_case_and_why_tell_who_heard_that_it_is_over(desk):
    await paged(desk)
    await desk.hear(ours("a1", PAGE + 5 * MINUTE, "of-anna"))
    await deliver(desk, PAGE + 5 * MINUTE)
    file = await desk.store.read(case_file.open_file, 1, desk.rules, PAGE + HOUR)
    shown = told(file, say("nl", "Europe/Amsterdam", PAGE + HOUR))
    assert shown[-1].text == "Daan hoort dat het voorbij is: bezorgd"
    facts = await desk.store.read(explain, 1, desk.rules, PAGE + HOUR)
    assert [(one["person"], one["what"], one["state"]) for one in facts["all_clears"]] == [("daan", "answered", "sent")]
    assert "All clear to daan Tue 24 Nov 2026 07:41:00 (answered), sent Tue 24 Nov 2026 07:41:00" in why(
        facts, ZoneInfo("Europe/Amsterdam")
    )


async def test_who_answered_or_saw_it_hears_nothing_and_nobody_twice(desk):
    await paged(desk)
    await desk.hear(said("a1", "Here.", PAGE + MINUTE, by="daan", direction=Direction.OUTBOUND, reply_to="of-anna"))
    assert await desk.rows(outgoing_tables.all_clear) == []
    await wrote(desk, "bert", MONDAY + HOUR)
    await play(desk, PAGE + HOUR, 1)
    await desk.store.write(lambda conn: conn.execute(tables.notice.update().values(acked_at=PAGE + HOUR)).rowcount)
    await desk.hear(ours("a2", PAGE + HOUR + MINUTE, "of-bert"))
    assert await desk.rows(outgoing_tables.all_clear) == []


async def test_nobody_hears_of_the_end_of_what_they_were_not_told(desk):
    await wrote(desk, "anna", MONDAY)
    await desk.sweep(PAGE)
    await desk.hear(ours("a1", PAGE + SECOND, "of-anna"))
    assert await deliver(desk, PAGE + 5 * MINUTE) == []
    assert await desk.rows(outgoing_tables.all_clear) == []


async def test_who_was_to_hear_of_it_and_did_not_hears_nothing_of_its_end_later(desk):
    """What had dropped out of a message was taken for told: the next event said all clear to somebody who knew of nothing."""
    await wrote(desk, "bert", MONDAY - 20 * SECOND)
    await wrote(desk, "anna", MONDAY)
    await wrote(desk, "cato", MONDAY + 10 * SECOND)
    await play(desk, PAGE - 20 * SECOND, 40)
    await desk.hear(ours("a1", PAGE + 25 * SECOND, "of-anna"))
    alerts = {a.person: numbers(a) for a in await deliver(desk, PAGE + MINUTE)}
    assert alerts == {"daan": [3]}
    await desk.hear(ours("a2", PAGE + HOUR, "of-anna", text="And one thing more."))
    assert await desk.rows(outgoing_tables.all_clear) == []


async def test_a_late_fact_that_disproves_a_miss_is_told_to_all_who_were_told(desk):
    """Anna had her answer before any of it: noor, daan and lena were all told of what was not so."""
    await wrote(desk, "anna", MONDAY)
    for at in (ALERT, PAGE, BREACH):
        await play(desk, at, 1)
    await desk.store.write(declared, 1, by="noor", at=ALERT - HOUR, rules=desk.rules, now=BREACH + HOUR)
    found = cleared(await deliver(desk, BREACH + HOUR))
    assert sorted(person for person, _ in found) == ["daan", "lena"]  # noor says so herself
    assert {one["what"] for _, clear in found for one in clear} == {"in_time"}


async def test_in_quiet_hours_nobody_is_woken_to_hear_that_all_is_well(desk):
    await paged(desk)
    await asleep(desk, "daan", end=time(9))
    await desk.hear(ours("a1", PAGE + MINUTE, "of-anna"))
    assert await deliver(desk, EIGHT + 2 * HOUR) == []


async def test_it_joins_the_open_message(desk):
    await paged(desk)
    await wrote(desk, "bert", MONDAY + 20 * SECOND)
    await desk.sweep(PAGE + 20 * SECOND)
    await desk.hear(ours("a1", PAGE + 30 * SECOND, "of-anna"))
    alerts = {a.person: a for a in await deliver(desk, PAGE + MINUTE + SECOND)}
    assert numbers(alerts["daan"]) == [2]
    assert [one["case"] for one in alerts["daan"].content["clear"]] == [1]


async def test_what_flares_up_before_it_left_is_not_said_and_said_once_later(desk):
    await paged(desk)
    await wrote(desk, "bert", MONDAY + 20 * SECOND)
    await desk.sweep(PAGE + 20 * SECOND)
    await desk.hear(ours("a1", PAGE + 30 * SECOND, "of-anna"))
    await fails_after_all(desk, "a1", PAGE + 40 * SECOND)
    alerts = {a.person: a for a in await deliver(desk, PAGE + MINUTE + SECOND)}
    assert "clear" not in alerts["daan"].content
    assert await desk.rows(outgoing_tables.all_clear) == []
    await desk.hear(ours("a2", PAGE + 10 * MINUTE, "of-anna"))
    assert [person for person, _ in cleared(await deliver(desk, PAGE + 10 * MINUTE))] == ["daan"]


async def test_a_case_that_flares_up_again_is_held_for_a_while_unless_the_promise_breaks(desk):
    await paged(desk)
    await desk.hear(ours("a1", PAGE + MINUTE, "of-anna"))
    await deliver(desk, PAGE + MINUTE)
    await fails_after_all(desk, "a1", PAGE + 2 * MINUTE)
    await called(desk, "daan", 1, now=PAGE + 5 * MINUTE)
    assert [a for a in await deliver(desk, PAGE + 10 * MINUTE - SECOND) if a.person == "daan"] == []
    assert [a.person for a in await deliver(desk, PAGE + 11 * MINUTE)] == ["daan"]
    await called(desk, "daan", 1, now=PAGE + 13 * MINUTE, breach=True)
    assert [a.person for a in await deliver(desk, PAGE + 13 * MINUTE)] == ["daan"]


async def test_a_customer_who_writes_anew_is_no_flare_up(desk):
    await paged(desk)
    await desk.hear(ours("a1", PAGE + MINUTE, "of-anna"))
    await deliver(desk, PAGE + MINUTE)
    desk.rules = replace(desk.rules, book=book(Rung(step="page", share=0.5), target=4 * MINUTE, every=True))
    await desk.hear(said("more", "And when?", PAGE + 2 * MINUTE, by="anna"))
    await desk.sweep(PAGE + 4 * MINUTE)
    assert [a.person for a in await deliver(desk, PAGE + 4 * MINUTE)] == ["daan"]


# --- what became of it ---


async def test_every_attempt_is_kept_with_its_time_and_result(desk):
    await wrote(desk, "anna", MONDAY)
    await desk.sweep(ALERT)
    clock = FakeClock(ALERT)
    notifier = FakeNotifier(Unavailable("503"), Rejected("no such device"))
    for _ in range(3):
        await desk.send(desk.post(notifier), clock)
        clock.at_machine += MINUTE
        clock.at += SECOND
    rows = await desk.rows(outgoing_tables.attempt)
    assert [(r["nth"], r["method"], r["at"], r["machine_at"], r["error"]) for r in rows] == [
        (1, "push", ALERT, ALERT, "503"),
        (2, "push", ALERT + SECOND, ALERT + MINUTE, "no such device"),
        (1, "last_resort", ALERT + 2 * SECOND, ALERT + 2 * MINUTE, None),
    ]


async def test_somebody_whose_method_fails_twice_in_a_row_hears_it_by_another_once_a_day(store):
    desk = await Desk.open(store)
    await desk.staff(staff(noor=("phone", "mail")))
    for n in range(4):
        await wrote(desk, f"c{n}", MONDAY + n * HOUR)

    async def fails(at):
        await desk.sweep(at)
        return [a.content["trouble"] for a in await deliver(desk, at, Rejected("gone")) if "trouble" in a.content]

    assert await fails(ALERT) == []
    (told,) = await fails(ALERT + HOUR)
    assert (told["what"], told["name"], told["reason"]) == ("contact", "phone", "gone")
    assert await fails(ALERT + 2 * HOUR) == []
    found = [d for d in await desk.deliveries() if "trouble" in d["content"]]
    assert [(d["person"], d["method"], d["state"]) for d in found] == [("noor", "mail", "sent")]
    monday = Period(day=(MONDAY + DAY).date(), zone="Europe/Amsterdam")
    digest = await digest_for(desk.store, monday, MONDAY + 3 * DAY)
    assert not any(one.troubles for one in digest.channels)  # it is none of a channel


# --- several daemons ---


async def test_several_sweeps_at_once_open_one_message_a_person(postgres_url):
    stores = [open_store(postgres_url) for _ in range(3)]
    try:
        desk = await Desk.open(stores[0])
        await desk.staff(staff())
        for n in range(24):
            await wrote(desk, f"c{n:02}", MONDAY)
        await desk.sweep(ALERT)
        person = await stores[0].read(people.person, "lena")
        rows = await desk.rows(tables.notice)

        async def one(n, row):
            return await stores[n % 3].write(outgoing.send, [call(row["id"], n + 1, person)], desk.rules, ALERT)

        begun = await asyncio.gather(*(one(n, row) for n, row in enumerate(rows)))
        assert sum(begun) == 1
        ((_, carried),) = [found for found in await desk.alerts() if found[0] == "lena"]
        assert sorted(case for case, _ in carried) == list(range(1, 25))
    finally:
        for store in stores:
            await store.close()


async def test_nothing_is_lost_between_joining_and_sending(postgres_url):
    stores = [open_store(postgres_url) for _ in range(2)]
    try:
        desk = await Desk.open(stores[0])
        await desk.staff(staff())
        for n in range(30):
            await wrote(desk, f"c{n:02}", MONDAY)
        await desk.sweep(ALERT)
        person = await stores[0].read(people.person, "lena")
        rows = await desk.rows(tables.notice)
        notifier = FakeNotifier()

        async def sweeps():
            for n, row in enumerate(rows):
                await stores[1].write(outgoing.send, [call(row["id"], n + 1, person)], desk.rules, ALERT + n * SECOND)

        async def delivers():
            for n in range(60):
                await desk.send(desk.post(notifier), FakeClock(ALERT + n * 2 * SECOND))

        await asyncio.gather(sweeps(), delivers())
        while await desk.send(desk.post(notifier), FakeClock(ALERT + HOUR)):
            pass
        told = Counter(case for alert in notifier.sent if alert.person == "lena" for case in numbers(alert))
        assert told == dict.fromkeys(range(1, 31), 1)
    finally:
        for store in stores:
            await store.close()


# --- a storm ---


async def many_cases(desk, count, spread=timedelta(0), urgent_every=0):
    """Put cases into the database as triage would leave them, opened within `spread`, without the work of classifying them."""
    await desk.hear(said("m0", "Where is it?", MONDAY, by="c0"))

    def copy(conn):
        for table in (tables.message, tables.case, tables.case_event):
            first = dict(conn.execute(select(table)).one()._mapping)
            conn.execute(table.insert(), [first | changed(table, first, n) for n in range(2, count + 1)])
        return count

    def changed(table, first, n):
        later = spread * (n - 1) / count
        if table is tables.message:
            return {"id": n, "external_id": f"m{n}", "author_id": f"c{n}", "case": n, "created_at": first["created_at"] + later}
        if table is tables.case:
            is_urgent = urgent_every and n % urgent_every == 0
            moved = {name: first[name] + later for name in ("next_check_at", "due_at")}
            return {"id": n, "customer_id": f"c{n}", "opening_message": n, **moved} | ({"urgency": "high"} if is_urgent else {})
        return {"case": n, "message": n, "at": first["at"] + later, "data": {**first["data"], "ref": f"m{n}"}}

    await desk.store.write(copy)


@pytest.mark.slow
async def test_a_storm_of_thousands_reaches_two_people_in_a_handful_of_messages(sqlite_url):
    """Five thousand cases due within a minute: at most ten messages, the most urgent first, none lost."""
    store, many = open_store(sqlite_url), 5000
    try:
        desk = await Desk.open(store, book(Rung(step="alert", share=0.9), Rung(step="breach", share=1.0)))
        await desk.staff(staff())
        await many_cases(desk, many, MINUTE - SECOND, urgent_every=100)
        messages = []
        for passed in range(9 * 60):
            now = MONDAY + 54 * MINUTE + passed * SECOND
            while (await desk.sweep(now)).cases:
                pass
            while await remind.remind(store, desk.rules, now):
                pass
            messages += await deliver(desk, now)
        assert {alert.person for alert in messages} == {"noor", "lena"}
        assert len(messages) <= 10
        sent = {d["id"] for d in await desk.deliveries() if d["state"] == "sent"}
        owner = {n["id"]: n["person"] for n in await desk.rows(tables.notice)}
        told = Counter(owner[r["notice"]] for r in await desk.rows(tables.delivery_notice) if r["delivery"] in sent)
        assert told == {"noor": many, "lena": many}
        for alert in messages:
            order = [(facts["urgency"] != "high", facts["deadline"]) for facts in alert.content["cases"]]
            assert order == sorted(order)
        assert sum(len(set(numbers(alert))) + alert.content.get("more", 0) for alert in messages) == 2 * many
    finally:
        await store.close()
