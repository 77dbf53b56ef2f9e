"""`webcare model`: how good it is, learning from what people corrected, which one answers, and the way back. The model is tiny and real."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from datetime import timedelta
from importlib import import_module

import numpy as np
import onnx
import pytest

from sentiment.comparison import Decision
from tests.e2e.disks import small_disk
from tests.fakes import MONDAY, Desk, said
from tests.tiny_model import POISON, seal, write_model
from webcare import classifiers
from webcare.cli import main
from webcare.domain.verdict import Intent, Sentiment
from webcare.services.correct import Correction, correct, open_for
from webcare.store import migrate
from webcare.store.door import open_store

MINUTE = timedelta(minutes=1)


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path / "tiny")


@pytest.fixture
def db(tmp_path, monkeypatch):
    monkeypatch.delenv("WEBCARE_SENTIMENT__MODEL", raising=False)
    monkeypatch.setattr("webcare.model_learning.own_folder", lambda: tmp_path / "data")  # the real one is large
    url = f"sqlite:///{tmp_path / 'webcare.db'}"
    migrate.upgrade(url)
    return url


@pytest.fixture
def webcare(capsys):
    def run(*words):
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def lines(tmp_path, *rows):
    file = tmp_path / "labelled.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return file


def row(id_, text, needs, **more):
    return {"id": str(id_), "text": text, "lang": "nl", "needs_response": needs, **more}


LABELLED = [
    row(1, "de trein is kapot", True, intents=["complaint"], sentiment="negative", urgency="normal", traps=["flat"]),
    row(2, "wanneer is de trein", True, intents=["question"], sentiment="neutral", trap="flat"),
    row(3, "bedankt", False, intents=["courtesy"], sentiment="neutral", kind="dm", context={"text": "Klaar.", "by": "brand"}),
    row(4, "de trein", False, intents=[], sentiment="neutral"),
    row(5, "de app", True),  # missed
    row(6, "misschien", False),  # unsure
    {"id": "7", "text": "the app is broken", "lang": "en", "sentiment": "negative", "intents": None},
]


def test_evaluate_counts_by_language_and_trap(webcare, tmp_path, folder):
    status, out, err = webcare("model", "evaluate", lines(tmp_path, *LABELLED), "--model", folder, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["model"], found["n"], found["refused"]) == ("tiny-1", 7, 0)
    dutch = found["languages"]["nl"]
    assert dutch["needs_response"] | {"cost": 0} == {
        "n": 6,
        "recall": pytest.approx(2 / 3),
        "precision": 1.0,
        "precision_sure": 1.0,
        "caught": pytest.approx(2 / 3),
        "unsure": pytest.approx(1 / 6),
        "cost": 0,
    }
    assert dutch["needs_response"]["cost"] == pytest.approx((20 + 1) / 6)
    assert dutch["f1"]["complaint"] == dutch["f1"]["question"] == dutch["f1"]["courtesy"] == 1.0
    assert found["languages"]["en"]["needs_response"]["n"] == 0
    assert found["traps"]["flat"]["n"] == 2


def test_evaluate_says_it_in_a_table_and_refuses_lines_with_number_and_field(webcare, tmp_path, folder):
    file = lines(tmp_path, *LABELLED, "{", row(9, "x", "yes"), {"id": "10", "text": "x"}, row(11, "x", True, intents=["anger"]))
    status, out, err = webcare("model", "evaluate", file, "--model", folder)
    assert status == 1
    assert [line.split(":")[0:2] for line in err.splitlines()] == [
        ["line 8", " line"],
        ["line 9", " needs_response"],
        ["line 10", " labels"],
        ["line 11", " intents"],
    ]
    assert "nl, 6 messages" in out
    assert "recall 0.667" in out
    assert "flat" in out


def test_evaluate_measures_the_rest_where_a_label_is_no_text_or_a_message_breaks_the_model(webcare, tmp_path, folder):
    file = lines(
        tmp_path, *LABELLED, row(8, "x", True, sentiment=["negative"]), row(9, POISON, True), row(10, "y", False, urgency={})
    )
    status, out, err = webcare("model", "evaluate", file, "--model", folder)
    assert status == 1
    assert [line.split(":")[0:2] for line in err.splitlines()] == [
        ["line 8", " sentiment"],
        ["line 10", " urgency"],
        ["line 9", " text"],
    ]
    assert "nl, 6 messages" in out


def test_a_model_that_loads_and_cannot_answer_is_not_chosen(webcare, db, folder):
    heads = dict(np.load(folder / "heads.npz"))
    np.savez(folder / "heads.npz", **(heads | {"bias": heads["bias"] * np.nan}))
    seal(folder)
    status, _, err = webcare("model", "use", folder, "--db", db)
    assert status == 2
    assert len(err.splitlines()) == 1


def test_evaluate_of_nothing_and_of_a_broken_folder_cannot_start(webcare, tmp_path, folder):
    status, _, err = webcare("model", "evaluate", lines(tmp_path, ""), "--model", folder)
    assert status == 2
    assert "no labelled message" in err
    (folder / "heads.npz").write_bytes(b"x")
    status, _, err = webcare("model", "evaluate", lines(tmp_path, *LABELLED), "--model", folder)
    assert status == 2
    assert "heads.npz" in err
    assert "Traceback" not in err


# --- which one answers


def test_a_model_is_used_only_when_it_loads_and_previous_goes_back(webcare, db, folder, tmp_path):
    assert webcare("model", "use", tmp_path / "nothing", "--db", db)[0] == 2
    status, _, err = webcare("model", "use", "previous", "--db", db)
    assert (status, "nobody chose a model" in err) == (2, True)
    assert webcare("model", "use", folder, "--db", db)[0] == 0
    assert webcare("model", "use", "rules", "--db", db)[0] == 0
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert (info["kind"], info["name"], info["choice"], info["why"]) == ("rules", "rules-1", 2, "chosen")
    assert webcare("model", "use", "previous", "--db", db)[0] == 0
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert (info["kind"], info["name"], info["folder"], info["trouble"]) == ("folder", "tiny-1", str(folder), None)
    assert [(one["choice"], one["kind"], one["change"]) for one in info["choices"]] == [
        (3, "folder", "back"),
        (2, "rules", "chosen"),
        (1, "folder", "chosen"),
    ]


def test_what_does_not_load_any_more_is_not_gone_back_to(webcare, db, folder):
    """It was said to be back, and the word rules answered: its folder had been deleted meanwhile."""
    webcare("model", "use", folder, "--db", db)
    webcare("model", "use", "rules", "--db", db)
    shutil.rmtree(folder)
    status, out, err = webcare("model", "use", "previous", "--db", db)
    assert (status, out) == (2, "")
    assert f"choice 1 (folder {folder}) cannot answer again: there is no model folder {folder}; the present one stays" in err
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert (info["kind"], [one["choice"] for one in info["choices"]]) == ("rules", [2, 1])


def test_the_shipped_model_is_not_gone_back_to_where_there_is_none(webcare, db, monkeypatch):
    webcare("model", "use", "rules", "--db", db)
    monkeypatch.setattr(classifiers, "SHIPPED", "nowhere")
    status, _, err = webcare("model", "use", "previous", "--db", db)
    assert (status, err) == (
        2,
        f"webcare: the shipped model cannot answer again: {classifiers.NO_WEIGHTS}; the present one stays\n",
    )


def test_info_tells_what_is_wrong_with_a_folder(webcare, db, folder):
    webcare("model", "use", folder, "--db", db)
    (folder / "encoder.onnx").write_bytes(b"x")
    status, out, _ = webcare("model", "info", "--db", db)
    assert status == 0
    assert "encoder.onnx is not what SHA256SUMS says" in out


def test_what_the_config_names_wins_and_use_says_so(webcare, db, folder, monkeypatch):
    monkeypatch.setenv("WEBCARE_SENTIMENT__MODEL", "rules")
    _, _, err = webcare("model", "use", folder, "--db", db)
    assert "the config names rules" in err
    assert json.loads(webcare("model", "info", "--db", db, "--json")[1])["why"] == "config"
    status, _, err = webcare("model", "train", "--db", db)
    assert status == 2
    assert "names rules" in err


# --- learning


async def teach(db, corrected, agreed=0, broken=None):
    """Let customers write what the model lets pass, and people say that it should have been a case; of some they say that it is one.

    The text of `broken` is one on which the model fails.
    """
    store = open_store(db)
    try:
        desk = await Desk.open(store)
        for n in range(corrected + agreed):
            at, letter = MONDAY + n * MINUTE, "abcdefghij"[n % 10]
            is_agreed = bool(agreed) and n % ((corrected + agreed) // agreed) == 0
            words = f"kapot {letter}!" if is_agreed else f"de trein rijdt rustig {letter}" + f" {POISON}" * (n == broken)
            await desk.hear(said(f"m{n}", words, at, by=f"c{n}", conversation_id=f"t{n}"))
            done = {"by": "noor", "rules": desk.rules, "now": at + MINUTE}
            if is_agreed:
                (case,) = [row["id"] for row in await desk.cases() if row["customer_id"] == f"c{n}"]
                await store.write(correct, case, Correction(needs_response=True), **done)
            else:
                case = await store.write(open_for, n + 1, **done)
                await store.write(correct, case, Correction(intents=(Intent.COMPLAINT,)), **done)
    finally:
        await store.close()


def test_a_message_that_the_model_cannot_read_keeps_nobody_elses_from_being_learned(webcare, db, folder):
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, corrected=40, broken=7))
    status, _, err = webcare("model", "train", "--db", db)
    assert status == 0, err
    assert "1 of people's messages are left out" in err


def test_what_is_told_of_a_refusal_is_what_was_lost_first(webcare, db, folder, monkeypatch):
    """The gentlest attempt changed nothing: it was told that nothing got better, and the part that was lost was named nowhere."""
    learning, decided = import_module("webcare.model_training"), []

    def refused(*_):
        decided.append(Decision(ours=(), newest=(), better=("sentiment",), worse=() if decided else ("praise_f1",)))
        return decided[-1]

    monkeypatch.setattr(learning, "decided", refused)
    monkeypatch.setattr(Decision, "is_taken", False)
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, corrected=40))
    status, out, _ = webcare("model", "train", "--db", db, "--json")
    assert status == 0
    assert json.loads(out)["decided"]["worse"] == ["praise_f1"]
    assert len(decided) == 2  # the second lost nothing: a gentler one has nothing to keep


def test_ctrl_c_ends_a_training_at_once(webcare, db, folder, monkeypatch):
    """The fits ran in a thread, where Ctrl-C waited until the last of them was done."""
    went_on = []

    def fits(*_):
        signal.raise_signal(signal.SIGINT)
        went_on.append(True)
        raise AssertionError

    monkeypatch.setattr("webcare.model_training.train", fits)
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, 40, agreed=10))
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background inherits that it is ignored
    try:
        assert webcare("model", "train", "--db", db)[0] == 130
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert went_on == []
    assert len(json.loads(webcare("model", "info", "--db", db, "--json")[1])["choices"]) == 1


def test_too_little_to_learn_is_said(webcare, db, folder):
    webcare("model", "use", folder, "--db", db)
    status, _, err = webcare("model", "train", "--db", db)
    assert status == 2
    assert "people have corrected 0 messages" in err


def test_what_people_say_again_and_again_is_learned_and_can_be_taken_back(webcare, db, folder, tmp_path):
    """The tiny model lets pass that something goes "rustig"; forty people say that it is a complaint."""
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, 40, agreed=10))
    status, out, err = webcare("model", "train", "--db", db, "--json", "--dry-run")
    assert status == 0, err
    assert json.loads(out)["taken"] is False
    status, out, err = webcare("model", "train", "--db", db, "--json")
    assert status == 0, err
    found = json.loads(out)
    assert found["taken"]
    assert (found["corrections"], found["confirmations"], found["choice"]) == (40, 10, 2)
    assert found["caught_before"] < 1 == found["caught_after"]
    assert found["cost_after"] < found["cost_before"]
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert (info["kind"], info["name"], info["folder"]) == ("refit", "tiny-1+2", str(folder))
    file = lines(tmp_path, row(1, "rustig", True))
    found = [webcare("model", "evaluate", file, "--json", "--model", *named) for named in (["chosen", "--db", db], [folder])]
    assert [json.loads(out)["model"] for _, out, _ in found] == ["tiny-1+2", "tiny-1"]
    assert [json.loads(out)["languages"]["nl"]["needs_response"]["caught"] for _, out, _ in found] == [1, 0]
    webcare("model", "use", "previous", "--db", db)
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert (info["kind"], info["name"]) == ("folder", "tiny-1")


def test_what_is_not_better_is_left_and_told(webcare, db, folder):
    """Most say what the model says already, and a few the opposite of the same words."""
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, 0, agreed=60))
    asyncio.run(teach_against_each_other(db))
    status, out, err = webcare("model", "train", "--db", db)
    assert status == 0, err
    assert "not better" in out
    assert out.endswith(": the present model stays\n")
    assert ", more gently" not in err  # nothing was lost: with less nothing would be better either
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert (info["kind"], info["choices"][0]["change"]) == ("folder", "not_better")


def test_after_an_upgrade_with_another_encoder_one_learns_anew(webcare, db, folder, tmp_path):
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, 40, agreed=10))
    assert json.loads(webcare("model", "train", "--db", db, "--json")[1])["taken"]
    graph = onnx.load(folder / "encoder.onnx")
    graph.doc_string = "another"
    onnx.save(graph, folder / "encoder.onnx")
    seal(folder)
    said = webcare("model", "info", "--db", db)[1]
    assert "tiny-1 answers" in said
    assert "run webcare model train" in said
    assert "when it was taken" not in said, "those figures are of heads that do not answer"
    file = lines(tmp_path, row(1, "rustig", True))
    status, out, err = webcare("model", "evaluate", file, "--json", "--model", "chosen", "--db", db)
    assert (status, json.loads(out)["model"]) == (0, "tiny-1")
    assert "learned_on_another_encoder" in err
    status, out, err = webcare("model", "train", "--db", db, "--json")
    assert status == 0, err
    assert json.loads(out)["taken"]
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert (info["trouble"], info["stale"]) == (None, None)


def test_our_own_data_has_its_say_where_it_is_there(webcare, db, folder, tmp_path):
    """What was learned from forty people must not spoil what our frozen slice holds: here it says that "rustig" is no complaint."""
    data = tmp_path / "data"
    data.mkdir()
    quiet = [row(n, f"de trein rijdt rustig {'abcdefghij'[n % 10]}", False, intents=[], sentiment="neutral") for n in range(60)]
    for name in ("train", "dev", "test"):
        (data / f"{name}.nl.jsonl").write_text("\n".join(map(json.dumps, quiet)), encoding="utf-8")
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, 40, agreed=10))
    status, out, err = webcare("model", "train", "--db", db, "--json", "--dry-run")
    assert status == 0, err
    assert json.loads(out)["compared"] == 60 + 10
    assert "120 messages of ours and 50 of people are read" in err
    (data / "test.nl.jsonl").write_text('{"id": "1", "text": "x"}', encoding="utf-8")
    status, _, err = webcare("model", "train", "--db", db)
    assert status == 2
    assert "test.nl.jsonl, line 1: labels" in err


def test_what_people_said_of_sentiment_alone_is_learned(webcare, db, folder):
    """Nobody minds what needs an answer; fifty say that "kapot leuk" is meant well."""
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach_feeling(db, 50))
    status, out, err = webcare("model", "train", "--db", db)
    assert status == 0, err
    assert "better, by sentiment: it answers as choice 2" in out
    assert "the heads are fitted: sentiment\n" in err
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert info["choices"][0]["figures"]["better_sentiment"] == 1


@pytest.mark.parametrize("meanwhile", [("train",), ("use", "rules")], ids=" ".join)
def test_what_somebody_chose_meanwhile_is_not_overridden(webcare, db, folder, tmp_path, monkeypatch, meanwhile):
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, 40, agreed=10))
    others = []

    def half_way():
        if not others:
            others.append(None)
            others.append(webcare("model", *meanwhile, "--db", db))
        return tmp_path / "data"

    monkeypatch.setattr("webcare.model_learning.own_folder", half_way)
    status, _, err = webcare("model", "train", "--db", db)
    assert others[1][0] == 0, others[1]
    assert status == 2
    assert "chose another model meanwhile (choice 2): that one stays" in err
    info = json.loads(webcare("model", "info", "--db", db, "--json")[1])
    assert (info["choice"], len(info["choices"])) == (2, 2)


@pytest.fixture
def disk(db, folder, webcare, tmp_path):
    """A small disk with a database in which there is something to learn."""
    webcare("model", "use", folder, "--db", db)
    asyncio.run(teach(db, 40, agreed=10))
    with small_disk(tmp_path / "disk") as found:
        if found is None:
            pytest.skip("a disk of our own is not there: mounting one needs root")
        shutil.copy(tmp_path / "webcare.db", found.folder)
        yield found


def test_without_room_nobody_waits_for_minutes(webcare, disk):
    url = f"sqlite:///{disk.folder / 'webcare.db'}"
    disk.fill(leave=512 * 1024)
    status, _, err = webcare("model", "train", "--db", url)
    assert (status, err.count("\n")) == (2, 1)
    assert "no room beside the database" in err
    assert len(json.loads(webcare("model", "info", "--db", url, "--json")[1])["choices"]) == 1
    disk.free()
    assert json.loads(webcare("model", "train", "--db", url, "--json")[1])["taken"]


def test_a_disk_that_fills_up_meanwhile_loses_nothing(webcare, disk, tmp_path, monkeypatch):
    def half_way():
        disk.fill()
        return tmp_path / "data"

    monkeypatch.setattr("webcare.model_learning.own_folder", half_way)
    url = f"sqlite:///{disk.folder / 'webcare.db'}"
    status, out, err = webcare("model", "train", "--db", url, "--json")
    assert status == 0, err
    assert json.loads(out)["taken"]


async def teach_feeling(db, n):
    store = open_store(db)
    try:
        desk = await Desk.open(store)
        for i in range(n):
            at = MONDAY + i * MINUTE
            await desk.hear(said(f"f{i}", f"kapot leuk {'abcdefghij'[i % 10]}!", at, by=f"f{i}", conversation_id=f"f{i}"))
            (case,) = [row["id"] for row in await desk.cases() if row["customer_id"] == f"f{i}"]
            felt = Correction(sentiment=Sentiment.POSITIVE)
            await store.write(correct, case, felt, by="noor", rules=desk.rules, now=at + MINUTE)
    finally:
        await store.close()


async def teach_against_each_other(db):
    """Let twelve say that what sixty agreed to needs no answer."""
    store = open_store(db)
    try:
        desk = await Desk.open(store)
        for n in range(12):
            at = MONDAY - timedelta(days=1) + n * MINUTE
            await desk.hear(said(f"x{n}", "kapot!", at, by=f"x{n}", conversation_id=f"x{n}"))
            (case,) = [row["id"] for row in await desk.cases() if row["customer_id"] == f"x{n}"]
            await store.write(correct, case, Correction(needs_response=False), by="noor", rules=desk.rules, now=at + MINUTE)
    finally:
        await store.close()
