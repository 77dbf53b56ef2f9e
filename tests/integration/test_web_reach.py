"""How people are reached, as they keep it themselves and leads and administrators for them: over real HTTP, on both databases."""

from __future__ import annotations

import html
import json
import re

import pytest
from fakes import FakeNotifier
from inboxes import open_inbox
from staff import by, staff

from webcare.domain.rota import Role
from webcare.ports.errors import Rejected
from webcare.services import desk
from webcare.services.desk import Action
from webcare.store import audit, people
from webcare.store.door import open_store

TARGET = "pover://u-geheim@t-geheim"
SCRIPT = "<script>alert(1)</script>"
QUIET = {"start": "22:30", "end": "07:00"}


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        await opened.desk.staff(staff(noor=(by("push", TARGET), by("sms", "mailto:noor@example.org")), language="nl"))
        yield opened


@pytest.fixture
async def light(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        await opened.desk.staff(staff(noor=(by("push", TARGET), by("sms", "mailto:noor@example.org")), language="nl"))
        yield opened
    await store.close()


async def noor(inbox):
    return await inbox.store.read(people.person, "noor")


def states(who):
    found = re.findall(
        r'<li class="flow"><p><b>(.*?)</b>.*?(?:class="state (\w+)"|not-tested|vandaag niet getest)', who.text, re.DOTALL
    )
    return dict(found)


async def test_everybody_keeps_their_own_hours_and_contacts(inbox):
    who = await inbox.somebody("noor")
    await who.get("/me")
    assert 'href="/me/reach"' in who.text
    assert 'href="/people"' not in who.text
    assert await who.get("/me/reach") == 200
    assert "pover: …" in who.text
    assert "mailto: …@example.org" in who.text
    assert await who.post("/me/reach/quiet", **QUIET) == 303
    assert await who.post("/me/reach/contacts", do="up", name="sms") == 303
    assert await who.post("/me/reach/contacts", do="detail", name="sms", detail="line") == 303
    assert await who.post("/me/reach/contacts", do="add", name="tel", target=f"{TARGET}2", detail="facts") == 303
    assert await who.post("/me/reach/contacts", do="remove", name="push") == 303
    assert await who.post("/me/reach/contacts", do="trust", name="sms") == 403
    found = await noor(inbox)
    assert [(one.name, one.detail, one.trusted) for one in found.contacts] == [("sms", "line", False), ("tel", "facts", False)]
    assert (found.quiet.start.hour, found.quiet.end.hour) == (22, 7)
    await who.get("/me/reach")
    assert 'value="22:30"' in who.text
    assert await who.post("/me/reach/quiet", start="", end="") == 303
    assert (await noor(inbox)).quiet is None
    said = json.dumps([one["data"] for one in await inbox.store.read(audit.lines)])
    assert "geheim" not in who.text + said
    assert "example.org" not in said


async def test_a_test_really_goes_and_the_page_says_what_became_of_it(inbox):
    who = await inbox.somebody("noor")
    await who.get("/me/reach")
    assert await who.post("/me/reach/test", name="") == 303
    assert inbox.woken == ["deliver"]
    await who.get(who.to)
    assert states(who) == {"push": "slow", "sms": "slow"}
    notifier = FakeNotifier(Rejected("mail noor@example.org or call 0612345678: no such user"))
    await inbox.desk.send(inbox.desk.post(notifier=notifier), inbox.clock)
    await who.get("/me/reach")
    assert states(who) == {"push": "stop", "sms": "ok"}
    assert "no such user" in who.text
    assert "0612345678" not in who.text
    assert "noor@example.org" not in who.text
    (sent,) = notifier.sent
    assert (sent.person, sent.method, sent.content) == ("noor", "sms", {"test": {"method": "sms", "by": "Noor"}})
    assert len(await inbox.desk.deliveries()) == 2  # what failed went nowhere else
    await who.get("/sent")
    assert who.text.count("test van een contactmethode") == 2
    await who.get("/me/reach")
    assert await who.post("/me/reach/test", name="sms") == 303
    assert await who.post("/me/reach/test", name="") == 303
    assert await who.post("/me/reach/test", name="") == 422
    assert "Wacht een minuut" in html.unescape(who.text)
    assert await who.post("/me/reach/test", name="fax") == 422
    assert len(await inbox.desk.deliveries()) == 5


@pytest.mark.parametrize("role", list(Role))
async def test_who_may_see_to_others(light, role):
    who = await light.somebody("pim", role)
    leads, keeps = desk.may(role, Action.ROTA), desk.may(role, Action.PEOPLE)
    assert await who.get("/people/noor/reach") == (200 if leads else 403)
    assert ("Voeg methode toe" in who.text) == keeps
    assert ('value="trust"' in who.text) == keeps
    await who.get("/me")
    assert ('href="/people"' in who.text) == leads
    base = "/people/noor/reach"
    lead, admin = (303 if leads else 403), (303 if keeps else 403)
    assert await who.post(f"{base}/quiet", **QUIET) == lead
    assert await who.post(f"{base}/contacts", do="down", name="push") == lead
    assert await who.post(f"{base}/test", name="sms") == lead
    assert await who.post(f"{base}/contacts", do="trust", name="sms") == admin
    assert await who.post(f"{base}/contacts", do="detail", name="sms", detail="line") == admin
    assert await who.post(f"{base}/contacts", do="add", name="x", target=TARGET, detail="facts") == admin
    assert await who.post(f"{base}/contacts", do="remove", name="push") == admin
    found = await noor(light)
    assert (found.quiet is not None) == leads
    assert [one.name for one in found.contacts] == (["sms", "x"] if keeps else ["sms", "push"] if leads else ["push", "sms"])
    assert len(await light.desk.told()) == leads
    assert await who.post("/me/reach/quiet", **QUIET) == 303  # one's own affairs are everybody's
    assert (await light.store.read(people.person, "pim")).quiet is not None


async def test_a_lead_finds_it_among_people(light):
    who = await light.somebody("sanne", Role.LEAD)
    await who.get("/people")
    assert 'href="/people/noor/reach"' in who.text
    assert await who.get("/people/ghost/reach") == 404
    await who.get("/people/noor/reach")
    assert "Hoe Noor bereikt wordt" in who.text
    assert await who.post("/people/ghost/reach/test", name="") == 404
    await who.get("/people/noor/reach")
    assert await who.post("/people/noor/reach/test", name="push") == 303
    assert who.to == "/people/noor/reach?done=test"
    (told,) = await light.desk.told()
    assert told == ("noor", "push", {"test": {"method": "push", "by": "Sanne"}})


@pytest.mark.parametrize(
    ("path", "form", "status", "word"),
    [
        ("quiet", {"start": "22:30", "end": ""}, 422, "Rusttijden:"),
        ("quiet", {"start": "soon", "end": "07:00"}, 422, "Rusttijden:"),
        ("contacts", {"do": "add", "name": "x", "target": "geheim", "detail": "facts"}, 422, "Adres:"),
        ("contacts", {"do": "add", "name": "push", "target": TARGET, "detail": "facts"}, 422, "al in gebruik"),
        ("contacts", {"do": "detail", "name": "push", "detail": "all"}, 422, "Wat erin staat"),
        ("contacts", {"do": "remove", "name": "fax"}, 422, "is er niet meer"),
        ("contacts", {"do": "burn", "name": "push"}, 400, ""),
    ],
)
async def test_what_cannot_be_is_named(light, path, form, status, word):
    who = await light.somebody("noor")
    await who.get("/me/reach")
    assert await who.post(f"/me/reach/{path}", **form) == status
    assert word in html.unescape(who.text)
    assert "geheim" not in who.text
    assert await who.post(f"/me/reach/{path}", token="x", **form) == 403  # noqa: S106 - no token of ours


async def test_names_are_no_markup(light):
    who = await light.somebody("noor")
    await who.get("/me/reach")
    assert await who.post("/me/reach/contacts", do="add", name=SCRIPT, target=TARGET, detail="facts") == 303
    assert await who.post("/me/reach/test", name=SCRIPT) == 303
    await who.get("/me/reach")
    assert "<script>alert" not in who.text


async def test_who_has_no_contact_is_told_what_that_means(light):
    who = await light.somebody("piet", language="en")
    await who.get("/me/reach")
    assert "No contact method yet" in who.text
    assert await who.post("/me/reach/test", name="") == 422
