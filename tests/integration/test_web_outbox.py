"""The demo's page: texts as they were received, escaped; letters that can do nothing; and no trace of it in a real house."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fakes import MONDAY
from inboxes import PASSWORD, open_inbox

from webcare.domain.rota import Role
from webcare.store.door import open_store
from webcare.web.stage import Told, Way

COUNT = re.compile(r'id="arrived-(\w+)">(\d+)<')
HOME = "http://127.0.0.1:8080"
ALERT = Told(
    key="alert-1",
    at=MONDAY,
    way=Way.ALERT,
    to="Noor <b>",
    by="phone",
    subject="Nog 6 min",
    text=f"Marit: <script>alert(1)</script>\nOpen zaak 7: {HOME}/cases/7\n",
)
LETTER = Told(
    key="mail-2",
    at=MONDAY + timedelta(minutes=1),
    way=Way.MAIL,
    to="Milan",
    by="mail",
    subject="Gisteren 95 %",
    text="Beste Milan",
    html="<p>Beste <i>Milan</i></p>",
)
REPLY = Told(
    key="wamid.X", at=MONDAY, way=Way.CUSTOMER, to="Marit", by="whatsapp:1", subject="", text="Dag Marit ^NV", state="read"
)


class FakeStage:
    speed = 60.0
    visitor = "noor"

    def __init__(self):
        self.is_halted = False

    def halt(self):
        self.is_halted = True

    def go(self):
        self.is_halted = False

    def told(self):
        return [LETTER, ALERT, REPLY]


@pytest.fixture
def stage():
    return FakeStage()


@pytest.fixture
async def inbox(sqlite_url, stage):
    store = open_store(sqlite_url)
    async with open_inbox(store, home=HOME, stage=stage) as opened:
        yield opened
    await store.close()


async def test_texts_are_shown_as_they_came_and_do_nothing(inbox):
    noor = await inbox.somebody()
    assert await noor.get("/outbox") == 200
    assert "<script>alert" not in noor.text
    assert "Melding aan Noor &lt;b&gt;" in noor.text
    assert 'href="/cases/7"' in noor.text
    assert "gelezen" in noor.text
    assert COUNT.findall(noor.text) == [("all", "3"), ("alert", "1"), ("mail", "1"), ("customer", "1")]
    await noor.get("/outbox/head")
    assert COUNT.findall(noor.text.replace(' hx-swap-oob="true"', ""))[0] == ("all", "3")
    await noor.get("/")
    assert 'href="/outbox"' in noor.text


async def test_the_filter_leaves_what_it_names(inbox):
    noor = await inbox.somebody()
    await noor.get("/outbox?way=customer")
    assert "Dag Marit" in noor.text
    assert "Nog 6 min" not in noor.text
    await noor.get("/outbox?way=%3Cb%3E")
    assert "Nog 6 min" in noor.text


async def test_a_letter_is_shown_as_html_and_text_and_cannot_act(inbox):
    noor = await inbox.somebody()
    assert await noor.get("/outbox/mail-2.html") == 200
    assert noor.text == LETTER.html
    policy = noor.answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert await noor.get("/outbox/mail-2.txt") == 200
    assert noor.text == "Gisteren 95 %\n\nBeste Milan"
    assert noor.answer.headers["Content-Type"].startswith("text/plain")
    assert await noor.get("/outbox/alert-1.html") == 404


async def test_the_clock_is_halted_and_goes_on_by_a_form_of_ours_only(inbox, stage):
    noor = await inbox.somebody()
    await noor.get("/outbox")
    assert await noor.post("/outbox/clock", do="halt", token="stranger") == 403  # noqa: S106 - it is none
    assert not stage.is_halted
    await noor.get("/outbox")
    assert await noor.post("/outbox/clock", do="halt") == 303
    assert stage.is_halted
    await noor.get("/outbox")
    assert "Verder" in noor.text
    await noor.post("/outbox/clock", do="go")
    assert not stage.is_halted


async def test_an_auditor_looks_and_leaves_the_clock_alone(inbox, stage):
    lena = await inbox.somebody("lena", Role.AUDITOR)
    assert await lena.get("/outbox") == 200
    assert 'action="/outbox/clock"' not in lena.text
    await lena.get("/me")  # whose forms carry her token
    assert await lena.post("/outbox/clock", do="halt") == 403
    assert not stage.is_halted


async def test_strangers_see_nothing_and_guess_under_the_same_limit_as_at_the_login(inbox):
    await inbox.hire("noor")
    who = await inbox.browser()
    assert await who.get("/outbox") == 303
    assert who.to.startswith("/login")
    for _ in range(6):
        assert await who.get("/welcome/demo/wrong-guess") == 303
        assert who.to == "/login"
    assert await who.get(f"/welcome/demo/{PASSWORD}") == 303
    assert who.to == "/login"


async def test_the_link_lets_the_visitor_in(inbox):
    await inbox.hire("noor")
    who = await inbox.browser()
    assert await who.get(f"/welcome/demo/{PASSWORD}") == 303
    assert who.to == "/"
    assert await who.get("/outbox") == 200


async def test_a_real_house_has_no_such_page(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store, home=HOME) as inbox:
        noor = await inbox.somebody()
        assert await noor.get("/outbox") == 404
        assert await noor.get(f"/welcome/demo/{PASSWORD}") == 404
        await noor.get("/")
        assert "/outbox" not in noor.text
    await store.close()
