"""The words of the drill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillWords:
    title: str
    lead: str
    start: str
    urgent: str
    last_resort: str
    busy: str
    none: str
    newest: str
    caption: str
    columns: Mapping[str, str]
    levels: Mapping[str, str]
    states: Mapping[str, str]
    tries: Mapping[str, str]
    nobody: str
    passed: str
    obstacles: Mapping[str, str]
    seconds: str
    again: str
    night: str
    night_at: str
    night_fine: str
    night_never: str


NL = DrillWords(
    title="Proefalarm",
    lead="Een test naar iedereen die nu aan de beurt zou zijn, langs dezelfde weg als een echte melding. Er staat bij dat het een test is.",
    start="Stuur een proefalarm",
    urgent="Ook wie rusttijd heeft, zoals bij spoed",
    last_resort="Ook het laatste vangnet",
    busy="Er loopt al een proefalarm. Wacht tot het klaar is.",
    none="Er was nog geen proefalarm.",
    newest="Proefalarm van {moment}, door {name}",
    caption="Hoe lang elke stap duurde",
    columns={"level": "Niveau", "who": "Wie", "state": "Aangekomen", "took": "Na", "how": "Hoe"},
    levels={"oncall": "Dienst", "next": "Achterwacht", "lead": "Teamleider", "last_resort": "Laatste vangnet"},
    states={
        "under_way": "onderweg",
        "arrived": "ja",
        "last_resort": "alleen bij het laatste vangnet",
        "failed": "nee",
        "nobody": "er is niemand te bereiken",
    },
    tries={"queued": "onderweg", "sent": "verstuurd", "failed": "mislukt", "held": "vastgehouden"},
    nobody="niemand",
    passed="{level} overgeslagen: {obstacle}",
    obstacles={
        "nobody on call": "niemand heeft dienst",
        "no contact method": "geen contactmethode",
        "quiet hours": "rusttijd",
    },
    seconds="{n} s",
    again="Ververs",
    night="Vannacht nagekeken",
    night_at="Nagekeken {moment}, voor 14 dagen vooruit.",
    night_fine="Iedereen is te bereiken en het rooster heeft geen gaten.",
    night_never="Webcare kijkt elke nacht of iedereen te bereiken is. De eerste keer is vannacht.",
)

EN = DrillWords(
    title="Drill",
    lead="A test to everybody whose turn it would be now, by the same road as a real alert. It says that it is a test.",
    start="Send a drill",
    urgent="Also who has quiet hours, as an urgent case would",
    last_resort="The last resort too",
    busy="A drill is under way. Wait until it has ended.",
    none="There was no drill yet.",
    newest="Drill of {moment}, by {name}",
    caption="How long each hop took",
    columns={"level": "Level", "who": "Who", "state": "Arrived", "took": "After", "how": "How"},
    levels={"oncall": "On call", "next": "Second in line", "lead": "Team lead", "last_resort": "Last resort"},
    states={
        "under_way": "under way",
        "arrived": "yes",
        "last_resort": "only at the last resort",
        "failed": "no",
        "nobody": "nobody can be reached",
    },
    tries={"queued": "under way", "sent": "sent", "failed": "failed", "held": "held"},
    nobody="nobody",
    passed="{level} passed over: {obstacle}",
    obstacles={"nobody on call": "nobody is on call", "no contact method": "no contact method", "quiet hours": "quiet hours"},
    seconds="{n} s",
    again="Refresh",
    night="Looked at last night",
    night_at="Looked at {moment}, 14 days ahead.",
    night_fine="Everybody can be reached, and the rota has no holes.",
    night_never="Webcare looks every night whether everybody can be reached. The first time is tonight.",
)
