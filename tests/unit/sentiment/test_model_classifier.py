"""What the model makes of a message, on a network so small that every word's share is known."""

from __future__ import annotations

import json
import math
import random
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tiny_model
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.masking import mask
from sentiment.model.classifier import ModelClassifier
from sentiment.model.decide import read
from sentiment.model.encoder import AROUND, ROOM, ROWS, Encoder, Tokens, batches
from sentiment.model.explain import MOST_WORDS, STRONGEST, chosen
from sentiment.model.folder import read_folder
from sentiment.model.heads import Heads, read_heads
from sentiment.trouble import ModelError
from webcare.domain.message import Kind
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.ports.classifier import RepliedTo, Request

DATA = Path(__file__).parents[3] / "sentiment/data"


def verdict(model, text, **known):
    return model.classify([Request(id="1", text=text, **known)])[0]


# --- the labels


def test_a_verdict_carries_every_label_and_who_said_so(tiny):
    found = verdict(tiny, "de app is kapot", kind=Kind.MENTION)
    assert (found.model, found.language) == ("tiny-1", "nl")
    assert (found.sentiment, found.intents, found.urgency) == (Sentiment.NEGATIVE, (Intent.COMPLAINT,), Urgency.NORMAL)
    assert (found.needs_response, found.unsure, found.why) == (True, False, ())
    assert found.sentiment_scores.keys() == set(Sentiment)
    assert math.isclose(sum(found.sentiment_scores.values()), 1)
    assert found.intent_scores.keys() == set(Intent)
    assert math.isclose(found.needs_response_score, 1 / (1 + math.exp(-4)), rel_tol=1e-5)  # -4 of the bias, 8 of the word
    assert isinstance(found.needs_response_score, float)


def test_one_message_may_ask_and_complain(tiny):
    assert verdict(tiny, "kapot, wanneer").intents == (Intent.QUESTION, Intent.COMPLAINT)


def test_courtesy_stands_alone(tiny):
    assert verdict(tiny, "bedankt").intents == (Intent.COURTESY,)
    assert verdict(tiny, "bedankt, kapot").intents == (Intent.COMPLAINT,)


def test_urgency_is_its_own_label(tiny):
    assert verdict(tiny, "noodgeval").urgency is Urgency.HIGH


@pytest.mark.parametrize(
    ("text", "language", "needs", "unsure"),
    [("misschien de trein", "nl", False, True), ("maybe the app", "en", True, False)],  # both 0.40
)
def test_each_language_has_its_own_thresholds(tiny, text, language, needs, unsure):
    found = verdict(tiny, text)
    assert math.isclose(found.needs_response_score, 0.4013, abs_tol=1e-3)
    assert (found.language, found.needs_response, found.unsure) == (language, needs, unsure)


def test_each_language_has_its_own_calibration(tmp_path):
    cooler = {"und": {"scale": [1.0], "shift": [0.0]}, "en": {"scale": [0.5], "shift": [-1.0]}}
    folder = tiny_model.write_model(tmp_path / "m", calibration=tiny_model.CALIBRATION | {"complaint": cooler})
    model = ModelClassifier(read_folder(folder))
    dutch, english = (verdict(model, text).intent_scores[Intent.COMPLAINT] for text in ("de app is kapot", "the app is broken"))
    assert math.isclose(dutch, 1 / (1 + math.exp(-4)), rel_tol=1e-5)
    assert math.isclose(english, 1 / (1 + math.exp(-(0.5 * 4 - 1))), rel_tol=1e-5)


def test_a_question_that_needs_no_answer_is_doubted(tiny):
    """The two cannot both stand, and silence would be the dearer mistake."""
    found = verdict(tiny, "waarom de trein")
    assert (found.intents, found.needs_response, found.unsure) == ((Intent.QUESTION,), False, True)


# --- the language


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("de trein", None, "nl"),
        ("de trein", "en", "nl"),
        ("kapot", None, "und"),  # one word is no language
        ("kapot", "nl", "nl"),
        ("kapot", "fr", "und"),
        ("is app", "en", "en"),  # the words do not say
        ("is app", None, "und"),
        ("@jan @piet https://t.co/a", "nl", "nl"),  # markers are no words
        ("bitte sehr", "nl", "und"),
        ("de trein is kapot en ik heb this from your driver", None, "und"),  # in both
        ("de trein is kapot en ik heb this from your driver", "en", "en"),  # what the conversation speaks
        ("de trein had een app of a kind en is op my account", None, "nl"),  # what looks alike or is borrowed tells nothing
    ],
)
def test_the_hint_speaks_where_the_words_do_not(tiny, text, hint, language):
    assert verdict(tiny, text, language_hint=hint).language == language


@pytest.mark.parametrize(
    ("text", "language", "unsure"),
    [
        ("bitte danke sehr", "und", True),
        ("danke sehr", "und", False),  # two words are too few to worry about
        ("我的订单还没有到", "und", True),  # no spaces, and a sentence all the same
        ("мой заказ где", "und", True),
        ("好", "nl", False),
        ("de trein naar 北京 is kapot", "nl", False),
    ],
)
def test_a_sentence_in_another_language_is_for_a_person(tiny, text, language, unsure):
    found = verdict(tiny, text, language_hint="nl")
    assert (found.language, found.unsure) == (language, unsure)


