"""The words of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWords:
    """What has no name here is shown by its own."""

    title: str
    intro: str
    filters: str
    filter_names: Mapping[str, str]
    any: str
    apply: str
    clear: str
    export: str
    none: str
    none_filtered: str
    caption: str
    columns: Mapping[str, str]
    acts: Mapping[str, str]
    facts: Mapping[str, str]
    older: str
    newest: str


NL = AuditWords(
    title="Logboek",
    intro="Wie wat deed, en wanneer. Er staan geen woorden van klanten in.",
    filters="Filters",
    filter_names={"by": "Wie", "what": "Wat", "first": "Vanaf", "last": "Tot en met"},
    any="alle",
    apply="Filter",
    clear="Toon alles",
    export="Bewaar als CSV",
    none="Er staat nog niets in het logboek",
    none_filtered="Niets past bij dit filter",
    caption="Wie wat deed",
    columns={"at": "Wanneer", "by": "Wie", "what": "Wat", "facts": "Gegevens"},
    acts={
        "login": "logde in",
        "logout": "logde overal uit",
        "password": "veranderde een wachtwoord",
        "invite": "nodigde iemand uit",
        "disable": "sloot een account",
        "enable": "opende een account",
        "person": "wijzigde een medewerker",
        "contact": "wijzigde een contactmethode",
        "block": "blokkeerde een afzender",
        "unblock": "hief een blokkade op",
        "same_customer": "koppelde een klant",
        "not_same_customer": "koppelde een klant los",
        "erase": "wiste de gegevens van een klant",
        "download": "nam zaken mee als CSV",
        "export": "gaf de gegevens van een klant uit",
        "retention": "ruimde op",
        "resume": "gaf verzending vrij",
        "import": "importeerde",
        "settings": "veranderde instellingen",
        "role": "veranderde een rol",
        "people": "veranderde mensen",
        "rota": "veranderde de dienst",
        "peak_start": "startte een piek",
        "peak_end": "sloot een piek af",
        "peak_dismiss": "wees een voorgestelde piek af",
        "swap": "ruilde een dienst",
        "drill": "stuurde een proefalarm",
        "model": "koos een model",
        "hide": "verborg een bericht",
        "unhide": "toonde een bericht weer",
        "like": "vond een bericht leuk",
        "unlike": "haalde een vind-ik-leuk weg",
    },
    facts={
        "person": "persoon",
        "address": "adres",
        "case": "zaak",
        "peak": "piek",
        "cases": "zaken",
        "message": "bericht",
        "messages": "berichten",
        "raw_bodies": "ruwe berichten",
        "sessions": "sessies",
        "released": "vrijgegeven",
        "by": "door",
        "role": "rol",
        "filters": "filters",
    },
    older="Ouder",
    newest="Naar de nieuwste",
)

EN = AuditWords(
    title="Audit log",
    intro="Who did what, and when. No customer's words are in it.",
    filters="Filters",
    filter_names={"by": "Who", "what": "What", "first": "From", "last": "Up to and including"},
    any="all",
    apply="Filter",
    clear="Show everything",
    export="Save as CSV",
    none="Nothing is in the audit log yet",
    none_filtered="Nothing matches this filter",
    caption="Who did what",
    columns={"at": "When", "by": "Who", "what": "What", "facts": "Facts"},
    acts={
        "login": "logged in",
        "logout": "logged out everywhere",
        "password": "changed a password",
        "invite": "invited somebody",
        "disable": "closed an account",
        "enable": "opened an account",
        "person": "changed a person",
        "contact": "changed a contact method",
        "block": "blocked an author",
        "unblock": "unblocked an author",
        "same_customer": "linked a customer",
        "not_same_customer": "unlinked a customer",
        "erase": "erased the data of a customer",
        "download": "took cases along as CSV",
        "export": "handed out the data of a customer",
        "retention": "cleaned up",
        "resume": "released what was held",
        "import": "imported",
        "settings": "changed settings",
        "role": "changed a role",
        "people": "changed people",
        "rota": "changed the rota",
        "peak_start": "started a peak",
        "peak_end": "ended a peak",
        "peak_dismiss": "set a proposed peak aside",
        "swap": "swapped a shift",
        "drill": "sent a drill",
        "model": "chose a model",
        "hide": "hid a message",
        "unhide": "showed a message again",
        "like": "liked a message",
        "unlike": "removed a like",
    },
    facts={
        "person": "person",
        "address": "address",
        "case": "case",
        "peak": "peak",
        "cases": "cases",
        "message": "message",
        "messages": "messages",
        "raw_bodies": "raw bodies",
        "sessions": "sessions",
        "released": "released",
        "by": "by",
        "role": "role",
        "filters": "filters",
    },
    older="Older",
    newest="To the newest",
)
