"""Made-up patients whose signals are planted, to show that each work finds what is there. No patient data.

A noisy ball with a tumour (oedema, core with enhancing rim) and, elsewhere, decoys: lesions of the same make with a state
of their own, bright on T1 where the tumour is dark. What is planted in the tumour, and tells nothing in a decoy:
- IDH: mutant tumours are bright on T2 and dark on FLAIR (mismatch); what T2 and FLAIR have in common is pure noise;
- grade 2, 3, 4: enhancement of the rim on T1c;
- 1p/19q (among IDH-mutant ones): coarse texture on T1;
- aggressiveness: seen, with noise, in how bright the core is on T1; the pathology embedding shows it clearly;
- survival: exponential times whose log hazard is a weighted sum of core volume, age and aggressiveness; censoring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .cohort import UNKNOWN, Patient

PATHOLOGY = 16
UNITS = 16  # lengths are in sixteenths of the volume's side


@dataclass(frozen=True)
class Plan:
    """size: voxels per axis; missing: share of each label left empty; pathology: share of patients with an embedding;
    survival: share with a known survival; contrast: second scanner's gain of the tumour's signal; noise: voxel noise;
    extra: channels after the four; core, stray: least and largest radius of the core, largest shift of the tumour along
    each axis; decoys: how many; mismatch: T2 up and FLAIR down where IDH is mutant; field: deviation of a coarse field that
    T2 and FLAIR have in common; hazard: weights of core volume, age and aggressiveness (each in standard deviations);
    blur: noise of what the image shows of aggressiveness, in its standard deviations."""

    patients: int = 120
    size: int = 16
    seed: int = 1
    missing: float = 0.1
    pathology: float = 0.0
    survival: float = 1.0
    contrast: float = 1.0
    noise: float = 0.25
    extra: int = 0
    core: tuple[float, float] = (1.6, 3.4)
    stray: float = 1.5
    decoys: int = 1
    mismatch: float = 0.5
    field: float = 0.0
    hazard: tuple[float, float, float] = (0.9, 0.7, 0.9)
    blur: float = 0.7

    @property
    def unit(self) -> float:
        return self.size / UNITS

    def core_z(self, radius: float) -> float:
        """Radius in voxels -> standard deviations of its uniform distribution."""
        low, high = self.core
        return (radius / self.unit - (low + high) / 2) / ((high - low) / 12**0.5)


def ball(size: int, centre: Sequence[float], radius: float) -> np.ndarray:
    return distance(size, centre) <= radius


def distance(size: int, centre: Sequence[float]) -> np.ndarray:
    grid = np.mgrid[:size, :size, :size] - np.reshape(centre, (3, 1, 1, 1))
    return np.sqrt((grid**2).sum(0))


def coarse(rng: np.random.Generator, size: int) -> np.ndarray:
    """Standard normal numbers, the same in blocks of two voxels a side."""
    return rng.standard_normal([-(-size // 2)] * 3).repeat(2, 0).repeat(2, 1).repeat(2, 2)[:size, :size, :size]


def mixing(rng: np.random.Generator) -> np.ndarray:
    """How the latent facts show in an embedding: the same for every cohort, as one slide encoder is."""
    return rng.standard_normal((5, PATHOLOGY)).astype(np.float32)


def draw(plan: Plan, rng: np.random.Generator, name: str) -> dict:
    mutant = rng.random() < 0.5
    codeleted = mutant and rng.random() < 0.5
    grade = int(rng.choice([2, 3, 4], p=[0.45, 0.4, 0.15] if mutant else [0.05, 0.15, 0.8]))
    centre = plan.size / 2 + rng.uniform(-plan.stray, plan.stray, 3) * plan.unit
    core = float(rng.uniform(*plan.core) * plan.unit)
    return {
        "id": name,
        "mutant": mutant,
        "codeleted": codeleted,
        "grade": grade,
        "centre": centre,
        "core": core,
        "age": float(np.clip(rng.normal(48, 12), 18, 90)),
        "aggressive": float(rng.standard_normal()),
    }


def regions(plan: Plan, lesion: dict, where: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks of the core, the core with its rim, and all with the oedema, inside `where`."""
    away = distance(plan.size, lesion["centre"])
    return tuple((away <= lesion["core"] + margin * plan.unit) & where for margin in (0, 0.9, 2.2))


