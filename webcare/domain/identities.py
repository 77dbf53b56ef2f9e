"""One customer under several names: who is linked with whom, and who might be.

The platform's id is the key of an identity; what somebody calls themselves is not. People link, and nothing else does: here stands what
follows from their links, and what is put before them. A link is a line between two identities, and whoever can be reached by lines is one
customer; who is taken out leaves the others together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from webcare.domain.personal_data import Personal, personal_data

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

MOST: Final = 30  # identities of one customer: more is a mistake that somebody makes over and over


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """An id on a kind of platform: the same id on two accounts of ours is one identity."""

    kind: str
    author_id: str

    @property
    def name(self) -> str:
        """`kind:author_id`, the name that `erase` and `export` take."""
        return f"{self.kind}:{self.author_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A person says that two identities are one customer: in which case they said so, and by which message they named the second."""

    one: Identity
    other: Identity
    by: str
    at: datetime
    case: int | None = None
    message: int | None = None

    @property
    def ends(self) -> tuple[Identity, Identity]:
        """Return both, in the order in which they are kept."""
        return pair(self.one, self.other)

    def beyond(self, identity: Identity) -> Identity | None:
        """Return the other end; None where this is neither."""
        return {self.one: self.other, self.other: self.one}.get(identity)


def pair(one: Identity, other: Identity) -> tuple[Identity, Identity]:
    """Return two identities in the order in which they are kept."""
    return (one, other) if one < other else (other, one)


def group(links: Iterable[Link], start: Identity) -> frozenset[Identity]:
    """Return everybody who is the same customer, the one that was asked for among them."""
    beside: dict[Identity, set[Identity]] = defaultdict(set)
    for link in links:
        beside[link.one].add(link.other)
        beside[link.other].add(link.one)
    found, ahead = {start}, [start]
    while ahead:
        new = beside[ahead.pop()] - found
        found |= new
        ahead += new
    return frozenset(found)


def bridges(links: Collection[Link], gone: Identity) -> list[Link]:
    """Return the links that keep a customer together when one identity is taken out, each with the word of whom it stands for."""
    rest = [link for link in links if gone not in link.ends]
    beside = sorted((beyond, link.at, link) for link in links if (beyond := link.beyond(gone)) is not None)
    made: list[Link] = []
    for neighbour, _, link in beside[1:]:
        if neighbour not in group([*rest, *made], beside[0][0]):
            made.append(replace(link, one=beside[0][0], other=neighbour))
    return made


# --- who might be ---


class Evidence(StrEnum):
    """What two identities have in common, the hardest first."""

    EMAIL = "email"
    PHONE = "phone"
    ORDER = "order"
    HANDLE = "handle"  # the same name on two platforms: anybody may have taken it

    @property
    def is_weak(self) -> bool:
        return self is Evidence.HANDLE


MOST_SHARING: Final = 5  # identities: what more of them have in common is a shop's number, or a joke
MOST_SUGGESTED: Final = 4
SHORTEST_HANDLE: Final = 4
_ORDER: Final = list(Evidence)
_DIGITS_OF_ORDER: Final = 5
_DIGITS: Final = re.compile(rf"(?:\d\D*){{{_DIGITS_OF_ORDER}}}")
_HOME: Final = "31"  # the country in which a number with one zero before it was written
_ID_LENGTHS: Final = range(11, 14)  # of an id that is a telephone number; other platforms count shorter or longer ones
_DATE: Final = re.compile(r"(?:19|20)\d\d(?:0\d|1[0-2])(?:[0-2]\d|3[01])|(?:[0-2]\d|3[01])(?:0\d|1[0-2])(?:19|20)\d\d")


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """Something in a text that leads to one customer, however it was written: `06 1234 5678` and `+31612345678` are one."""

    evidence: Evidence
    value: str


def traces(text: str) -> frozenset[Trace]:
    """Return what of a customer's text may be found again in another."""
    return frozenset(_traces(text))


def _traces(text: str) -> Iterator[Trace]:
    if "@" not in text and not _DIGITS.search(text):
        return  # most of what people say: nothing is looked for
    for one in personal_data(text):
        if one.kind is Personal.EMAIL:
            yield Trace(Evidence.EMAIL, one.text.casefold())
        elif one.kind is Personal.PHONE:
            yield Trace(Evidence.PHONE, _phone(one.text))
        elif one.kind is Personal.ORDER:
            number = re.sub(r"[^0-9A-Z]", "", one.text.upper())
            if sum(c.isdecimal() for c in number) >= _DIGITS_OF_ORDER and not _DATE.fullmatch(number):
                yield Trace(Evidence.ORDER, number)


def _phone(written: str) -> str:
    digits = re.sub(r"[^\d+]", "", written).replace("+310", "+31")
    if digits.startswith("+"):
        return digits[1:]
    return digits[2:] if digits.startswith("00") else _HOME + digits.removeprefix("0")


def trace_of_id(author_id: str) -> Trace | None:
    """Return the telephone number that an id is, where it has the length of one."""
    is_number = author_id.isascii() and author_id.isdecimal() and not author_id.startswith("0") and len(author_id) in _ID_LENGTHS
    return Trace(Evidence.PHONE, author_id) if is_number else None


def handle_of(name: str | None) -> str | None:
    """Return a handle as it is compared; None for one that is too short to mean anything."""
    bare = (name or "").strip().removeprefix("@").casefold()
    return bare if len(bare) >= SHORTEST_HANDLE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """An identity has this in common, by its newest message that shows it; `trace` tells one thing in common from another."""

    identity: Identity
    evidence: Evidence
    trace: str
    message: int


def suggest(found: Iterable[Shared], *, known: Collection[Identity], dismissed: Collection[Identity]) -> list[Shared]:
    """Return who might be the same customer, by the hardest that they have in common; hard before weak, then the newest.

    Nobody is suggested who is known to be, or of whom a person said that they are not. What many have in common says nothing.
    """
    by_trace: dict[tuple[Evidence, str], list[Shared]] = defaultdict(list)
    for one in found:
        by_trace[one.evidence, one.trace].append(one)
    best: dict[Identity, Shared] = {}
    for some in by_trace.values():
        others = {one.identity for one in some} - set(known)
        if len(others) > MOST_SHARING:
            continue
        for one in some:
            if one.identity in others and one.identity not in dismissed:
                best[one.identity] = min(best.get(one.identity, one), one, key=_rank)
    return sorted(best.values(), key=lambda one: (one.evidence.is_weak, -one.message, one.identity))[:MOST_SUGGESTED]


def _rank(one: Shared) -> tuple[int, int]:
    return _ORDER.index(one.evidence), -one.message
