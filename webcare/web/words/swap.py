"""The words of the page where people swap shifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapWords:
    title: str
    lead: str
    to_answer: str
    asks: str
    gives_back: str
    span: str
    expires: str
    accept: str
    decline: str
    shift: str
    shift_of: str
    no_shifts: str
    colleague: str
    part: str
    part_hint: str
    starts: str
    ends: str
    back: str
    nothing_back: str
    note: str
    note_hint: str
    ask: str
    arrange: str
    arrange_hint: str
    yours: str
    none: str
    asked_of: str
    asked_by: str
    withdraw: str
    states: Mapping[str, str]
    done: Mapping[str, str]
    not_told: str
    too_late: str
    flaws: Mapping[str, str]


NL = SwapWords(
    title="Ruil een dienst",
    lead="Kun je niet, vraag dan een collega. Het rooster verandert pas als die ja zegt.",
    to_answer="Aan jou gevraagd",
    asks="{name} vraagt of je overneemt:",
    gives_back="Je geeft daarvoor:",
    span="{level}, {start} tot {end}",
    expires="Antwoord voor {moment}.",
    accept="Ik neem het over",
    decline="Ik kan niet",
    shift="Dienst",
    shift_of="{name}: {span}",
    no_shifts="Je hebt de komende 28 dagen geen dienst.",
    colleague="Wie neemt het over",
    part="Alleen een deel",
    part_hint="Laat leeg voor de hele dienst. Tijden in {zone}.",
    starts="Van",
    ends="Tot",
    back="In ruil voor",
    nothing_back="niets",
    note="Erbij",
    note_hint="Mag leeg blijven. Iedereen die de dienst ziet, leest het.",
    ask="Vraag het",
    arrange="Ruil meteen",
    arrange_hint="Meteen ruilen vraagt niemand iets. Beide collega's krijgen bericht.",
    yours="Jouw verzoeken",
    none="Er loopt geen verzoek.",
    asked_of="aan {name}",
    asked_by="van {name}",
    withdraw="Trek in",
    states={
        "asked": "wacht op antwoord",
        "expired": "verlopen zonder antwoord",
        "accepted": "geruild",
        "declined": "afgewezen",
        "withdrawn": "ingetrokken",
    },
    done={
        "asked": "Gevraagd. Je hoort het als er een antwoord is.",
        "accept": "Je neemt de dienst over. Het rooster is aangepast.",
        "decline": "Afgewezen. Je collega hoort het.",
        "withdraw": "Ingetrokken. Je collega hoort het.",
        "arranged": "Geruild. Het rooster is aangepast.",
    },
    not_told="Niet iedereen heeft een contactmethode: zeg het zelf ook.",
    too_late="Dit verzoek is al beantwoord, ingetrokken of verlopen.",
    flaws={
        "level": "Dienst: dit niveau is er niet meer.",
        "shift": "Dienst: die is niet van jou, al voorbij of al gevraagd. Kies een andere.",
        "colleague": "Wie neemt het over: kies een collega uit de lijst.",
        "back": "In ruil voor: die dienst heeft je collega niet meer. Kies een andere.",
        "from": "Van: schrijf een datum en een tijd.",
        "until": "Tot: schrijf een datum en een tijd.",
        "order": "Tot: kies een later moment dan het begin.",
        "past": "Dienst: die is voorbij.",
        "far": "Tot: dat is te ver weg.",
        "reason": "Erbij: neem hooguit 200 tekens.",
    },
)

EN = SwapWords(
    title="Swap a shift",
    lead="If you cannot, ask a colleague. The rota changes only when they say yes.",
    to_answer="Asked of you",
    asks="{name} asks whether you take:",
    gives_back="You give for it:",
    span="{level}, {start} until {end}",
    expires="Answer before {moment}.",
    accept="I take it",
    decline="I cannot",
    shift="Shift",
    shift_of="{name}: {span}",
    no_shifts="You have no shift in the next 28 days.",
    colleague="Who takes it",
    part="Only a part",
    part_hint="Leave empty for the whole shift. Times in {zone}.",
    starts="From",
    ends="Until",
    back="In exchange for",
    nothing_back="nothing",
    note="Note",
    note_hint="May stay empty. Everybody who sees the rota reads it.",
    ask="Ask",
    arrange="Swap at once",
    arrange_hint="Swapping at once asks nobody. Both colleagues are told.",
    yours="Your requests",
    none="There is no request.",
    asked_of="to {name}",
    asked_by="from {name}",
    withdraw="Take back",
    states={
        "asked": "waits for an answer",
        "expired": "expired without an answer",
        "accepted": "swapped",
        "declined": "declined",
        "withdrawn": "taken back",
    },
    done={
        "asked": "Asked. You hear when there is an answer.",
        "accept": "You take the shift. The rota is changed.",
        "decline": "Declined. Your colleague is told.",
        "withdraw": "Taken back. Your colleague is told.",
        "arranged": "Swapped. The rota is changed.",
    },
    not_told="Not everybody has a contact method: tell them yourself as well.",
    too_late="This request was answered, taken back or has expired.",
    flaws={
        "level": "Shift: this level is not there any more.",
        "shift": "Shift: it is not yours, over, or asked already. Choose another one.",
        "colleague": "Who takes it: choose a colleague from the list.",
        "back": "In exchange for: your colleague does not have that shift any more. Choose another one.",
        "from": "From: write a date and a time.",
        "until": "Until: write a date and a time.",
        "order": "Until: choose a later moment than the start.",
        "past": "Shift: it is over.",
        "far": "Until: that is too far away.",
        "reason": "Note: take at most 200 characters.",
    },
)
