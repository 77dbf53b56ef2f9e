"""Read a body of a platform: element by element, so that a bad one harms only itself. No database, no clock, no network.

    body --split--> elements --read, one by one--> what was heard

Whatever a connector raises here ends here: the element is unreadable, the others are read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webcare.ports.connector import Element, Spec

EXCERPT = 200
WHOLE = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one element says, by its place in the body; `error` is what reading it raised."""

    where: str
    heard: tuple[Heard, ...]
    error: Exception | None = None


def parts(spec: Spec, body: Any, me: str | None) -> Iterator[Part]:
    """Yield at least one part of a body."""
    try:
        elements = spec.split(body)
    except Exception as error:  # noqa: BLE001 - the runner around a plugin call
        yield Part(where=WHOLE, heard=(unreadable(spec, _named(error), _excerpt(body)),), error=error)
        return
    if not elements:
        yield Part(where=WHOLE, heard=(Heard(sort=Sort.IGNORED, channel_kind=spec.kind, reason="no elements"),))
    for element in elements:
        yield _part(spec, element, me)


def _part(spec: Spec, element: Element, me: str | None) -> Part:
    try:
        heard = spec.read(element, me)
    except Exception as error:  # noqa: BLE001 - the runner around a plugin call
        told = unreadable(spec, f"{element.where}: {_named(error)}", _excerpt(element.value))
        return Part(where=element.where, heard=(told,), error=error)
    if not heard:
        told = unreadable(spec, f"{element.where}: the connector said nothing", _excerpt(element.value))
        return Part(where=element.where, heard=(told,))
    return Part(where=element.where, heard=tuple(heard))


def hear(spec: Spec, body: Any, me: str | None) -> Iterator[Heard]:
    """Yield at least one thing for a body."""
    for part in parts(spec, body, me):
        yield from part.heard


def hear_element(spec: Spec, element: Element, me: str | None) -> list[Heard]:
    """Return what one element says; whatever reading it raises makes it unreadable."""
    return list(_part(spec, element, me).heard)


def unreadable(spec: Spec, reason: str, excerpt: str) -> Heard:
    return Heard(sort=Sort.UNREADABLE, channel_kind=spec.kind, reason=reason, text=excerpt[:EXCERPT])


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _excerpt(value: Any) -> str:
    try:
        return json.dumps(value, default=str)
    except (RecursionError, ValueError):  # deeper than it can be written
        return ""
