"""`webcare model evaluate`, `train`, `info` and `use`: how good the model is, and which one answers.

Texts are read and masked, and never written: output is made of figures.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from webcare.classifiers import BUILTIN, OURS, RULES, asked_for, load_source, open_classifier, shipped_folder, source_of
from webcare.clock import SystemClock
from webcare.domain.durations import format_instant
from webcare.domain.model_choice import PREVIOUS, Change, ModelKind, NewChoice
from webcare.labelled_lines import read_labelled
from webcare.letters.why import plain
from webcare.line_batches import batches
from webcare.lines import DONE, REFUSED, CannotStart, open_lines, refuse, write
from webcare.model_figures import table
from webcare.open_database import database_of, with_store
from webcare.privacy_commands import operator
from webcare.services import corrections, model_choice
from webcare.settings import load

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from sentiment.evaluation import Judged
    from webcare.domain.model_choice import Choice
    from webcare.labelled_lines import Labelled
    from webcare.model_training import Outcome
    from webcare.ports.classifier import Classifier
    from webcare.settings import Settings
    from webcare.store.door import Store

T = TypeVar("T")
WIDEST: Final = 100


# --- evaluate ---


def evaluate(arguments: Namespace) -> int:
    """Say how good a model is on labelled messages and return the exit status: 1 where a line was refused.

    Raises:
        CannotStart: the model cannot be loaded, the file cannot be read, or it holds no line.
    """
    from sentiment.evaluation import report  # noqa: PLC0415 - numpy

    classifier = open_classifier(arguments.model)
    judged, refused = _judge(arguments.file, classifier)
    if not judged:
        raise CannotStart(f"no labelled message in {arguments.file}")
    found = {"model": classifier.name, "refused": refused, **report(judged)}
    if arguments.json:
        write(found)
    else:
        print("\n".join(table(found)))
    return REFUSED if refused else DONE


def _judge(file: str, classifier: Classifier) -> tuple[list[Judged], int]:
    from sentiment.evaluation import Judged  # noqa: PLC0415 - numpy

    judged: list[Judged] = []
    refused = 0
    with open_lines(file) as stream:
        for batch in batches(stream):
            asked: list[Labelled] = []
            for number, line in batch:
                try:
                    if isinstance(line, ValueError):
                        raise line
                    asked.append(read_labelled(line))
                except ValueError as error:
                    refuse(number, error)
                    refused += 1
            verdicts = classifier.classify([one.request for one in asked]) if asked else []
            judged += [
                Judged(labels=one.labels, verdict=said, language=one.language or said.language, traps=one.traps)
                for one, said in zip(asked, verdicts, strict=True)
            ]
    return judged, refused


# --- train ---


def train(arguments: Namespace) -> int:
    """Learn from what people corrected, and take the result if it is better.

    Raises:
        CannotStart: there is nothing to learn, or the model in force is none that can.
    """
    settings = _settings(arguments)
    named = settings.sentiment.model
    if named is not None and not arguments.dry_run:
        raise CannotStart(f"[sentiment] model in the config names {named}: without that line what is learned can be used")

    async def work(store: Store) -> tuple[Outcome, int | None]:
        choice = await store.read(model_choice.in_force)
        learned = await store.read(corrections.learned)
        outcome = await asyncio.to_thread(_train, named, choice, learned)
        if arguments.dry_run:
            return outcome, None
        kept = await store.write(model_choice.use, outcome.choice, by=operator(), now=SystemClock().now())
        return outcome, kept.id if kept is not None and outcome.is_better else None

    outcome, number = with_store(database_of(arguments.db, settings), work)
    if arguments.json:
        write({"taken": number is not None, "better": outcome.is_better, "choice": number, **outcome.choice.figures})
    else:
        print("\n".join(_told(outcome, number, dry=arguments.dry_run)))
    return DONE


def _train(named: str | None, choice: Choice | None, learned: corrections.Learned) -> Outcome:
    from sentiment.model.classifier import ModelClassifier  # noqa: PLC0415 - numpy
    from webcare.model_training import own_data, train  # noqa: PLC0415 - numpy

    in_force = None if named is not None else choice
    is_old = in_force is not None and in_force.kind is ModelKind.REFIT and not _fits(in_force)
    present = load_source(source_of(in_force.path) if is_old and in_force is not None else asked_for(named, choice))
    if not isinstance(present, ModelClassifier):
        raise CannotStart(f"{present.name} answers, and cannot learn: it has no heads of ours (webcare model use builtin)")
    path = str(present.folder.path) if present.folder.path != shipped_folder() else None
    return train(present, path, learned, own_data(own_folder()), _progress)


def _fits(choice: Choice) -> bool:
    """Tell whether what was learned was learned on the encoder that is there now; after an upgrade one begins anew.

    Raises:
        CannotStart: the folder cannot be used.
    """
    from sentiment.model.folder import read_folder  # noqa: PLC0415 - numpy
    from sentiment.trouble import ModelError  # noqa: PLC0415

    try:
        return read_folder(shipped_folder() if choice.path is None else Path(choice.path)).sha256 == choice.base
    except ModelError as error:
        raise CannotStart(str(error)) from None


def own_folder() -> Path:
    """Return where the project's own data lies, whether this install has it or not."""
    return shipped_folder().parent / "data"


