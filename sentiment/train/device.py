"""Where training runs: the GPU where there is one, else the processor. Whatever is written or averaged comes back to the processor."""

from __future__ import annotations

import torch


def chosen(name: str | None = None) -> torch.device:
    """Return the device of that name, or without a name the best there is.

    Raises:
        ValueError: a GPU was asked for, and there is none that torch can use.
    """
    gpu = torch.cuda.is_available()
    if name == "cuda" and not gpu:
        raise ValueError("there is no GPU that torch can use: leave --device out, or say cpu")
    return torch.device(name or ("cuda" if gpu else "cpu"))


def half(device: torch.device) -> torch.autocast:
    """Return the block in which this device computes with half the digits, which is fast and enough for a network's sums."""
    return torch.autocast(device.type, torch.bfloat16)
