"""A model folder that is damaged, not whole or of another version is refused, in one sentence that names the file."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tiny_model

from sentiment.model.classifier import ModelClassifier
from sentiment.model.encoder import OnnxRunner
from sentiment.model.folder import read_folder
from sentiment.model.heads import read_heads
from sentiment.trouble import ModelError

FILES = ["encoder.onnx", "tokenizer.json", "heads.npz", "model.json"]


@pytest.fixture
def folder(tmp_path):
    return tiny_model.write_model(tmp_path / "mine")


def refusal(folder):
    with pytest.raises(ModelError) as caught:
        ModelClassifier(read_folder(folder))
    sentence = str(caught.value)
    assert str(folder) in sentence
    assert "\n" not in sentence
    assert caught.value.__cause__ is None
    return sentence


def settings_with(folder, **changes):
    doc = json.loads((folder / "model.json").read_text()) | changes
    (folder / "model.json").write_text(json.dumps(doc))
    return tiny_model.seal(folder)


def test_a_sound_folder_is_read(folder):
    found = read_folder(folder)
    assert (found.name, found.length, found.path) == ("tiny-1", 32, folder)
    assert found.heads.weights.shape == (12, tiny_model.SIZE)
    assert found.heads.limits("en").needs == 0.3
    assert found.heads.limits("de") == found.heads.limits("und")
    assert len(found.sha256) == 64


def test_there_is_none(tmp_path):
    assert "there is no model folder" in refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [*FILES, "CARD.md"])
def test_a_file_that_changed_is_named(folder, name):
    file = folder / name
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert f"damaged: {name} is not what SHA256SUMS says" in refusal(folder)


@pytest.mark.parametrize("name", [*FILES, "CARD.md"])
def test_a_file_that_is_missing_is_named(folder, name):
    (folder / name).unlink()
    assert f"not whole: {name} is missing" in refusal(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_nobody_vouches_for_is_named(folder, name):
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(keepends=True) if name not in line))
    assert f"SHA256SUMS does not name {name}" in refusal(folder)


def test_without_checksums_nothing_is_trusted(folder):
    (folder / "SHA256SUMS").unlink()
    assert "SHA256SUMS is missing" in refusal(folder)


def test_checksums_do_not_lead_out_of_the_folder(folder):
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  ../../etc/passwd\n")
    assert "no checksum" in refusal(folder)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": 2}, "is of format 2; this version reads format 1"),
        ({"format": None}, "is of format None"),
        ({"name": ""}, "does not name its model"),
        ({"length": "128"}, "how many tokens"),
        ({"thresholds": {"nl": tiny_model.LIMITS}}, "says nothing of thresholds in und"),
        ({"thresholds": {"und": {"needs": 0.5}}}, "says nothing of unsure_from"),
        ({"thresholds": {"und": tiny_model.LIMITS | {"needs": "half"}}}, "is no number"),
        ({"thresholds": []}, "says nothing of thresholds in und"),
        ({"calibration": {}}, "says nothing of sentiment"),
        (
            {"calibration": tiny_model.CALIBRATION | {"needs": {"nl": {"scale": [1], "shift": [0]}}}},
            "says nothing of needs in und",
        ),
        ({"calibration": tiny_model.CALIBRATION | {"needs": {"und": {"scale": [float("nan")], "shift": [0]}}}}, "is no number"),
        ({"calibration": tiny_model.CALIBRATION | {"sentiment": {"und": {"scale": [1], "shift": [0]}}}}, "is no number"),
    ],
)
def test_settings_that_say_nothing_of_use_are_named(folder, changes, says):
    assert says in refusal(settings_with(folder, **changes))


@pytest.mark.parametrize(("text", "says"), [("{", "model.json is not JSON"), ("[]", "does not hold a JSON object")])
def test_settings_that_are_no_settings(folder, text, says):
    (folder / "model.json").write_text(text)
    assert says in refusal(tiny_model.seal(folder))


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"weights": np.zeros((12, 24))}, "does not hold the arrays"),
        ({"weights": np.zeros((11, 24)), "bias": np.zeros(12)}, "another shape"),
        ({"weights": np.full((12, 24), np.inf), "bias": np.zeros(12)}, "numbers that are none"),
        ({"weights": np.array([{}]), "bias": np.zeros(12)}, "does not hold the arrays"),  # pickled: a program
        ({"weights": np.zeros((12, 23)), "bias": np.zeros(12)}, "made for another encoder"),
    ],
)
def test_heads_that_do_not_fit_are_refused(folder, arrays, says):
    np.savez(folder / "heads.npz", **arrays)
    assert says in refusal(tiny_model.seal(folder))


@pytest.mark.parametrize(
    ("name", "says"), [("encoder.onnx", "ONNX model"), ("tokenizer.json", "as a tokenizer"), ("heads.npz", "arrays")]
)
def test_a_file_of_something_else_is_refused(folder, name, says):
    (folder / name).write_bytes(b"something else")
    assert says in refusal(tiny_model.seal(folder))


def test_a_network_that_asks_for_something_else_is_refused(folder):
    graph = (folder / "encoder.onnx").read_bytes().replace(b"token_type_ids", b"token_type_ibs")
    (folder / "encoder.onnx").write_bytes(graph)
    assert "other inputs than" in refusal(tiny_model.seal(folder))


def test_a_network_that_does_not_know_the_words_is_refused(folder):
    """Encoder of one model, tokenizer of another: "a" lies outside of its table."""
    (folder / "encoder.onnx").write_bytes(tiny_model.graph(3, ("positive",) * 3, "embedding"))
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["a"] = 9999
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert "its encoder does not run" in refusal(tiny_model.seal(folder))


def test_heads_survive_a_journey_through_a_database_row(folder):
    heads = read_folder(folder).heads
    again = read_heads(heads.blob(), json.loads(json.dumps(heads.settings())))
    assert np.array_equal(again.weights, heads.weights)
    assert np.array_equal(again.bias, heads.bias)
    assert (again.calibration, again.thresholds) == (heads.calibration, heads.thresholds)


def test_a_row_that_is_damaged_is_named_as_what_it_is():
    with pytest.raises(ModelError, match="the row does not hold"):
        read_heads(b"PK", {}, numbers="the row")


def test_threads_are_what_was_asked_for(folder):
    options = OnnxRunner(folder / "encoder.onnx", threads=3).session.get_session_options()
    assert options.intra_op_num_threads == 3
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


@pytest.mark.parametrize("name", ["m" * 81, "a\x00b", "a\nb", ""])
def test_a_name_that_no_verdict_can_hold_is_refused(tmp_path, name):
    """PostgreSQL refused every verdict of a model with so long a name: no case opened, and nothing said why."""
    assert "80 printable signs" in refusal(tiny_model.write_model(tmp_path / "tiny", name=name))
