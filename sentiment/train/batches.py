"""Texts as tensors: batches of like length, in shapes that recur, since each new shape costs the CPU a plan of its own."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import torch

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerFast

LENGTH: Final = 128
_STEP: Final = 4
_PROCESSOR: Final = torch.device("cpu")


def tokenise(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], around: Sequence[str] | None = None, *, length: int = LENGTH
) -> Any:
    return tokenizer(
        list(texts),
        None if around is None else list(around),
        truncation="longest_first" if around is not None else True,
        max_length=length,
        padding=False,
        return_token_type_ids=True,
    )


def batches(encoded: Any, tokens: int, dice: random.Random | None = None) -> list[list[int]]:
    """Return places by length, each batch with about `tokens` places; shuffled where there are dice."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for place, ids in enumerate(encoded["input_ids"]):
        by_length[-(-len(ids) // _STEP) * _STEP].append(place)
    found = []
    for length, places in sorted(by_length.items()):
        if dice is not None:
            dice.shuffle(places)
        size = max(4, tokens // length // 4 * 4)
        found += [places[at : at + size] for at in range(0, len(places), size)]
    if dice is not None:
        dice.shuffle(found)
    return found


def tensors(
    encoded: Any, places: Sequence[int], device: torch.device = _PROCESSOR
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return ids, mask and types (batch, length)."""
    longest = -(-max(len(encoded["input_ids"][place]) for place in places) // _STEP) * _STEP

    def padded(name: str) -> torch.Tensor:
        rows = [encoded[name][place] + [0] * (longest - len(encoded[name][place])) for place in places]
        return torch.tensor(rows, device=device)

    return padded("input_ids"), padded("attention_mask"), padded("token_type_ids")


def pace(done: float, warm: float) -> float:
    """Return the share of the learning rate after this share of the steps: up in a line, down in half a cosine."""
    if done < warm:
        return done / warm
    return max(0.02, 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * (done - warm) / (1 - warm))))))
