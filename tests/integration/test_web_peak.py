"""Peaks in the inbox: who may start and end one, what everybody sees of it in the queue, and that its cases stand together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import BRAND, CHANNEL, FakeClock, said
from inboxes import MONDAY, open_inbox

from webcare.domain.rota import Role
from webcare.services import peak
from webcare.services.peak import Wanted
from webcare.store import audit, peaks

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
AT = MONDAY + HOUR


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as inbox:
        rush = [said(f"r{n}", "De betaalpagina geeft een fout?", MONDAY + n * MINUTE, by=f"klant{n}") for n in range(30)]
        fire = said("fire", "De betaalpagina staat in brand, fire?", MONDAY + MINUTE, by="brandje")
        other = said("other", "Where is my parcel?", MONDAY + 2 * MINUTE, by="parcel")
        await inbox.desk.hear(*rush, fire, other)
        inbox.clock.at = inbox.clock.at_machine = AT
        yield inbox


async def begin(inbox, **changes):
    return await inbox.store.write(peak.start, Wanted(**{"name": "storing", "brand": BRAND, **changes}), by="sanne", now=AT)


async def propose(inbox):
    week = 7 * DAY
    usual = [
        said(f"u{n}-{hour}", "Where?", MONDAY - n * week + hour * HOUR, by=f"u{n}{hour}")
        for n in (1, 2, 3, 4)
        for hour in (-1, 0, 1)
    ]
    await inbox.desk.hear(*usual, now=MONDAY)
    await peak.beat(inbox.store, FakeClock(AT), zone="Europe/Amsterdam")


# --- starting


async def test_a_lead_looks_first_and_then_starts(inbox):
    lead = await inbox.somebody("sanne", Role.LEAD)
    assert await lead.get("/peaks/new") == 200
    assert "Woorden die veel klanten schrijven: betaalpagina (31), fout (30)." in lead.text

    assert await lead.post("/peaks/new", do="look", name="", brand=BRAND, words="betaal", reach="1") == 200
    assert "Nu passen 31 open zaken." in lead.text
    assert 'value="betaal"' in lead.text
    assert await inbox.store.read(peaks.running) == []

    assert await lead.post("/peaks/new", do="start", name="storing <b>", brand=BRAND, words="betaal", reach="1") == 303
    await lead.get(lead.to)
    assert "Piek „storing &lt;b&gt;”" in lead.text
    (running,) = await inbox.store.read(peaks.running)
    assert (running.started_by, running.fits.words) == ("sanne", ("betaal",))
    assert [line["what"] for line in await inbox.store.read(audit.lines) if line["what"].startswith("peak")] == ["peak_start"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Geef de piek een naam van 1 tot 60 tekens."),
        ({"channel": "facebook:strange"}, "Kies kanalen van dit merk."),
        ({"words": "!"}, "Schrijf hooguit tien woorden"),
        ({"reach": "5"}, "Kies hoe ver de piek teruggaat."),
        ({"brand": "anders"}, "Kies een merk."),
    ],
)
async def test_what_cannot_start_is_said_and_what_was_written_stays(inbox, wrong, sentence):
    lead = await inbox.somebody("sanne", Role.LEAD)
    await lead.get("/peaks/new")
    form = {"do": "start", "name": "storing", "brand": BRAND, "words": "betaal", "reach": "1", "channel": CHANNEL, **wrong}
    assert await lead.post("/peaks/new", **form) == 422
    assert sentence in lead.text
    assert await inbox.store.read(peaks.running) == []


async def test_a_second_one_cannot_start_beside_the_first(inbox):
    await begin(inbox)
    lead = await inbox.somebody("sanne", Role.LEAD)
    await lead.get("/peaks/new")
    assert await lead.post("/peaks/new", do="start", name="nog een", brand=BRAND, reach="1") == 422
    assert "Er loopt al een piek." in lead.text


# --- who may


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR])
async def test_who_does_not_lead_sees_a_peak_and_changes_nothing(inbox, role):
    number = await begin(inbox)
    who = await inbox.somebody("noor", role)
    assert await who.get(f"/peaks/{number}") == 200
    assert "Ja, sluit de piek af" not in who.text
    assert await who.get("/peaks/new") == 403
    await who.get("/")
    for path in (f"/peaks/{number}/end", f"/peaks/{number}/dismiss", "/peaks/new"):
        assert await who.post(path, do="start", name="x", brand=BRAND, reach="1") == 403
    assert len(await inbox.store.read(peaks.running)) == 1


async def test_a_form_of_another_page_does_nothing(inbox):
    number = await begin(inbox)
    lead = await inbox.somebody("sanne", Role.LEAD)
    await lead.get(f"/peaks/{number}")
    assert await lead.post(f"/peaks/{number}/end", token="made up") == 403  # noqa: S106 - of nobody
    assert await lead.post(f"/peaks/{number}/end", origin=False) == 403
    assert len(await inbox.store.read(peaks.running)) == 1


async def test_a_stranger_is_sent_to_the_login(inbox):
    nobody = await inbox.browser()
    assert await nobody.get("/peaks") == 303
    assert nobody.to.startswith("/login")


@pytest.mark.parametrize("path", ["/peaks/999", "/peaks/999999999999999999", "/peaks/x", "/peaks/0"])
async def test_a_peak_that_is_not_there_is_not_found(inbox, path):
    who = await inbox.somebody()
    assert await who.get(path) == 404


# --- the queue


async def test_the_queue_shows_one_line_for_all_of_them_and_the_urgent_one_apart(inbox):
    number = await begin(inbox, words="betaal")
    agent = await inbox.somebody()
    await agent.get("/")
    assert "Piek „storing”" in agent.text
    assert "31 zaken open, eerste tot" in agent.text
    assert agent.text.count('<li class="row') == 2  # the fire, and the parcel
    assert "in brand" in agent.text

    await agent.get(f"/?peak={number}")
    assert agent.text.count('<li class="row') == 25
    assert 'name="peak" value="1"' in agent.text  # another filter keeps it
    assert "Toon de hele wachtrij" in agent.text
    await agent.get(f"/queue/rows?peak={number}&limit=100")
    assert agent.text.count('<li class="row') == 31
    await agent.get("/?claimed_by=nobody")
    assert agent.text.count('<li class="row') == 25  # whoever asks for something gets all of it


async def test_chosen_cases_of_a_peak_are_done_at_once_and_one_stays_in_it(inbox):
    number = await begin(inbox, words="betaal")
    agent = await inbox.somebody()
    await agent.get(f"/?peak={number}")
    assert await agent.post("/queue/bulk", do="claim", case="1", filters=f"peak={number}") == 303
    assert f"peak={number}" in agent.to
    await agent.get(agent.to)
    assert "1 genomen" in agent.text


async def test_without_a_peak_the_queue_is_as_ever(inbox):
    agent = await inbox.somebody()
    await agent.get("/")
    assert agent.text.count('<li class="row') == 25
    assert 'class="incident' not in agent.text


# --- proposals


async def test_a_proposal_is_for_who_leads_and_can_be_set_aside(inbox):
    await propose(inbox)
    agent = await inbox.somebody()
    await agent.get("/")
    assert "zo druk als anders" not in agent.text

    lead = await inbox.somebody("sanne", Role.LEAD)
    await lead.get("/")
    assert "32 keer zo druk als anders op maandag om 11 uur" in lead.text
    assert "32 zaken in het laatste uur" in lead.text
    assert await lead.post("/peaks/1/dismiss") == 303
    await lead.get("/")
    assert "zo druk als anders" not in lead.text
    assert await lead.post("/peaks/1/dismiss") == 303
    await lead.get(lead.to)
    assert "het voorstel is al weg" in lead.text


async def test_a_proposal_has_no_page_before_it_is_started(inbox):
    await propose(inbox)
    lead = await inbox.somebody("sanne", Role.LEAD)
    assert await lead.get("/peaks/1") == 404


# --- the end


async def test_ending_one_says_what_was_told_and_it_stays_to_be_read(inbox):
    number = await begin(inbox, words="betaal")
    lead = await inbox.somebody("sanne", Role.LEAD)
    await lead.get(f"/peaks/{number}")
    assert "Ja, sluit de piek af" in lead.text
    assert await lead.post(f"/peaks/{number}/end") == 303
    assert inbox.woken[-1] == "deliver"
    await lead.get(lead.to)
    assert "De piek is afgesloten." in lead.text
    assert "Afgesloten door Sanne" in lead.text
    assert "Ja, sluit de piek af" not in lead.text
    await lead.get("/peaks/new")
    assert await lead.post(f"/peaks/{number}/end") == 303
    await lead.get(lead.to)
    assert "al afgesloten" in lead.text
    assert "storing" in lead.text  # among the earlier ones
    await lead.get("/")
    assert 'class="incident' not in lead.text


async def test_the_figures_and_hours_of_one(inbox):
    number = await begin(inbox, words="betaal")
    agent = await inbox.somebody(language="en")
    await agent.get(f"/peaks/{number}")
    assert "<dt>cases</dt><dd>31</dd>" in agent.text
    assert "<dt>urgent</dt><dd>1</dd>" in agent.text
    assert '<td class="num">31</td>' in agent.text
    assert "Belongs to it: all channels, betaal" in agent.text


async def test_a_case_names_its_peak(inbox):
    number = await begin(inbox, words="betaal")
    agent = await inbox.somebody()
    await agent.get("/cases/1")
    assert f'<a href="/peaks/{number}">Hoort bij piek „storing”</a>' in agent.text
    parcel = next(row["id"] for row in await inbox.desk.cases() if row["customer_id"] == "parcel")
    await agent.get(f"/cases/{parcel}")
    assert "/peaks/1" not in agent.text


async def test_what_was_sent_names_the_peak_that_it_told_of(inbox):
    number = await begin(inbox, words="betaal")
    await inbox.desk.sweep(AT + DAY)
    lead = await inbox.somebody("sanne", Role.LEAD)
    await lead.get("/sent")
    assert f'href="/peaks/{number}"' in lead.text
    assert "Piek „storing”" in lead.text
