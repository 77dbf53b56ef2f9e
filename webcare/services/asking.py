"""Ask a platform's client something, and get an answer or an error that says what to do: nothing else comes out of here."""

from __future__ import annotations

import asyncio
from traceback import extract_tb
from typing import TYPE_CHECKING, TypeVar

from webcare.ports.errors import OutsideError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import timedelta

T = TypeVar("T")


class Stumbled(Unavailable):
    """A mistake of ours or of the connector's. `where` is its traceback without words: what it said may quote a customer or a secret."""

    def __init__(self, bug: Exception) -> None:
        super().__init__(f"our own mistake: {type(bug).__name__}")
        self.where = tuple(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(bug.__traceback__))


async def ask(question: Awaitable[T], *, within: timedelta) -> T:
    """Return the answer.

    Raises:
        OutsideError: as the connector says; Unavailable when no answer came in time, Stumbled for anything else.
    """
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await question
    except OutsideError:
        raise
    except TimeoutError:
        raise Unavailable(f"no answer within {within.total_seconds():.0f} s") from None
    except Exception as bug:  # noqa: BLE001 - the runner around a plugin; an error of our own comes out in its place
        raise Stumbled(bug) from None
