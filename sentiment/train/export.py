"""The trained network as what ships: an int8 encoder, the heads' numbers beside it, and a checksum of each file."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from sentiment.train.network import Network

OPSET = 17
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


def seal(folder: Path) -> None:
    """Write the checksum of every file beside them."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
        for path in sorted(folder.iterdir())
        if path.name != "SHA256SUMS" and path.is_file()
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")
