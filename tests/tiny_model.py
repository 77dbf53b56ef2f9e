"""A model small enough to be written in a test, and real: an ONNX graph, a WordPiece tokenizer, heads, checksums.

Each word of its vocabulary says outright what it adds to which output; the graph adds up the words of the message, and of what stands
around it only the markers. POISON is a word that its network cannot look up, so that onnxruntime raises.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from sentiment.encoding import SPECIAL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SIZE = 24
OUTPUTS = (
    "negative",
    "neutral",
    "positive",
    "question",
    "complaint",
    "praise",
    "courtesy",
    "needs",
    "urgency",
    "nl",
    "en",
    "other",
)
BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
POISON = "ontplof"
WORDS: dict[str, dict[str, float]] = {
    "wanneer": {"question": 8, "needs": 8, "nl": 3},
    "kapot": {"complaint": 8, "needs": 8, "negative": 4, "nl": 3},
    "broken": {"complaint": 8, "needs": 8, "negative": 4, "en": 3},
    "bedankt": {"courtesy": 8, "positive": 1, "nl": 3},
    "fijne": {"praise": 8, "positive": 4, "nl": 3},
    "misschien": {"needs": 3.6, "nl": 3},  # -4 + 3.6: between the two cost thresholds
    "maybe": {"needs": 3.6, "en": 3},
    "waarom": {"question": 8, "nl": 3},  # a question that needs no answer
    "noodgeval": {"urgency": 8, "nl": 3},
    "rustig": {"complaint": -3, "nl": 3},
    "bitte": {"other": 3},
    "danke": {"other": 3},
    "sehr": {"other": 3},
    "the": {"en": 3},
    "app": {},
    "is": {},
    "de": {"nl": 3},
    "trein": {"nl": 3},
}
AFTER_US = {"[brand]": {"courtesy": 5.0}}  # what somebody says after our answer closes
CALIBRATION = {
    "sentiment": {"und": {"scale": [1.0], "shift": [0.0, 1.0, 0.0]}},
    **{
        head: {"und": {"scale": [1.0], "shift": [0.0]}}
        for head in ("question", "complaint", "praise", "courtesy", "needs", "urgency")
    },
    "language": {"und": {"scale": [1.0]}},
}
LIMITS = {
    "needs": 0.5,
    "unsure_from": 0.2,
    "unsure_to": 0.8,
    "question": 0.5,
    "complaint": 0.5,
    "praise": 0.5,
    "courtesy": 0.5,
    "urgency": 0.5,
}
THRESHOLDS = {"und": LIMITS, "nl": LIMITS, "en": LIMITS | {"needs": 0.3, "unsure_to": 0.35}}


def vocabulary() -> list[str]:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?()'"
    return [*BERT, *SPECIAL, *WORDS, *letters, *(f"##{letter}" for letter in letters), POISON]


def tokenizer() -> Tokenizer:
    numbers = {word: i for i, word in enumerate(vocabulary())}
    found = Tokenizer(WordPiece(vocab=numbers, unk_token="[UNK]", max_input_chars_per_word=60))  # noqa: S106 - no password
    found.normalizer = BertNormalizer(lowercase=True, strip_accents=True, clean_text=True, handle_chinese_chars=True)
    found.pre_tokenizer = BertPreTokenizer()
    found.add_special_tokens([*BERT, *SPECIAL])
    found.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])],
    )
    return found


def _table(size: int, columns: tuple[str, ...]) -> np.ndarray:
    """Return what each word but POISON adds: the columns of the message first, those of its surroundings behind them."""
    words = vocabulary()[:-1]
    table = np.zeros((len(words), size), dtype=np.float32)
    for row, word in enumerate(words):
        for column, value in WORDS.get(word, {}).items():
            if column in columns:
                table[row, columns.index(column)] = value
        for column, value in AFTER_US.get(word, {}).items():
            if size > len(columns):
                table[row, len(columns) + columns.index(column)] = value
    return table


def graph(size: int, columns: tuple[str, ...], output: str, *, types: bool = True) -> bytes:
    """Return an ONNX model that sums the rows of its words; where a word has type 1, only what stands behind `columns`."""
    by_type = np.ones((2, size), dtype=np.float32)
    by_type[1, : len(columns)] = 0
    by_type[0, len(columns) :] = 0
    tables = {"table": _table(size, columns)} | ({"by_type": by_type} if types else {})
    summed = "typed" if types else "words"
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        *([helper.make_node("Gather", ["by_type", "token_type_ids"], ["kinds"])] if types else []),
        *([helper.make_node("Mul", ["words", "kinds"], ["typed"])] if types else []),
        helper.make_node("Cast", ["attention_mask"], ["seen"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["seen", "last"], ["column"]),
        helper.make_node("Mul", [summed, "column"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "middle"], [output], keepdims=0),
    ]
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if types else [])]
    made = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in names],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", size])],
        [
            *(numpy_helper.from_array(array, name) for name, array in tables.items()),
            numpy_helper.from_array(np.array([-1], dtype=np.int64), "last"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "middle"),
        ],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def write_model(folder: Path, *, name: str = "tiny-1", length: int = 32, **changes: Any) -> Path:
    """Write a model folder of ours; `changes` replace keys of model.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "encoder.onnx").write_bytes(graph(SIZE, OUTPUTS, "embedding"))
    tokenizer().save(str(folder / "tokenizer.json"))
    weights = np.concatenate([np.eye(len(OUTPUTS)), np.eye(len(OUTPUTS))], axis=1).astype(np.float32)
    bias = np.array([0, 1, 0, *[-4] * 6, 0, 0, 0], dtype=np.float32)
    np.savez(folder / "heads.npz", weights=weights, bias=bias)
    doc = {"format": 1, "name": name, "length": length, "calibration": CALIBRATION, "thresholds": THRESHOLDS} | changes
    (folder / "model.json").write_text(json.dumps(doc))
    (folder / "CARD.md").write_text("# tiny\n")
    return seal(folder)


def seal(folder: Path) -> Path:
    """Write the checksums anew."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(sums))
    return folder


FOREIGN = ("negative", "positive", "complaint")


def write_foreign(folder: Path, labels: dict[str, Any] | None, *, multi_label: Any = True, names: Sequence[str] = ()) -> Path:
    """Write what `optimum-cli export onnx` leaves of a text classifier, and our file beside it unless `labels` is None.

    Its labels are called `names`, or LABEL_0 and so on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph(len(FOREIGN), FOREIGN, "logits", types=False))
    tokenizer().save(str(folder / "tokenizer.json"))
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", **special}))
    called = names or [f"LABEL_{i}" for i in range(len(FOREIGN))]
    config = {"model_type": "bert", "id2label": {str(i): name for i, name in enumerate(called)}}
    (folder / "config.json").write_text(json.dumps(config))
    if labels is not None:
        (folder / "webcare.json").write_text(json.dumps({"labels": labels, "multi_label": multi_label}))
    return folder