def _progress(text: str) -> None:
    print(f"webcare: {text}", file=sys.stderr, flush=True)


def _told(outcome: Outcome, number: int | None, *, dry: bool) -> Iterator[str]:
    said, before, after = outcome.choice.figures, outcome.before, outcome.after
    yield f"{said['corrections']:.0f} corrections, {said['confirmations']:.0f} confirmations"
    if said["gone"] or said["edited"]:
        yield f"not learned from: {said['gone']:.0f} whose words were erased, {said['edited']:.0f} that were changed since"
    yield f"on {before.rows} messages   before   after"
    yield f"who waits is caught   {before.caught:7.2%}  {after.caught:7.2%}"
    yield f"cost a message        {before.cost:7.3f}  {after.cost:7.3f}   (a missed one costs 20 false alarms)"
    if dry:
        yield "better; nothing was changed" if outcome.is_better else "not better"
    elif number is not None:
        yield f"better: it answers as choice {number}, in the daemon within a minute; webcare model use {PREVIOUS} goes back"
    else:
        yield "not better: the present model stays"


# --- info ---


def info(arguments: Namespace) -> int:
    """Tell which model answers and why, and what was chosen before. Without a database, what comes with webcare."""
    settings = _settings(arguments)
    shown: list[Choice] = []
    choice: Choice | None = None
    if arguments.db or settings.database.url is not None:

        async def work(store: Store) -> tuple[Choice | None, list[Choice]]:
            return await store.read(model_choice.in_force), await store.read(model_choice.history)

        choice, shown = with_store(database_of(arguments.db, settings), work)
    found = _described(settings.sentiment.model, choice)
    if arguments.json:
        write({**found, "choices": [_as_json(one) for one in shown]})
    else:
        print("\n".join(_info(found, choice, shown)))
    return DONE


def _described(named: str | None, choice: Choice | None) -> dict[str, Any]:
    """Return what is in force, and what can be said of it without loading it."""
    in_use = None if named is not None else choice
    kind = in_use.kind.value if in_use is not None else named if named in (RULES, BUILTIN) else "folder" if named else BUILTIN
    why = "config" if named is not None else "chosen" if in_use is not None else "shipped"
    found: dict[str, Any] = {"kind": kind, "why": why, "choice": None if in_use is None else in_use.id}
    if kind == RULES:
        return {**found, "name": source_of(RULES).load().name, "trouble": None}
    path = in_use.path if in_use is not None else named if kind == "folder" else None
    folder = shipped_folder() if path is None else Path(path)
    return {**found, "folder": str(folder), **_folder(folder, in_use)}


