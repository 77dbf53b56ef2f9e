from __future__ import annotations

import json
import statistics
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webcare.domain.digest import (
    AlertFact,
    Alerts,
    ChannelTrouble,
    ClockFact,
    Correction,
    Digest,
    Facts,
    FirstResponse,
    MessageFact,
    Period,
    digest_of,
    first_response_numbers,
)
from webcare.domain.digest_record import freeze, thaw, to_json
from webcare.domain.message import Kind
from webcare.domain.misses import Later, Reason, Why
from webcare.domain.percentiles import median_p90
from webcare.domain.sla.promise import Clock, State
from webcare.domain.verdict import Intent

AMSTERDAM, SAO_PAULO, LORD_HOWE = "Europe/Amsterdam", "America/Sao_Paulo", "Australia/Lord_Howe"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TARGET = 24 * HOUR
SILENCE = Why(reason=Reason.NOT_ACKNOWLEDGED)
MONDAY = Period(day=date(2026, 11, 23), zone=AMSTERDAM)  # from 22 November 23:00 UTC


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def met(
    at: str, *, case: str = "1", took: timedelta = HOUR, channel: str = "x:1", clock: Clock = Clock.FIRST_RESPONSE
) -> ClockFact:
    return ClockFact(case=case, channel=channel, kind=Kind.MENTION, clock=clock, state=State.MET, started_at=utc(at) - took,
                     due_at=utc(at) - took + TARGET, answered_at=utc(at), elapsed=took, target=TARGET)  # fmt: skip


def missed(due: str, *, case: str = "1", late: timedelta = HOUR, answered: bool = True, channel: str = "x:1",
           clock: Clock = Clock.FIRST_RESPONSE, why: Why | None = SILENCE) -> ClockFact:  # fmt: skip
    return ClockFact(case=case, channel=channel, kind=Kind.DM, clock=clock, state=State.MISSED, started_at=utc(due) - TARGET,
                     due_at=utc(due), answered_at=utc(due) + late if answered else None, elapsed=TARGET + late, target=TARGET, why=why)  # fmt: skip


def running(due: str | None, *, case: str = "1", clock: Clock = Clock.FIRST_RESPONSE, claimed: bool = False) -> ClockFact:
    return ClockFact(case=case, channel="x:1", kind=Kind.DM, clock=clock, state=State.RUNNING, started_at=utc("2026-11-23T12:00"),
                     due_at=utc(due) if due else None, answered_at=None, elapsed=HOUR, target=TARGET, claimed=claimed)  # fmt: skip


def heard(at: str, *intents: Intent, channel: str = "x:1", kind: Kind = Kind.DM, inbound: bool = True) -> MessageFact:
    return MessageFact(channel=channel, kind=kind, intents=intents, at=utc(at), inbound=inbound)


def digest(*clocks: ClockFact, period: Period = MONDAY) -> Digest:
    return digest_of(period, Facts(clocks=clocks))


# --- the day -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        (AMSTERDAM, date(2026, 11, 23), "2026-11-22T23:00", 24),
        (AMSTERDAM, date(2026, 3, 29), "2026-03-28T23:00", 23),
        (AMSTERDAM, date(2026, 10, 25), "2026-10-24T22:00", 25),
        (SAO_PAULO, date(2018, 11, 4), "2018-11-04T03:00", 23),  # it begins at 01:00
        (SAO_PAULO, date(2019, 2, 16), "2019-02-16T02:00", 25),  # it has 23:00 twice
        (LORD_HOWE, date(2026, 10, 4), "2026-10-03T13:30", 23.5),
        (LORD_HOWE, date(2026, 4, 5), "2026-04-04T13:00", 24.5),
        ("UTC", date(2026, 3, 29), "2026-03-29T00:00", 24),
    ],
)
def test_a_period_is_a_local_day_as_long_as_that_day_is(zone, day, start, hours):
    period = Period(day=day, zone=zone)
    assert period.starts_at == utc(start)
    assert period.ends_at - period.starts_at == hours * HOUR


