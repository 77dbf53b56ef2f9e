"""Payloads that something happened to: keys gone, keys too many, values of another type, at any depth."""

from __future__ import annotations

from copy import deepcopy

JUNK = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    " ",
    "x",
    "9" * 30,
    "\ud800",
    "\x00",
    "é" * 300,
    [],
    {},
    [[]],
    [None],
    {"id": {}},
    [{"id": []}],
    "a" * 100_000,
]


def places(value, path=()):
    """The way to every value in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


def spoil(body, dice):
    """Take something away, put something in, or change something."""
    where = list(places(body))
    if not where:
        return body
    *above, last = dice.choice(where)
    parent = body
    for key in above:
        parent = parent[key]
    act = dice.choice(("remove", "replace", "replace", "add", "repeat"))
    if act == "remove":
        del parent[last]
    elif act == "replace":
        parent[last] = deepcopy(dice.choice(JUNK))
    elif act == "add" and isinstance(parent, dict):
        known = [key for way in where for key in way if isinstance(key, str)]  # a word of this platform, where it does not belong
        parent[dice.choice(["new", "", *known])] = deepcopy(dice.choice(JUNK))
    elif isinstance(parent, list):
        parent.insert(0, deepcopy(dice.choice([parent[last], *JUNK])))
    return body
