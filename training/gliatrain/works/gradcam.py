"""Where an image head looked: a Grad-CAM-like map of one score of a network with pooled features (network.Pooled).

Gradient times activation, summed over the channels of the first level, positive part (HiResCAM, Draelos and Carin 2020:
unlike Grad-CAM's mean gradient, Selvaraju 2017, it shows only voxels that the score was computed from). The first level
because every later one is computed from it, at the image's own grid; and because instance norm lets a bright lesion
darken the rest of a coarse level, which then speaks for the lesion too. The service does not run it: an ONNX file holds
no gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .network import Pooled


def cam(pooled: Pooled, score: Callable[[torch.Tensor], torch.Tensor], image: torch.Tensor) -> np.ndarray:
    """image [1, C, Z, Y, X]; score: pooled vector [1, W] -> the one number to explain (for example a class logit).
    Returns float32 [Z, Y, X], 0 to 1; all zero where nothing speaks for the score."""
    levels: list[torch.Tensor] = []
    pooled.eval()

    def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> None:
        output.requires_grad_(True)
        levels.append(output)

    hook = pooled.net.stem.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            value = score(pooled(image)[1]).sum()
            (gradient,) = torch.autograd.grad(value, levels[0])
    finally:
        hook.remove()
    saliency = (gradient * levels[0]).sum(1, keepdim=True).clamp_min(0).detach()
    saliency = saliency[0, 0].numpy()
    return saliency / saliency.max() if saliency.max() > 0 else saliency


def share_inside(map_: np.ndarray, region: np.ndarray) -> float:
    """Share of the map's mass that lies in the region."""
    total = float(map_.sum())
    return float(map_[region].sum()) / total if total else float("nan")
