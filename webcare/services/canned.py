"""Texts that are said often, by language and kind of channel. `{name}` is the customer's name, `{agent}` who answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.store import cases
from webcare.store import desk as kept

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.store import Connection
    from webcare.store.cases import CaseRow

PLACES = ("name", "agent")
LONGEST_NAME, LONGEST_TEXT = 100, 4000
_PLACE = re.compile(r"\{(\w+)\}")


class Unusable(ValueError):  # noqa: N818 - its message is what the writer reads
    """The text cannot be kept; `field` and `why` say what is wrong: missing, too_long, unknown_place."""

    def __init__(self, field: str, why: str, words: str) -> None:
        super().__init__(f"{field}: {words}")
        self.field = field
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedReply:
    """`channel` is a kind of channel; None is for all."""

    id: int
    language: str
    channel: str | None
    name: str
    text: str
    by: str
    changed_at: datetime


def canned(conn: Connection, language: str | None = None, channel: str | None = None) -> list[CannedReply]:
    """Return the texts of a language for a channel or its kind, by name; None is all."""
    kind = None if channel is None else channel.partition(":")[0]
    return [CannedReply(**row._mapping) for row in kept.canned(conn, language, kind)]  # noqa: SLF001 - SQLAlchemy's public name


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A text for one case, its places filled."""

    id: int
    name: str
    filled: str


def offered(conn: Connection, case: CaseRow, *, language: str | None, agent: str) -> list[Offered]:
    """Return the texts that fit a case, by name; a language that is not known is all."""
    return [
        Offered(id=one.id, name=one.name, filled=fill(one.text, name=case.customer_name, agent=agent))
        for one in canned(conn, language, case.channel)
    ]


def filled(conn: Connection, number: int, *, case: int, agent: str) -> str | None:
    """Return one text for a case; None when one of them is gone."""
    row = cases.get(conn, case)
    found = None if row is None else next((one for one in canned(conn) if one.id == number), None)
    return None if found is None or row is None else fill(found.text, name=row.customer_name, agent=agent)


def add(conn: Connection, *, language: str, channel: str | None, name: str, text: str, by: str, now: datetime) -> int:
    """Keep a text and return its number.

    Raises:
        Unusable: name or text is missing or too long, or names a place that nothing fills.
    """
    return kept.add_canned(conn, _row(language, channel, name, text, by, now))


def edit(
    conn: Connection, number: int, *, language: str, channel: str | None, name: str, text: str, by: str, now: datetime
) -> bool:
    """Change a text; False when it is gone.

    Raises:
        Unusable: as `add`.
    """
    return kept.edit_canned(conn, number, _row(language, channel, name, text, by, now))


def remove(conn: Connection, number: int) -> bool:
    """Drop a text; False when it was gone."""
    return kept.remove_canned(conn, number)


def fill(text: str, *, name: str | None, agent: str) -> str:
    """Put names into a text. A customer without one is not spoken to by name: the space before goes too."""
    filled = re.sub(r" ?\{name\}", lambda found: found[0].replace("{name}", name) if name else "", text)
    return filled.replace("{agent}", agent)


def _row(language: str, channel: str | None, name: str, text: str, by: str, now: datetime) -> dict[str, object]:
    name, text = name.strip(), text.strip()
    for field, value, longest in (("name", name, LONGEST_NAME), ("text", text, LONGEST_TEXT)):
        if not value:
            raise Unusable(field, "missing", "is empty")
        if len(value) > longest:
            raise Unusable(field, "too_long", f"{len(value)} characters, {longest} fit")
    unknown = [place for place in _PLACE.findall(text) if place not in PLACES]
    if unknown:
        raise Unusable("text", "unknown_place", f"nothing fills {{{unknown[0]}}}; there are {{name}} and {{agent}}")
    return {"language": language, "channel": channel, "name": name, "text": text, "by": by, "changed_at": now}
