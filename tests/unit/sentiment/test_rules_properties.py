"""What holds for every text that anybody can send."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rules_cases import load, request

from sentiment.rules import RuleClassifier
from webcare.domain.message import Kind
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.ports.classifier import Classifier, RepliedTo, Request

WORDS = st.sampled_from(
    [
        "niet",
        "geen",
        "kapot",
        "bedankt",
        "top",
        "maar",
        "waarom",
        "jullie",
        "help",
        "trein",
        "weer",
        "3",
        "weken",
        "please",
        "not",
        "working",
        "great",
        "thanks",
        "again",
        "love",
        "👏",
        "😡",
        "❤️",
        "@ns",
        "#fail",
        "https://t.co/a",
        "?",
        "!",
        "?!",
        ".",
        ",",
        '"',
        "RT",
        "hallo",
        "nee",
        "ja",
        "storing",
        "win",
        "vacature",
        "code",
        "1234",
        "gehackt",
        "nu",
        "oma",
    ]
)
ANY = st.text(st.characters(), max_size=300)
MESSAGES = st.one_of(ANY, st.lists(WORDS, max_size=25).map(" ".join), st.lists(st.one_of(WORDS, ANY), max_size=6).map(" ".join))
REQUESTS = st.builds(
    Request,
    id=st.just("x"),
    text=MESSAGES,
    kind=st.none() | st.sampled_from(Kind),
    language_hint=st.sampled_from([None, "nl", "en", "de", "??"]),
    replied_to=st.none() | st.builds(RepliedTo, text=MESSAGES, by_us=st.booleans()),
    we_spoke_last=st.booleans(),
    explain=st.booleans(),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(REQUESTS)
def test_a_verdict_is_consistent_whatever_was_sent(asked):
    (verdict,) = RuleClassifier().classify([asked])

    scores = [
        *verdict.intent_scores.values(),
        *verdict.sentiment_scores.values(),
        verdict.needs_response_score,
        verdict.urgency_score,
    ]
    assert all(0 <= score <= 1 for score in scores)
    assert math.isclose(sum(verdict.sentiment_scores.values()), 1, abs_tol=1e-9)
    assert set(verdict.intent_scores) == set(Intent)
    assert set(verdict.sentiment_scores) == set(Sentiment)
    assert verdict.sentiment_scores[verdict.sentiment] == max(verdict.sentiment_scores.values())
    assert verdict.needs_response == (verdict.needs_response_score >= 0.5)
    assert (verdict.urgency is Urgency.HIGH) == (verdict.urgency_score >= 0.5)
    assert verdict.language in {"nl", "en", "und"}
    if Intent.COURTESY in verdict.intents:
        assert verdict.intents == (Intent.COURTESY,)
    if set(verdict.intents) & {Intent.QUESTION, Intent.COMPLAINT}:
        assert verdict.needs_response or verdict.unsure
    assert bool(verdict.why) <= asked.explain


@settings(max_examples=60, deadline=None)
@given(st.lists(REQUESTS, max_size=8))
def test_order_is_kept_and_no_message_colours_another(asked):
    together = RuleClassifier().classify(asked)

    assert together == [RuleClassifier().classify([one])[0] for one in asked]


def test_threads_share_a_classifier():
    classifier = RuleClassifier()
    asked = [case.request for case in load("heldout.jsonl")]
    expected = classifier.classify(asked)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(classifier.classify, [asked] * 8)) == [expected] * 8


PATHOLOGICAL = {
    "100 kB of one letter": "a" * 100_000,
    "100 kB of words": "niet werkt kapot jullie " * 4_200,
    "100 kB without a sentence end": "al drie weken geen " * 5_300,
    "question marks": "?" * 100_000,
    "quotes that never close": '"' * 99_999,
    "open quotes and words": '"ja ' * 25_000,
    "at signs": "@" * 100_000,
    "mentions": "@ns " * 25_000,
    "half an address": "a@" * 50_000,
    "dots and letters": "a." * 50_000,
    "hosts": "a.b.c.d" * 14_000,
    "emoji": "👏" * 25_000,
    "combining accents": "e" + "\u0301" * 99_999,
    "lone surrogates": "\ud83d niet \udc4f goed" * 6_000,
    "null and control": "\x00\x01\x1b[31m\x7f\u202e" * 12_000,
    "one word, no spaces, hyphens": "niet-" * 20_000,
    "retweets": "RT @a: " * 14_000,
    "digits": "1,2.3:4/5" * 11_000,
    "newlines": "\n" * 100_000,
    "elongated": "heeeeeeel " * 10_000,
}


@pytest.mark.parametrize("text", PATHOLOGICAL.values(), ids=PATHOLOGICAL.keys())
def test_hostile_texts_are_classified_in_bounded_work(text):
    (verdict,) = RuleClassifier().classify([request(text, explain=True)])

    assert verdict.model == "rules-1"
    assert len(verdict.why) < 200


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t ", "https://t.co/abc", "https://a.nl/x https://b.nl/y", "\u200b\u200d", "...", "\ud800"]
)
@pytest.mark.parametrize("kind", [None, Kind.MENTION, Kind.COMMENT, Kind.DM])
def test_nothing_said_is_noise(text, kind):
    (verdict,) = RuleClassifier().classify([request(text, kind=kind)])

    assert verdict.intents == ()
    assert verdict.sentiment is Sentiment.NEUTRAL
    assert not verdict.needs_response
    assert not verdict.unsure
    assert verdict.language == "und"


def test_no_requests_no_verdicts():
    assert RuleClassifier().classify([]) == []


def test_the_rules_are_a_classifier():
    classifier: Classifier = RuleClassifier()

    assert classifier.name == "rules-1"
    assert classifier.classify([request("kapot")])[0].model == "rules-1"
