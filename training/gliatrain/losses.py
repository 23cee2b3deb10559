"""Dice + cross-entropy with partial labels.

Where the class of a tumour voxel is unknown (label 4: a mask of the whole tumour only), the likelihood is
that of the union, -log(p1 + p2 + p3) (partial-label / marginal loss, Fang and Yan 2020; Shi 2021).
Soft Dice (Milletari 2016) runs on BraTS's nested regions WT, TC, ET and on ED; unknown voxels are left out of TC, ET.
"""
from __future__ import annotations

import torch
import torch.nn.functional as F

UNKNOWN = 4


def segmentation_loss(logits: torch.Tensor, label: torch.Tensor, smooth: float = 10.0) -> torch.Tensor:
    """logits [N, 4, Z, Y, X]; label int64 [N, Z, Y, X] in 0..4."""
    logp = F.log_softmax(logits.float(), dim=1)
    unknown = label == UNKNOWN
    exact = logp.gather(1, label.clamp(max=3).unsqueeze(1)).squeeze(1)
    union = torch.logsumexp(logp[:, 1:], dim=1)
    nll = -torch.where(unknown, union, exact)
    p = logp.exp()
    known = (~unknown).float()
    loss = nll.mean()
    regions = ((p[:, 1:].sum(1), label > 0, None), (p[:, 1] + p[:, 3], (label == 1) | (label == 3), known),
               (p[:, 3], label == 3, known), (p[:, 2], label == 2, known))
    for prob, truth, mask in regions:
        truth = truth.float()
        if mask is not None:
            prob, truth = prob * mask, truth * mask
        inter = (prob * truth).sum()
        loss = loss + (1 - (2 * inter + smooth) / (prob.sum() + truth.sum() + smooth)) / len(regions)
    return loss


def deep_loss(outputs: list[torch.Tensor], label: torch.Tensor) -> torch.Tensor:
    """Full, half and quarter resolution, weights 1, 1/2, 1/4 (normalised); labels subsampled."""
    total, weight = 0.0, 0.0
    for level, out in enumerate(outputs):
        step = 2 ** level
        total = total + segmentation_loss(out, label[:, ::step, ::step, ::step]) / step
        weight += 1 / step
    return total / weight
