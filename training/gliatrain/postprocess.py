"""From probabilities to the label map on the source grid, as the service does it.

Arrays [Z, Y, X]; volumes in millilitres. Order: linear interpolation of the averaged probabilities to the source
grid, decision ("tumour-first"), components, small enhancement, no finding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage as ndi

from .preprocess import resample

SETTINGS = {"connectivity": 26, "decision": "tumour-first", "min_component_ml": 0.5, "enhancing_min_ml": 0.05, "no_finding_below_ml": 0.5}


def clean(label: np.ndarray, voxel_ml: float, settings: dict = SETTINGS) -> np.ndarray:
    """Removes whole-tumour components (26 neighbours) below min_component_ml; relabels enhancement whose total is
    below enhancing_min_ml as necrotic core; clears the map when the whole tumour is below no_finding_below_ml."""
    out = label.copy()
    parts, n = ndi.label(out > 0, structure=np.ones((3, 3, 3)))
    if n:
        size = np.bincount(parts.ravel()) * voxel_ml
        out[(size < settings["min_component_ml"])[parts]] = 0
    if (out == 3).sum() * voxel_ml < settings["enhancing_min_ml"]:
        out[out == 3] = 1
    if (out > 0).sum() * voxel_ml < settings["no_finding_below_ml"]:
        out[:] = 0
    return out


def decide(prob: np.ndarray) -> np.ndarray:
    """Probabilities [background, NCR, ED, ET, anatomy...] -> labels: tumour where NCR + ED + ET > 1/2, then the class
    that leads among them; anatomy is no tumour."""
    return np.where(prob[1:4].sum(0) > 0.5, 1 + prob[1:4].argmax(0), 0).astype(np.uint8)


def to_source(prob: np.ndarray, shape: Sequence[int], first: Sequence[float], step: Sequence[float]) -> np.ndarray:
    """Probabilities [K, Z, Y, X] on the 2 mm grid -> labels on the source grid; source voxel i of an axis lies at
    grid index first + step * i. Outside the grid: background."""
    return decide(np.stack([resample(p, shape, first, step) for p in prob[:4]]))
