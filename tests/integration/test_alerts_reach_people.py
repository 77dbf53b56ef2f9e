"""From an overdue question to a letter in somebody's mailbox: sweep, outbox, addressing, words and a real mail server."""

from __future__ import annotations

import json
import re
import ssl
from datetime import timedelta

import pytest
import trustme
from fakes import DAY, HOUR, MONDAY, Desk, FakeClock, said
from sqlalchemy import delete
from staff import by, staff
from test_smtp import HERE, Mailbox, listening, mail_server

from webcare.addressing import address, router_of
from webcare.domain.message import Kind
from webcare.domain.rota import LevelName
from webcare.ports.errors import Rejected, Unavailable
from webcare.ports.notifier import Alert
from webcare.services.deliver import ALERT_TRIES
from webcare.services.tell import tell_level
from webcare.settings.model import Model
from webcare.store import house_tables, tables
from webcare.store.door import open_store

# As in test_apprise.py: apprise loads tweepy's synchronous half, which names a module that Python 3.13 drops.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

ALERT, BREACH = MONDAY + 18 * HOUR, MONDAY + DAY + HOUR
URL = "https://webcare.example.nl"
WHERE = "Where is it? Call me at 06-12345678"


@pytest.fixture
async def desk(store):
    return await Desk.open(store)


@pytest.fixture(scope="module")
def certificates():
    """What our mail server shows, and what trusts it."""
    authority, shown, trusted = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(HERE).configure_cert(shown)
    authority.configure_trust(trusted)
    return shown, trusted


@pytest.fixture
async def post_office(certificates):
    """A mail server with STARTTLS: its mailbox and its port."""
    mailbox = Mailbox()
    async with listening(mail_server(mailbox, certificates[0])) as port:
        yield mailbox, port


def house(tmp_path, port=None, **alerts):
    """Settings of a house that may write lines, with a mail server where there is a port."""
    smtp = None if port is None else {"host": HERE, "port": port, "sender": "Webcare <webcare@meerkoet.example>"}
    return Model.model_validate({"web": {"public_url": URL}, "smtp": smtp, "alerts": {"lines_in": tmp_path, **alerts}})


async def deliver(desk, settings, clock, trust=None):
    """Send what is due, and what follows from it, until nothing is left for now."""
    router = router_of(settings, desk.store, clock, tls=trust)
    for _ in range(10):
        if not await desk.send(desk.post(router), clock):
            return
        clock.at_machine += timedelta(minutes=1)


def lines(tmp_path, name):
    file = tmp_path / f"{name}.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def test_an_overdue_question_becomes_a_letter_over_starttls(desk, tmp_path, certificates, post_office):
    mailbox, port = post_office
    await desk.staff(staff(lena=(by("mail", "mailto:lena@example.org"),)))
    await desk.hear(said("m1", WHERE, MONDAY))
    await desk.sweep(BREACH)
    await deliver(desk, house(tmp_path, port), FakeClock(BREACH), certificates[1])
    (letter,) = mailbox.letters
    assert letter["To"] == "lena@example.org"
    assert letter["Subject"] == "1 h late: public comment on X"
    assert letter["Importance"] == "high"
    text, html = (part.get_content() for part in letter.iter_parts())
    assert f"Open case 1: {URL}/cases/1" in text
    told = re.compile(r"Also told: (Noor|Daan)( \(11:00\))? and (Noor|Daan)( \(11:00\))?\.")  # they are told at the same time
    assert told.search(text)
    assert "Anna" not in text + html
    assert {d["state"] for d in await desk.deliveries()} == {"sent"}


