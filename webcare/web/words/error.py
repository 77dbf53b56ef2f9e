"""The words of the error page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorWords:
    """What went wrong, and what to do now."""

    titles: Mapping[str, str]
    todos: Mapping[str, str]
    home: str
    log_in: str
    number: str


NL = ErrorWords(
    titles={
        "400": "Dit verzoek klopt niet",
        "401": "Log eerst in",
        "403": "Dit mag niet",
        "404": "Deze pagina is er niet",
        "405": "Dit kan hier niet",
        "413": "Dit is te groot",
        "500": "Dit ging mis",
        "503": "De database antwoordt niet",
        "https": "Alleen via https",
        "ours": "Deze pagina is verlopen",
        "role": "Je rol mag dit niet",
        "refused": "Dit kan nu niet",
    },
    todos={
        "400": "Ga terug en probeer het opnieuw.",
        "401": "Je sessie is voorbij. Log in en probeer het opnieuw; je tekst staat er nog als je teruggaat.",
        "403": "Vraag je beheerder of je dit mag.",
        "404": "Misschien is de zaak gewist, of klopt het adres niet.",
        "405": "Ga terug en probeer het opnieuw.",
        "413": "Maak je tekst korter of je bestanden kleiner, en probeer het opnieuw.",
        "500": "Er is niets veranderd. Probeer het opnieuw. Blijft het misgaan, zeg dan je beheerder hoe laat het was.",
        "503": "Er is niets veranderd. We blijven het proberen; herlaad deze pagina over een minuut.",
        "https": (
            "Webcare antwoordt hier alleen via https, of op deze machine zelf. Zet er een proxy voor die https spreekt, en noem zijn"
            " adres in [web] trusted_proxies."
        ),
        "ours": "Ga terug, herlaad de pagina en probeer het opnieuw. Er is niets veranderd.",
        "role": "Een controleur kijkt mee en verandert niets.",
        "refused": "Herlaad de pagina om te zien wat er intussen is gebeurd.",
    },
    home="Naar de wachtrij",
    log_in="Log in",
    number="Fout {status}",
)

EN = ErrorWords(
    titles={
        "400": "This request is not right",
        "401": "Log in first",
        "403": "This is not allowed",
        "404": "This page is not there",
        "405": "This cannot be done here",
        "413": "This is too large",
        "500": "This went wrong",
        "503": "The database does not answer",
        "https": "Only over https",
        "ours": "This page is too old",
        "role": "Your role may not do this",
        "refused": "This cannot be done now",
    },
    todos={
        "400": "Go back and try again.",
        "401": "Your session is over. Log in and try again; your text is still there when you go back.",
        "403": "Ask your administrator whether you may.",
        "404": "Perhaps the case was erased, or the address is not right.",
        "405": "Go back and try again.",
        "413": "Shorten your text, or send smaller files, and try again.",
        "500": "Nothing was changed. Try again. If it goes on, tell your administrator at what time it was.",
        "503": "Nothing was changed. We keep trying; reload this page in a minute.",
        "https": (
            "Webcare answers here over https only, or on this machine itself. Put a proxy in front of it that speaks https, and name"
            " its address in [web] trusted_proxies."
        ),
        "ours": "Go back, reload the page and try again. Nothing was changed.",
        "role": "An auditor looks and changes nothing.",
        "refused": "Reload the page to see what has happened meanwhile.",
    },
    home="To the queue",
    log_in="Log in",
    number="Error {status}",
)
