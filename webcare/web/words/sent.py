"""The words of the page of what went out, and of a letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class SentWords:
    """`results` take `{reason}` where there is one, and `{moment}` where it is tried again."""

    title: str
    intro: str
    filters: str
    filter_names: Mapping[str, str]
    kinds: Mapping[str, str]
    any: str
    failed: str
    apply: str
    clear: str
    none: str
    none_filtered: str
    caption: str
    columns: Mapping[str, str]
    due: str
    kind: Mapping[str, str]
    automatic: str
    to_customer: str
    by: str
    methods: Mapping[str, str]
    case: str
    more: Plural
    dead: str
    trouble: str
    recovered: str
    news: Mapping[str, str]
    digest: str
    results: Mapping[str, str]
    reason: str
    attempts: Plural
    acked: str
    older: str
    newest: str
    letter_title: str
    letter_to: str
    letter_sent: str
    letter_written: str
    letter_frame: str
    letter_alone: str
    letter_text: str
    back: str


NL = SentWords(
    title="Verzonden",
    intro="Wie is waarover gewaarschuwd, welke brief ging uit, welk antwoord. De nieuwste bovenaan.",
    filters="Filters",
    filter_names={"kind": "Soort", "person": "Wie"},
    kinds={"alert": "meldingen", "letter": "brieven", "reply": "antwoorden"},
    any="alle",
    failed="Alleen wat niet aankwam",
    apply="Filter",
    clear="Toon alles",
    none="Er is nog niets verzonden",
    none_filtered="Niets past bij dit filter",
    caption="Wat er uitging",
    columns={"at": "Wanneer", "what": "Wat", "to": "Aan", "about": "Waarover", "result": "Hoe het ging"},
    due="klaar {moment}",
    kind={"alert": "melding", "letter": "brief", "reply": "antwoord"},
    automatic="automatisch",
    to_customer="de klant",
    by="van {name}",
    methods={"last_resort": "laatste uitweg", "channel": "het kanaal"},
    case="zaak {number}",
    more=Plural(one="en nog {n}", other="en nog {n}"),
    dead="contact werkt niet: {name}",
    trouble="storing: {name}",
    recovered="weer in orde: {name}",
    news={
        "test": "test van een contactmethode",
        "swap": "ruil van een dienst",
        "drill": "proefalarm",
        "preflight": "nachtelijke controle",
    },
    digest="dagbrief over {day}",
    results={
        "waiting": "wacht",
        "underway": "wordt verzonden",
        "retry": "opnieuw om {moment}",
        "delivered": "afgeleverd",
        "refused": "geweigerd",
        "no_answer": "geen antwoord",
        "held": "vastgehouden na het terugzetten van een back-up",
        "unconfirmed": "onbekend of het aankwam",
        "withdrawn": "aangenomen, toch niet aangekomen",
        "over": "niet verzonden: niemand wachtte nog",
    },
    reason="reden: {reason}",
    attempts=Plural(one="{n} poging", other="{n} pogingen"),
    acked="gezien door {name}, {moment}",
    older="Ouder",
    newest="Naar de nieuwste",
    letter_title="Dagbrief over {day}",
    letter_to="Aan {name}.",
    letter_sent="Verzonden {moment}.",
    letter_written="Geschreven {moment}, nog niet verzonden.",
    letter_frame="De brief zoals die is verzonden",
    letter_alone="Open de brief los",
    letter_text="De brief als tekst",
    back="Terug naar de brieven",
)

EN = SentWords(
    title="Sent",
    intro="Who was alerted about what, which letter went out, which answer. The newest on top.",
    filters="Filters",
    filter_names={"kind": "Kind", "person": "Who"},
    kinds={"alert": "alerts", "letter": "letters", "reply": "answers"},
    any="all",
    failed="Only what did not arrive",
    apply="Filter",
    clear="Show everything",
    none="Nothing was sent yet",
    none_filtered="Nothing matches this filter",
    caption="What went out",
    columns={"at": "When", "what": "What", "to": "To", "about": "About", "result": "How it went"},
    due="ready {moment}",
    kind={"alert": "alert", "letter": "letter", "reply": "answer"},
    automatic="automatic",
    to_customer="the customer",
    by="by {name}",
    methods={"last_resort": "last resort", "channel": "the channel"},
    case="case {number}",
    more=Plural(one="and {n} more", other="and {n} more"),
    dead="contact does not work: {name}",
    trouble="trouble: {name}",
    recovered="well again: {name}",
    news={"test": "test of a contact method", "swap": "swap of a shift", "drill": "drill", "preflight": "nightly check"},
    digest="daily letter of {day}",
    results={
        "waiting": "waits",
        "underway": "being sent",
        "retry": "again at {moment}",
        "delivered": "delivered",
        "refused": "refused",
        "no_answer": "no answer",
        "held": "held after a backup was restored",
        "unconfirmed": "unknown whether it arrived",
        "withdrawn": "accepted, and yet it did not arrive",
        "over": "not sent: nobody waited any more",
    },
    reason="reason: {reason}",
    attempts=Plural(one="{n} attempt", other="{n} attempts"),
    acked="seen by {name}, {moment}",
    older="Older",
    newest="To the newest",
    letter_title="Daily letter of {day}",
    letter_to="To {name}.",
    letter_sent="Sent {moment}.",
    letter_written="Written {moment}, not sent yet.",
    letter_frame="The letter as it was sent",
    letter_alone="Open the letter alone",
    letter_text="The letter as text",
    back="Back to the letters",
)