async def test_when_the_mail_server_is_gone_the_next_method_tells_the_same_cases(desk, tmp_path, certificates):
    async with listening(mail_server(Mailbox(), certificates[0])) as port:
        pass
    await desk.staff(staff(noor=(by("mail", "mailto:noor@example.org"), "push")))
    await desk.hear(said("m1", WHERE, MONDAY), said("m2", "Where?", MONDAY, by="bert"))
    await desk.sweep(ALERT)
    await deliver(desk, house(tmp_path, port), FakeClock(ALERT), certificates[1])
    (line,) = lines(tmp_path, "push")
    assert (line["person"], line["method"], [case["case"] for case in line["cases"]]) == ("noor", "push", [1, 2])
    failed, sent = await desk.deliveries()
    assert (failed["state"], failed["attempt"], sent["state"]) == ("failed", ALERT_TRIES, "sent")
    notices = [(row["delivery"], row["notice"]) for row in await desk.rows(tables.delivery_notice)]
    assert notices == [(1, 1), (1, 2), (2, 1), (2, 2)]


async def test_after_the_last_method_the_last_resort_reads_whom_it_was_for(desk, tmp_path, certificates, post_office):
    mailbox, port = post_office
    await desk.staff(staff(noor=(by("gone", "json://example.org/x"),)))
    await desk.hear(said("m1", WHERE, MONDAY))
    await desk.sweep(ALERT)
    settings = house(tmp_path, port, last_resort="mailto:everybody@example.org")
    await deliver(desk, settings, FakeClock(ALERT), certificates[1])
    (letter,) = mailbox.letters
    assert letter["To"] == "everybody@example.org"
    assert "Bedoeld voor Noor, die niet te bereiken was." in letter.get_body(("plain",)).get_content()  # the house speaks Dutch


async def test_trouble_and_replies_are_told_in_words(desk, tmp_path, certificates, post_office):
    mailbox, port = post_office
    await desk.staff(staff(noor=(by("mail", "mailto:noor@example.org"),)))
    trouble = {"what": "stopped", "channel": "twitter:1", "name": "X Meerkoet", "since": "2026-11-23T09:00:00Z", "reason": "401"}
    reply = {"what": "refused", "case": 7, "channel": "whatsapp:1", "reason": "too long"}
    for key, content in (("a", {"trouble": trouble}), ("b", {"reply": reply})):
        await desk.store.write(tell_level, LevelName.ONCALL, content, brand="meerkoet", key=key, now=MONDAY)
    await deliver(desk, house(tmp_path, port), FakeClock(MONDAY), certificates[1])
    subjects = {letter["Subject"]: letter["Importance"] for letter in mailbox.letters}
    assert subjects == {"Access lost: X Meerkoet": "high", "Reply not sent: case 7 on WhatsApp": None}


# --- addressing


def alert(method="mail", person="noor", **content):
    facts = {"case": 1, "channel": "twitter:meerkoet", "kind": "comment", "deadline": "2026-11-24T09:00:00Z", "step": "alert"}
    return Alert(key="alert:1", person=person, method=method, content=content or {"cases": [facts]}, decided_at=ALERT)


async def asked(desk, settings, *args, now=ALERT, **kwargs):
    return await address(settings, desk.store, FakeClock(now))(alert(*args, **kwargs))


async def test_a_person_is_written_to_in_their_own_language_and_time(desk, tmp_path):
    people = staff(noor=(by("mail", "mailto:noor@example.org"),), language="en", zone="America/New_York")
    await desk.staff(people)
    await desk.hear(said("m1", WHERE, MONDAY))
    found = await asked(desk, house(tmp_path))
    assert found.target == "mailto:noor@example.org"
    assert found.words.text.startswith("6 h left, until tomorrow 04:00")
    assert not found.is_grave
    assert (await asked(desk, house(tmp_path), now=BREACH)).is_grave


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("detail", ["facts", "line"])
@pytest.mark.parametrize("kind", [Kind.COMMENT, Kind.DM])
async def test_the_customers_newest_words_are_looked_up_for_who_may_have_them(desk, tmp_path, kind, detail, trusted):
    await desk.staff(staff(noor=(by("mail", "mailto:noor@example.org", detail=detail, trusted=trusted),)))
    await desk.hear(said("m1", "Where is it?", MONDAY, kind=kind), said("m2", WHERE, MONDAY + HOUR, kind=kind))
    await desk.sweep(ALERT)
    await desk.send(desk.post(), FakeClock(ALERT))
    (delivery,) = await desk.deliveries()
    assert "Call" not in str(delivery["content"])
    found = await address(house(tmp_path), desk.store, FakeClock(ALERT))(alert(**delivery["content"]))
    allowed = detail == "line" and (trusted or kind is Kind.COMMENT)
    assert ("Anna: “Where is it? Call me at (phone number)”" in found.words.text) is allowed
    assert "12345678" not in found.words.text + found.words.html


