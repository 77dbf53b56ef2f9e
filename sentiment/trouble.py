"""What a model that cannot be used says. It stands apart from the model: who only asks for it loads neither numpy nor onnxruntime."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ModelError(Exception):
    """A model cannot be used; the text is one sentence for the operator, naming the file."""


@contextmanager
def refused(sentence: str) -> Iterator[None]:
    """Turn whatever a library raises into a ModelError; its own words stay behind, they may hold what was read.

    Raises:
        ModelError: anything was raised.
    """
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # noqa: BLE001 - onnxruntime's and the tokenizers' errors share no other parent
        raise ModelError(f"{sentence} ({type(error).__name__})") from None


@contextmanager
def readable(folder: Path) -> Iterator[None]:
    """Turn what the system refuses while a model folder is opened into a ModelError.

    Raises:
        ModelError: the folder may not be entered, or cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise ModelError(f"cannot read the model folder {folder}: {error.strerror or type(error).__name__}") from None
