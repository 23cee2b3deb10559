"""Procedural heads: nested noisy ellipsoids (scalp, skull, CSF, grey, white, ventricles) and a tumour of
necrotic core, enhancing rim and oedema. No patient data; also used by the tests. 2 mm grid, [Z, Y, X],
LPS; intensities in arbitrary units with white matter about 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage as ndi

from .data import Case
from .synthetic_heads import texture as field

# tissue: value in T1, T1c, T2, FLAIR
MEANS = {
    "fat": (1.8, 1.8, 1.3, 1.2),
    "muscle": (0.7, 0.8, 0.45, 0.5),
    "bone": (0.1, 0.1, 0.1, 0.1),
    "csf": (0.3, 0.3, 2.2, 0.25),
    "grey": (0.75, 0.8, 1.2, 1.1),
    "white": (1.0, 1.02, 0.85, 0.9),
    "NCR": (0.5, 0.5, 1.8, 1.0),
    "ED": (0.68, 0.7, 1.7, 1.8),
    "ET": (0.75, 1.9, 1.4, 1.5),
}


def radius(shape: Sequence[int], centre: Sequence[float], axes: Sequence[float]) -> np.ndarray:
    """Normalised ellipsoid radius: 1 on the surface."""
    z, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    return np.sqrt(((z - centre[0]) / axes[0]) ** 2 + ((y - centre[1]) / axes[1]) ** 2 + ((x - centre[2]) / axes[2]) ** 2).astype(
        np.float32
    )


def procedural_phantom(rng: np.random.Generator, tumour: bool = True, shape: Sequence[int] = (84, 100, 84), skull: bool = True) -> Case:
    """Sizes in voxels of 2 mm; head about 160 x 190 x 165 mm."""
    centre = [n / 2 + rng.uniform(-3, 3) for n in shape]
    head = [n * rng.uniform(0.43, 0.48) for n in shape]
    r = radius(shape, centre, head) + rng.uniform(0, 0.012) * field(shape, 10, rng)
    mm = 2.0 / np.mean([h * 2 for h in head]) * 1.0  # one mm in units of r, roughly
    scalp, skull_mm, csf_mm = rng.uniform(4, 9), rng.uniform(5, 9), rng.uniform(1, 4)
    edges = np.cumsum([scalp, skull_mm, csf_mm]) * mm
    tissue = np.full(shape, -1, np.int8)
    names = list(MEANS)
    index = {n: i for i, n in enumerate(names)}
    tissue[r < 1] = index["fat"]
    tissue[r < 1 - scalp * mm * rng.uniform(0.3, 0.8)] = index["muscle"]
    tissue[r < 1 - edges[0]] = index["bone"]
    tissue[r < 1 - edges[1]] = index["csf"]
    inner = 1 - edges[2]
    brain = r < inner
    tissue[brain] = index["grey"]
    folds = rng.uniform(0.02, 0.08) * field(shape, 4, rng) if rng.random() < 0.7 else 0
    tissue[r + folds < inner - rng.uniform(2, 4.5) * mm] = index["white"]
    for side in (-1, 1):
        at = [centre[0] + rng.uniform(0, 4), centre[1] + rng.uniform(-4, 4), centre[2] + side * rng.uniform(4, 8)]
        vent = radius(shape, at, [rng.uniform(4, 9), rng.uniform(9, 18), rng.uniform(2, 5)]) < 1
        tissue[vent & brain] = index["csf"]
    label = np.zeros(shape, np.uint8)
    if tumour:
        place_tumour(tissue, label, brain, centre, head, rng, index)
    image = np.zeros((4, *shape), np.float32)
    jitter = rng.uniform(0.85, 1.15, (len(names), 4))
    flat_tumour = rng.random() < 0.5
    for k in range(4):
        means = np.array([MEANS[n][k] for n in names]) * jitter[:, k]
        value = np.append(means, 0.0)[tissue]
        value = value * (1 + rng.uniform(0, 0.08) * field(shape, 3, rng))
        if not flat_tumour:
            value = np.where(label > 0, value * (1 + 0.12 * field(shape, 5, rng)), value)
        value = ndi.gaussian_filter(value.astype(np.float32), rng.uniform(0.2, 0.8))
        value *= np.exp(rng.uniform(0, 0.2) * field(shape, 50, rng))
        if not skull:
            value = np.where(brain, value, 0)
        sd = rng.uniform(0.01, 0.06)
        noise = np.float32(sd) * rng.standard_normal((2, *shape), dtype=np.float32)
        image[k] = np.hypot(value + noise[0], noise[1]) if skull else np.maximum(value + noise[0] * brain, 0)
    return Case("procedural", image, label, brain, has_skull=skull)


def place_tumour(
    tissue: np.ndarray,
    label: np.ndarray,
    brain: np.ndarray,
    centre: Sequence[float],
    head: Sequence[float],
    rng: np.random.Generator,
    index: dict[str, int],
) -> None:
    """Writes NCR inside ET inside ED, with wobbly outlines, into `tissue` and `label`."""
    shape = label.shape
    for _ in range(30):
        at = [c + rng.uniform(-0.55, 0.55) * h for c, h in zip(centre, head, strict=True)]
        if brain[tuple(int(np.clip(a, 0, n - 1)) for a, n in zip(at, shape, strict=True))]:
            break
    size = rng.uniform(3.5, 17)
    r = radius(shape, at, [size * rng.uniform(0.75, 1.3) for _ in range(3)])
    r = r * (1 + rng.uniform(0, 0.18) * field(shape, 7, rng)) if rng.random() < 0.75 else r
    core = rng.uniform(0.35, 0.75)
    kind = rng.random()
    zones = [("ED", 1.0, 2)]
    if kind < 0.75:
        zones += [("ET", core, 3), ("NCR", core * rng.uniform(0.4, 0.9), 1)]
    elif kind < 0.85:
        zones += [("ET", core, 3)]
    elif kind < 0.95:
        zones += [("NCR", core, 1)]
    for name, edge, value in zones:
        where = (r < edge) & brain
        tissue[where] = index[name]
        label[where] = value
