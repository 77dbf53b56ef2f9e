"""The words of what a person does with a case: hand over, put off, promise, block, put right; and of who else looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ActsWords:
    hand_over: str
    hand_over_title: str
    on_call: str
    nobody_else: str
    taken: str
    snooze: str
    snooze_title: str
    presets: Mapping[str, str]
    clock_goes_on: str
    clock_stands: str
    promise_stands: str
    own_time: str
    snooze_until: str
    snoozed_until: str
    awake: str
    more: str
    promise: str
    promise_hint: str
    promise_until: str
    declared: str
    declared_hint: str
    declared_at: str
    declared_how: str
    declared_save: str
    declared_by: str
    declared_line: str
    undeclare: str
    undeclared: str
    undeclared_by: str
    passed_on: str
    spam: str
    spam_hint: str
    spam_do: str
    block: str
    block_hint: str
    block_reason: str
    block_do: str
    blocked_by: str
    unblock: str
    wrong: str
    intents: str
    sentiment: str
    needs: str
    needs_yes: str
    needs_no: str
    urgency: str
    urgency_normal: str
    save: str
    looks: str
    types: str
    looks_many: str
    answered: str
    done: Mapping[str, str]


NL = ActsWords(
    hand_over="Wijs toe",
    hand_over_title="Aan wie wijs je deze zaak toe?",
    on_call="heeft dienst",
    nobody_else="Er is niemand anders die klanten antwoordt.",
    taken="De zaak is van {name}. Vraag om hem over te nemen; een teamleider kan hem ook toewijzen.",
    snooze="Sluimer",
    snooze_title="Tot wanneer sluimert deze zaak?",
    presets={
        "hour": "1 uur",
        "hours": "4 uur",
        "evening": "Vanavond",
        "noon": "Morgenmiddag",
        "tomorrow": "Morgenochtend",
        "monday": "Maandagochtend",
    },
    clock_goes_on="De klok van een klant die op antwoord wacht, loopt door.",
    clock_stands="De klok van de klant staat zolang stil: zo wil deze regel het.",
    promise_stands="Een belofte staat zolang stil.",
    own_time="Of op dag en tijd",
    snooze_until="Sluimer tot dan",
    snoozed_until="Sluimert tot {moment}.",
    awake="Maak wakker",
    more="Meer",
    promise="Belofte",
    promise_hint="Je zei de klant dat je terugkomt. Er loopt een klok tot dan; een eerdere belofte vervalt.",
    promise_until="Beloof dit",
    declared="Buiten webcare beantwoord",
    declared_hint="De klant kreeg antwoord aan de telefoon of in de winkel. De klok stopt op dat tijdstip.",
    declared_at="Wanneer",
    declared_how="Hoe, in een regel",
    declared_save="Leg vast",
    declared_by="{name} antwoordde buiten webcare",
    declared_line="{by} antwoordde buiten webcare",
    undeclare="Neem dit terug",
    undeclared="teruggenomen",
    undeclared_by="{by} nam een antwoord buiten webcare terug",
    passed_on="{by} gaf de melding door aan {to}",
    spam="Spam",
    spam_hint="De zaak gaat dicht en niets erin wil antwoord. De afzender kan een nieuwe openen.",
    spam_do="Sluit als spam",
    block="Blokkeer afzender",
    block_hint="Al zijn open zaken op dit soort kanaal gaan dicht. Wat hij nog schrijft, opent niets en waarschuwt niemand.",
    block_reason="Reden",
    block_do="Blokkeer",
    blocked_by="Geblokkeerd door {name}",
    unblock="Hef blokkade op",
    wrong="Klopt niet?",
    intents="Wat is het",
    sentiment="Toon",
    needs="Antwoord",
    needs_yes="nodig",
    needs_no="niet nodig",
    urgency="Haast",
    urgency_normal="gewoon",
    save="Bewaar",
    looks="{name} kijkt mee",
    types="{name} typt",
    looks_many="{name} en nog {n} kijken mee",
    answered="{name} heeft geantwoord terwijl je hier was. Lees dat eerst; verstuur je, dan vragen we het nog eens.",
    done={
        "seen": "Genoteerd. Deze melding komt niet nog eens.",
        "hand-over": "De zaak is toegewezen.",
        "snooze": "De zaak sluimert.",
        "awake": "De zaak is wakker.",
        "promise": "De belofte staat bij de klokken.",
        "declared": "Het antwoord is vastgelegd.",
        "undeclare": "Het antwoord telt niet meer.",
        "spam": "De zaak is gesloten als spam.",
        "block": "De afzender is geblokkeerd.",
        "unblock": "De afzender is niet meer geblokkeerd.",
        "verdict": "Je oordeel is bewaard.",
    },
)

EN = ActsWords(
    hand_over="Assign",
    hand_over_title="Whom do you assign this case to?",
    on_call="on call",
    nobody_else="There is nobody else who answers customers.",
    taken="The case is {name}'s. Ask to take it over; a lead can assign it too.",
    snooze="Snooze",
    snooze_title="Until when does this case sleep?",
    presets={
        "hour": "1 hour",
        "hours": "4 hours",
        "evening": "This evening",
        "noon": "Tomorrow at noon",
        "tomorrow": "Tomorrow morning",
        "monday": "Monday morning",
    },
    clock_goes_on="The clock of a customer who waits for an answer runs on.",
    clock_stands="The customer's clock stands still meanwhile: this rule wants it so.",
    promise_stands="A promise stands still meanwhile.",
    own_time="Or on a day and time",
    snooze_until="Snooze until then",
    snoozed_until="Sleeps until {moment}.",
    awake="Wake it",
    more="More",
    promise="Promise",
    promise_hint="You told the customer that you come back. A clock runs until then; an earlier promise gives way.",
    promise_until="Promise this",
    declared="Answered outside webcare",
    declared_hint="The customer was answered by telephone or in the shop. The clock stops at that time.",
    declared_at="When",
    declared_how="How, in a line",
    declared_save="Record it",
    declared_by="{name} answered outside webcare",
    declared_line="{by} answered outside webcare",
    undeclare="Take this back",
    undeclared="taken back",
    undeclared_by="{by} took back an answer outside webcare",
    passed_on="{by} passed the alert on to {to}",
    spam="Spam",
    spam_hint="The case closes and nothing in it wants an answer. The sender can open a new one.",
    spam_do="Close as spam",
    block="Block the sender",
    block_hint="All their open cases on this kind of channel close. What they write from now on opens nothing and alerts nobody.",
    block_reason="Reason",
    block_do="Block",
    blocked_by="Blocked by {name}",
    unblock="Unblock",
    wrong="Not right?",
    intents="What it is",
    sentiment="Tone",
    needs="Answer",
    needs_yes="needed",
    needs_no="not needed",
    urgency="Urgency",
    urgency_normal="normal",
    save="Save",
    looks="{name} is looking too",
    types="{name} is typing",
    looks_many="{name} and {n} more are looking too",
    answered="{name} has answered while you were here. Read that first; when you send, we ask once more.",
    done={
        "seen": "Noted. This alert does not come again.",
        "hand-over": "The case is assigned.",
        "snooze": "The case sleeps.",
        "awake": "The case is awake.",
        "promise": "The promise stands with the clocks.",
        "declared": "The answer is recorded.",
        "undeclare": "The answer does not count any more.",
        "spam": "The case is closed as spam.",
        "block": "The sender is blocked.",
        "unblock": "The sender is no longer blocked.",
        "verdict": "Your verdict is saved.",
    },
)
