"""A question to the model as the two texts that it reads: the message, and what is known around it.

The second text is empty when nothing is known. Markers say where it was said and who spoke before; they stand before the words, so that
cutting a long text leaves them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sentiment.masking import MARKERS, mask
from webcare.domain.message import Kind
from webcare.domain.verdict import Intent

if TYPE_CHECKING:
    from webcare.ports.classifier import Request

PRIVATE, PUBLIC, REVIEW, BRAND, CUSTOMER, LAST, ASKED = (
    "[dm]",
    "[public]",
    "[review]",
    "[brand]",
    "[customer]",
    "[last]",
    "[asked]",
)
SPECIAL: Final = (*MARKERS, PRIVATE, PUBLIC, REVIEW, BRAND, CUSTOMER, LAST, ASKED)

CONTEXT = 400  # characters of the message replied to


def where(kind: Kind | None) -> str:
    if kind is None:
        return ""
    return PRIVATE if kind.is_private else REVIEW if kind is Kind.REVIEW else PUBLIC


def encode(request: Request) -> tuple[str, str]:
    """Return the message and its surroundings, masked."""
    said = request.replied_to
    return mask(request.text), surroundings(
        kind=request.kind,
        said=said.text if said is not None else "",
        by_us=said.by_us if said is not None else None,
        we_spoke_last=request.we_spoke_last,
        asked=any(intent in {Intent.QUESTION, Intent.COMPLAINT} for intents in request.earlier for intent in intents),
    )


def surroundings(*, kind: Kind | None, said: str, by_us: bool | None, we_spoke_last: bool, asked: bool) -> str:
    words = [where(kind)]
    if asked:
        words.append(ASKED)
    if we_spoke_last:
        words.append(LAST)
    if by_us is not None:
        words += [BRAND if by_us else CUSTOMER, mask(said[:CONTEXT])]
    return " ".join(word for word in words if word)
