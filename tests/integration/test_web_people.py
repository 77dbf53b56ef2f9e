"""People as leads see them and administrators change them: over real HTTP, on both databases."""

from __future__ import annotations

import json
import re

import pytest
from inboxes import open_inbox

from webcare.domain.rota import Role
from webcare.services import desk, staff
from webcare.services.desk import Action
from webcare.services.staff import CannotDo
from webcare.store import audit, people, users
from webcare.store.door import open_store

SCRIPT = '"><script>alert(1)</script>'
FACTS = {"name": "Daan", "role": "agent", "language": "nl", "zone": "Europe/Amsterdam"}
TARGET = "pover://u-geheim@t-geheim"


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        yield opened


@pytest.fixture
async def light(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        yield opened
    await store.close()


async def admin(inbox):
    who = await inbox.somebody("ada", Role.ADMIN)
    assert await who.get("/people") == 200
    return who


async def test_somebody_is_added_and_sets_a_password_by_a_link_shown_once(inbox):
    who = await admin(inbox)
    assert await who.post("/people", id="daan", mail="daan@example.org", **FACTS) == 200
    link = re.search(r'value="(http[^"]+/welcome/[^"]+)"', who.text)[1]
    await who.get("/people")
    assert link not in who.text
    assert "mailto: …@example.org" in who.text
    assert "daan@" not in who.text
    other = await inbox.browser()
    path = link.removeprefix(inbox.base)
    assert await other.get(path) == 200
    assert await other.post(path, password="een lang wachtwoord", again="een lang wachtwoord") == 303  # noqa: S106 - of nobody
    assert (await inbox.store.read(people.person, "daan")).role is Role.AGENT
    said = json.dumps([one["data"] for one in await inbox.store.read(audit.lines)])
    assert link.rpartition("/")[2] not in said
    assert "example.org" not in said


async def test_disabling_ends_sessions_at_once_and_enabling_lets_in_again(inbox):
    who, daan = await admin(inbox), await inbox.somebody("daan")
    assert await who.post("/people/daan/off") == 303
    assert await daan.get("/") == 303
    assert await daan.log_in("daan") == 403
    assert await who.post("/people/daan/link") == 422
    assert await who.post("/people/daan/on") == 303
    assert await daan.log_in("daan") == 303


async def test_there_is_always_an_administrator(inbox):
    who = await admin(inbox)
    assert await who.post("/people/ada/off") == 422
    assert "Jezelf" in who.text
    assert await who.post("/people/ada/change", **FACTS) == 422
    assert "laatste beheerder" in who.text
    await inbox.hire("bob", Role.ADMIN)
    assert await who.post("/people/ada/change", **FACTS) == 303
    assert await who.get("/people") == 403


async def test_contact_methods_keep_their_order_and_their_secret(inbox):
    who = await admin(inbox)
    for name in ("push", "sms", "mail"):
        assert await who.post("/people/ada/contacts", do="add", name=name, target=f"{TARGET}{name}", detail="facts") == 303
    assert await who.post("/people/ada/contacts", do="up", name="mail") == 303
    assert await who.post("/people/ada/contacts", do="down", name="push") == 303
    assert await who.post("/people/ada/contacts", do="remove", name="sms") == 303
    found = await inbox.store.read(people.person, "ada")
    assert [(one.name, one.target) for one in found.contacts] == [("mail", f"{TARGET}mail"), ("push", f"{TARGET}push")]
    await who.get("/people")
    assert "pover: …" in who.text
    said = json.dumps([one["data"] for one in await inbox.store.read(audit.lines)])
    assert "geheim" not in who.text + said
    assert said.count('"contact"') == 6


@pytest.mark.parametrize(
    ("path", "form", "word"),
    [
        ("", {**FACTS, "id": "oncall"}, "Inlognaam"),
        ("", {**FACTS, "id": "ada"}, "al in gebruik"),
        ("", {**FACTS, "id": "new", "role": "king"}, "Rol:"),
        ("", {**FACTS, "id": "new", "zone": "Mars"}, "Tijdzone:"),
        ("", {**FACTS, "id": "new", "mail": "no mail"}, "E-mail:"),
        ("/ada/change", {**FACTS, "name": " "}, "Naam:"),
        ("/ada/contacts", {"do": "add", "name": "x", "target": "geheim", "detail": "facts"}, "Adres:"),
        ("/ada/contacts", {"do": "add", "name": "last_resort", "target": TARGET, "detail": "facts"}, "Naam van de methode"),
        ("/ada/contacts", {"do": "add", "name": "x", "target": TARGET, "detail": "all"}, "Wat erin staat"),
        ("/ada/contacts", {"do": "remove", "name": "x"}, "is er niet meer"),
    ],
)
async def test_what_cannot_be_is_named(light, path, form, word):
    who = await admin(light)
    assert await who.post(f"/people{path}", **form) == 422
    assert word in re.search(r'class="call bad".*?</p>', who.text)[0]
    assert "geheim" not in who.text


@pytest.mark.parametrize("role", list(Role))
async def test_who_may_what(light, role):
    await light.hire("daan")
    who = await light.somebody("pim", role)
    await who.get("/me")
    posts = ["", "/daan/link", "/daan/change", "/daan/off", "/daan/on", "/daan/contacts"]
    if not desk.may(role, Action.PEOPLE):
        assert [await who.post(f"/people{path}", **FACTS) for path in posts] == [403] * len(posts)
        assert (await light.store.read(users.get, "daan")).disabled_at is None
    assert await who.get("/people") == (200 if role in {Role.LEAD, Role.ADMIN} else 403)
    assert ('action="/people/daan/off"' in who.text) == (role is Role.ADMIN)


async def test_strangers_and_scripts(light):
    who = await admin(light)
    assert await who.post("/people/ghost/off") == 404
    assert await who.post("/people/ada/contacts", do="burn") == 400
    assert await who.post("/people/ada/change", token="x", **FACTS) == 403  # noqa: S106 - no token of ours
    await who.get("/people")
    assert await who.post("/people", id="evil", **{**FACTS, "name": SCRIPT}) == 200
    await who.get("/people")
    assert "<script>alert" not in who.text


async def test_it_speaks_english(light):
    who = await light.somebody("ada", Role.ADMIN, language="en")
    await who.get("/people")
    assert "New one-time link" in who.text


async def test_only_kinds_of_address_that_the_house_allows(light):
    await light.hire("daan")
    values = {"by": "ada", "now": light.clock.now(), "schemes": {"mailto"}}
    with pytest.raises(CannotDo, match="scheme"):
        await light.store.write(staff.add_contact, "daan", "post", "json://10.0.0.1/x", "facts", **values)
    await light.store.write(staff.add_contact, "daan", "mail", "MAILTO:daan@example.org", "facts", **values)
    assert len((await light.store.read(people.person, "daan")).contacts) == 1
