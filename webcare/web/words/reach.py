"""The words of the page that says how one person is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachWords:
    own_title: str
    title: str
    lead: str
    own_link: str
    own_link_hint: str
    link: str
    back_own: str
    back: str
    quiet: str
    quiet_hint: str
    starts: str
    ends: str
    save: str
    contacts: str
    order_hint: str
    none: str
    detail: str
    is_trusted: str
    trust: str
    distrust: str
    test: str
    test_all: str
    test_hint: str
    again: str
    became: Mapping[str, str]
    reason: str
    not_tested: str
    queued: str


NL = ReachWords(
    own_title="Hoe je bereikt wordt",
    title="Hoe {name} bereikt wordt",
    lead="Een melding gaat via de eerste methode. Lukt die niet, dan via de volgende.",
    own_link="Contactmethoden en rusttijden",
    own_link_hint="Hoe een melding bij je komt, wanneer niet, en een test.",
    link="Rusttijden en test",
    back_own="Terug naar je pagina",
    back="Terug naar Mensen",
    quiet="Rusttijden",
    quiet_hint="In {zone}, elke dag. Spoed gaat altijd door, de rest komt erna in één bericht. Leeg is geen rusttijd.",
    starts="Van",
    ends="Tot",
    save="Bewaar",
    contacts="Contactmethoden, in volgorde",
    order_hint="De bovenste komt eerst.",
    none="Nog geen contactmethode: een melding gaat naar het volgende niveau.",
    detail="Wat erin staat",
    is_trusted="ook van privéberichten",
    trust="Ook van privéberichten",
    distrust="Niet van privéberichten",
    test="Stuur een test",
    test_all="Stuur een test via alles",
    test_hint="Een test gaat echt de deur uit, langs dezelfde weg als een melding.",
    again="Kijk opnieuw",
    became={
        "waiting": "test staat klaar sinds {moment}",
        "retry": "test nog niet verstuurd, wordt opnieuw geprobeerd",
        "sent": "test verstuurd {moment}",
        "failed": "test mislukt {moment}",
    },
    reason="Reden: {reason}",
    not_tested="vandaag niet getest",
    queued="De test staat klaar. Hieronder zie je wat ervan komt.",
)

EN = ReachWords(
    own_title="How you are reached",
    title="How {name} is reached",
    lead="An alert goes by the first method. If that fails, by the next one.",
    own_link="Contact methods and quiet hours",
    own_link_hint="How an alert reaches you, when it does not, and a test.",
    link="Quiet hours and test",
    back_own="Back to your page",
    back="Back to People",
    quiet="Quiet hours",
    quiet_hint="In {zone}, every day. Urgent alerts always pass, the others come afterwards in one message. Empty is none.",
    starts="From",
    ends="Until",
    save="Save",
    contacts="Contact methods, in their order",
    order_hint="The uppermost comes first.",
    none="No contact method yet: an alert goes to the next level.",
    detail="What it says",
    is_trusted="also of private messages",
    trust="Also of private messages",
    distrust="Not of private messages",
    test="Send a test",
    test_all="Send a test by all of them",
    test_hint="A test really goes out, the same way as an alert.",
    again="Look again",
    became={
        "waiting": "test waits since {moment}",
        "retry": "test not sent yet, is tried again",
        "sent": "test sent {moment}",
        "failed": "test failed {moment}",
    },
    reason="Reason: {reason}",
    not_tested="not tested today",
    queued="The test waits to go out. Below you see what becomes of it.",
)
