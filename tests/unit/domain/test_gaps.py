"""Gaps of approved texts: numbered from 1, filled once each, and what is filled in is no text with gaps again."""

from __future__ import annotations

import pytest

from webcare.domain import gaps


@pytest.mark.parametrize(("text", "many"), [("Dag.", 0), ("Dag {{1}}.", 1), ("{{1}} {{ 2 }} {{1}}", 2)])
def test_gaps_are_counted(text, many):
    assert gaps.count(text) == many


@pytest.mark.parametrize("text", ["{{2}}", "{{0}}", "{{name}}", "{{}}", "{1}", "{{1}", "{{1}} {{3}}", "{{\u0661}}"])
def test_what_is_no_row_of_gaps_is_refused(text):
    with pytest.raises(ValueError, match="gap"):
        gaps.count(text)


def test_what_is_filled_in_stays_as_it_is():
    assert gaps.fill("Dag {{1}}, {{2}} en {{1}}.", ["{{2}}", "\\1"]) == "Dag {{2}}, \\1 en {{2}}."


def test_a_text_falls_apart_at_its_gaps():
    assert gaps.pieces("Dag {{1}}, {{2}}") == [("Dag ", 1), (", ", 2), ("", None)]
