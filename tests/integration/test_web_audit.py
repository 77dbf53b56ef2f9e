"""The audit log over real HTTP: who may read it, what it says, its filters and pages, and a file that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, said
from inboxes import open_inbox

from webcare.domain.rota import Role
from webcare.services import desk
from webcare.services.desk import Action, may
from webcare.store import audit
from webcare.store.door import open_store
from webcare.web import audit_page
from webcare.web.words import EN, NL

SCRIPT = "<script>alert(1)</script>"


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


async def note(inbox, what="settings", *, by="ada", at=MONDAY, **data):
    return await inbox.store.write(audit.note, at=at, by=by, what=what, data=data)


def lines(page):
    """Each line as a reader sees it, without tags."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]


async def exported(who, asked=""):
    assert await who.get(f"/audit.csv{asked}") == 200
    return list(csv.reader(io.StringIO(who.text.removeprefix("\ufeff"))))


async def test_only_those_whose_right_it_is_read_it(inbox):
    for role in Role:
        who = await inbox.somebody(role.value, role)
        allowed = may(role, Action.AUDIT)
        assert await who.get("/audit") == (200 if allowed else 403)
        assert await who.get("/audit.csv") == (200 if allowed else 403)
        await who.get("/sent")
        assert ('href="/audit"' in who.text) is allowed
    stranger = await inbox.browser()
    assert await stranger.get("/audit.csv") == 303


async def test_it_says_who_did_what_when_with_links_to_cases_and_without_words_of_customers(inbox):
    await inbox.desk.hear(said("m1", "Mijn geheime vraag?", MONDAY))
    ada = await inbox.somebody("ada", Role.ADMIN)
    await inbox.store.write(
        desk.block, 1, by="ada", reason="dreigt met brand", rules=inbox.desk.rules, now=MONDAY + timedelta(minutes=5)
    )
    await note(inbox, "people", at=MONDAY + HOUR, person="noor", role="lead")
    assert await ada.get("/audit") == 200
    newest, blocked, *rest = lines(ada.text)
    assert newest == "23 nov 2026 11:00:00 Ada ada veranderde mensen persoon: noor, rol: lead"
    assert blocked == "23 nov 2026 10:05:00 Ada ada blokkeerde een afzender zaak 1"
    assert 'href="/cases/1"' in ada.text
    assert any("logde in" in line for line in rest)
    assert "geheime" not in ada.text
    assert "brand" not in ada.text


async def test_whatever_stands_in_a_line_is_only_text(light):
    await note(light, SCRIPT, by=SCRIPT, evil=SCRIPT, case='"><img src=x>', **{SCRIPT: "x", "many": [1, 2], "long": "y" * 500})
    ada = await light.somebody("ada", Role.ADMIN)
    await ada.get("/audit")
    assert "<script>alert" not in ada.text
    assert "<img" not in ada.text
    assert "many: 2" in ada.text
    assert "y" * 100 not in ada.text


async def test_filters_live_in_the_address_and_days_are_the_readers(inbox):
    late = MONDAY.replace(hour=23, minute=30)  # half past midnight of Tuesday in Amsterdam
    await note(inbox, "block", by="noor", at=MONDAY)
    await note(inbox, "settings", by="noor", at=late)
    await note(inbox, "settings", by="daan", at=late + DAY)
    inbox.clock.at_machine = MONDAY - 30 * DAY  # when ada logs in
    ada = await inbox.somebody("ada", Role.AUDITOR)
    for asked, many in {
        "by=noor": 2,
        "by=noor&what=settings": 1,
        "what=settings": 2,
        "first=2026-11-23": 3,
        "first=2026-11-23&last=2026-11-23": 1,
        "first=2026-11-24&last=2026-11-24": 1,
        "by=nobody": 0,
        "first=2026-13-99&last=x&what=&by=": 5,
        "first=0001-01-01&last=9999-12-31": 5,
        "before=zz~1": 5,
        "before=5~2026-99-99T00:00:00Z": 5,
        "what=%27--": 0,
    }.items():
        assert await ada.get(f"/audit?{asked}") == 200, asked
        assert len(lines(ada.text)) == many, asked
        assert len(await exported(ada, f"?{asked}")) == many + 1, asked
    await ada.get("/audit?by=noor&first=2026-11-23")
    assert '<option value="noor" selected>' in ada.text
    assert 'value="2026-11-23"' in ada.text
    assert "/audit.csv?by=noor&amp;first=2026-11-23" in ada.text


async def test_pages_and_the_file_hold_each_line_once(inbox, monkeypatch):
    monkeypatch.setattr(audit_page, "BATCH", 7)

    def fill(conn):
        for n in range(120):
            audit.note(conn, at=MONDAY + timedelta(minutes=n // 10), by="noor", what="settings", data={"n": n})

    await inbox.store.write(fill)
    ada = await inbox.somebody("ada", Role.ADMIN)
    seen, path = [], "/audit?by=noor"
    while path:
        await ada.get(path)
        seen += [int(n) for n in re.findall(r"\bn: (\d+)", ada.text)]
        found = re.search(r'href="([^"]+)" rel="next"', ada.text)
        path = found[1].replace("&amp;", "&") if found else None
    assert seen == list(range(119, -1, -1))
    head, *body = await exported(ada, "?by=noor")
    assert head == ["time", "by", "name", "what", "facts"]
    assert [json.loads(row[4])["n"] for row in body] == seen
    assert body[-1][:4] == ["2026-11-23T10:00:00+01:00", "noor", "noor", "settings"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
async def test_no_cell_of_the_file_is_a_formula(light, start):
    evil = f"{start}cmd|' /C calc'!A0"
    await light.hire("mallory", called=evil)
    await note(light, evil, by="mallory", evil=evil)
    await note(light, "settings", by=evil)
    ada = await light.somebody("ada", Role.ADMIN)
    rows = await exported(ada)
    assert sum(cell.lstrip().startswith("'") for row in rows for cell in row) >= 2
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert ada.answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert ada.answer.headers["Content-Disposition"] == 'attachment; filename="webcare-audit-2026-11-23.csv"'
    assert ada.answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_empty_filter_says_so_in_both_languages(light):
    ada = await light.somebody("ada", Role.ADMIN)
    await ada.get("/audit?by=nobody")
    assert NL.audit.none_filtered in ada.text
    bob = await light.somebody("bob", Role.AUDITOR, language="en")
    await bob.get("/audit?by=nobody")
    assert EN.audit.none_filtered in bob.text
    await bob.get("/audit")
    assert "logged in" in lines(bob.text)[0]


async def test_what_the_filter_offers_is_what_there_is(light):
    await note(light, "erase", by="ada")
    ada = await light.somebody("ada", Role.ADMIN)
    await ada.get("/audit")
    offered = re.findall(r'<option value="([^"]+)"', ada.text)
    assert offered == ["ada", "test", "erase", "invite", "login"]


async def test_who_takes_cases_along_as_a_file_leaves_a_line_without_what_they_looked_for(light):
    noor = await light.somebody("noor")
    assert await noor.get("/queue.csv?urgent=1&q=anna") == 200
    ada = await light.somebody("ada", Role.ADMIN)
    await ada.get("/audit?what=download")
    (line,) = lines(ada.page)
    assert NL.audit.acts["download"] in line
    assert "q urgent" in line
    assert "anna" not in line
