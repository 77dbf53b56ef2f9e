"""Where each list was left: the cursor of a channel, as text.

    since .......... below ........... top
      |  still to read |  already read  |

A walk reads newest first, from `top` down to `since` (and somewhat below it: X indexes some posts late, with ids that lie before what
was already seen). Where a poll runs out of pages it remembers `below`, and the next one goes on from there: by id, because X's page
tokens expire. Direct messages know no ids to go on from, so theirs is the token. `wait` is until when X lets nobody read a list.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from connectors.twitter.refusals import LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Ids as numbers, 0 for none; `below` and `token` only in the middle of a walk; `wait` in seconds since 1970."""

    since: int = 0
    top: int = 0
    below: int = 0
    token: str = ""
    wait: int = 0

    @property
    def is_between(self) -> bool:
        return bool(self.below or self.token)

    def until(self, now: datetime) -> datetime | None:
        """Return when this list may be read again; None for now. No window of X is longer than a day."""
        try:
            until = datetime.fromtimestamp(self.wait, UTC)
        except (ValueError, OverflowError, OSError):
            return None
        return until if now < until <= now + LONGEST else None

    def after(self, ids: list[int], token: str | None) -> Place:
        """Return the place after a page with these ids; a page without a token ends the walk."""
        top = max(self.top, self.since, *ids, 0)
        if token is None:
            return Place(since=top)
        below = min([*ids, self.below] if self.below else ids, default=self.below)
        return replace(self, top=top, below=below, token=token, wait=0)


def read_places(cursor: str | None) -> dict[str, Place]:
    """Return the places in a cursor; one that cannot be read starts anew, and what is read twice is stored once."""
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return {name: _place(one) for name, one in found.items()} if isinstance(found, dict) else {}


def _place(found: Any) -> Place:
    known = {field.name: type(getattr(Place(), field.name)) for field in fields(Place)}
    fitting = {name: value for name, value in found.items() if type(value) is known.get(name)} if isinstance(found, dict) else {}
    return Place(**fitting)


def write_places(places: dict[str, Place]) -> str:
    """Return the cursor for these places."""
    return json.dumps({name: {key: value for key, value in asdict(place).items() if value} for name, place in places.items()})


def ids_in(body: Any, latest: int) -> list[int]:
    """Return the ids of a page, without those that X cannot have made yet: one such id would end all reading."""
    data = body.get("data") if isinstance(body, dict) else None
    found = [one.get("id") for one in data if isinstance(one, dict)] if isinstance(data, list) else []
    numbers = [int(one) for one in found if isinstance(one, str) and one.isascii() and one.isdigit()]
    return [one for one in numbers if one <= latest]
