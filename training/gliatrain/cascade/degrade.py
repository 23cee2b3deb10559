"""Makes a clean volume into what a hospital sends: thick slices in any plane, motion between sequences, bias field, other scanners'
intensities, errors of the brain mask, missing sequences; lesions implanted, mirrored out, or without enhancement.

All on the 1 mm grid, z-scores of the brain (volumes.py); the result is normalised again over its own, wrong mask and is 0 outside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage as ndi

from ..data import Lesion, crop_box
from ..losses import ED, ET, NCR
from ..synthetic_heads import texture
from .volumes import Volume, z_scores

T1, T1C, T2, FLAIR = range(4)
OUTSIDE = ((-3.0, 1.5), (-3.0, 2.5), (-2.0, 4.0), (-3.0, 1.5))
"""z-scores of what lies around a stripped brain where a mask is too large: CSF, dura, bone, fat, by sequence."""


def mirror_out(v: Volume) -> Volume:
    """The tumour replaced by the other hemisphere where that is healthy; the rest keeps its label."""
    xs = np.where((v.distance < 0).any((0, 1)))[0]
    flip = np.arange(v.label.shape[2])
    flip[xs[0] : xs[-1] + 1] = np.arange(xs[-1], xs[0] - 1, -1)
    sick = ndi.binary_dilation(v.label > 0, iterations=4)
    inside = v.distance < 0
    use = sick & ~sick[:, :, flip] & inside & inside[:, :, flip]
    alpha = ndi.gaussian_filter(use.astype(np.float32), 1.5).astype(np.float16)
    label = v.label.copy()
    label[use] = 0
    return v.with_image(v.image * (1 - alpha) + v.image[..., flip] * alpha, label)


def without_enhancement(v: Volume) -> Volume:
    """The same tumour as if nothing in it took up contrast: T1c as T1 there, enhancing tissue labelled core."""
    enhancing = v.label == ET
    if not (v.present[T1] and v.present[T1C] and enhancing.any()):
        return v
    alpha = ndi.gaussian_filter(ndi.binary_dilation(enhancing, iterations=2).astype(np.float32), 1.0)
    image = v.image.copy()
    image[T1C] = image[T1C] * (1 - alpha) + image[T1] * alpha
    return v.with_image(image, np.where(enhancing, np.uint8(NCR), v.label))


def implant(v: Volume, cube: Lesion, rng: np.random.Generator) -> Volume:
    """A real lesion (z-scores of its own brain), 0.8 to 1.3 times its size, blended in with a soft edge; one in four as faint as
    a diffuse tumour. The volume comes back unchanged where no place is found."""
    factor = rng.uniform(0.8, 1.3)
    image = ndi.zoom(cube.image.astype(np.float32), (1, factor, factor, factor), order=1)
    label = ndi.zoom(cube.label, factor, order=0)
    if rng.random() < 0.5:
        image, label = image[..., ::-1], label[..., ::-1]
    places = np.argwhere(v.distance[::4, ::4, ::4] < -3) * 4
    for _ in range(12):
        at = places[rng.integers(len(places))] - np.array(label.shape) // 2
        box = tuple(slice(a, a + n) for a, n in zip(at, label.shape, strict=True))
        if np.all(at >= 0) and np.all(at + label.shape <= v.label.shape) and (v.distance[box][label > 0] < 0).mean() > 0.9:
            break
    else:
        return v
    alpha = ndi.gaussian_filter(ndi.binary_dilation(label > 0, iterations=3).astype(np.float32), 1.5)
    alpha = np.where(label > 0, 1.0, alpha) * (v.distance[box] < 0) * (rng.uniform(0.5, 0.9) if rng.random() < 0.25 else 1.0)
    out, labels = v.image.copy(), v.label.copy()
    for k in range(4):
        if v.present[k]:
            out[k][box] = v.image[k][box] * (1 - alpha) + image[k] * rng.uniform(0.85, 1.15) * alpha
    put = (label > 0) & (v.distance[box] < 0)
    labels[box][put] = label[put]
    return v.with_image(out, labels)


FLUID = ((-2.8, -1.2), (-2.8, -1.2), (1.0, 4.0), (-2.4, 0.8))
"""z-scores of a cyst by sequence: from water to fluid rich in protein, which FLAIR does not suppress."""
PALE = ((-1.2, 0.2), (-1.0, 2.0), (0.3, 2.0), (-0.2, 1.4))
"""z-scores of solid tumour that hardly differs from brain on FLAIR."""


def hollow(v: Volume, rng: np.random.Generator) -> Volume:
    """The inside of the tumour as a cyst or, one time in three, as solid tissue that FLAIR shows like brain. A rim of 2 to 8 mm stays;
    in half of them there is none where the tumour reaches the brain's surface. Without such examples a network marks what is bright,
    and leaves out what the rim encloses."""
    tumour, solid = v.label > 0, rng.random() < 1 / 3
    if not tumour.any():
        return v
    box = crop_box(tumour, 12)
    enclosed = tumour[box] | (v.distance[box] >= 0) if rng.random() < 0.5 else tumour[box]
    depth = ndi.distance_transform_edt(np.pad(enclosed, 1, constant_values=False))[1:-1, 1:-1, 1:-1]
    inside = tumour[box] & (depth + 1.5 * texture(depth.shape, rng.uniform(4, 12), rng) > rng.uniform(2, 8))
    if not inside.any():
        return v
    alpha = ndi.gaussian_filter(inside.astype(np.float32), rng.uniform(0.5, 1.2)) * tumour[box]
    image, label = v.image.copy(), v.label.copy()
    for k in np.flatnonzero(v.present):
        value = rng.uniform(*(PALE if solid else FLUID)[k]) + rng.uniform(0.05, 0.5) * texture(depth.shape, rng.uniform(2, 10), rng)
        image[k][box] = image[k][box] * (1 - alpha) + value * alpha
    # A tumour whose parts are unknown keeps it that way.
    label[box][inside & np.isin(label[box], (ED, ET))] = NCR
    return v.with_image(image, label)


def white_matter_lesions(v: Volume, rng: np.random.Generator) -> Volume:
    """Three to thirty small round lesions, bright on T2 and FLAIR and dark on T1, that are not tumour (demyelination, vessels)."""
    image = v.image.copy()
    z, y, x = v.label.shape
    places = np.argwhere((v.distance[::4, ::4, ::4] < -8) & (v.label[::4, ::4, ::4] == 0)) * 4
    if not len(places):
        return v
    strength = rng.uniform(1.0, 3.0)
    for at in places[rng.integers(len(places), size=rng.integers(3, 30))]:
        radii = rng.uniform(1.5, 6.5, 3) * rng.uniform(0.6, 1.2)
        reach = np.ceil(radii * 1.6).astype(int)
        low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, (z, y, x))
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        grid = np.meshgrid(*(np.arange(a, b) - c for a, b, c in zip(low, high, at, strict=True)), indexing="ij")
        blob = np.clip(1.6 - np.sqrt(sum((g / r) ** 2 for g, r in zip(grid, radii, strict=True))), 0, 0.6) / 0.6 * (v.label[box] == 0)
        for k, gain in ((T1, -0.5), (T1C, -0.5), (T2, 0.8), (FLAIR, 1.0)):
            image[k][box] += (gain * strength * blob).astype(np.float16)
    return v.with_image(image)


def thick_slices(channel: np.ndarray, axis: int, thickness: float, phase: float) -> np.ndarray:
    """As acquired in slices of `thickness` mm along `axis` and interpolated back linearly to 1 mm."""
    n = channel.shape[axis]
    centres = np.arange(phase * thickness, n + thickness, thickness)
    at = np.arange(n)
    profile = np.exp(-0.5 * ((centres[:, None] - at) / (0.42 * thickness)) ** 2)
    profile /= profile.sum(1, keepdims=True) + 1e-6
    back = np.maximum(0, 1 - np.abs(at[:, None] - centres) / thickness)
    back /= back.sum(1, keepdims=True) + 1e-6
    moved = np.moveaxis(channel, axis, 0)
    return np.moveaxis(np.tensordot((back @ profile).astype(np.float32), moved, 1), 0, axis)


def rotation(angles: np.ndarray) -> np.ndarray:
    (cz, cy, cx), (sz, sy, sx) = np.cos(angles), np.sin(angles)
    about_z = np.array([[1, 0, 0], [0, cz, -sz], [0, sz, cz]])
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_x = np.array([[cx, -sx, 0], [sx, cx, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def warp(volumes: np.ndarray, matrix: np.ndarray, shift: np.ndarray, mode: str = "bilinear") -> np.ndarray:
    """[C, Z, Y, X] sampled at middle + matrix (voxel - middle) + shift; beyond the volume the edge repeats."""
    size = np.array(volumes.shape[1:])
    # grid_sample counts X first, in units of half the side.
    flip, half = np.eye(3)[::-1], np.diag(1 / ((size[::-1] - 1) / 2))
    theta = half @ flip @ matrix @ flip @ np.linalg.inv(half)
    theta = torch.from_numpy(np.concatenate([theta, (half @ flip @ shift)[:, None]], 1)).float()[None]
    grid = F.affine_grid(theta, [1, 1, *size.tolist()], align_corners=True)
    x = torch.from_numpy(np.ascontiguousarray(volumes, np.float32))[None]
    return F.grid_sample(x, grid, mode=mode, padding_mode="border", align_corners=True)[0].numpy()


def deform(v: Volume, rng: np.random.Generator) -> Volume:
    """Rotation, scale, left-right flip of all together; in four of ten a residual misregistration of up to 1.5 mm and 1.5 degrees
    of one sequence or two."""
    still = np.zeros(3)
    matrix = rotation(rng.normal(0, np.radians(5), 3)) * rng.uniform(0.9, 1.12, (1, 3)) if rng.random() < 0.7 else np.eye(3)
    if rng.random() < 0.5:
        matrix = matrix @ np.diag([1, 1, -1])
    moved = warp(np.concatenate([v.image, v.distance[None]]), matrix, still)
    image = moved[:4]
    if rng.random() < 0.4:
        for k in rng.choice(4, size=rng.integers(1, 3), replace=False):
            extra = rotation(np.radians(rng.uniform(-1.5, 1.5, 3)))
            image[k] = warp(v.image[k][None], matrix @ extra, rng.uniform(-1.5, 1.5, 3))[0]
    label = warp(v.label[None], matrix, still, "nearest")[0].astype(np.uint8)
    return Volume(v.name, image, label, moved[4], v.present, v.has_skull)


def acquire(v: Volume, rng: np.random.Generator) -> np.ndarray:
    """Slices, blur, bias field, contrast and noise of each sequence."""
    image = v.image.astype(np.float32)
    thick = rng.random() < 0.55
    common = 0 if rng.random() < 0.7 else int(rng.integers(3))
    for k in np.flatnonzero(v.present):
        c = image[k]
        if thick and rng.random() < 0.85:
            axis = common if rng.random() < 0.8 else int(rng.integers(3))
            c = thick_slices(c, axis, rng.uniform(2, 6.5), rng.random())
        elif rng.random() < 0.3:
            c = ndi.gaussian_filter(c, rng.uniform(0.3, 1.0))
        if rng.random() < 0.5:
            c = (c + 4) * np.exp(rng.uniform(0.03, 0.15) * texture(c.shape, 60, rng)) - 4
        if rng.random() < 0.5:
            low, high = np.percentile(c[::3, ::3, ::3], (0.5, 99.8))
            c = np.sign(c - low) * (np.abs(c - low) / (high - low)) ** rng.uniform(0.75, 1.35)
        noise = rng.uniform(0, 0.12)
        image[k] = c + np.float32(noise * c.std()) * rng.standard_normal(c.shape, dtype=np.float32)
    return image


def wrong_mask(v: Volume, rng: np.random.Generator) -> np.ndarray:
    """The brain as an extraction would give it: its surface off by a smooth error of a few mm, sometimes with a piece missing."""
    if rng.random() < 0.3:
        return v.distance < 0
    error = rng.uniform(-2.0, 2.0) + rng.uniform(0.3, 1.6) * texture(v.label.shape, 18, rng)
    if rng.random() < 0.25:
        error = error + 6 * np.maximum(0, texture(v.label.shape, 30, rng) - 1.8) * (1 if rng.random() < 0.5 else -1)
    return v.distance.astype(np.float32) < error


def surround(image: np.ndarray, v: Volume, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Something to see where the mask of a stripped brain is too large."""
    beyond = mask & (v.distance >= 0)
    if v.has_skull or not beyond.any():
        return image
    for k in np.flatnonzero(v.present):
        scale = image[k][v.distance < 0].std()
        value = rng.uniform(*OUTSIDE[k]) * scale + image[k][v.distance < 0].mean()
        image[k][beyond] = (value + scale * rng.uniform(0.2, 1.2) * texture(v.label.shape, rng.uniform(3, 8), rng))[beyond]
    return image


