"""`webcare demo`: everything on this machine, with no account, no config and no network; it leaves nothing behind."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from webcare.clock import BentClock, VirtualClock, machine_now
from webcare.demo.beat import LiveStage, beat, pause_of
from webcare.demo.furnishing import VISITOR
from webcare.demo.one_day import CannotBeSo, play_day
from webcare.demo.opening import first_morning, open_demo
from webcare.demo.platforms import CannotPlay
from webcare.demo.town import ZONE, the_town
from webcare.lines import DONE, REFUSED, CannotStart

if TYPE_CHECKING:
    from argparse import Namespace

    from webcare.demo.opening import Demo
    from webcare.web.stage import Told

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # the last when a terminal is closed
AT_ONCE = 0.001  # seconds between two polls of X, where a driver decides when


def demo(arguments: Namespace) -> int:
    """Run until somebody ends it, or for one day, and return the exit status.

    Raises:
        CannotStart: this machine does not let it.
    """
    try:
        return asyncio.run(_until_ended(_one_day() if arguments.once else _live(arguments.speed)))
    except CannotPlay as error:
        raise CannotStart(f"the demo's platforms do not play along: {error}") from None


async def _until_ended(work: object) -> int:
    """Do this until it is done or a signal ends it: both are a good end. Whoever presses again waits for the same end."""
    task = asyncio.ensure_future(work)  # type: ignore[call-overload]
    loop = asyncio.get_running_loop()
    for number in ENDINGS:
        loop.add_signal_handler(number, lambda: task.cancel() if not task.cancelling() else None)
    try:
        with suppress(asyncio.CancelledError):
            await task
        return DONE if task.cancelled() else int(task.result())
    finally:
        for number in ENDINGS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # what is left is the end of this process


# --- live ---


async def _live(speed: float) -> int:
    clock = BentClock(first_morning(machine_now()), speed)
    clock.halt()  # until everything is open: at 600 times that is a quarter of an hour
    async with open_demo(
        the_town(), clock, stage=lambda box, _: LiveStage(clock, box, VISITOR), poll_seconds=pause_of(speed)
    ) as opened:
        clock.go()
        beating = asyncio.create_task(beat(opened, speed))
        working = asyncio.create_task(opened.daemon.work(opened.listener))
        try:
            _welcome(opened, speed)
            ended, _ = await asyncio.wait([beating, working], return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()  # by itself it ends only by an error
        finally:
            print("\nThe demo ends; nothing of it stays.", file=sys.stderr, flush=True)
            beating.cancel()
            opened.daemon.stop()
            await asyncio.gather(beating, working, return_exceptions=True)
    return DONE


def _welcome(opened: Demo, speed: float) -> None:
    day = opened.first
    print(
        f"""
  {opened.town.brand} is open: a brand that does not exist, whose customers on X, Facebook, Instagram and WhatsApp do not either.

    Open     {opened.address}/welcome/demo/{opened.password}
             or {opened.address} with name {VISITOR} and password {opened.password}

  It is {day:%A %d %B %H:%M} there, and an hour passes in {_span(3600 / speed)}. Colleagues answer some customers; the others are yours.
  Alerts, letters and replies stay on this machine: see "Demo" in the menu. At 08:00 the letter of the day before comes.
  Ctrl-C ends it and leaves nothing behind.
""",
        flush=True,
    )


def _span(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes >= 2 else f"{seconds:.0f} seconds" if seconds >= 2 else f"{seconds:.1f} seconds"  # noqa: PLR2004 - plural


# --- one day ---


async def _one_day() -> int:
    clock = VirtualClock(first_morning(machine_now()))
    stage = BentClock(clock.now(), 1)  # nobody looks at its page
    async with open_demo(
        the_town(), clock, stage=lambda box, _: LiveStage(stage, box, VISITOR), poll_seconds=AT_ONCE, work=False
    ) as opened:
        print(f"{opened.first.astimezone(ZONE):%A %d %B} at {opened.town.brand}", file=sys.stderr)
        try:
            letter = await play_day(opened, clock, lambda line: print(line, file=sys.stderr, flush=True))
        except CannotBeSo as error:
            print(f"webcare: {error}", file=sys.stderr)
            return REFUSED
    _print_letter(letter)
    return DONE


def _print_letter(letter: Told) -> None:
    print(f"{letter.subject}\n\n{letter.text}", end="")
