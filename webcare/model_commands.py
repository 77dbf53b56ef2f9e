"""`webcare model evaluate`, `info` and `use`: how good the model is, and which one answers.

Texts are read and masked, and never written: output is made of figures.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from webcare import logs
from webcare.classifiers import (
    BUILTIN,
    OURS,
    RULES,
    STALE,
    asked_for,
    is_foreign,
    is_stale,
    load_source,
    open_classifier,
    shipped_folder,
    source_of,
)
from webcare.classify_lines import FAILS, one_by_one
from webcare.clock import SystemClock
from webcare.domain.durations import format_instant
from webcare.domain.model_choice import PREVIOUS, Change, ModelKind, NewChoice
from webcare.labelled_lines import read_labelled
from webcare.letters.why import plain
from webcare.line_batches import batches
from webcare.lines import DONE, REFUSED, CannotStart, open_lines, refuse, write
from webcare.model_figures import table
from webcare.named_model import named_model
from webcare.open_database import database_of, with_store
from webcare.privacy_commands import operator
from webcare.services import model_choice
from webcare.settings import load

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from datetime import datetime

    from sentiment.evaluation import Judged
    from webcare.domain.model_choice import Choice
    from webcare.labelled_lines import Labelled
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

    classifier = load_source(named_model(arguments.model, arguments.config, arguments.db) or source_of(None))
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
            asked: list[tuple[int, Labelled]] = []
            for number, line in batch:
                try:
                    if isinstance(line, ValueError):
                        raise line
                    asked.append((number, read_labelled(line)))
                except ValueError as error:
                    refuse(number, error)
                    refused += 1
            for (number, one), said in zip(asked, one_by_one(classifier, [one.request for _, one in asked]), strict=True):
                if said is None:
                    refuse(number, ValueError(FAILS))
                    refused += 1
                else:
                    language = one.language or said.language
                    judged.append(Judged(labels=one.labels, verdict=said, language=language, traps=one.traps))
    return judged, refused


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

    try:
        if is_foreign(folder):
            return {"name": folder.name, "trouble": None}
        found = read_folder(folder)
    except ModelError as error:
        return {"name": None, "trouble": str(error)}
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    refit = choice is not None and choice.kind is ModelKind.REFIT
    stale = STALE if is_stale(choice, found.sha256) else None
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
    if choice is not None and found["choice"] == choice.id and choice.report is not None and not found.get("stale"):
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
        Change.OUTDATED: "{n} corrections count no more",
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
        choice = with_store(database_of(arguments.db, settings), lambda store: _back(store, by, now))
    else:
        new = _new(arguments.model)
        choice = with_store(database_of(arguments.db, settings), lambda store: store.write(model_choice.use, new, by=by, now=now))
    if choice is not None:
        print(f"choice {choice.id}: {_said(choice)}")
    if settings.sentiment.model is not None:
        print(f"webcare: the config names {settings.sentiment.model}, which wins over what is chosen here", file=sys.stderr)
    return DONE


async def _back(store: Store, by: str, now: datetime) -> Choice | None:
    """Let the model answer again that did before, once it has been loaded: its folder may be gone.

    Raises:
        CannotStart: there is none, or it cannot be loaded; what answers stays.
    """
    if await store.read(model_choice.newest) is None:
        raise CannotStart("nobody chose a model here: there is none before it")
    before = await store.read(model_choice.before)
    logs.configure("text")  # that it was learned on another encoder is said on standard error
    try:
        await asyncio.to_thread(load_source, asked_for(None, before))
    except CannotStart as error:
        what = "the shipped model" if before is None else f"choice {before.id} ({_said(before)})"
        raise CannotStart(f"{what} cannot answer again: {error}; the present one stays") from None
    return await store.write(model_choice.back, before, by=by, now=now)


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
