"""The words of the login page."""

from __future__ import annotations

from dataclasses import dataclass

from webcare.letters.words import Plural


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginWords:
    title: str
    name: str
    password: str
    submit: str
    wrong: str
    left: Plural
    wait: str
    busy: str
    forgotten: str
    ended: str


NL = LoginWords(
    title="Inloggen",
    name="Naam",
    password="Wachtwoord",  # noqa: S106 - a label
    submit="Log in",
    wrong="Naam of wachtwoord klopt niet.",
    left=Plural(one="Nog {n} poging, daarna 5 minuten wachten.", other="Nog {n} pogingen, daarna 5 minuten wachten."),
    wait="Wacht {span} en probeer het dan opnieuw.",
    busy="Het is even druk. Probeer het over een paar tellen opnieuw.",
    forgotten="Wachtwoord vergeten? Je beheerder maakt een nieuwe link voor je.",
    ended="Je bent uitgelogd.",
)

EN = LoginWords(
    title="Log in",
    name="Name",
    password="Password",  # noqa: S106 - a label
    submit="Log in",
    wrong="Name or password is not right.",
    left=Plural(one="{n} try left, then 5 minutes' wait.", other="{n} tries left, then 5 minutes' wait."),
    wait="Wait {span}, then try again.",
    busy="It is busy just now. Try again in a few seconds.",
    forgotten="Forgot your password? Your administrator makes a new link for you.",
    ended="You are logged out.",
)
