"""Peaks: the house proposes, a lead starts and ends, hundreds of alerts are a few messages, and nobody is forgotten at the end."""

from __future__ import annotations

from collections import Counter
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import BRAND, CHANNEL, DAY, HOUR, MONDAY, Desk, FakeClock, FakeNotifier, ours, said
from sqlalchemy import select, text

from webcare.domain.digest import Period
from webcare.domain.digest_record import freeze, thaw, to_json
from webcare.domain.rota import ContactMethod, Level, LevelName, Person, Rhythm, Role, Rota
from webcare.letters.digest import letter
from webcare.services import peak
from webcare.services.peak import Flaw, Refused, Wanted
from webcare.services.peak_calls import summarize
from webcare.services.remind import look
from webcare.services.summarize import digest_for
from webcare.store import audit, peaks, tables
from webcare.store.peak_tables import peak_case

MINUTE = timedelta(minutes=1)
ZONE = "Europe/Amsterdam"
LEAD = "sanne"


def worker(name, role=Role.AGENT):
    contacts = (ContactMethod(name="phone", target=f"lines:{name}"),)
    return Person(id=name, name=name.title(), role=role, contacts=contacts, zone=ZONE)


def level(name, who):
    return Level(
        name=name, rotation=(who,), rhythm=Rhythm.WEEKLY, handovers=(time(8),), anchor=MONDAY.date() - 7 * DAY, zone=ZONE
    )


ROTA = Rota(
    people=(worker("noor"), worker("daan"), worker(LEAD, Role.LEAD)),
    levels=(level(LevelName.ONCALL, "noor"), level(LevelName.NEXT, "daan"), level(LevelName.LEAD, LEAD)),
)


@pytest.fixture
async def busy(store):
    """A house with people on call and four weeks in which two customers wrote each hour of the working day."""
    desk = await Desk.open(store)
    await desk.staff(ROTA)
    await desk.hear(
        *(
            said(
                f"usual-{week}-{hour}-{n}",
                "Where is it?",
                MONDAY - week * 7 * DAY + hour * HOUR + n * MINUTE,
                by=f"u{week}-{hour}-{n}",
            )
            for week in (4, 3, 2, 1)
            for hour in (-2, -1, 0, 1)
            for n in (10, 40)
        ),
        now=MONDAY - 6 * DAY,
    )
    return desk


def rush(count, start=MONDAY, *, text="The payment page fails?", tag="r", within=HOUR, numbers=None):
    return [said(f"{numbers or tag}{n}", text, start + n * within / count, by=f"{tag}-customer{n}") for n in range(count)]


async def beat(desk, now):
    return await peak.beat(desk.store, FakeClock(now), zone=ZONE)


async def begin(desk, now, **changes):
    return await desk.store.write(peak.start, Wanted(**{"name": "payments", "brand": BRAND, **changes}), by=LEAD, now=now)


def proposals(conn):
    return [one for one in peaks.current(conn) if one.is_proposal]


async def news(desk):
    """What people were told of peaks: (person, what)."""
    return [(person, content["peak"]["what"]) for person, _, content in await desk.told() if "peak" in content]


async def members(desk):
    return {row["case"] for row in await desk.rows(peak_case)}


# --- a proposal


async def test_three_times_the_usual_is_proposed_to_the_lead_once_and_starts_nothing(busy):
    await busy.hear(*rush(40))
    for minute in range(5):
        await beat(busy, MONDAY + HOUR + minute * MINUTE)
    (proposal,) = await busy.store.read(proposals)
    assert (proposal.count, proposal.usual) == (40, 2.0)
    assert await news(busy) == [(LEAD, "proposed")]
    assert await busy.store.read(peaks.running) == []


async def test_a_usual_hour_is_read_and_changes_nothing(busy):
    await busy.hear(*rush(14))
    assert await beat(busy, MONDAY + HOUR) == 0
    assert await busy.store.read(proposals) == []


async def test_one_customer_who_writes_forty_times_is_no_peak(busy):
    await busy.hear(*(said(f"m{n}", "Hello? Anybody?", MONDAY + n * MINUTE) for n in range(40)))
    assert await beat(busy, MONDAY + HOUR) == 0


