"""The words around the field in which an answer is written: what is allowed, what it gives away, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerWords:
    states: Mapping[str, str]
    stopped: str
    take_back: str
    taken_back: str
    too_late: str
    rewrite: str
    window_closed: str
    window_closing: str
    signature: str
    left: Plural
    over: Plural
    personal: Mapping[str, str]
    ask_privately: str
    canned: str
    canned_none: str
    canned_all: str
    canned_gone: str
    how: str
    ways: Mapping[str, str]
    way_until: str
    way_closed: str
    to: str
    no_way: str
    no_way_todo: str
    no_way_approved: str
    unsent: str
    templates: str
    template_none: str
    template_gap: str
    template_send: str
    template_empty: str
    template_gone: str
    parts: Plural
    parts_send: Plural
    parts_copy: str


NL = ComposerWords(
    states={
        "queued": "staat klaar, nog niet verstuurd",
        "sending": "wordt verstuurd",
        "accepted": "aangenomen door {channel} {moment}",
        "refused": "niet verstuurd",
        "unconfirmed": "misschien niet verstuurd",
        "withdrawn": "aangenomen {moment}, toch niet aangekomen",
    },
    stopped="Het kanaal is losgekoppeld. Je antwoord wacht tot een beheerder het weer verbindt.",
    take_back="Haal terug",
    taken_back="Je antwoord is teruggehaald. De tekst staat hieronder.",
    too_late="Te laat om terug te halen: het antwoord is al onderweg.",
    rewrite="Pas aan",
    window_closed="{channel} laat nu geen antwoord toe: dat kon tot {span} na het laatste bericht van de klant ({moment}). "
    "Schrijft de klant weer, dan gaat het open.",
    window_closing="{channel} laat een antwoord toe tot {moment}: nog {span}.",
    signature="Je ondertekening telt mee:",
    left=Plural(one="Nog {n} teken.", other="Nog {n} tekens."),
    over=Plural(one="{n} teken te lang.", other="{n} tekens te lang."),
    personal={
        "email": "Een e-mailadres staat zo in het openbaar.",
        "iban": "Een rekeningnummer staat zo in het openbaar.",
        "phone": "Een telefoonnummer staat zo in het openbaar.",
        "address": "Een postcode met huisnummer staat zo in het openbaar.",
        "bsn": "Een burgerservicenummer staat zo in het openbaar.",
        "order": "Een bestelnummer staat zo in het openbaar.",
    },
    ask_privately="Haal het weg, of vraag de klant om een privébericht.",
    canned="Standaardteksten",
    canned_none="Er zijn geen standaardteksten voor dit gesprek.",
    canned_all="Alle standaardteksten",
    canned_gone="Die standaardtekst is er niet meer.",
    how="Zo gaat je antwoord",
    ways={
        "public": "Openbaar: iedereen leest mee",
        "private": "Privé: alleen de klant leest het",
        "template": "Een goedgekeurde tekst",
    },
    way_until="Kan tot {moment}: nog {span}.",
    way_closed="Kan nu niet.",
    to="Antwoord aan {name}",
    no_way="Een eigen tekst kan nu niet weg.",
    no_way_todo="Antwoord in de app van {channel} en leg dat hier vast.",
    no_way_approved="Verstuur een goedgekeurde tekst, of antwoord in de app van {channel} en leg dat hier vast.",
    unsent="Je tekst, nog niet verstuurd",
    templates="Verstuur een goedgekeurde tekst",
    template_none="Er staan geen goedgekeurde teksten in de instellingen. Vraag een beheerder.",
    template_gap="Vak {n}",
    template_send="Verstuur deze tekst",
    template_empty="Vul elk vak van de tekst in.",
    template_gone="Die tekst staat niet meer in de instellingen.",
    parts=Plural(one="Past in {n} deel:", other="Past in {n} delen:"),
    parts_send=Plural(one="Verstuur als {n} deel", other="Verstuur als {n} delen"),
    parts_copy="Vanuit webcare gaat er maar één antwoord. Kies het belangrijkste deel, of maak het korter.",
)

EN = ComposerWords(
    states={
        "queued": "ready, not sent yet",
        "sending": "is being sent",
        "accepted": "accepted by {channel} {moment}",
        "refused": "not sent",
        "unconfirmed": "perhaps not sent",
        "withdrawn": "accepted {moment}, did not arrive after all",
    },
    stopped="The channel is disconnected. Your answer waits until an administrator connects it again.",
    take_back="Take back",
    taken_back="Your answer is taken back. The text is below.",
    too_late="Too late to take back: the answer is on its way.",
    rewrite="Change it",
    window_closed="{channel} allows no answer now: that was possible until {span} after the customer's last message ({moment}). "
    "It opens when the customer writes again.",
    window_closing="{channel} allows an answer until {moment}: {span} left.",
    signature="Your signature counts too:",
    left=Plural(one="{n} character left.", other="{n} characters left."),
    over=Plural(one="{n} character too long.", other="{n} characters too long."),
    personal={
        "email": "An e-mail address would stand in public.",
        "iban": "An account number would stand in public.",
        "phone": "A telephone number would stand in public.",
        "address": "A postcode with a house number would stand in public.",
        "bsn": "A citizen service number would stand in public.",
        "order": "An order number would stand in public.",
    },
    ask_privately="Take it out, or ask the customer for a private message.",
    canned="Canned texts",
    canned_none="There are no canned texts for this conversation.",
    canned_all="All canned texts",
    canned_gone="That canned text is not there any more.",
    how="How your answer goes",
    ways={
        "public": "Public: everybody can read it",
        "private": "Private: only the customer reads it",
        "template": "An approved text",
    },
    way_until="Possible until {moment}: {span} left.",
    way_closed="Not possible now.",
    to="Answer to {name}",
    no_way="No text of your own can be sent now.",
    no_way_todo="Answer in the app of {channel} and record that here.",
    no_way_approved="Send an approved text, or answer in the app of {channel} and record that here.",
    unsent="Your text, not sent yet",
    templates="Send an approved text",
    template_none="There are no approved texts in the settings. Ask an administrator.",
    template_gap="Gap {n}",
    template_send="Send this text",
    template_empty="Fill in every gap of the text.",
    template_gone="That text is not in the settings any more.",
    parts=Plural(one="Fits in {n} part:", other="Fits in {n} parts:"),
    parts_send=Plural(one="Send as {n} part", other="Send as {n} parts"),
    parts_copy="From here only one answer goes out. Choose the part that matters most, or shorten it.",
)
