"""The tiny model, written and loaded once."""

from __future__ import annotations

import pytest
import tiny_model

from sentiment.model.classifier import ModelClassifier
from sentiment.model.folder import read_folder


class Skip:
    """Why these may be skipped, all of it."""

    NO_TORCH = "torch is not there: make test-torch runs this"


@pytest.fixture(scope="session")
def torch():
    """What trains, and runs safetensors: in no environment of the lock file."""
    return pytest.importorskip("torch", reason=Skip.NO_TORCH)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    return tiny_model.write_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    return ModelClassifier(read_folder(tiny_folder))
