"""Training follows one device: torch's `meta`, which computes shapes only, refuses what was left on the processor as a GPU would."""

from __future__ import annotations

import random
import shutil
from argparse import Namespace
from contextlib import nullcontext
from importlib import import_module
from itertools import chain
from pathlib import Path
from subprocess import run
from sys import executable

import pytest
from tokenizers import Tokenizer

ROOT = Path(__file__).parents[3]
TEXTS = ("de app is kapot", "fijne trein", "wanneer komt de trein")


@pytest.fixture
def named(torch, monkeypatch):
    """The devices that were asked to compute with half the digits. For `meta` torch has neither that nor a fused optimizer."""
    found = set()
    monkeypatch.setattr(torch.optim, "AdamW", lambda groups, **_: torch.optim.SGD(groups))
    for name in ("supervise", "pretrain"):
        module = import_module(f"sentiment.train.{name}")
        monkeypatch.setattr(module, "half", lambda device: found.add(device.type) or nullcontext())
    return found


@pytest.fixture
def words(tiny_folder):
    return import_module("sentiment.train.vocabulary").wrap(Tokenizer.from_file(str(tiny_folder / "tokenizer.json")))


def config(words):
    return import_module("transformers").BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )


def examples():
    example = import_module("sentiment.train.corpora").Example
    labels = {"sentiment": 0, "complaint": 1, "needs": 1, "language": 0}
    heard = (tuple([0.5] * 12), (), ())  # of the first teachers said something
    return [example(id=str(at), text=text, lang="nl", labels=labels, heard=heard[at]) for at, text in enumerate(TEXTS)]


@pytest.mark.parametrize(("there", "asked", "found"), [(True, None, "cuda"), (False, None, "cpu"), (True, "cpu", "cpu")])
def test_a_gpu_is_taken_where_there_is_one_unless_another_is_named(torch, monkeypatch, there, asked, found):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert import_module("sentiment.train.device").chosen(asked).type == found


@pytest.mark.filterwarnings("ignore:.*CUDA is not available")
@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_half_the_digits_are_asked_of_the_device_itself(torch, name):
    block = import_module("sentiment.train.device").half(torch.device(name))
    assert (block.device, block.fast_dtype) == (name, torch.bfloat16)


