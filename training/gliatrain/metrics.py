"""Dice, 95th percentile Hausdorff distance (mm) and volume error (ml) on BraTS's regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage as ndi

REGIONS = {"WT": (1, 2, 3), "TC": (1, 3), "ET": (3,)}


def dice(a: np.ndarray, b: np.ndarray) -> float:
    total = int(a.sum()) + int(b.sum())
    return 1.0 if total == 0 else float(2 * np.logical_and(a, b).sum() / total)


def hd95(a: np.ndarray, b: np.ndarray, spacing: Sequence[float]) -> float | None:
    """Symmetric: the larger of the two directed 95th percentiles of surface distances; None if one is empty."""
    if not a.any() or not b.any():
        return None
    box = ndi.find_objects((a | b).astype(np.uint8))[0]
    a, b = np.pad(a[box], 1), np.pad(b[box], 1)
    edge_a, edge_b = a & ~ndi.binary_erosion(a), b & ~ndi.binary_erosion(b)
    to_b = ndi.distance_transform_edt(~edge_b, sampling=spacing)[edge_a]
    to_a = ndi.distance_transform_edt(~edge_a, sampling=spacing)[edge_b]
    return float(max(np.percentile(to_a, 95), np.percentile(to_b, 95)))


def score(
    predicted: np.ndarray,
    truth: np.ndarray,
    spacing: Sequence[float],
    regions: Mapping[str, tuple[int, ...]] = REGIONS,
    distances: bool = True,
) -> dict:
    ml = float(np.prod(spacing)) / 1000
    out = {}
    for name, classes in regions.items():
        p, t = np.isin(predicted, classes), np.isin(truth, classes)
        row: dict[str, float | None] = {
            "dice": round(dice(p, t), 4),
            "truth_ml": round(float(t.sum()) * ml, 2),
            "predicted_ml": round(float(p.sum()) * ml, 2),
        }
        if distances:
            h = hd95(p, t, spacing)
            row["hd95_mm"] = None if h is None else round(h, 2)
        out[name] = row
    return out


def service_means(cases: list[dict]) -> dict:
    """Mean and median Dice by region of the service's own report."""
    dice = {r: [s["dice"] for c in cases for s in c["scores"] if s["region"] == r] for r in ("WT", "TC", "ET")}
    return {r: {"mean": round(float(np.mean(v)), 4), "median": round(float(np.median(v)), 4), "n": len(v)} for r, v in dice.items()}
