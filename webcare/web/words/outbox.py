"""The words of the demo's own page: what people received."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxWords:
    """`rail` is what the menu says, `to` begins a card by how it came."""

    rail: str
    title: str
    intro: str
    faster: str
    halted: str
    halt: str
    go: str
    filter: str
    ways: Mapping[str, str]
    to: Mapping[str, str]
    states: Mapping[str, str]
    arrived: str
    read_letter: str
    as_text: str
    open: str
    nothing: str


NL = OutboxWords(
    rail="Demo",
    title="Aangekomen",
    intro="Alles wat de demo naar mensen stuurt, blijft hier. Er gaat niets naar buiten.",
    faster="{speed}× sneller",  # noqa: RUF001 - the sign is meant
    halted="pauze",
    halt="Pauze",
    go="Verder",
    filter="Soort",
    ways={"": "Alles", "alert": "Meldingen", "mail": "Mail", "customer": "Naar klanten"},
    to={"alert": "Melding aan {name}", "mail": "Mail aan {name}", "customer": "Antwoord aan {name}"},
    states={"sent": "verstuurd", "delivered": "bezorgd", "read": "gelezen", "failed": "mislukt"},
    arrived="bezorgd",
    read_letter="Lees de brief",
    as_text="Als tekst",
    open="Open",
    nothing="Nog niets. Om 08:00 komt de brief van de dag ervoor.",
)

EN = OutboxWords(
    rail="Demo",
    title="Arrived",
    intro="Everything that the demo sends to people stays here. Nothing leaves this machine.",
    faster="{speed}× faster",  # noqa: RUF001 - as above
    halted="halted",
    halt="Pause",
    go="Go on",
    filter="Kind",
    ways={"": "All", "alert": "Alerts", "mail": "Mail", "customer": "To customers"},
    to={"alert": "Alert to {name}", "mail": "Mail to {name}", "customer": "Answer to {name}"},
    states={"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"},
    arrived="delivered",
    read_letter="Read the letter",
    as_text="As text",
    open="Open",
    nothing="Nothing yet. At 08:00 the letter of the day before comes.",
)