async def test_praise_is_no_peak(busy):
    await busy.hear(*rush(40, text="thanks"))
    assert await beat(busy, MONDAY + HOUR) == 0


async def test_a_new_house_has_no_usual_and_proposes_nothing(desk):
    await desk.hear(said("first", "Where?", MONDAY - 13 * DAY), *rush(60))
    assert await beat(desk, MONDAY + HOUR) == 0


async def test_two_daemons_propose_once(busy):
    await busy.hear(*rush(40))
    seen = await busy.store.read(peak.look, MONDAY + HOUR, ZoneInfo(ZONE))
    assert await busy.store.write(peak.note, seen[0], MONDAY + HOUR) == 1
    assert await busy.store.write(peak.note, seen[0], MONDAY + HOUR) == 0
    assert len(await busy.store.read(proposals)) == 1


async def test_what_was_set_aside_comes_back_only_after_an_hour_of_calm(busy):
    await busy.hear(*rush(40))
    await beat(busy, MONDAY + HOUR)
    (proposal,) = await busy.store.read(proposals)
    await busy.store.write(peak.dismiss, proposal.id, by=LEAD, now=MONDAY + HOUR)
    await beat(busy, MONDAY + HOUR + MINUTE)
    assert await busy.store.read(proposals) == []

    for minute in range(0, 240, 10):  # nobody writes any more
        await beat(busy, MONDAY + HOUR + minute * MINUTE)
    await busy.hear(*rush(40, MONDAY + 5 * HOUR, tag="again"))
    await beat(busy, MONDAY + 6 * HOUR)
    assert len(await busy.store.read(proposals)) == 1
    assert [line["what"] for line in await busy.store.read(audit.lines)] == ["peak_dismiss"]


async def test_a_proposal_that_calms_down_is_no_more(busy):
    await busy.hear(*rush(40))
    await beat(busy, MONDAY + HOUR)
    for minute in range(0, 150, 10):
        await beat(busy, MONDAY + HOUR + minute * MINUTE)
    assert await busy.store.read(proposals) == []
    assert await news(busy) == [(LEAD, "proposed")]


async def test_when_a_running_peak_has_been_calm_for_an_hour_the_lead_hears_of_it_once(busy):
    await busy.hear(*rush(40))
    number = await begin(busy, MONDAY + HOUR)
    for minute in range(0, 200, 5):
        await beat(busy, MONDAY + HOUR + minute * MINUTE)
    assert await news(busy) == [(LEAD, "calm")]
    (running,) = (await busy.store.read(peak.shown, MONDAY + 5 * HOUR)).running
    assert running.may_end
    assert running.peak.id == number


async def test_what_it_is_about_names_channels_and_words_and_no_customer(busy):
    await busy.hear(*rush(30, text="My payment fails, error 502? @meerkoet regards customer"))
    found = await busy.store.read(peak.about, BRAND, MONDAY + HOUR, ZoneInfo(ZONE))
    words = dict(found.words)
    assert found.channels == (CHANNEL,)
    assert words["payment"] == 30
    assert not {"502", "meerkoet"} & set(words)


# --- which cases


async def test_starting_takes_in_what_was_written_within_reach_and_what_comes(busy):
    await busy.hear(*rush(20), said("old", "Where is my parcel?", MONDAY - 5 * HOUR, by="early"))
    assert await busy.store.read(peak.preview, Wanted(name="", brand=BRAND), now=MONDAY + HOUR) == 20
    await begin(busy, MONDAY + HOUR)
    assert len(await members(busy)) == 20
    await busy.hear(*rush(5, MONDAY + HOUR, tag="later"))
    assert len(await members(busy)) == 25


async def test_words_and_channels_say_which_cases_belong(busy):
    await busy.hear(*rush(3), said("other", "Where is my parcel?", MONDAY, by="other"))
    await begin(busy, MONDAY + HOUR, words="pay, fout", channels=(CHANNEL,))
    await busy.hear(
        said("parcel", "Where is my parcel?", MONDAY + HOUR, by="parcel"), said("pays", "Paying fails?", MONDAY + HOUR, by="pays")
    )
    belong = await members(busy)
    texts = {row["text"] for row in await busy.rows(tables.message, tables.message.c.case.in_(belong))}
    assert texts == {"The payment page fails?", "Paying fails?"}


