"""Both languages say the same things, with the same values in them."""

from __future__ import annotations

import string
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from webcare.domain.digest import NOISE
from webcare.domain.message import Kind
from webcare.domain.misses import Later, Reason
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Intent
from webcare.letters.redact import Secret
from webcare.letters.speech import LANGUAGES, speech
from webcare.services.channel_troubles import EXPIRING, FEW, PARTLY, RECOVERED, SILENT
from webcare.services.contact import DEAD
from webcare.services.model_health import BACK, KEPT, RULES_ANSWER
from webcare.store.channel_state import Fares

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 24, 19, 18, tzinfo=UTC)


def phrases(value, path=""):
    if isinstance(value, str):
        yield path, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from phrases(getattr(value, field.name), f"{path}.{field.name}")
    else:
        for key, phrase in value.items():
            yield from phrases(phrase, f"{path}.{key}")


def names(phrase):
    return sorted(name for _, name, _, _ in string.Formatter().parse(phrase) if name)


MODEL = {RULES_ANSWER, KEPT, BACK}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_takes_the_same_values_in_every_language(language):
    ours, english = dict(phrases(LANGUAGES[language])), dict(phrases(LANGUAGES["en"]))
    assert ours.keys() == english.keys()
    assert {path: names(phrase) for path, phrase in ours.items()} == {path: names(phrase) for path, phrase in english.items()}
    assert all(ours.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_clock_and_secret_has_its_word(language):
    words = LANGUAGES[language].alert
    assert set(words.kinds) == {kind.value for kind in Kind}
    assert set(words.waits) == {clock.value for clock in Clock}
    assert set(words.masked) == set(Secret)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_trouble_and_every_end_of_a_reply_has_its_words(language):
    words = LANGUAGES[language].house
    troubles = {*(set(Fares) - {Fares.FINE}), SILENT, PARTLY, FEW, EXPIRING}
    assert set(words.trouble) == set(words.since) == {*troubles, RECOVERED, DEAD, *MODEL}
    assert set(words.reply) == {"refused", "withdrawn", "unconfirmed", "not_hidden", "not_done"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_miss_and_every_intent_has_its_words(language):
    words = LANGUAGES[language].digest
    assert set(words.whys) == set(Reason)
    assert set(words.laters) == set(Later)
    assert set(words.clocks) == set(Clock) - {Clock.FIRST_RESPONSE}
    assert set(words.intents) == {*Intent, NOISE}
    assert set(words.troubles) == {*(set(Fares) - {Fares.FINE}), SILENT, PARTLY, FEW, EXPIRING, "trouble"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_shouts(language):
    assert not [phrase for path, phrase in phrases(LANGUAGES[language]) if "!" in phrase]


@pytest.mark.parametrize(
    ("length", "dutch", "english"),
    [
        (timedelta(0), "minder dan 1 min", "less than 1 min"),
        (timedelta(seconds=59), "minder dan 1 min", "less than 1 min"),
        (timedelta(minutes=1), "1 min", "1 min"),
        (timedelta(minutes=52, seconds=59), "52 min", "52 min"),
        (timedelta(hours=1), "1 u", "1 h"),
        (timedelta(hours=1, minutes=10), "1 u 10 min", "1 h 10 min"),
        (timedelta(hours=47, minutes=59), "47 u 59 min", "47 h 59 min"),
        (timedelta(days=2), "2 dagen", "2 days"),
        (timedelta(days=3, hours=4, minutes=59), "3 dagen en 4 u", "3 days and 4 h"),
    ],
)
def test_how_long_in_words(length, dutch, english):
    assert speech("nl", AMSTERDAM).span(length) == dutch
    assert speech("en", AMSTERDAM).span(length) == english


@pytest.mark.parametrize(
    ("at", "dutch", "english"),
    [
        ("2026-11-24T20:10:00Z", "vandaag 21:10", "today 21:10"),
        ("2026-11-24T23:00:00Z", "morgen 00:00", "tomorrow 00:00"),
        ("2026-11-23T22:59:00Z", "gisteren 23:59", "yesterday 23:59"),
        ("2026-11-27T08:00:00Z", "vr 27 nov 09:00", "Fri 27 Nov 09:00"),
        ("2027-03-29T08:00:00Z", "ma 29 mrt 10:00", "Mon 29 Mar 10:00"),
    ],
)
def test_when_in_words_on_the_readers_clock(at, dutch, english):
    at = datetime.fromisoformat(at)
    assert speech("nl", AMSTERDAM).moment(at, NOW) == dutch
    assert speech("en", AMSTERDAM).moment(at, NOW) == english


def test_a_language_we_do_not_have_is_answered_in_english():
    assert speech("nl-BE", AMSTERDAM).words is LANGUAGES["nl"]
    assert speech("NL_nl", AMSTERDAM).words is LANGUAGES["nl"]
    assert speech("fy", AMSTERDAM).words is LANGUAGES["en"]


def test_lists_and_counts_are_said_as_people_do():
    dutch = speech("nl", AMSTERDAM)
    assert dutch.listed(["Daan", "Noor", "Milan"]) == "Daan, Noor en Milan"
    assert dutch.count(dutch.words.alert.cases, 1) == "1 zaak"
    assert dutch.count(dutch.words.alert.cases, 0) == "0 zaken"
