"""Dice + cross-entropy with partial labels.

Each voxel's label allows a set of classes; the likelihood is that of the union of the set (partial-label /
marginal loss, Fang and Yan 2020; Shi 2021). Soft Dice (Milletari 2016) runs on BraTS's nested regions WT, TC, ET, on ED
and on the brain, each over the voxels where the label decides it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

BACKGROUND, NCR, ED, ET, TUMOUR, BRAIN, NOT_TUMOUR = range(7)
"""Labels: TUMOUR is a tumour of unknown class; BRAIN has no tumour; NOT_TUMOUR may be brain or background."""
ALLOWED = torch.tensor(
    [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 1]],
    dtype=torch.float32,
)


def regions(p: torch.Tensor, label: torch.Tensor) -> tuple[tuple[torch.Tensor, torch.Tensor, torch.Tensor | None], ...]:
    """(probability, truth, where it is known) of each Dice term."""
    tumour = (label >= NCR) & (label <= TUMOUR)
    subregions_known = label != TUMOUR
    return (
        (p[:, 1:4].sum(1), tumour, None),
        (p[:, 1] + p[:, 3], (label == NCR) | (label == ET), subregions_known),
        (p[:, 3], label == ET, subregions_known),
        (p[:, 2], label == ED, subregions_known),
        (1 - p[:, 0], label != BACKGROUND, label != NOT_TUMOUR),
    )


def segmentation_loss(logits: torch.Tensor, label: torch.Tensor, smooth: float = 10.0) -> torch.Tensor:
    """logits [N, 5, Z, Y, X] (network.CLASSES); label int64 [N, Z, Y, X] in 0..6."""
    p = F.softmax(logits.float(), dim=1)
    allowed = ALLOWED.to(p.device)[label].movedim(-1, 1)
    loss = -(p * allowed).sum(1).clamp_min(1e-7).log().mean()
    parts = regions(p, label)
    for prob, truth, where in parts:
        counted = 1 if where is None else where
        predicted, true = prob * counted, truth.float() * counted
        overlap = (predicted * true).sum()
        loss = loss + (1 - (2 * overlap + smooth) / (predicted.sum() + true.sum() + smooth)) / len(parts)
    return loss


def deep_loss(outputs: list[torch.Tensor], label: torch.Tensor) -> torch.Tensor:
    """Full, half and quarter resolution, weights 1, 1/2, 1/4 (normalised); labels subsampled."""
    total, weight = 0.0, 0.0
    for level, out in enumerate(outputs):
        step = 2**level
        total = total + segmentation_loss(out, label[:, ::step, ::step, ::step]) / step
        weight += 1 / step
    return total / weight
