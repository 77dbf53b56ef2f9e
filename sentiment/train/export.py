"""The trained network as what ships: an int8 encoder, the heads' numbers beside it, and a checksum of each file."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from tokenizers import Tokenizer
from torch import nn
from transformers import BertConfig, BertModel

from sentiment.train.network import Network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OPSET = 17
HEAD_WIDTH: Final = 32  # numbers of each attention head
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class _Embed(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        return self.network.embed(ids, mask, types)


def export(network: Network, tokenizer: Tokenizer, folder: Path, *, config: dict[str, Any]) -> None:
    """Write encoder, tokenizer, heads and `model.json`; the card and the checksums come last, with `seal`."""
    folder.mkdir(parents=True, exist_ok=True)
    network.eval().float().cpu()
    example = tuple(torch.ones((2, 8), dtype=torch.int64) for _ in INPUTS)
    with tempfile.TemporaryDirectory() as scratch:
        full, prepared = Path(scratch) / "full.onnx", Path(scratch) / "prepared.onnx"
        torch.onnx.export(
            _Embed(network),
            example,
            str(full),
            input_names=list(INPUTS),
            output_names=["embedding"],
            dynamic_axes={name: {0: "batch", 1: "length"} for name in INPUTS} | {"embedding": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
        quant_pre_process(str(full), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(str(prepared), str(folder / "encoder.onnx"), weight_type=QuantType.QInt8, per_channel=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write_heads(folder, network.heads.weight.detach().numpy(), network.heads.bias.detach().numpy())
    (folder / "model.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def write_heads(folder: Path, weights: np.ndarray[Any, Any], bias: np.ndarray[Any, Any]) -> None:
    np.savez(folder / "heads.npz", weights=weights.astype(np.float32), bias=bias.astype(np.float32))


def restored(folder: Path) -> tuple[Network, Tokenizer]:
    """Return the network that `export` wrote into the folder, as exact as int8 is, so that training can go on from it."""
    states = dict(_states(onnx.load(folder / "encoder.onnx").graph))
    words, hidden = states["encoder.embeddings.word_embeddings.weight"].shape
    inner, _ = states["encoder.encoder.layer.0.intermediate.dense.weight"].shape
    config = BertConfig(
        vocab_size=words,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=1 + max(int(name.split(".")[3]) for name in states if ".layer." in name),
        num_attention_heads=hidden // HEAD_WIDTH,
        max_position_embeddings=len(states["encoder.embeddings.position_embeddings.weight"]),
        attn_implementation="eager",  # type: ignore[call-arg]  # the base class takes it
    )
    with np.load(folder / "heads.npz") as heads:
        states |= {"heads.weight": heads["weights"], "heads.bias": heads["bias"]}
    network = Network(BertModel(config, add_pooling_layer=False))
    network.load_state_dict({name: torch.tensor(value) for name, value in states.items()})
    return network, Tokenizer.from_file(str(folder / "tokenizer.json"))


def blended(folders: Sequence[Path]) -> tuple[Network, Tokenizer]:
    """Return the mean of the networks of these folders: of one origin, since only then do their numbers mean the same.

    Raises:
        ValueError: they do not share their words.
    """
    if len({(folder / "tokenizer.json").read_bytes() for folder in folders}) > 1:
        raise ValueError(f"they do not share their words: {', '.join(map(str, folders))}")
    networks, words = zip(*map(restored, folders), strict=True)
    networks[0].load_state_dict(mean_of([one.state_dict() for one in networks]))
    return networks[0], words[0]


def mean_of(states: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return the mean of what several networks hold; what is no fraction is the last one's."""
    return {
        name: torch.stack([one[name] for one in states]).mean(0) if last.is_floating_point() else last
        for name, last in states[-1].items()
    }


def _states(graph: Any) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Yield (name in the network, numbers). What is multiplied with has no name of its own: that of the step it is used in tells."""
    held = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    names = {node.input[1]: node.name for node in graph.node if node.op_type == "MatMulInteger"}
    for name, value in held.items():
        if name.endswith("_quantized"):
            bare = name.removesuffix("_quantized")
            exact = (value.astype(np.float32) - held[f"{bare}_zero_point"]) * held[f"{bare}_scale"]
            if name in names:  # /encoder/layer.0/attention/self/query/MatMul_quant
                yield ".".join(["encoder", *names[name].split("/")[1:-1], "weight"]), exact.T
            else:
                yield bare.removeprefix("network."), exact
        elif name.startswith("network.") and not name.endswith(("_scale", "_zero_point")):
            yield name.removeprefix("network."), value


def seal(folder: Path) -> None:
    """Write the checksum of every file beside them."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(folder.iterdir())
        if path.name != "SHA256SUMS" and path.is_file()
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")
