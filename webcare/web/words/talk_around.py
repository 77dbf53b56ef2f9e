"""The words of what stands around a public conversation: the post above it, who answered whom, and another customer's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundWords:
    """`because` says what the certainty of another customer's answer is taken from."""

    root: str
    root_ours: str
    root_gone: str
    to: str
    to_us: str
    answered: str
    short: str
    because: Mapping[str, str]
    no_clock: str
    good_enough: str
    refuse: str
    done: Mapping[str, str]


NL = AroundWords(
    root="Onder een bericht van {name}",
    root_ours="Onder ons eigen bericht",
    root_gone="verwijderd door de schrijver",
    to="aan {name}",
    to_us="aan ons",
    answered="{name} antwoordde, zeker voor {certainty} %",
    short="Ander antwoordde, {certainty} %",
    because={
        "thanked": "De klant bedankt voor dit antwoord.",
        "thanks": "De klant bedankt, en dit was het laatste dat iemand antwoordde.",
        "silence": "Het leest als een antwoord, en de klant vroeg sindsdien niets meer.",
    },
    no_clock="Het stopt geen klok.",
    good_enough="Goed genoeg: sluit",
    refuse="Nee, geen antwoord",
    done={
        "good-enough": "Het antwoord telt als hulp van een ander en de zaak is dicht.",
        "refused": "Het telt niet als antwoord.",
    },
)

EN = AroundWords(
    root="Under a post of {name}",
    root_ours="Under our own post",
    root_gone="deleted by its writer",
    to="to {name}",
    to_us="to us",
    answered="{name} answered, {certainty} % certain",
    short="Another answered, {certainty} %",
    because={
        "thanked": "The customer thanks for this answer.",
        "thanks": "The customer thanks, and this was the last that anybody answered.",
        "silence": "It reads as an answer, and the customer has asked nothing since.",
    },
    no_clock="It stops no clock.",
    good_enough="Good enough: close",
    refuse="No, no answer",
    done={
        "good-enough": "The answer counts as help of another, and the case is closed.",
        "refused": "It does not count as an answer.",
    },
)
