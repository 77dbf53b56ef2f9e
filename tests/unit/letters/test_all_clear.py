"""All clear in words: who answered and when, in both languages, alone or at the end of an alert."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from webcare.letters.alert import alert
from webcare.letters.all_clear import LANGUAGES, MOST
from webcare.services.all_clear import ANSWERED, CLOSED, DROPPED, IN_TIME

NOW = datetime(2026, 11, 24, 1, 20, tzinfo=UTC)
ONE = {"case": 12, "channel": "twitter:42", "kind": "comment", "what": "answered", "at": "2026-11-24T01:14:00Z", "by": "Noor"}
WAITS = {
    "case": 7,
    "channel": "twitter:42",
    "kind": "comment",
    "urgency": "normal",
    "clock": "first_response",
    "step": "page",
    "deadline": "2026-11-24T02:20:00Z",
}


def said(*clear, cases=(), language="en", more=0):
    content = {"cases": list(cases), "clear": list(clear), **({"more": more} if more else {})}
    return alert(content, language=language, zone=ZoneInfo("Europe/Amsterdam"), now=NOW, public_url="https://webcare.example.nl")


@pytest.mark.parametrize(
    ("language", "subject", "rest"),
    [
        ("en", "All clear: case 12 is answered by Noor, 02:14", "There is nothing left to do."),
        ("nl", "Alles weer goed: zaak 12 is beantwoord door Noor, 02:14", "Je hoeft niets meer te doen."),
    ],
)
def test_it_says_who_answered_and_when_and_that_nothing_is_left_to_do(language, subject, rest):
    found = said(ONE, language=language)
    assert found.subject == subject
    assert rest in found.text
    assert rest in found.html
    assert "02:14." in found.text
    assert "https://" not in found.text  # nothing to go to


def test_whom_we_cannot_name_is_left_out():
    found = said({name: value for name, value in ONE.items() if name != "by"})
    assert found.subject == "All clear: case 12 is answered, 02:14"


def test_several_are_counted_and_the_first_spelled_out():
    found = said(*({**ONE, "case": n} for n in range(1, MOST + 4)))
    assert found.subject == f"All clear: {MOST + 3} cases"
    assert "And 3 more cases." in found.text
    assert f"Case {MOST} is" in found.text
    assert f"Case {MOST + 1} is" not in found.text


def test_beside_cases_that_wait_it_is_a_line_and_the_subject_theirs():
    found = said(ONE, cases=[WAITS])
    assert "All clear" not in found.subject
    assert "Case 12 is answered by Noor, 02:14." in found.text
    assert "Case 12 is answered by Noor, 02:14." in found.html
    assert "Take the case" in found.text


def test_what_is_not_spelled_out_is_counted_in_the_subject_too():
    found = said(cases=[WAITS], more=4999)
    assert found.subject.startswith("5000 cases")
    assert "And 4999 more cases." in found.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_end_has_its_words_with_a_name_and_without(language):
    words = LANGUAGES[language]
    ends = {IN_TIME, ANSWERED, CLOSED, DROPPED}
    assert set(words.ends) == set(words.ends_by) == ends
    assert all("{name}" in phrase and "{case}" in phrase for phrase in words.ends_by.values())
    assert not any("{name}" in phrase for phrase in words.ends.values())
    assert said({**ONE, "what": "from a newer version"}, language=language).text
