"""Lines in small batches, for whoever is faster with several at once: what is there is taken, and nobody waits for what is not.

Of a file a batch is full; of a pipe it is what has come so far, so that the answer to a line leaves although the next is not written yet.
Only a batch and what follows it are in memory.
"""

from __future__ import annotations

import io
import os
import stat
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

from webcare.lines import DONE, REFUSED, numbered, open_lines, refuse, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
Line = tuple[int, "str | ValueError"]

BATCH: Final = 32
MOST: Final = 1024 * 1024  # characters ahead of those at work, unless it is one line


def answer_in_batches(
    name: str | None,
    read: Callable[[str], T],
    answer: Callable[[Sequence[T]], Sequence[dict[str, Any] | ValueError]],
) -> int:
    """Write the answers in the order of the lines and return the exit status: 0, or 1 when a line was refused."""
    status = DONE
    with open_lines(name) as stream:
        for batch in batches(stream):
            asked: list[tuple[int, T]] = []
            refused: list[tuple[int, ValueError]] = []
            for number, line in batch:
                try:
                    if isinstance(line, ValueError):
                        raise line
                    asked.append((number, read(line)))
                except ValueError as error:
                    refused.append((number, error))
            answers = answer([one for _, one in asked]) if asked else []
            for (number, _), found in zip(asked, answers, strict=True):
                if isinstance(found, ValueError):
                    refused.append((number, found))
                else:
                    write(found)
            for number, why in sorted(refused, key=lambda one: one[0]):
                refuse(number, why)
                status = REFUSED
    return status


def batches(stream: BinaryIO) -> Iterator[list[Line]]:
    """Yield the lines of a stream, several at a time."""
    if _is_file(stream):
        yield from _full(stream)
        return
    ahead = _Ahead()
    threading.Thread(target=ahead.read, args=(stream,), name="lines", daemon=True).start()
    while batch := ahead.take():
        yield batch


def _is_file(stream: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except io.UnsupportedOperation:  # bytes in memory
        return True


def _full(stream: BinaryIO) -> Iterator[list[Line]]:
    batch: list[Line] = []
    length = 0
    for number, line in numbered(stream):
        batch.append((number, line))
        length += _length(line)
        if len(batch) == BATCH or length >= MOST:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


class _Ahead:
    """What a thread has read and nobody has taken yet."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lines: deque[Line] = deque()
        self._length = 0
        self._is_over = False
        self._error: Exception | None = None

    def read(self, stream: BinaryIO) -> None:
        error = None
        try:
            for number, line in numbered(stream):
                self._put((number, line))
        except (OSError, ValueError) as problem:  # a disk that fails; a stream that was closed because its reader went away
            error = problem
        with self._changed:
            self._is_over, self._error = True, error
            self._changed.notify_all()

    def _put(self, line: Line) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._lines or (len(self._lines) < BATCH and self._length < MOST))
            self._lines.append(line)
            self._length += _length(line[1])
            self._changed.notify_all()

    def take(self) -> list[Line]:
        """Wait for a line, and return what there is; nothing at the end.

        Raises:
            OSError: the stream cannot be read any further.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._is_over)
            found = list(self._lines)
            self._lines.clear()
            self._length = 0
            self._changed.notify_all()
            if not found and self._error is not None:
                raise self._error
            return found


def _length(line: str | ValueError) -> int:
    return len(line) if isinstance(line, str) else 0