def paint_lesion(plan: Plan, rng: np.random.Generator, image: np.ndarray, lesion: dict, where: np.ndarray, decoy: bool) -> None:
    """Adds a tumour or a decoy to image [4 + extra, Z, Y, X], in `where` alone."""
    core, rim, oedema = regions(plan, lesion, where)
    t1, t1c, t2, flair = image[:4]
    k = plan.contrast
    t1[oedema] += (0.5 if decoy else -0.5) * k
    t1[core] += k * 0.45 * (lesion["aggressive"] + plan.blur * rng.standard_normal())
    if lesion["codeleted"]:
        t1[oedema] += 1.1 * k * coarse(rng, plan.size)[oedema]
    t1c[rim] += k * (0.2, 1.1, 2.0)[lesion["grade"] - 2] + 0.15 * rng.standard_normal()
    shared, sign = 0.6 * rng.standard_normal(), 0.5 if lesion["mutant"] else -0.5
    t2[oedema] += k * (1.1 + sign * plan.mismatch) + shared
    flair[oedema] += k * (0.9 - sign * plan.mismatch) + shared
    for channel in image[4:]:  # an extra channel (ADC) is low where cells are dense
        channel[oedema] -= k * (lesion["grade"] - 2)


def paint(plan: Plan, rng: np.random.Generator, tumour: dict) -> tuple[np.ndarray, np.ndarray]:
    """Image [4 + extra, Z, Y, X] in z-scores and label."""
    n = plan.size
    brain = ball(n, [n / 2 - 0.5] * 3, n * 0.48)
    core, rim, oedema = regions(plan, tumour, brain)
    label = np.zeros((n, n, n), np.uint8)
    label[oedema], label[rim], label[core] = 2, 3, 1
    image = brain * np.float32(1.0) - 0.5 + plan.noise * rng.standard_normal((4 + plan.extra, n, n, n))
    image[2:4] += plan.field * coarse(rng, n)
    paint_lesion(plan, rng, image, tumour, brain, decoy=False)
    free = brain & ~oedema
    for _ in range(plan.decoys):
        decoy = draw(plan, rng, "decoy")
        places = [{**decoy, "centre": c} for c in rng.choice(np.argwhere(free), 12)]
        decoy = max(places, key=lambda d: regions(plan, d, free)[2].sum())  # where most of it shows
        paint_lesion(plan, rng, image, decoy, free, decoy=True)
        free &= ~regions(plan, decoy, brain)[2]
    return np.clip(image, -5, 5).astype(np.float32), label


def make_cohort(plan: Plan) -> list[Patient]:
    """Patients of one made-up hospital, in the normalised form that read_cohort gives."""
    rng, encoder = np.random.default_rng(plan.seed), mixing(np.random.default_rng(20))
    drawn = [draw(plan, rng, f"p{plan.seed:02d}-{k:03d}") for k in range(plan.patients)]
    patients = []
    for d in drawn:
        image, label = paint(plan, rng, d)
        h = float(np.dot(plan.hazard, (plan.core_z(d["core"]), (d["age"] - 48) / 12, d["aggressive"])))
        death, seen = rng.exponential(500 * np.exp(-h)), rng.uniform(200, 3000)
        is_followed = rng.random() < plan.survival
        clinical = {
            "age": d["age"],
            "sex": float(rng.random() < 0.5),
            "idh": float(d["mutant"]),
            "1p19q": float(d["codeleted"]),
            "mgmt": float(rng.random() < 0.5),
            "grade": float(d["grade"]),
            "os_days": float(max(1, round(min(death, seen)))) if is_followed else UNKNOWN,
            "event": float(death <= seen) if is_followed else UNKNOWN,
            "eor": float(rng.integers(0, 3)),
            "kps": float(rng.integers(5, 11) * 10),
        }
        for name in ("idh", "1p19q", "grade"):
            if rng.random() < plan.missing:
                clinical[name] = UNKNOWN
        slide = None
        if rng.random() < plan.pathology:
            z = np.array(
                [d["mutant"] - 0.5, d["codeleted"] - 0.25, (d["grade"] - 3) / 2, 1.5 * d["aggressive"], plan.core_z(d["core"])], np.float32
            )
            slide = (z @ encoder + 0.3 * rng.standard_normal(PATHOLOGY)).astype(np.float32)
        patients.append(Patient(d["id"], image, label, clinical, slide))
    return patients
