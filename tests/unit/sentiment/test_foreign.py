"""An operator's own model: what its labels mean is what webcare.json says, and the word rules say the rest."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
import pytest
import tiny_model

from sentiment.model.foreign import open_foreign
from sentiment.rules import RuleClassifier
from sentiment.trouble import ModelError
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.ports.classifier import Request

# LABEL_0 grows with words of anger, LABEL_1 with words of joy, LABEL_2 with faults: see tiny_model.FOREIGN
ALL = {"LABEL_0": "sentiment:negative", "LABEL_1": "sentiment:positive", "LABEL_2": "intent:complaint"}


def verdict(folder, text, **known):
    return open_foreign(folder).classify([Request(id="1", text=text, **known)])[0]


def by_rules(text):
    return RuleClassifier().classify([Request(id="1", text=text)])[0]


def test_the_labels_speak_and_the_rules_say_the_rest(tmp_path):
    found = verdict(tiny_model.write_foreign(tmp_path / "eigen", ALL), "the app is broken, wanneer?")
    rules = by_rules("the app is broken, wanneer?")
    assert found.model == "eigen"
    assert math.isclose(found.intent_scores[Intent.COMPLAINT], 1 / (1 + math.exp(-8)), rel_tol=1e-5)
    assert found.sentiment is Sentiment.NEGATIVE
    assert math.isclose(sum(found.sentiment_scores.values()), 1)
    assert found.intent_scores[Intent.QUESTION] == rules.intent_scores[Intent.QUESTION]
    assert (found.language, found.urgency_score) == (rules.language, rules.urgency_score)


def test_a_complaint_of_the_model_alone_waits_for_an_answer(tmp_path):
    """What the word rules do not see must not hide what the model found."""
    folder = tiny_model.write_foreign(tmp_path / "m", {"LABEL_1": "intent:complaint"})
    found = verdict(folder, "fijne fijne")
    assert not by_rules("fijne fijne").needs_response
    assert Intent.COMPLAINT in found.intents
    assert found.needs_response


def test_a_complaint_that_only_the_rules_see_waits_too(tmp_path):
    found = verdict(tiny_model.write_foreign(tmp_path / "m", ALL), "al drie weken geen internet, waar blijft de monteur?")
    assert found.needs_response


def test_labels_that_exclude_each_other_share_one(tmp_path):
    folder = tiny_model.write_foreign(
        tmp_path / "m",
        {"LABEL_0": "sentiment:negative", "LABEL_1": "sentiment:positive", "LABEL_2": "sentiment:neutral"},
        multi_label=False,
    )
    found = verdict(folder, "fijne")
    parts = [math.exp(z) for z in (0, 4, 0)]
    assert math.isclose(found.sentiment_scores[Sentiment.POSITIVE], parts[1] / sum(parts), rel_tol=1e-5)
    assert found.sentiment is Sentiment.POSITIVE


def test_of_a_model_that_knows_good_and_bad_only_neutral_is_neither(tmp_path):
    folder = tiny_model.write_foreign(tmp_path / "m", {"LABEL_0": "sentiment:negative", "LABEL_1": "sentiment:positive"})
    found = verdict(folder, "kapot")
    bad, good = 1 / (1 + math.exp(-4)), 0.5
    neither = (1 - bad) * (1 - good)
    assert math.isclose(found.sentiment_scores[Sentiment.NEUTRAL], neither / (bad + good + neither), rel_tol=1e-5)


def test_of_a_model_that_knows_anger_only_the_rules_divide_the_rest(tmp_path):
    found = verdict(tiny_model.write_foreign(tmp_path / "m", {"LABEL_0": "sentiment:negative"}), "kapot")
    rules = by_rules("kapot").sentiment_scores
    said = found.sentiment_scores
    assert math.isclose(said[Sentiment.NEGATIVE], 1 / (1 + math.exp(-4)), rel_tol=1e-5)
    assert math.isclose(said[Sentiment.NEUTRAL] / said[Sentiment.POSITIVE], rules[Sentiment.NEUTRAL] / rules[Sentiment.POSITIVE])


def test_one_label_may_mean_several_things_and_several_labels_one(tmp_path):
    labels = {
        "LABEL_0": "urgency:high",
        "LABEL_1": "needs_response:no",
        "LABEL_2": ["needs_response:yes", "intent:complaint", "urgency:high"],
    }
    found = verdict(tiny_model.write_foreign(tmp_path / "m", labels), "kapot")
    assert (found.needs_response, found.urgency) == (True, Urgency.HIGH)
    assert found.urgency_score == found.needs_response_score == pytest.approx(1 / (1 + math.exp(-8)))


def test_a_complaint_that_is_said_to_need_nothing_is_to_be_checked(tmp_path):
    """Two labels of one model spoke against each other, and the complaint was dropped without anybody seeing it."""
    folder = tiny_model.write_foreign(tmp_path / "m", {"LABEL_0": ["intent:complaint", "needs_response:no"]})
    found = verdict(folder, "kapot")
    assert found.needs_response_score < 0.05
    assert (found.intents, found.needs_response, found.unsure) == ((Intent.COMPLAINT,), False, True)


def test_a_label_may_mean_nothing_to_us(tmp_path):
    found = verdict(tiny_model.write_foreign(tmp_path / "m", dict.fromkeys(ALL, "nothing")), "kapot")
    rules = by_rules("kapot")
    assert (found.intents, found.sentiment_scores) == (rules.intents, rules.sentiment_scores)


@pytest.mark.parametrize("names", [("negative", "positive", "neutral"), ("NEGATIVE", "Positive", "Neutral")])
def test_names_of_sentiments_say_themselves_what_they_mean(tmp_path, names):
    """Most sentiment models name them so; their folder was refused for want of a file that says nothing new."""
    folder = tiny_model.write_foreign(tmp_path / "m", None, names=names)
    parts = [math.exp(z) for z in (0, 4, 0)]
    found = verdict(folder, "fijne")
    assert math.isclose(found.sentiment_scores[Sentiment.POSITIVE], parts[1] / sum(parts), rel_tol=1e-5)
    assert (found.sentiment, verdict(folder, "the app is zo zo").sentiment_scores[Sentiment.NEUTRAL]) == (
        Sentiment.POSITIVE,
        pytest.approx(1 / 3),
    )


@pytest.mark.parametrize("names", [("negative", "positive", "mixed"), ("neutral",), ("negative", "neutral", "LABEL_2")])
def test_other_names_need_the_file_as_before(tmp_path, names):
    with pytest.raises(ModelError) as caught:
        open_foreign(tiny_model.write_foreign(tmp_path / "m", None, names=names))
    assert f"has no webcare.json, which says what its labels mean ({', '.join(names)})" in str(caught.value)


def test_it_says_which_word_carried_it(tmp_path):
    why = verdict(tiny_model.write_foreign(tmp_path / "m", ALL), "the app is broken", explain=True).why
    assert ("broken", "complaint", 8.0) in {(reason.word, reason.label, round(reason.weight, 1)) for reason in why}


@pytest.mark.parametrize("text", ["", "  ", "\ud800", "de " * 4000, "👏", "字" * 50])
def test_whatever_is_sent_gets_a_verdict(tmp_path, text):
    found = verdict(tiny_model.write_foreign(tmp_path / "m", ALL), text, explain=True)
    assert found.model == "m"


def test_what_the_writer_types_is_no_sign_of_the_tokenizers(tmp_path):
    tokens = open_foreign(tiny_model.write_foreign(tmp_path / "m", ALL))._encoder.tokens
    separator = tiny_model.BERT.index("[SEP]")
    ids, _ = tokens.cut([("kapot [SEP] [PAD] app", "")])[0]
    assert (ids.count(separator), ids.count(0)) == (1, 0)


def test_nothing_said_is_noise(tmp_path):
    assert not verdict(tiny_model.write_foreign(tmp_path / "m", ALL), "").needs_response


def test_the_network_may_lie_where_hubs_put_it(tmp_path):
    folder = tiny_model.write_foreign(tmp_path / "m", ALL)
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx/model.onnx")
    assert verdict(folder, "kapot").intents == (Intent.COMPLAINT,)


# --- refused


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (None, "has no webcare.json, which says what its labels mean (LABEL_0, LABEL_1, LABEL_2)"),
        ({}, "holds no `labels`"),
        ([], "holds no `labels`"),
        ({"LABEL_9": "intent:praise"}, "names the label LABEL_9, which config.json does not know"),
        ({"LABEL_0": "sentiment:angry"}, "LABEL_0 means none of"),
        ({"LABEL_0": 3}, "LABEL_0 means none of"),
    ],
)
def test_labels_that_mean_nothing_are_named(tmp_path, labels, says):
    with pytest.raises(ModelError) as caught:
        open_foreign(tiny_model.write_foreign(tmp_path / "m", labels))
    assert says in str(caught.value)


def changed(folder, name, text):
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("webcare.json", json.dumps({"labels": ALL, "multi_label": "yes"}), "`multi_label` is true or false"),
        ("webcare.json", json.dumps({"labels": ALL, "length": 9000}), "`length` is a number of tokens"),
        ("config.json", "{}", "does not name its labels"),
        ("config.json", json.dumps({"id2label": {"0": "LABEL_0", "2": "LABEL_1"}}), "does not name its labels"),
        ("config.json", json.dumps({"id2label": {str(i): f"LABEL_{i}" for i in range(4)}}), "other outputs than the 4 labels"),
        ("config.json", "no", "config.json is not JSON"),
        ("tokenizer.json", "no", "no tokenizer that transformers reads"),
        ("model.onnx", "no", "does not load as an ONNX model"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(tmp_path, name, text, says):
    folder = changed(tiny_model.write_foreign(tmp_path / "m", ALL), name, text)
    with pytest.raises(ModelError) as caught:
        open_foreign(folder)
    assert says in str(caught.value)


def test_an_empty_folder_is_no_model(tmp_path):
    with pytest.raises(ModelError, match="is no model folder: it holds neither"):
        open_foreign(tmp_path)


def test_without_a_network_there_is_nothing_to_run(tmp_path):
    folder = tiny_model.write_foreign(tmp_path / "m", ALL)
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"holds neither model.onnx nor model.safetensors"):
        open_foreign(folder)


def test_what_is_no_number_is_an_error(tmp_path):
    model = open_foreign(tiny_model.write_foreign(tmp_path / "m", ALL))
    model._encoder.runner.run = lambda feeds: np.full((len(feeds["input_ids"]), 3), np.nan, dtype=np.float32)
    with pytest.raises(ModelError, match="no number"):
        model.classify([Request(id="1", text="kapot")])


# --- safetensors


def test_safetensors_without_torch_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "sentiment.train.runtime", raising=False)
    folder = tiny_model.write_foreign(tmp_path / "m", ALL)
    (folder / "model.onnx").rename(folder / "model.safetensors")
    with pytest.raises(ModelError, match=r"needs webcare\[torch\]"):
        open_foreign(folder)


def test_safetensors_are_run_by_torch(tmp_path, torch):
    """A classifier whose last layer says LABEL_2 to everything, so that the answer is known without training."""
    from transformers import BertConfig, BertForSequenceClassification  # noqa: PLC0415 - of use with torch only

    folder = tiny_model.write_foreign(tmp_path / "m", ALL)
    (folder / "model.onnx").unlink()
    size = {
        "vocab_size": len(tiny_model.vocabulary()),
        "hidden_size": 8,
        "intermediate_size": 8,
        "max_position_embeddings": 128,
    }
    network = BertForSequenceClassification(BertConfig(num_hidden_layers=1, num_attention_heads=1, num_labels=3, **size))
    with torch.no_grad():
        network.classifier.weight.zero_()
        network.classifier.bias.copy_(torch.tensor([-4.0, -4.0, 6.0]))
    network.save_pretrained(folder)
    (folder / "webcare.json").write_text(json.dumps({"labels": ALL, "multi_label": True}))
    found = verdict(folder, "de trein", explain=True)
    assert (found.intents, found.needs_response) == ((Intent.COMPLAINT,), True)
    assert found.intent_scores[Intent.COMPLAINT] == pytest.approx(1 / (1 + math.exp(-6)))


def test_a_folder_that_brings_its_own_code_runs_none_of_it_and_asks_nothing(tmp_path, monkeypatch):
    """transformers would have asked on standard input, where the customers' lines are."""
    folder = tiny_model.write_foreign(tmp_path / "m", ALL)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "mine", "auto_map": {"AutoConfig": "conf.C"}}))
    (folder / "conf.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nclass C: pass\n")
    asked = []
    monkeypatch.setattr("builtins.input", lambda text="": asked.append(text) or "y")
    found = verdict(folder, "the app is broken")
    assert found.model == "m"
    assert asked == []
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("meant", [[["sentiment:negative"]], [{}], 3])
def test_a_label_that_means_no_text_is_refused_in_a_sentence(tmp_path, meant):
    with pytest.raises(ModelError, match="LABEL_0 means none of"):
        open_foreign(tiny_model.write_foreign(tmp_path / "m", {"LABEL_0": meant}))


def test_a_folder_whose_name_no_verdict_can_hold_is_refused(tmp_path):
    with pytest.raises(ModelError, match="80 printable signs"):
        open_foreign(tiny_model.write_foreign(tmp_path / ("m" * 81), ALL))
