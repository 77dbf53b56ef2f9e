"""The page on which people look at what the machine let pass: one press a message, and what follows from all of them."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from fakes import DAY, MONDAY, FakeClock, said
from inboxes import open_inbox

from webcare.domain.rota import Role
from webcare.services import checks
from webcare.web.words import EN, NL

MINUTE = timedelta(minutes=1)
WORDS = EN.checks


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        yield opened


async def week(inbox, count=3):
    """Let a week pass in which so many customers write what needs no answer."""
    for n in range(count):
        text = f"Lovely <b>weather</b> {n}"
        await inbox.desk.hear(said(f"m{n}", text, MONDAY + n * MINUTE, by=f"c{n}", conversation_id=f"t{n}"))
    inbox.clock.at = MONDAY + 7 * DAY
    assert await checks.draw(inbox.store, FakeClock(inbox.clock.at), zone="Europe/Amsterdam") == count


def numbers(page):
    return list(dict.fromkeys(re.findall(r'name="message" value="(\d+)"', page)))


def plain(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_before_the_first_week_is_over_there_is_nothing_to_check(inbox):
    who = await inbox.somebody(language="en")
    assert await who.get("/checks") == 200
    assert WORDS.nothing_drawn in who.text
    assert 'href="/checks"' in who.text or await who.get("/search") == 200


async def test_one_press_says_that_it_was_right(inbox):
    await week(inbox)
    who = await inbox.somebody(language="en")
    await who.get("/checks")
    assert "Lovely &lt;b&gt;weather&lt;/b&gt;" in who.text
    assert "3 messages left to check" in who.text
    number = numbers(who.text)[0]
    assert await who.post("/checks/rightly", message=number) == 303
    await who.get(who.to)
    assert WORDS.done["rightly"] in who.text
    assert "2 messages left to check" in who.text
    assert WORDS.answers["rightly"] in plain(who.text)
    assert "An estimated 0% of what seemed to need no answer: between 0% and 66.7%. Counted over 1 checked message." in plain(
        who.text
    )
    for number in numbers(who.text):
        await who.post("/checks/rightly", message=number)
    await who.get("/checks")
    assert "0% of what seemed to need no answer: all 3 messages of the last four weeks were checked." in plain(who.text)
    assert "between" not in plain(who.text)


async def test_the_other_press_opens_the_case_and_says_so(inbox):
    await week(inbox)
    who = await inbox.somebody(language="en")
    await who.get("/checks")
    assert await who.post("/checks/missed", message=numbers(who.text)[0]) == 303
    (case,) = await inbox.desk.cases()
    await who.get(who.to)
    assert WORDS.done["missed"] in who.text
    assert f'href="/cases/{case["id"]}"' in who.text
    assert "watch" in inbox.woken
    assert await who.get(f"/cases/{case['id']}") == 200


async def test_a_second_thought_opens_it_after_all_and_then_all_is_done(inbox):
    await week(inbox, 1)
    who = await inbox.somebody()
    await who.get("/checks")
    await who.post("/checks/rightly", message=numbers(who.text)[0])
    await who.get("/checks")
    assert NL.checks.all_done in who.text
    assert NL.checks.still_missed in who.text
    await who.post("/checks/missed", message=numbers(who.text)[0])
    await who.get("/checks")
    assert numbers(who.text) == []
    assert len(await inbox.desk.cases()) == 1


async def test_an_auditor_looks_and_changes_nothing(inbox):
    await week(inbox)
    who = await inbox.somebody("ada", Role.AUDITOR, language="en")
    await who.get("/checks")
    assert "3 messages left to check" in who.text
    assert numbers(who.text) == []
    await who.get("/me")
    assert await who.post("/checks/rightly", message="1") == 403
    assert await who.post("/checks/missed", message="1") == 403
    assert await inbox.desk.cases() == []


@pytest.mark.parametrize(("number", "status"), [("", 400), ("x", 400), ("9" * 30, 400), ("77", 409)])
async def test_what_is_no_message_of_the_sample_is_refused(inbox, number, status):
    await week(inbox)
    who = await inbox.somebody(language="en")
    await who.get("/checks")
    for press in ("rightly", "missed"):
        assert await who.post(f"/checks/{press}", message=number) == status
        await who.get("/checks")
    assert await inbox.desk.cases() == []


async def test_the_page_says_it_in_dutch(inbox):
    await week(inbox, 2)
    who = await inbox.somebody()
    await who.get("/checks")
    assert "Week van 23 november" in who.text
    assert "Nog 2 berichten na te kijken" in who.text
    assert await who.get("/search") == 200
    assert 'href="/checks"' in who.text
