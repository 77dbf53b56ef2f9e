"""What people may be called, and what a way to reach them looks like: in a config, at the command line and in the inbox alike."""

from __future__ import annotations

import re

# somebody else, in logs and alerts
RESERVED = frozenset({"oncall", "next", "lead", "machine", "person", "policy", "last_resort"})
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_TARGET = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S.*", re.DOTALL)


def word(value: str) -> str:
    """Return a name that can stand in a command, a log and a table.

    Raises:
        ValueError: it cannot.
    """
    if _WORD.fullmatch(value) is None:
        raise ValueError(f"a name of letters, digits and . _ - @ + is expected, not {value!r}")
    return value


def line(value: str) -> str:
    """Return a text of one line that is not blank.

    Raises:
        ValueError: it is none.
    """
    if not value.strip() or not value.isprintable():
        raise ValueError("a text of one line is expected")
    return value


def person_id(value: str) -> str:
    if value in RESERVED:
        raise ValueError(f"{value!r} stands for something else: nobody can be called that")
    return word(value)


def contact_name(value: str) -> str:
    if value in RESERVED:
        raise ValueError(f"{value!r} stands for something else: no contact can be called that")
    return line(value)


def target(value: str) -> str:
    """Return an address to which alerts go, with a scheme; it is a secret, which no error repeats.

    Raises:
        ValueError: it is no such address.
    """
    if _TARGET.fullmatch(value) is None:
        raise ValueError("an address like mailto:noor@example.org or pover://… is expected")
    return value