async def test_who_writes_again_about_it_in_an_old_case_belongs(busy):
    await busy.hear(said("m1", "Where is my parcel?", MONDAY - 5 * HOUR, by="anna"))
    await begin(busy, MONDAY, words="payment")
    assert await members(busy) == set()
    await busy.hear(said("m2", "And the payment fails?", MONDAY + MINUTE, by="anna"))
    assert len(await members(busy)) == 1


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({"name": "  "}, Flaw.NAME),
        ({"name": "n" * 61}, Flaw.NAME),
        ({"brand": "nobody's"}, Flaw.BRAND),
        ({"channels": ("facebook:strange",)}, Flaw.CHANNELS),
        ({"words": "? ! ,"}, Flaw.WORDS),
        ({"words": " ".join(f"word{n}" for n in range(11))}, Flaw.WORDS),
        ({"reach": 3}, Flaw.REACH),
    ],
)
async def test_what_cannot_start_says_why(busy, changes, flaw):
    with pytest.raises(Refused) as refused:
        await begin(busy, MONDAY, **changes)
    assert refused.value.why is flaw


async def test_one_peak_a_brand_runs(busy):
    number = await begin(busy, MONDAY)
    with pytest.raises(Refused) as refused:
        await begin(busy, MONDAY, name="another")
    assert refused.value.why is Flaw.RUNNING
    await busy.store.write(peak.end, number, by=LEAD, rules=busy.rules, now=MONDAY + HOUR)
    with pytest.raises(Refused):
        await busy.store.write(peak.end, number, by=LEAD, rules=busy.rules, now=MONDAY + HOUR)
    assert await begin(busy, MONDAY + HOUR, name="another") != number
    assert [line["what"] for line in await busy.store.read(audit.lines)] == ["peak_start", "peak_end", "peak_start"]


# --- one message instead of hundreds


async def test_a_storm_reaches_people_in_a_few_messages_and_nobody_is_lost_at_its_end(busy):
    """500 customers, one on fire: all rungs are taken, a few messages leave, the urgent one by itself; the end tells the rest."""
    await busy.hear(*rush(499, within=MINUTE), said("fire", "There is a fire?", MONDAY, by="urgent"), now=MONDAY + MINUTE)
    number = await begin(busy, MONDAY + MINUTE)
    urgent = next(row["id"] for row in await busy.cases() if row["urgency"] == "high")
    before = len(await busy.deliveries())

    now = MONDAY + 18 * HOUR - 5 * MINUTE
    while now <= MONDAY + DAY + HOUR:
        while (await busy.sweep(now)).cases:
            pass
        await busy.store.write(summarize, now)
        now += 5 * MINUTE

    steps = Counter(row["step"] for row in await busy.rows(tables.step, tables.step.c.case.in_(await members(busy))))
    assert steps["breach"] == 500
    told = await news(busy)
    assert {what for _, what in told} == {"running"}
    assert len(told) <= 8
    assert set(told) == {("noor", "running"), ("daan", "running"), (LEAD, "running")}
    belong = await members(busy)
    assert {case for _, cases in await busy.alerts() for case, _ in cases if case in belong} == {urgent}

    answered = sorted(belong - {urgent})[:100]
    asked = {row["case"]: row["external_id"] for row in await busy.rows(tables.message, tables.message.c.case.in_(answered))}
    late = MONDAY + DAY + 2 * HOUR
    await busy.hear(*(ours(f"a{case}", late, reply_to=ref) for case, ref in asked.items()), now=late)
    left = await busy.store.write(peak.end, number, by=LEAD, rules=busy.rules, now=late)
    assert left == 399
    spelled = {case for person, cases in await busy.alerts() if person == LEAD for case, _ in cases}
    told_of = {case for _, case, _ in await busy.store.read(noticed)}
    assert told_of & belong == belong - set(answered)
    assert spelled <= told_of
    assert len(await busy.deliveries()) - before < 20


def noticed(conn):
    """Who was told of which step of which case."""
    query = select(tables.notice.c.person, tables.step.c.case, tables.step.c.rung)
    return {tuple(row) for row in conn.execute(query.join(tables.step, tables.notice.c.step == tables.step.c.id))}


