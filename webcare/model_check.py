"""What `webcare check` says of the model: whether it loads and reads, and how good it is in each language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from webcare.classifiers import RULES, STALE, asked_for, is_stale, load_source
from webcare.domain.model_choice import ModelKind
from webcare.ports.classifier import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from webcare.domain.model_choice import Choice
    from webcare.ports.classifier import Classifier

LANGUAGES: Final = ("nl", "en")
SAMPLES: Final = {
    "nl": "Mijn bestelling is er nog steeds niet, waar blijft die?",
    "en": "My order still is not here, where is it?",
}
FIGURES: Final = {"recall": "{:.0%} of who waits found", "caught": "{:.1%} with please check", "unsure": "{:.0%} please check"}


def tried(model: str | None, choice: Choice | None) -> str:
    """Load the model that a daemon would load, let it read, and return what is to be said of it.

    Raises:
        CannotStart: it cannot be loaded.
    """
    source = asked_for(model, choice)
    classifier = load_source(source)
    if source.key == RULES:
        return f"{classifier.name}: the word rules, no model"
    read = classifier.classify([Request(id=language, text=text) for language, text in SAMPLES.items()])
    missed = [language for language, verdict in zip(SAMPLES, read, strict=True) if not (verdict.needs_response or verdict.unsure)]
    said = [f"{classifier.name} loads and reads"]
    said += [f"it takes a plain question in {language} for no question" for language in missed]
    learned = None if model is not None else choice
    if is_stale(learned, getattr(getattr(classifier, "folder", None), "sha256", None)):
        said.append(STALE)
        learned = None
    return "; ".join([*said, *_figures(classifier, learned)])


def _figures(classifier: Classifier, choice: Choice | None) -> Iterator[str]:
    """Yield a phrase a language: what was measured when it was made or learned, else where its decisions begin."""
    measured = _measured(classifier, choice)
    limits = getattr(getattr(classifier, "heads", None), "thresholds", {})
    for language in LANGUAGES:
        if language in measured:
            known = {name: measured[language].get(name) for name in FIGURES}
            yield f"{language}: {', '.join(FIGURES[name].format(value) for name, value in known.items() if value is not None)}"
        elif language in limits:
            yield f"{language}: a case from {limits[language].needs:.2f}, please check from {limits[language].unsure_from:.2f}"


def _measured(classifier: Classifier, choice: Choice | None) -> Mapping[str, Mapping[str, float | None]]:
    """Return figures of `needs_response` by language: of what was learned, else those beside the model."""
    if choice is not None and choice.report is not None:
        languages: Mapping[str, Any] = choice.report["after"]["languages"]
        return {language: found["needs_response"] for language, found in languages.items()}
    if choice is not None and choice.kind is ModelKind.REFIT:  # gone back to: its figures stand with the choice that made it
        return {}
    folder: Path | None = getattr(getattr(classifier, "folder", None), "path", None)
    if folder is None:
        return {}
    found = json.loads((folder / "model.json").read_text(encoding="utf-8")).get("figures")
    return {name: one for name, one in found.items() if isinstance(one, dict)} if isinstance(found, dict) else {}
