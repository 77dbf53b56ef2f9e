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


# --- a street and where somebody lives: widely for an alert, which may hide too much, and surely for a model, which must not ---

_SURE_STREET: Final = "straat|straatje|str|laan|laantje|plein|gracht|singel|plantsoen"
_MAYBE_STREET: Final = "weg|kade|dijk|hof|hofje|pad|steeg|dreef|park|boulevard|markt|wal|baan|akker|brink|weide|beemd"
_TOWNS_TOO: Final = "burg|haven|veld|kamp|hoek|wijk|poort|horst"  # Tilburg, Barneveld
_STREET: Final = f"{_SURE_STREET}|{_MAYBE_STREET}|{_TOWNS_TOO}"
_AT: Final = r"(?:nr\.? ?)?\d{1,5}(?: ?[a-zA-Z]\b)?(?: ?- ?\d{1,4}\b)?"
_ARTICLE: Final = r"(?:van|de|der|den|het|ten|ter|te|'t) "
_WAYS: Final = "Drive|Close|Way|Court|Square|Terrace|Crescent|Place"

STREETS: Final = (
    re.compile(rf"\b(?!ipad)\w[\w'.-]{{0,40}}(?:{_STREET})\.?,? {_AT}", re.IGNORECASE),
    re.compile(rf"\b(?:(?:Laan|Plein|Weg|Kade|Hof|Park) (?:{_ARTICLE}){{0,3}}|laan (?:{_ARTICLE}){{0,3}})\w[\w'-]{{1,40}} {_AT}"),
    re.compile(r"\b\d{1,5}[a-z]? (?:[\w'.-]{1,30} ){1,2}(?:street|road|avenue|lane)\b", re.IGNORECASE),
    re.compile(rf"\b\d{{1,5}}[A-Za-z]? (?:[A-Z][\w'.-]{{0,30}} ){{1,3}}(?:St|Rd|Ave|{_WAYS})\b"),
)
# 1234 AB. In small letters behind a space it may be a year and a word: `in 2025 is ...`
POSTCODES: Final = re.compile(r"\b[1-9]\d{3}-?(?:[A-Za-z]{2}| [A-Z]{2})\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
SMALL_POSTCODE: Final = re.compile(r"\b[1-9]\d{3} ([A-Za-z]{2})\b")

# What ends as a street does and is none; and below, what a number counts that stands behind a street.
_NO_STREET: Final = (
    r"(?i:(?:was|winkel|test|productie)straat|(?:school|parkeer|laad)plein|kapelaan"
    r"|(?:onder|half|halver|snel|spoor|auto|tol|bij|terug|heen|uit)weg"
    r"|(?:gang|fiets|wandel|voet|zebra|klim|i|idea|key|touch|track|note|think|game|launch)pad"
    r"|(?:vakantie|pret|bungalow|attractie|thema|wagen|dieren|recreatie|safari|water|zwem|wind|speel|camping|sport|bedrijven|skate|snow)park"
    r"|(?:super|bouw|media|rommel|kerst|woning|arbeids|vlooien|thuis|vrij|zwarte|web)markt|(?:afsluit|spoor)dijk|gerechtshof"
    r"|(?:start|landings|loop|schaats|ijs|rij|tennis|glij|bowling|achter|carpool)baan|(?:ar|blok|de|barri|cas)kade|arcade|blokkade"
    r"|decade|barricade|versteeg|overdreef|verdreef)(?!\w)"
)
_COUNTED: Final = (
    r"(?i:x|u|uu?r|uren|mi?n|minu\w*|dag\w*|da?gen|we?ken|week|maand\w*|jaa?r|jaren|keer|ke?ren|maal|nacht\w*|km|kilo\w*|m[23]?|meter|cm|mm"
    r"|kg|gr?|pers\w*|mensen|man|haltes?|euro\w*|ct|cent\w*|kinderen|stuks?|graden|procent|st(?:e|s|op\w*)?|de|e|pm|am|days?|hours?|hrs?|mins?"
    r"|minutes?|weeks?|months?|years?|times|miles?|people|nights?)(?!\w)"
)
_DOOR_AT: Final = rf" (?!(?:19|20)\d\d(?!\d))\d{{1,4}}+(?:-\d{{1,4}}+|-?[A-Za-z](?!\w))?+(?!\w)(?![.,:]\d| ?[%€$£²]| ?{_COUNTED})"
_BEHIND_DOOR: Final = rf"(?: (?:bus|bis|box) ?\d{{0,4}}(?!\w))?(?:,? {_POSTCODE}(?!\w)|,? (?:B-)?[1-9]\d{{3}}(?= [A-Z][a-z]))?"
_NUMBERED: Final = r"(?<![\w.,:€£$#-])\d{1,4}[A-Za-z]? (?!Star|Day|Hour|Week|Month|Year|The )(?:[A-Z][\w'-]{0,30} )"
_SURE_STREETS: Final = re.compile(
    rf"(?<![\w@#'-])(?!{_NO_STREET})(?:"
    rf"[A-ZÀ-Þ][\w'-]{{0,40}}?(?i:{_SURE_STREET}|{_MAYBE_STREET}|str\.){_DOOR_AT}"
    rf"|[a-zà-þ][\w'-]{{0,40}}?(?:{_SURE_STREET}|str\.){_DOOR_AT}(?! [a-z]{{3,20}}(?:en|s)(?!\w))"
    rf"){_BEHIND_DOOR}"
)
_ENDS: Final = re.compile(  # their last letters: seen far sooner than that no word is a street
    r" (?<=(?:aat|tje|str|tr\.|aan|ein|cht|gel|oen|weg|ade|ijk|hof|fje|pad|eeg|eef|ark|ard|rkt|wal|ker|ink|ide|emd) )\d"
)
_OTHER_STREETS: Final = (
    re.compile(
        rf"(?<!\w)(?:[Ll]aan (?:{_ARTICLE}){{1,3}}\w|(?:Plein|Kade) (?:{_ARTICLE}){{1,3}}[A-Z])[\w'-]{{1,40}}{_DOOR_AT}{_BEHIND_DOOR}"
    ),
    re.compile(
        rf"{_NUMBERED}(?:(?:[A-Z][\w'-]{{0,30}} )?(?:(?i:street|road|avenue|lane)|St|Rd|Ave)|(?<!Supreme )(?<!Tennis )(?:{_WAYS}))(?!\w)"
    ),
)
_AREAS: Final = (
    "AB|AL|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|EC|EH|EN|EX|FK|FY|GL|GU|GY|HA|HD|HG|HP|"
    "HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|LA|LD|LE|LL|LN|LS|LU|ME|MK|ML|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|SA|SE|SG|SK|"
    "SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
_SURE_POSTCODE: Final = re.compile(  # of Britain; `5GB` and `2nd` are none, and without its space it may be a laptop
    rf"(?<![\w-])(?=[A-Za-z]{{1,2}}\d)(?:(?:{_AREAS}|[BEGLMNSW])\d[A-Z\d]? \d(?!GB|TB)[ABD-HJLNP-UW-Z]{{2}}"
    rf"|(?:{_AREAS.lower()})\d[a-z\d]? \d(?!gb|tb|st|nd|rd|th|de|en)[abd-hjlnp-uw-z]{{2}})(?![\w-])"
)


def hide_places(text: str, marker: str) -> str:
    """Return a text with a marker for each street with a number and each British postcode that is hardly anything else.

    A length of time, a crowd or a park must not become one: whoever reads what remains would no longer see what was meant.
    """
    if _ENDS.search(text.lower()):
        text = _SURE_STREETS.sub(marker, text)
    for pattern in (*_OTHER_STREETS, _SURE_POSTCODE):
        text = pattern.sub(marker, text)
    return text


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
