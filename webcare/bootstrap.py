"""Settings -> running parts, spelled out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from webcare.lines import CannotStart

if TYPE_CHECKING:
    from webcare.ports.classifier import Classifier

RULES = "rules"


def open_classifier(model: str | None) -> Classifier:
    """Return the classifier of that name: the word rules, until a model folder can be read.

    Raises:
        CannotStart: there is no such model.
    """
    if model not in (None, RULES):
        raise CannotStart(f"no model in {model}: this version answers with the word rules only (--model rules)")
    classifier: Classifier = import_module("sentiment.rules").RuleClassifier()
    return classifier
