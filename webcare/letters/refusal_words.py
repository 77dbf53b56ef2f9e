"""Why a platform refused a reply, in each language: one sentence for what means the same on all of them. Its own words stand behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from webcare.ports.errors import RefusalCode

if TYPE_CHECKING:
    from collections.abc import Mapping

NL: Final[Mapping[RefusalCode, str]] = {
    RefusalCode.WINDOW_CLOSED: "De klant schreef te lang geleden: het platform laat nu geen eigen tekst meer toe.",
    RefusalCode.NOT_SUMMONED: "De klant sprak ons niet aan, en dan laat het platform geen openbaar antwoord toe.",
    RefusalCode.ANSWERED_ONCE: "Op dit bericht kan één privéantwoord, en dat kreeg de klant al.",
    RefusalCode.DUPLICATE: "Dezelfde woorden zijn kort geleden al geplaatst. Verander ze een beetje.",
    RefusalCode.TOO_LONG: "De tekst is te lang voor het platform.",
    RefusalCode.BLOCKED: "De klant ontvangt geen berichten van ons.",
    RefusalCode.GONE: "Het bericht waarop dit het antwoord is, is er niet meer.",
    RefusalCode.TEMPLATE_UNKNOWN: "Het platform kent deze goedgekeurde tekst niet, of niet zo. Vraag een beheerder.",
    RefusalCode.PART_BEFORE: "Het deel ervoor kwam niet aan.",
}
EN: Final[Mapping[RefusalCode, str]] = {
    RefusalCode.WINDOW_CLOSED: "The customer wrote too long ago: the platform takes no text of our own now.",
    RefusalCode.NOT_SUMMONED: "The customer did not address us, and then the platform takes no public answer.",
    RefusalCode.ANSWERED_ONCE: "This message takes one private answer, and the customer had it already.",
    RefusalCode.DUPLICATE: "The same words were posted just before. Change them a little.",
    RefusalCode.TOO_LONG: "The text is too long for the platform.",
    RefusalCode.BLOCKED: "The customer receives no messages from us.",
    RefusalCode.GONE: "The message that this answers is not there any more.",
    RefusalCode.TEMPLATE_UNKNOWN: "The platform does not know this approved text, or not like this. Ask an administrator.",
    RefusalCode.PART_BEFORE: "The part before it did not arrive.",
}
LANGUAGES: Final = {"nl": NL, "en": EN}


def refusal(code: str | None, language: str) -> str | None:
    """Return our sentence for a refusal; None where there is no code, or one of a newer version."""
    known = next((one for one in RefusalCode if one.value == code), None)
    return None if known is None else LANGUAGES.get(language, EN)[known]
