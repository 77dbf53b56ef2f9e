"""What people hear of a peak: how many cases, how many late, what to do; no customer, and the same in text and HTML."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from test_alert import Reader

from webcare.letters.peak import peak

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
URL = "https://webcare.example.nl"
FACTS = {"peak": 3, "name": "storing", "cases": 70, "open": 61, "late": 12, "due_at": "2026-11-24T13:05:00Z"}


def told(what, language="nl", url=URL, meant_for=None, **changes):
    news = {**FACTS, "what": what, **changes}
    return peak(news, language=language, zone=ZoneInfo("Europe/Amsterdam"), now=NOW, public_url=url, meant_for=meant_for)


@pytest.mark.parametrize(
    ("what", "changes", "subject"),
    [
        ("running", {}, "61 open zaken van piek „storing”, 12 te laat"),
        ("running", {"open": 1, "late": 0}, "1 open zaak van piek „storing”"),
        ("running", {"open": 0, "late": 0}, "Piek „storing”: alles is beantwoord"),
        ("proposed", {"count": 84, "usual": 24.5, "name": ""}, "Veel drukker dan anders: 84 zaken in het laatste uur"),
        ("calm", {}, "Piek „storing” lijkt voorbij"),
        ("ended", {}, "Piek „storing” is afgesloten"),
        ("something newer", {}, "61 open zaken van piek „storing”, 12 te laat"),
    ],
)
def test_the_subject_says_it_all(what, changes, subject):
    assert told(what, **changes).subject == subject


def test_a_summary_says_when_the_first_runs_out_and_where_to_look():
    letter = told("running")
    assert "De eerste loopt af: vandaag 14:05." in letter.text
    assert letter.text.rstrip().endswith(f"Open de piek: {URL}/peaks/3")


def test_a_proposal_says_what_is_usual_and_leads_to_the_queue():
    text = told("proposed", language="en", count=84, usual=24.5).text
    assert "On this day and at this hour it is usually 24.5." in text
    assert text.rstrip().endswith(URL)
    assert "hardly anybody writes" in told("proposed", language="en", count=84, usual=0.0).text


def test_the_end_says_what_is_left():
    assert "61 zaken staan nog open, 12 te laat." in told("ended").text
    assert "Alle zaken ervan zijn beantwoord." in told("ended", open=0, late=0).text


@pytest.mark.parametrize("what", ["running", "proposed", "calm", "ended"])
@pytest.mark.parametrize("language", ["nl", "en", "fr"])
def test_text_and_html_say_the_same(what, language):
    letter = told(what, language=language, count=84, usual=3.0, meant_for="Noor")
    seen = " ".join(Reader(letter.html).words)
    for line in (one for one in letter.text.splitlines() if one and URL not in one):
        assert " ".join(line.split()) in seen


def test_a_name_calls_nobody_and_masks_what_is_secret():
    letter = told("running", name="@channel <https://x.example> NL91ABNA0417164300")
    assert "@channel" not in letter.subject
    assert "NL91ABNA0417164300" not in letter.text


def test_without_an_address_of_ours_there_is_no_link():
    letter = told("running", url=None)
    assert "http" not in letter.text
    assert "href" not in letter.html
