"""The words of the pages: nothing is missing in either language, and both say the same values."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta

import pytest

from webcare.domain.message import Kind
from webcare.domain.rota import Role
from webcare.domain.sla.events import OF_THE_HOUSE, EventType
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Intent, Sentiment
from webcare.letters.words import Plural
from webcare.services.passwords import Flaw
from webcare.web.say import initials, say
from webcare.web.words import EN, NL

NOW = datetime(2026, 11, 23, 19, 18, tzinfo=UTC)  # 20:18 in Amsterdam
BOTH = pytest.mark.parametrize("words", [NL, EN])


def phrases(value, path=""):
    """Every phrase with where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Plural):
        yield path + ".one", value.one
        yield path + ".other", value.other
    elif is_dataclass(value):
        for one in fields(value):
            yield from phrases(getattr(value, one.name), f"{path}.{one.name}")
    else:
        for key, one in value.items():
            yield from phrases(one, f"{path}.{key}")


def test_both_languages_say_the_same_values():
    dutch, english = dict(phrases(NL)), dict(phrases(EN))
    assert dutch.keys() == english.keys()
    patterns = {".time.near", ".time.far", ".time.day"}
    for path, text in dutch.items():
        if path not in patterns:
            assert sorted(re.findall(r"{(\w+)}", text)) == sorted(re.findall(r"{(\w+)}", english[path])), path


@BOTH
def test_nobody_shouts(words):
    assert not [path for path, text in phrases(words) if "!" in text or "oeps" in text.lower()]


@BOTH
def test_whatever_the_domain_knows_has_a_name(words):
    assert set(words.thing.intents) == set(Intent)
    assert set(words.thing.sentiments) == set(Sentiment)
    assert set(words.thing.kinds) == set(Kind)
    assert set(words.thing.clocks) == set(words.case.starts) == set(Clock)
    assert set(words.case.events) >= set(EventType) - OF_THE_HOUSE  # those have sentences of their own
    assert set(words.frame.roles) == set(Role)
    assert set(words.welcome.flaws) == set(Flaw)


@pytest.mark.parametrize(
    ("left", "dutch", "english"),
    [
        (timedelta(seconds=40), "< 1 min", "< 1 min"),
        (timedelta(minutes=52, seconds=59), "52 min", "52 min"),
        (timedelta(hours=3, minutes=5), "3 u 05", "3 h 05"),
        (timedelta(hours=47, minutes=59), "47 u 59", "47 h 59"),
        (timedelta(days=6, hours=3), "6 dagen", "6 days"),
        (timedelta(minutes=-47), "47 min te laat", "47 min late"),
    ],
)
def test_time_left_is_said_in_two_words(left, dutch, english):
    assert [say(language, "Europe/Amsterdam", NOW).left(NOW + left) for language in ("nl", "en")] == [dutch, english]


@pytest.mark.parametrize(
    ("away", "dutch"),
    [
        (timedelta(minutes=52), "21:10"),
        (timedelta(hours=5), "morgen 01:18"),
        (timedelta(hours=-21), "gisteren 23:18"),
        (timedelta(days=3), "do 20:18"),
        (timedelta(days=30), "23 dec 20:18"),
    ],
)
def test_moments_are_told_as_near_as_they_are(away, dutch):
    assert say("nl", "Europe/Amsterdam", NOW).moment(NOW + away) == dutch


def test_initials():
    assert [initials(name) for name in ("Noor de Vries", "noor", "@priya_in_ghent", "", "👀", "<b>")] == [
        "NV",
        "NO",
        "PG",
        "?",
        "?",
        "?",
    ]
