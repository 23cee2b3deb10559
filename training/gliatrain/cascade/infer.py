"""The cascade's inference as the service does it, on the 1 mm grid: views of each stage averaged, boxes from the stage before.

Volumes are [Z, Y, X] or [C, Z, Y, X], axes to S, P, L.
"""

from __future__ import annotations

from typing import Callable, Mapping

import numpy as np
from scipy import ndimage as ndi

from .network import CONTEXT
from .patches import VIEWS, bounds

BOX_MARGIN = 5
"""Voxels (mm) around what a stage found, for the next."""
CUBE = np.ones((3, 3, 3), bool)
CROSS = ndi.generate_binary_structure(3, 2)
MIN_COMPONENT = 500
"""Voxels (mm^3) of the whole tumour below which a component is dropped."""
MIN_ENHANCING = 50
ViewNetwork = Callable[[np.ndarray], np.ndarray]
"""float32 [D + 2 * CONTEXT, 4, H, W], H and W multiples of 4 -> probability of the target [D, H, W]."""


def run_view(network: ViewNetwork, image: np.ndarray, view: str, slab: int = 64) -> np.ndarray:
    """Probability [Z, Y, X] of one view over a box [4, Z, Y, X]: zeros around it, in slabs of `slab` slices."""
    order = VIEWS[view]
    x = image.transpose(1 + order[0], 0, 1 + order[1], 1 + order[2])
    d, _, h, w = x.shape
    x = np.pad(x, [(CONTEXT, CONTEXT), (0, 0), (0, -h % 4), (0, -w % 4)])
    parts = [network(np.ascontiguousarray(x[a : min(a + slab, d) + 2 * CONTEXT])) for a in range(0, d, slab)]
    return np.concatenate(parts)[:, :h, :w].transpose(np.argsort(order))


def run_stage(networks: Mapping[str, ViewNetwork], image: np.ndarray, box: tuple[slice, ...]) -> dict[str, np.ndarray]:
    """Each view's probability over the whole volume, 0 outside the box."""
    out = {}
    for view, network in networks.items():
        p = np.zeros(image.shape[1:], np.float32)
        p[box] = run_view(network, image[(slice(None), *box)], view)
        out[view] = p
    return out


def mean(views: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.mean(list(views.values()), axis=0)


def box_of(mask: np.ndarray) -> tuple[slice, ...]:
    low, high = bounds(mask, np.full(3, BOX_MARGIN))
    return tuple(slice(a, b) for a, b in zip(low, high))


def large(mask: np.ndarray, least: int) -> np.ndarray:
    """Components (26 neighbours) of at least `least` voxels, after a closing; the largest one always stays."""
    parts, n = ndi.label(ndi.binary_closing(mask, CROSS), CUBE)
    if n == 0:
        return np.zeros_like(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return (sizes >= min(least, sizes.max()))[parts]


def cascade(image: np.ndarray, brain: np.ndarray, networks: Mapping[str, Mapping[str, ViewNetwork]]) -> dict[str, np.ndarray]:
    """Mean probabilities of "whole", "core" and "enhancing"; `image` is normalised and 0 outside `brain`. A stage without a box is 0."""
    zero = np.zeros(image.shape[1:], np.float32)
    out = {"whole": zero, "core": zero, "enhancing": zero}
    found = brain
    for stage in out:
        if not found.any():
            break
        out[stage] = mean(run_stage(networks[stage], image, box_of(found))) * brain
        found = large(out[stage] > 0.5, MIN_COMPONENT if stage == "whole" else 1)
    return out


def labels(p: Mapping[str, np.ndarray]) -> np.ndarray:
    """0 none, 1 NCR, 2 ED, 3 ET: nested regions, small parts dropped."""
    core = p["core"] > 0.5
    whole = (p["whole"] > 0.5) | core
    parts, n = ndi.label(whole, CUBE)
    whole = (np.bincount(parts.ravel(), minlength=n + 1) >= MIN_COMPONENT)[parts] & whole
    core &= whole
    enhancing = core & (p["enhancing"] > 0.5)
    if enhancing.sum() < MIN_ENHANCING:
        enhancing[:] = False
    return np.where(enhancing, 3, np.where(core, 1, np.where(whole, 2, 0))).astype(np.uint8)
