"""The words of the queue page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWords:
    title: str
    views_title: str
    views: Mapping[str, str]
    open: str  # these three with `{n}` alone: the figure is replaced while the page is open
    late: str
    soon: str
    columns: Mapping[str, str]
    parts: Mapping[str, str]
    take: str
    nothing_to_take: str
    filters: str
    filter_names: Mapping[str, str]
    search: str
    any: str
    apply: str
    fresh: Plural
    more: str
    empty: str
    empty_todo: str
    none: str
    none_todo: str
    clear: str
    unread: Plural
    keys: str
    key_list: Mapping[str, str]
    closed: str


NL = QueueWords(
    title="Wachtrij",
    views_title="Weergaven",
    views={
        "open": "Alle open",
        "mine": "Van mij",
        "nobody": "Van niemand",
        "late": "Te laat",
        "urgent": "Spoed",
        "unsure": "Twijfelgevallen",
        "snoozed": "Sluimert",
        "closed": "Gesloten",
    },
    open="{n} open",
    late="{n} te laat",
    soon="{n} binnen een uur",
    columns={
        "time": "Tijd over",
        "what": "Klant en eerste regel",
        "labels": "Bedoeling en toon, % zeker",
        "who": "Wie",
        "language": "Taal",
    },
    parts={
        "late": "Te laat",
        "hour": "Binnen een uur",
        "today": "Vandaag",
        "tomorrow": "Morgen",
        "later": "Later",
        "none": "Zonder klok",
        "closed": "Gesloten",
    },
    take="Neem de volgende",
    nothing_to_take="Er is niets te nemen: alles is van iemand, of beantwoord.",
    filters="Filters",
    filter_names={
        "view": "Weergave",
        "channel": "Kanaal",
        "kind": "Soort",
        "claimed_by": "Wie",
        "q": "Zoek in berichten en klanten",
    },
    search="Zoek",
    any="alle",
    apply="Filter",
    fresh=Plural(one="{n} nieuwe zaak · toon", other="{n} nieuwe zaken · toon"),
    more="Toon de volgende",
    empty="Alles is beantwoord",
    empty_todo="Er loopt geen klok. Nieuwe berichten verschijnen hier vanzelf.",
    none="Geen zaak past bij {filter}",
    none_todo="Er zijn wel andere open zaken.",
    clear="Toon alle open zaken",
    unread=Plural(one="{n} bericht", other="{n} berichten"),
    keys="Toetsen",
    key_list={
        "N": "Neem de volgende",
        "J K": "Omlaag, omhoog",
        "Enter": "Open de zaak",
        ".": "Toon nieuwe zaken",
        "/": "Zoek",
        "?": "Deze lijst",
    },
    closed="gesloten",
)

EN = QueueWords(
    title="Queue",
    views_title="Views",
    views={
        "open": "All open",
        "mine": "Mine",
        "nobody": "Nobody's",
        "late": "Late",
        "urgent": "Urgent",
        "unsure": "Doubtful",
        "snoozed": "Snoozed",
        "closed": "Closed",
    },
    open="{n} open",
    late="{n} late",
    soon="{n} within an hour",
    columns={
        "time": "Time left",
        "what": "Customer and first line",
        "labels": "Intent and tone, % sure",
        "who": "Who",
        "language": "Language",
    },
    parts={
        "late": "Late",
        "hour": "Within an hour",
        "today": "Today",
        "tomorrow": "Tomorrow",
        "later": "Later",
        "none": "No clock",
        "closed": "Closed",
    },
    take="Take the next one",
    nothing_to_take="There is nothing to take: all cases are somebody's, or answered.",
    filters="Filters",
    filter_names={
        "view": "View",
        "channel": "Channel",
        "kind": "Kind",
        "claimed_by": "Who",
        "q": "Search in messages and customers",
    },
    search="Search",
    any="all",
    apply="Filter",
    fresh=Plural(one="{n} new case · show", other="{n} new cases · show"),
    more="Show the next",
    empty="Everything is answered",
    empty_todo="No clock is running. New messages appear here by themselves.",
    none="No case fits {filter}",
    none_todo="There are other open cases.",
    clear="Show all open cases",
    unread=Plural(one="{n} message", other="{n} messages"),
    keys="Keys",
    key_list={
        "N": "Take the next one",
        "J K": "Down, up",
        "Enter": "Open the case",
        ".": "Show new cases",
        "/": "Search",
        "?": "This list",
    },
    closed="closed",
)
