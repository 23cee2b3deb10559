"""Patches of the three stages and three views from degraded volumes: what a network sees in one training step.

Image float32 [slices + 2 * CONTEXT, 4, H, W], label uint8 [slices, H, W] (0 or 1), weight bool [slices, H, W] (inside the brain mask).
Windows may reach beyond the volume; there the image is 0, as the service pads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .. import data as sources
from ..identities import patient_of, patients, refuse_overlap
from ..losses import ET, NCR
from . import heads as real_heads
from .degrade import hospital, missing
from .network import CONTEXT
from .volumes import Volume, load_brats, load_cubes

Study = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Image float32 [4, Z, Y, X], label uint8 and mask bool [Z, Y, X] (degrade.hospital)."""
Patch = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Image, label and weight, as above."""
SLICES = 11
STAGES = ("whole", "core", "enhancing")
VIEWS = {"axial": (0, 1, 2), "sagittal": (2, 0, 1), "coronal": (1, 0, 2)}
"""View -> order of the volume's axes (Z, Y, X) as slices, rows, columns."""
SIZE = {"whole": 144, "core": 96, "enhancing": 80}
TARGETS = {"whole": (1, 2, 3, 4), "core": (NCR, ET), "enhancing": (ET,)}


PHANTOM_SHARE = 0.12
EMPTY_SHARE = 0.2
"""How often a stage learns from a study that holds nothing of its target."""
WHOLE_BRAIN_SHARE = 0.3
"""How often the sagittal and coronal networks of the whole tumour see all of the brain: what is suspected can be as large."""
TUMOUR_FREE_SHARE = 0.2
"""How many of the clinical heads' studies come from a head without a tumour, where there is one."""


@dataclass
class Cohort:
    """What the networks learn from."""

    cases: list[Volume]
    heads: list[Volume]
    phantoms: list[Volume]
    cubes: list[sources.Lesion]


TESTED_CASES = {"BraTS2021_01658", "BraTS2021_01659", "BraTS2021_01660", "BraTS2021_01661"}
"""Whole cases that no published ancestor saw (brats17/ARCH.md); no network here trains on their patients, in any form."""
TESTED_HEADS = {"ms-04"}


@dataclass(frozen=True)
class Split:
    """Names of what is trained on and of what is tested; no patient is on both sides, under whatever name."""

    cases: list[str]
    heads: list[str]
    cubes: set[str]
    tested: list[str]


def split(data: Path, cache: Path) -> Split:
    """Every other clinical head is kept for testing, unless a whole case of its patient is trained on."""
    table = patients(data, cache)
    brats, tcga = sources.case_names(data)
    cases = [n for n in brats if n not in TESTED_CASES]
    training_patients = {patient_of(table, n) for n in cases}
    tested = [*sorted(TESTED_CASES), *(n for n in tcga[::2] if patient_of(table, n) not in training_patients), *sorted(TESTED_HEADS)]
    gone = {patient_of(table, n) for n in tested}
    heads = [n for n in real_heads.head_names(data) if patient_of(table, n) not in gone]
    cubes = {n for n in table if n.startswith("BraTS20_") and patient_of(table, n) not in gone}
    refuse_overlap([*cases, *heads, *cubes], tested, table)
    return Split(cases, heads, cubes, tested)


def load_cohort(data: Path, cache: Path, names: Split) -> Cohort:
    """Heads without a plausible teacher's mask are left out (teach_brain.py makes the masks)."""
    cases = [load_brats(data, cache, name) for name in names.cases]
    heads = [real_heads.load_head(data, cache, name) for name in names.heads if real_heads.has_teacher(cache, name)]
    phantoms = [real_heads.load_phantom(cache, name) for name in real_heads.phantom_names(cache)]
    return Cohort(cases, heads, phantoms, [c for c in load_cubes(data, cache) if c.patient in names.cubes])


