"""The language of searches, as far as it is played: https://docs.x.com/x-api/posts/search/integrate/operators.

one two        both              "one two"   these words, in this order       -one   without
one OR two     either            ( ... )     together                         @name #tag from: to: lang: is: has: ...
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.twitter.simulator.world import Said, World

    Finds = Callable[[Said], bool]

LONGEST_QUERY: Final = 512  # of a self-serve app
NEED_PARTNER: Final = frozenset({"is", "has", "lang"})  # no query consists of these alone
_TOKEN = re.compile(r'\s*(?:(?P<sign>[()]|-(?=\S))|"(?P<phrase>[^"]*)"|(?P<word>[^\s()"]+))\s*')
_WORD = re.compile(r"\w+")


def compiled(query: str, world: World, *, is_alone: bool = False) -> Finds:
    """Return what tells whether a query finds a post; `is_alone` where it has to be a whole query.

    Raises:
        ValueError: it is none.
    """
    tokens: deque[tuple[str, str]] = deque(_tokens(query))
    if is_alone and not _stands_alone(list(tokens)):
        raise ValueError("an operator is used that needs a word, a name or a tag beside it")
    found = _either(tokens, world)
    if tokens:
        raise ValueError("a parenthesis closes that was not opened")
    return found


def _tokens(query: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None or match.end() == at:
            raise ValueError(f"there is something wrong at character {at + 1}")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found


def _stands_alone(tokens: list[tuple[str, str]]) -> bool:
    before = [("", ""), *tokens]
    for earlier, (kind, value) in zip(before, tokens, strict=False):
        if kind != "sign" and value != "OR" and earlier != ("sign", "-") and value.partition(":")[0] not in NEED_PARTNER:
            return True
    return False


def _either(tokens: deque[tuple[str, str]], world: World) -> Finds:
    sides = [_both(tokens, world)]
    while tokens and tokens[0] == ("word", "OR"):
        tokens.popleft()
        sides.append(_both(tokens, world))
    return lambda said: any(side(said) for side in sides)


def _both(tokens: deque[tuple[str, str]], world: World) -> Finds:
    parts = []
    while tokens and tokens[0] not in (("word", "OR"), ("sign", ")")):
        parts.append(_one(tokens, world))
    if not parts:
        raise ValueError("something is missing")
    return lambda said: all(part(said) for part in parts)


def _one(tokens: deque[tuple[str, str]], world: World) -> Finds:
    kind, value = tokens.popleft()
    if (kind, value) == ("sign", "-"):
        without = _one(tokens, world)
        return lambda said: not without(said)
    if (kind, value) == ("sign", "("):
        inner = _either(tokens, world)
        if not tokens or tokens.popleft() != ("sign", ")"):
            raise ValueError("a parenthesis is not closed")
        return inner
    return _holds(value) if kind == "phrase" or ":" not in value else _operator(value, world)


def _holds(wanted: str) -> Finds:
    """Return what looks for words in their order, whatever their case; a name or a tag with its sign."""
    sign, words = wanted[:1] if wanted[:1] in "@#$" else "", _WORD.findall(wanted.lower())
    if not words:
        raise ValueError("there is no word in it")
    sought = re.compile((rf"(?<!\w){re.escape(sign)}" if sign else r"\b") + r"\W+".join(map(re.escape, words)) + r"\b")
    return lambda said: sought.search(said.text.lower()) is not None


def _operator(word: str, world: World) -> Finds:
    name, _, value = word.partition(":")
    by_name = _BY_NAME.get(name)
    if by_name is None or not value:
        raise ValueError(f"{name}: is no operator")
    return lambda said: by_name(said, value.removeprefix("@").lower(), world)


def _is(said: Said, value: str, _world: World) -> bool:
    known = {"retweet": said.retweets is not None, "quote": said.quotes is not None, "reply": said.reply_to is not None}
    return known.get(value, False)


def _has(said: Said, value: str, _world: World) -> bool:
    known = {"media": bool(said.media), "images": bool(said.media), "mentions": "@" in said.text, "links": "://" in said.text}
    return known.get(value, False)


def _is_person(user_id: str | None, value: str, world: World) -> bool:
    return user_id is not None and value in (user_id, str(world.people.get(user_id, {}).get("username", "")).lower())


def _answered(said: Said, world: World) -> str | None:
    answered = world.posts.get(said.reply_to or "")
    return answered.author if answered else None


_BY_NAME: Final[dict[str, Callable[[Said, str, World], bool]]] = {
    "from": lambda said, value, world: _is_person(said.author, value, world),
    "to": lambda said, value, world: _is_person(_answered(said, world), value, world),
    "conversation_id": lambda said, value, _: said.conversation == value,
    "in_reply_to_tweet_id": lambda said, value, _: said.reply_to == value,
    "quotes_of_tweet_id": lambda said, value, _: said.quotes == value,
    "retweets_of": lambda said, value, world: _is_person(_author(said.retweets, world), value, world),
    "lang": lambda said, value, _: said.lang == value,
    "url": lambda said, value, _: value in said.text.lower(),
    "is": _is,
    "has": _has,
}


def _author(post_id: str | None, world: World) -> str | None:
    found = world.posts.get(post_id or "")
    return found.author if found else None
