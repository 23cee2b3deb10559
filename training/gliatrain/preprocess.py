"""The part of preprocessing that the service runs as well; keep it small, since TypeScript mirrors it exactly.

Volumes are float32 arrays [Z, Y, X] (or [C, Z, Y, X]); X grows to the patient's Left, Y to Posterior,
Z to Superior (LPS); spacings are millimetres in the same Z, Y, X order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.ndimage import correlate1d

THRESHOLD_FRACTION_OF_P99 = 0.1
CLIP_PERCENTILES = (0.5, 99.5)
CLIP = (-5.0, 5.0)
SPACING_MM = 2.0


def gaussian_kernel(sigma: float) -> np.ndarray:
    """Sampled Gaussian, radius ceil(3 sigma), normalised to sum 1."""
    radius = math.ceil(3.0 * sigma)
    x = np.arange(-radius, radius + 1, dtype=np.float64)
    k = np.exp(-0.5 * (x / sigma) ** 2)
    return k / k.sum()


def prefilter(volume: np.ndarray, source_mm: Sequence[float] | np.ndarray, target_mm: Sequence[float] | np.ndarray) -> np.ndarray:
    """Gaussian against aliasing, per axis where the target is coarser than the source:
    sigma (source voxels) = 0.5 * sqrt((target/source)^2 - 1). Beyond the border the edge repeats."""
    out = volume.astype(np.float32)
    for axis in range(3):
        ratio = target_mm[axis] / source_mm[axis]
        sigma = 0.5 * math.sqrt(max(0.0, ratio * ratio - 1.0))
        if sigma > 0:
            out = correlate1d(out, gaussian_kernel(sigma), axis=axis, mode="nearest")
    return out


def sample_axis(n_out: int, first: float, step: float, n_in: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Linear interpolation along one axis at source indices first + step * i.
    Returns (lower index, upper index, weight of the upper, inside flag)."""
    at = first + step * np.arange(n_out)
    inside = (at >= 0) & (at <= n_in - 1)
    at = np.clip(at, 0, n_in - 1)
    low = np.minimum(np.floor(at).astype(np.int64), max(n_in - 2, 0))
    high = np.minimum(low + 1, n_in - 1)
    return low, high, (at - low).astype(np.float32), inside


def resample(volume: np.ndarray, shape: Sequence[int], first: Sequence[float], step: Sequence[float]) -> np.ndarray:
    """Separable linear interpolation of [Z, Y, X] onto `shape`; output voxel i of an axis lies at
    source index first + step * i (centres). Points outside the source's outermost centres are 0."""
    out = volume.astype(np.float32)
    for axis in range(3):
        low, high, w, inside = sample_axis(shape[axis], first[axis], step[axis], out.shape[axis])
        view = [1, 1, 1]
        view[axis] = -1
        w = w.reshape(view)
        out = np.take(out, low, axis) * (1 - w) + np.take(out, high, axis) * w
        out = out * inside.reshape(view)
    return out.astype(np.float32)


def to_grid(
    volume: np.ndarray, source_mm: Sequence[float] | np.ndarray, target_mm: Sequence[float] | np.ndarray = (SPACING_MM,) * 3
) -> np.ndarray:
    """Prefilter and resample an axis-aligned volume onto the isotropic grid that covers the same box (edges aligned:
    output centre i lies at source index ratio * (i + 0.5) - 0.5)."""
    ratio = [t / s for s, t in zip(source_mm, target_mm, strict=True)]
    shape = [max(1, round(n / r)) for n, r in zip(volume.shape, ratio, strict=True)]
    first = [r * 0.5 - 0.5 for r in ratio]
    return resample(prefilter(volume, source_mm, target_mm), shape, first, ratio)


def normalise(volume: np.ndarray) -> np.ndarray:
    """ "foreground-zscore" of one channel on the 2 mm grid.

    threshold = 0.1 * P99 (of voxels > 0); foreground = voxels > threshold; lo, hi = P0.5, P99.5 of the
    foreground; mean, population std of the clipped foreground; then every voxel, background included:
    clip((clip(v, lo, hi) - mean) / std, -5, 5). Percentiles are numpy's linear interpolation."""
    v = volume.astype(np.float32)
    positive = v[v > 0]
    if positive.size == 0:
        raise ValueError("no positive voxel")
    threshold = THRESHOLD_FRACTION_OF_P99 * np.percentile(positive, 99)
    foreground = v[v > threshold].astype(np.float64)
    lo, hi = np.percentile(foreground, CLIP_PERCENTILES)
    clipped = np.clip(foreground, lo, hi)
    mean, std = clipped.mean(), clipped.std()
    if std < 1e-6:
        raise ValueError("constant foreground")
    return np.clip((np.clip(v, lo, hi) - mean) / std, *CLIP).astype(np.float32)


def normalise_channels(image: np.ndarray) -> np.ndarray:
    """[C, Z, Y, X]; an all-zero (missing) channel stays all zero."""
    return np.stack([normalise(c) if np.any(c > 0) else np.zeros_like(c, np.float32) for c in image])