async def test_what_a_customer_took_back_meanwhile_is_not_told(desk, tmp_path):
    await desk.staff(staff(noor=(by("mail", "mailto:noor@example.org", detail="line"),)))
    await desk.hear(said("m1", WHERE, MONDAY))
    gone = tables.message.update().values(text="", deleted_at=ALERT)
    await desk.store.write(lambda conn: conn.execute(gone).rowcount)
    found = await asked(desk, house(tmp_path))
    assert "Anna" in found.words.text
    assert "Call" not in found.words.text


@pytest.mark.parametrize(
    ("method", "person", "with_last_resort", "target"),
    [
        ("mail", "noor", False, "mailto:noor@example.org"),
        ("fax", "noor", True, "lines:last.jsonl"),
        ("fax", "noor", False, None),
        ("mail", "stranger", True, "lines:last.jsonl"),
        ("mail", "stranger", False, None),
        ("last_resort", "oncall", True, "lines:last.jsonl"),
        ("last_resort", "oncall", False, None),
        ("last_resort", "noor", True, "lines:last.jsonl"),
        ("last_resort", "noor", False, "mailto:noor@example.org"),  # then what is left is to go on trying
    ],
)
async def test_where_an_alert_goes(desk, tmp_path, method, person, with_last_resort, target):
    await desk.staff(staff(noor=(by("mail", "mailto:noor@example.org"), "push")))
    settings = house(tmp_path, **({"last_resort": "lines:last.jsonl"} if with_last_resort else {}))
    found = await asked(desk, settings, method, person)
    assert (found and found.target) == target


async def test_the_last_resort_needs_no_database(tmp_path, sqlite_url):
    store = open_store(sqlite_url)
    await store.close()
    settings = house(tmp_path, last_resort="lines:last.jsonl")
    find = address(settings, store, FakeClock(ALERT))
    assert (await find(alert("last_resort", "noor"))).target == "lines:last.jsonl"
    with pytest.raises(Unavailable, match="cannot be asked"):
        await find(alert())


async def test_only_what_the_settings_name_may_be_called(desk, tmp_path):
    """`schemes` takes the place of the list that is built in: wider or narrower, but only by name."""
    await desk.staff(staff(noor=(by("mail", "json://127.0.0.1:9/x"),)))
    await desk.hear(said("m1", WHERE, MONDAY))
    with pytest.raises(Rejected, match="not among the allowed"):
        await router_of(house(tmp_path), desk.store, FakeClock(ALERT)).send(alert())
    with pytest.raises(Unavailable):
        await router_of(house(tmp_path, schemes=["JSON"]), desk.store, FakeClock(ALERT)).send(alert())


async def test_people_who_left_are_told_through_the_last_resort(desk, tmp_path):
    await desk.staff(staff())
    await desk.hear(said("m1", WHERE, MONDAY))
    await desk.sweep(ALERT)
    for table in (house_tables.contact, house_tables.person):
        await desk.store.write(lambda conn, table=table: conn.execute(delete(table)).rowcount)
    await deliver(desk, house(tmp_path, last_resort="lines:last.jsonl"), FakeClock(ALERT))
    (line,) = lines(tmp_path, "last")
    assert (line["person"], line["method"]) == ("noor", "last_resort")
