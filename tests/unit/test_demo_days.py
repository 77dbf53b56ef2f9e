"""The demo's days and its clock: the written days come as they stand, later ones differ and still hang together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webcare import clock as clocks
from webcare.clock import BentClock
from webcare.demo.agenda import Agenda
from webcare.demo.beat import FASTEST, SLOWEST, pause_of
from webcare.demo.opening import first_morning
from webcare.demo.town import ZONE, the_town
from webcare.web.words import EN, NL

FIRST = datetime(2026, 11, 23, 7, 30, tzinfo=ZONE).date()
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def town():
    return the_town()


@pytest.fixture
def running(monkeypatch):
    """The machine's clock that only runs, in seconds, set by the test."""
    seconds = [100.0]
    monkeypatch.setattr(clocks, "running_seconds", lambda: seconds[0])
    return seconds


def links(line):
    return [one for one in (line.reply_to, line.on_post, line.edit_of, line.delete_of) if one is not None]


@pytest.mark.parametrize("first", [0, 2, 4, 18])
def test_whatever_a_line_hangs_on_was_there_before_it(town, first):
    there = {}
    for number in (first, first + 1):
        day = town.day(number, FIRST)
        there |= {one.id: one.at for one in (*day.posts, *day.lines)}
        for line in day.lines:
            assert all(there[one] <= line.at for one in links(line))
        assert all(deed.on in there and there[deed.on] <= deed.at for deed in day.deeds)


def test_days_that_are_told_again_have_other_ids_people_and_times(town):
    written, again = town.day(0, FIRST), town.day(2, FIRST)
    before, after = ({line.id for line in day.lines} for day in (written, again))
    assert len(before) == len(after) == len(written.lines)
    assert not before & after
    assert [line.who for line in written.lines] != [line.who for line in again.lines]
    gaps = {later.at - line.at for line, later in zip(written.lines, again.lines, strict=True)}
    assert len(gaps) > 5
    assert {gap.days for gap in gaps} == {2}
    assert town.day(2, FIRST) == again


@pytest.mark.parametrize(
    ("today", "morning"), [("2026-11-24", "2026-11-23"), ("2026-11-23", "2026-11-20"), ("2026-11-22", "2026-11-20")]
)
def test_the_demo_begins_on_the_last_working_morning(today, morning):
    found = first_morning(datetime.fromisoformat(f"{today}T12:00:00+00:00"))
    assert found.astimezone(ZONE).isoformat() == f"{morning}T07:30:00+01:00"


def test_a_bent_clock_runs_faster_is_halted_and_never_goes_back(running):
    clock = BentClock(NOON, 60)
    running[0] += 10
    assert clock.now() == NOON + timedelta(minutes=10)
    clock.halt()
    clock.halt()
    running[0] += 1000
    assert clock.now() == NOON + timedelta(minutes=10)
    assert clock.is_halted
    clock.go()
    clock.go()
    running[0] += 1
    assert clock.now() == NOON + timedelta(minutes=11)


async def test_the_agenda_plays_what_is_due_in_its_order():
    agenda, played = Agenda(), []

    def act(name):
        async def do():
            played.append(name)

        return do

    for name, minutes in (("later", 5), ("first", 0), ("second", 0)):
        agenda.put(NOON + timedelta(minutes=minutes), act(name))
    assert await agenda.play(NOON) == 2
    assert played == ["first", "second"]
    assert agenda.next_at == NOON + timedelta(minutes=5)


def test_a_beat_is_less_than_half_a_minute_of_the_world_until_the_machine_cannot():
    assert all(pause_of(speed) * speed <= 30 for speed in (SLOWEST, 10, 60, 300, 600))
    assert pause_of(FASTEST) * FASTEST < 5 * 60


def test_the_page_of_the_demo_has_a_word_for_whatever_whatsapp_reports():
    assert NL.outbox.states.keys() == EN.outbox.states.keys() >= {"sent", "delivered", "read", "failed"}
