"""A message as the model reads it: without whom it names, and spelled the same where the difference means nothing.

Handles, addresses and long numbers become markers before a text is trained on, shown to the model or taken out of the machine, so that
no weight can hold them. Case and accents go in the tokenizer; what capitals and emoji say is kept as markers and single signs.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from webcare.domain.personal_data import Personal, hide_places, personal_data

USER, URL, MAIL, PHONE, NUMBER, ADDRESS, CAPS = "[user]", "[url]", "[mail]", "[phone]", "[nr]", "[address]", "[caps]"
MARKERS: Final = (USER, URL, MAIL, PHONE, NUMBER, ADDRESS, CAPS)

# A mail of 100 kB is read by its head and its tail: what somebody wants stands in one of the two, and time stays bounded.
HEAD, TAIL = 3000, 1000

_MARKER_OF: Final = {
    Personal.EMAIL: MAIL,
    Personal.PHONE: PHONE,
    Personal.ADDRESS: ADDRESS,
    Personal.IBAN: NUMBER,
    Personal.BSN: NUMBER,
    Personal.ORDER: NUMBER,
}
_QUOTES: Final = str.maketrans(
    dict.fromkeys("\u2018\u2019\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
    | {"\u2026": "...", "[": "(", "]": ")"}
)
_URL: Final = re.compile(  # "awww... lief" holds none, and www. after an @ is of an address
    r"https?://\S+|(?<![^\W\d_])(?<!@)www\.\w\S*|(?<![\w-])(?!\d+\.)(?:[\w-]{1,63}\.){1,8}(?:(?:com|nl|be|co|org|net|eu)/\S"
    r"|[a-z]{2,10}/(?!(?:of|or)\b)\S{2})\S*",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_HANDLE: Final = re.compile(r"(?<!@)(?:@+\w+)+")  # also where somebody forgot the space before it; an address is gone by then
_POSTCODE: Final = re.compile(r"(?<!\w)[1-9]\d{3} ?(?!SA|SD|SS)[A-Z]{2}(?!\w)|(?<!\w)[1-9]\d{3}[a-z]{2}(?!\w)")
# Of a car, Dutch or Belgian; `1-jan-26` and `1-tot-100` are none. A Dutch one in small letters holds no vowel.
_SHAPES: Final = (
    r"LL-\d\d-\d\d|\d\d-\d\d-LL|\d\d-LL-\d\d|LL-\d\d-LL|LL-LL-\d\d|\d\d-LL-LL|\d\d-LLL-\d|\d-LLL-\d\d"
    r"|LL-\d{3}-L|L-\d{3}-LL|LLL-\d\d-L|L-\d\d-LLL|\d-LL-\d{3}|\d{3}-LL-\d"
)
_PLATE: Final = re.compile(
    r"(?<![\w-])(?!\d+-(?i:jan|feb|maa|mrt|mar|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec|tot|van|uur|for|and|per)-)"
    rf"(?:{_SHAPES.replace('L', '[A-Z]')}|{_SHAPES.replace('L', '[b-df-hj-np-tv-z]')}|\d-(?:[A-Z]{{3}}|[a-z]{{3}})-\d{{3}})(?![\w-])"
)
_BRITISH_PLATE: Final = re.compile(r"(?<![\w-])[A-Z]{2}\d\d ?(?!EUR|GBP|USD|MIN)[A-Z]{3}(?![\w-])")
_LONG_NUMBER: Final = re.compile(r"\d[\d.\-/\s]{3,40}\d|\d{5,}")
_FEW_DIGITS = 5
_LONG_LETTER: Final = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_LONG_MARK: Final = re.compile(r"([!?.])\1{2,}")
_SIGN: Final = re.compile(r"[^\x00-\xac\xae-\u024f\u1e00-\u1eff\u2010-\u2027\u20a0-\u20bf]")
_DIGIT: Final = re.compile(r"\d")
_SHOUT_LETTERS, _SHOUT_SHARE = 8, 0.7


def mask(text: str) -> str:
    """Return a text with markers for whom and what it names; any string, however broken, in time that its length does not decide."""
    text = html.unescape(shorten(text)).translate(_QUOTES)  # a bracket of the writer's would pass for a marker of ours
    if not text.isascii():  # first: what is invisible may stand between the digits of a number
        text = _SIGN.sub(_apart, unicodedata.normalize("NFC", text))
    shouts = _is_shouting(text)
    if "/" in text or "www." in text.lower():  # each search costs more than to see that there is nothing to find
        text = _URL.sub(f" {URL} ", text)
    if "@" in text:
        text = _HANDLE.sub(f" {USER} ", _EMAIL.sub(f" {MAIL} ", text))
    text = " ".join(
        _LONG_MARK.sub(r"\1\1", _LONG_LETTER.sub(r"\1\1", text)).split()
    )  # before numbers: they are seen as they will stand
    if _DIGIT.search(text):
        text = hide_places(text, f" {ADDRESS} ")
        text = _PLATE.sub(f" {NUMBER} ", text) if "-" in text else text
        text = text if shouts else _BRITISH_PLATE.sub(f" {NUMBER} ", text)  # in capitals any word looks like one
        for found in personal_data(text):
            text = text.replace(found.text, f" {_MARKER_OF[found.kind]} ")
        text = _LONG_NUMBER.sub(_number, _POSTCODE.sub(f" {ADDRESS} ", text))
        text = " ".join(text.split())
    return f"{CAPS} {text}" if shouts else text


def shorten(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def _number(found: re.Match[str]) -> str:
    """Mask what has many digits; a date, a time or a price stays, since it may say how long somebody waits."""
    return f" {NUMBER} " if sum(map(str.isdigit, found[0])) >= _FEW_DIGITS else found[0]


def _apart(found: re.Match[str]) -> str:
    """Stand signs apart, so that each emoji is a word of its own; joiners, variants and skin tones go."""
    sign = found[0]
    category = unicodedata.category(sign)
    if category in {"Mn", "Me", "Cf", "Sk", "Cc", "Cs"} or "\U0001f3fb" <= sign <= "\U0001f3ff":
        return "" if category != "Cc" else " "
    return f" {sign} " if category in {"So", "Sm", "Po"} else sign


def _is_shouting(text: str) -> bool:
    capitals = sum(map(str.isupper, text))
    return capitals >= _SHOUT_LETTERS and capitals >= _SHOUT_SHARE * sum(map(str.isalpha, text))
