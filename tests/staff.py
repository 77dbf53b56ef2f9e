"""People who can be reached: on call noor, next daan, lead lena, and whatever contact methods a test gives them."""

from __future__ import annotations

from datetime import date, time

from webcare.domain.rota import ContactMethod, Level, LevelName, Person, Rhythm, Role, Rota

LEVELS = {LevelName.ONCALL: "noor", LevelName.NEXT: "daan", LevelName.LEAD: "lena"}


def by(name, target=None, **changes):
    """A contact method."""
    return ContactMethod(name=name, target=target or f"lines:{name}.jsonl", **changes)


def staff(noor=("push",), daan=("push",), lena=("push",), *, language="en", zone="Europe/Amsterdam"):
    """Three people, each alone on their level; a method may be given by its name only."""
    people = [
        Person(
            id=id_,
            name=id_.title(),
            role=Role.LEAD if id_ == "lena" else Role.AGENT,
            contacts=tuple(by(method) if isinstance(method, str) else method for method in methods),
            zone=zone,
            language=language,
        )
        for id_, methods in (("noor", noor), ("daan", daan), ("lena", lena))
    ]
    levels = [
        Level(name=name, rotation=(who,), rhythm=Rhythm.DAILY, anchor=date(2026, 11, 1), zone=zone, handovers=(time(8),))
        for name, who in LEVELS.items()
    ]
    return Rota(levels=tuple(levels), people=tuple(people))