async def test_after_the_end_each_case_climbs_by_itself(busy):
    await busy.hear(said("m1", "The payment fails?", MONDAY, by="anna"))
    number = await begin(busy, MONDAY + MINUTE)
    await busy.sweep(MONDAY + 18 * HOUR)  # 75 %: held
    assert await news(busy) == [("noor", "running")]
    await busy.store.write(peak.end, number, by=LEAD, rules=busy.rules, now=MONDAY + 19 * HOUR)
    assert ("noor", "ended") in await news(busy)
    (case,) = await members(busy)
    await busy.sweep(MONDAY + DAY)
    assert (LEAD, case, "breach@1") in await busy.store.read(noticed)


async def test_a_level_hears_again_after_half_an_hour_and_only_if_there_is_more(busy):
    await busy.hear(*(said(f"m{n}", "The payment fails?", MONDAY + n * 10 * MINUTE, by=f"c{n}") for n in range(4)))
    await begin(busy, MONDAY + 30 * MINUTE)
    alert = MONDAY + 18 * HOUR
    for minute in range(60):
        await busy.sweep(alert + minute * MINUTE)
        await busy.store.write(summarize, alert + minute * MINUTE)
    told = [content["peak"] for _, _, content in await busy.told() if "peak" in content]
    assert [one["open"] for one in told] == [4, 4]
    assert await busy.store.write(summarize, alert + 3 * HOUR) == 0


async def test_the_summary_says_how_it_stands(busy):
    await busy.hear(*rush(3, within=3 * MINUTE))
    await begin(busy, MONDAY + HOUR)
    await busy.sweep(MONDAY + DAY + MINUTE + timedelta(seconds=30))
    (first, *_) = [content["peak"] for person, _, content in await busy.told() if "peak" in content and person == LEAD]
    assert (first["name"], first["cases"], first["open"], first["late"]) == ("payments", 3, 3, 2)
    assert first["due_at"] == "2026-11-24T09:00:00Z"


# --- the clocks of a peak, told apart


def first_responses(conn, *, belongs, start, end):
    """Count met and missed first responses of a day from the clocks themselves, of the cases of a peak or of all others."""
    inside = "IN" if belongs else "NOT IN"
    query = f"""
        SELECT count(*), sum(CASE WHEN state = 'met' THEN 1 ELSE 0 END) FROM clock
        WHERE clock = 'first_response' AND "case" {inside} (SELECT "case" FROM peak_case)
        AND ((state = 'met' AND stopped_at >= :start AND stopped_at < :end)
             OR (state IN ('missed', 'running') AND due_at >= :start AND due_at < :end))
    """  # noqa: S608 - both words are ours
    span = {"start": bound(conn, start), "end": bound(conn, end)}
    count, met = conn.execute(text(query), span).one()
    return count, int(met or 0)


def bound(conn, at):
    """An instant as plain SQL has to be told it."""
    return at if conn.dialect.name == "postgresql" else at.strftime("%Y-%m-%d %H:%M:%S.%f")


async def test_the_letter_tells_a_peak_apart_and_its_numbers_are_those_of_the_clocks(busy):
    """Of 20 cases of the peak 14 are answered in time; of 5 others all but one. The day has both, each is told by itself."""
    await busy.hear(
        *rush(20, within=MINUTE * 20), *rush(5, text="Where is my parcel?", tag="p", within=MINUTE * 20), now=MONDAY + HOUR
    )
    number = await begin(busy, MONDAY + HOUR, words="payment")
    belong = await members(busy)
    assert len(belong) == 20
    asked = {row["case"]: row["external_id"] for row in await busy.rows(tables.message, tables.message.c.created_at >= MONDAY)}
    in_time = [*sorted(belong)[:14], *sorted(set(asked) - belong)[:4]]
    await busy.hear(*(ours(f"a{case}", MONDAY + 3 * HOUR, reply_to=asked[case]) for case in in_time), now=MONDAY + 3 * HOUR)
    await busy.store.write(peak.end, number, by=LEAD, rules=busy.rules, now=MONDAY + 4 * HOUR)
    await busy.sweep_until(MONDAY + DAY + 2 * HOUR, start=MONDAY + DAY)

    monday, tuesday = (Period(day=(MONDAY + n * DAY).date(), zone=ZONE) for n in (0, 1))
    told = []
    for period, now in ((monday, MONDAY + DAY), (tuesday, MONDAY + 2 * DAY)):
        found = await digest_for(busy.store, period, now)
        (one,) = found.peaks
        numbers = one.first_response
        span = {"start": period.starts_at, "end": period.ends_at}
        assert (numbers.count, numbers.met) == await busy.store.read(first_responses, belongs=True, **span)
        rest = found.without_peaks
        assert (rest.count, rest.met) == await busy.store.read(first_responses, belongs=False, **span)
        assert numbers.count + rest.count == found.first_response.count
        assert numbers.met + rest.met == found.first_response.met
        told.append((numbers.count, numbers.met, rest.count, rest.met))
    assert told == [(14, 14, 4, 4), (6, 0, 1, 0)]