def _folder(folder: Path, choice: Choice | None) -> dict[str, Any]:
    """Verify a folder of ours; of another maker's only the name is known before it is loaded."""
    from sentiment.model.folder import read_folder, read_json  # noqa: PLC0415 - numpy
    from sentiment.trouble import ModelError  # noqa: PLC0415

    if folder.is_dir() and not (folder / OURS).is_file():
        return {"name": folder.name, "trouble": None}
    try:
        found = read_folder(folder)
    except ModelError as error:
        return {"name": None, "trouble": str(error)}
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    refit = choice is not None and choice.kind is ModelKind.REFIT
    stale = None
    if refit and choice is not None and choice.base != found.sha256:
        stale = "what was learned was learned on another encoder and does not count: run webcare model train"
    name = f"{found.name}+{choice.id}" if refit and stale is None and choice is not None else found.name
    card = folder / "CARD.md"
    return {
        "name": name,
        "encoder": found.sha256,
        "bytes": size,
        "card": str(card) if card.is_file() else None,
        "figures": None if refit and stale is None else read_json(folder / OURS).get("figures"),
        "trouble": None,
        "stale": stale,
    }


def _info(found: dict[str, Any], choice: Choice | None, shown: list[Choice]) -> Iterator[str]:
    whys = {"config": "the config names it", "chosen": f"choice {found['choice']}", "shipped": "it comes with webcare"}
    yield f"{found['name'] or found['kind']} answers: {whys[found['why']]}"
    if found["trouble"]:
        yield f"it cannot be used: {found['trouble']}; the word rules answer"
    if found.get("stale"):
        yield found["stale"]
    for name in ("folder", "encoder", "card"):
        if found.get(name):
            yield f"  {name:8} {found[name]}"
    if found.get("bytes"):
        yield f"  {'size':8} {found['bytes'] / 1e6:.1f} MB"
    for language, figures in (found.get("figures") or {}).items():
        yield f"  {language:8} {'   '.join(f'{name} {value}' for name, value in figures.items())}"
    if choice is not None and found["choice"] == choice.id and choice.report is not None:
        yield from ("", "when it was taken:", *table({"model": found["name"], **choice.report["after"]}))
    if shown:
        yield from ("", "chosen, the newest first:")
    for one in shown:
        yield f"  {one.id:4}  {one.at:%Y-%m-%d %H:%M}  {_said(one):40}  {plain(one.by, 30)}"


def _said(one: Choice) -> str:
    what = {
        Change.CHOSEN: "{kind}",
        Change.BACK: "back to {kind}",
        Change.LEARNED: "learned from {n} corrections",
        Change.NOT_BETTER: "learned from {n} corrections, not better",
    }[one.change]
    kind = one.kind.value if one.path is None else f"{one.kind.value} {plain(one.path, WIDEST)}"
    return what.format(kind=kind, n=round(one.figures.get("corrections", 0)))


def _as_json(one: Choice) -> dict[str, Any]:
    return {
        "choice": one.id,
        "at": format_instant(one.at),
        "by": one.by,
        "kind": one.kind.value,
        "change": one.change.value,
        "path": one.path,
        "figures": dict(one.figures),
        "report": one.report,
    }


# --- use ---


def use(arguments: Namespace) -> int:
    """Let another model answer, once it is seen to load; the daemon follows within a minute.

    Raises:
        CannotStart: it does not load, or there is none to go back to.
    """
    settings, by, now = _settings(arguments), operator(), SystemClock().now()
    if arguments.model == PREVIOUS:
        choice = with_store(database_of(arguments.db, settings), lambda store: store.write(model_choice.back, by=by, now=now))
        if choice is None:
            raise CannotStart("nobody chose a model here: there is none before it")
    else:
        new = _new(arguments.model)
        choice = with_store(database_of(arguments.db, settings), lambda store: store.write(model_choice.use, new, by=by, now=now))
    if choice is not None:
        print(f"choice {choice.id}: {_said(choice)}")
    if settings.sentiment.model is not None:
        print(f"webcare: the config names {settings.sentiment.model}, which wins over what is chosen here", file=sys.stderr)
    return DONE


def _new(model: str) -> NewChoice:
    """Return a choice of what a name says, once it has been loaded.

    Raises:
        CannotStart: it cannot be.
    """
    path = None if model in (RULES, BUILTIN) else str(Path(model).resolve())
    open_classifier(path or model)
    kind = ModelKind.FOLDER if path is not None else ModelKind(model)
    return NewChoice(kind=kind, change=Change.CHOSEN, path=path)


# --- settings and store ---


def _settings(arguments: Namespace) -> Settings:
    return load(arguments.config)