def test_a_period_in_a_zone_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match=r"^period: zone: unknown time zone 'Europe/Amsterdamm'$"):
        Period(day=date(2026, 11, 23), zone="Europe/Amsterdamm")


# --- first responses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "counts"),
    [
        (met("2026-11-22T22:59:59"), False),
        (met("2026-11-22T23:00:00"), True),  # local midnight
        (met("2026-11-23T22:59:59"), True),
        (met("2026-11-23T23:00:00"), False),
        (met("2026-11-23T08:00", took=30 * HOUR), True),  # asked the day before
        (missed("2026-11-23T12:00"), True),
        (missed("2026-11-23T22:00", late=5 * HOUR), True),  # ran out on Monday, answered on Tuesday: Monday's
        (missed("2026-11-22T22:00", late=5 * HOUR), False),  # ran out on Sunday, answered on Monday: Sunday's
        (missed("2026-11-23T12:00", answered=False), True),
        (missed("2026-11-23T23:00"), False),  # due at midnight: missed in the first instant of Tuesday
        (running("2026-11-23T12:00"), False),
        (replace(running("2026-11-23T12:00"), state=State.DROPPED), False),
        (met("2026-11-23T12:00", clock=Clock.NEXT_RESPONSE), False),
    ],
)
def test_a_first_response_counts_on_the_day_on_which_it_was_decided(fact, counts):
    assert digest(fact).first_response.count == (1 if counts else 0)


@pytest.mark.parametrize(
    ("zone", "day", "inside", "outside"),
    [
        (AMSTERDAM, date(2026, 3, 29), ["2026-03-28T23:00", "2026-03-29T21:59"], ["2026-03-28T22:59", "2026-03-29T22:00"]),
        (AMSTERDAM, date(2026, 10, 25), ["2026-10-24T22:00", "2026-10-25T22:59"], ["2026-10-24T21:59", "2026-10-25T23:00"]),
        (SAO_PAULO, date(2019, 2, 16), ["2019-02-16T02:00", "2019-02-17T02:59"], ["2019-02-16T01:59", "2019-02-17T03:00"]),
        (LORD_HOWE, date(2026, 10, 4), ["2026-10-03T13:30", "2026-10-04T12:59"], ["2026-10-03T13:29", "2026-10-04T13:00"]),
    ],
)
def test_the_day_of_a_change_of_the_clock_has_its_own_ends(zone, day, inside, outside):
    period = Period(day=day, zone=zone)
    assert [digest(met(t), period=period).first_response.count for t in inside + outside] == [1, 1, 0, 0]


def test_the_numbers_of_first_responses():
    facts = [
        met("2026-11-23T09:00", took=1 * HOUR),
        met("2026-11-23T10:00", took=2 * HOUR),
        met("2026-11-23T11:00", took=4 * HOUR),
        missed("2026-11-23T12:00", late=2 * HOUR),
        missed("2026-11-23T13:00", answered=False),
        running("2026-11-24T12:00"),
        replace(running("2026-11-24T12:00"), state=State.DROPPED),
        met("2026-11-23T10:00", took=9 * HOUR, clock=Clock.NEXT_RESPONSE),
    ]
    assert first_response_numbers(facts) == FirstResponse(
        count=5, met=3, answered=4, median=3 * HOUR, p90=4 * HOUR + 0.7 * 22 * HOUR, within_target=0.6
    )


def test_nothing_decided_is_not_a_hundred_percent():
    nothing = FirstResponse(count=0, met=0, answered=0, median=None, p90=None, within_target=None)
    assert first_response_numbers([running("2026-11-24T12:00")]) == nothing
    assert digest().first_response == nothing


def test_a_day_of_misses_without_an_answer_has_a_share_and_no_median():
    numbers = digest(missed("2026-11-23T12:00", answered=False)).first_response
    assert (numbers.within_target, numbers.answered, numbers.median, numbers.p90) == (0.0, 0, None, None)


