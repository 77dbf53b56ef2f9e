"""Lines for a spreadsheet, of which it calculates nothing: customers write what stands in some of the cells."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK: Final = b"\xef\xbb\xbf"  # at the beginning of a file: by it a spreadsheet knows the encoding
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")  # with which one begins to calculate


def as_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return lines of CSV; None is an empty cell."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def harmless(cell: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula: such a one begins with an apostrophe."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
