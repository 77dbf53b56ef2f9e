"""Heads fitted again to what people corrected: they learn what they are taught, forget nothing, and say how sure they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sentiment.least import least
from sentiment.model.heads import OUTPUTS, SPANS, Calibration, Heads, Thresholds, read_heads
from sentiment.refit import (
    CHANGED,
    MOST,
    SEEN,
    STRENGTHS,
    TAUGHT,
    Lesson,
    best,
    joined,
    refit,
    remembered,
    shares,
    surprise,
    targets,
)
from sentiment.tuning import calibrate, most_f1, needed, tune
from webcare.domain.labels import Labels
from webcare.domain.verdict import Intent, Sentiment, Urgency

SIZE = 16
NEEDS = SPANS["needs"][0]
LIMITS = Thresholds(
    needs=0.5, unsure_from=0.05, unsure_to=0.8, question=0.5, complaint=0.5, praise=0.5, courtesy=0.5, urgency=0.5
)


def heads(seed=0, size=SIZE):
    drawn = np.random.default_rng(seed)
    flat = {name: {"und": Calibration(scale=1.0, shift=(0.0,) * (end - begin))} for name, (begin, end) in SPANS.items()}
    return Heads(
        weights=drawn.normal(0, 0.5, (OUTPUTS, size)).astype(np.float32),
        bias=np.zeros(OUTPUTS, dtype=np.float32),
        calibration=flat,
        thresholds={"und": LIMITS},
    )


def lesson(truth, n, seed=1, *, noise=0.0, languages=("nl",), weight=1.0):
    """Messages that these heads would have labelled, some of them the other way round."""
    drawn = np.random.default_rng(seed)
    x = drawn.normal(0, 1, (n, truth.weights.shape[1])).astype(np.float32)
    z = truth.logits(x)
    y = (drawn.random(z.shape) < 1 / (1 + np.exp(-z))).astype(np.float32)
    y[:, 0:3] = np.eye(3)[z[:, 0:3].argmax(axis=1)]
    y[:, 9:12] = np.nan
    flip = drawn.random(n) < noise
    y[flip, NEEDS] = 1 - y[flip, NEEDS]
    spoken = tuple(languages[i % len(languages)] for i in range(n))
    return Lesson(embeddings=x, targets=y, weights=np.full(y.shape, weight, dtype=np.float32), languages=spoken)


def right(found, held):
    return float(((found.logits(held.embeddings)[:, NEEDS] > 0) == (held.targets[:, NEEDS] > 0)).mean())


def test_the_least_of_a_bowl_is_its_bottom():
    bent = np.array([1.0, 30.0, 900.0])
    found = least(lambda x: (float((bent * (x - 2) ** 2).sum()) / 2, bent * (x - 2)), np.zeros(3))
    assert found == pytest.approx([2.0, 2.0, 2.0], abs=1e-5)


def test_heads_learn_what_they_are_taught_and_only_that():
    truth, taught = heads(1), lesson(heads(1), 3000)
    start = replace(heads(1), weights=heads(2).weights)
    found = refit(start, taught, 0.003, ["needs"])
    held = lesson(truth, 500, seed=9)
    assert right(found, held) > right(start, held) + 0.2
    others = [column for column in range(OUTPUTS) if column != NEEDS]
    assert np.array_equal(found.weights[others], start.weights[others])


def test_a_few_words_move_the_heads_little_and_many_move_them_far():
    start = heads(2)

    def moved(n, strength):
        return float(np.abs(refit(start, lesson(heads(1), n), strength).weights - start.weights).max())

    assert moved(1000, 0.003) > 5 * moved(1000, 3.0) > 0


def test_heads_that_are_right_stay():
    truth = heads(1)
    found = refit(truth, lesson(truth, 4000), 0.3)
    assert np.abs(found.weights - truth.weights).max() < 0.15


def test_what_is_remembered_moves_nothing_though_its_labels_would():
    """An encoder knows by heart what it was taught: labels of that would make the heads surer than they may be."""
    start, taught = heads(2), lesson(heads(1), 1000)
    assert np.abs(refit(start, taught, 0.03).weights - start.weights).max() > 0.2
    assert np.abs(refit(start, remembered(taught, start), 0.03).weights - start.weights).max() < 0.01
    unsaid = replace(taught, targets=np.full_like(taught.targets, np.nan))
    assert np.isnan(remembered(unsaid, start).targets).all()


def test_what_nobody_said_teaches_nothing():
    taught = lesson(heads(1), 200)
    unsaid = replace(taught, targets=np.full_like(taught.targets, np.nan))
    found = refit(heads(2), unsaid, 0.003)
    assert np.array_equal(found.weights, heads(2).weights)
    assert surprise(found, unsaid) == 0.0


def test_a_word_that_weighs_more_wins():
    """Two people say the opposite of the same message; the weight decides."""
    x = np.ones((2, SIZE), dtype=np.float32)
    y = np.full((2, OUTPUTS), np.nan, dtype=np.float32)
    y[:, NEEDS] = [1, 0]
    for weights, is_yes in (([5, 1], True), ([1, 5], False)):
        mass = np.tile(np.array(weights, dtype=np.float32)[:, None], (1, OUTPUTS))
        found = refit(heads(2), Lesson(embeddings=x, targets=y, weights=mass, languages=("nl", "nl")), 0.003)
        assert (found.logits(x)[0, NEEDS] > 0) is np.bool_(is_yes)


def test_the_pull_is_the_one_that_a_lesson_kept_apart_likes_best():
    truth, start = heads(1), heads(2)
    found = best(start, lesson(truth, 2000), lesson(truth, 500, seed=5))
    for strength in STRENGTHS:
        held = lesson(truth, 500, seed=5)
        assert surprise(found, held) <= surprise(refit(start, lesson(truth, 2000), strength), held)


@pytest.mark.parametrize("ours", [500, 40_000])
def test_people_have_their_share_however_much_we_have(ours):
    """A hundred corrections are an eighth of the teaching beside five hundred messages of ours and beside eighty times as many."""
    own, people = lesson(heads(1), ours), lesson(heads(2), 100, weight=CHANGED)
    found = joined(own, people, shares(people)).weights[:, NEEDS]
    assert found[ours:].sum() / found.sum() == pytest.approx(MOST / 2, rel=1e-3)
    assert (found[:ours] == 1).all()


def test_the_share_grows_with_the_corrections_and_never_beyond_a_quarter():
    found = [float(shares(lesson(heads(1), n, weight=CHANGED))[NEEDS]) for n in (10, 50, 200, 5000)]
    assert found == sorted(found)
    assert found[0] < 0.03
    assert 0.24 < found[-1] < MOST
    assert shares(lesson(heads(1), 50, weight=SEEN))[NEEDS] < found[1] / 2  # confirmations say less
    assert shares(lesson(heads(1), 50))[SPANS["language"][0]] == 0  # of which they say nothing


def test_people_alone_are_all_there_is():
    people = lesson(heads(1), 20, weight=CHANGED)
    nobody = replace(
        lesson(heads(1), 1),
        embeddings=np.empty((0, SIZE)),
        targets=np.empty((0, OUTPUTS)),
        weights=np.empty((0, OUTPUTS)),
        languages=(),
    )
    assert joined(nobody, people, shares(people)).weights[:, NEEDS].tolist() == [CHANGED] * 20


def test_only_what_was_taught_is_calibrated_anew():
    start = heads(2)
    found = tune(start, lesson(heads(1), 3000), ["sentiment"])
    assert found.calibration["sentiment"] != start.calibration["sentiment"]
    assert found.calibration["needs"] == start.calibration["needs"]
    assert found.thresholds == start.thresholds


def test_labels_become_targets_and_what_is_missing_stays_open():
    labels = [
        Labels(
            sentiment=Sentiment.NEGATIVE,
            intents=frozenset({Intent.COMPLAINT, Intent.QUESTION}),
            needs_response=True,
            urgency=Urgency.HIGH,
        ),
        Labels(needs_response=False),
        Labels(intents=frozenset()),
    ]
    found = targets(labels, ["nl", "und", "en"])
    assert found[0].tolist() == [1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0]
    assert np.isnan(found[1]).tolist() == [True] * 7 + [False] + [True] * 4
    assert found[2, 3:7].tolist() == [0, 0, 0, 0]
    assert found[2, 9:12].tolist() == [0, 1, 0]


def test_heads_that_exaggerate_are_calibrated_by_language():
    truth = heads(1)
    loud = replace(truth, weights=truth.weights * 4, bias=truth.bias + 1)
    held = lesson(truth, 4000, languages=("nl", "nl", "en"))
    found = calibrate(loud, held)
    for language in ("nl", "en", "und"):
        of = found.of("needs", language)
        assert of.scale == pytest.approx(0.25, abs=0.04)
        assert of.shift[0] == pytest.approx(-0.25, abs=0.12)
    assert found.calibration["language"] == loud.calibration["language"]
    assert set(loud.calibration["needs"]) == {"und"}  # what was given is not touched


def test_how_sure_of_a_sentiment_is_calibrated_and_which_it_is_stays():
    """Of our messages many are angry and few of the world's: a shift that fitted ours called a tenth more of those tweets negative."""
    truth = heads(1)
    loud, held = replace(truth, weights=truth.weights * 4), lesson(truth, 4000)
    held.targets[:2000, 0:3] = [1, 0, 0]
    of = calibrate(loud, held).of("sentiment", "nl")
    assert of.shift == (0.0, 0.0, 0.0)
    assert 0 < of.scale < 0.5  # half of what they were sure of is not so


