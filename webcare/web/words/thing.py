"""What channels, kinds, labels and clocks are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingWords:
    """What the labels are called. `kinds` may be overruled by platform: a direct message of Facebook is Messenger's."""

    channels: Mapping[str, str]
    kinds: Mapping[str, str]
    intents: Mapping[str, str]
    noise: str
    sentiments: Mapping[str, str]
    sure: str
    check: str
    urgent: str
    nobody: str
    you: str
    clocks: Mapping[str, str]
    clock_states: Mapping[str, str]


NL = ThingWords(
    channels={"twitter": "X", "facebook": "Facebook", "whatsapp": "WhatsApp", "instagram": "Instagram", "email": "e-mail"},
    kinds={
        "post": "bericht",
        "comment": "openbare reactie",
        "mention": "noemt ons",
        "dm": "privébericht",
        "review": "recensie",
    },
    intents={"question": "vraag", "complaint": "klacht", "praise": "lof", "courtesy": "beleefdheid"},
    noise="geen van alle",
    sentiments={"negative": "negatief", "neutral": "neutraal", "positive": "positief"},
    sure="procent zeker",
    check="kijk even",
    urgent="spoed",
    nobody="van niemand",
    you="jij",
    clocks={
        "first_response": "Eerste antwoord",
        "next_response": "Volgend antwoord",
        "resolution": "Opgelost",
        "keep_in_loop": "Belofte",
        "reply_window": "Antwoorden kan daar",
    },
    clock_states={"running": "loopt", "met": "op tijd", "missed": "te laat", "dropped": "niet meer nodig", "closed": "voorbij"},
)

EN = ThingWords(
    channels={"twitter": "X", "facebook": "Facebook", "whatsapp": "WhatsApp", "instagram": "Instagram", "email": "e-mail"},
    kinds={
        "post": "post",
        "comment": "public comment",
        "mention": "mentions us",
        "dm": "private message",
        "review": "review",
    },
    intents={"question": "question", "complaint": "complaint", "praise": "praise", "courtesy": "courtesy"},
    noise="none of these",
    sentiments={"negative": "negative", "neutral": "neutral", "positive": "positive"},
    sure="per cent sure",
    check="please check",
    urgent="urgent",
    nobody="nobody's",
    you="you",
    clocks={
        "first_response": "First response",
        "next_response": "Next response",
        "resolution": "Resolved",
        "keep_in_loop": "Promise",
        "reply_window": "Replying there is possible",
    },
    clock_states={"running": "running", "met": "in time", "missed": "late", "dropped": "not needed any more", "closed": "over"},
)