def bounds(mask: np.ndarray, margin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last + 1 index of `mask` along Z, Y, X, with a margin, clipped to the volume."""
    planes = [np.flatnonzero(mask.any(tuple(b for b in range(3) if b != a))) for a in range(3)]
    low = np.array([f[0] for f in planes]) - margin
    high = np.array([f[-1] + 1 for f in planes]) + margin
    return np.maximum(low, 0), np.minimum(high, mask.shape)


def stage_box(stage: str, view: str, label: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The box that an earlier stage would hand on, with its error; anywhere in the brain where there is no tumour. The whole tumour is
    sought in the brain by the axial network; what that suspects is, mostly, all that the other two are shown."""
    margin = rng.integers(0, 10, 3)
    if stage == "whole" and (view == "axial" or rng.random() < WHOLE_BRAIN_SHARE):
        return bounds(mask, np.full(3, 5))
    if stage == "whole":
        margin = rng.integers(2, 25, 3)
    inside = np.isin(label, TARGETS["core"]) if stage == "enhancing" and rng.random() < 0.8 else label > 0
    if not inside.any():
        centre = np.argwhere(mask[::4, ::4, ::4])
        at = centre[rng.integers(len(centre))] * 4
        half = rng.integers(12, 40, 3)
        return np.maximum(at - half, 0), np.minimum(at + half, mask.shape)
    return bounds(inside, margin)


def cut(volume: np.ndarray, low: Sequence[int] | np.ndarray, size: Sequence[int] | np.ndarray) -> np.ndarray:
    """[..., Z, Y, X] from `low`, `size` long, 0 beyond the volume."""
    out = np.zeros((*volume.shape[:-3], *size), volume.dtype)
    src, dst = [], []
    for start, n, total in zip(low, size, volume.shape[-3:], strict=True):
        a, b = max(start, 0), min(start + n, total)
        src.append(slice(a, max(a, b)))
        dst.append(slice(a - start, max(a, b) - start))
    out[..., dst[0], dst[1], dst[2]] = volume[..., src[0], src[1], src[2]]
    return out


def window(rng: np.random.Generator, low: int, high: int, n: int, aim: int | None) -> int:
    """Start of a window of n inside low..high (centred on it where that is shorter), over `aim` where one is given."""
    if high - low <= n:
        return (low + high - n) // 2
    first, last = low, high - n
    if aim is not None:
        first, last = max(first, aim - n + 1), min(last, aim)
    return int(rng.integers(min(first, last), max(first, last) + 1))


def patch(stage: str, view: str, study: Study, rng: np.random.Generator, always: Sequence[int] = ()) -> Patch:
    """What one network sees, sequences left out, and what it should find. `always`: as in degrade.missing."""
    x, y, w = complete_patch(stage, view, study, rng)
    gone = missing(study[0], rng, whole=stage == "whole", always=always)
    x[:, gone] = 0
    return x, np.isin(y, TARGETS[stage]).astype(np.uint8), w


def complete_patch(stage: str, view: str, study: Study, rng: np.random.Generator) -> Patch:
    """The same with every sequence that the study has, and all of its label's codes."""
    image, label, mask = study
    order = VIEWS[view]
    low, high = stage_box(stage, view, label, mask, rng)
    target = np.isin(label, TARGETS[stage])
    aim = None
    if target.any() and rng.random() < 0.85:
        places = np.argwhere(target[::2, ::2, ::2]) * 2
        if len(places):
            aim = places[rng.integers(len(places))]
    lengths = np.zeros(3, int)
    lengths[list(order)] = (SLICES, SIZE[stage], SIZE[stage])
    start = np.array([window(rng, low[a], high[a], lengths[a], None if aim is None else aim[a]) for a in range(3)])
    lead = np.zeros(3, int)
    lead[order[0]] = CONTEXT
    # Beyond the stage's box there is nothing, as where the service cuts it out.
    inside = np.zeros(label.shape, bool)
    inside[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    x = cut(image * inside, start - lead, lengths + 2 * lead)
    y, w = cut(label, start, lengths), cut(mask & inside, start, lengths)
    return (
        np.ascontiguousarray(x.transpose(1 + order[0], 0, 1 + order[1], 1 + order[2])),
        np.ascontiguousarray(y.transpose(order)),
        np.ascontiguousarray(w.transpose(order)),
    )


class Patches(torch.utils.data.IterableDataset):
    """Endless rounds: each a dict (stage, view) -> `each` patches of one study. A study is made anew every `reuse` rounds; the last
    eight are drawn from. Heads have no classes, so their rounds hold only the stage "whole"."""

    def __init__(
        self,
        cohort: Cohort,
        each: int = 2,
        seed: int = 0,
        head_share: float = 0.3,
        reuse: int = 3,
        stages: tuple[str, ...] = STAGES,
        always: Sequence[int] = (),
    ) -> None:
        self.cohort, self.each, self.seed, self.head_share, self.reuse, self.stages = cohort, each, seed, head_share, reuse, stages
        self.always = always

    def __iter__(self) -> Iterator[dict]:
        for study, stages, rng in self.studies():
            yield {
                (stage, view): [patch(stage, view, study, rng, self.always) for _ in range(self.each)]
                for stage in stages
                for view in VIEWS
                if stage == "whole" or np.isin(study[1], TARGETS[stage]).any() or rng.random() < EMPTY_SHARE
            }

    def studies(self) -> Iterator[tuple[Study, tuple[str, ...], np.random.Generator]]:
        """What each round is made of, without end."""
        torch.set_num_threads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        pool: list = []
        while True:
            if len(pool) < 4 or rng.random() < 1 / self.reuse:
                pool = [*pool[-7:], self.study(rng)]
            yield (*pool[rng.integers(len(pool))], rng)

    def study(self, rng: np.random.Generator) -> tuple[Study, tuple[str, ...]]:
        """A degraded study and the stages that it can teach."""
        kind = rng.random()
        whole_head, phantom = kind < self.head_share and bool(self.cohort.heads), kind > 1 - PHANTOM_SHARE
        pool = self.cohort.heads if whole_head else self.cohort.phantoms if phantom else self.cohort.cases
        if whole_head:
            healthy = [v for v in pool if not v.label.any()]
            pool = healthy if healthy and rng.random() < TUMOUR_FREE_SHARE else pool
        pool = pool or self.cohort.cases
        return hospital(pool[rng.integers(len(pool))], self.cohort.cubes, rng), tuple(
            s for s in self.stages if s == "whole" or not whole_head
        )
