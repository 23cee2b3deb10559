"""Checkpoints on disk: the one place that writes them, and the one that reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


def save(path: Path, state: dict[str, Any]) -> None:
    """Atomic, so that an interruption leaves the last complete checkpoint."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def load(path: Path | str, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Tensors and plain values only: a checkpoint from elsewhere must not be able to run code (pickle would let it)."""
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location=device)
    return state
