"""How long a post is to X: https://docs.x.com/fundamentals/counting-characters.

Latin and its neighbours count one, everything else two, an emoji two however many code points it is built of, and every link 23 because
t.co wraps it. X knows every top-level domain; the ones listed here are those that a Dutch or English reply is likely to name.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 280
LONGEST_MESSAGE = (
    10_000  # of a direct message, each character counts one: https://docs.x.com/x-api/direct-messages/manage/introduction
)
LINK = 23

_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_DOMAINS = (
    "com net org info biz app dev shop online support help amsterdam nl be de fr eu uk ie lu at ch it es pt pl dk se no fi "
    "us ca au io me tv co ai"
)
_END = r"[^\s<>]*[^\s<>.,;:!?'\")\]]"  # a full stop or bracket after a link is the sentence's
_BARE = rf"(?<![\w@.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{_DOMAINS.replace(' ', '|')})(?![\w-])(?:/{_END})?"
_LINK = re.compile(rf"https?://{_END}|{_BARE}", re.IGNORECASE)
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_TOUCH = "[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|[\u00a9\u00ae](?!\ufe0f)|{_PICTURE}{_TOUCH}*(?:\u200d{_PICTURE}{_TOUCH}*)*"
)


def measure(reply: str) -> int:
    """Return the weighted length of a text."""
    composed = unicodedata.normalize("NFC", reply)
    rest, links = _LINK.subn("", composed)
    total = links * LINK
    position = 0
    for found in _EMOJI.finditer(rest):
        total += sum(map(_weight, rest[position : found.start()])) + (1 if found[0] in "©®" else 2)
        position = found.end()
    return total + sum(map(_weight, rest[position:]))


def _weight(character: str) -> int:
    return 1 if any(low <= ord(character) <= high for low, high in _LIGHT) else 2