COMPLETE = 0.35
"""How often nothing is left out."""
LEFT_OUT = {True: (0.2, 0.45, 0.25, 0.45), False: (0.3, 0.0, 0.4, 0.3)}
"""How often T1, T1c, T2 and FLAIR are left out of the other studies, for the whole tumour and for its parts, which need T1c."""


ALSO_LEFT_OUT = 0.15
"""How often each other sequence goes too, where one is always left out."""


def missing(image: np.ndarray, rng: np.random.Generator, whole: bool, always: Sequence[int] = ()) -> list[int]:
    """Which sequences of `image` [4, ...] are left out; one of T1c and FLAIR stays, or nothing is left out. `always`: one of these is
    left out of every study that has it, for networks that see no complete study."""
    there = [bool(c.any()) for c in image]
    if always:
        first = int(rng.choice(always))
        gone = [k for k in range(4) if there[k] and (k == first or (k not in (T1C, FLAIR) and rng.random() < ALSO_LEFT_OUT))]
        return gone if any(there[k] and k not in gone for k in (T1C, FLAIR)) else []
    if rng.random() < COMPLETE:
        return []
    gone = [k for k in range(4) if there[k] and rng.random() < LEFT_OUT[whole][k]]
    return gone if any(there[k] and k not in gone for k in (T1C, FLAIR)) else []


