"""The tiny model, written and loaded once."""

from __future__ import annotations

import pytest
import tiny_model

from sentiment.model.classifier import ModelClassifier
from sentiment.model.folder import read_folder


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    return tiny_model.write_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    return ModelClassifier(read_folder(tiny_folder))