def test_a_message_half_in_each_language_is_mostly_seen_and_a_plain_one_hardly_ever_called_so():
    """Of the halves of our development messages, put together, two in three hold two small words of each language."""
    dutch, english = (_plain(lang) for lang in ("nl", "en"))
    dice = random.Random(3)
    both = [f"{_half(dice.choice(dutch))} {_half(dice.choice(english))}" for _ in range(1000)]
    assert sum(read(mask(text)).is_mixed for text in both) >= 550
    assert sum(read(mask(text)).is_mixed for text in (*dutch, *english)) <= 4  # of 3,510


def _plain(lang):
    rows = [json.loads(line) for line in (DATA / f"dev.{lang}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row["text"] for row in rows if "code-switching" not in row.get("traps", ())]


def _half(text):
    parts = re.split(r"(?<=[.!?])\s+|\n+", text)
    return " ".join(parts[: max(1, len(parts) // 2)])


# --- whatever is sent


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b", "\ud800"])
def test_nothing_said_is_noise(tiny, text):
    found = verdict(tiny, text, language_hint="nl", explain=True, replied_to=RepliedTo(text="wanneer kapot", by_us=False))
    assert (found.intents, found.needs_response, found.unsure, found.why) == ((), False, False, ())
    assert (found.sentiment, found.language, found.model) == (Sentiment.NEUTRAL, "nl", "tiny-1")


@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.text() | st.text(st.sampled_from([*"abz @#", "👏", "é", "\ud800", "字"])), max_size=12))
def test_any_texts_get_a_verdict_each(tiny, texts):
    found = tiny.classify([Request(id=str(i), text=text, explain=True) for i, text in enumerate(texts)])
    assert len(found) == len(texts)
    for one in found:
        scores = [*one.sentiment_scores.values(), *one.intent_scores.values(), one.needs_response_score, one.urgency_score]
        assert all(0 <= score <= 1 for score in scores)


def test_no_request_no_verdict(tiny):
    assert tiny.classify([]) == []


def test_the_order_stays_whatever_the_lengths(tiny):
    texts = [f"{'de ' * (i * 7 % 23)}{('kapot', 'wanneer', '', 'bedankt')[i % 4]}" for i in range(50)]
    found = tiny.classify([Request(id=str(i), text=text) for i, text in enumerate(texts)])
    wanted = [(Intent.COMPLAINT,), (Intent.QUESTION,), (), (Intent.COURTESY,)]
    assert [one.intents for one in found] == [wanted[i % 4] for i in range(50)]


def test_company_changes_nothing(tiny):
    texts = ["kapot", "de trein " * 40, "", "the app is broken", "misschien de trein", "bedankt"]
    requests = [Request(id=text[:9], text=text, kind=Kind.DM, explain=True) for text in texts]
    assert tiny.classify(requests) == [found for request in requests for found in tiny.classify([request])]


def test_what_is_no_number_is_an_error_and_never_a_silent_no(tiny_folder):
    """Below every threshold would read as: nobody waits."""
    folder = read_folder(tiny_folder)
    model = ModelClassifier(folder)
    model.encoder.runner.run = lambda feeds: np.full((len(feeds["input_ids"]), tiny_model.SIZE), np.nan, dtype=np.float32)
    with pytest.raises(ModelError, match="no number"):
        verdict(model, "kapot")


# --- what stands around it


def test_the_surroundings_are_read_apart_from_the_message(tiny):
    said = RepliedTo(text="wat is er kapot?", by_us=True)
    found = verdict(tiny, "ok", replied_to=said)
    assert found.intents == (Intent.COURTESY,)  # after our answer; and "kapot" is our word, not the customer's
    assert verdict(tiny, "ok", replied_to=RepliedTo(text=said.text, by_us=False)).intents == ()


def test_a_long_message_is_read_by_its_head_and_its_tail(tiny):
    filler = "app " * 60
    assert verdict(tiny, f"kapot {filler}").intents == (Intent.COMPLAINT,)
    assert verdict(tiny, f"{filler} kapot").intents == (Intent.COMPLAINT,)
    assert verdict(tiny, f"{filler} kapot {filler}").intents == ()


@pytest.mark.parametrize("around", ["", "[dm]", "[dm] [brand] " + "app " * 90])
def test_what_is_cut_fills_the_length_to_the_last_token(tiny, around):
    tokens = tiny.encoder.tokens
    ids, second = tokens.cut([("kapot " + "app " * 90 + "wanneer", around)])[0]
    backend = tokens._backend
    words = [backend.id_to_token(number) for number in ids]
    assert len(ids) == 32
    assert words[:2] == ["[CLS]", "kapot"]
    assert words[second - 2 : second] == ["wanneer", "[SEP]"]
    assert words.count("[SEP]") == (2 if around else 1)
    assert words[-1] == "[SEP]"
    assert len(ids) - second <= AROUND + 1


@pytest.mark.parametrize("around", ["", "[public]", "[dm] [brand] wat is er kapot?"])
def test_what_fits_is_cut_as_the_tokenizer_would(tiny, around):
    whole = tiny_model.tokenizer().encode("de app is kapot", around or None)
    ids, second = tiny.encoder.tokens.cut([("de app is kapot", around)])[0]
    assert ids == whole.ids
    assert [int(place >= second) for place in range(len(ids))] == whole.type_ids


# --- batches


@given(st.lists(st.integers(1, 128), min_size=1, max_size=60))
def test_batches_are_small_and_hold_everybody_once(lengths):
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    found = batches(order, lengths)
    assert [i for batch in found for i in batch] == order
    for batch in found:
        assert len(batch) <= ROWS
        assert len(batch) == 1 or len(batch) * lengths[batch[-1]] <= ROOM


def test_nothing_is_padded_beyond_the_longest_of_its_batch(tiny):
    seen = []

    class Watched:
        inputs = tiny.encoder.runner.inputs

        def run(self, feeds):
            seen.append(feeds["attention_mask"])
            return tiny.encoder.runner.run(feeds)

    Encoder(tiny.encoder.tokens, Watched()).embed([("app " * n, "") for n in (1, 28, 2, 1, 27, 3, 2, 2, 1, 1, 2)])
    assert sum(len(mask) for mask in seen) == 11
    assert all(mask[-1].all() for mask in seen)
    assert all(a.shape[1] <= b.shape[1] for a, b in pairwise(seen))


# --- why


def test_the_word_that_carried_it_is_named(tiny):
    why = verdict(tiny, "De app is rustig kapot", explain=True).why
    complaint = [reason for reason in why if reason.label == "complaint"]
    assert [(reason.word, round(reason.weight)) for reason in complaint] == [("kapot", 8), ("rustig", -3)]
    assert ("kapot", "negative") in {(reason.word, reason.label) for reason in why}


def test_without_an_intent_it_says_why_somebody_may_wait(tiny):
    assert [(r.word, r.label) for r in verdict(tiny, "misschien de trein", explain=True).why] == [("misschien", "needs_response")]


def test_what_stood_around_may_be_the_reason(tiny):
    why = verdict(tiny, "ok", replied_to=RepliedTo(text="opgelost", by_us=True), explain=True).why
    assert [(reason.word, reason.label) for reason in why] == [("[context]", "courtesy")]


def test_nobody_is_named_in_a_reason(tiny):
    why = verdict(tiny, "@jan kapot 06 12345678", explain=True).why
    assert {reason.word for reason in why} == {"kapot"}


def test_only_who_asks_is_told(tiny):
    asked, other = tiny.classify([Request(id="1", text="kapot", explain=True), Request(id="2", text="kapot")])
    assert other.why == ()
    assert {reason.word for reason in asked.why} == {"kapot"}


def test_a_long_text_is_tried_by_some_words_of_each_sentence(tiny):
    words = ("de app is kapot. " * 30).split()
    tried = chosen(words)
    assert len(tried) == MOST_WORDS
    assert {i // 4 for i in tried} == set(range(30))
    assert len(verdict(tiny, "kapot wanneer noodgeval de. " * 40, explain=True).why) <= STRONGEST


# --- other heads on the same encoder


def test_the_encoder_takes_other_heads(tiny_folder, tiny):
    weights = tiny.heads.weights.copy()
    weights[4] = 0
    heads = read_heads(tiny.heads.blob(), tiny.heads.settings())
    changed = Heads(weights=weights, bias=heads.bias, calibration=heads.calibration, thresholds=heads.thresholds)
    other = ModelClassifier(read_folder(tiny_folder), changed, name="x")
    assert verdict(other, "de app is kapot").intents == ()
    assert verdict(other, "de app is kapot").model == "x"
    assert verdict(tiny, "de app is kapot").intents == (Intent.COMPLAINT,)


def test_heads_of_another_encoder_are_refused(tiny_folder, tiny):
    heads = tiny.heads
    short = Heads(
        weights=heads.weights[:, :5].copy(), bias=heads.bias, calibration=heads.calibration, thresholds=heads.thresholds
    )
    with pytest.raises(ModelError, match="heads were made for another encoder"):
        ModelClassifier(read_folder(tiny_folder), short)


def test_embeddings_are_given_to_who_learns_from_them(tiny):
    found = tiny.embed([Request(id="1", text="kapot"), Request(id="2", text="de app")])
    assert (found.shape, found.dtype) == ((2, tiny_model.SIZE), np.float32)
    assert found[0, 4] == 8


def test_a_tokenizer_without_marks_of_its_own_is_read_too():
    class Bare:
        pad_token_id = None
        backend_tokenizer = tiny_model.tokenizer()

    Bare.backend_tokenizer.post_processor = None
    tokens = Tokens(Bare, length=8)
    assert [len(ids) for ids, _ in tokens.cut([("de app is kapot", ""), ("de " * 20, "")])] == [4, 8]
