"""What went out over real HTTP: each kind and each end, filters that live in the address, and letters that only their readers open."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import BRAND, CHANNEL, DAY, HOUR, MONDAY, FakeNotifier, FakeSender, ours, receipt, said
from inboxes import PASSWORD, open_inbox
from sqlalchemy import insert
from staff import by, staff

from webcare.domain.rota import LevelName, Role
from webcare.ports.errors import Rejected, Unavailable, Unconfirmed
from webcare.services import answer, desk, sent, sign_in
from webcare.services.deliver import ALERT_TRIES
from webcare.services.sent import Filters, Result
from webcare.services.summarize import summarize
from webcare.services.tell import tell_level
from webcare.store import restore, users
from webcare.store.door import open_store
from webcare.store.house_tables import person
from webcare.store.messages import ensure_channel
from webcare.store.tables import delivery
from webcare.web.words import EN, NL

ADDRESS = "lena@example.org"
ALERT = MONDAY + 18 * HOUR
SECOND = timedelta(seconds=1)
EIGHT = MONDAY + DAY - 2 * HOUR  # Tuesday, 08:00 in Amsterdam
HOME = "https://webcare.example.nl"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def inbox(store):
    async with open_inbox(store, home=HOME) as opened:
        yield await staffed(opened)


@pytest.fixture
async def light(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store, home=HOME) as opened:
        yield await staffed(opened)
    await store.close()


async def staffed(inbox):
    """Let noor and daan work here, and lena who leads and gets letters."""
    await inbox.desk.staff(staff(noor=("push", "app"), lena=(by("mail", f"mailto:{ADDRESS}"),), language="nl"))
    return inbox


async def log_in(inbox, name):
    """Log one of these in, whoever has no password yet."""
    hashed = await inbox.passwords.hash(PASSWORD)
    await inbox.store.write(sign_in.invite, name, f"link-{name}", by="test", machine=inbox.clock.machine())
    await inbox.store.write(users.set_password, name, hashed)
    who = await inbox.browser()
    assert await who.log_in(name) == 303
    return who


async def alert(inbox, *answers):
    """Let a question come near its end, and the outbox do its work."""
    await inbox.desk.hear(said("m1", "Waar is mijn pakket?", MONDAY))
    await inbox.desk.sweep(ALERT)
    inbox.clock.at = inbox.clock.at_machine = ALERT
    await inbox.desk.send(inbox.desk.post(FakeNotifier(*answers)), inbox.clock)


async def reply(inbox, *answers):
    await inbox.desk.hear(said("m1", "Waar is mijn pakket?", MONDAY))
    await inbox.store.write(desk.claim, 1, by="noor", rules=inbox.desk.rules, now=MONDAY)
    await inbox.store.write(answer.write, 1, text="Onderweg.", by="noor", now=MONDAY)
    await inbox.desk.send(inbox.desk.post(sender=FakeSender(*answers)), inbox.clock)


async def letters(inbox, *, to=("lena",)):
    """Let the letters of Monday be queued and sent."""
    await inbox.store.write(ensure_channel, CHANNEL, brand=BRAND, now=MONDAY - DAY)
    await inbox.desk.hear(said("m1", "Waar is mijn pakket?", MONDAY - DAY))
    inbox.clock.at = inbox.clock.at_machine = EIGHT
    assert await summarize(inbox.store, inbox.clock, zone="Europe/Amsterdam", brand=BRAND) == len(to)
    await inbox.desk.send(inbox.desk.post(), inbox.clock)
    return [row["id"] for row in await inbox.desk.deliveries() if row["kind"] == "letter"]


def rows(page):
    """Each delivery as a reader sees it, without tags."""
    found = re.findall(r'<tr id="d\d+">(.*?)</tr>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


# --- what is shown


async def test_an_alert_says_to_whom_by_which_method_about_which_case_and_who_saw_it(inbox):
    await alert(inbox)
    inbox.clock.at = ALERT + timedelta(minutes=7)
    await inbox.store.write(desk.claim, 1, by="daan", rules=inbox.desk.rules, now=inbox.clock.at)
    who = await log_in(inbox, "noor")
    assert await who.get("/sent") == 200
    (row,) = rows(who.text)
    for part in ("melding", "Noor", "push", "zaak 1", "afgeleverd", "04:00", "gezien door Daan, 04:07"):
        assert part in row, part
    assert 'href="/cases/1"' in who.text
    assert "lines:" not in who.text


async def test_what_did_not_arrive_says_why_without_addresses(inbox):
    await alert(inbox, Rejected(f"{SCRIPT} {ADDRESS} is gone"))
    who = await log_in(inbox, "noor")
    await who.get("/sent?failed=1")
    (row,) = rows(who.text)
    assert "geweigerd" in row
    assert "is gone" in row
    assert ADDRESS not in who.text
    assert "<script>alert" not in who.text
    await who.get("/sent")
    assert len(rows(who.text)) == 2  # and the next method has its turn
    assert "app" in rows(who.text)[0]


async def test_what_is_tried_again_says_when_and_silence_is_no_refusal(inbox):
    await alert(inbox, Unavailable("no answer in time"))
    who = await log_in(inbox, "noor")
    await who.get("/sent")
    assert re.search(r"opnieuw om \d\d:\d\d", rows(who.text)[0])
    for _ in range(ALERT_TRIES):
        inbox.clock.at_machine += HOUR
        await inbox.desk.send(inbox.desk.post(FakeNotifier(Unavailable("no answer in time"))), inbox.clock)
    await who.get("/sent?failed=1")
    assert "geen antwoord" in rows(who.text)[0]
    assert "4 pogingen" in rows(who.text)[0]


async def test_each_attempt_is_shown_with_its_end_on_the_page_and_in_the_case(light):
    await alert(light, Rejected("no such device 0612345678"))
    await light.desk.send(light.desk.post(FakeNotifier()), light.clock)
    who = await log_in(light, "noor")
    await who.get("/cases/1")
    assert "Noor, push: mislukt" in who.text
    assert "niet aangekomen (no such device" in who.text
    assert "0612345678" not in who.text
    assert "Noor, app: bezorgd" in who.text


async def test_an_alert_about_nobody_who_waits_says_that_it_was_not_sent(light):
    await light.desk.hear(said("m1", "Waar?", MONDAY), said("m2", "Waar?", MONDAY + SECOND, by="bert"))
    await light.desk.sweep(ALERT)
    light.clock.at = light.clock.at_machine = ALERT
    await light.desk.send(light.desk.post(FakeNotifier()), light.clock)
    await light.desk.sweep(ALERT + SECOND)
    who = await log_in(light, "noor")
    await who.get("/sent")
    assert "wacht" in rows(who.text)[0]
    assert "zaak 2" in rows(who.text)[0]
    await light.desk.hear(ours("a1", ALERT + 2 * SECOND, "m2"))
    light.clock.at = ALERT + HOUR
    await light.desk.send(light.desk.post(FakeNotifier()), light.clock)
    await who.get("/sent")
    assert NL.sent.results["over"] in rows(who.text)[0]
    assert "zaak 2" in rows(who.text)[0]
    await who.get("/cases/2")
    assert "Noor, push: niet meer nodig" in who.text


async def test_what_is_held_after_a_restore_is_no_failure_that_anybody_must_explain(inbox):
    await inbox.desk.hear(said("m1", "Waar?", MONDAY))
    await inbox.desk.sweep(ALERT)
    await inbox.store.write(restore.hold, ALERT)
    who = await log_in(inbox, "noor")
    await who.get("/sent?failed=1")
    assert NL.sent.results["held"] in rows(who.text)[0]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([receipt("r1", MONDAY)], "afgeleverd"),
        ([Rejected("the customer blocked us")], "geweigerd"),
        ([Unconfirmed("nobody knows")], "onbekend of het aankwam"),
    ],
)
async def test_a_reply_says_how_the_platform_took_it_and_who_wrote_it(light, answers, words):
    await reply(light, *answers)
    who = await log_in(light, "daan")
    await who.get("/sent?kind=reply")
    (row,) = rows(who.text)
    for part in ("antwoord", "de klant", "X", "zaak 1", "van Noor", words):
        assert part in row, part
    assert "Onderweg." not in who.text


async def test_a_reply_that_failed_after_all_is_told_as_such_and_who_wrote_it_is_alerted(light):
    await reply(light, receipt("r1", MONDAY))
    withdrawn = {"reason": "131026", "at": MONDAY, "rules": light.desk.rules, "now": MONDAY + HOUR}
    await light.store.write(answer.withdrawn, CHANNEL, "r1", **withdrawn)
    who = await log_in(light, "daan")
    await who.get("/sent?kind=reply")
    assert NL.sent.results["withdrawn"] in rows(who.text)[0]
    await who.get("/sent?kind=alert&person=noor")
    assert "melding Noor push zaak 1 wacht" in rows(who.text)[0]


async def test_trouble_of_a_channel_leads_to_the_channels(light):
    content = {
        "trouble": {"what": "stopped", "channel": CHANNEL, "name": SCRIPT, "since": "2026-11-23T09:00:00Z", "reason": None}
    }
    await light.store.write(tell_level, LevelName.ONCALL, content, brand=BRAND, key="one", now=MONDAY)
    who = await log_in(light, "noor")
    await who.get("/sent")
    assert "storing:" in rows(who.text)[0]
    assert "&lt;script&gt;" in who.text
    assert "<script>alert" not in who.text
    assert '<a href="/channels">storing' in who.text


# --- filters and pages


async def test_filters_live_in_the_address_and_nonsense_is_left_out(inbox):
    await alert(inbox)
    await inbox.store.write(desk.claim, 1, by="daan", rules=inbox.desk.rules, now=ALERT)
    await inbox.store.write(answer.write, 1, text="Onderweg.", by="daan", now=ALERT)
    who = await log_in(inbox, "noor")
    for asked, many in {
        "": 2,
        "kind=alert": 1,
        "kind=letter": 0,
        "person=noor": 1,
        "person=daan": 1,
        "person=daan&kind=alert": 0,
        "person=nobody": 0,
        "failed=1": 0,
        "kind=%3Cscript%3E&person=&failed=x&before=%27--": 2,
        "before=99999999999999999999": 2,
        "before=1": 0,
    }.items():
        assert await who.get(f"/sent?{asked}") == 200
        assert len(rows(who.text)) == many, asked
    await who.get("/sent?kind=letter")
    assert NL.sent.none_filtered in who.text


async def many(store, count, **changes):
    row = {"brand": BRAND, "kind": "alert", "person": "noor", "method": "push", "content": {}, "state": "sent", "attempt": 1}
    row.update(created_at=MONDAY, not_before=MONDAY, sent_at=MONDAY)

    def fill(conn):
        conn.execute(insert(delivery), [{**row, **changes, "key": f"{changes}{n}"} for n in range(count)])

    await store.write(fill)


async def test_pages_follow_each_other_without_a_gap_whatever_the_filter(inbox):
    await many(inbox.store, 60)
    await many(inbox.store, 60, kind="letter", content={"letter": {"edition": "daily", "day": "2026-11-22"}})
    who = await log_in(inbox, "noor")
    for asked, count in (("", 120), ("?person=noor", 120), ("?kind=letter", 60)):
        seen, path = [], f"/sent{asked}"
        while path:
            await who.get(path)
            seen += [int(number) for number in re.findall(r'<tr id="d(\d+)"', who.text)]
            found = re.search(r'href="([^"]+)" rel="next"', who.text)
            path = found[1].replace("&amp;", "&") if found else None
        assert seen == sorted(seen, reverse=True)
        assert len(set(seen)) == len(seen) == count


@pytest.mark.parametrize(
    "filters",
    [Filters(), Filters(kind="letter"), Filters(person="noor"), Filters(person="noor", kind="letter"), Filters(failed=True)],
)
async def test_no_page_reads_or_sorts_more_than_it_shows(sqlite_url, filters):
    store = open_store(sqlite_url)
    asked = []
    where = sent.sent.Where(kind=filters.kind, person=filters.person, stuck=filters.failed)

    def plans(conn):
        class Listening:
            def execute(self, query):
                text = str(query.compile(conn, compile_kwargs={"literal_binds": True}))
                asked.extend(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
                return conn.execute(query)

        sent.sent.page(Listening(), where, 50, 10_000)

    await store.read(plans)
    await store.close()
    of_replies = filters.person is not None and filters.kind is None  # of one writer: few, and they are sorted
    assert [line for line in asked if "TEMP B-TREE" in line and not of_replies] == []
    assert [line for line in asked if line.startswith("SCAN delivery")] == []


# --- letters


async def test_a_letter_is_read_as_it_was_sent(inbox):
    (number,) = await letters(inbox)
    lena = await log_in(inbox, "lena")
    await lena.get("/sent?kind=letter")
    assert "dagbrief over maandag 23 november" in rows(lena.text)[0]
    assert f'href="/sent/letters/{number}"' in lena.text
    assert await lena.get(f"/sent/letters/{number}") == 200
    assert "<h1>Gisteren 0\xa0% op tijd" in lena.text
    assert "Aan Lena." in lena.text
    assert ADDRESS not in lena.text
    policy = lena.answer.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "script-src 'self'" in policy
    assert re.search(r'<iframe [^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"', lena.text)
    assert await lena.get(f"/sent/letters/{number}/html") == 200
    assert f'href="{HOME}/cases/1"' in lena.text
    headers = lena.answer.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'; ")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "script" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Cache-Control"] == "no-store"


async def test_the_letter_says_the_same_a_week_later(light):
    (number,) = await letters(light)
    lena = await log_in(light, "lena")
    await lena.get(f"/sent/letters/{number}/html")
    before = lena.text
    light.clock.at += 7 * DAY
    await lena.get(f"/sent/letters/{number}/html")
    assert lena.text == before


async def test_nobody_reads_the_letter_of_somebody_else_unless_they_lead(inbox):
    (number,) = await letters(inbox)
    await inbox.hire("ada", Role.ADMIN)
    await inbox.hire("ans", Role.AUDITOR)
    for name, status in (("noor", 403), ("ans", 403), ("ada", 200)):
        who = await log_in(inbox, name)
        for path in (f"/sent/letters/{number}", f"/sent/letters/{number}/html"):
            assert await who.get(path) == status, name
        await who.get("/sent?kind=letter")
        assert (f'href="/sent/letters/{number}"' in who.text) is (status == 200)
    stranger = await inbox.browser()
    assert await stranger.get(f"/sent/letters/{number}/html") == 303


async def test_one_reads_ones_own_letter_also_when_one_leads_no_more(light):
    (number,) = await letters(light)
    lena = await log_in(light, "lena")

    falls = person.update().where(person.c.id == "lena").values(role="agent")
    await light.store.write(lambda conn: conn.execute(falls).rowcount)
    assert await lena.get(f"/sent/letters/{number}") == 200


async def test_a_number_that_is_no_letter_is_not_found(light):
    await alert(light)
    lena = await log_in(light, "lena")
    for number in ("1", "99", "0", "x", "1%00", "9" * 40, "-1", "1.0"):
        assert await lena.get(f"/sent/letters/{number}") == 404, number
        assert await lena.get(f"/sent/letters/{number}/html") == 404, number


async def test_an_auditor_reads_the_list_in_english(light):
    await alert(light)
    await light.hire("ans", Role.AUDITOR, language="en")
    who = await light.browser()
    await who.log_in("ans")
    assert await who.get("/sent") == 200
    assert EN.sent.results["delivered"] in rows(who.text)[0]


def test_every_result_has_its_words():
    for words in (NL.sent, EN.sent):
        assert set(words.results) == {one.value for one in Result}


def test_filters_survive_the_address():
    filters = Filters(kind="reply", person="noor", failed=True)
    assert Filters.from_query(filters.to_query()) == filters
    assert Filters.from_query(replace(filters, failed=False).to_query()) == replace(filters, failed=False)
