"""The model in a daemon and at the command line: word rules until it is loaded, word rules when it cannot be, and nothing said untruly."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import BRAND, CHANNEL, MONDAY, FakeClock, said
from sqlalchemy import select
from webs import FakeHealth

from sentiment.model.folder import read_folder
from tests.tiny_model import POISON, write_model
from webcare import classifiers
from webcare.cli import main
from webcare.clock import running_seconds
from webcare.domain.model_choice import Change, Choice, ModelKind, NewChoice
from webcare.domain.verdict import STAND_IN
from webcare.house import open_house
from webcare.house_work import HouseWork
from webcare.lines import CannotStart
from webcare.open_database import opened
from webcare.ports.classifier import FAILED, READY
from webcare.services import model_choice
from webcare.services.accept import accept
from webcare.services.model_health import in_trouble
from webcare.settings import settings_of
from webcare.store import models, tables
from webcare.store.tables import message, verdict
from webcare.web.metrics import Metrics

ROOT = Path(__file__).parents[2]
PATIENCE = 20


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path / "tiny")


@pytest.fixture
def no_weights(monkeypatch):
    """An install without the shipped model."""
    monkeypatch.setattr(classifiers, "SHIPPED", "nowhere")
    monkeypatch.delenv("WEBCARE_SENTIMENT__MODEL")


# --- the command line


def classify(capsys, tmp_path, *lines, arguments=()):
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    status = main(["classify", str(file), *arguments])
    out, err = capsys.readouterr()
    return status, [json.loads(line) for line in out.splitlines()], err


def texts(*found):
    return [{"id": f"n{number}", "text": text} for number, text in enumerate(found)]


def test_a_folder_answers_in_the_order_of_the_lines(capsys, tmp_path, folder):
    asked = texts(*["de app is kapot", "bedankt", "", "wanneer"] * 20)
    status, answers, err = classify(capsys, tmp_path, *asked, arguments=["--model", str(folder)])
    assert (status, err) == (0, "")
    assert [one["id"] for one in answers] == [one["id"] for one in asked]
    assert [one["intents"] for one in answers[:4]] == [["complaint"], ["courtesy"], [], ["question"]]
    assert {one["model"] for one in answers} == {"tiny-1"}


def test_the_words_that_decide(capsys, tmp_path, folder):
    _, [found], _ = classify(capsys, tmp_path, *texts("de app is kapot"), arguments=["--model", str(folder), "--explain"])
    strongest = max(found["why"], key=lambda one: one["weight"])
    assert (strongest["word"], strongest["label"]) == ("kapot", "complaint")


def test_a_line_that_the_model_fails_on_is_refused_and_the_others_are_answered(capsys, tmp_path, folder):
    asked = texts("de app is kapot", POISON, "bedankt")
    status, answers, err = classify(capsys, tmp_path, *asked, arguments=["--model", str(folder)])
    assert (status, [one["id"] for one in answers]) == (1, ["n0", "n2"])
    assert err == "line 2: text: the model fails on it\n"


def test_a_damaged_folder_is_refused_with_one_sentence_that_names_the_file(capsys, tmp_path, folder):
    (folder / "heads.npz").write_bytes(b"rubbish")
    assert main(["classify", "--model", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "heads.npz" in err
    assert err.count("\n") == 1


@pytest.fixture
def mortal():
    """Being somebody who is not root: to root no folder is closed."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    yield
    if is_root:
        os.seteuid(0)


@pytest.fixture
def closed(request, folder):
    """A model in a folder that may not be entered, or below one."""
    classifiers.open_classifier(str(folder))  # whatever it imports, root may
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        found = shutil.copytree(folder, place / "house" / "model")
        shut = found if request.param == "itself" else found.parent
        shut.chmod(0)
        yield found
        shut.chmod(0o755)


