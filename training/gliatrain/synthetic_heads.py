"""Puts a synthetic head around a skull-stripped brain.

The head is the unstripped MNI152 T1 average (Fonov 2011), fitted to the brain's bounding box with random
scale and shift. Outside the brain its T1 intensity is turned into each sequence by a random tissue curve
(dark bone and air, mid muscle, bright fat) with a texture; the gap between brain and skull becomes CSF.
Intensities are in units of the brain's mean. Arrays [Z, Y, X] on the 2 mm grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage as ndi

from .data import Case, Lesion, crop_box, read_lps
from .losses import ET, NCR
from .preprocess import to_grid

# Per sequence (T1, T1c, T2, FLAIR): ranges of the value of muscle, marrow or fat, and CSF (brain mean = 1).
TISSUE = (
    {"muscle": (0.5, 0.95), "fat": (1.2, 2.8), "csf": (0.15, 0.5)},
    {"muscle": (0.6, 1.2), "fat": (1.1, 2.6), "csf": (0.2, 0.7)},
    {"muscle": (0.25, 0.6), "fat": (0.8, 2.2), "csf": (1.6, 2.8)},
    {"muscle": (0.3, 0.7), "fat": (0.8, 2.4), "csf": (0.1, 0.5)},
)


class Atlas:
    """T1 head at 2 mm (1 = brain mean) and its brain mask and box."""

    def __init__(self, folder: Path) -> None:
        path = next(p for p in sorted(folder.iterdir()) if p.name.endswith((".nii", ".nii.gz")))
        volume, spacing = read_lps(path)
        head = to_grid(volume, spacing)
        core = ndi.binary_erosion(head > 0.45 * np.percentile(head[head > 0], 95), iterations=4)
        parts, _ = ndi.label(core)
        middle = tuple(n // 2 for n in head.shape)
        near = ndi.distance_transform_edt(parts == 0, return_indices=True)[1][(slice(None), *middle)]
        brain = ndi.binary_dilation(parts == parts[tuple(near)], iterations=5)
        self.brain = ndi.binary_fill_holes(ndi.binary_closing(brain, iterations=3))
        self.head = head / head[self.brain].mean()
        self.box = crop_box(self.brain, 0)


def texture(shape: Sequence[int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth Gaussian random field, zero mean, unit deviation, `scale` in voxels."""
    coarse = rng.standard_normal([max(2, int(n / scale) + 1) for n in shape], dtype=np.float32)
    out = F.interpolate(torch.from_numpy(coarse)[None, None], size=tuple(shape), mode="trilinear")[0, 0]
    return ((out - out.mean()) / (out.std() + 1e-6)).numpy()


@dataclass(frozen=True)
class Canvas:
    """A case on a larger grid: `origin` of its brain's box there, `size` of that box, all in voxels (Z, Y, X)."""

    case: Case
    origin: tuple[int, ...]
    size: tuple[int, ...]


def canvas(case: Case, rng: np.random.Generator) -> Canvas:
    """The case on a larger grid with room for scalp, face and neck (z: 14 to 33 below, 13 above; y: 17 and 16; x: 14)."""
    box = crop_box(case.brain, 0)
    grow = ((int(rng.integers(14, 34)), 13), (17, 16), (14, 14))
    image = np.pad(case.image[(slice(None), *box)], ((0, 0), *grow))
    label, brain = np.pad(case.label[box], grow), np.pad(case.brain[box], grow)
    z, y, x = (at + b.start - before for at, b, (before, _) in zip(case.start, box, grow, strict=True))
    larger = replace(case, image=image, label=label, brain=brain, start=(z, y, x))
    return Canvas(larger, tuple(before for before, _ in grow), tuple(b.stop - b.start for b in box))


def add_head(case: Case, atlas: Atlas, rng: np.random.Generator) -> Case:
    """Skull-stripped case -> the same brain in a head, on a larger grid."""
    drawn = canvas(case, rng)
    c, origin, size = drawn.case, drawn.origin, drawn.size
    shape = c.label.shape
    scale, offset = [], []
    for axis in range(3):
        b = atlas.box[axis]
        s = (b.stop - b.start) / size[axis] * rng.uniform(0.93, 1.03)
        centre = (b.start + b.stop) / 2 + rng.uniform(-1.5, 1.5)
        scale.append(s)
        offset.append(centre - s * (origin[axis] + size[axis] / 2))
    shear = np.diag(scale) + rng.normal(0, 0.015, (3, 3))
    middle = np.array([o + n / 2 for o, n in zip(origin, size, strict=True)])
    offset = np.array(offset) + (np.diag(scale) - shear) @ middle
    t1 = ndi.affine_transform(atlas.head, shear, offset, shape, order=1)
    inner = ndi.affine_transform(atlas.brain.astype(np.float32), shear, offset, shape, order=1) > 0.5
    t1 = np.clip(t1 * (1 + 0.25 * texture(shape, 3, rng) + 0.15 * texture(shape, 8, rng)), 0, None)
    far = ndi.distance_transform_edt(~c.brain)
    gap = ((inner & (far < rng.uniform(2, 5))) | (far < rng.uniform(0, 2))) & ~c.brain
    soft = ndi.gaussian_filter(c.brain.astype(np.float32), 0.6)
    soft[c.brain] = 1
    image = np.empty_like(c.image)
    for k in range(4):
        tissue = {name: rng.uniform(*span) for name, span in TISSUE[k].items()}
        knots = np.array([0.0, 0.15, 0.5, 0.9, 1.3, 2.0]) * rng.uniform(0.85, 1.15)
        darker, brighter = sorted((tissue["muscle"], tissue["fat"]))
        values = [
            0.0,
            rng.uniform(0.03, 0.15),
            tissue["muscle"],
            rng.uniform(darker, brighter),
            tissue["fat"],
            tissue["fat"] * rng.uniform(1.0, 1.3),
        ]
        outside = np.interp(t1, knots, values).astype(np.float32)
        outside[gap] = tissue["csf"] * (1 + 0.15 * rng.standard_normal(int(gap.sum())))
        if k == 1 and rng.random() < 0.6:  # enhancing dura and vessels
            vessels = gap & (texture(shape, 4, rng) > rng.uniform(1.0, 2.0))
            outside[vessels] = rng.uniform(1.3, 2.6)
        image[k] = soft * c.image[k] + (1 - soft) * outside if rng.random() < 0.5 else np.where(c.brain, c.image[k], outside)
    noise = rng.uniform(0.005, 0.04)
    image += np.float32(noise) * rng.standard_normal(image.shape, dtype=np.float32)
    return replace(c, image=np.abs(image), has_skull=True)