ENHANCING_SHARE = 0.6
"""The whole cases that we have are mostly of low grade, so more than half of the implanted lesions enhance."""


IMPLANTS = {"stripped": (0.75, 0.3), "head": (0.4, 0.2), "tumour-free head": (0.15, 0.0)}
"""How often a first and a second lesion is implanted. A real head without a tumour mostly stays one: there are few, and a network that
saw them with implants alone found tumours in their lesions of demyelination."""


HOLLOW = 0.3
"""How often the inside of the tumour is a cyst or looks like brain."""


def any_cube(cubes: list[Lesion], rng: np.random.Generator) -> Lesion:
    enhances = rng.random() < ENHANCING_SHARE
    for _ in range(20):
        cube = cubes[rng.integers(len(cubes))]
        if not enhances or (cube.label == ET).sum() > 1000:
            break
    return cube


def hospital(v: Volume, cubes: list[Lesion], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One degraded study of `v`: image float32 [4, Z, Y, X] with nothing left out yet, label, mask. The label is BRAIN's
    complement: 0 without tumour, 1 to 4 as in Volume; outside the mask nothing is labelled."""
    if not v.has_skull and rng.random() < 0.4:
        v = mirror_out(v)
    for chance in IMPLANTS["stripped" if not v.has_skull else "head" if v.label.any() else "tumour-free head"]:
        if rng.random() < chance:
            v = implant(v, any_cube(cubes, rng), rng)
    if not v.has_skull and rng.random() < 0.12:
        v = without_enhancement(v)
    if rng.random() < HOLLOW:
        v = hollow(v, rng)
    if rng.random() < 0.2:
        v = white_matter_lesions(v, rng)
    v = deform(v, rng)
    mask = wrong_mask(v, rng)
    image = surround(acquire(v, rng), v, mask, rng)
    low = image.min((1, 2, 3), keepdims=True)
    image = z_scores(np.where(np.array(v.present)[:, None, None, None], image - low + 1e-3, 0), mask) * mask
    return image, np.where(mask, v.label, 0).astype(np.uint8), mask
