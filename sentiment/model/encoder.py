"""Texts to numbers: cut into tokens, sorted by length, run through ONNX in small batches without padding beyond the longest.

transformers reads the tokenizer; its fast tokenizer underneath does the work, because the call around it costs more than the cutting.
transformers and onnxruntime are imported when an encoder is opened: together they take a second that nobody else should wait for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from sentiment.trouble import ModelError, refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sentiment.model.heads import Matrix

Pair = tuple[str, str]  # the message, and what is known around it

# What goes through the network at a time. On a processor more texts are not faster for their number, and padding is paid in full.
ROWS, ROOM = 8, 160  # texts, tokens with the padding; see README.md, "Measured"
AROUND: Final = 40  # tokens that the surroundings keep
IDS, MASK, TYPES = "input_ids", "attention_mask", "token_type_ids"
INPUTS: Final = frozenset({IDS, MASK, TYPES})


class Runner(Protocol):
    """What runs the network: onnxruntime, or torch for a folder that is not ours."""

    @property
    def inputs(self) -> Collection[str]:
        """Which of INPUTS it reads."""

    def run(self, feeds: Mapping[str, NDArray[np.int64]]) -> Matrix:
        """Return (texts, columns) for inputs of (texts, length)."""


def cores() -> int:
    """Return on how many cores this process may run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class OnnxRunner:
    """One session. By default it leaves a core to the rest of the daemon, and its threads sleep when there is nothing to do."""

    def __init__(self, file: Path, *, threads: int | None = None) -> None:
        import onnxruntime  # noqa: PLC0415 - see above

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads if threads is not None else max(1, cores() - 1)
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what it has to say comes as an exception
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        with refused(f"{file} does not load as an ONNX model"):
            self.session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.inputs = [one.name for one in self.session.get_inputs()]
        strange = set(self.inputs) - INPUTS
        if strange or IDS not in self.inputs:
            raise ModelError(
                f"{file} asks for other inputs than {', '.join(sorted(INPUTS))}: {', '.join(sorted(strange)) or 'no ids'}"
            )
        self._output = [self.session.get_outputs()[0].name]

    def run(self, feeds: Mapping[str, NDArray[np.int64]]) -> Matrix:
        found: Matrix = self.session.run(self._output, dict(feeds))[0]
        return found


class Tokens:
    """Cuts pairs of texts into tokens, and long ones down to `length`: of the message its head and its tail, of the rest its head."""

    def __init__(self, tokenizer: Any, *, length: int) -> None:
        self._backend = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        self._length = length
        self.pad: int = tokenizer.pad_token_id or 0
        self._single, self._pair = _frame(self._backend.encode("a")), _frame(self._backend.encode("a", "b"))

    def cut(self, pairs: Sequence[Pair]) -> list[tuple[list[int], int]]:
        """Return for each pair its token numbers, and where the second text begins: their number where there is none."""
        every = self._backend.encode_batch_fast([text for text, _ in pairs], add_special_tokens=False)
        arounds = {around for _, around in pairs if around}
        known = dict(zip(arounds, self._backend.encode_batch_fast(list(arounds), add_special_tokens=False), strict=True))
        return [
            self._joined(one.ids, known[around].ids if around else None) for one, (_, around) in zip(every, pairs, strict=True)
        ]

    def _joined(self, text: list[int], around: list[int] | None) -> tuple[list[int], int]:
        frame = self._single if around is None else self._pair
        room = self._length - len(frame.before) - len(frame.between) - len(frame.after)
        if around is None:
            found = [*frame.before, *_shortened(text, room), *frame.between]
            return found, len(found)
        around = around[: min(AROUND, room // 2)]
        first = [*frame.before, *_shortened(text, room - len(around)), *frame.between]
        return [*first, *around, *frame.after], len(first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The tokens that a tokenizer sets around two texts: of a single one `between` closes it, and `after` is empty."""

    before: list[int]
    between: list[int]
    after: list[int]


def _frame(probe: Any) -> Frame:
    """Read off a text of known words where the tokenizer sets its own."""
    of, ids = probe.sequence_ids, probe.ids
    firsts, seconds = ([i for i, sequence in enumerate(of) if sequence == wanted] for wanted in (0, 1))
    if not firsts:
        return Frame(before=ids, between=[], after=[])
    if not seconds:
        return Frame(before=ids[: firsts[0]], between=ids[firsts[-1] + 1 :], after=[])
    return Frame(before=ids[: firsts[0]], between=ids[firsts[-1] + 1 : seconds[0]], after=ids[seconds[-1] + 1 :])


def _shortened(ids: list[int], room: int) -> list[int]:
    """Keep two thirds of the room for the head, one for the tail: what somebody wants stands in one of the two."""
    if len(ids) <= room:
        return ids
    tail = room // 3
    return ids[: room - tail] + ids[len(ids) - tail :]


class Encoder:
    """Safe to share between threads: it keeps nothing between two calls."""

    def __init__(self, tokens: Tokens, runner: Runner) -> None:
        self.tokens, self.runner = tokens, runner

    def embed(self, pairs: Sequence[Pair]) -> Matrix:
        """Return (pairs, size), in their order. Pass at least one."""
        cut = self.tokens.cut(pairs)
        order = sorted(range(len(cut)), key=lambda i: len(cut[i][0]))
        parts = [self.runner.run(self.feeds([cut[i] for i in batch])) for batch in batches(order, [len(ids) for ids, _ in cut])]
        found = np.empty((len(pairs), parts[0].shape[1]), dtype=np.float32)
        found[order] = np.concatenate(parts)
        return found

    def feeds(self, cut: Sequence[tuple[list[int], int]]) -> dict[str, NDArray[np.int64]]:
        """Return the arrays of a batch, padded to its longest."""
        longest = max(1, *(len(ids) for ids, _ in cut))
        wanted = self.runner.inputs
        ids = np.full((len(cut), longest), self.tokens.pad, dtype=np.int64)
        mask = np.zeros((len(cut), longest), dtype=np.int64)
        types = np.zeros((len(cut), longest), dtype=np.int64)
        for row, (numbers, second) in enumerate(cut):
            ids[row, : len(numbers)] = numbers
            mask[row, : len(numbers)] = 1
            types[row, second : len(numbers)] = 1
        return {name: array for name, array in ((IDS, ids), (MASK, mask), (TYPES, types)) if name in wanted}


def batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Divide what is sorted by its length, the longest last."""
    found: list[list[int]] = []
    for i in order:
        if not found or len(found[-1]) == ROWS or (len(found[-1]) + 1) * lengths[i] > ROOM:
            found.append([])
        found[-1].append(i)
    return found


def read_tokenizer(file: Path) -> Any:
    """Return the tokenizer of a `tokenizer.json`.

    Raises:
        ModelError: it is none.
    """
    quiet_transformers()
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - see above

    with refused(f"{file} does not load as a tokenizer"):
        return PreTrainedTokenizerFast(tokenizer_file=str(file), pad_token="[PAD]", unk_token="[UNK]")  # type: ignore[no-untyped-call]  # noqa: S106 - no password


def quiet_transformers() -> None:
    """Keep transformers from the network and from advice about torch; what an operator set stays. Before its first import."""
    for name, value in (
        ("HF_HUB_OFFLINE", "1"),
        ("HF_HUB_DISABLE_TELEMETRY", "1"),
        ("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1"),
        ("TOKENIZERS_PARALLELISM", "false"),
    ):
        os.environ.setdefault(name, value)