@pytest.mark.parametrize(
    ("minutes", "median", "p90"),
    [
        ([], None, None),
        ([7], 7, 7),
        ([10, 20], 15, 19),
        ([30, 10, 20], 20, 28),
        ([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 50, 90),
        ([5, 5, 5, 600], 5, 421.5),
    ],
)
def test_percentiles_are_interpolated_between_closest_ranks(minutes, median, p90):
    expected = (median if median is None else median * MINUTE, p90 if p90 is None else p90 * MINUTE)
    assert median_p90([m * MINUTE for m in minutes]) == expected


def test_the_letter_compares_with_the_same_weekday_and_with_the_four_weeks_before():
    d = digest(
        met("2026-11-23T12:00", took=1 * HOUR),
        met("2026-11-16T12:00", took=2 * HOUR),  # the Monday before
        missed("2026-11-16T13:00", answered=False),
        met("2026-11-22T22:59", took=3 * HOUR),  # Sunday night
        met("2026-10-25T23:00", took=4 * HOUR),  # the first instant of the four weeks
        met("2026-10-25T22:59", took=5 * HOUR),  # the last one before them
    )
    assert (d.first_response.count, d.first_response.median) == (1, 1 * HOUR)
    assert (d.previous.count, d.previous.median, d.previous.within_target) == (2, 2 * HOUR, 0.5)
    assert (d.four_weeks.count, d.four_weeks.median, d.four_weeks.within_target) == (4, 3 * HOUR, 0.75)


# --- misses --------------------------------------------------------------------------------------------------------------


def test_misses_are_those_of_every_clock_that_we_promise_the_most_overdue_first():
    d = digest(
        missed("2026-11-23T12:00", case="8 min", late=8 * MINUTE, why=Why(reason=Reason.FOUND_LATE)),
        missed("2026-11-23T12:00", case="72 min", late=72 * MINUTE),
        missed("2026-11-23T12:00", case="next", late=26 * MINUTE, clock=Clock.NEXT_RESPONSE),
        missed("2026-11-23T12:00", case="open", late=3 * HOUR, answered=False),
        missed("2026-11-23T12:00", case="window", late=9 * HOUR, clock=Clock.REPLY_WINDOW),
        missed("2026-11-22T12:00", case="sunday"),
        met("2026-11-23T12:00", case="fine"),
    )
    assert [(m.case, m.overdue, m.answered_at is None) for m in d.misses] == [
        ("open", 3 * HOUR, True),
        ("72 min", 72 * MINUTE, False),
        ("next", 26 * MINUTE, False),
        ("8 min", 8 * MINUTE, False),
    ]
    assert d.misses[-1].why == Why(reason=Reason.FOUND_LATE)
    assert d.first_response.count == 4  # the missed next response is listed, but is no first response


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"state": State.MET}, "case 1: first_response: answered_at is needed of a clock that was met"),
        ({"state": State.MISSED, "due_at": None}, "case 1: first_response: due_at is needed of a clock that was missed"),
    ],
)
def test_a_decided_clock_without_its_instant_is_refused(broken, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        replace(running("2026-11-24T12:00"), **broken)


# --- what runs out today -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        pytest.param([running("2026-11-23T23:00")], {0: 1}, id="the first instant of today"),
        pytest.param([running("2026-11-24T22:59:59")], {23: 1}, id="the last one"),
        pytest.param([running("2026-11-24T23:00")], {}, id="tomorrow"),
        pytest.param([running("2026-11-23T22:59")], {}, id="yesterday"),
        pytest.param([running(None)], {}, id="paused"),
        pytest.param([missed("2026-11-24T03:00")], {}, id="missed already"),
        pytest.param([running("2026-11-24T12:00"), running("2026-11-24T09:00", clock=Clock.KEEP_IN_LOOP)], {10: 1}, id="a case at its earliest"),
        pytest.param([running("2026-11-25T12:00"), running("2026-11-24T09:00", clock=Clock.REPLY_WINDOW)], {10: 1}, id="capped by the window"),
        pytest.param([running("2026-11-24T12:00"), running("2026-11-23T09:00", clock=Clock.REPLY_WINDOW)], {13: 1}, id="a cap that is past"),
        pytest.param([running("2026-11-24T09:00", clock=Clock.REPLY_WINDOW)], {}, id="a window, and nothing owed"),
        pytest.param([running("2026-11-24T12:00", clock=Clock.RESOLUTION), running("2026-11-24T09:00", clock=Clock.REPLY_WINDOW)], {13: 1}, id="a lone resolution is not capped"),
        pytest.param([running("2026-11-24T12:00", case="1"), running("2026-11-24T12:30", case="2")], {13: 2}, id="two cases"),
    ],
)  # fmt: skip
def test_what_runs_out_today_is_counted_by_case_and_local_hour(clocks, expected):
    assert digest(*clocks).due_today == expected