def test_a_gpu_that_is_not_there_is_named_before_anything_is_read(torch, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("this machine's GPU is not there to be missed")
    (tmp_path / "train").mkdir()
    line = [executable, "-m", "sentiment.train", "base", "--device", "cuda", "--shared", tmp_path, "--work", tmp_path / "work"]
    ended = run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "there is no GPU that torch can use" in ended.stderr
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(("step", "missing"), [("labels", "base"), ("measure", "ways.json"), ("compare", "base")])
def test_a_step_without_what_an_earlier_one_leaves_says_so_and_not_an_hour_later(torch, tmp_path, step, missing):
    (tmp_path / "train").mkdir()
    line = [
        executable,
        "-m",
        "sentiment.train",
        step,
        "--shared",
        tmp_path,
        "--work",
        tmp_path / "work",
        "--out",
        tmp_path / "out",
    ]
    ended = run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"{tmp_path / 'work' / missing} is not there: {step} goes on from an earlier step" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_labels_are_taught_where_the_network_is(torch, named, words):
    supervise = import_module("sentiment.train.supervise")
    encoder = import_module("transformers").BertModel(config(words), add_pooling_layer=False)
    network = import_module("sentiment.train.network").Network(encoder).to("meta")

    class Lessons:
        def epoch(self, *_):
            return examples()

    of = supervise.Pass(epochs=12, rate=1e-3, own=1, tweets=0, others=0, exchanged=0)
    supervise._teach(network, words, Lessons(), of, random.Random(1))
    assert named == {"meta"}
    assert {value.device.type for value in network.state_dict().values()} == {"meta"}


def test_what_teachers_say_is_learned_beside_the_label_and_where_there_is_none(torch):
    """Of two texts the first is a complaint; the teachers doubt that, and find praise in the second, which nobody labelled."""
    supervise, spans = import_module("sentiment.train.supervise"), import_module("sentiment.train.network").SPANS
    example = import_module("sentiment.train.corpora").Example
    complaint, praise, language = spans["complaint"][0], spans["praise"][0], slice(*spans["language"])
    says = [[0.0] * 12, [0.0] * 12]
    says[1][praise] = 3.0
    texts = [
        example(id="1", text="tja", lang="nl", labels={"complaint": 1}, heard=tuple(says[0])),
        example(id="2", text="top", lang="nl", labels={}, heard=tuple(says[1])),
    ]
    logits = torch.zeros((2, 12), requires_grad=True)
    stepper = torch.optim.Adam([logits], lr=0.05)
    for _ in range(600):
        stepper.zero_grad()
        supervise._loss(logits, texts).backward()
        stepper.step()
    assert 0.3 < logits[0, complaint].item() < 2  # alone the label would say 3.9
    assert logits[1, praise].item() == pytest.approx(3.0, abs=0.05)
    assert not logits[1, language].any()  # of a text whose language is mixed teachers are not asked for it


def test_every_text_that_the_passes_show_is_asked_of_the_teachers(torch, monkeypatch):
    supervise, corpora = import_module("sentiment.train.supervise"), import_module("sentiment.train.corpora")
    own = [
        corpora.Example(
            id=f"{lang}{at}", text=f"{lang} {at}. Tot zo.", lang=lang, labels={"needs": 1, "language": 0}, raw={"intents": []}
        )
        for lang in ("nl", "en")
        for at in range(5)
    ]
    monkeypatch.setattr(corpora, "own", lambda _: own)
    asked = []

    def heard(examples, _folders, _device):
        asked.extend(examples)
        return [supervise.replace(e, heard=(float(len(e.text)),) * 12) for e in examples]

    monkeypatch.setattr(supervise.teachers, "heard", heard)
    monkeypatch.setitem(supervise.SLICE, "banking77", 4)
    public = [corpora.Example(id=f"b{at}", text=f"card {at}", lang="en", labels={}, source="banking77") for at in range(40)]
    lessons = supervise.Lessons(public, {}, seed=1)
    passes = [supervise.Pass(epochs=epochs, rate=1, own=1, tweets=0, others=1.0, exchanged=0.0) for epochs in (3, 2)]
    monkeypatch.setitem(supervise.SLICE, corpora.MIXED, 6)
    assert not lessons.were_heard
    lessons.hear([Path("one")], passes, device=torch.device("cpu"))
    assert lessons.were_heard
    shown = [example for of in passes for number in range(of.epochs) for example in lessons.epoch(number, of)]
    assert {e.source for e in shown} == {"own", "banking77", "mixed"}
    assert all(e.heard for e in shown)
    assert len([e for e in asked if e.source == "banking77"]) == 12  # the other 28 nobody sees
    assert {e.lang for e in asked if e.source == "mixed"} == {"nl", "en"}


def test_stages_go_on_from_each_other_and_what_lies_there_is_not_made_again(torch, tmp_path, monkeypatch):
    main, made, listened = import_module("sentiment.train.__main__"), [], []

    class Lessons:
        were_heard = False

        def __init__(self, *_, seed):
            self.seed = seed

        def hear(self, folders, passes, *, device):
            listened.append(([folder.name for folder in folders], passes, device))
            self.were_heard = True

    def finish(began, _words, folder):
        made.append((began, folder.name))
        folder.mkdir(parents=True)
        (folder / "SHA256SUMS").touch()

    def supervise(starts, lessons, *, device, seed, passes):
        assert device == "cpu"
        told = "heard" if lessons.were_heard else "alone"
        return (
            f"{'+'.join(start.name for start in starts)}, {'first' if passes == main.PASSES else 'onward'}, {told}, {seed}",
            None,
        )

    def blended(folders):
        return "mean of " + "+".join(folder.name for folder in folders), None

    stand_ins = {"Lessons": Lessons, "supervise": supervise, "finish": finish, "blended": blended}
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(main, name, stand_in)
    monkeypatch.setattr(main, "is_model", lambda folder: folder.name != "base")
    for name in ("_tell", "_describe"):
        monkeypatch.setattr(main, name, lambda *_: None)
    asked = Namespace(work=tmp_path, out=tmp_path / "out", seed=1, device="cpu", teacher=None, start=None)
    main._labels(asked, [])
    one, two, three = stages = [[f"stage-{stage}-{at}" for at in (1, 2)] for stage in (1, 2, 3)]
    whole = [
        ("base, first, alone, 1101", one[0]),
        ("base, first, alone, 1201", one[1]),
        ("stage-1-1+stage-1-2, onward, heard, 2101", two[0]),
        ("stage-1-1+stage-1-2, onward, heard, 2201", two[1]),
        ("stage-2-1+stage-2-2, onward, heard, 3101", three[0]),
        ("stage-2-1+stage-2-2, onward, heard, 3201", three[1]),
        ("mean of stage-3-1+stage-3-2", "out"),
    ]
    assert made == whole
    assert listened == [(one, main.ONWARD, "cpu")] * 2  # once for both models of a stage
    took = set(main._read(tmp_path / "times.json"))
    assert took == {f"stage {at}, {way}, {n}" for at, way in enumerate(main.STAGES, 1) for n in (1, 2)}
    for gone in (three[1], "out"):
        shutil.rmtree(tmp_path / gone)
    made.clear()
    main._labels(asked, [])
    assert made == whole[5:]  # the others lay there still
    for gone in (*chain.from_iterable(stages), "out"):
        shutil.rmtree(tmp_path / gone)
    made.clear()
    listened.clear()
    asked.teacher, asked.start = [tmp_path / "mine"], tmp_path / "model"
    main._labels(asked, [])
    assert made == [
        ("model, onward, heard, 1101", one[0]),
        ("model, onward, heard, 1201", one[1]),
        ("mean of stage-1-1+stage-1-2", "out"),
    ]
    assert listened == [(["mine"], main.ONWARD, "cpu")]


@pytest.mark.parametrize(("step", "left", "made"), [("all", True, False), ("all", False, True), ("base", True, True)])
def test_a_training_that_was_broken_off_does_not_make_its_base_again(torch, tmp_path, monkeypatch, step, left, made):
    main, called = import_module("sentiment.train.__main__"), []
    (tmp_path / "train").mkdir()
    (tmp_path / "work" / "base").mkdir(parents=True)
    if left:
        (tmp_path / "work" / "base" / "tokenizer.json").touch()
    monkeypatch.setattr(main.corpora, "public", lambda _: [])
    monkeypatch.setattr(main.pretrain, "pretrain", lambda *_, **__: called.append("base"))
    monkeypatch.setattr(main, "_labels", lambda *_: called.append("labels"))
    line = ["train", step, "--shared", str(tmp_path), "--work", str(tmp_path / "work"), "--device", "cpu"]
    monkeypatch.setattr("sys.argv", line)
    assert main.main() == 0
    assert called == ["base"] * made + ["labels"] * (step == "all")


def test_what_is_dropped_is_drawn_anew_each_time_and_nothing_is_when_it_answers(torch):
    network = import_module("sentiment.train.network")
    drop, ones = network.Drop(64), torch.ones(40, 999)  # not a multiple of the eight that one draw gives
    torch.manual_seed(1)
    first, second = drop(ones), drop(ones)
    torch.manual_seed(1)
    assert torch.equal(drop(ones), first)
    assert not torch.equal(first, second)
    assert (first == 0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert first.mean().item() == pytest.approx(1, abs=0.02)
    columns = (torch.cat([drop(ones).flatten()[:39_960] for _ in range(20)]).view(-1, 8) == 0).float().mean(0)
    assert columns.tolist() == pytest.approx([0.25] * 8, abs=0.01)  # each byte of a draw alike
    assert drop(ones.bfloat16()).dtype == torch.bfloat16
    assert drop.eval()(ones) is ones


def test_a_network_in_training_drops_in_every_layer_by_bytes(torch, words):
    network = import_module("sentiment.train.network")
    made = network.Network(import_module("transformers").BertModel(config(words), add_pooling_layer=False))
    kinds = [type(part).__name__ for part in made.modules()]
    assert kinds.count("Drop") >= 4
    assert "Dropout" not in kinds
    given = [torch.ones((2, 5), dtype=torch.int64) for _ in range(3)]
    assert not torch.equal(made.train()(*given), made(*given))
    assert torch.equal(made.eval()(*given), made(*given))


def test_hidden_words_are_drawn_on_the_processor_and_guessed_where_the_encoder_is(torch, named, words, monkeypatch):
    """The guessing itself depends on how many are hidden, which `meta` cannot say: here one answers that looks at what it was given."""
    pretrain, given = import_module("sentiment.train.pretrain"), set()

    class Guesser(torch.nn.Module):
        def __init__(self, encoder):
            super().__init__()
            self.encoder, self.bias = encoder, torch.nn.Parameter(torch.zeros(len(words)))

        def forward(self, *tensors):
            given.update(one.device.type for one in (*tensors, self.bias))
            return self.bias.expand(hidden[-1], -1)

    hidden, hide = [], pretrain.hide

    def counted(ids, *others):
        shown, places = hide(ids, *others)
        hidden.append(int(places.sum()))  # on the processor, where it can be counted
        return shown, places

    monkeypatch.setattr(pretrain, "MaskedWords", Guesser)
    monkeypatch.setattr(pretrain, "hide", counted)
    encoder = import_module("transformers").BertModel(config(words), add_pooling_layer=False).to("meta")
    monkeypatch.setattr(torch.Tensor, "item", lambda _: 0.0)  # the loss that the log tells
    pretrain.guess_hidden(encoder, words, TEXTS, seed=1)
    assert given == named == {"meta"}
