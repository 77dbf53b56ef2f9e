"""The words of the page that a one-time link opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class WelcomeWords:
    title: str
    hello: str
    rules: str
    password: str
    again: str
    submit: str
    gone: str
    gone_todo: str
    flaws: Mapping[str, str]


NL = WelcomeWords(
    title="Kies een wachtwoord",
    hello="Je logt in als {id}.",
    rules="Minstens 12 tekens. Een zin van vier woorden is goed, en makkelijk te onthouden.",
    password="Nieuw wachtwoord",  # noqa: S106 - a label
    again="Nog een keer",
    submit="Bewaar en log in",
    gone="Deze link werkt niet meer",
    gone_todo="Een link werkt één keer, en een dag lang. Vraag je beheerder om een nieuwe.",
    flaws={
        "short": "Neem minstens 12 tekens.",
        "long": "Neem hooguit 200 tekens.",
        "simple": "Neem meer verschillende tekens.",
        "own_name": "Neem iets anders dan je naam.",
        "unequal": "De twee wachtwoorden zijn niet gelijk.",
    },
)

EN = WelcomeWords(
    title="Choose a password",
    hello="You log in as {id}.",
    rules="At least 12 characters. A sentence of four words is good, and easy to remember.",
    password="New password",  # noqa: S106 - a label
    again="Once more",
    submit="Save and log in",
    gone="This link does not work any more",
    gone_todo="A link works once, and for a day. Ask your administrator for a new one.",
    flaws={
        "short": "Take at least 12 characters.",
        "long": "Take at most 200 characters.",
        "simple": "Take more different characters.",
        "own_name": "Take something other than your name.",
        "unequal": "The two passwords differ.",
    },
)
