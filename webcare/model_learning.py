"""`webcare model train`: learn from what people corrected, and let the result answer if it is better.

Texts are read and masked, and never written: output is made of figures.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from webcare.classifiers import asked_for, is_outdated, load_source, shipped_folder, source_of
from webcare.clock import SystemClock
from webcare.discovery import connectors
from webcare.domain.model_choice import PREVIOUS
from webcare.letters.why import plain
from webcare.lines import DONE, CannotStart, write
from webcare.model_figures import compared, named
from webcare.open_database import database_of, room_for, with_store
from webcare.privacy_commands import operator
from webcare.services import corrections, model_choice
from webcare.settings import load
from webcare.settings.accounts import accounts, languages_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from pathlib import Path

    from webcare.domain.model_choice import Choice
    from webcare.model_training import Outcome
    from webcare.settings import Settings
    from webcare.store.door import Store


def train(arguments: Namespace) -> int:
    """Learn from what people corrected, and take the result if it is better.

    Raises:
        CannotStart: nothing to learn, a model in force that cannot, no room for what is learned, or another model chosen meanwhile.
    """
    settings = load(arguments.config)
    model = settings.sentiment.model
    if model is not None and not arguments.dry_run:
        raise CannotStart(f"[sentiment] model in the config names {model}: without that line what is learned can be used")
    url, languages = database_of(arguments.db, settings), _languages(settings)

    choice, learned = with_store(url, _begin(languages, dry=arguments.dry_run))
    with nullcontext() if arguments.dry_run else room_for(url):  # minutes lie between this and what is kept
        outcome = _train(model, choice, learned)  # outside of the event loop: Ctrl-C ends it at once
    number = None if arguments.dry_run else with_store(url, lambda store: _keep(store, outcome, choice))
    if arguments.json:
        decision = outcome.decision
        said = {"taken": number is not None, "better": outcome.is_better, "choice": number, **outcome.choice.figures}
        write({**said, "decided": {"better": list(decision.better), "worse": list(decision.worse)}})
    else:
        print("\n".join(_told(outcome, number, dry=arguments.dry_run)))
    return DONE


def _begin(languages: Mapping[str, str], *, dry: bool) -> Callable[[Store], Awaitable[tuple[Choice | None, corrections.Learned]]]:
    """Return what reads the model in force and what people corrected, and sees that what comes of them can be kept."""

    async def read(store: Store) -> tuple[Choice | None, corrections.Learned]:
        if not dry:
            await store.write(model_choice.try_out)
        return await store.read(model_choice.in_force), await store.read(corrections.learned, languages)

    return read


def _languages(settings: Settings) -> Mapping[str, str]:
    """Return the languages of the channels: the model is asked as triage asks it."""
    specs = {found.name: found.spec for found in connectors() if found.spec is not None}
    return languages_of(accounts(settings, specs))


async def _keep(store: Store, outcome: Outcome, present: Choice | None) -> int | None:
    """Keep what came of it, and return the number under which it answers; None where it does not.

    Raises:
        CannotStart: another was chosen meanwhile: what was learned was compared with one that answers no more.
    """
    seen, now = None if present is None else present.id, SystemClock().now()
    try:
        kept = await store.write(model_choice.replace_seen, outcome.choice, seen=seen, by=operator(), now=now)
    except model_choice.Overtaken as found:
        raise CannotStart(
            f"{plain(found.choice.by, 30)} chose another model meanwhile (choice {found.choice.id}): that one stays, and nothing of "
            "this training was kept; run webcare model train again"
        ) from None
    return kept.id if kept is not None and outcome.is_better else None


def _train(model: str | None, choice: Choice | None, learned: corrections.Learned) -> Outcome:
    from sentiment.model.classifier import ModelClassifier  # noqa: PLC0415 - numpy
    from webcare.model_training import own_data, train  # noqa: PLC0415 - numpy

    source = asked_for(model, choice)
    if model is None and choice is not None and is_outdated(choice):
        source = source_of(choice.path)  # one begins anew
    present = load_source(source)
    if not isinstance(present, ModelClassifier):
        raise CannotStart(f"{present.name} answers, and cannot learn: it has no heads of ours (webcare model use builtin)")
    path = str(present.folder.path) if present.folder.path != shipped_folder() else None
    return train(present, path, learned, own_data(own_folder()), _progress)


def own_folder() -> Path:
    """Return where the project's own data lies, whether this install has it or not."""
    return shipped_folder().parent / "data"


def _progress(text: str) -> None:
    print(f"webcare: {text}", file=sys.stderr, flush=True)


def _told(outcome: Outcome, number: int | None, *, dry: bool) -> Iterator[str]:
    said, decision = outcome.choice.figures, outcome.decision
    yield f"{said['corrections']:.0f} corrections, {said['confirmations']:.0f} confirmations"
    if said["gone"] or said["edited"]:
        yield f"not learned from: {said['gone']:.0f} whose words were erased, {said['edited']:.0f} that were changed since"
    if decision.ours:
        yield from ("", *compared(f"on {outcome.ours} messages of ours", decision.ours))
    yield from ("", *compared(f"on the {outcome.newest} newest of people", decision.newest), "")
    if decision.is_taken:
        which = f"better, by {', '.join(named(one) for one in decision.better)}"
        how = f"it answers as choice {number}, in the daemon within a minute; webcare model use {PREVIOUS} goes back"
        yield f"{which}: {how}" if not dry else f"{which}; nothing was changed"
        return
    worse = (
        f"worse by {', '.join(named(one) for one in decision.worse)}" if decision.worse else "nothing that people corrected is"
    )
    yield f"not better ({worse})" + ("" if dry else ": the present model stays")