def test_what_runs_out_today_and_is_nobodys():
    d = digest(
        running("2026-11-24T12:00", case="1", claimed=True),
        running("2026-11-24T12:00", case="2"),
        running("2026-11-24T08:00", case="3", claimed=True),
    )
    assert (d.due_today, d.due_unclaimed) == ({9: 1, 13: 2}, {13: 1})


def test_the_hour_that_comes_twice_is_one_row():
    saturday = Period(day=date(2026, 10, 24), zone=AMSTERDAM)
    d = digest(running("2026-10-25T00:30", case="1"), running("2026-10-25T01:30", case="2"), period=saturday)
    assert d.due_today == {2: 2}


# --- messages, alerts, channels, corrections -----------------------------------------------------------------------------


def test_volumes_count_what_customers_wrote_on_that_day():
    d = digest_of(
        MONDAY,
        Facts(
            messages=[
                heard("2026-11-23T12:00", Intent.QUESTION, Intent.COMPLAINT),
                replace(heard("2026-11-23T12:00"), unsure=True, corrected=True),
                heard("2026-11-23T12:00", Intent.PRAISE, channel="facebook:9", kind=Kind.COMMENT),
                heard("2026-11-23T12:00", Intent.QUESTION, kind=Kind.MENTION),
                heard("2026-11-23T12:00", inbound=False),
                heard("2026-11-23T23:00", Intent.QUESTION),
            ]
        ),
    )
    assert d.volumes == {"facebook:9": {"comment": 1}, "x:1": {"dm": 2, "mention": 1}}
    assert d.intents == {"complaint": 1, "noise": 1, "praise": 1, "question": 2}
    assert (d.unsure, d.corrected) == (1, 1)


def test_messages_alike_may_be_counted_together():
    one = replace(heard("2026-11-23T12:00", Intent.QUESTION), unsure=True)
    assert digest_of(MONDAY, Facts(messages=[replace(one, count=3)])) == digest_of(MONDAY, Facts(messages=[one] * 3))


def test_alerts_count_on_the_day_on_which_they_were_sent():
    def alert(sent: str, after: timedelta | None) -> AlertFact:
        return AlertFact(person="noor", sent_at=utc(sent), acknowledged_at=None if after is None else utc(sent) + after)

    facts = Facts(
        alerts=[
            alert("2026-11-22T23:00", 4 * MINUTE),  # in the first instant of Monday
            alert("2026-11-23T22:59", 10 * MINUTE),  # acknowledged on Tuesday
            alert("2026-11-23T14:00", None),
            alert("2026-11-22T22:59", 10 * MINUTE),
        ]
    )
    assert digest_of(MONDAY, facts).alerts == Alerts(sent=3, acknowledged=2, median=7 * MINUTE)
    assert digest_of(MONDAY, Facts()).alerts == Alerts(sent=0, acknowledged=0, median=None)


