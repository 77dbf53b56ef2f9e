"""A text that is too long, cut into parts: nothing is lost, nothing is too long, and no link or character is broken."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.splitting import MOST, joined, split

WORDS = st.sampled_from(
    [
        "pakket",
        "Morgen.",
        "naar",
        "https://example.org/a?b=c",
        "www.example.org",
        "é" * 3,
        "👩‍👩‍👧",
        "🇳🇱🇧🇪",
        "👍🏽",
        "e\u0301e\u0301",
        "각",
        "x" * 40,
    ]
)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", "\n", "  ", "\n\n"])), max_size=60).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)
CLUSTERS = ("👩‍👩‍👧", "🇳🇱", "👍🏽", "e\u0301", "https://example.org/a?b=c", "www.example.org")


def in_utf16(text):
    return len(text.encode("utf-16-le")) // 2


def in_bytes(text):
    return len(text.encode())


def bare(text):
    return re.sub(r"\s", "", text)


def without_numbers(parts):
    return [re.sub(r"\A\d/\d ", "", part) for part in parts] if len(parts) > 1 else list(parts)


@given(text=TEXTS, limit=st.integers(min_value=5, max_value=300), measure=st.sampled_from([len, in_utf16, in_bytes]))
def test_parts_say_all_in_order_and_none_is_too_long(text, limit, measure):
    parts = split(text, limit, measure)
    if not parts:
        return  # nothing was said, or it cannot be cut: never a part of it only
    assert len(parts) <= MOST
    assert all(measure(part) <= limit for part in parts)
    assert bare("".join(without_numbers(parts))) == bare(text)
    assert bare(joined(parts)) == bare(text)
    for whole in CLUSTERS:
        assert sum(part.count(whole) for part in parts) == text.count(whole)


@given(text=st.text(max_size=300), limit=st.integers(min_value=6, max_value=80))
def test_whatever_is_written_is_never_lost(text, limit):
    parts = split(text, limit, len)
    assert not parts or bare("".join(without_numbers(parts))) == bare(text)
    assert all(len(part) <= limit for part in parts)


def test_a_text_that_fits_stays_as_it_is():
    assert split(" Morgen komt het. ", 280, len) == ("Morgen komt het.",)


def test_a_cut_falls_where_a_sentence_ends():
    text = "Je pakket ligt klaar. Haal het morgen op. Neem je legitimatie mee."
    assert split(text, 45, len) == ("1/2 Je pakket ligt klaar. Haal het morgen op.", "2/2 Neem je legitimatie mee.")


def test_else_between_words():
    assert split("een twee drie vier vijf", 14, len) == ("1/3 een twee", "2/3 drie vier", "3/3 vijf")


@pytest.mark.parametrize("text", ["https://example.org/" + "a" * 60, "👩‍👩‍👧" * 1, "woord " * 200])
def test_what_cannot_be_cut_well_is_not_cut(text):
    assert split(text, 7, in_bytes) == ()


def test_a_word_that_is_too_long_is_cut_before_and_behind_its_link():
    parts = split("x" * 30 + "(https://example.org)", 26, len)
    assert any("https://example.org" in part for part in parts)


@pytest.mark.parametrize("text", ["a" * 8000, "a." * 4000, "a@" * 4000])
def test_a_word_without_end_holds_nobody_up(text):
    """Looked through once for a link: at each of its letters anew it takes half a minute, and alerts wait."""
    began = time.process_time()
    assert len(split(text, 1000, len)) in (0, 9)
    assert time.process_time() - began < 2


def test_a_long_text_is_cut_at_once():
    """Measuring each place in turn took seconds for ten thousand characters."""
    asked = []
    split("woord. " * 1200, 1000, lambda text: asked.append(1) or len(text))
    assert len(asked) < 300
