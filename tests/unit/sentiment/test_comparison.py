"""Which of two models is better: on a frozen slice that may lose nothing, and on the newest corrections, each judged apart."""

from __future__ import annotations

import pytest

from sentiment.comparison import Told, decided, losers
from sentiment.evaluation import Judged
from webcare.domain.labels import Labels
from webcare.domain.verdict import Intent, Sentiment, Urgency, Verdict

COMPLAINT = Intent.COMPLAINT
ALL = ("needs_response", "intents", "sentiment", "urgency")


def judged(*, needs=(True, True), complains=(True, True), feels=("negative", "negative"), score=1.0):
    """A message with what is so and what is said of it."""
    felt = Sentiment(feels[1])
    intents = tuple([COMPLAINT] if complains[1] else [])
    return Judged(
        labels=Labels(
            needs_response=needs[0], intents=frozenset([COMPLAINT] if complains[0] else []), sentiment=Sentiment(feels[0])
        ),
        verdict=Verdict(
            language="nl",
            sentiment=felt,
            sentiment_scores={one: float(one is felt) for one in Sentiment},
            intents=intents,
            intent_scores={one: score * (one in intents) for one in Intent},
            needs_response=needs[1],
            needs_response_score=float(needs[1]),
            unsure=False,
            urgency=Urgency.NORMAL,
            urgency_score=0.0,
            model="test",
        ),
        language="nl",
    )


FINE, QUIET = judged(), judged(needs=(False, False), complains=(False, False), feels=("neutral", "neutral"))
MISSED = judged(needs=(True, False))
ALARM = judged(needs=(False, True), complains=(False, False), feels=("neutral", "neutral"))
NO_COMPLAINT = judged(complains=(True, False))
NOT_FELT = judged(feels=("negative", "neutral"))


def told(before, after, base=None):
    return Told(base=before if base is None else base, before=before, after=after)


def slice_of(n=100, other=NOT_FELT):
    """A thousand messages of ours, of which so many are judged otherwise."""
    is_quiet = other is ALARM
    return [other] * n + [FINE] * (500 - n * (not is_quiet)) + [QUIET] * (500 - n * is_quiet)


SAME = told(slice_of(), slice_of())


def test_what_people_said_of_sentiment_or_intents_alone_counts():
    for wrong, label in (
        (NOT_FELT, "sentiment"),
        (NO_COMPLAINT, "intents"),
        (MISSED, "needs_response"),
        (ALARM, "needs_response"),
    ):
        right = QUIET if wrong is ALARM else FINE
        found = decided(SAME, told([wrong] * 10, [right] * 10), {label})
        assert (found.is_taken, found.better, found.worse) == (True, (label,), ())


def test_what_nobody_corrected_is_no_gain():
    found = decided(SAME, told([NOT_FELT] * 10, [FINE] * 10), {"intents"})
    assert (found.is_taken, found.better) == (False, ())
    assert not decided(SAME, told([FINE] * 10, [FINE] * 10), ALL).is_taken


def test_the_newest_are_not_drowned_by_our_own():
    """A gain on ten counts beside a thousand that moved by what is chance."""
    ours = told(slice_of(100), slice_of(103))
    assert decided(ours, told([NOT_FELT] * 10, [FINE] * 10), ALL).is_taken


def test_a_part_of_ours_that_falls_is_named_whatever_people_gain():
    gained = told([NOT_FELT] * 10, [FINE] * 10)
    for other, part in ((NO_COMPLAINT, "complaint_f1"), (NOT_FELT, "sentiment_macro_f1"), (MISSED, "caught"), (ALARM, "cost")):
        found = decided(told(slice_of(100, other), slice_of(200, other)), gained, ALL)
        assert part in found.worse
        assert not found.is_taken


def test_probabilities_that_are_off_are_a_loss_only_beyond_what_is_promised():
    gained = told([NOT_FELT] * 10, [FINE] * 10)
    for share, is_taken in ((0.04, True), (0.2, False)):
        after = [judged(score=1 - share) for _ in range(500)] + [QUIET] * 500
        found = decided(told([FINE] * 500 + [QUIET] * 500, after), gained, ALL)
        assert found.is_taken is is_taken
        assert ("ece" in found.worse) is not is_taken


def test_a_row_of_trainings_never_loses_more_than_one_may():
    """Each time a little less than what is chance, and in the end it is measured by the heads that the folder came with."""
    gained = told([NOT_FELT] * 10, [FINE] * 10)
    assert decided(told(slice_of(109), slice_of(112)), gained, ALL).is_taken
    assert not decided(told(slice_of(109), slice_of(112), base=slice_of(100)), gained, ALL).is_taken


def test_one_label_that_gains_does_not_pay_for_another_that_loses():
    before = [judged(feels=("negative", "neutral")) for _ in range(10)]
    after = [judged(complains=(True, False)) for _ in range(10)]
    found = decided(SAME, told(before, after), ALL)
    assert (found.better, found.worse, found.is_taken) == (("sentiment",), ("intents",), False)


def test_an_install_without_our_messages_decides_by_people_alone():
    found = decided(told([], []), told([MISSED] * 2, [FINE] * 2), ALL)
    assert found.is_taken
    assert found.ours == ()


@pytest.mark.parametrize(
    ("wrong", "head"),
    [(NOT_FELT, {"sentiment"}), (NO_COMPLAINT, {"complaint"}), (ALARM, {"needs"}), (MISSED, {"needs"})],
    ids=["sentiment", "complaint", "alarm", "missed"],
)
def test_what_lost_something_is_known_by_its_head(wrong, head):
    """So that one head that loses keeps no other from learning."""
    found = decided(told([FINE, QUIET] * 500, slice_of(100, wrong)), told([NOT_FELT] * 10, [FINE] * 10), ALL)
    assert found.worse
    assert losers(found.worse, ["complaint", "needs", "sentiment"]) == head


def test_on_the_newest_intents_are_told_together():
    found = decided(SAME, told([FINE] * 10, [NO_COMPLAINT] * 10), ALL)
    assert losers(found.worse, ["complaint", "praise", "sentiment"]) == {"complaint", "praise"}


def test_where_it_cannot_be_told_every_head_lost():
    assert losers(["ece"], ["needs", "sentiment"]) == {"needs", "sentiment"}
    assert losers(["cost"], ["complaint"]) == {"complaint"}, "intents, too, decide who is caught"
