"""Commands that read lines and write lines: one answer a line, in order, as soon as it is known; nothing is held back or kept.

A line that is refused gives no answer but one line on standard error, with its number, the field and the reason.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_LINE = 16 * 1024 * 1024
MAX_REASON = 500  # characters of a reason that quotes what it refuses
DONE, REFUSED, NOT_STARTED = 0, 1, 2


class CannotStart(Exception):  # noqa: N818 - it is what happened, and its message is what the operator reads
    """Wrong usage, config, credentials or database: one clear sentence, exit 2."""


def open_lines(name: str | None) -> BinaryIO:
    """Return a file, or standard input for None and `-`.

    Raises:
        CannotStart: it cannot be read.
    """
    if name in (None, "-"):
        if sys.stdin is None:
            raise CannotStart("standard input is closed")
        return sys.stdin.buffer
    try:
        return Path(name or "").open("rb")
    except OSError as error:
        raise CannotStart(f"cannot read {name}: {error.strerror}") from None


def numbered(stream: BinaryIO) -> Iterator[tuple[int, str | ValueError]]:
    """Yield each line that is not blank with its number; a ValueError stands for one that is no text or too long."""
    number = 0
    while raw := stream.readline(MAX_LINE):
        number += 1
        if len(raw) >= MAX_LINE and not raw.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, ValueError(f"line: longer than {MAX_LINE // 1024 // 1024} MiB")
            continue
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            yield number, ValueError(f"line: not UTF-8 ({error.reason} at byte {error.start})")
            continue
        if line:
            yield number, line


def read_object(line: str) -> dict[str, Any]:
    """Return the JSON object that a line holds.

    Raises:
        ValueError: no JSON, also where Python reads more than JSON knows (NaN, Infinity), or no object.
    """
    try:
        doc = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line: not JSON ({error})") from None
    if not isinstance(doc, dict):
        raise ValueError("line: a JSON object is expected")
    return doc


def _no_constant(name: str) -> None:
    raise ValueError(f"there is no {name} in it")


def refuse(number: int, error: ValueError) -> None:
    """Say on one line what was wrong; what the reason quotes cannot write on the operator's terminal, nor fill it."""
    reason = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(error)[:MAX_REASON])
    print(f"line {number}: {reason}{'…' if len(str(error)) > MAX_REASON else ''}", file=sys.stderr, flush=True)


def write(answer: dict[str, Any]) -> None:
    """Write a line of JSON, at once, as UTF-8 whatever the locale."""
    try:
        line = json.dumps(answer, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair: only an escape can name it
        line = json.dumps(answer).encode()
    if sys.stdout is None:
        raise CannotStart("standard output is closed")
    sys.stdout.flush()
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def answer_lines(name: str | None, answer: Callable[[str], dict[str, Any]]) -> int:
    """Write the answer to each line and return the exit status: 0, or 1 when a line was refused."""
    status = DONE
    with open_lines(name) as stream:
        for number, line in numbered(stream):
            try:
                if isinstance(line, ValueError):
                    raise line
                write(answer(line))
            except ValueError as error:
                refuse(number, error)
                status = REFUSED
    return status
