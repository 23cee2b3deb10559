"""From cases to training patches.

A pool of whole prepared volumes (head or no head, lesion implanted or mirrored out, then normalised as the
service does) is renewed continuously; patches are cut from it with an affine grid and intensity changes.
Image float32 [4, Z, Y, X], label int64 [Z, Y, X] on the 2 mm grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage as ndi

from .data import Case, Lesion
from .losses import BRAIN, ET, NOT_TUMOUR, TUMOUR
from .preprocess import normalise_channels
from .synthetic import procedural_phantom
from .synthetic_heads import Atlas, add_head, implant, mirror_out_tumour, texture, without_enhancement

DEFAULT_MIX = {"stripped": 0.45, "head": 0.23, "lgg": 0.2, "procedural": 0.12}


class Cohort:
    """Source cases by kind; empty lists are allowed (the mix is renormalised)."""

    def __init__(
        self,
        brats: Iterable[Case] = (),
        lgg: Iterable[Case] = (),
        cubes: Iterable[Lesion] = (),
        atlas: Atlas | None = None,
        mix: dict[str, float] | None = None,
    ) -> None:
        self.brats, self.lgg, self.cubes, self.atlas = list(brats), list(lgg), list(cubes), atlas
        mix = dict(mix or DEFAULT_MIX)
        if not self.brats:
            mix["stripped"] = mix["head"] = 0.0
        if self.atlas is None:
            mix["head"] = 0.0
        if not self.lgg:
            mix["lgg"] = 0.0
        total = sum(mix.values())
        self.kinds, self.weights = list(mix), [v / total for v in mix.values()]
        self.silent = [c for c in self.cubes if not (c.label == ET).any()]

    def cube(self, rng: np.random.Generator) -> Lesion:
        """A lesion cube; a third of the draws from those without enhancement, which is rare among whole cases."""
        pool = self.silent if self.silent and rng.random() < 1 / 3 else self.cubes
        return pool[rng.integers(len(pool))]


def degrade(image: np.ndarray, has_skull: bool, rng: np.random.Generator) -> np.ndarray:
    """Acquisition effects before normalisation, per channel: bias field, thick slices, noise, gamma."""
    out = image.copy()
    shape = out.shape[1:]
    thick_axis = int(rng.choice(3, p=(0.7, 0.2, 0.1)))
    for k in range(4):
        v = out[k]
        if not v.any():
            continue
        air = v <= 0
        if rng.random() < 0.4:
            v = v * np.exp(rng.uniform(0.05, 0.3) * texture(shape, rng.uniform(25, 60), rng))
        if rng.random() < 0.25:
            axis = thick_axis if rng.random() < 0.8 else int(rng.integers(3))
            v = ndi.gaussian_filter1d(v, rng.uniform(0.6, 1.3), axis=axis)
        if rng.random() < 0.25:
            scale = np.percentile(v[v > 0], 99)
            v = scale * np.clip(v / scale, 0, None) ** rng.uniform(0.75, 1.35)
        if rng.random() < 0.3:
            sd = rng.uniform(0.01, 0.08) * v[v > 0].mean()
            noise = np.float32(sd) * rng.standard_normal((2, *shape), dtype=np.float32)
            noisy = np.hypot(v + noise[0], noise[1])
            v = noisy if has_skull else np.where(air, 0, noisy)
        if rng.random() < 0.12:  # misregistration of one voxel (2 mm)
            v = np.roll(v, int(rng.choice((-1, 1))), axis=int(rng.integers(3)))
        out[k] = v
    return out.astype(np.float32)


def make_volume(cohort: Cohort, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One prepared volume: image float32 [4, Z, Y, X] normalised, label uint8 [Z, Y, X]."""
    kind = str(rng.choice(cohort.kinds, p=cohort.weights))
    if kind == "procedural":
        case = procedural_phantom(rng, tumour=rng.random() < 0.85, skull=rng.random() < 0.85)
    else:
        source = cohort.lgg if kind == "lgg" else cohort.brats
        case = source[rng.integers(len(source))]
        draw = rng.random()
        if kind != "lgg" and draw < 0.55:
            case = mirror_out_tumour(case)
        if cohort.cubes and (0.1 < draw < 0.55 if kind != "lgg" else draw < 0.45):
            case = implant(case, cohort.cube(rng), rng) or case
        if rng.random() < 0.2:
            case = without_enhancement(case)
        if kind == "head" and cohort.atlas is not None:
            case = add_head(case, cohort.atlas, rng)
    image, label = case.image, with_brain(case.label, case.brain, subregions_known=kind != "lgg")
    if rng.random() < 0.25:  # limited field of view
        z = label.shape[0]
        cut = slice(int(rng.integers(0, z // 4)), z - int(rng.integers(0, z // 8)))
        image, label = image[:, cut], label[cut]
    return normalise_channels(degrade(image, case.has_skull, rng)), label


def with_brain(label: np.ndarray, brain: np.ndarray, subregions_known: bool) -> np.ndarray:
    """Marks tumour-free brain; where the brain mask cannot be trusted, anything outside the tumour may or may not be brain."""
    out = label.copy()
    out[(label == 0) & brain if subregions_known else label == 0] = BRAIN if subregions_known else NOT_TUMOUR
    return out


def rotation(rng: np.random.Generator) -> np.ndarray:
    """3x3 in (x, y, z) order: small rotations, scale 0.85-1.2 with 5 % anisotropy, left-right flip."""
    a = np.deg2rad([rng.normal(0, 7), rng.normal(0, 7), rng.normal(0, 9)])
    c, s = np.cos(a), np.sin(a)
    rx = np.array([[1, 0, 0], [0, c[0], -s[0]], [0, s[0], c[0]]])
    ry = np.array([[c[1], 0, s[1]], [0, 1, 0], [-s[1], 0, c[1]]])
    rz = np.array([[c[2], -s[2], 0], [s[2], c[2], 0], [0, 0, 1]])
    size = rng.uniform(0.85, 1.2) * rng.uniform(0.95, 1.05, 3)
    if rng.random() < 0.5:
        size[0] = -size[0]
    return rz @ ry @ rx @ np.diag(size)


def cut_patch(
    image: np.ndarray, label: np.ndarray, size: tuple[int, int, int], rng: np.random.Generator, tumour_share: float = 0.6
) -> tuple[torch.Tensor, torch.Tensor]:
    """Affine patch around a tumour voxel (probability `tumour_share`) or any head voxel."""
    shape = np.array(label.shape)
    where = np.flatnonzero((label > 0) & (label <= TUMOUR)) if rng.random() < tumour_share else np.empty(0)
    if not len(where):
        where = np.flatnonzero(image.sum(0) > image.sum(0).min() + 0.5)
    centre = np.array(np.unravel_index(where[rng.integers(len(where))], label.shape), float)
    centre += rng.uniform(-0.3, 0.3, 3) * np.array(size)
    half = np.array(size) / 2  # keep the patch mostly inside
    centre = np.where(shape > size, np.clip(centre, half * 0.8, shape - half * 0.8), shape / 2)
    m = rotation(rng)
    # grid_sample: normalised coordinates (x, y, z), align_corners -> index = (g + 1) / 2 * (n - 1)
    extent = (shape[::-1] - 1) / 2.0
    patch = (np.array(size)[::-1] - 1) / 2.0
    theta = np.diag(1 / extent) @ m @ np.diag(patch)
    shift = (centre[::-1] - extent) / extent
    theta = torch.from_numpy(np.hstack([theta, shift[:, None]])).float()[None]
    grid = F.affine_grid(theta, (1, 1, *size), align_corners=True)
    img = torch.from_numpy(image)[None]
    low = img.amin(dim=(2, 3, 4), keepdim=True)
    out = F.grid_sample(img - low, grid, "bilinear", "zeros", align_corners=True) + low
    lab = torch.from_numpy(label.astype(np.float32))[None, None]
    lab = F.grid_sample(lab, grid, "nearest", "zeros", align_corners=True)
    return out[0], lab[0, 0].round().long()


def drop_sequences(image: torch.Tensor, rng: np.random.Generator, p: float = 0.45) -> torch.Tensor:
    """Zeroes channels with probability `p`: half of the time a single one, otherwise any but the FLAIR or T1c that is kept (a missing
    sequence is an all-zero channel)."""
    present = [k for k in range(4) if bool(image[k].abs().max() > 0)]
    if rng.random() < p and len(present) > 1:
        anchors = [k for k in (1, 3) if k in present] or present
        keep = int(rng.choice(anchors))
        others = [k for k in present if k != keep]
        if rng.random() < 0.5:
            lose = {int(rng.choice(present if len(anchors) > 1 else others))}
        else:
            lose = {k for k in others if rng.random() < 0.5}
        for k in lose:
            image[k] = 0
    return image


def jitter(image: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Gain, shift, noise per present channel after normalisation; clipped as the service clips."""
    for k in range(4):
        if not bool(image[k].abs().max() > 0):
            continue
        image[k] = image[k] * rng.uniform(0.85, 1.15) + rng.uniform(-0.2, 0.2)
        if rng.random() < 0.2:
            image[k] += float(rng.uniform(0, 0.15)) * torch.randn_like(image[k])
    return image.clamp_(-5, 5)


class Patches(torch.utils.data.IterableDataset):
    """Endless (image, label) patches; the pool holds `pool` volumes, each used `reuse` times."""

    def __init__(self, cohort: Cohort, size: tuple[int, int, int] = (64, 64, 64), pool: int = 32, reuse: int = 6, seed: int = 0) -> None:
        self.cohort, self.size, self.pool, self.reuse, self.seed = cohort, size, pool, reuse, seed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        info = torch.utils.data.get_worker_info()
        worker = info.id if info else 0
        torch.set_num_threads(1)
        rng = np.random.default_rng([self.seed, worker])
        torch.manual_seed(self.seed * 1000 + worker)
        pool: list = []
        while True:
            while len(pool) < 2:
                pool.append([*make_volume(self.cohort, rng), 0])
            if len(pool) < self.pool and rng.random() < 0.5:
                pool.append([*make_volume(self.cohort, rng), 0])
            entry = pool[rng.integers(len(pool))]
            image, label = cut_patch(entry[0], entry[1], self.size, rng)
            entry[2] += 1
            if entry[2] >= self.reuse:
                pool = [e for e in pool if e is not entry]
            yield drop_sequences(jitter(image, rng), rng), label
