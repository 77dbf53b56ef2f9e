"""Training goes on from a model folder: what was learned is read back from the int8 file, and nobody begins at the base again."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from subprocess import run
from sys import executable

import numpy as np
import pytest
from tokenizers import Tokenizer

ROOT = Path(__file__).parents[3]
TEXTS = ("de app is kapot", "fijne trein", "wanneer komt de trein", "de trein is kapot , wanneer komt de app")


@pytest.fixture
def taught(torch, tiny_folder):
    """A network in the shape of the one that ships, smaller, and its words."""
    network, transformers = import_module("sentiment.train.network"), import_module("transformers")
    words = Tokenizer.from_file(str(tiny_folder / "tokenizer.json"))
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=words.get_vocab_size(),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=96,
        attn_implementation="eager",
    )
    made = network.Network(transformers.BertModel(config, add_pooling_layer=False))
    with torch.no_grad():
        for value in made.parameters():
            value.add_(torch.randn_like(value), alpha=0.02)  # as training leaves them: no two rows of numbers are the same
    return made, words


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_what_is_read_back_from_a_folder_says_what_was_written_into_it(torch, taught, tmp_path):
    export, teachers = import_module("sentiment.train.export"), import_module("sentiment.train.teachers")
    example = import_module("sentiment.train.corpora").Example
    network, words = taught
    asked = [example(id=text, text=text, lang="nl", labels={}) for text in TEXTS]
    says = np.asarray(teachers.logits_of(network, words, asked))
    export.export(network, words, tmp_path / "model", config={})
    again, same_words = export.restored(tmp_path / "model")
    assert same_words.get_vocab() == words.get_vocab()
    assert {name: value.shape for name, value in again.state_dict().items()} == {
        name: value.shape for name, value in network.state_dict().items()
    }
    spread = says.std(0).mean()
    assert spread > 0.05  # else any network would say the same
    assert np.abs(np.asarray(teachers.logits_of(again, same_words, asked)) - says).max() < spread / 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_training_that_goes_on_begins_with_what_the_model_knows(torch, taught, tmp_path):
    """No step is made here, so what comes out is what went in: not an encoder with heads that know nothing."""
    export, supervise = import_module("sentiment.train.export"), import_module("sentiment.train.supervise")
    network, words = taught
    export.export(network, words, tmp_path / "model", config={})

    class Lessons:
        def epoch(self, *_):
            return []

    none = supervise.Pass(epochs=0, rate=1e-4, own=1, tweets=0, others=0, exchanged=0)
    found, _ = supervise.supervise([tmp_path / "model"], Lessons(), device=torch.device("cpu"), passes=[none])
    assert torch.equal(found.heads.weight, network.heads.weight)
    assert torch.allclose(
        found.encoder.embeddings.word_embeddings.weight, network.encoder.embeddings.word_embeddings.weight, atol=1e-3
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_teachers_answer_for_every_text_in_its_order_with_the_mean_of_what_each_says(torch, taught, tmp_path):
    export, teachers = import_module("sentiment.train.export"), import_module("sentiment.train.teachers")
    example = import_module("sentiment.train.corpora").Example
    network, words = taught
    export.export(network, words, tmp_path / "one", config={})
    with torch.no_grad():
        network.heads.bias.add_(2.0)
    export.export(network, words, tmp_path / "other", config={})
    asked = [example(id=text, text=text, around="eerst dit" * (text == TEXTS[0]), lang="nl", labels={}) for text in TEXTS]
    heard = teachers.heard(asked, [tmp_path / "one", tmp_path / "other"], torch.device("cpu"))
    assert [e.id for e in heard] == list(TEXTS)
    alone = teachers.logits_of(*export.restored(tmp_path / "one"), asked)
    assert len({tuple(row) for row in alone.round(3)}) == len(TEXTS)
    assert np.asarray([e.heard for e in heard]) == pytest.approx(alone + 1.0, abs=0.02)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_mean_of_two_models_lies_halfway_and_is_refused_where_they_count_their_words_otherwise(torch, taught, tmp_path):
    export, supervise = import_module("sentiment.train.export"), import_module("sentiment.train.supervise")
    network, words = taught
    folders = [tmp_path / "one", tmp_path / "two"]
    export.export(network, words, folders[0], config={})
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.no_grad():
        for value in network.parameters():
            value.add_(torch.randn_like(value), alpha=0.05)
    export.export(network, words, folders[1], config={})
    none = supervise.Pass(epochs=0, rate=1e-4, own=1, tweets=0, others=0, exchanged=0)
    found, _ = supervise.supervise(folders, None, device=torch.device("cpu"), passes=[none])
    for name, value in network.state_dict().items():
        assert torch.allclose(found.state_dict()[name], (value + before[name]) / 2, atol=0.01), name
    (folders[1] / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match=r"do not share their words: .*one, .*two"):
        export.blended(folders)


@pytest.mark.parametrize(("named", "said"), [(True, "is not there"), (False, "holds no model that was made here")])
def test_a_folder_to_go_on_from_that_is_no_model_is_named_first(torch, tiny_folder, tmp_path, named, said):
    """With a model but without teachers the base is still wanted: two of them are trained on it."""
    (tmp_path / "train").mkdir()
    if named:
        shutil.copytree(tiny_folder, tmp_path / "model")
    line = [executable, "-m", "sentiment.train", "labels", "--shared", tmp_path, "--work", tmp_path / "work"]
    ended = run(
        [*line, "--out", tmp_path / "out", "--from", tmp_path / "model"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not (tmp_path / "out").exists()
