"""The encoder with its heads, in torch: what training sees. What serves sees only the exported encoder and the heads' numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import BertModel

HEADS: Final = {
    "sentiment": 3,
    "question": 1,
    "complaint": 1,
    "praise": 1,
    "courtesy": 1,
    "needs": 1,
    "urgency": 1,
    "language": 3,
}
SPANS: Final = {
    name: (sum(list(HEADS.values())[:i]), sum(list(HEADS.values())[: i + 1])) for i, name in enumerate(HEADS)
}  # of the columns of the logits
OUTPUTS: Final = sum(HEADS.values())
DROP: Final = 28  # of 256: 0.11


class Drop(nn.Module):
    """Dropout by one random byte a number: torch draws a whole number for each, a sixth of all time on a processor."""

    p: Final = 0.0  # attention asks for this and drops by itself: nothing

    def __init__(self, bytes_of_256: int) -> None:
        super().__init__()
        self.below = bytes_of_256

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return states
        words = torch.empty(-(-states.numel() // 8), dtype=torch.int64, device=states.device)
        kept = words.random_(-(2**63), None).view(torch.uint8)[: states.numel()].view(states.shape) >= self.below
        return states * kept.to(states.dtype).mul_(256 / (256 - self.below))


class Network(nn.Module):
    """The encoder with a row of numbers a head. What its layers say is dropped out in training, and what they attend to is not."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder
        for part in tuple(encoder.modules()):
            for name, child in part.named_children():
                if isinstance(child, nn.Dropout):
                    setattr(part, name, Drop(DROP))
        self.drop = Drop(DROP)
        self.heads = nn.Linear(2 * encoder.config.hidden_size, OUTPUTS)

    @property
    def device(self) -> torch.device:
        return self.heads.weight.device

    def embed(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """Return (batch, 2 * hidden): the first token beside the mean of all."""
        states = states_of(self.encoder, ids, mask, types)
        weights = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1)
        return torch.cat((states[:, 0], mean), dim=1)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """Return (batch, OUTPUTS) logits."""
        embedded: torch.Tensor = self.heads(self.drop(self.embed(ids, mask, types).float()))
        return embedded


def states_of(encoder: BertModel, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor | None = None) -> torch.Tensor:
    """Return (batch, length, hidden). The mask is made here, since the model's own way of making it does not survive export."""
    words = encoder.embeddings(input_ids=ids, token_type_ids=types)
    closed = (1.0 - mask[:, None, None, :].to(words.dtype)) * -10_000.0
    states: torch.Tensor = encoder.encoder(words, attention_mask=closed).last_hidden_state
    return states


class MaskedWords(nn.Module):
    """Guesses hidden words: how the encoder comes to know a language before it is taught labels."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder
        size = encoder.config.hidden_size
        self.transform = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """Return (hidden words, vocabulary) logits for the places where `hidden` (batch, length) is true."""
        states = states_of(self.encoder, ids, mask)[hidden]
        words = self.encoder.embeddings.word_embeddings.weight
        logits: torch.Tensor = self.transform(states) @ words.T + self.bias
        return logits
