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
    empty_last: str
    empty_todo: str
    see_snoozed: str
    see_closed: str
    none: str
    none_todo: str
    clear: str
    unread: Plural
    keys: str
    key_list: Mapping[str, str]
    closed: str
    languages: Mapping[str, str]
    me: str
    search_here: str
    search_all: str
    searched: str
    cut: str
    saved: str
    save: str
    save_name: str
    save_hint: str
    save_done: str
    save_again: str
    save_flaw: str
    save_full: str
    remove: str
    csv: str
    pick: str
    pick_mode: str
    chosen: str
    bulk: str
    bulk_take: str
    bulk_assign: str
    bulk_assign_to: str
    bulk_snooze: str
    bulk_snooze_until: str
    bulk_no_answer: str
    bulk_clear: str
    bulk_none: str
    bulk_done: Mapping[str, Plural]
    bulk_refused: Mapping[str, Plural]
    bulk_refused_otherwise: Plural
    commands: str
    command_find: str
    command_none: str


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
        "likely": "Waarschijnlijk gemist",
        "maybe": "Misschien gemist",
        "low": "Risico laag",
        "unknown": "Zonder schatting",
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
        "intent": "Bedoeling",
        "sentiment": "Toon",
        "language": "Taal",
        "brand": "Merk",
        "tag": "Label",
        "q": "Zoek in berichten en klanten",
    },
    search="Zoek",
    any="alle",
    apply="Filter",
    fresh=Plural(one="{n} nieuwe zaak · toon", other="{n} nieuwe zaken · toon"),
    more="Toon de volgende",
    empty="Alles is beantwoord",
    empty_last="Laatste antwoord: {moment}, met {span} over.",
    empty_todo="Er loopt geen klok. Nieuwe berichten verschijnen hier vanzelf.",
    see_snoozed="Bekijk wat sluimert",
    see_closed="Bekijk wat gesloten is",
    none="Geen zaak past bij {filter}",
    none_todo="Er zijn wel andere open zaken.",
    clear="Toon alle open zaken",
    unread=Plural(one="{n} bericht", other="{n} berichten"),
    keys="Toetsen",
    key_list={
        "N": "Neem de volgende",
        "J K": "Omlaag, omhoog",
        "Enter": "Open de zaak",
        "X": "Kies deze rij",
        "Shift X": "Kies tot hier",
        "C A S G": "Met deze rij of de gekozen rijen: neem, wijs toe, sluimer, geen antwoord nodig",
        "Esc": "Wis keuze",
        "Ctrl K": "Alle opdrachten",
        ".": "Toon nieuwe zaken",
        "/": "Zoek",
        "?": "Deze lijst",
    },
    closed="gesloten",
    languages={"nl": "Nederlands", "en": "Engels", "de": "Duits", "fr": "Frans", "und": "onbekend"},
    me="mij",
    search_here="Zoek in de wachtrij",
    search_all="Overal",
    searched="Zaken met „{text}”",
    cut="Dit kijkt in de nieuwste 1.000 berichten met deze woorden.",
    saved="Opgeslagen",
    save="Bewaar deze weergave",
    save_name="Naam van de weergave",
    save_hint="Bewaart de filters die nu gekozen zijn, alleen voor jou. Een naam die er al is, wordt vervangen.",
    save_done="De weergave {name} is bewaard.",
    save_again="Bewaar",
    save_flaw="Geef de weergave een naam van 1 tot 60 tekens.",
    save_full="Je bewaart al 30 weergaven. Verwijder er eerst een.",
    remove="Verwijder",
    csv="Download als CSV",
    pick="Kies de zaak van {name}",
    pick_mode="Kies",
    chosen="gekozen",
    bulk="Met de gekozen zaken",
    bulk_take="Neem",
    bulk_assign="Wijs toe",
    bulk_assign_to="Aan wie?",
    bulk_snooze="Sluimer",
    bulk_snooze_until="Tot wanneer?",
    bulk_no_answer="Geen antwoord nodig",
    bulk_clear="Wis keuze",
    bulk_none="Kies eerst een zaak.",
    bulk_done={
        "claim": Plural(one="{n} genomen", other="{n} genomen"),
        "assign": Plural(one="{n} toegewezen aan {who}", other="{n} toegewezen aan {who}"),
        "snooze": Plural(one="{n} sluimert tot {who}", other="{n} sluimeren tot {who}"),
        "tag": Plural(one="{n} kreeg het label", other="{n} kregen het label"),
        "no_answer": Plural(one="{n} heeft geen antwoord nodig", other="{n} hebben geen antwoord nodig"),
    },
    bulk_refused={
        "taken": Plural(one="{n} is al van {who}", other="{n} zijn al van {who}"),
        "closed": Plural(one="{n} is al gesloten", other="{n} zijn al gesloten"),
        "no_case": Plural(one="{n} bestaat niet", other="{n} bestaan niet"),
        "no_such_person": Plural(
            one="{n} niet: {who} beantwoordt geen klanten", other="{n} niet: {who} beantwoordt geen klanten"
        ),
    },
    bulk_refused_otherwise=Plural(one="{n} lukt niet", other="{n} lukken niet"),
    commands="Opdrachten",
    command_find="Zoek een opdracht",
    command_none="Geen opdracht met die naam.",
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
        "language": "Lang.",
    },
    parts={
        "late": "Late",
        "hour": "Within an hour",
        "today": "Today",
        "tomorrow": "Tomorrow",
        "later": "Later",
        "likely": "Likely missed",
        "maybe": "Possibly missed",
        "low": "Low risk",
        "unknown": "No estimate",
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
        "intent": "Intent",
        "sentiment": "Tone",
        "language": "Language",
        "brand": "Brand",
        "tag": "Tag",
        "q": "Search in messages and customers",
    },
    search="Search",
    any="all",
    apply="Filter",
    fresh=Plural(one="{n} new case · show", other="{n} new cases · show"),
    more="Show the next",
    empty="Everything is answered",
    empty_last="Last answer: {moment}, with {span} to spare.",
    empty_todo="No clock is running. New messages appear here by themselves.",
    see_snoozed="See what is snoozed",
    see_closed="See what is closed",
    none="No case fits {filter}",
    none_todo="There are other open cases.",
    clear="Show all open cases",
    unread=Plural(one="{n} message", other="{n} messages"),
    keys="Keys",
    key_list={
        "N": "Take the next one",
        "J K": "Down, up",
        "Enter": "Open the case",
        "X": "Select this row",
        "Shift X": "Select up to here",
        "C A S G": "With this row or the selected ones: take, assign, snooze, no reply needed",
        "Esc": "Clear selection",
        "Ctrl K": "All commands",
        ".": "Show new cases",
        "/": "Search",
        "?": "This list",
    },
    closed="closed",
    languages={"nl": "Dutch", "en": "English", "de": "German", "fr": "French", "und": "unknown"},
    me="me",
    search_here="Search the queue",
    search_all="Everywhere",
    searched="Cases with “{text}”",
    cut="This looks in the newest 1,000 messages with these words.",
    saved="Saved",
    save="Save this view",
    save_name="Name of the view",
    save_hint="Saves the filters chosen now, for you alone. A name that exists already is replaced.",
    save_done="The view {name} is saved.",
    save_again="Save",
    save_flaw="Give the view a name of 1 to 60 characters.",
    save_full="You keep 30 views already. Remove one first.",
    remove="Remove",
    csv="Download as CSV",
    pick="Select the case of {name}",
    pick_mode="Select",
    chosen="selected",
    bulk="With the selected cases",
    bulk_take="Take",
    bulk_assign="Assign",
    bulk_assign_to="To whom?",
    bulk_snooze="Snooze",
    bulk_snooze_until="Until when?",
    bulk_no_answer="No reply needed",
    bulk_clear="Clear selection",
    bulk_none="Select a case first.",
    bulk_done={
        "claim": Plural(one="{n} taken", other="{n} taken"),
        "assign": Plural(one="{n} assigned to {who}", other="{n} assigned to {who}"),
        "snooze": Plural(one="{n} snoozed until {who}", other="{n} snoozed until {who}"),
        "tag": Plural(one="{n} tagged", other="{n} tagged"),
        "no_answer": Plural(one="{n} needs no reply", other="{n} need no reply"),
    },
    bulk_refused={
        "taken": Plural(one="{n} is {who}'s already", other="{n} are {who}'s already"),
        "closed": Plural(one="{n} is closed already", other="{n} are closed already"),
        "no_case": Plural(one="{n} does not exist", other="{n} do not exist"),
        "no_such_person": Plural(one="{n} not: {who} answers no customers", other="{n} not: {who} answers no customers"),
    },
    bulk_refused_otherwise=Plural(one="{n} cannot", other="{n} cannot"),
    commands="Commands",
    command_find="Find a command",
    command_none="No command of that name.",
)
