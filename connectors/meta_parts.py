"""What of a poll could not be read while the rest could: each part fails alone, is told by its name, and is asked for again next time.

What concerns all of them goes through: a dead token, and a limit.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from webcare.ports.errors import OutsideError, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FAILED: Final = 3  # posts in one poll: where so many are not answered for, the others would hardly be


class Parts:
    """The parts of one poll."""

    def __init__(self, platform: str) -> None:
        self._platform = platform
        self._missed: dict[str, OutsideError] = {}
        self._failure: OutsideError | None = None
        self._is_any_read = False

    @contextmanager
    def part(self, called: str) -> Iterator[None]:
        """Read a part: where the platform does not answer, or does not understand, it is missed."""
        try:
            yield
        except (Unavailable, Rejected) as error:
            self.miss(called, error)
            self._failure = self._failure or self._missed[called]
        else:
            self._is_any_read = True

    def miss(self, called: str, error: OutsideError) -> None:
        """Note what could not be read within a part, or was left alone."""
        if isinstance(error, Rejected):
            error = Unavailable(f"{self._platform} does not understand the question: {error.reason}")
        self._missed.setdefault(called, error)

    def is_missed(self, called: str) -> bool:
        return called in self._missed

    def told(self) -> str | None:
        """Return what could not be read and why, None where all could.

        Raises:
            Unavailable: no part could be read.
        """
        if self._failure is not None and not self._is_any_read:
            raise self._failure
        return "; ".join(f"{called}: {error}" for called, error in self._missed.items()) or None
