"""The words of the page of texts that are said often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedWords:
    title: str
    explained: str
    languages: Mapping[str, str]
    none: str
    everywhere: str
    changed: str
    add: str
    edit: str
    name: str
    text: str
    places: str
    language: str
    channel: str
    save: str
    remove_sure: str
    done: Mapping[str, str]
    missing: str
    too_long: str
    unknown_place: str
    unknown_choice: str


NL = CannedWords(
    title="Standaardteksten",
    explained="Wat je vaak zegt, klaar om te kiezen bij een antwoord. Pas de tekst aan voor je hem verstuurt.",
    languages={"nl": "Nederlands", "en": "Engels"},
    none="Er zijn nog geen standaardteksten. Een teamleider kan ze toevoegen.",
    everywhere="alle kanalen",
    changed="{name}, {moment}",
    add="Voeg een tekst toe",
    edit="Bewerk",
    name="Naam",
    text="Tekst",
    places="{{name}} wordt de naam van de klant, {{agent}} die van wie antwoordt.",
    language="Taal",
    channel="Kanaal",
    save="Bewaar",
    remove_sure="Verwijder „{name}”",
    done={"add": "De tekst is toegevoegd.", "edit": "De tekst is bewaard.", "remove": "De tekst is verwijderd."},
    missing="Vul dit in.",
    too_long="Maak dit korter: hooguit {most} tekens.",
    unknown_place="Hierin staat iets tussen accolades dat niets invult. Gebruik {{name}} of {{agent}}.",
    unknown_choice="Kies een taal en een kanaal uit de lijst.",
)

EN = CannedWords(
    title="Canned texts",
    explained="What you say often, ready to be chosen for an answer. Change the text before you send it.",
    languages={"nl": "Dutch", "en": "English"},
    none="There are no canned texts yet. A lead can add them.",
    everywhere="all channels",
    changed="{name}, {moment}",
    add="Add a text",
    edit="Edit",
    name="Name",
    text="Text",
    places="{{name}} becomes the customer's name, {{agent}} that of whoever answers.",
    language="Language",
    channel="Channel",
    save="Save",
    remove_sure="Delete “{name}”",
    done={"add": "The text is added.", "edit": "The text is saved.", "remove": "The text is deleted."},
    missing="Fill this in.",
    too_long="Make this shorter: {most} characters at most.",
    unknown_place="Something between braces here is filled by nothing. Use {{name}} or {{agent}}.",
    unknown_choice="Choose a language and a channel from the list.",
)
