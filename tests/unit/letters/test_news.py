"""News of the house as people read it: what happened, what it means, what to do; the same in text and HTML."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from test_alert import Reader, words_of

from webcare.letters import news, refusal_words
from webcare.letters.receipt import receipt
from webcare.letters.speech import LANGUAGES
from webcare.ports.errors import RefusalCode

NOW = datetime(2026, 11, 24, 19, 18, tzinfo=UTC)
URL = "https://webcare.example.nl"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TROUBLES, ENDS = sorted(LANGUAGES["en"].house.trouble), sorted(LANGUAGES["en"].house.reply)


def trouble(language="nl", url=URL, meant_for=None, **changes):
    facts = {
        "what": "stopped",
        "channel": "facebook:42",
        "name": "Meerkoet",
        "since": "2026-11-24T18:02:00Z",
        "reason": "token dead",
    }
    return news.trouble({**facts, **changes}, language=language, zone=AMSTERDAM, now=NOW, public_url=url, meant_for=meant_for)


def reply(language="nl", url=URL, meant_for=None, **changes):
    facts = {"what": "refused", "case": 7, "channel": "whatsapp:31", "reason": "too long"}
    return news.reply({**facts, **changes}, language=language, zone=AMSTERDAM, public_url=url, meant_for=meant_for)


def test_a_channel_on_which_few_write_says_how_many_and_how_many_usually_do():
    letter = trouble(what="few", seen=2, usual=40, reason=None)
    assert letter.subject == "Veel minder berichten dan normaal: Meerkoet"
    assert "Er kwamen daar 2 berichten binnen; normaal zijn dat er in deze uren zo'n 40." in letter.text
    assert "2 came in there of some 40" in trouble("en", what="few", seen=2, usual=40).text


def test_a_channel_that_stopped_says_since_when_why_and_what_to_do():
    letter = trouble()
    assert letter.subject == "Toegang kwijt: Meerkoet"
    assert letter.text == (
        "Toegang kwijt: Meerkoet\n"
        "\n"
        "Er komt niets binnen en er gaat geen antwoord uit. Antwoorden blijven bewaard tot het weer werkt.\n"
        "Sinds vandaag 19:02.\n"
        "Reden: token dead\n"
        "Vernieuw het token of de rechten. Webcare probeert het elk kwartier opnieuw.\n"
        "\n"
        "Open de wachtrij: https://webcare.example.nl\n"
    )


def test_a_reply_that_was_refused_leads_to_its_case():
    letter = reply("en")
    assert letter.text == (
        "Reply not sent: case 7 on WhatsApp\n"
        "\n"
        "The customer still waits, and the clock runs on.\n"
        "Reason: too long\n"
        "Open the case and change the reply, or find another way to the customer.\n"
        "\n"
        "Open case 7: https://webcare.example.nl/cases/7\n"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("url", [URL, None])
@pytest.mark.parametrize(
    ("letter", "what"), [*((trouble, what) for what in (*TROUBLES, "on fire")), *((reply, what) for what in (*ENDS, "eaten"))]
)
def test_text_and_html_say_the_same(language, url, letter, what):
    """Also of what a newer version calls by a name that we do not know."""
    written = letter(language, url, "Noor", what=what)
    words, links = words_of(written)
    shown = Reader(written.html)
    assert shown.links == links
    assert " ".join(shown.words).replace(",", " ").split() == words
    assert "Noor" in written.text
    assert len(written.subject) < 80
    assert "{" not in written.text


@pytest.mark.parametrize("what", TROUBLES)
def test_bad_news_is_red_and_good_news_is_not(what):
    assert ("#a8113a" in trouble(what=what).html.partition("<body")[2]) is (what not in {"recovered", "model_back"})


def test_what_is_over_gives_no_reason_of_before():
    assert "token dead" not in trouble(what="recovered").text


def test_a_reason_that_another_program_gave_cannot_write_our_letter():
    letter = reply(reason="call 06-12345678\r\n@everyone <b>now</b>" + "x" * 500)
    (line,) = [line for line in letter.text.splitlines() if line.startswith("Reden")]
    assert "12345678" not in letter.text + letter.html
    assert len(line) < 300
    assert not set("<>") & set(line)
    assert "@everyone" not in line


def test_without_a_name_the_platform_is_named_and_without_facts_it_is_still_told():
    letter = trouble(name="", since=None, reason=None)
    assert letter.subject == "Toegang kwijt: Facebook"
    assert not re.search(r"Sinds|Reden", letter.text)


@pytest.mark.parametrize(
    ("text", "before", "shown"),
    [
        ("We antwoorden vóór {before}.", "2026-11-24T20:10:00Z", "We antwoorden vóór vandaag 21:10."),
        ("We antwoorden vóór {before}.", "2026-11-25T08:00:00Z", "We antwoorden vóór morgen 09:00."),
        ("{before}? {naam} {", "2026-11-27T08:00:00Z", "vr 27 nov 09:00? {naam} {"),
        ("Dank je.", None, "Dank je."),
        ("Vóór {before}.", None, None),  # nothing was promised
        ("Vóór {before}.", "2026-11-24T19:18:00Z", None),  # and this cannot be kept
    ],
)
def test_a_receipt_names_the_moment_in_the_customers_language(text, before, shown):
    at = None if before is None else datetime.fromisoformat(before)
    assert receipt(text, before=at, language="nl", zone=AMSTERDAM, now=NOW) == shown


def test_a_refusal_that_is_known_is_said_in_plain_words_before_the_platforms_own():
    letter = reply(reason="(#10) outside of allowed window", code="window_closed").text
    assert letter.index("De klant schreef te lang geleden") < letter.index("Reden: (#10) outside")
    assert reply(reason="x", code="of a newer version").text == reply(reason="x").text


def test_every_refusal_that_is_known_has_words_in_both_languages():
    for words in refusal_words.LANGUAGES.values():
        assert set(words) == set(RefusalCode)
        assert all(sentence.endswith(".") for sentence in words.values())