async def test_a_letter_that_is_kept_and_its_json_name_the_peak(busy):
    await busy.hear(*rush(3, within=3 * MINUTE))
    number = await begin(busy, MONDAY + HOUR)
    await busy.hear(ours("a", MONDAY + 2 * HOUR, reply_to="r0"))
    await busy.store.write(peak.end, number, by=LEAD, rules=busy.rules, now=MONDAY + 3 * HOUR)
    found = await digest_for(busy.store, Period(day=MONDAY.date(), zone=ZONE), MONDAY + DAY)
    assert thaw(freeze(found)) == found
    (one,) = to_json(found)["peaks"]
    assert (one["name"], one["started_at"], one["ended_at"]) == ("payments", "2026-11-23T10:00:00Z", "2026-11-23T12:00:00Z")
    assert (one["count"], one["within_target"]) == (1, 1.0)
    said = letter(found, language="nl", zone=ZoneInfo(ZONE), now=MONDAY + DAY, public_url=None)
    flat = " ".join(said.text.split())
    assert "Piek „payments” (gisteren 11:00\N{EN DASH}gisteren 13:00): 1 zaak, 100 % op tijd." in flat
    assert "Zonder pieken: geen zaak." in flat
    assert "Piek „payments”" in said.html


async def test_a_day_without_a_peak_says_nothing_of_one(busy):
    await busy.hear(*rush(3, within=3 * MINUTE))
    found = await digest_for(busy.store, Period(day=MONDAY.date(), zone=ZONE), MONDAY + DAY)
    assert (found.peaks, found.without_peaks) == ((), None)
    assert "peaks" not in to_json(found)


async def test_who_was_alerted_before_the_peak_is_not_reminded_of_each_case_while_it_runs(busy):
    """Ten cases were alerted one by one, then a lead starts a peak: silence is looked at half an hour later, and nothing is lost."""
    await busy.hear(*rush(10, within=MINUTE))
    alerted = MONDAY + 18 * HOUR + MINUTE
    await busy.hear(*rush(10, alerted - HOUR / 2, text="Still no payment?", tag="r", within=MINUTE, numbers="again"))
    while (await busy.sweep(alerted)).cases:
        pass
    await begin(busy, alerted)
    belong = await members(busy)
    assert len(belong) == 10
    due = alerted + 16 * MINUTE
    await busy.store.write(look, busy.rules, due, 1000)
    assert {at for case, at in await busy.store.read(looked_at) if case in belong} == {due + HOUR / 2}
    assert {person for person, case, _ in await busy.store.read(noticed) if case in belong} == {"noor"}


def looked_at(conn):
    """When each notice is looked at again, by case."""
    query = select(tables.step.c.case, tables.notice.c.look_at).join(tables.notice, tables.notice.c.step == tables.step.c.id)
    return [tuple(row) for row in conn.execute(query)]


async def test_a_summary_leaves_as_it_was_told(busy):
    await busy.hear(*rush(3, within=MINUTE))
    await begin(busy, MONDAY + HOUR)
    await busy.sweep(MONDAY + 18 * HOUR + MINUTE)
    notifier = FakeNotifier()
    await busy.send(busy.post(notifier), FakeClock(MONDAY + 18 * HOUR + 2 * MINUTE))
    (summary,) = [alert for alert in notifier.sent if "peak" in alert.content]
    assert (summary.person, summary.content["peak"]["open"]) == ("noor", 3)
