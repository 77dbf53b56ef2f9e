"""What should not stand in public: numbers and addresses of a person, seen in the draft of an answer.

It warns and is no proof: what looks like one of these may be none, and a name is not seen at all. What many companies print on their
page is left alone: service numbers, and mailboxes that belong to a desk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST: Final = 20_000  # characters that are looked at: no platform takes more


class Personal(StrEnum):
    EMAIL = "email"
    IBAN = "iban"
    PHONE = "phone"
    ADDRESS = "address"  # a Dutch postcode with a house number: a door
    BSN = "bsn"
    ORDER = "order"  # of an order, a customer, an invoice, a parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`text` is as it was written."""

    kind: Personal
    text: str


def personal_data(text: str) -> tuple[Found, ...]:
    """Return what looks like a person's own data in a text, in the order in which it stands there, each text once."""
    rest, found = _LINK.sub(_blank, text[:LONGEST]), []
    for kind, seek in _SEEKERS.items():
        for start, end in list(seek(rest)):
            found.append((start, Found(kind=kind, text=rest[start:end])))
            rest = rest[:start] + " " * (end - start) + rest[end:]
    return tuple(dict.fromkeys(one for _, one in sorted(found, key=lambda pair: pair[0])))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


_LINK: Final = re.compile(r"https?://\S+", re.IGNORECASE)


# --- e-mail ---

_EMAIL: Final = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?!\w)")
_DESKS: Final = frozenset(
    [
        "info",
        "contact",
        "help",
        "helpdesk",
        "hello",
        "hallo",
        "klantenservice",
        "klantcontact",
        "support",
        "service",
        "webcare",
        "care",
        "press",
        "pers",
        "privacy",
        "sales",
    ]
)


def _emails(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _EMAIL.finditer(text) if match[1].lower() not in _DESKS)


# --- IBAN ---

_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}")
_SHORTEST_IBAN, _LONGEST_IBAN, _IBAN_HEAD = 15, 34, 4


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        end = _end_of_iban(match[0])
        if end is not None:
            yield match.start(), match.start() + end


def _end_of_iban(written: str) -> int | None:
    """Return where an account number ends: words behind it may look like more of it."""
    ends = [
        place for place in range(len(written), 0, -1) if not written[place : place + 1].isalnum() and written[place - 1] != " "
    ]
    for end in ends:
        compact = written[:end].replace(" ", "").upper()
        if _SHORTEST_IBAN <= len(compact) <= _LONGEST_IBAN and _remainder(compact) == 1:
            return end
    return None


def _remainder(iban: str) -> int:
    """Count modulo 97 as ISO 13616 does: the head goes to the end, a letter is its number from 10 on."""
    return int("".join(str(int(letter, 36)) for letter in iban[_IBAN_HEAD:] + iban[:_IBAN_HEAD])) % 97


# --- telephone ---

_PHONE: Final = re.compile(r"(?<![\w+@#-])(?:\+|00|\(?0)\d(?:[ ().-]{0,3}\d){7,13}(?![\w-]|[.,]\d)")
_DATE: Final = re.compile(r"\d{1,2}[-. ]\d{1,2}[-. ](?:19|20)\d{2}")
_SERVICE: Final = re.compile(r"(?:\+31|0031|0)(?:800|90[069]|88|85|14)")
_DUTCH, _WORLD = 10, range(9, 16)


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        digits = re.sub(r"[^\d+]", "", match[0]).replace("+310", "+31")
        is_abroad = digits.startswith(("+", "00"))
        fits = len(digits.lstrip("+0")) + 2 in _WORLD if is_abroad else len(digits) == _DUTCH
        if fits and not _SERVICE.match(digits) and not _DATE.match(match[0]):
            yield match.span()


# --- a door ---

_POSTCODE: Final = r"[1-9]\d{3}(?: ?(?!SA|SD|SS)[A-Z]{2}|(?!sa|sd|ss)[a-z]{2})"
_HOUSE: Final = r"\d{1,5}(?: ?[A-Za-z](?![A-Za-z]))?(?:-\d{1,4})?"
_DOOR: Final = re.compile(
    rf"(?<!\w){_POSTCODE}(?!\w)(?:,? ?(?:huisnummer|huisnr\.?|nummer|nr\.?|number|no\.)?[ :]?|, ){_HOUSE}(?![\w])"
    rf"|(?<!\w){_HOUSE},? {{1,2}}{_POSTCODE}(?!\w)"
)


def _doors(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _DOOR.finditer(text))


# --- the number of a citizen ---

_NINE: Final = re.compile(
    r"(?<![\w.,+#-])\d{3}([ .]?)\d{3}\1\d{3}(?![\w]|[.,-]\d)|(?<![\w.,+#-])\d{4}\.\d{2}\.\d{3}(?![\w]|[.,-]\d)"
)
_NINE_DIGITS: Final = 9


def _bsns(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _NINE.finditer(text) if is_bsn(re.sub(r"\D", "", match[0])))


def is_bsn(digits: str) -> bool:
    """Tell whether nine digits pass the eleven-proof of a citizen service number: weights 9 to 2, and the last one counts against."""
    if len(digits) != _NINE_DIGITS or not digits.isascii() or not digits.isdecimal() or not int(digits):
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 == 0


# --- numbers that lead to a customer ---

_NAMED: Final = re.compile(
    r"\b(?:(?:bestel|order|klant|factuur|polis|contract|lidmaatschaps?|zending|pakket|reserverings?|boekings?|retour)"
    r"[ -]?(?:nummer|nr\b|id\b|code)"
    r"|order|bestelling|(?:customer|invoice|policy|booking|reservation|parcel|tracking) ?(?:number|no\b|id\b|code)"
    r"|track ?(?:&|en|and) ?trace)"
    r"[\s.:#=-]{0,3}(?:is |was )?#?(?P<number>(?=[A-Za-z-]{0,9}\d)[A-Za-z0-9][A-Za-z0-9-]{3,29})",
    re.IGNORECASE,
)
_CODED: Final = re.compile(
    r"(?<![\w/-])(?:#\d{5,20}|[A-Z]{1,4}-\d{5,20}|[A-Z]{2,4}\d{5,20}|3S[A-Z0-9]{9,18}|JV?GL\d{10,20})(?![\w-])"
)
_LONG: Final = re.compile(r"(?<![\w.,€$£/+-])\d{8,20}(?![\w/-]|[.,]\d)")


def _orders(text: str) -> Iterator[tuple[int, int]]:
    named = [match.span("number") for match in _NAMED.finditer(text) if sum(c.isdigit() for c in match["number"]) > 3]  # noqa: PLR2004 - a year is one too
    taken = [(start, end) for pattern in (_CODED, _LONG) for start, end in (m.span() for m in pattern.finditer(text))]
    free = [(start, end) for start, end in taken if not any(start < stop and begin < end for begin, stop in named)]
    seen: list[tuple[int, int]] = []
    for start, end in [*named, *free]:
        if not any(start < stop and begin < end for begin, stop in seen):
            seen.append((start, end))
    return iter(seen)


_SEEKERS: Final[dict[Personal, Callable[[str], Iterator[tuple[int, int]]]]] = {
    Personal.EMAIL: _emails,
    Personal.IBAN: _ibans,
    Personal.PHONE: _phones,
    Personal.ADDRESS: _doors,
    Personal.BSN: _bsns,
    Personal.ORDER: _orders,
}
