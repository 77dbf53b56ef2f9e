"""How an answer can go, as the composer draws it: each way with until when it is open or why it is closed, before anybody types.

Of ways that the platform would refuse the reason is shown; they are not left out, or people would look for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webcare.domain import gaps, splitting
from webcare.ports.connector import WayKind
from webcare.services import compose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from webcare.ports.channel import Approved, ChannelAccount
    from webcare.ports.connector import Way, Words
    from webcare.services.ways import Ways
    from webcare.web.say import Say

ICONS: Final = {WayKind.PUBLIC: "globe", WayKind.PRIVATE: "lock", WayKind.TEMPLATE: "check"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWay:
    """`lines` say until when it is open, and what its writer should know; `refused` why it is closed."""

    kind: str
    icon: str
    label: str
    lines: tuple[str, ...]
    refused: str | None
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """An approved text: its words, each with the number of the gap behind it, and what was filled in so far."""

    key: str
    name: str
    language: str
    pieces: Sequence[tuple[str, int | None]]
    values: Sequence[str]
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What the composer is drawn from.

    `ways` carry a text of one's own, `template` only the `texts`. `is_told` says that the platform's rules are known, `is_open` that a
    text can be sent, `is_free` that there is a choice, `is_asked` that its writer has to choose; `is_private` is how it goes if nobody
    chooses anything else.
    """

    ways: tuple[ShownWay, ...]
    template: ShownWay | None
    texts: tuple[ShownText, ...]
    is_told: bool
    is_open: bool
    is_free: bool
    is_asked: bool
    is_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A text that is too long, as several; `is_sendable`: from here, one behind the other."""

    texts: tuple[str, ...]
    is_sendable: bool


def way_named(name: str) -> WayKind | None:
    """Return the way that a form names; None for what is none."""
    return next((kind for kind in WayKind if kind.value == name and kind is not WayKind.TEMPLATE), None)


def answering(
    found: Ways,
    account: ChannelAccount | None,
    say: Say,
    *,
    asked: WayKind | None,
    filled: Mapping[str, Sequence[str]] | None = None,
) -> Answering:
    """Return how an answer can go.

    `asked` is the way that its writer chose before: when it has closed meanwhile none is chosen for them, least of all a public one.
    `filled` is what they wrote into an approved text, by its key.
    """
    kinds = [way.kind for way in found.open]
    chosen = asked if asked is not None else next(iter(kinds), None)
    goes = chosen if chosen in kinds else next(iter(kinds), chosen)
    template, texts = found.template, account.templates if account is not None else ()
    return Answering(
        ways=tuple(_shown(way, say, is_chosen=way.kind is chosen and way.refused is None) for way in found.written),
        template=None if template is None else _shown(template, say, is_chosen=False),
        texts=tuple(_text(one, filled or {}) for one in texts) if template is not None and template.refused is None else (),
        is_told=found.is_told,
        is_open=bool(found.open),
        is_free=len(kinds) > 1,
        is_asked=len(found.written) > 1 or chosen not in kinds,
        is_private=(goes or (WayKind.PRIVATE if found.is_private else WayKind.PUBLIC)) is WayKind.PRIVATE,
    )


def _shown(way: Way, say: Say, *, is_chosen: bool) -> ShownWay:
    words = say.words.composer
    lines = []
    if way.refused is None and way.until is not None and way.until > say.now:
        lines.append(words.way_until.format(span=say.span(way.until - say.now), moment=say.moment(way.until)))
    if way.note is not None:
        lines.append(in_words(way.note, say))
    return ShownWay(
        kind=way.kind.value,
        icon=ICONS[way.kind],
        label=words.ways[way.kind.value],
        lines=tuple(lines),
        refused=None if way.refused is None else in_words(way.refused, say),
        is_chosen=is_chosen,
    )


def in_words(words: Words, say: Say) -> str:
    """Return a connector's sentence in the reader's language."""
    return words.nl if say.words.tag == "nl" else words.en


# --- approved texts ---


def key_of(text: Approved) -> str:
    return f"{text.name}:{text.language}"


def _text(text: Approved, filled: Mapping[str, Sequence[str]]) -> ShownText:
    key = key_of(text)
    values = filled.get(key)
    return ShownText(
        key=key,
        name=text.name,
        language=text.language,
        pieces=_once(gaps.pieces(text.text)),
        values=values if values is not None else [""] * gaps.count(text.text),
        is_open=values is not None,
    )


def _once(pieces: Sequence[tuple[str, int | None]]) -> list[tuple[str, int | None]]:
    """Return the pieces; a gap that comes back is filled where it stands first, and shown as its number from then on."""
    found: list[tuple[str, int | None]] = []
    seen: set[int] = set()
    for text, gap in pieces:
        if gap is None or gap not in seen:
            found.append((text, gap))
        else:
            found.append((f"{text}({gap})", None))
        seen |= set() if gap is None else {gap}
    return found


# --- parts ---


def parts(account: ChannelAccount | None, text: str, signature: str | None, found: Ways, *, is_private: bool) -> Parts | None:
    """Return a text that is too long as several; None where it fits, or cannot be cut."""
    if account is None:
        return None
    texts = splitting.split(compose.signed(text, signature), *account.limits.of(private=is_private))
    if len(texts) < 2:  # noqa: PLR2004 - one is no parts
        return None
    can = found.takes_parts(WayKind.PRIVATE if is_private else WayKind.PUBLIC)
    return Parts(texts=texts, is_sendable=can and account.limits.in_parts)
