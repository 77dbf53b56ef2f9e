"""The engine: rows run once at a time, wake each other, and keep their trouble to themselves."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from webcare.engine import Engine
from webcare.schedule import TABLE, Row, Work, table
from webcare.store.errors import StoreUnavailable

NEVER = timedelta(days=300)  # by itself; here rows are woken by hand


def row(name, unit, *, batch=10, wakes=None, also=None, rhythm=NEVER):
    kind = Row(name=name, rhythm=rhythm, budget=timedelta(seconds=1), wakes=wakes, also=also)
    return Work(row=kind, unit=unit, batch=batch)


class Stage:
    """An engine whose ends of calls can be waited for."""

    def __init__(self, *rows):
        self.ended = []
        self.steps = []
        self._changed = asyncio.Condition()
        self.engine = Engine(rows, self._note, self._stepped)

    def _note(self, beat):
        self.ended.append((beat.name, beat.trouble))

    async def _stepped(self, by):
        self.steps.append(by)

    async def calm(self):
        """Wait until nothing runs."""
        while self.engine._tasks:
            await asyncio.gather(*self.engine._tasks.values())
            await asyncio.sleep(0)


async def test_a_full_batch_is_followed_by_another_and_the_next_row_is_woken():
    did = []
    counts = iter([10, 10, 3])

    async def first():
        did.append("first")
        return next(counts, 0)

    async def second():
        did.append("second")
        return 0

    stage = Stage(row("first", first, wakes="second"), row("second", second))
    stage.engine.wake("first")
    await stage.calm()
    assert did.count("first") == 3
    assert "second" in did


async def test_a_row_that_had_nothing_to_do_wakes_nobody():
    did = []

    async def idle():
        return 0

    async def second():
        did.append("second")
        return 0

    stage = Stage(row("first", idle, wakes="second"), row("second", second))
    stage.engine.wake("first")
    await stage.calm()
    assert did == []


async def test_a_row_may_wake_two():
    did = []

    def doing(name, done=0):
        async def unit():
            did.append(name)
            return done

        return unit

    stage = Stage(
        row("first", doing("first", 1), wakes="next", also="other"), row("next", doing("next")), row("other", doing("other"))
    )
    stage.engine.wake("first")
    await stage.calm()
    assert sorted(did) == ["first", "next", "other"]


async def test_a_row_never_runs_twice_at_once_and_a_beat_meanwhile_runs_it_once_more():
    running, most, calls, door = 0, 0, 0, asyncio.Event()

    async def slow():
        nonlocal running, most, calls
        running, calls = running + 1, calls + 1
        most = max(most, running)
        await door.wait()
        running -= 1
        return 0

    stage = Stage(row("slow", slow))
    stage.engine.wake("slow")
    await asyncio.sleep(0)
    for _ in range(5):
        stage.engine.wake("slow")
    door.set()
    await stage.calm()
    assert (most, calls) == (1, 2)


async def test_one_rows_trouble_is_said_once_and_its_end_once_and_the_others_go_on():
    bad = iter([StoreUnavailable("gone"), StoreUnavailable("gone"), None])
    fine = 0

    async def broken():
        error = next(bad)
        if error is not None:
            raise error
        return 0

    async def well():
        nonlocal fine
        fine += 1
        return 0

    with capture_logs() as logged:
        stage = Stage(row("broken", broken), row("well", well))
        for _ in range(3):
            stage.engine.wake("broken")
            stage.engine.wake("well")
            await stage.calm()
    assert fine == 3
    assert [line["event"] for line in logged] == ["work.broken", "work.recovered"]
    assert stage.ended.count(("broken", "gone")) == 2
    assert stage.ended[-1][1] is None or stage.ended[-2] == ("broken", None)


async def test_our_own_mistake_is_logged_with_its_place_and_without_stopping_the_row():
    calls = 0

    async def wrong():
        nonlocal calls
        calls += 1
        raise KeyError("a customer's words")

    with capture_logs() as logged:
        stage = Stage(row("wrong", wrong))
        for _ in range(2):
            stage.engine.wake("wrong")
            await stage.calm()
    assert calls == 2
    assert [line["event"] for line in logged] == ["work.crashed", "work.broken"]
    assert stage.engine.beats["wrong"].trouble == "KeyError"


async def test_a_row_in_trouble_waits_for_its_next_beat():
    """A beat that came while it failed must not make it fail again at once, without end."""
    calls, stage = 0, None

    async def failing():
        nonlocal calls
        calls += 1
        stage.engine.wake("failing")
        raise StoreUnavailable("gone")

    with capture_logs():
        stage = Stage(row("failing", failing))
        stage.engine.wake("failing")
        await stage.calm()
    assert calls == 1


async def test_the_scheduler_beats():
    beats = asyncio.Queue()

    async def unit():
        beats.put_nowait(1)
        return 0

    stage = Stage(row("ticking", unit, rhythm=timedelta(milliseconds=10)))
    stage.engine.start()
    for _ in range(3):
        await asyncio.wait_for(beats.get(), 10)
    assert await stage.engine.stop(1)


async def test_stopping_lets_running_work_end_and_starts_nothing_more():
    door, ended = asyncio.Event(), []

    async def slow():
        await door.wait()
        ended.append("slow")
        return 10  # a full batch: there would be more

    async def follower():
        ended.append("follower")
        return 0

    stage = Stage(row("slow", slow, wakes="follower"), row("follower", follower))
    stage.engine.wake("slow")
    await asyncio.sleep(0)
    stopping = asyncio.create_task(stage.engine.stop(60))
    await asyncio.sleep(0)
    door.set()
    assert await stopping
    assert ended == ["slow"]


async def test_what_does_not_end_in_time_is_cancelled_and_said():
    async def stuck():
        await asyncio.Event().wait()
        return 0

    with capture_logs() as logged:
        stage = Stage(row("stuck", stuck))
        stage.engine.wake("stuck")
        await asyncio.sleep(0)
        assert not await stage.engine.stop(0)
    assert [line["event"] for line in logged] == ["work.cancelled"]


async def test_a_clock_set_back_by_an_hour_does_not_silence_the_scheduler():
    """APScheduler keeps the next beat as an instant: set the clock back by an hour, and it would rest for an hour."""
    clocks = iter([0.0, -3600.0])
    steps = []

    async def stepped(by):
        steps.append(by)

    engine = Engine([row("ticking", _nothing, rhythm=timedelta(hours=2))], lambda _: None, stepped, lambda: next(clocks, -3600.0))
    with capture_logs() as logged:
        engine.start()
        (job,) = engine._scheduler.get_jobs()
        job.modify(next_run_time=job.next_run_time + timedelta(hours=1))
        far = job.next_run_time
        engine._look_at_clock()
        engine._look_at_clock()
        assert await engine.stop(10)
    assert [line["event"] for line in logged] == ["clock.stepped"]
    assert job.next_run_time <= far - timedelta(minutes=59)
    assert steps == [-3600.0]


async def test_a_row_in_trouble_is_tried_again_before_its_rhythm_says_so():
    """The hourly row met the database in a bad second: for an hour the daemon said that it was not ready, and sent no heartbeat."""
    bad = iter([StoreUnavailable("gone"), None])
    ended, well = [], asyncio.Event()

    async def hourly():
        error = next(bad)
        if error is not None:
            raise error
        well.set()
        return 0

    engine = Engine([row("hourly", hourly)], lambda beat: ended.append(beat.trouble), _nothing, again=0)
    engine.wake("hourly")
    await asyncio.wait_for(well.wait(), 10)
    assert await engine.stop(10)
    assert ended == ["gone", None]


async def _nothing():
    return 0


def test_the_table_knows_every_row_and_wakes_only_rows_that_there_are():
    names = [r.name for r in TABLE]
    assert len(set(names)) == len(names)
    assert {r.wakes for r in TABLE} - {None} <= set(names)
    with pytest.raises(KeyError):
        table({"coffee": (_nothing, 1)})
