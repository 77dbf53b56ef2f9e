"""The words of the pages of an override."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideWords:
    title: str
    lead: str
    level: str
    person: str
    starts: str
    ends: str
    times_hint: str
    reason: str
    reason_hint: str
    look: str
    save: str
    preview: str
    span: str
    over: str
    unreachable: str
    stale: str
    remove_title: str
    remove_lead: str
    remove_preview: str
    remove: str
    gone: str
    flaws: Mapping[str, str]


NL = OverrideWords(
    title="Vervang iemand",
    lead="Voor deze uren geldt de vervanging, wat het rooster ook zegt. Van twee vervangingen geldt de nieuwste.",
    level="Niveau",
    person="Wie",
    starts="Van",
    ends="Tot",
    times_hint="Tijden in {zones}.",
    reason="Reden",
    reason_hint="Mag leeg blijven. Iedereen die de dienst ziet, leest het.",
    look="Bekijk",
    save="Bewaar",
    preview="Zo wordt het, 14 dagen",
    span="{level}: {name}, {start} tot {end}.",
    over="Dit ligt over een eerdere vervanging: {name}, {start} tot {end}. De nieuwste geldt.",
    unreachable="{name} heeft geen contactmethode. Een melding gaat dan naar het volgende niveau.",
    stale="Iemand heeft het rooster intussen gewijzigd. Bekijk wat er nu uitkomt, en bewaar dan.",
    remove_title="Vervanging weghalen",
    remove_lead="Wat al voorbij is, blijft staan. Vanaf nu geldt het rooster weer.",
    remove_preview="Zo wordt het zonder, 14 dagen",
    remove="Haal de vervanging weg",
    gone="Deze vervanging is er niet meer.",
    flaws={
        "level": "Niveau: kies een niveau dat er is.",
        "person": "Wie: kies iemand uit de lijst.",
        "from": "Van: schrijf een datum en een tijd.",
        "until": "Tot: schrijf een datum en een tijd.",
        "order": "Tot: kies een later moment dan het begin.",
        "past": "Tot: dat moment is voorbij.",
        "far": "Tot: dat is te ver weg, of langer dan een jaar.",
        "reason": "Reden: neem hooguit 200 tekens.",
    },
)

EN = OverrideWords(
    title="Replace somebody",
    lead="During these hours the override holds, whatever the rotation says. Of two overrides the newer one holds.",
    level="Level",
    person="Who",
    starts="From",
    ends="Until",
    times_hint="Times in {zones}.",
    reason="Reason",
    reason_hint="May stay empty. Everybody who sees the rota reads it.",
    look="Preview",
    save="Save",
    preview="This is how it becomes, 14 days",
    span="{level}: {name}, {start} until {end}.",
    over="This lies over an earlier override: {name}, {start} until {end}. The newer one holds.",
    unreachable="{name} has no contact method. An alert then goes to the next level.",
    stale="Somebody has changed the rota meanwhile. Look at what it becomes now, and save then.",
    remove_title="Remove an override",
    remove_lead="What has passed stays. From now on the rotation holds again.",
    remove_preview="This is how it becomes without, 14 days",
    remove="Remove the override",
    gone="This override is not there any more.",
    flaws={
        "level": "Level: choose one that is there.",
        "person": "Who: choose somebody from the list.",
        "from": "From: write a date and a time.",
        "until": "Until: write a date and a time.",
        "order": "Until: choose a later moment than the start.",
        "past": "Until: that moment has passed.",
        "far": "Until: that is too far away, or longer than a year.",
        "reason": "Reason: take at most 200 characters.",
    },
)
