"""The words of why a message is read as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonsWords:
    title: str
    why: str
    look: str
    back: str
    by: str
    by_rules: str
    by_stand_in: str
    none: str
    labels: Mapping[str, str]
    around: str
    towards: str
    away: str
    strongly: str
    somewhat: str
    slightly: str
    limits: str


NL = ReasonsWords(
    title="Waarom zo gelezen",
    why="Waarom",
    look="Toon de woorden die de doorslag geven",
    back="Terug naar zaak {case}",
    by="Zo leest het model ({model}) dit bericht nu.",
    by_rules="Zo lezen de woordregels ({model}) dit bericht nu.",
    by_stand_in="Het model laadt of laadt niet; zo lezen de woordregels ({model}) dit bericht nu.",
    none="Geen enkel woord geeft de doorslag.",
    labels={
        "needs_response": "wil antwoord",
        "needs": "wil antwoord",
        "urgency": "spoed",
        "high": "spoed",
        "noise": "geen van alle",
    },
    around="het gesprek eromheen",
    towards="pleit {strength} ervoor",
    away="pleit {strength} ertegen",
    strongly="sterk",
    somewhat="redelijk",
    slightly="licht",
    limits="Elk woord is een keer weggelaten; wat er dan verandert, is zijn aandeel. Samen zeggen ze meer dan elk apart.",
)

EN = ReasonsWords(
    title="Why it is read so",
    why="Why",
    look="Show the words that decide",
    back="Back to case {case}",
    by="This is how the model ({model}) reads this message now.",
    by_rules="This is how the word rules ({model}) read this message now.",
    by_stand_in="The model is loading or does not load; this is how the word rules ({model}) read this message now.",
    none="No single word decides.",
    labels={
        "needs_response": "wants an answer",
        "needs": "wants an answer",
        "urgency": "urgent",
        "high": "urgent",
        "noise": "none of these",
    },
    around="the conversation around it",
    towards="speaks for it {strength}",
    away="speaks against it {strength}",
    strongly="strongly",
    somewhat="fairly",
    slightly="slightly",
    limits="Each word was left out once; what changes then is its share. Together they say more than each alone.",
)
