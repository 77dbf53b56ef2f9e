"""The words around every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameWords:
    """What stands around every page."""

    skip: str
    menu: str
    queue: str
    late: str  # before the count in the menu, for who hears the page
    channels: str
    sent: str
    audit: str
    me: str
    back: str
    offline: str
    other_language: str
    roles: Mapping[str, str]


NL = FrameWords(
    skip="Naar de inhoud",
    menu="Hoofdmenu",
    queue="Wachtrij",
    late="te laat:",
    channels="Kanalen",
    sent="Verzonden",
    audit="Logboek",
    me="Jij",
    back="Terug naar de wachtrij",
    offline="Geen verbinding. Je tekst blijft bewaard.",
    other_language="English",
    roles={"agent": "medewerker", "lead": "teamleider", "admin": "beheerder", "auditor": "controleur"},
)

EN = FrameWords(
    skip="To the content",
    menu="Main menu",
    queue="Queue",
    late="late:",
    channels="Channels",
    sent="Sent",
    audit="Audit log",
    me="You",
    back="Back to the queue",
    offline="No connection. Your text is kept.",
    other_language="Nederlands",
    roles={"agent": "agent", "lead": "team lead", "admin": "administrator", "auditor": "auditor"},
)
