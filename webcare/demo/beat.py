"""The demo at its speed: the daemon works as ever, and a beat beside it keeps the town going and looks more often than a real house need.

A row of the table of work looks each second, which at 600 times is ten minutes of the world. The beat wakes the rows that wait for the
world's time, so that a step is decided within half a minute of it, as far as this machine can.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from webcare.demo.platforms import CannotPlay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webcare.clock import BentClock
    from webcare.demo.opening import Demo
    from webcare.demo.post_box import PostBox
    from webcare.web.stage import Told

log = structlog.get_logger()

SLOWEST, FASTEST = 1, 5000
WORLD_SECONDS: Final = 20.0  # between two beats
QUICKEST, LAZIEST = 0.05, 0.5  # seconds between two beats
ROWS: Final = ("poll", "wake", "lapse", "watch", "remind", "deliver", "letter", "reply", "digest", "risk")


def pause_of(speed: float) -> float:
    return min(max(WORLD_SECONDS / speed, QUICKEST), LAZIEST)


class LiveStage:
    """What the demo's page may see and do."""

    def __init__(self, clock: BentClock, box: PostBox, visitor: str) -> None:
        self._clock = clock
        self._box = box
        self.visitor = visitor
        self.speed = clock.speed

    @property
    def is_halted(self) -> bool:
        return self._clock.is_halted

    def halt(self) -> None:
        self._clock.halt()

    def go(self) -> None:
        self._clock.go()

    def told(self) -> Sequence[Told]:
        return self._box.told()


async def beat(demo: Demo, speed: float) -> None:
    """Let the town live until this is cancelled. What one of its people fails at, the others do not notice."""
    while True:
        try:
            await demo.platforms.pass_time()
            await demo.agenda.play(demo.clock.now())
        except Exception as error:  # noqa: BLE001 - the top of a task
            log.error("demo.missed", error=type(error).__name__, why=str(error) if isinstance(error, CannotPlay) else None)  # noqa: TRY400 - a visitor wants no traceback
        demo.box.look()
        for row in ROWS:
            demo.daemon.engine.wake(row)
        await asyncio.sleep(pause_of(speed))
