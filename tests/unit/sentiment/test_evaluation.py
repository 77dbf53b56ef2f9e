"""The figures of a classifier, against cases that are counted by hand."""

from __future__ import annotations

import pytest

from sentiment.evaluation import Judged, costs, ece, f1, macro, precision, recall, report
from webcare.domain.labels import Labels
from webcare.domain.verdict import Intent, Sentiment, Urgency, Verdict

YES, NO = True, False
QUESTION, COMPLAINT = Intent.QUESTION, Intent.COMPLAINT


def verdict(
    needs=NO, *, unsure=NO, score=None, intents=(), sentiment=Sentiment.NEUTRAL, urgency=Urgency.NORMAL, urgency_score=0.1
):
    return Verdict(
        language="nl",
        sentiment=sentiment,
        sentiment_scores={one: 0.8 if one is sentiment else 0.1 for one in Sentiment},
        intents=tuple(intents),
        intent_scores={one: 0.9 if one in intents else 0.1 for one in Intent},
        needs_response=needs,
        needs_response_score=(0.9 if needs else 0.1) if score is None else score,
        unsure=unsure,
        urgency=urgency,
        urgency_score=urgency_score,
        model="test",
    )


def judged(labels, said, language="nl", traps=()):
    return Judged(labels=Labels(**labels), verdict=said, language=language, traps=traps)


def test_recall_and_precision_count_what_is_so_and_what_was_said():
    truth, said = [YES, YES, YES, YES, NO, NO], [YES, YES, YES, NO, YES, NO]
    assert recall(truth, said) == 3 / 4
    assert precision(truth, said) == 3 / 4
    assert f1(truth, said) == 3 / 4
    assert recall([NO], [YES]) is None
    assert precision([YES], [NO]) is None
    assert f1([NO, NO], [YES, NO]) is None
    assert f1([YES], [NO]) == 0


def test_macro_figures_count_each_label_that_occurs_alike():
    truth, said = ["a", "a", "a", "b"], ["a", "a", "b", "b"]
    assert macro(recall, truth, said) == pytest.approx((2 / 3 + 1) / 2)
    assert macro(f1, truth, said) == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert macro(f1, [], []) is None


def test_the_calibration_error_is_the_gap_of_each_bin_by_its_size():
    # bin 0.8-1.0: said 0.9 three times, so twice -> gap 0.2333; bin 0.2-0.4: said 0.3 once, not so -> gap 0.3
    assert ece([0.9, 0.9, 0.9, 0.3], [YES, YES, NO, NO], bins=5) == pytest.approx(0.75 * (0.9 - 2 / 3) + 0.25 * 0.3)
    assert ece([1.0, 0.0], [YES, NO]) == 0
    assert ece([], []) is None


def test_a_missed_message_costs_twenty_false_alarms_and_unsure_is_not_missed():
    said = [
        judged({"needs_response": YES}, verdict(YES)),
        judged({"needs_response": YES}, verdict(NO, unsure=YES)),
        judged({"needs_response": YES}, verdict(NO)),  # missed
        judged({"needs_response": NO}, verdict(NO, unsure=YES)),  # alarm
        judged({"needs_response": NO}, verdict(NO)),
        judged({}, verdict(YES)),  # nobody said: not counted
    ]
    assert costs(said) == [0, 0, 20, 1, 0]


def test_the_report_counts_by_language_and_trap():
    found = report(
        [
            judged(
                {
                    "needs_response": YES,
                    "intents": frozenset({COMPLAINT}),
                    "sentiment": Sentiment.NEGATIVE,
                    "urgency": Urgency.HIGH,
                },
                verdict(YES, intents=[COMPLAINT], sentiment=Sentiment.NEGATIVE, urgency=Urgency.HIGH, urgency_score=0.9),
                traps=("irony", "pair-1", "pair-2"),
            ),
            judged(
                {
                    "needs_response": YES,
                    "intents": frozenset({COMPLAINT}),
                    "sentiment": Sentiment.NEGATIVE,
                    "urgency": Urgency.NORMAL,
                },
                verdict(NO, unsure=YES, sentiment=Sentiment.POSITIVE),
                traps=("irony", "emoji"),
            ),
            judged({"needs_response": NO, "intents": frozenset()}, verdict(YES, intents=[QUESTION], score=0.8)),
            judged({"needs_response": NO}, verdict(NO), language="en"),
        ]
    )
    dutch = found["languages"]["nl"]
    assert list(found["languages"]) == ["nl", "en"]
    assert (found["n"], dutch["n"]) == (4, 3)
    assert dutch["needs_response"] == {
        "n": 3,
        "recall": 1 / 2,
        "precision": 1 / 2,
        "precision_sure": 1 / 2,
        "caught": 1.0,
        "unsure": 1 / 3,
        "cost": 1 / 3,
    }
    assert dutch["f1"] == {"question": None, "complaint": pytest.approx(2 / 3), "praise": None, "courtesy": None}
    assert dutch["sentiment_macro_f1"] == pytest.approx(2 / 3)
    assert dutch["sentiment_macro_recall"] == 1 / 2
    assert dutch["urgency_f1"] == 1.0
    assert dutch["ece"]["needs"] == pytest.approx((0.1 + 0.9 + 0.8) / 3)  # three bins with one message each
    assert dutch["ece"]["sentiment"] == pytest.approx(0.3)  # both said 0.8, one right
    assert found["traps"]["irony"] == {
        "n": 2,
        "needs_response": 1 / 2,
        "intents": 1 / 2,
        "sentiment": 1 / 2,
        "caught": 1.0,
        "complaint_recall": 1 / 2,
    }
    assert list(found["traps"]) == ["emoji", "hard pair", "irony"]
    assert found["traps"]["hard pair"]["n"] == 1
    assert found["traps"]["emoji"]["needs_response"] == 0
    assert found["languages"]["en"]["needs_response"]["recall"] is None
