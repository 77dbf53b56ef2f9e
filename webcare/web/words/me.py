"""The words of a person's own page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class MeWords:
    looks: str
    theme: str
    themes: Mapping[str, str]
    density: str
    densities: Mapping[str, str]
    shortcuts: str
    shortcut_choices: Mapping[str, str]
    language: str
    languages: Mapping[str, str]
    signature: str
    signature_hint: str
    save: str
    saved: str
    too_long: str
    password: str
    old: str
    new: str
    again: str
    change: str
    changed: str
    wrong: str
    sessions: str
    session_now: str
    session_seen: str
    end: str
    log_out: str
    log_out_everywhere: str


NL = MeWords(
    looks="Hoe het eruitziet",
    theme="Thema",
    themes={"": "als je systeem", "light": "licht", "dark": "donker"},
    density="Wachtrij",
    densities={"": "ruim", "tight": "compact"},
    shortcuts="Toetsen van één letter",
    shortcut_choices={"": "aan", "off": "uit"},
    language="Taal",
    languages={"nl": "Nederlands", "en": "English"},
    signature="Ondertekening",
    signature_hint="Staat onder je antwoorden, zoals ^NO. Leeg laten mag.",
    save="Bewaar",
    saved="Bewaard.",
    too_long="Neem hooguit 40 tekens.",
    password="Wachtwoord",  # noqa: S106 - a label
    old="Huidig wachtwoord",
    new="Nieuw wachtwoord",
    again="Nog een keer",
    change="Verander wachtwoord",
    changed="Je wachtwoord is veranderd. Op andere apparaten ben je uitgelogd.",
    wrong="Je huidige wachtwoord klopt niet.",
    sessions="Waar je bent ingelogd",
    session_now="dit apparaat",
    session_seen="gezien {moment}",
    end="Log daar uit",
    log_out="Log uit",
    log_out_everywhere="Log overal uit",
)

EN = MeWords(
    looks="How it looks",
    theme="Theme",
    themes={"": "as your system", "light": "light", "dark": "dark"},
    density="Queue",
    densities={"": "roomy", "tight": "tight"},
    shortcuts="Single-letter keys",
    shortcut_choices={"": "on", "off": "off"},
    language="Language",
    languages={"nl": "Nederlands", "en": "English"},
    signature="Signature",
    signature_hint="Stands below your answers, like ^NO. May stay empty.",
    save="Save",
    saved="Saved.",
    too_long="Take at most 40 characters.",
    password="Password",  # noqa: S106 - a label
    old="Present password",
    new="New password",
    again="Once more",
    change="Change password",
    changed="Your password is changed. On other devices you are logged out.",
    wrong="Your present password is not right.",
    sessions="Where you are logged in",
    session_now="this device",
    session_seen="seen {moment}",
    end="Log out there",
    log_out="Log out",
    log_out_everywhere="Log out everywhere",
)
