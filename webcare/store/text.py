"""Text as both databases keep it.

PostgreSQL refuses NUL and neither driver encodes a lone surrogate, and people do send both. They become U+FFFD on the way in, in
what is stored and in what is looked up alike. A length is kept on both databases: SQLite by itself would ignore it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import String, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def clean_text(value: str) -> str:
    """Replace what no database keeps by U+FFFD."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)


class CleanText(TypeDecorator[str]):
    """`VARCHAR`, with or without a length.

    Raises, when bound:
        ValueError: the text is longer than the column.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        if self.length is not None and len(value) > self.length:
            raise ValueError(f"{len(value)} characters do not fit a column of {self.length}: {value[:40]!r}…")
        return clean_text(value)