def test_a_language_with_few_messages_keeps_its_numbers():
    found = tune(heads(1), lesson(heads(1), 400, languages=("nl",) * 9 + ("en",)))
    assert "nl" in found.thresholds
    assert "en" not in found.thresholds
    assert "en" not in found.calibration["needs"]


@pytest.mark.parametrize("kept", [0.95, 0.97])
def test_thresholds_keep_nearly_everybody_who_waits_and_doubt_begins_low(kept):
    drawn = np.random.default_rng(3)
    y = drawn.random(4000) < 0.5
    z = np.where(y, 2.0, -2.0) + drawn.normal(0, 2.0, 4000)
    p = 1 / (1 + np.exp(-2 * z))
    found = needed(p, y, kept)
    assert kept <= (p[y] >= found["needs"]).mean() < kept + 0.005
    assert (p[y] >= found["unsure_from"]).mean() >= 0.99
    assert found["unsure_from"] <= 1 / 21
    assert y[p >= found["unsure_to"]].mean() >= 0.91
    assert found["unsure_from"] <= found["needs"] <= found["unsure_to"]


def test_the_many_that_are_clear_do_not_make_a_few_sure():
    """Of 900 near one nearly all wait, so that nine in ten do even with the hundred at a quarter, of which three quarters do not."""
    p = np.concatenate((np.linspace(0.9, 0.99, 900), np.linspace(0.2, 0.3, 100), np.linspace(0.005, 0.1, 900)))
    y = np.concatenate((np.arange(900) % 100 != 0, np.arange(100) % 4 == 0, np.arange(900) % 50 == 0))
    assert y[p >= 0.2].mean() > 0.91
    found = needed(p, y)
    assert found["needs"] <= 0.3  # they open a case all the same
    assert found["unsure_to"] >= 0.5
    assert y[p < found["unsure_from"]].mean() < 1 / 21  # silence is never a guess either


def test_an_intent_begins_at_one_line_for_all_languages_and_needs_at_its_own():
    found = tune(heads(1), lesson(heads(2), 3000, languages=("nl", "en"))).thresholds
    assert found["nl"].praise == found["en"].praise == found["und"].praise
    assert found["nl"].complaint == found["en"].complaint
    assert found["nl"].needs != found["en"].needs


def test_the_best_f1_lies_between_two_messages():
    p, y = np.array([0.9, 0.8, 0.6, 0.4, 0.2]), np.array([True, True, False, True, False])
    assert most_f1(p, y) == pytest.approx(0.3)
    assert most_f1(np.array([0.5, 0.5, 0.5]), np.array([True, False, True])) == pytest.approx(0.25)


def test_heads_survive_a_row_of_the_database():
    truth = tune(heads(1), lesson(heads(1), 1000))
    again = read_heads(truth.blob(), truth.settings())
    assert np.array_equal(again.weights, truth.weights)
    assert again.thresholds == truth.thresholds
    assert again.calibration == truth.calibration


def test_every_head_that_people_speak_of_is_taught():
    assert {*TAUGHT} == {*SPANS} - {"language"}
