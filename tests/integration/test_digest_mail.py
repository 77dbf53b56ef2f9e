"""The daily letter in somebody's mailbox: from the outbox over a real mail server, in good health and in every kind of trouble."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import replace
from datetime import timedelta

import pytest
import trustme
from fakes import BRAND, CHANNEL, DAY, HOUR, MONDAY, Desk, FakeClock, said
from staff import by, staff
from test_smtp import HERE, Mailbox, listening, mail_server

from webcare.addressing import router_of
from webcare.domain.rota import Role
from webcare.services.summarize import summarize
from webcare.settings.model import Model
from webcare.store.messages import ensure_channel

EIGHT = MONDAY + DAY - 2 * HOUR  # Tuesday, 08:00 in Amsterdam
URL = "https://webcare.example.nl"
FIRST, SECOND = by("mail", "mailto:lena@example.org"), by("home", "mailto:lena@home.example")


@pytest.fixture(scope="module")
def certificates():
    """What our mail server shows, and what trusts it."""
    authority, shown, trusted = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(HERE).configure_cert(shown)
    authority.configure_trust(trusted)
    return shown, trusted


@pytest.fixture
async def desk(store):
    """A lead with two addresses, a question that ran out on Monday, and the letter of that day in the outbox."""
    opened = await Desk.open(store)
    people = [person for person in staff(lena=(FIRST, SECOND)).people if person.role is Role.LEAD]
    await opened.staff(replace(staff(), levels=(), people=tuple(people)))
    await store.write(ensure_channel, CHANNEL, brand=BRAND, now=MONDAY - DAY)
    await opened.hear(said("m1", "Where is it?", MONDAY - DAY))
    assert await summarize(store, FakeClock(EIGHT), zone="Europe/Amsterdam", brand=BRAND) == 1
    return opened


async def deliver(desk, port, trust, clock, **changes):
    """Send what is due, once."""
    smtp = {"host": HERE, "port": port, "sender": "Webcare <webcare@meerkoet.example>"}
    settings = Model.model_validate(
        {"web": {"public_url": URL}, "smtp": smtp, "alerts": {"last_resort": "mailto:boss@example.org"}}
    )
    post = desk.post(router_of(settings, desk.store, clock, tls=trust))
    return await desk.send(replace(post, **changes), clock)


async def state(desk):
    return [(row["method"], row["state"], row["attempt"]) for row in await desk.deliveries()]


async def test_the_letter_arrives_over_starttls_with_the_verdict_in_its_subject(desk, certificates):
    mailbox = Mailbox()
    async with listening(mail_server(mailbox, certificates[0])) as port:
        await deliver(desk, port, certificates[1], FakeClock(EIGHT))
    (letter,) = mailbox.letters
    assert letter["To"] == "lena@example.org"
    assert " ".join(str(letter["Subject"]).split()) == "Yesterday 0 % in time, 1 missed. Nothing runs out today"
    assert re.fullmatch(r"<webcare-letter-[0-9a-f]{32}@meerkoet\.example>", letter["Message-ID"])
    assert (letter["Auto-Submitted"], letter["Importance"]) == ("auto-generated", None)
    text, html = (" ".join(part.get_content().split()) for part in letter.iter_parts())
    assert "Yesterday 0 % were answered in time." in text
    assert f"Case 1: {URL}/cases/1" in text
    assert f'href="{URL}/cases/1"' in html
    assert "Anna" not in text + html
    assert "Where is it" not in text + html
    assert await state(desk) == [("mail", "sent", 1)]


async def test_a_server_that_says_not_now_gets_the_same_letter_later(desk, certificates):
    """Greylisting: the first try of an unknown sender is turned away for some minutes."""
    mailbox, clock = Mailbox(DATA="451 come back later"), FakeClock(EIGHT)
    async with listening(mail_server(mailbox, certificates[0])) as port:
        for _ in range(6):
            await deliver(desk, port, certificates[1], clock)
            clock.at_machine += timedelta(minutes=10)
        assert await state(desk) == [("mail", "queued", 6)]
        mailbox.answers = {}
        await deliver(desk, port, certificates[1], clock)
    assert await state(desk) == [("mail", "sent", 7)]
    assert len({letter["Message-ID"] for letter in mailbox.letters}) == 1


async def test_an_address_that_is_no_more_gives_way_to_the_next_one_under_the_same_name(desk, certificates):
    mailbox, clock = Mailbox(RCPT="550 no such user"), FakeClock(EIGHT)
    async with listening(mail_server(mailbox, certificates[0])) as port:
        await deliver(desk, port, certificates[1], clock)
        assert await state(desk) == [("mail", "failed", 1), ("home", "queued", 0)]
        mailbox.answers = {}
        await deliver(desk, port, certificates[1], clock)
    (letter,) = mailbox.letters
    first, second = await desk.deliveries()
    assert letter["To"] == "lena@home.example"
    assert letter["Message-ID"] == f"<webcare-{first['key'].replace(':', '-')}@meerkoet.example>"
    assert second["key"] == f"{first['key']}#2"


async def test_when_every_address_refuses_it_the_last_resort_is_left_alone(desk, certificates):
    mailbox, clock = Mailbox(DATA="554 looks like spam"), FakeClock(EIGHT)
    async with listening(mail_server(mailbox, certificates[0])) as port:
        for _ in range(4):
            await deliver(desk, port, certificates[1], clock)
    assert await state(desk) == [("mail", "failed", 1), ("home", "failed", 1)]
    assert {letter["To"] for letter in mailbox.letters} == {"lena@example.org", "lena@home.example"}


async def test_a_server_that_is_dead_gets_it_when_it_is_back(desk, certificates):
    clock, mailbox = FakeClock(EIGHT), Mailbox()
    async with listening(asyncio.Protocol) as port:
        pass
    await deliver(desk, port, certificates[1], clock)
    assert await state(desk) == [("mail", "queued", 1)]
    clock.at_machine += HOUR
    async with listening(mail_server(mailbox, certificates[0])) as port:
        await deliver(desk, port, certificates[1], clock)
    assert len(mailbox.letters) == 1


async def test_a_server_that_says_nothing_is_given_up_and_tried_again(desk, certificates):
    clock, mailbox = FakeClock(EIGHT), Mailbox()
    async with listening(asyncio.Protocol) as port:  # it takes the call and is silent
        await deliver(desk, port, certificates[1], clock, slowest=timedelta(milliseconds=50))
    assert await state(desk) == [("mail", "queued", 1)]
    clock.at_machine += HOUR
    async with listening(mail_server(mailbox, certificates[0])) as port:
        await deliver(desk, port, certificates[1], clock)
    assert len(mailbox.letters) == 1


async def test_a_certificate_that_does_not_hold_is_waited_for_as_the_operator_mends_it(desk, certificates):
    clock = FakeClock(EIGHT)
    async with listening(mail_server(Mailbox(), certificates[0])) as port:
        await deliver(desk, port, None, clock)
        assert await state(desk) == [("mail", "queued", 1)]
        clock.at_machine += HOUR
        await deliver(desk, port, certificates[1], clock)
    assert await state(desk) == [("mail", "sent", 2)]
