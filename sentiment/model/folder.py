"""A model folder: read, verified against its checksums, and kept as a value. README.md says what lies in it.

A folder that was copied by half, edited by hand or written by a later version is refused with a sentence that names the file: a model
that answers nonsense is worse than the word rules.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sentiment.model.heads import Heads, read_heads
from sentiment.trouble import ModelError, readable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ENCODER", "Folder", "ModelError", "read_folder"]

FORMAT: Final = 1
ENCODER, TOKENIZER, HEADS, MODEL, SUMS = "encoder.onnx", "tokenizer.json", "heads.npz", "model.json", "SHA256SUMS"
LONGEST_NAME: Final = 80  # the column of a verdict's model takes 100, with what learning and standing in add
_SHORTEST: Final = 8  # tokens: less than this holds no sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """`sha256` is of the encoder: heads that were fitted on one encoder mean nothing on another."""

    path: Path
    name: str
    length: int
    heads: Heads
    sha256: str

    @property
    def encoder(self) -> Path:
        return self.path / ENCODER

    @property
    def tokenizer(self) -> Path:
        return self.path / TOKENIZER


def read_folder(path: Path) -> Folder:
    """Read and verify a model folder.

    Raises:
        ModelError: it is damaged, not whole, or of another format.
    """
    with readable(path):
        is_there = path.is_dir()
    if not is_there:
        raise ModelError(f"there is no model folder {path}")
    sums = _verified(path)
    doc = _model(path)
    try:
        heads = read_heads(_bytes(path / HEADS), doc)
    except ModelError as error:
        raise ModelError(f"the model folder {path} cannot be used: {error}") from None
    return Folder(path=path, name=doc["name"], length=doc["length"], heads=heads, sha256=sums[ENCODER])


def _verified(path: Path) -> dict[str, str]:
    """Return the checksums by file name, after every file was held against its own."""
    sums = {}
    for line in _text(path / SUMS).splitlines():
        digest, _, name = line.partition(" ")
        name = name.lstrip(" *")
        if not name or "/" in name or "\\" in name:
            raise ModelError(f"the model folder {path} is damaged: {SUMS} holds a line that is no checksum")
        sums[name] = digest.lower()
    for name in (ENCODER, TOKENIZER, HEADS, MODEL):
        if name not in sums:
            raise ModelError(f"the model folder {path} is not whole: {SUMS} does not name {name}")
    for name, digest in sums.items():
        try:
            with (path / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise ModelError(f"the model folder {path} is not whole: {name} is missing or cannot be read") from None
        if found != digest:
            raise ModelError(f"the model folder {path} is damaged: {name} is not what {SUMS} says")
    return sums


def _model(path: Path) -> dict[str, Any]:
    doc = read_json(path / MODEL)
    if doc.get("format") != FORMAT:
        raise ModelError(f"{path / MODEL} is of format {doc.get('format')!r}; this version reads format {FORMAT}")
    if not isinstance(doc.get("name"), str) or not is_name(doc["name"]):
        raise ModelError(f"{path / MODEL} does not name its model (`name`, at most {LONGEST_NAME} printable signs)")
    if not isinstance(doc.get("length"), int) or doc["length"] < _SHORTEST:
        raise ModelError(f"{path / MODEL} does not say how many tokens its model reads (`length`)")
    return doc


def is_name(name: str) -> bool:
    """Tell whether a name can stand in every verdict, with what learning and standing in add to it."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable()


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ModelError: it is none.
    """
    try:
        doc = json.loads(_text(file))
    except ValueError:
        raise ModelError(f"{file} is not JSON") from None
    if not isinstance(doc, dict):
        raise ModelError(f"{file} does not hold a JSON object")
    return doc


def _text(file: Path) -> str:
    try:
        return _bytes(file).decode()
    except UnicodeDecodeError:
        raise ModelError(f"{file} is not a text") from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise ModelError(f"{file} is missing or cannot be read") from None