def test_channels_show_their_numbers_and_their_troubles():
    def trouble(channel: str, since: str, until: str | None) -> ChannelTrouble:
        return ChannelTrouble(channel=channel, what="unreachable", since=utc(since), until=utc(until) if until else None)

    lasting = trouble("instagram:7", "2026-11-20T12:00", None)
    ended = trouble("x:1", "2026-11-22T20:00", "2026-11-23T09:15")
    d = digest_of(
        MONDAY,
        Facts(
            clocks=[met("2026-11-23T12:00"), missed("2026-11-23T12:00"), met("2026-11-23T12:00", channel="whatsapp:3")],
            messages=[heard("2026-11-23T12:00", channel="facebook:9")],
            troubles=[
                ended,
                lasting,
                trouble("x:1", "2026-11-22T20:00", "2026-11-22T23:00"),  # over before the day began
                trouble("x:1", "2026-11-23T23:00", None),
            ],
        ),
    )
    assert [(c.channel, c.first_response.count, c.first_response.within_target, c.troubles) for c in d.channels] == [
        ("x:1", 2, 0.5, (ended,)),
        ("whatsapp:3", 1, 1.0, ()),
        ("facebook:9", 0, None, ()),
        ("instagram:7", 0, None, (lasting,)),
    ]


def correction(learned: str, day: date = date(2026, 11, 20)) -> Correction:
    return Correction(case="1", channel="x:1", clock=Clock.FIRST_RESPONSE, due_at=utc("2026-11-20T12:00"), day=day, was=State.MISSED, now=State.MET,
                      learned_at=utc(learned), why=Later.IN_TIME)  # fmt: skip


@pytest.mark.parametrize(
    ("made", "carried"),
    [
        (correction("2026-11-23T12:00"), True),
        (correction("2026-11-22T22:59"), True),  # the letter of that day was never sent
        (correction("2026-11-23T23:00"), True),  # learned between the day and its letter
        (correction("2026-11-23T12:00", day=date(2026, 11, 23)), False),  # that letter is this one
    ],
)
def test_a_letter_carries_what_was_learned_about_earlier_letters_and_of_its_own_day_nothing(made, carried):
    assert digest_of(MONDAY, Facts(corrections=[made])).corrections == ((made,) if carried else ())


# --- JSON ----------------------------------------------------------------------------------------------------------------


def test_the_json_of_a_day():
    d = digest_of(
        MONDAY,
        Facts(
            clocks=[
                met("2026-11-23T12:00", took=2 * HOUR),
                met("2026-11-23T12:00", took=HOUR + timedelta(milliseconds=500)),
                missed("2026-11-23T20:40", case="4790", channel="facebook:9", late=72 * MINUTE),
                missed("2026-11-23T20:40", case="4801", late=26 * MINUTE, answered=False),
                running("2026-11-24T07:00", case="5"),
            ],
            messages=[heard("2026-11-23T12:00", Intent.QUESTION)],
            alerts=[AlertFact(person="noor", sent_at=utc("2026-11-23T12:00"))],
            troubles=[ChannelTrouble(channel="x:1", what="unreachable", since=utc("2026-11-23T01:10"))],
            corrections=[correction("2026-11-23T12:00")],
        ),
    )
    assert json.loads(json.dumps(to_json(d))) == {
        "date": "2026-11-23",
        "timezone": "Europe/Amsterdam",
        "answered": 3,
        "within_target": 0.5,
        "median": 7200,
        "p90": 7200 + 0.8 * 83520,
        "previous": {"date": "2026-11-16", "answered": 0, "within_target": None, "median": None, "p90": None},
        "misses": [
            {"case": "4790", "channel": "facebook:9", "due_at": "2026-11-23T20:40:00Z", "answered_at": "2026-11-23T21:52:00Z", "why": "alert not acknowledged"},
            {"case": "4801", "channel": "x:1", "due_at": "2026-11-23T20:40:00Z", "answered_at": None, "why": "alert not acknowledged"},
        ],
        "due_today": {"8": 1},
        "volumes": {"x:1": {"dm": 1}},
        "alerts": {"sent": 1, "acknowledged": 0},
        "channels": [
            {"channel": "x:1", "count": 3, "within_target": 2 / 3, "troubles": [{"what": "unreachable", "since": "2026-11-23T01:10:00Z", "until": None}]},
            {"channel": "facebook:9", "count": 1, "within_target": 0.0, "troubles": []},
        ],
        "corrections": [
            {"date": "2026-11-20", "case": "1", "channel": "x:1", "clock": "first_response", "was": "missed", "now": "met",
             "learned_at": "2026-11-23T12:00:00Z", "why": "it was in time after all"}
        ],
    }  # fmt: skip


