"""Words as they are searched for: what is written differently and meant the same is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.folding import LONGEST_WORD, MOST_WORDS, Wanted, fold, wanted, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café-bestelling №12", ["cafe", "bestelling", "no12"]),
        ("STRASSE straße", ["strasse"]),
        ("ﬁets İstanbul Ñandú", ["fiets", "istanbul", "nandu"]),
        ('don\'t (ok) "x" AND NOT*', ["don", "t", "ok", "x", "and", "not"]),
        ("co\u00adöperatie zero\u200bwidth", ["cooperatie", "zerowidth"]),
        ("wamid.HBgL=", ["wamid", "hbgl"]),
        ("😀👍🏽 \ud800 \x00", []),
        ("日本語 한국어", ["日本語", "한국어"]),
    ],
)
def test_words(text, folded):
    assert words(text) == [fold(word) for word in folded]


@given(st.text())
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert words(" ".join(words(text))) == words(text)


def test_a_text_has_an_end():
    assert len(words(" ".join(map(str, range(MOST_WORDS + 10))))) == MOST_WORDS
    assert words("x" * 100) == ["x" * LONGEST_WORD]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Wanted(words=())),
        ("bank", Wanted(words=(), prefix="bank")),
        ("Rode bank be", Wanted(words=("rode", "bank"), prefix="be")),
        ("bank b", Wanted(words=("bank", "b"))),
        ("bank bank", Wanted(words=("bank",), prefix="bank")),
    ],
)
def test_the_last_word_may_be_unfinished(text, found):
    assert wanted(text) == found
    assert bool(found) is bool(text)
