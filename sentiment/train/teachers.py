"""Several trained models judge better together than each of them alone: their mean answer is what one more is taught beside the labels.

They answer for every head, so a public text that has a label for one of them teaches the others too. And they answer for texts that nobody
labelled and none of them has seen: parts of two of our messages as one (`corpora.mixed`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from sentiment.train import vocabulary
from sentiment.train.batches import batches, tensors, tokenise
from sentiment.train.device import half
from sentiment.train.export import restored
from sentiment.train.network import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from sentiment.train.corpora import Example
    from sentiment.train.network import Network

_TOKENS: Final = 8192  # that are read at a time


def heard(examples: Sequence[Example], folders: Sequence[Path], device: torch.device) -> list[Example]:
    """Return the examples with the mean of what the models in the folders say of them."""
    said = []
    for folder in folders:
        network, words = restored(folder)
        said.append(logits_of(network.to(device), words, examples))
    return [replace(example, heard=tuple(row)) for example, row in zip(examples, np.mean(said, axis=0).tolist(), strict=True)]


def logits_of(network: Network, words: Tokenizer, examples: Sequence[Example]) -> NDArray[np.float32]:
    """Return (examples, OUTPUTS)."""
    network.eval()
    encoded = tokenise(vocabulary.wrap(words), [e.text for e in examples], [e.around for e in examples])
    found = np.zeros((len(examples), OUTPUTS), dtype=np.float32)
    for places in batches(encoded, _TOKENS):
        with torch.inference_mode(), half(network.device):
            found[places] = network(*tensors(encoded, places, network.device)).float().cpu().numpy()
    return found