def test_summed_up_before_or_from_the_clocks_is_the_same():
    """The store sums up the four weeks before; then their clocks need not be there."""
    before = [met("2026-11-16T12:00", took=2 * HOUR), missed("2026-11-16T13:00", answered=False), met("2026-11-20T12:00")]
    clocks = [met("2026-11-23T12:00"), missed("2026-11-23T13:00")]
    week, month = first_response_numbers(before[:2]), first_response_numbers(before)
    assert digest(*clocks, *before) == digest_of(MONDAY, Facts(clocks=clocks, previous=week, four_weeks=month))


def test_what_is_kept_of_a_digest_is_all_of_it():
    trouble = ChannelTrouble(channel="x:1", what="unreachable", since=utc("2026-11-23T01:10"), until=utc("2026-11-23T02:00"))
    d = digest_of(
        MONDAY,
        Facts(
            clocks=[
                met("2026-11-23T12:00", took=timedelta(milliseconds=1500)),
                missed(
                    "2026-11-23T20:40", why=Why(reason=Reason.FOUND_LATE, at=utc("2026-11-23T20:00"), trouble_since=trouble.since)
                ),
                missed("2026-11-23T20:41", answered=False, why=None),
                running("2026-11-24T07:00", case="5"),
            ],
            messages=[heard("2026-11-23T12:00", Intent.QUESTION)],
            alerts=[AlertFact(person="noor", sent_at=utc("2026-11-23T12:00"), acknowledged_at=utc("2026-11-23T12:05"))],
            troubles=[trouble],
            corrections=[correction("2026-11-23T12:00")],
            brands=("meerkoet",),
        ),
    )
    assert thaw(json.loads(json.dumps(freeze(d)))) == d
    empty = digest()
    assert thaw(json.loads(json.dumps(freeze(empty)))) == empty


def test_seconds_in_json_are_whole_where_they_can_be():
    assert to_json(digest(met("2026-11-23T12:00", took=HOUR)))["median"] == 3600
    assert isinstance(to_json(digest(met("2026-11-23T12:00", took=HOUR)))["median"], int)
    assert to_json(digest(met("2026-11-23T12:00", took=timedelta(milliseconds=1500))))["median"] == 1.5


# --- properties ----------------------------------------------------------------------------------------------------------

durations = st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)), max_size=40)
periods = st.builds(
    Period,
    day=st.sampled_from(
        [date(2026, 3, 29), date(2026, 3, 28), date(2026, 10, 25), date(2026, 10, 4), date(2019, 2, 16), date(2018, 11, 3)]
    ),
    zone=st.sampled_from([AMSTERDAM, SAO_PAULO, LORD_HOWE, "UTC", "Asia/Kathmandu"]),
)


