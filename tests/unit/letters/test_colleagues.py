"""A test of a contact and a shift to swap, as people read them: names and hours on the reader's clock, and no name is markup."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from webcare.letters.colleagues import contact_test, swap
from webcare.letters.speech import LANGUAGES

NOW = datetime(2026, 10, 24, 9, tzinfo=UTC)
AMSTERDAM, NEW_YORK = ZoneInfo("Europe/Amsterdam"), ZoneInfo("America/New_York")
HOME = "https://care.example.org"
ASKED = {
    "what": "asked",
    "number": 7,
    "person": "Noor",
    "colleague": "Daan",
    "level": "oncall",
    "from": "2026-10-24T20:00:00Z",
    "until": "2026-10-25T07:00:00Z",
    "expires": "2026-10-24T20:00:00Z",
}
BACK = {"level": "next", "from": "2026-12-25T07:00:00Z", "until": "2026-12-26T07:00:00Z"}


def written(news=ASKED, language="nl", zone=AMSTERDAM, home=HOME, **more):
    return swap(news, language=language, zone=zone, now=NOW, public_url=home, **more)


def test_a_request_says_who_what_when_and_until_when():
    """The night in between has an hour more: both ends are on the reader's clock."""
    found = written({**ASKED, "back": BACK})
    assert found.subject == "Noor vraagt of je een dienst overneemt"
    assert "Dienst, vandaag 22:00 tot morgen 08:00." in found.text
    assert "In ruil daarvoor: achterwacht, vr 25 dec 08:00 tot za 26 dec 08:00." in found.text
    assert "voor vandaag 22:00" in found.text
    assert f"{HOME}/rota/swap" in found.text
    assert f'href="{HOME}/rota/swap"' in found.html


def test_each_reader_has_their_own_clock():
    assert "today 16:00 until tomorrow 03:00" in written(language="en", zone=NEW_YORK).text


@pytest.mark.parametrize("what", ["accepted", "declined", "withdrawn", "arranged", "something newer"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_has_its_words(what, language):
    found = written({**ASKED, "what": what}, language=language, home=None)
    assert "Noor" in found.subject
    assert "{" not in found.text
    assert "http" not in found.text


def test_a_test_says_that_it_is_one():
    facts = {"method": "sms", "by": "Lena"}
    found = contact_test(facts, language="nl", zone=AMSTERDAM, public_url=HOME, meant_for=None)
    assert found.subject == "Test: een melding bereikt je via sms"
    assert "Lena vroeg om deze test. Er wacht geen klant." in found.text
    assert HOME in found.text


def test_names_are_no_markup_and_one_line():
    evil = "<b>Eve</b>\nBcc: all@example.org"
    found = written({**ASKED, "person": evil})
    assert "<b>Eve" not in found.html
    assert "\n" not in found.subject
    test = contact_test({"method": evil, "by": evil}, language="en", zone=AMSTERDAM, public_url=None, meant_for="Noor")
    assert "<b>Eve" not in test.html
    assert "\n" not in test.subject
