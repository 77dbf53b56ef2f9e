"""The words of the page that the link in an alert opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.letters.words import Plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPageWords:
    """`hindrances` say why a genuine link opens nothing any more, `standings` why a case has no buttons."""

    meant_for: str
    case: str
    until_pressed: str
    take: str
    seen: str
    seen_all: Plural
    pass_on: str
    was_seen: str
    was_passed: str
    also: Plural
    more: Plural
    who_knows: str
    nobody_knows: str
    yours: str
    standings: Mapping[str, str]
    by_nobody: Mapping[str, str]  # the same, where nobody of ours did it
    open_case: str
    open_queue: str
    hindrances: Mapping[str, str]
    other_person: str
    gone: str
    gone_todo: str
    wait: str
    wait_todo: str
    pass_title: str
    pass_hint: str
    next: str
    not_now: str
    obstacles: Mapping[str, str]
    nobody: str
    back: str
    done: Mapping[str, str]
    asked: str  # on the page of the case


NL = AlertPageWords(
    meant_for="Melding voor",
    case="zaak {case}",
    until_pressed="Er gebeurt pas iets als je drukt. Deze link is van jou, elke knop werkt één keer; de link verloopt {moment}.",
    take="Ik pak dit op",
    seen="Gezien",
    seen_all=Plural(one="Gezien", other="Alle {n} gezien"),
    pass_on="Geef door",  # noqa: S106 - a label
    was_seen="Gezien, {moment}",
    was_passed="Doorgegeven aan {name}",
    also=Plural(one="Ook bij jou: nog {n} zaak", other="Ook bij jou: nog {n} zaken"),
    more=Plural(one="En nog {n} zaak in de wachtrij.", other="En nog {n} zaken in de wachtrij."),
    who_knows="Wie het al weet",
    nobody_knows="Alleen jij.",
    yours="De zaak is van jou, {moment}. Open hem om te antwoorden.",
    standings={
        "taken": "Genomen door {name}, {moment}. Je hoeft niets meer te doen.",
        "given_back": "{name} gaf de zaak terug, {moment}. Open hem om hem zelf te nemen.",
        "quiet": "Beantwoord door {name}, {moment}. Je hoeft niets meer te doen.",
        "closed": "Gesloten door {name}, {moment}. Je hoeft niets meer te doen.",
    },
    by_nobody={
        "taken": "De zaak is genomen.",
        "given_back": "De zaak is teruggegeven. Open hem om hem zelf te nemen.",
        "quiet": "Er loopt geen klok meer. Je hoeft niets meer te doen.",
        "closed": "De zaak is gesloten. Je hoeft niets meer te doen.",
    },
    open_case="Open zaak {case}",
    open_queue="Open de wachtrij",
    hindrances={
        "expired": "Deze link is verlopen, {moment}. Log in om verder te gaan.",
        "off": "Je kunt niet meer inloggen, dus deze link doet niets meer. Vraag het je beheerder.",
        "role": "Met jouw rol neem je geen zaken, dus deze link doet niets meer.",
    },
    other_person="Deze link is van {name}, en jij bent ingelogd als {you}. Open de zaak om hem zelf te nemen.",
    gone="Deze link werkt niet",
    gone_todo="Hij is niet heel overgekomen, of te oud. Open de wachtrij om te zien wie wacht.",
    wait="Wacht even",
    wait_todo="Er kwamen hier veel links binnen die niet kloppen. Wacht {span}, of open de wachtrij.",
    pass_title="Aan wie geef je dit door?",  # noqa: S106 - a label
    pass_hint="Wie je kiest, hoort het meteen. Jij hoort het hierover niet nog eens.",  # noqa: S106 - a sentence
    next="volgende",
    not_now="Nu niet te bereiken",
    obstacles={"quiet hours": "rusttijd", "no contact method": "geen contact bekend", "nobody on call": "geen dienst"},
    nobody="Niemand anders is nu te bereiken. Pak het zelf op, of bel een collega.",
    back="Terug",
    done={
        "seen": "Genoteerd. Deze melding komt niet nog eens.",
        "seen-all": "Genoteerd. Deze meldingen komen niet nog eens.",
        "pass": "Doorgegeven. Je collega hoort het nu.",
    },
    asked="Je kreeg een melding over deze zaak.",
)

EN = AlertPageWords(
    meant_for="Alert for",
    case="case {case}",
    until_pressed="Nothing happens until you press. This link is yours, each button works once; the link ends {moment}.",
    take="I'll take it",
    seen="Seen",
    seen_all=Plural(one="Seen", other="Seen all {n}"),
    pass_on="Pass on",  # noqa: S106 - a label
    was_seen="Seen, {moment}",
    was_passed="Passed on to {name}",
    also=Plural(one="With you too: {n} more case", other="With you too: {n} more cases"),
    more=Plural(one="And {n} more case in the queue.", other="And {n} more cases in the queue."),
    who_knows="Who knows already",
    nobody_knows="Only you.",
    yours="The case is yours, {moment}. Open it to answer.",
    standings={
        "taken": "Taken by {name}, {moment}. Nothing left for you to do.",
        "given_back": "{name} gave the case back, {moment}. Open it to take it yourself.",
        "quiet": "Answered by {name}, {moment}. Nothing left for you to do.",
        "closed": "Closed by {name}, {moment}. Nothing left for you to do.",
    },
    by_nobody={
        "taken": "The case is taken.",
        "given_back": "The case was given back. Open it to take it yourself.",
        "quiet": "No clock is running any more. Nothing left for you to do.",
        "closed": "The case is closed. Nothing left for you to do.",
    },
    open_case="Open case {case}",
    open_queue="Open the queue",
    hindrances={
        "expired": "This link has ended, {moment}. Log in to go on.",
        "off": "You can no longer log in, so this link does nothing any more. Ask your administrator.",
        "role": "Your role takes no cases, so this link does nothing any more.",
    },
    other_person="This link is {name}'s, and you are logged in as {you}. Open the case to take it yourself.",
    gone="This link does not work",
    gone_todo="It did not arrive whole, or it is too old. Open the queue to see who waits.",
    wait="Wait a moment",
    wait_todo="Many links came from here that are not right. Wait {span}, or open the queue.",
    pass_title="Whom do you pass this on to?",  # noqa: S106 - a label
    pass_hint="Whom you choose hears of it at once. You do not hear of it again.",  # noqa: S106 - a sentence
    next="next",
    not_now="Cannot be reached now",
    obstacles={"quiet hours": "quiet hours", "no contact method": "no contact known", "nobody on call": "off call"},
    nobody="Nobody else can be reached now. Take it yourself, or call a colleague.",
    back="Back",
    done={
        "seen": "Noted. This alert does not come again.",
        "seen-all": "Noted. These alerts do not come again.",
        "pass": "Passed on. Your colleague hears of it now.",
    },
    asked="You had an alert about this case.",
)
