"""How good the word rules are, counted; the limits lie a little below what was measured."""

from __future__ import annotations

import pytest
from rules_cases import INTENTS, Case, load, wrong

from sentiment.rules import RuleClassifier

# file -> (share right: sentiment, set of intents, needs_response, urgency)
LIMITS = {"development.jsonl": (0.96, 0.95, 0.97, 0.98), "heldout.jsonl": (0.91, 0.91, 0.95, 0.97)}
LABELS = ("sentiment", "intents", "needs_response", "urgency")


def verdicts(cases: list[Case]):
    return RuleClassifier().classify([case.request for case in cases])


@pytest.mark.parametrize("name", LIMITS)
def test_labels_are_right_often_enough(name):
    cases = load(name)
    errors = [wrong(case, verdict) for case, verdict in zip(cases, verdicts(cases), strict=True)]

    for label, limit in zip(LABELS, LIMITS[name], strict=True):
        right = sum(label not in error for error in errors) / len(cases)
        assert right >= limit, (label, right)


@pytest.mark.parametrize("name", LIMITS)
def test_next_to_nothing_that_waits_for_an_answer_is_passed_over(name):
    """A case opens when `needs_response` or `unsure` says so: only where neither does, somebody is never answered."""
    cases = load(name)
    waiting = [(c, v) for c, v in zip(cases, verdicts(cases), strict=True) if c.needs_response]
    missed = [c.text for c, v in waiting if not (v.needs_response or v.unsure)]

    assert len(missed) <= 0.02 * len(waiting), missed


@pytest.mark.parametrize("name", LIMITS)
def test_not_everything_is_doubted(name):
    """A classifier that is unsure of all would miss nothing and help nobody."""
    cases = load(name)
    quiet = [v for c, v in zip(cases, verdicts(cases), strict=True) if not c.needs_response]

    assert sum(v.needs_response for v in quiet) <= 0.05 * len(quiet)
    assert sum(v.needs_response or v.unsure for v in quiet) <= 0.25 * len(quiet)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("intent", INTENTS)
def test_each_intent_is_found_and_is_what_was_found(name, intent):
    cases = load(name)
    pairs = [(intent in c.intents, intent in [i.value for i in v.intents]) for c, v in zip(cases, verdicts(cases), strict=True)]
    both = pairs.count((True, True))

    assert both >= 0.8 * sum(expected for expected, _ in pairs)
    assert both >= 0.8 * sum(got for _, got in pairs)