@st.composite
def days(draw: st.DrawFn) -> tuple[Period, list[ClockFact]]:
    period = draw(periods)
    around = datetime.combine(period.day, datetime.min.time(), UTC)
    instants = st.integers(-9 * 24 * 60, 3 * 24 * 60).map(lambda m: around + m * MINUTE)

    def fact(n: int) -> ClockFact:
        state = draw(st.sampled_from([State.RUNNING, State.MET, State.MISSED, State.DROPPED]))
        due, answered = draw(instants), draw(st.one_of(st.none(), instants))
        return ClockFact(
            case=str(n // 2), channel=draw(st.sampled_from(["x:1", "facebook:9"])), kind=draw(st.sampled_from(Kind)),
            clock=draw(st.sampled_from([Clock.FIRST_RESPONSE, Clock.NEXT_RESPONSE, Clock.RESOLUTION])), state=state, started_at=around,
            due_at=due, answered_at=answered or (due if state is State.MET else None), elapsed=draw(st.integers(0, 3000)) * MINUTE,
            target=TARGET, claimed=n % 4 < 2)  # fmt: skip

    return period, [fact(n) for n in range(draw(st.integers(0, 25)))]


def naive(period: Period, facts: list[ClockFact], day: date) -> tuple[int, int, float | None, float | None, float | None]:
    """Compute the numbers of a day once more, by the date that a local calendar shows, and with the library's percentiles."""
    zone, took, good, count = ZoneInfo(period.zone), [], 0, 0
    for f in facts:
        at = f.answered_at if f.state == "met" else f.due_at if f.state == "missed" else None
        if f.clock == "first_response" and at is not None and at.astimezone(zone).date() == day:
            count += 1
            good += f.state == "met"
            if f.answered_at is not None:
                took.append(f.elapsed.total_seconds())
    tenths = statistics.quantiles(took, n=10, method="inclusive") if len(took) > 1 else took * 9
    return (
        count,
        len(took),
        good / count if count else None,
        statistics.median(took) if took else None,
        tenths[8] if took else None,
    )


def seconds(*spans: timedelta | None) -> list[float | None]:
    return [None if span is None else span.total_seconds() for span in spans]


@settings(deadline=None)
@given(days())
def test_the_numbers_are_those_of_a_naive_count(drawn):
    period, facts = drawn
    d = digest_of(period, Facts(clocks=facts))
    for numbers, day in ((d.first_response, period.day), (d.previous, period.day - timedelta(days=7))):
        count, answered, share, median, p90 = naive(period, facts, day)
        assert (numbers.count, numbers.answered, numbers.within_target) == (count, answered, share)
        assert seconds(numbers.median, numbers.p90) == (pytest.approx([median, p90]) if answered else [None, None])
    assert sum(c.first_response.count for c in d.channels) == d.first_response.count
    assert d.first_response.count - d.first_response.met == sum(m.clock is Clock.FIRST_RESPONSE for m in d.misses)


@settings(deadline=None)
@given(days())
def test_what_runs_out_today_sums_up_to_the_cases_that_do(drawn):
    period, facts = drawn
    zone, today = ZoneInfo(period.zone), period.day + timedelta(days=1)
    earliest: dict[str, datetime] = {}
    for f in facts:
        if f.state is State.RUNNING and f.due_at is not None and f.due_at.astimezone(zone).date() >= today:
            earliest[f.case] = min(f.due_at, earliest.get(f.case, f.due_at))
    expected = Counter(at.astimezone(zone).hour for at in earliest.values() if at.astimezone(zone).date() == today)
    d = digest_of(period, Facts(clocks=facts))
    assert d.due_today == expected
    assert all(d.due_unclaimed.get(hour, 0) <= n for hour, n in d.due_today.items())
    assert set(d.due_unclaimed) <= set(d.due_today)


@settings(deadline=None)
@given(days(), st.randoms(use_true_random=False))
def test_the_order_of_the_facts_does_not_matter(drawn, random):
    period, facts = drawn
    shuffled = random.sample(facts, len(facts))
    assert to_json(digest_of(period, Facts(clocks=facts))) == to_json(digest_of(period, Facts(clocks=shuffled)))


@settings(deadline=None)
@given(periods, st.integers(-40, 40))
def test_periods_follow_one_another_without_gap_or_overlap(period, days_on):
    later = period.later(days_on)
    assert later.ends_at == later.later(1).starts_at
    assert later.starts_at < later.ends_at


@given(durations, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)))
def test_percentiles_are_monotone(spans, more):
    median, p90 = median_p90(spans)
    if median is None or p90 is None:
        assert spans == []
        return
    assert min(spans) <= median <= p90 <= max(spans)
    assert median_p90(reversed(spans)) == (median, p90)
    longer = median_p90([s + more for s in spans])
    assert longer == (median + more, p90 + more)
    with_one_more = median_p90([*spans, max(spans)])
    assert with_one_more[0] is not None
    assert with_one_more[0] >= median