def mirror_out_tumour(case: Case) -> Case:
    """Tumour replaced by the other hemisphere (flip in X about the brain's middle) where that side is healthy;
    the rest keeps its label. The result is tumour-free tissue, in which a network must mark nothing and into which lesions can be
    implanted."""
    box = crop_box(case.brain, 0)
    lo, hi = box[2].start, box[2].stop
    image, label = case.image.copy(), case.label.copy()
    flip = np.arange(label.shape[2])
    flip[lo:hi] = np.arange(hi - 1, lo - 1, -1)
    sick = ndi.binary_dilation(label > 0, iterations=3)
    other = sick[:, :, flip]
    use = sick & ~other & case.brain[:, :, flip] & case.brain
    alpha = ndi.gaussian_filter(use.astype(np.float32), 1.0)
    image = image * (1 - alpha) + image[..., flip] * alpha
    label[use] = 0
    return replace(case, image=image, label=label)


def without_enhancement(case: Case) -> Case:
    """The same tumour as if nothing in it took up contrast: T1c as T1 there, enhancing tissue labelled core, as BraTS
    labels a core that does not enhance. Cases without a T1, a T1c or known classes stay as they are."""
    t1, t1c = case.image[:2]
    enhancing = case.label == ET
    if not (t1.any() and t1c.any() and enhancing.any()):
        return case
    alpha = ndi.gaussian_filter(ndi.binary_dilation(enhancing).astype(np.float32), 0.6)
    image = case.image.copy()
    image[1] = t1c * (1 - alpha) + t1 * alpha
    return replace(case, image=image, label=np.where(enhancing, np.uint8(NCR), case.label))


def implant(case: Case, cube: Lesion, rng: np.random.Generator) -> Case | None:
    """A real lesion (cube in z-scores of its own brain), 0.8 to 1.5 times its size, blended into the brain of `case` with
    a soft edge, one in four as faint as a diffuse tumour can be; cut-and-mix of lesions as CarveMix (Zhang 2021). Missing
    channels stay missing. None if no place is found."""
    factor = rng.uniform(0.8, 1.5)
    cimg = ndi.zoom(cube.image.astype(np.float32), (1, factor, factor, factor), order=1)
    clab = ndi.zoom(cube.label, factor, order=0)
    for axis in (0, 1, 2):
        if rng.random() < 0.5:
            cimg, clab = np.flip(cimg, axis + 1), np.flip(clab, axis)
    if rng.random() < 0.5:
        cimg, clab = cimg.transpose(0, 1, 3, 2), clab.transpose(0, 2, 1)
    brain = case.brain
    size = clab.shape
    places = np.argwhere(brain)
    for _ in range(12):
        at = places[rng.integers(len(places))] - np.array(size) // 2
        if np.any(at < 0) or np.any(at + size > brain.shape):
            continue
        box = tuple(slice(a, a + s) for a, s in zip(at, size, strict=True))
        if brain[box][clab > 0].mean() > 0.85:
            break
    else:
        return None
    alpha = ndi.gaussian_filter(ndi.binary_dilation(clab > 0, iterations=2).astype(np.float32), 0.8)
    faint = rng.uniform(0.45, 0.9) if rng.random() < 0.25 else 1.0
    alpha = np.where(clab > 0, 1.0, alpha) * brain[box] * faint
    image, label = case.image.copy(), case.label.copy()
    for k in range(4):
        if not image[k].any():
            continue
        spread = case.image[k][brain].std()
        gain = rng.uniform(0.8, 1.2)
        value = np.maximum(1 + gain * spread * cimg[k], 0.02)
        image[k][box] = image[k][box] * (1 - alpha) + value * alpha
    put = (clab > 0) & brain[box]
    label[box][put] = clab[put]
    return replace(case, image=image, label=label)
