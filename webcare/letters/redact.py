"""What must not leave the house in an alert: numbers and addresses of a customer, masked before one line is shown.

An alert passes through telephones, lock screens and other people's servers. Masking too much costs a look at the case; masking too
little cannot be undone. So every number of five digits or more goes, whatever it is, and check digits only decide what it is called.
What is hidden by odd characters is straightened out first. Names in a text are not found: nobody can tell them from words.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from webcare.domain.personal_data import POSTCODES, SMALL_POSTCODE, STREETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST = 4000  # characters that are looked at; a line shows far fewer


class Secret(StrEnum):
    LINK = "link"
    EMAIL = "email"
    IBAN = "iban"
    PHONE = "phone"
    BSN = "bsn"
    ADDRESS = "address"
    POSTCODE = "postcode"
    NUMBER = "number"


_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]"
)  # though letters or marks by category
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs"})
_DASHES = re.compile("[\u2010-\u2015\u2212]")

_LINK = re.compile(  # with whoever is at www. or awww.: that is an address, and its first half names a person; "awww..." is none
    r"(?:https?://|[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){0,8}[\w-]{0,63}www\.|(?<![^\W\d_])www\.(?=\w))\S{1,2000}", re.IGNORECASE
)
_EMAIL = re.compile(r"[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ .-]?\d{2}(?:[ .-]?[A-Za-z0-9]){11,30}")
_SHORTEST_IBAN = 15
_SEP = r"[ .()/-]{0,3}"
_PHONE = re.compile(rf"(?<!\d)(?:(?:\+|\b00){_SEP}[1-9](?:{_SEP}\d){{7,13}}|\(?0{_SEP}[1-9](?:{_SEP}\d){{7,9}})(?!\d)")
_GROUPED = re.compile(r"(?<!\d)\d(?:[ ./-]?\d){6,}")
_DATE = re.compile(r"\d{1,2}([-./])\d{1,2}\1(?:\d{2}|\d{4})|\d{4}-\d\d-\d\d")
_LONG = re.compile(r"\d{5,}")
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)

_WORDS_OF_TWO = re.compile(
    "al|an|as|at|be|bv|by|cm|de|do|ee|em|en|er|eu|ga|ge|go|ha|he|ho|if|ik|in|is|it|ja|je|ju|kg|km|ma|me|ml|mm|my|na|ne|no|nu|of|oh|ok|"
    "om|on|op|or|os|pm|so|te|to|tv|ui|up|us|uw|vs|wc|we|wo|ze|zo",
    re.IGNORECASE,
)


def redact(text: str, masks: Mapping[Secret, str]) -> str:
    """Return the text on one line, on straightened characters, with everything masked; twice is the same as once.

    The masks are what stands in its place, in the reader's language; a mask must not itself look like a secret.
    """
    text = straight(text)
    text = _LINK.sub(masks[Secret.LINK], text)
    text = _EMAIL.sub(masks[Secret.EMAIL], text)
    text = _without_ibans(text, masks[Secret.IBAN])
    text = _PHONE.sub(masks[Secret.PHONE], text)
    for street in STREETS:
        text = street.sub(masks[Secret.ADDRESS], text)
    text = _GROUPED.sub(_named(masks), text)
    text = POSTCODES.sub(masks[Secret.POSTCODE], text)
    text = SMALL_POSTCODE.sub(lambda found: found[0] if _WORDS_OF_TWO.fullmatch(found[1]) else masks[Secret.POSTCODE], text)
    return _LONG.sub(masks[Secret.NUMBER], text)


def straight(text: str) -> str:
    """Return what a reader sees, on one line: nothing invisible, one kind of digit, dash and space."""
    spaced = "".join(" " if c.isspace() else c for c in text[:LONGEST])
    seen = "".join(c for c in _UNSEEN.sub("", spaced) if unicodedata.category(c) not in _UNSEEN_CATEGORIES)
    folded = unicodedata.normalize("NFKC", seen)
    digits = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded)
    return " ".join(_DASHES.sub("-", digits).split())


def is_iban(code: str) -> bool:
    """Tell whether the check digits of an account number hold (ISO 13616, modulo 97); letters and digits only."""
    if len(code) < _SHORTEST_IBAN or not code.isascii() or not code.isalnum():
        return False
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


def is_bsn(number: str) -> bool:
    """Tell whether nine digits pass the test of a Dutch citizen number, as about one in eleven does by chance."""
    if len(number) != len(_BSN_WEIGHTS) or not number.isdecimal() or not int(number):
        return False
    return sum(weight * int(digit) for weight, digit in zip(_BSN_WEIGHTS, number, strict=True)) % 11 == 0


def _without_ibans(text: str, mask: str) -> str:
    kept, at = [], 0
    while (found := _IBAN.search(text, at)) is not None:
        length = _iban_length(found[0])
        end = found.start() + (length or 1)
        kept += [text[at : found.start()], mask if length else text[found.start()]]
        at = end
    return "".join([*kept, text[at:]])


def _iban_length(found: str) -> int:
    """Return how much of the match is an account number, 0 for nothing: words may have been caught behind it."""
    ends = [i + 1 for i, (a, b) in enumerate(pairwise(found + " ")) if a.isalnum() and not b.isalnum()]
    return next((end for end in reversed(ends) if is_iban("".join(c for c in found[:end] if c.isalnum()))), 0)


def _named(masks: Mapping[Secret, str]) -> Callable[[re.Match[str]], str]:
    def name(found: re.Match[str]) -> str:
        if _DATE.fullmatch(found[0]):
            return found[0]
        digits = "".join(c for c in found[0] if c.isdecimal())
        return masks[Secret.BSN if is_bsn(digits) else Secret.NUMBER]

    return name
