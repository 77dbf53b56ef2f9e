"""The words of the card that says under which other names a customer is known, and might be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class SameWords:
    """`evidence` is by what somebody is suggested; `done` says on the card what was done."""

    title: str
    nobody: str
    linked_by: str
    blocked_by: str
    case: str
    no_case: str
    not_same: str
    maybe: str
    maybe_hint: str
    evidence: Mapping[str, str]
    same: str
    look_up: str
    look_up_hint: str
    find: str
    found: str
    none_found: str
    done: Mapping[str, str]


NL = SameWords(
    title="Zelfde klant",
    nobody="Onder geen andere naam bekend.",
    linked_by="gekoppeld door {name}, {moment}",
    blocked_by="geblokkeerd door {name}",
    case="zaak {case}",
    no_case="zonder zaak",
    not_same="Niet dezelfde",
    maybe="Misschien dezelfde",
    maybe_hint="Kijk eerst in de zaak. Je kunt het terugdraaien.",
    evidence={
        "email": "noemde hetzelfde e-mailadres ({moment})",
        "phone": "noemde hetzelfde telefoonnummer ({moment})",
        "order": "noemde hetzelfde bestelnummer ({moment})",
        "handle": "zelfde naam, niets meer ({moment})",
    },
    same="Dezelfde",
    look_up="Koppel aan…",
    look_up_hint="Naam, gebruikersnaam of zaaknummer",
    find="Zoek",
    found="Gevonden",
    none_found="Niemand gevonden die zo heet. Zoek op een hele naam of een zaaknummer.",
    done={
        "same": "De klant is gekoppeld: de geschiedenis is nu één.",
        "not-same": "Losgekoppeld. We stellen dit niet meer voor.",
    },
)

EN = SameWords(
    title="Same customer",
    nobody="Known by no other name.",
    linked_by="linked by {name}, {moment}",
    blocked_by="blocked by {name}",
    case="case {case}",
    no_case="without a case",
    not_same="Not the same",
    maybe="Maybe the same",
    maybe_hint="Look at the case first. You can undo it.",
    evidence={
        "email": "named the same e-mail address ({moment})",
        "phone": "named the same telephone number ({moment})",
        "order": "named the same order number ({moment})",
        "handle": "same name, nothing more ({moment})",
    },
    same="The same",
    look_up="Link to…",
    look_up_hint="Name, handle or case number",
    find="Find",
    found="Found",
    none_found="Found nobody of that name. Try a whole name or a case number.",
    done={
        "same": "The customer is linked: their history is one now.",
        "not-same": "Unlinked. We do not suggest this again.",
    },
)
