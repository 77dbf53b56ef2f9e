"""Names of classifiers -> what loads them: the word rules, the shipped model, a folder of the operator's own, heads fitted anew on it.

Loading takes seconds and libraries of a hundred megabytes, so nothing of `sentiment` is imported before something of it is asked for, and
a daemon asks in the thread that will answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from webcare.domain.model_choice import ModelKind
from webcare.lines import CannotStart
from webcare.services.judge import AlwaysThere, Judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from webcare.domain.model_choice import Choice
    from webcare.ports.classifier import Classifier, Serving

log = structlog.get_logger()

RULES: Final = "rules"
BUILTIN: Final = "builtin"
SHIPPED: Final = "weights"  # the folder within `sentiment`
OURS: Final = "model.json"  # a folder without it holds no model of ours
STALE: Final = "what was learned was learned on another encoder and does not count: run webcare model train"
NO_WEIGHTS: Final = "the shipped model cannot be loaded: no weights in this install"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A classifier that can be loaded; two with one key are the same. What is chosen anew is another: its files may have changed."""

    key: str
    load: Callable[[], Classifier]


def word_rules() -> Classifier:
    rules: Classifier = import_module("sentiment.rules").RuleClassifier()
    return rules


def shipped_folder() -> Path:
    """Return where the shipped model lies, whether it does or not."""
    found = find_spec("sentiment")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    return Path(places[0] if places else ".") / SHIPPED


def is_shipped() -> bool:
    """Tell whether this install has a model at all."""
    return (shipped_folder() / OURS).is_file()


def is_foreign(folder: Path) -> bool:
    """Tell whether a folder is there and holds no model of ours.

    Raises:
        ModelError: it may not be entered.
    """
    with import_module("sentiment.trouble").readable(folder):
        return folder.is_dir() and not (folder / OURS).is_file()


def source_of(model: str | None) -> Source:
    """Return the classifier of a name: `rules`, a folder, `builtin` or None for the shipped model."""
    if model == RULES:
        return Source(key=RULES, load=word_rules)
    model = None if model == BUILTIN else model
    return Source(key=f"folder:{model or SHIPPED}", load=partial(_load, None if model is None else Path(model)))


def chosen(choice: Choice) -> Source:
    """Return the classifier that somebody has chosen."""
    if choice.kind is ModelKind.RULES:
        return source_of(RULES)
    load = partial(_refitted, choice) if choice.kind is ModelKind.REFIT else source_of(choice.path).load
    return Source(key=f"{choice.kind}:{choice.id}", load=load)


def asked_for(model: str | None, choice: Choice | None) -> Source:
    """Return what is to answer: what the settings name, else what somebody chose, else the shipped model."""
    return source_of(model) if model is not None or choice is None else chosen(choice)


def is_stale(choice: Choice | None, encoder: str | None) -> bool:
    """Tell whether a choice was learned on another encoder than that of this sha256: then the own heads of the folder answer."""
    return choice is not None and choice.kind is ModelKind.REFIT and choice.base != encoder


def is_outdated(choice: Choice | None) -> bool:
    """Tell whether what was learned was learned on another encoder than there is now: reads the folder.

    Raises:
        CannotStart: the folder cannot be used.
    """
    if choice is None or choice.kind is not ModelKind.REFIT:
        return False
    try:
        folder = import_module("sentiment.model.folder").read_folder(_folder_of(choice))
    except ImportError as error:
        raise CannotStart(str(_no_library(error))) from None
    except _model_error() as error:
        raise CannotStart(str(error)) from None
    return is_stale(choice, folder.sha256)


def judge_of(model: str | None, choice: Choice | None, seconds: Callable[[], float]) -> Judge:
    """Return who answers in a daemon: the word rules at once, a model as soon as a thread of its own has loaded it."""
    source = asked_for(model, choice)
    if model == RULES:
        return Judge(AlwaysThere(word_rules()), source.key, seconds)
    worker: Serving = import_module("sentiment.worker").Worker(source.load, word_rules())
    return Judge(worker, source.key, seconds)


def open_classifier(model: str | None) -> Classifier:
    """Load a classifier by its name.

    Raises:
        CannotStart: it cannot be loaded.
    """
    return load_source(source_of(model))


def load_source(source: Source) -> Classifier:
    """Load a classifier that answers a plain question, now.

    Raises:
        CannotStart: it cannot be loaded.
    """
    from sentiment.worker import loaded  # noqa: PLC0415 - what only asks for --help loads no classifier

    model, trouble = loaded(source.load)
    if model is None:
        raise CannotStart(trouble or "the model does not load")
    return model


def open_or_rules(named: Source | None) -> tuple[Classifier, str | None]:
    """Load a classifier, and why it is not the shipped model where nobody named one and that cannot be loaded: then the rules answer.

    Raises:
        CannotStart: the one that was named cannot be loaded.
    """
    try:
        return load_source(named or source_of(None)), None
    except CannotStart as error:
        if named is not None:
            raise
        return word_rules(), f"{error}; the word rules answer"


def _load(path: Path | None) -> Classifier:
    """Load a model folder.

    Raises:
        ModelError: it cannot be used.
    """
    if path is None and not is_shipped():
        raise _model_error()(NO_WEIGHTS)
    try:
        if path is not None and is_foreign(path):
            foreign: Classifier = import_module("sentiment.model.foreign").open_foreign(path)
            return foreign
        folder = import_module("sentiment.model.folder").read_folder(path or shipped_folder())
        classifier: Classifier = import_module("sentiment.model.classifier").ModelClassifier(folder)
    except ImportError as error:
        raise _no_library(error) from None
    return classifier


def _refitted(choice: Choice) -> Classifier:
    """Load a model folder under heads that were fitted anew for its encoder.

    After an upgrade the folder may hold another encoder, to which they mean nothing: then its own heads answer until somebody trains again.

    Raises:
        ModelError: it cannot be used.
    """
    try:
        if choice.path is None and not is_shipped():
            raise _model_error()(NO_WEIGHTS)
        folder = import_module("sentiment.model.folder").read_folder(_folder_of(choice))
        of_folder = import_module("sentiment.model.classifier").ModelClassifier
        if is_stale(choice, folder.sha256):
            log.warning("model.learned_on_another_encoder", choice=choice.id, answers=folder.name, do="webcare model train")
            plain: Classifier = of_folder(folder)
            return plain
        read_heads = import_module("sentiment.model.heads").read_heads
        heads = read_heads(choice.heads or b"", choice.tuning or {}, numbers="what was learned", doc="its calibration")
        classifier: Classifier = of_folder(folder, heads, name=f"{folder.name}+{choice.id}")
    except ImportError as error:
        raise _no_library(error) from None
    return classifier


def _folder_of(choice: Choice) -> Path:
    return shipped_folder() if choice.path is None else Path(choice.path)


def _no_library(error: ImportError) -> Exception:
    return _model_error()(f"the model cannot be loaded: the library {error.name or 'that it needs'} is missing")


def _model_error() -> type[Exception]:
    found: type[Exception] = import_module("sentiment.trouble").ModelError
    return found
