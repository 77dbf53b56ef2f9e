"""A folder of safetensors, run by torch: for an operator whose own model has no ONNX export. Needs the `[torch]` extra.

It is found by name only (`sentiment.model.foreign`), when such a folder is to be loaded. Pickled weights are not read: they are programs.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForSequenceClassification
from transformers.utils.logging import disable_progress_bar

from sentiment.model.encoder import IDS, INPUTS, cores
from sentiment.trouble import refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sentiment.model.heads import Matrix


class TorchRunner:
    def __init__(self, network: torch.nn.Module) -> None:
        self._network = network
        known = set(inspect.signature(network.forward).parameters)
        self.inputs = sorted(INPUTS & known) if IDS in known else [IDS]

    def run(self, feeds: Mapping[str, NDArray[np.int64]]) -> Matrix:
        with torch.inference_mode():
            found: Matrix = (
                self._network(**{name: torch.from_numpy(array) for name, array in feeds.items()}).logits.float().numpy()
            )
        return found


def open_safetensors(path: Path, *, threads: int | None = None) -> TorchRunner:
    """Load a text classifier.

    Raises:
        ModelError: it does not load.
    """
    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(threads if threads is not None else max(1, cores() - 1))
    with refused(f"{path} does not load as a text classifier"):
        network = AutoModelForSequenceClassification.from_pretrained(
            path, local_files_only=True, use_safetensors=True, trust_remote_code=False
        )
    return TorchRunner(network.eval())
