"""How features move when the service, not a person, outlines the tumour, and what it may lack.

Label maps are altered the way a network errs: border moved out or in, blurred, ragged, parts of the faint rim lost,
false islands. Shapes come from whole label maps, T1c statistics from lesion cubes (z-scores of the brain, turned
into ratios by a brain whose deviation is a fifth of its mean); both give differences in the model's space (logs
where it takes logs), which are added to table rows. Without label maps (a synthetic cohort) no mask is spoilt.

How the network itself errs is measured on the cases that it never saw (`feature_errors` of results/evaluation.json): a
part of the draws (MEASURED_SHARE) is one of these cases, with all its differences together. Half of the cases are kept back:
nothing is learnt from them, and figures with the network's own errors come from them alone. Masks that miss most of the
tumour (MIN_DICE) count when the heads are measured with the network's own errors, but nothing is learnt from them.

Smoothness is treated separately, because it matters most: an expert's 1 mm mask that only passes through a 2 mm grid and back
keeps a Dice of 0.95 to 0.99, but loses 6 to 28 % of its mesh area, and 10 to 36 % with a slight blur (13 BraTS
cases, pyradiomics), which raises sphericity by up to 1.5 standard deviations of the table. A loss of area drawn from
SMOOTH_LOG_AREA is therefore part of every perturbed row, and moves sphericity with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import ndimage as ndi

from ..data import load_xz
from .features import first_order
from .linear import LEAST, LOGGED

SPACING = (1.875, 1.875, 1.2109)  # of the label maps and cubes
BRAIN_SD = 0.2
KINDS = ("grow", "shrink", "ragged", "island", "bite")
# Deviations of the table's approximate brain box and brain mean from a patient's own.
SMOOTH_LOG_AREA = (0.0, 0.40)
PLACE_SD = {"midline_distance": 0.05, "depth": 0.03, "height": 0.04}
BRAIN_LOG_SD = 0.08
MEASURED_SHARE, MIN_DICE = 1 / 3, 0.5


@dataclass
class Noise:
    """Differences by feature, one entry per spoilt mask; empty arrays leave the features alone. `measured`: which of
    them are the network's own errors; `kept_back`: which of those are left out of the training, for the figure alone."""

    deltas: dict[str, np.ndarray] = field(default_factory=dict)
    dice: np.ndarray = field(default_factory=lambda: np.zeros(0))
    measured: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    kept_back: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    drop_resection: float = 0.3

    def __post_init__(self) -> None:
        if len(self.kept_back) != len(self.measured):
            self.kept_back = np.zeros(len(self.measured), bool)

    def entries(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Which spoilt mask each of `n` rows gets."""
        made, own = np.flatnonzero(~self.measured), np.flatnonzero(self.measured & ~self.kept_back & (self.dice >= MIN_DICE))
        if not len(made):
            return rng.integers(0, max(len(self.dice), 1), n)
        of_own = rng.random(n) < (MEASURED_SHARE if len(own) else 0)
        return np.where(of_own, rng.choice(own if len(own) else made, n), rng.choice(made, n))

    def only_measured(self) -> Noise:
        """The network's own errors that no head was trained with."""
        own = self.measured & self.kept_back
        return Noise({k: v[own] for k, v in self.deltas.items()}, self.dice[own], self.measured[own], drop_resection=self.drop_resection)

    def perturb(self, x: np.ndarray, features: Sequence[str], rng: np.random.Generator, drop: bool = True) -> np.ndarray:
        """A copy of raw rows as the service may see them: moved, and with optional features missing."""
        out = x.copy()
        smooth = rng.uniform(*SMOOTH_LOG_AREA, len(x))
        entry = self.entries(len(x), rng)
        no_resection = rng.random(len(x)) < self.drop_resection
        for j, name in enumerate(features):
            if name in self.deltas and len(self.dice):
                move = self.deltas[name][entry]
                relative = name in LOGGED or name == "shape_Sphericity"
                out[:, j] = np.maximum(out[:, j], LEAST) * np.exp(move) if relative else out[:, j] + move
            if name in ("shape_SurfaceArea", "shape_Sphericity"):
                out[:, j] *= np.exp(-smooth if name == "shape_SurfaceArea" else smooth)
            if name in PLACE_SD:
                out[:, j] += rng.normal(0, PLACE_SD[name], len(x))
            if name.endswith("_over_brain"):
                out[:, j] *= np.exp(rng.normal(0, BRAIN_LOG_SD, len(x)))
            if drop and name.startswith("resection_"):
                out[no_resection, j] = np.nan
        return out


def spoil(mask: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """A mask as a network might draw it."""
    distance = ndi.distance_transform_edt(mask, SPACING) - ndi.distance_transform_edt(~mask, SPACING)
    reach = rng.uniform(0.5, 3.0)
    if kind == "grow":
        return distance > -reach
    if kind == "shrink":
        return distance > reach
    field_ = ndi.gaussian_filter(rng.standard_normal(mask.shape), 2.5)
    field_ *= 2.5 / field_.std()
    if kind == "ragged":
        return distance + field_ > rng.uniform(-1, 1)
    if kind == "island":
        centre = np.array([rng.integers(0, n) for n in mask.shape])
        return (distance + field_ / 2 > 0) | (distance_to(centre, mask.shape) < rng.uniform(5, 9))
    inner = np.argwhere(mask)
    lost = mask.sum() * np.prod(SPACING) * rng.uniform(0.05, 0.3)
    radius = (3 * lost / (4 * np.pi)) ** (1 / 3)
    return (distance + field_ / 2 > 0) & (distance_to(inner[rng.integers(len(inner))], mask.shape) > radius)


def distance_to(centre: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Millimetres from a voxel."""
    return np.sqrt(sum(((g - c) * s) ** 2 for g, c, s in zip(np.ogrid[tuple(map(slice, shape))], centre, SPACING, strict=True)))


def shape_of(mask: np.ndarray, spacing: Sequence[float] = SPACING) -> dict[str, float]:
    """Volume, surface (of the slightly smoothed mask; good for ratios between two masks), sphericity, axes."""
    volume = mask.sum() * np.prod(spacing)
    soft = ndi.gaussian_filter(np.pad(mask, 4).astype(np.float32), [1.5 / s for s in spacing])
    surface = float(np.sqrt(sum(np.gradient(soft, s, axis=a) ** 2 for a, s in enumerate(spacing))).sum() * np.prod(spacing))
    axes = 4 * np.sqrt(np.linalg.eigvalsh(np.cov((np.argwhere(mask) * spacing).T)).clip(1e-3))
    return {
        **dict(zip(("shape_LeastAxisLength", "shape_MinorAxisLength", "shape_MajorAxisLength"), axes, strict=True)),
        "shape_MeshVolume": volume,
        "shape_VoxelVolume": volume,
        "shape_SurfaceArea": surface,
        "shape_Sphericity": (36 * np.pi * volume**2) ** (1 / 3) / surface,
    }


def difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    relative = LOGGED | {"shape_Sphericity"}
    return {n: float(np.log(max(after[n], LEAST) / max(before[n], LEAST))) if n in relative else after[n] - before[n] for n in before}


def whole_masks(path: Path, rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Whole tumours of `count` label maps, cut to their box with a margin of 8 voxels."""
    seg = np.load(path)["seg"]
    out = []
    for n in rng.permutation(len(seg))[:count]:
        mask = seg[n] > 0
        if mask.sum() < 500:
            continue
        box = ndi.find_objects(mask.astype(np.uint8))[0]
        out.append(np.pad(mask[box], 8))
    return out


def of_t1c(t1c: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """`t1c` in units of the brain's mean."""
    p90, median = np.percentile(t1c[mask], [90, 50])
    return {**first_order(t1c[mask]), "t1c_p90_over_brain": p90, "t1c_median_over_brain": median}


def feature_errors(t1c: np.ndarray, truth: np.ndarray, segmented: np.ndarray, spacing: Sequence[float]) -> dict[str, float] | None:
    """By how much each feature of the segmented whole tumour is off, and its Dice; None where fewer than 20
    voxels are segmented. `t1c` in units of the brain's mean."""
    if segmented.sum() < 20:
        return None
    off = {**difference(shape_of(truth, spacing), shape_of(segmented, spacing)), **difference(of_t1c(t1c, truth), of_t1c(t1c, segmented))}
    return {"dice": float(2 * (truth & segmented).sum() / (truth.sum() + segmented.sum())), **{k: float(v) for k, v in off.items()}}


def measured_errors(evaluation: Path) -> list[tuple[str, dict[str, float]]]:
    """Case and `feature_errors` of the whole cases, stripped and in a head, whose patient the member had not seen; empty where
    they were not measured."""
    if not evaluation.exists():
        return []
    report = json.loads(evaluation.read_text())
    seen = report.get("patient_seen", {}).get("whole", [])
    errors = [
        (name, row.get(where, {}).get("feature_errors"))
        for name, row in sorted(report["rows"]["whole"].items())
        for where in ("stripped", "head")
        if name not in seen
    ]
    return [(name, one) for name, one in errors if one]


def learn_noise(data: Path, rng: np.random.Generator, count: int = 150, evaluation: Path | None = None) -> Noise:
    """Spoils label maps and cubes of `data`; differences whose Dice lies in 0.7..0.95. `count` entries, and those that
    `evaluation` measured."""
    maps_path, cubes_path = data / "gt_segmentations_128.npz", data / "brats2020_lesion_cubes_32.npz.xz"
    if not maps_path.exists() or not cubes_path.exists():
        return Noise()
    cubes = load_xz(cubes_path)
    image, label = cubes["image"], cubes["mask"]
    masks = whole_masks(maps_path, rng, count // 3)
    rows: list[dict[str, float]] = []
    dice: list[float] = []
    while len(rows) < count:
        kind = KINDS[len(rows) % len(KINDS)]
        mask = masks[rng.integers(len(masks))]
        bad = spoil(mask, kind, rng)
        overlap = 2 * (mask & bad).sum() / max(mask.sum() + bad.sum(), 1)
        if not 0.7 <= overlap <= 0.95:
            continue
        n = rng.integers(len(label))
        own = label[n] > 0
        off = spoil(own, kind, rng) if own.sum() > 400 else own
        if own.sum() <= 400 or off.sum() <= 200:
            continue
        t1c = np.maximum(1 + BRAIN_SD * (image[n, 1].astype(float) / 20 - 5), 0.02)
        rows.append({**difference(shape_of(mask), shape_of(bad)), **difference(of_t1c(t1c, own), of_t1c(t1c, off))})
        dice.append(overlap)
    own = measured_errors(evaluation) if evaluation else []
    dice += [one["dice"] for _, one in own]
    cases = sorted({name for name, _ in own})
    held = np.array([False] * len(rows) + [cases.index(name) % 2 == 1 for name, _ in own])  # every other case, whole
    return Noise(
        {k: np.array([r[k] for r in (*rows, *(one for _, one in own))]) for k in rows[0]},
        np.array(dice),
        np.arange(len(dice)) >= len(rows),
        held,
    )
