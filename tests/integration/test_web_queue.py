"""The queue as people work in it: filters that live in the address, views that they keep, rows chosen together, a file of what is shown."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from fakes import HOUR, MONDAY, account, ours, said, spec
from inboxes import open_inbox

from webcare.domain.message import Kind
from webcare.domain.rota import Role
from webcare.domain.verdict import Intent
from webcare.ports.connector import Limits
from webcare.services import correct, desk, risk, search, views
from webcare.services.correct import Correction
from webcare.services.queue import Filters
from webcare.store import risk as kept_risk
from webcare.store.door import open_store
from webcare.web.spreadsheet import harmless

SCRIPT = '<script>alert("x")</script>'


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


async def ask(inbox, name, text="Waar is mijn pakket?", at=MONDAY, **changes):
    """Let a customer write; returns the number of the case."""
    number = len(await inbox.desk.cases()) + 1
    await inbox.desk.hear(said(f"m{number}-{at:%H%M}", text, at, by=name, **changes))
    inbox.clock.at = max(inbox.clock.at, at)
    return number


def shown(who):
    """The cases on the page, in their order."""
    return [int(number) for number in re.findall(r'<li class="row[^"]*" id="case-(\d+)"', who.text)]


def told(who):
    return re.findall(r'<p class="call[^"]*" role="[a-z]+">.*?<span>(.*?)</span></p>', who.text, re.DOTALL)


# --- filters


@pytest.mark.parametrize(
    ("asked", "cases"),
    [
        ("intent=question", [1]),
        ("intent=complaint", [2]),
        ("intent=noise", []),
        ("sentiment=neutral", [1, 2, 3]),
        ("sentiment=negative", []),
        ("language=en", [1, 2, 3]),
        ("language=nl", []),
        ("claimed_by=daan", [2]),
        ("claimed_by=nobody", [1, 3]),
        ("kind=dm", [3]),
        ("intent=question&kind=dm", []),
        ("intent=%27%22&sentiment=x&language=%25%25", [1, 2, 3]),
    ],
)
async def test_each_filter_shows_what_the_rows_say(inbox, asked, cases):
    await ask(inbox, "anna", "Where is it?")
    await ask(inbox, "bert", "Broken!", MONDAY + timedelta(minutes=1))
    await ask(inbox, "cees", "Broken! Why?", MONDAY + timedelta(minutes=2), kind=Kind.DM, conversation_id="dm-cees")
    await inbox.store.write(
        correct.correct,
        3,
        Correction(intents=(Intent.PRAISE,)),
        by="noor",
        rules=inbox.desk.rules,
        now=inbox.clock.at,
    )
    await inbox.hire("daan")
    await inbox.store.write(desk.claim, 2, by="daan", rules=inbox.desk.rules, now=inbox.clock.at)
    who = await inbox.somebody()
    await who.get(f"/?{asked}")
    assert sorted(shown(who)) == cases


async def test_a_thank_you_after_a_question_leaves_the_case_a_question(light):
    """A case shows, and is found by, the message that it waits on."""
    await ask(light, "anna", "Where is it?")
    await light.desk.hear(said("m2", "thanks already", MONDAY + HOUR))
    who = await light.somebody()
    await who.get("/?intent=question")
    assert shown(who) == [1]
    await who.get("/?intent=courtesy")
    assert shown(who) == []
    await who.get("/?state=closed&intent=question")
    assert shown(who) == []


async def test_the_form_comes_to_an_address_that_can_be_shared(light):
    light.channels.append(account("acme", spec=spec(limits=Limits(length=280)), brand="acme"))
    who = await light.somebody(called="Noor")
    await light.hire("daan", called="Daan <b>")
    await who.get("/?claimed_by=me&kind=dm")
    was = quote(re.search(r'name="was" value="([^"]*)"', who.text)[1].replace("&amp;", "&"))
    assert 'name="brand"' in who.text
    assert "Daan &lt;b&gt;" in who.text
    await who.get(f"/?was={was}&view={was}&kind=&channel=&intent=praise")
    assert who.answer.status == 303
    assert who.to == "/?intent=praise"
    await who.get("/?was=a&view=state%3Dsnoozed%26kind%3Ddm&kind=comment")
    assert who.to == "/?state=snoozed&kind=dm"
    await who.get("/?was=a&view=https%3A//evil.example/%3Fstate%3Dclosed")
    assert who.to == "/"


async def test_a_filter_without_cases_is_named_and_cleared(light):
    await ask(light, "anna")
    who = await light.somebody()
    await who.get("/?intent=praise&late=1&claimed_by=me&q=%3Cb%3E")
    assert "Geen zaak past bij Te laat · lof · mij · &lt;b&gt;" in who.text
    assert 'href="/">Toon alle open zaken' in who.text


async def test_an_empty_queue_says_when_the_last_one_was_answered(light):
    await ask(light, "anna")
    who = await light.somebody()
    light.clock.at = MONDAY + HOUR
    await light.desk.hear(ours("o1", MONDAY + HOUR, reply_to="m1-0900"))
    await light.store.write(desk.close, 1, by="noor", rules=light.desk.rules, now=light.clock.at)
    await who.get("/")
    assert "Alles is beantwoord" in who.text
    assert "Laatste antwoord: 11:00, met 23 u 00 over." in who.text
    assert 'href="/?state=closed">Bekijk wat gesloten is' in who.text


async def test_words_that_stand_in_too_many_messages_say_how_far_they_were_looked_for(light, monkeypatch):
    monkeypatch.setattr(search, "DEEP", 2)
    for name in ("anna", "bert", "cees"):
        await ask(light, name)
    await search.index(light.store)
    who = await light.somebody()
    await who.get("/?q=pakket")
    assert len(shown(who)) == 2
    assert "nieuwste 1.000 berichten" in who.text
    await who.get("/?q=anna")
    assert "nieuwste 1.000 berichten" not in who.text


# --- saved views


async def test_a_view_is_kept_marked_counted_and_removed(inbox):
    await ask(inbox, "anna", "Broken!")
    who = await inbox.somebody()
    await who.get("/?intent=complaint")
    assert await who.post("/views", name=f"  Kapot {SCRIPT} ", filters="intent=complaint&evil=1") == 303
    assert who.to == "/?intent=complaint&kept=1"
    await who.get(who.to)
    assert told(who) == ["De weergave Kapot &lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; is bewaard."]
    assert re.search(r'<a href="/\?intent=complaint" aria-current="true"><span class="name">Kapot &lt;', who.text)
    assert "<script>alert" not in who.text
    await who.get("/queue/counts")
    assert json.loads(who.text) == {"view-1": "1"}
    await who.get("/")
    assert not re.search(r'intent=complaint" aria-current', who.text)
    assert await who.post("/views/1/remove", filters="late=1") == 303
    assert who.to == "/?late=1"
    await who.get("/queue/counts")
    assert json.loads(who.text) == {}


async def test_a_view_needs_a_name_and_there_is_an_end_to_them(light, monkeypatch):
    monkeypatch.setattr(views, "MOST", 1)
    who = await light.somebody()
    await who.get("/")
    for name in ("", "   ", "x" * 61):
        await who.post("/views", name=name, filters="")
        assert who.to == "/?flaw=name"
    await who.get(who.to)
    assert told(who) == ["Geef de weergave een naam van 1 tot 60 tekens."]
    await who.post("/views", name="een", filters="late=1")
    await who.post("/views", name="twee", filters="late=1")
    assert who.to == "/?late=1&flaw=full"
    await who.post("/views", name="een", filters="urgent=1")
    assert "kept=1" in who.to


async def test_nobody_reaches_the_views_of_somebody_else(light):
    noor, daan = await light.somebody(), await light.somebody("daan")
    await light.store.write(views.save, "noor", "Van Noor", Filters(late=True))
    for path in ("/", "/queue/counts"):
        await daan.get(path)
        assert "Van Noor" not in daan.text
        assert "view-1" not in daan.text
    await daan.get("/")
    assert await daan.post("/views/1/remove", filters="") == 404
    await noor.get("/?kept=1")
    assert told(noor) == ["De weergave Van Noor is bewaard."]
    await daan.get("/?kept=1")
    assert told(daan) == []


# --- several at once


async def choose(who, do, *cases, filters=""):
    await who.get(f"/?{filters}" if filters else "/")
    form = re.search(r'name="csrf" value="([^"]+)"', who.page)[1]
    data = [("csrf", form), ("do", do), ("filters", filters), *(("case", str(case)) for case in cases)]
    headers = {"Origin": who.origin, "Sec-Fetch-Site": "same-origin"}
    async with who.session.post(f"{who.base}/queue/bulk", data=data, headers=headers, allow_redirects=False) as answer:
        status, who.answer = answer.status, answer
    if status == 303:
        await who.get(who.to)
    return status


async def test_several_cases_are_taken_and_what_a_colleague_has_is_said(inbox):
    for name in ("anna", "bert", "cees", "dirk"):
        await ask(inbox, name)
    who = await inbox.somebody()
    await inbox.hire("daan")
    rules = inbox.desk.rules
    await inbox.store.write(desk.claim, 2, by="daan", rules=rules, now=MONDAY)
    await inbox.store.write(desk.close, 3, by="daan", rules=rules, now=MONDAY)
    assert await choose(who, "claim", 1, 2, 3, 4, 1, "x", "9" * 30, 77, filters="kind=comment") == 303
    assert told(who) == ["2 genomen, 1 is al van Daan, 1 is al gesloten, 1 bestaat niet."]
    assert [row["claimed_by"] for row in await inbox.desk.cases()] == ["noor", "daan", None, "noor"]
    assert "watch" in inbox.woken
    assert 'value="kind=comment"' in who.text


async def test_cases_are_assigned_put_off_and_need_no_answer(light):
    for name in ("anna", "bert", "cees"):
        await ask(light, name)
    who = await light.somebody()
    await light.hire("daan")
    await light.hire("otto", Role.AUDITOR)
    await choose(who, "assign:daan", 1, 2)
    assert told(who) == ["2 toegewezen aan Daan."]
    assert [row["claimed_by"] for row in await light.desk.cases()] == ["daan", "daan", None]
    await choose(who, "assign:otto", 3)
    assert told(who) == ["1 niet: Otto beantwoordt geen klanten."]
    await choose(who, "assign:noor", 1)
    assert told(who) == ["1 is al van Daan."]  # who leads may take it from somebody
    lead = await light.somebody("lena", Role.LEAD)
    await choose(lead, "assign:noor", 1)
    assert told(lead) == ["1 toegewezen aan Noor."]
    await choose(who, "snooze:2026-11-24T08:00:00Z", 3)
    assert told(who) == ["1 sluimert tot morgen 09:00."]
    assert (await light.desk.cases())[2]["snoozed_until"] == MONDAY.replace(hour=8) + timedelta(days=1)
    await choose(who, "no_answer", 1, 2, 3)
    assert told(who) == ["3 hebben geen antwoord nodig."]
    assert {row["due_at"] for row in await light.desk.cases()} == {None}


async def test_no_answer_needed_speaks_of_what_the_case_waits_on(light):
    """The newest message alone would leave the question before it waiting."""
    await ask(light, "anna", "Where is it?")
    await light.desk.hear(said("m2", "thanks already", MONDAY + HOUR))
    who = await light.somebody()
    await choose(who, "no_answer", 1)
    (row,) = await light.desk.cases()
    assert (row["due_at"], row["state"]) == (None, "closed")


async def test_an_act_on_nothing_and_an_unknown_one_are_refused(light):
    await ask(light, "anna")
    who = await light.somebody()
    await choose(who, "claim")
    assert told(who) == ["Kies eerst een zaak."]
    for do in ("", "drop", "assign:", "snooze:1900-01-01", "snooze"):
        assert await choose(who, do, 1) == 400
    assert (await light.desk.case())["claimed_by"] is None
    await who.get("/?did=claim.3.x&not=taken.2.%3Cscript%3E&not=%3Cb%3E.3.&did=%3Cb%3E")
    assert "<script>" not in who.text.replace("<script src", "")
    assert told(who) == ["3 genomen, 2 zijn al van ?."]


async def test_a_stranger_cannot_have_cases_taken_and_an_auditor_neither(light):
    await ask(light, "anna")
    who = await light.somebody()
    await who.get("/")
    for path, form in (
        ("/queue/bulk", {"do": "claim", "case": "1"}),
        ("/views", {"name": "x"}),
        ("/search/open", {"message": "1"}),
    ):
        assert await who.post(path, token="0", **form) == 403  # noqa: S106 - no token
        assert await who.post(path, origin=False, **form) == 403
    otto = await light.somebody("otto", Role.AUDITOR)
    await otto.get("/")
    assert 'class="pick"' not in otto.text
    assert 'id="bulk"' not in otto.text
    assert await otto.post("/queue/bulk", token="", do="claim", case="1") == 403
    assert (await light.desk.case())["claimed_by"] is None


# --- a file


async def test_what_is_shown_can_be_had_as_a_file_that_computes_nothing(inbox):
    await ask(inbox, "anna", '=HYPERLINK("http://evil.example";"Klik?")')
    await ask(inbox, "bert", "Gewoon, met komma?", MONDAY + HOUR)
    await ask(inbox, "cees", "Kapot!", MONDAY + HOUR)
    who = await inbox.somebody("otto", Role.AUDITOR)
    await who.get("/queue.csv?intent=question")
    assert who.answer.status == 200
    assert who.answer.headers["Content-Disposition"] == 'attachment; filename="queue.csv"'
    rows = list(csv.DictReader(io.StringIO(who.text.removeprefix("\ufeff"))))
    assert [row["case"] for row in rows] == ["1", "2"]
    assert [row["text"] for row in rows] == ['\'=HYPERLINK("http://evil.example";"Klik?")', "Gewoon, met komma?"]
    assert (rows[0]["customer"], rows[0]["intents"], rows[0]["due_at"]) == ("Anna", "question", "2026-11-24T09:00:00Z")
    stranger = await inbox.browser()
    assert await stranger.get("/queue.csv") == 303


async def test_a_file_goes_on_over_the_pages(light, monkeypatch):
    monkeypatch.setattr("webcare.web.queue_csv.AT_ONCE", 2)
    for n in range(5):
        await ask(light, f"c{n}", at=MONDAY + timedelta(minutes=n))
    who = await light.somebody()
    await who.get("/queue.csv")
    assert [line.split(",")[0] for line in who.text.splitlines()[1:]] == ["1", "2", "3", "4", "5"]
    monkeypatch.setattr("webcare.web.queue_csv.MOST", 3)
    await who.get("/queue.csv")
    assert len(who.text.splitlines()) == 5


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_no_cell_begins_as_a_formula(cell):
    assert harmless(cell) == f"'{cell}"
    assert harmless("x=1") == "x=1"


# --- keys, languages


async def test_single_letters_can_be_switched_off(light):
    who = await light.somebody()
    await who.get("/")
    assert "data-shortcuts" not in who.text
    await who.get("/me")
    await who.post("/me", theme="", density="", language="en", signature="", shortcuts="off")
    await who.get("/")
    assert 'data-shortcuts="off"' in who.text
    assert "Select a case first" not in who.text
    assert "Everywhere" in who.text


async def test_the_time_that_is_left_can_go_on_without_the_server(light):
    await ask(light, "anna")
    who = await light.somebody()
    await who.get("/")
    words = json.loads(re.search(r'data-time="([^"]+)"', who.text)[1].replace("&#34;", '"').replace("&lt;", "<"))
    assert (words["under"], words["hours"]) == ("< 1 min", "{hours} u {minutes}")
    assert '<time data-due datetime="2026-11-24T09:00:00+00:00">' in who.text
    assert 'data-now="2026-11-23T09:00:00+00:00"' in who.text


# --- risk


async def a_busy_monday(light, customers=12):
    """A desk of two answers an hour, and customers who wrote within a few minutes: at 18:00 UTC the last ones have no chance."""
    day = MONDAY.date()
    counted = [(day - timedelta(days=n), 48) for n in range(1, 29)]
    await light.store.write(kept_risk.put_days, counted, MONDAY + timedelta(days=60), keep_from=day - timedelta(days=30))
    for n in range(1, customers + 1):
        await ask(light, f"klant{n}", at=MONDAY + timedelta(minutes=n), conversation_id=f"t{n}")
    light.clock.at = MONDAY + timedelta(hours=19)
    await risk.estimate_open(light.store, light.desk.rules, light.clock, "test", zone="Europe/Amsterdam")


def risks(who):
    return re.findall(r'<p class="risk( up)?">(?:<span class="vh">[^<]+</span>([^<]+))?</p>', who.text)


async def test_the_column_says_a_figure_from_ten_per_cent_and_bold_from_fifty(light):
    await a_busy_monday(light)
    who = await light.somebody()
    await who.get("/")
    cells = risks(who)
    assert len(cells) == 12
    assert cells[0] == ("", "laag")
    assert cells[-1][0] == " up"
    assert all(re.fullmatch(r"\d\d %", text) for up, text in cells if up)
    light.clock.at = MONDAY + timedelta(hours=24, minutes=1, seconds=30)
    await who.get("/")
    assert risks(who)[0] == ("", "gemist")
    english = await light.somebody("emma", language="en")
    await english.get("/")
    assert risks(english)[0] == ("", "missed")


async def test_without_history_the_column_is_empty(light):
    await ask(light, "anna")
    who = await light.somebody()
    await who.get("/")
    assert risks(who) == [("", "")]
    await who.get("/cases/1")
    assert "Nog geen schatting" in who.text


async def test_the_order_by_risk_lives_in_the_address_and_in_a_view(light):
    await a_busy_monday(light)
    who = await light.somebody()
    await who.get("/?sort=risk")
    assert shown(who)[0] == 12
    assert "Waarschijnlijk gemist</b>" in who.text
    assert 'href="/" title="Sorteer op tijd over"' in who.text
    await who.post("/views", name="Wat misgaat", filters="sort=risk")
    await who.get("/")
    assert shown(who)[0] == 1
    assert 'href="/?sort=risk"><span class="name">Wat misgaat</span>' in who.text
    await who.get("/?sort=%3Cb%3E")
    assert shown(who)[0] == 1
    await who.get("/?state=closed&sort=risk")
    assert shown(who) == []


async def test_an_empty_queue_by_risk_is_still_an_empty_queue(light):
    who = await light.somebody()
    await who.get("/?sort=risk")
    assert "Alles is beantwoord" in who.text


async def test_the_file_has_the_risk(light):
    await a_busy_monday(light)
    who = await light.somebody()
    await who.get("/queue.csv?sort=risk")
    rows = list(csv.DictReader(io.StringIO(who.text.lstrip("\ufeff"))))
    assert rows[0]["case"] == "12"
    assert [int(row["risk"]) for row in rows] == sorted((int(row["risk"]) for row in rows), reverse=True)


async def test_a_case_says_why_it_will_likely_be_missed(light):
    await a_busy_monday(light)
    await light.hire("daan")
    await light.store.write(desk.claim, 2, by="daan", rules=light.desk.rules, now=light.clock.at)
    who = await light.somebody()
    await who.get("/cases/12")
    told_ = re.search(r'<div class="estimate">(.*?)</div>', who.text, re.DOTALL)[1]
    assert re.search(r"Waarschijnlijk gemist om 10:12 \(\d\d %\)", told_)
    for sentence in (
        "11 zaken gaan voor.",
        "Iemand heeft 1 daarvan al genomen.",
        "Op een dinsdag is het meestal 2 per open uur (laatste 4 weken).",
        "open tijd tot 10:12.",
        "Dit is een schatting",
    ):
        assert sentence in told_
    light.clock.at = MONDAY + timedelta(hours=25)
    await who.get("/cases/12")
    assert 'class="estimate"' not in who.text
