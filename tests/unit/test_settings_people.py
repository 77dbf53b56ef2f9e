"""[[person]] and [rota] -> who works here, with what [house] says of whoever says nothing else."""

import tomllib
from datetime import date, time

from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.rota import ContactMethod, Level, LevelName, Person, QuietHours, Rhythm, Role
from webcare.settings.model import Model
from webcare.settings.people import people


def made(text):
    return people(Model.model_validate(tomllib.loads(text)))


def test_what_nobody_says_is_as_in_the_house():
    who, levels = made(
        "[house]\nzone = 'Europe/London'\nlanguage = 'en'\n[[person]]\nid = 'noor'\nname = 'Noor'\n"
        "[rota.lead]\nrotation = ['noor']\nanchor = 2026-11-23\n"
    )
    assert who == (Person(id="noor", name="Noor", role=Role.AGENT, contacts=(), zone="Europe/London", language="en"),)
    lead = Level(
        name=LevelName.LEAD,
        rotation=("noor",),
        rhythm=Rhythm.WEEKLY,
        anchor=date(2026, 11, 23),
        zone="Europe/London",
        handovers=(time(8),),
    )
    assert levels == (lead,)


def test_what_somebody_says_of_themselves_wins():
    [noor], [oncall] = made(
        "[[person]]\nid = 'noor'\nname = 'Noor'\nrole = 'lead'\nzone = 'UTC'\nlanguage = 'en'\nquiet = ['22:00', '07:00']\n"
        "contacts = [{ name = 'phone', target = 'pover://u@t' }, { name = 'mail', target = 'mailto:n@b', detail = 'line', trusted = true }]\n"
        "[rota.oncall]\nrotation = ['noor', '-']\nrhythm = 'daily'\nanchor = '2026-11-23'\nhandovers = ['08:00', '20:00']\nzone = 'UTC'\n"
    )
    assert (noor.role, noor.zone, noor.language, noor.quiet) == (Role.LEAD, "UTC", "en", QuietHours(start=time(22), end=time(7)))
    assert noor.contacts == (
        ContactMethod(name="phone", target="pover://u@t"),
        ContactMethod(name="mail", target="mailto:n@b", detail="line", trusted=True),
    )
    assert (oncall.rotation, oncall.rhythm, oncall.handovers) == (("noor", None), Rhythm.DAILY, (time(8), time(20)))


def test_levels_come_in_the_order_in_which_an_alert_climbs():
    _, levels = made("".join(f"[rota.{name}]\nrotation = []\nanchor = 2026-11-23\n" for name in ("lead", "oncall", "next")))
    assert [level.name for level in levels] == list(LevelName)


@given(st.lists(st.times(), min_size=1, max_size=4, unique_by=lambda t: (t.hour, t.minute)), st.sampled_from(["daily", "weekly"]))
def test_every_level_that_is_accepted_can_be_followed(times, rhythm):
    """What the settings let through must not be refused by the rota, where nobody names the field."""
    handovers = sorted(f"{at:%H:%M}" for at in times)[: 1 if rhythm == "weekly" else None]
    level = {"rotation": [], "anchor": "2026-11-23", "rhythm": rhythm, "handovers": handovers}
    _, [made_of_it] = people(Model.model_validate({"rota": {"next": level}}))
    assert [f"{at:%H:%M}" for at in made_of_it.handovers] == handovers
