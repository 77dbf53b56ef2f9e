"""The words of the search page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchWords:
    title: str
    lead: str
    label: str
    submit: str
    here: str
    found: Plural
    none: str
    none_todo: str
    more: str
    show_more: str
    narrow: str
    case: str
    states: Mapping[str, str]
    no_case: str
    by_number: str
    ours: str
    open_case: str
    refused: Mapping[str, str]
    refused_otherwise: str


NL = SearchWords(
    title="Zoek",
    lead="In alle berichten, ook die geen zaak werden. Op woorden, namen, of het nummer van een zaak (#4885).",
    label="Zoek in alle berichten",
    submit="Zoek",
    here="Alleen in de wachtrij",
    found=Plural(one="{n} resultaat, het nieuwste bovenaan", other="{n} resultaten, het nieuwste bovenaan"),
    none="Niets gevonden voor „{text}”",
    none_todo="Alle woorden moeten in één bericht staan. Het laatste woord mag onaf zijn. Probeer minder woorden.",
    more="Er is meer dan hier staat.",
    show_more="Toon meer",
    narrow="Er is meer dan hier staat. Voeg een woord toe om te vinden wat je zoekt.",
    case="zaak {case}",
    states={"open": "open", "closed": "gesloten"},
    no_case="geen zaak",
    by_number="op nummer gevonden",
    ours="van ons",
    open_case="Maak er een zaak van",
    refused={
        "in_a_case": "Dit bericht hoort intussen al bij een zaak.",
        "no_such_message": "Dit bericht van een klant is er niet meer.",
    },
    refused_otherwise="Dit bericht kan geen zaak worden.",
)

EN = SearchWords(
    title="Search",
    lead="In all messages, also those that opened no case. By words, names, or the number of a case (#4885).",
    label="Search all messages",
    submit="Search",
    here="In the queue only",
    found=Plural(one="{n} result, the newest on top", other="{n} results, the newest on top"),
    none="Nothing found for “{text}”",
    none_todo="All words must stand in one message. The last word may be unfinished. Try fewer words.",
    more="There is more than is shown here.",
    show_more="Show more",
    narrow="There is more than is shown here. Add a word to find what you look for.",
    case="case {case}",
    states={"open": "open", "closed": "closed"},
    no_case="no case",
    by_number="found by number",
    ours="ours",
    open_case="Make it a case",
    refused={
        "in_a_case": "This message belongs to a case by now.",
        "no_such_message": "This message of a customer is gone.",
    },
    refused_otherwise="This message cannot become a case.",
)
