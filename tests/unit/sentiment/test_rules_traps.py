"""Every trap of the annotation guide, in Dutch, Flemish and English, with all labels."""

from __future__ import annotations

from collections import Counter

import pytest
from rules_cases import Case, load, wrong

from sentiment.rules import RuleClassifier

CASES = load("development.jsonl")
TRAPS = (
    "irony",
    "negation",
    "thanks-but",
    "rhetorical",
    "no-mark",
    "typing",
    "slang",
    "emoji",
    "several",
    "long",
    "mentions",
    "numbers",
    "quoted",
    "brand-word",
    "two-brands",
    "other-customer",
    "news",
    "auto",
    "insult",
    "colleague",
    "urgent",
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}-{case.trap}-{case.lang}")
def test_labels_are_those_of_the_guide(case: Case):
    (verdict,) = RuleClassifier().classify([case.request])

    assert wrong(case, verdict) == set(case.misses), case.text


@pytest.mark.parametrize("trap", TRAPS)
def test_every_trap_has_enough_cases(trap):
    languages = Counter(case.lang for case in CASES if case.trap == trap)

    assert languages["nl"] >= 6
    assert languages["en"] >= 3


def test_known_misses_stay_few():
    assert sum(bool(case.misses) for case in CASES) <= 0.05 * len(CASES)
