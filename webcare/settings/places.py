"""Where in a TOML file something stands: `tomllib` reads values and forgets their lines, and people look for mistakes by line.

It reads only text that `tomllib` has accepted, so it looks at the shape alone: headers, keys, brackets, strings and comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    Way = tuple[str | int, ...]

_BLANK: Final = " \t\r\n"
_BARE_ENDS: Final = ",]}#\r\n"


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """Return the line of the deepest part of this way that stands in the text; None when not even its first step does."""
    lines = _Scan(text).lines
    way = tuple(place)
    return next((lines[way[:n]] for n in range(len(way), 0, -1) if way[:n] in lines), None)


class _Scan:
    """One pass; `lines` has the line of each table, key and element."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.lines: dict[Way, int] = {}
        self._counts: dict[Way, int] = {}  # of tables in an array of tables
        table: Way = ()
        self._skip()
        while self.at < len(self.text):
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip()

    def _header(self) -> Way:
        is_array = self._peek("[[")
        self.at += 2 if is_array else 1
        line, keys = self._line(), self._keys()
        self.at += 2 if is_array else 1
        way = self._resolved(keys)
        if is_array:
            self._counts[way] = self._counts.get(way, -1) + 1
            way = (*way, self._counts[way])
        self._note(way, line)
        return way

    def _resolved(self, keys: Way) -> Way:
        """Return the way of a header: within an array of tables the last one is meant."""
        way: Way = ()
        for nth, key in enumerate(keys):
            way = (*way, key)
            if nth < len(keys) - 1 and way in self._counts:
                way = (*way, self._counts[way])
        return way

    def _pair(self, table: Way) -> None:
        line, way = self._line(), (*table, *self._keys())
        self._note(way, line)
        self.at += 1  # the sign
        self._value(way)

    def _value(self, way: Way) -> None:
        self._skip(blank=" \t")
        char = self.text[self.at]
        if char in "\"'":
            self._string()
        elif char == "[":
            self._elements(way)
        elif char == "{":
            self.at += 1
            self._skip(also=",")
            while not self._peek("}"):
                self._pair(way)
                self._skip(also=",")
            self.at += 1
        else:
            while self.at < len(self.text) and self.text[self.at] not in _BARE_ENDS:
                self.at += 1

    def _elements(self, way: Way) -> None:
        self.at += 1
        nth = 0
        self._skip(also=",")
        while not self._peek("]"):
            self._note((*way, nth), self._line())
            self._value((*way, nth))
            nth += 1
            self._skip(also=",")
        self.at += 1

    def _keys(self) -> Way:
        keys: list[str] = []
        while True:
            self._skip(blank=" \t")
            if self.text[self.at] in "\"'":
                keys.append(self._string())
            else:
                start = self.at
                while self.text[self.at].isalnum() or self.text[self.at] in "-_":
                    self.at += 1
                keys.append(self.text[start : self.at])
            self._skip(blank=" \t")
            if not self._peek("."):
                return tuple(keys)
            self.at += 1

    def _string(self) -> str:
        quote = self.text[self.at]
        end = quote * 3 if self._peek(quote * 3) else quote
        start = self.at = self.at + len(end)
        while not self._peek(end):
            self.at += 2 if quote == '"' and self._peek("\\") else 1
        found = self.text[start : self.at]
        self.at += len(end)
        while len(end) > 1 and self._peek(quote):  # quotes may stand before the three that end it
            self.at += 1
        return found

    def _skip(self, *, blank: str = _BLANK, also: str = "") -> None:
        """Go to what is neither blank nor comment."""
        while self.at < len(self.text):
            if self.text[self.at] in blank or self.text[self.at] in also:
                self.at += 1
            elif self._peek("#") and "\n" in blank:
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def _note(self, way: Way, line: int) -> None:
        for n in range(1, len(way) + 1):
            self.lines.setdefault(way[:n], line)

    def _peek(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def _line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1
