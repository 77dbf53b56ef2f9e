"""A lead sends a drill from the inbox, and sees it arrive, and what the night found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import BRAND, MONDAY, FakeClock, FakeNotifier
from inboxes import open_inbox
from staff import staff

from webcare.domain.rota import Role
from webcare.ports.errors import Rejected
from webcare.services import preflight
from webcare.store.door import open_store


@pytest.fixture
async def inbox(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        await opened.desk.staff(staff(language="nl"))
        yield opened
    await store.close()


async def test_a_drill_is_started_and_seen_to_arrive(inbox):
    lead = await inbox.somebody("olga", Role.LEAD)
    await lead.get("/drill")
    assert "Er was nog geen proefalarm." in lead.page
    assert (await lead.post("/drill"), lead.to) == (303, "/drill")
    assert inbox.woken == ["deliver"]
    await lead.get("/drill")
    assert lead.page.count("onderweg") == 6  # each hop, and each of its tries
    assert 'hx-trigger="every 1s"' in lead.page
    await inbox.desk.send(inbox.desk.post(FakeNotifier(Rejected("weg"))), FakeClock(MONDAY + timedelta(seconds=2)))
    await inbox.desk.send(inbox.desk.post(), FakeClock(MONDAY + timedelta(seconds=2)))
    await lead.get("/drill/hops")
    assert "hx-trigger" not in lead.page
    assert "alleen bij het laatste vangnet" in lead.page
    assert "push: mislukt (weg)" in lead.page
    assert lead.page.count("2 s") == 3


async def test_one_at_a_time(inbox):
    lead = await inbox.somebody("olga", Role.LEAD)
    await lead.get("/drill")
    assert await lead.post("/drill") == 303
    await lead.get("/drill")
    assert await lead.post("/drill") == 409
    assert "Er loopt al een proefalarm" in lead.text
    inbox.clock.at += timedelta(minutes=3)  # nobody sends: a new one may be tried, and takes the old one's place
    await lead.get("/drill")
    assert await lead.post("/drill") == 303
    assert len(await inbox.desk.deliveries()) == 3


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR])
async def test_only_leads_and_administrators_may(inbox, role):
    who = await inbox.somebody("yara", role)
    await who.get("/me")
    assert [await who.get("/drill"), await who.get("/drill/hops"), await who.post("/drill")] == [403, 403, 403]
    assert await inbox.desk.deliveries() == []


async def test_a_form_of_elsewhere_starts_nothing(inbox):
    lead = await inbox.somebody("olga", Role.LEAD)
    await lead.get("/drill")
    assert await lead.post("/drill", token="x" * 43) == 403
    assert await inbox.desk.deliveries() == []


async def test_what_the_night_found_is_shown_in_words(inbox):
    async def check(target):
        return "geen verbinding" if "noor" in target or "push" in target else None

    lead = await inbox.somebody("olga", Role.LEAD)
    await lead.get("/drill")
    assert "De eerste keer is vannacht." in lead.page
    await preflight.nightly(
        inbox.store, inbox.clock, "one", zone="Europe/Amsterdam", brand=BRAND, check=check, has_last_resort=False
    )
    await lead.get("/drill")
    assert "Push van Noor werkt niet. geen verbinding" in lead.page
    assert "Er is geen laatste vangnet" in lead.page