@pytest.mark.parametrize("closed", ["itself", "above"], indirect=True)
@pytest.mark.usefixtures("closed", "mortal")
def test_a_folder_that_may_not_be_entered_is_named_and_so_is_why(capsys, monkeypatch, closed):
    sentence = f"cannot read the model folder {closed}: Permission denied"
    with pytest.raises(CannotStart) as refused:
        classifiers.open_classifier(str(closed))
    assert str(refused.value) == sentence
    monkeypatch.setenv("WEBCARE_SENTIMENT__MODEL", str(closed))
    assert main(["model", "info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trouble"] == sentence


@pytest.mark.parametrize("closed", ["above"], indirect=True)
@pytest.mark.usefixtures("closed", "mortal")
def test_so_is_the_folder_on_which_something_was_learned(closed):
    choice = Choice(
        id=1,
        kind=ModelKind.REFIT,
        change=Change.LEARNED,
        path=str(closed),
        base="0" * 64,
        heads=b"",
        tuning={},
        at=MONDAY,
        by="noor",
    )
    with pytest.raises(CannotStart, match=f"^cannot read the model folder {closed}: Permission denied$"):
        classifiers.load_source(classifiers.chosen(choice))


def test_without_the_shipped_model_the_rules_answer_and_it_is_said(capsys, tmp_path, no_weights):
    status, [found], err = classify(capsys, tmp_path, *texts("Waar blijft mijn pakket?"))
    assert (status, found["model"]) == (0, "rules-1")
    assert err == f"webcare: {classifiers.NO_WEIGHTS}; the word rules answer\n"
    assert main(["classify", "--model", "builtin"]) == 2
    assert classifiers.NO_WEIGHTS in capsys.readouterr().err


def test_a_config_that_is_named_says_which_model_answers(capsys, tmp_path, folder, config, monkeypatch):
    """`[sentiment] model` was read by the daemon alone: whoever tried a folder of their own here tried the shipped model."""
    file = str(config(folder))
    asked = texts("de app is kapot")
    _, [found], _ = classify(capsys, tmp_path, *asked, arguments=["--config", file])
    assert found["model"] == "tiny-1"
    _, [found], _ = classify(capsys, tmp_path, *asked, arguments=["--config", file, "--model", "rules"])
    assert found["model"] == "rules-1"
    monkeypatch.setenv("WEBCARE_CONFIG", file)
    _, [found], _ = classify(capsys, tmp_path, *asked)
    assert found["model"] == "tiny-1"
    monkeypatch.setenv("WEBCARE_SENTIMENT__MODEL", "rules")
    _, [found], _ = classify(capsys, tmp_path, *asked)
    assert found["model"] == "rules-1", "as in a daemon"


def test_evaluate_goes_by_a_config_that_is_named(capsys, tmp_path, folder, config):
    file = tmp_path / "labelled.jsonl"
    file.write_text(json.dumps({"id": "1", "text": "de app is kapot", "needs_response": True}))
    assert main(["model", "evaluate", str(file), "--config", str(config(folder)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "tiny-1"


def test_what_was_chosen_answers_when_it_is_asked_for(capsys, tmp_path, folder, config, sqlite_url):
    asked, file = texts("de app is kapot"), str(config("rules"))
    assert main(["model", "use", str(folder), "--config", file]) == 0
    capsys.readouterr()
    for place in (["--config", file], ["--db", sqlite_url]):
        _, [found], err = classify(capsys, tmp_path, *asked, arguments=["--model", "chosen", *place])
        assert (found["model"], err) == ("tiny-1", "")


def test_a_chosen_model_is_found_in_a_database_and_a_database_is_for_a_chosen_model(capsys, config):
    del config  # no model in the environment
    assert main(["classify", "--model", "chosen"]) == 2
    assert "--model chosen: in which database?" in capsys.readouterr().err
    assert main(["classify", "--db", "webcare.db"]) == 2
    assert "give it with --model chosen" in capsys.readouterr().err


def test_the_first_answers_of_a_model_leave_before_the_last_line_is_written(folder):
    command = [sys.executable, "-m", "webcare.cli", "classify", "--model", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for id_ in ("first", "second"):
            process.stdin.write(json.dumps({"id": id_, "text": "wanneer"}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == id_
        process.stdin.close()
        assert process.wait() == 0


@pytest.fixture
def stream(tmp_path):
    """Two messages of which the small model opens one case, and the word rules two."""
    wrote = {"anna": "Waar blijft mijn pakket?", "bram": "Mijn app is kapot, waar blijft de monteur?"}
    lines = [
        {"id": f"of-{who}", "author_id": who, "inbound": True, "created_at": "2026-11-23T09:00:00Z", "text": text}
        for who, text in wrote.items()
    ]
    file = tmp_path / "stream.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return str(file)


def replayed(capsys, *words):
    status = main(["replay", *words])
    out, err = capsys.readouterr()
    assert status == 0, err
    return json.loads(out)["cases"]


def test_a_stream_is_replayed_with_a_model(capsys, stream, folder):
    assert replayed(capsys, stream, "--model", str(folder)) == 1
    assert replayed(capsys, stream, "--model", "rules") == 2


def test_a_stream_is_replayed_with_the_model_of_a_config_also_on_a_bad_day(capsys, stream, folder, config):
    assert replayed(capsys, stream, "--config", str(config(folder))) == 1
    assert main(["model", "use", str(folder), "--config", str(config(None))]) == 0
    capsys.readouterr()
    chosen = ["--model", "chosen", "--config", str(config("rules"))]
    assert replayed(capsys, stream, *chosen) == 1
    ended = subprocess.run(
        [sys.executable, "-m", "webcare.cli", "replay", stream, *chosen, "--faults", "restart"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(ended.stdout)["cases"] == 1


# --- check


def checked(capsys, config):
    main(["check", "--config", str(config), "--json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [found] = [row for row in rows if row["what"] == "model"]
    return found["state"], found["why"]


@pytest.fixture
def config(tmp_path, sqlite_url, monkeypatch):
    monkeypatch.delenv("WEBCARE_SENTIMENT__MODEL")

    def write(model):
        file = tmp_path / "webcare.toml"
        line = "" if model is None else f"[sentiment]\nmodel = {json.dumps(str(model))}\n"
        file.write_text(f"[database]\nurl = {json.dumps(sqlite_url)}\n{line}")
        file.chmod(0o600)
        return file

    return write


def test_check_names_the_model_and_where_its_decisions_begin(capsys, config, folder):
    state, why = checked(capsys, config(folder))
    assert state == "fine"
    assert why.startswith("tiny-1 loads and reads; ")
    assert "nl: a case from 0.50, please check from 0.20" in why
    assert "en: a case from 0.30" in why


def test_check_tells_what_was_measured_of_a_model_by_language(capsys, config, tmp_path):
    figures = {"nl": {"recall": 0.967, "caught": 0.994, "unsure": 0.08}, "en": {"recall": 0.95, "caught": 0.98, "unsure": None}}
    _, why = checked(capsys, config(write_model(tmp_path / "told", figures=figures)))
    assert "nl: 97% of who waits found, 99.4% with please check, 8% please check" in why
    assert "en: 95% of who waits found, 98.0% with please check" in why


def test_check_says_that_what_was_learned_does_not_count_any_more(capsys, config, sqlite_url, tmp_path):
    """After an upgrade its own heads answer; the figures shown were still those of the heads that do not."""
    own = {"nl": {"recall": 0.967, "caught": 0.994, "unsure": 0.08}}
    path = write_model(tmp_path / "told", figures=own)
    learned = {"recall": 0.5, "caught": 0.51, "unsure": 0.01}
    choice = NewChoice(
        kind=ModelKind.REFIT,
        change=Change.LEARNED,
        path=str(path),
        base="0" * 64,
        heads=b"",
        tuning={},
        report={"after": {"languages": {"nl": {"needs_response": learned}}}},
    )

    async def learn():
        async with opened(sqlite_url) as store:
            await store.write(model_choice.use, choice, by="noor", now=MONDAY)

    asyncio.run(learn())
    state, why = checked(capsys, config(None))
    assert (state, "run webcare model train" in why) == ("fine", True)
    assert "nl: 97% of who waits found" in why
    assert "50%" not in why


def test_check_finds_a_model_that_does_not_load(capsys, config, folder):
    (folder / "tokenizer.json").unlink()
    state, why = checked(capsys, config(folder))
    assert state == "finding"
    assert "tokenizer.json" in why
    assert "the word rules answer" in why


def test_check_finds_an_install_without_the_shipped_model(capsys, config, monkeypatch):
    monkeypatch.setattr(classifiers, "SHIPPED", "nowhere")
    state, why = checked(capsys, config(None))
    assert (state, why.startswith(classifiers.NO_WEIGHTS)) == ("finding", True)


def test_rules_that_somebody_asked_for_are_in_order(capsys, config):
    assert checked(capsys, config("rules")) == ("fine", "rules-1: the word rules, no model")


# --- a daemon


def settings(tmp_path, model):
    doc = {"database": {"url": f"sqlite:///{tmp_path / 'house.db'}"}, "state_folder": str(tmp_path)}
    return settings_of({**doc, "sentiment": {} if model is None else {"model": str(model)}})


async def until(claim):
    async with asyncio.timeout(PATIENCE):
        while not claim():  # noqa: ASYNC110 - a thread makes it true
            await asyncio.sleep(0.01)


async def nobody():
    return []


class Running:
    """A house and its work, a row at a time."""

    def __init__(self, house):
        self.house = house
        self.work = HouseWork(house, nobody)

    async def hear(self, *messages):
        await self.house.store.write(accept, messages, brand=BRAND, now=MONDAY)
        while await self.work.triage():
            pass

    async def verdicts(self):
        query = select(message.c.external_id, verdict.c.model).join(verdict, verdict.c.id == message.c.verdict)
        return {row.external_id: row.model for row in await self.house.store.read(lambda conn: conn.execute(query).all())}

    async def cases(self):
        query = select(tables.case.c.id)
        return len(await self.house.store.read(lambda conn: conn.execute(query).all()))

    async def use(self, kind, path=None):
        choice = NewChoice(kind=kind, change=Change.CHOSEN, path=None if path is None else str(path))
        await self.house.store.write(model_choice.use, choice, by="noor", now=MONDAY)

    async def metrics(self):
        async def nothing():
            return None

        page, _ = await Metrics(nothing, FakeHealth(), self.house.clock, self.house.judge.judging).scrape("")
        rows = (line.rpartition(" ") for line in page.decode().splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows}


async def test_the_model_answers_when_it_is_loaded_and_rereads_what_the_rules_did(tmp_path, folder):
    async with open_house(settings(tmp_path, folder), FakeClock(MONDAY)) as house:
        running = Running(house)
        await running.hear(said("m1", "de trein noodgeval kapot", MONDAY, channel=CHANNEL))
        assert (await running.verdicts())["m1"] in {STAND_IN + "rules-1", "tiny-1"}, "nobody waits for a model"
        await until(lambda: house.judge.state == READY)
        while await running.work.reread():
            pass
        assert await running.verdicts() == {"m1": "tiny-1"}
        await running.hear(said("m2", "de app is kapot", MONDAY, by="bram"))
        assert (await running.verdicts())["m2"] == "tiny-1"
        found = await running.metrics()
        assert found['webcare_model_state{state="ready"}'] == 1
        assert (
            found['webcare_model_state{state="failed"}'] == found["webcare_model_trouble"] == found["webcare_classify_queue"] == 0
        )
        assert found['webcare_verdicts_total{model="tiny-1"}'] >= 1
        assert found["webcare_classify_seconds_total"] > 0


async def test_rules_answer_for_a_model_that_does_not_load_and_it_is_tried_again(tmp_path, folder, monkeypatch):
    whole = (folder / "encoder.onnx").read_bytes()
    (folder / "encoder.onnx").write_bytes(b"half")
    async with open_house(settings(tmp_path, folder), FakeClock(MONDAY)) as house:
        running = Running(house)
        await until(lambda: house.judge.state == FAILED)
        await running.hear(said("m1", "Mijn app is kapot, wanneer komt de trein?", MONDAY))
        assert await running.verdicts() == {"m1": STAND_IN + "rules-1"}
        assert await running.cases() == 1
        await running.work.model()
        [state] = await house.store.read(in_trouble, house.clock.machine())
        assert "encoder.onnx" in state.trouble
        assert (await running.metrics())["webcare_model_trouble"] == 1

        (folder / "encoder.onnx").write_bytes(whole)
        await running.work.model()
        assert house.judge.state == FAILED, "not before a quarter of an hour has passed"
        monkeypatch.setattr(house.judge, "_seconds", lambda: running_seconds() + 901)
        await running.work.model()
        await until(lambda: house.judge.state == READY)
        await running.work.model()
        assert await house.store.read(in_trouble, house.clock.machine()) == []
        while await running.work.reread():
            pass
        assert await running.verdicts() == {"m1": "tiny-1"}


async def test_a_choice_is_followed_without_a_restart(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(classifiers, "SHIPPED", "nowhere")
    other = write_model(tmp_path / "other", name="other-2")
    async with open_house(settings(tmp_path, None), FakeClock(MONDAY)) as house:
        running = Running(house)
        await running.use(ModelKind.FOLDER, folder)
        await running.work.model()
        await until(lambda: house.judge.name == "tiny-1")
        await running.use(ModelKind.FOLDER, other)
        await running.work.model()
        await until(lambda: house.judge.name == "other-2")
        await running.use(ModelKind.RULES)
        await running.work.model()
        await until(lambda: house.judge.name == "rules-1")
        await running.hear(said("m1", "Waar blijft mijn pakket?", MONDAY))
        assert await running.verdicts() == {"m1": "rules-1"}


async def test_a_better_model_in_the_same_folder_answers_when_it_is_chosen_again(tmp_path, folder):
    """The letter said that it was chosen, and the old one answered until the next start."""
    async with open_house(settings(tmp_path, None), FakeClock(MONDAY)) as house:
        running = Running(house)
        await running.use(ModelKind.FOLDER, folder)
        await running.work.model()
        await until(lambda: house.judge.name == "tiny-1")
        write_model(folder, name="tiny-2")
        await running.work.model()
        assert house.judge.state == READY, "nobody has said that the files are whole"
        await running.use(ModelKind.FOLDER, folder)
        await running.work.model()
        await until(lambda: house.judge.name == "tiny-2")


async def test_a_daemon_starts_with_what_was_chosen(tmp_path, folder):
    async with open_house(settings(tmp_path, "rules"), FakeClock(MONDAY)) as house:
        await Running(house).use(ModelKind.FOLDER, folder)
        await Running(house).work.model()
        assert house.judge.name == "rules-1", "the settings win"
    async with open_house(settings(tmp_path, None), FakeClock(MONDAY)) as house:
        await until(lambda: house.judge.name == "tiny-1")


async def test_a_new_choice_that_does_not_load_leaves_the_one_before(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(classifiers, "SHIPPED", "nowhere")
    async with open_house(settings(tmp_path, None), FakeClock(MONDAY)) as house:
        running = Running(house)
        await running.use(ModelKind.FOLDER, folder)
        await running.work.model()
        await until(lambda: house.judge.state == READY)
        await running.use(ModelKind.FOLDER, tmp_path / "gone")
        await running.work.model()
        await until(lambda: house.judge.trouble is not None)
        assert house.judge.name == "tiny-1"
        await running.work.model()
        [state] = await house.store.read(in_trouble, house.clock.machine())
        assert (state.model, state.is_stand_in) == ("tiny-1", False)


async def test_after_an_upgrade_with_another_encoder_its_own_heads_answer(tmp_path, folder):
    """What was learned means nothing to another encoder; the word rules would be a step back for everybody."""
    async with open_house(settings(tmp_path, None), FakeClock(MONDAY)) as house:
        heads = (folder / "heads.npz").read_bytes()
        choice = NewChoice(kind=ModelKind.REFIT, change=Change.LEARNED, path=str(folder), base="0" * 64, heads=heads, tuning={})
        await house.store.write(model_choice.use, choice, by="noor", now=MONDAY)
        await Running(house).work.model()
        await until(lambda: house.judge.name == "tiny-1")
        assert house.judge.trouble is None


async def changes_told(house):
    return [one.change for one in await house.store.read(lambda conn: models.notes(conn, MONDAY, MONDAY + timedelta(days=1)))]


async def test_that_what_was_learned_counts_no_more_is_told_once_with_the_next_letter(tmp_path, folder):
    """Only who ran `webcare check` learned that an upgrade had undone what people had taught."""
    heads = {"kind": ModelKind.REFIT, "change": Change.LEARNED, "path": str(folder), "heads": (folder / "heads.npz").read_bytes()}
    clock = FakeClock(MONDAY)
    async with open_house(settings(tmp_path, None), clock) as house:
        fits = NewChoice(**heads, base=read_folder(folder).sha256, tuning={})
        await house.store.write(model_choice.use, fits, by="noor", now=MONDAY)
        await Running(house).work.model()
        assert await changes_told(house) == [Change.LEARNED]
        old = await house.store.write(model_choice.use, NewChoice(**heads, base="0" * 64, tuning={}), by="noor", now=MONDAY)
    for _ in range(2):  # and a restart
        async with open_house(settings(tmp_path, None), clock) as house:
            running = Running(house)
            await running.work.model()
            await running.work.model()
            assert await changes_told(house) == [Change.LEARNED, Change.LEARNED, Change.OUTDATED]
            assert await house.store.read(model_choice.in_force) == old, "it holds: an upgrade may be taken back"


async def test_a_folder_that_comes_back_after_an_upgrade_is_compared_then(tmp_path, folder):
    choice = NewChoice(kind=ModelKind.REFIT, change=Change.LEARNED, path=str(folder), base="0" * 64, heads=b"", tuning={})
    async with open_house(settings(tmp_path, None), FakeClock(MONDAY)) as house:
        running = Running(house)
        await house.store.write(model_choice.use, choice, by="noor", now=MONDAY)
        away = folder.rename(tmp_path / "away")
        await running.work.model()
        assert await changes_told(house) == [Change.LEARNED]
        away.rename(folder)
        await running.work.model()
        assert await changes_told(house) == [Change.LEARNED, Change.OUTDATED]


async def test_of_what_the_config_names_nothing_is_said_to_count_no_more(tmp_path, folder):
    async with open_house(settings(tmp_path, folder), FakeClock(MONDAY)) as house:
        choice = NewChoice(kind=ModelKind.REFIT, change=Change.LEARNED, path=str(folder), base="0" * 64, heads=b"", tuning={})
        await house.store.write(model_choice.use, choice, by="noor", now=MONDAY)
        await Running(house).work.model()
        assert await changes_told(house) == [Change.LEARNED]


def test_a_daemon_loads_no_library_of_the_model_before_it_is_asked_for():
    """The first sweep must not wait for them, nor must a command that classifies by rules pay for them."""
    heavy = "{'numpy', 'onnxruntime', 'tokenizers', 'transformers'}"
    for line in ("import webcare.daemon, sentiment.worker", "import webcare.classifiers as c; c.open_classifier('rules')"):
        program = f"import sys; {line}; print(sorted({heavy} & sys.modules.keys()))"
        found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
        assert found.stdout.strip() == "[]", line


def test_the_libraries_of_the_model_report_nothing_and_leave_nothing_behind(tmp_path, folder):
    """onnxruntime wrote a device id and a queue of reports for its makers into the home of whoever ran it, and sent them."""
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-m", "webcare.cli", "classify", "--model", str(folder)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}  # in CI it is silent by itself
    line = json.dumps({"id": "a", "text": "de app is kapot"})
    told = subprocess.run(command, input=line, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["model"] == "tiny-1"
    assert list(home.rglob("*")) == []


@pytest.mark.slow
def test_the_wheel_carries_the_model_and_the_data_that_it_learns_from(build_backend, tmp_path):
    """Built from a copy of the project with a small model in the place of the shipped one, unpacked, and used without the checkout."""
    tree, site = tmp_path / "tree", tmp_path / "site"
    for name in ("webcare", "connectors", "sentiment", "alembic", "config"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "weights", "data", "fixtures"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tree / name)
    write_model(tree / "sentiment" / classifiers.SHIPPED)
    (tree / "sentiment" / "data").mkdir()
    (tree / "sentiment" / "data" / "test.nl.jsonl").write_text("{}\n")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(build, cwd=tree, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    assert (site / "sentiment" / "data" / "test.nl.jsonl").is_file()
    environment = {name: value for name, value in os.environ.items() if name != "WEBCARE_SENTIMENT__MODEL"}
    command = [sys.executable, "-m", "webcare.cli", "classify"]
    told = subprocess.run(
        command,
        input=json.dumps({"id": "a", "text": "de app is kapot"}),
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (json.loads(told.stdout)["model"], told.stderr) == ("tiny-1", "")
