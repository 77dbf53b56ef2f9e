"""The town: who lives there, who answers, and what is said on which day. Pure; the words stand in town.jsonl and people.json.

Two days are written down. Every later day is one of them told again: at other times, by other people, in another order.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from webcare.domain.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

WRITTEN: Final = 2  # days
ZONE: Final = ZoneInfo("Europe/Amsterdam")
SHIFT: Final = 40  # minutes by which a conversation may move when its day is told again
PRIVATE: Final = "dm"
STORY: Final = "story"  # what is said to a story of ours: private too
ZERO: Final = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    key: str
    name: str
    handle: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    id: str
    name: str
    role: str
    signature: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    after: timedelta
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that a customer does. `id` is its own on each day that it is told.

    `picture` is the scene that is sent along, or to which story it is said; `age` how long it was under way.
    """

    id: str
    at: datetime
    channel: str
    kind: str
    who: Customer
    text: str
    reply_to: str | None = None
    on_post: str | None = None
    edit_of: str | None = None
    delete_of: str | None = None
    picture: str | None = None
    age: timedelta = ZERO
    answer: Answer | None = None

    @property
    def is_private(self) -> bool:
        return self.channel == "whatsapp" or self.kind in {PRIVATE, STORY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Something that the brand puts on a page of its own."""

    id: str
    at: datetime
    text: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that a colleague does with the case of a line: one of the three."""

    at: datetime
    by: str
    on: str
    note: str | None = None
    needs_response: bool | None = None
    promise: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    posts: tuple[Post, ...]
    lines: tuple[Line, ...]
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What is written down. `lines`, `posts` and `deeds` are as they stand in the files."""

    customers: tuple[Customer, ...]
    staff: tuple[Colleague, ...]
    lines: tuple[Mapping[str, Any], ...]
    posts: Mapping[str, Mapping[str, Any]]
    deeds: tuple[Mapping[str, Any], ...]
    canned: tuple[Mapping[str, Any], ...]
    templates: tuple[Mapping[str, Any], ...]
    brand: str = "Meerkoet"
    handle: str = "meerkoethelpt"

    def colleague(self, id_: str) -> Colleague:
        return next(one for one in self.staff if one.id == id_)

    @property
    def lead(self) -> Colleague:
        return next(one for one in self.staff if one.role == "lead")

    def day(self, number: int, first: date) -> Day:
        """Return what happens on a day of the demo, the first being 0."""
        day, visit, written = first + timedelta(days=number), number // WRITTEN, number % WRITTEN + 1
        said = [raw for raw in self.lines if raw["day"] == written]
        later = _moved(said, random.Random(number) if visit else None)  # noqa: S311 - the same on every machine
        posts = [
            Post(id=f"{visit}.{name}", at=_at(day, raw["at"]), text=raw["text"], channel=raw.get("channel", "facebook"))
            for name, raw in self.posts.items()
            if raw["day"] == written
        ]
        lines = [self._line(raw, _at(day, raw["at"]) + later[raw["id"]], visit) for raw in said]
        deeds = [_deed(raw, day, visit, later.get(raw["on"], ZERO)) for raw in self.deeds if raw["day"] == written]
        return Day(posts=tuple(posts), lines=tuple(lines), deeds=tuple(deeds))

    def _line(self, raw: Mapping[str, Any], at: datetime, visit: int) -> Line:
        def named(field: str) -> str | None:
            """Return the id of an earlier line or post, of the same visit."""
            return None if raw[field] is None else f"{visit}.{raw[field]}"

        answer = raw["answer"]
        return Line(
            id=f"{visit}.{raw['id']}",
            at=at,
            channel=raw["channel"],
            kind=raw["kind"],
            who=self._customer(raw["who"], visit),
            text=raw["text"],
            reply_to=named("reply_to"),
            on_post=named("on_post"),
            edit_of=named("edit_of"),
            delete_of=named("delete_of"),
            picture=raw["attachment"],
            age=parse_duration(raw["age"]) if "age" in raw else ZERO,
            answer=None if answer is None else Answer(**{**answer, "after": parse_duration(answer["after"])}),
        )

    def _customer(self, key: str, visit: int) -> Customer:
        """Return who says it this time: on a later visit the neighbour."""
        place = next(nth for nth, one in enumerate(self.customers) if one.key == key)
        return self.customers[(place + visit) % len(self.customers)]


def _at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


def _moved(lines: Sequence[Mapping[str, Any]], dice: random.Random | None) -> dict[str, timedelta]:
    """Return by how much each line comes later than it is written: a conversation as a whole, where its day is told again."""
    moved: dict[str, timedelta] = {}
    for raw in lines:
        earlier = next((raw[name] for name in ("reply_to", "edit_of", "delete_of") if raw[name] in moved), None)
        drawn = timedelta(minutes=dice.randrange(SHIFT)) if dice is not None else ZERO
        moved[raw["id"]] = drawn if earlier is None else moved[earlier]
    return moved


def _deed(raw: Mapping[str, Any], day: date, visit: int, later: timedelta) -> Deed:
    return Deed(
        at=_at(day, raw["at"]) + later,
        by=raw["by"],
        on=f"{visit}.{raw['on']}",
        note=raw.get("text"),
        needs_response=raw.get("needs_response"),
        promise=parse_duration(raw["within"]) if "within" in raw else None,
    )


def read_town(lines: str, people: str) -> Town:
    """Return the town that these two files describe."""
    found = json.loads(people)
    customers = [
        Customer(key=key, name=one["name"], handle=one["handle"], phone=one["phone"].removeprefix("+"))
        for key, one in found["customers"].items()
    ]
    staff = [
        Colleague(id=key, **{name: one[name] for name in ("name", "role", "signature", "language")})
        for key, one in found["staff"].items()
    ]
    return Town(
        customers=tuple(customers),
        staff=tuple(staff),
        lines=tuple(json.loads(line) for line in lines.splitlines() if line.strip()),
        posts=found["posts"],
        deeds=(*found["notes"], *found["corrections"], *found["promises"]),
        canned=tuple(found["canned"]),
        templates=tuple(found["templates"]),
    )


def the_town() -> Town:
    folder = resources.files("webcare.demo")
    return read_town((folder / "town.jsonl").read_text("utf-8"), (folder / "people.json").read_text("utf-8"))
