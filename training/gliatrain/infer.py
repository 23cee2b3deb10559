"""Sliding-window inference as the service does it (MONAI's SlidingWindowInferer, mode gaussian).

`predict` maps float32 [1, 4, Z, Y, X] to logits [1, members * K, Z, Y, X] (a torch model or an ONNX session).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

ROI = (48, 48, 48)
OVERLAP = 0.25
SIGMA_SCALE = 0.125
FLIPS = ((), ("x",))


def importance(roi: Sequence[int]) -> np.ndarray:
    """Separable Gaussian, sigma = 0.125 * roi per axis, centred at (n - 1) / 2, with a floor of 1e-3 of the peak."""
    axes = [np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (SIGMA_SCALE * n)) ** 2) for n in roi]
    w = axes[0][:, None, None] * axes[1][None, :, None] * axes[2][None, None, :]
    return np.maximum(w / w.max(), 1e-3).astype(np.float32)


def starts(n: int, roi: int, overlap: float) -> list[int]:
    """Window starts: step int(roi * (1 - overlap)), the last one flush with the end."""
    if n <= roi:
        return [0]
    step = max(1, int(roi * (1 - overlap)))
    count = int(np.ceil((n - roi) / step)) + 1
    return [min(i * step, n - roi) for i in range(count)]


def pad_to(image: np.ndarray, roi: Sequence[int]) -> tuple[np.ndarray, list[int]]:
    """Symmetric padding (the smaller half first) up to roi with each channel's minimum."""
    before = [max(0, r - n) // 2 for r, n in zip(roi, image.shape[1:], strict=True)]
    shape = [max(r, n) for r, n in zip(roi, image.shape[1:], strict=True)]
    out = np.empty((image.shape[0], *shape), np.float32)
    out[:] = image.min(axis=(1, 2, 3))[:, None, None, None]
    out[(slice(None), *(slice(b, b + n) for b, n in zip(before, image.shape[1:], strict=True)))] = image
    return out, before


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


def sliding_window(
    image: np.ndarray, predict: Callable, roi: Sequence[int] = ROI, overlap: float = OVERLAP, members: int = 1
) -> np.ndarray:
    """Normalised [4, Z, Y, X] -> class probabilities [K, Z, Y, X], the mean over `members`."""
    padded, before = pad_to(image, roi)
    shape = padded.shape[1:]
    weight, total = importance(roi), np.zeros(shape, np.float32)
    out = np.zeros(0, np.float32)
    for z in starts(shape[0], roi[0], overlap):
        for y in starts(shape[1], roi[1], overlap):
            for x in starts(shape[2], roi[2], overlap):
                box = (slice(z, z + roi[0]), slice(y, y + roi[1]), slice(x, x + roi[2]))
                logits = predict(np.ascontiguousarray(padded[(slice(None), *box)])[None])[0]
                p = np.sum([softmax(part) for part in np.split(logits, members)], axis=0) / members
                out = out if out.size else np.zeros((p.shape[0], *shape), np.float32)
                out[(slice(None), *box)] += p * weight
                total[box] += weight
    out /= total
    return out[(slice(None), *(slice(b, b + n) for b, n in zip(before, image.shape[1:], strict=True)))]


def probabilities(
    image: np.ndarray,
    predict: Callable,
    roi: Sequence[int] = ROI,
    overlap: float = OVERLAP,
    flips: Sequence[Sequence[str]] = FLIPS,
    members: int = 1,
) -> np.ndarray:
    """Mean over test-time flips ("x" is left-right)."""
    axis = {"z": 1, "y": 2, "x": 3}

    def flipped(flip: Sequence[str]) -> np.ndarray:
        axes = tuple(axis[a] for a in flip)
        return np.flip(sliding_window(np.flip(image, axes), predict, roi, overlap, members), axes)

    total = flipped(flips[0])
    for flip in flips[1:]:
        total = total + flipped(flip)
    return total / len(flips)
