"""Made-up patients whose signals are planted, to show that each work finds what is there. No patient data.

A noisy ball with a tumour (oedema, core with enhancing rim) and, as a decoy, a cyst elsewhere that looks like a T2-FLAIR
mismatch in every second patient. Planted, inside the tumour alone:
- IDH: mutant tumours are bright on T2 and dark on FLAIR (mismatch); a gain of T2 and FLAIR in common is pure noise;
- grade 2, 3, 4: enhancement of the rim on T1c;
- 1p/19q (among IDH-mutant ones): coarse texture on T1;
- survival: log hazard = 0.9 z(core volume) + 0.7 z(age) + 0.9 aggressiveness, exponential times, censoring;
- aggressiveness: seen, with noise, in how bright the core is on T1; the pathology embedding shows it clearly.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cohort import UNKNOWN, Patient

PATHOLOGY = 16


@dataclass(frozen=True)
class Plan:
    """size: voxels per axis; missing: share of each label left empty; pathology: share of patients with an embedding;
    survival: share with a known survival; contrast: second scanner's gain of the tumour's signal; noise: voxel noise."""

    patients: int = 120
    size: int = 16
    seed: int = 1
    missing: float = 0.1
    pathology: float = 0.0
    survival: float = 1.0
    contrast: float = 1.0
    noise: float = 0.25
    extra: int = 0


def ball(size: int, centre, radius: float) -> np.ndarray:
    grid = np.mgrid[:size, :size, :size] - np.reshape(centre, (3, 1, 1, 1))
    return np.sqrt((grid ** 2).sum(0)) <= radius


def mixing(rng: np.random.Generator) -> np.ndarray:
    """How the latent facts show in an embedding: the same for every cohort, as one slide encoder is."""
    return rng.standard_normal((5, PATHOLOGY)).astype(np.float32)


def draw(plan: Plan, rng: np.random.Generator, name: str) -> dict:
    mutant = rng.random() < 0.5
    codeleted = mutant and rng.random() < 0.5
    grade = int(rng.choice([2, 3, 4], p=[0.45, 0.4, 0.15] if mutant else [0.05, 0.15, 0.8]))
    unit = plan.size / 16
    centre = plan.size / 2 + rng.uniform(-1.5, 1.5, 3) * unit
    core = float(rng.uniform(1.6, 3.4) * unit)
    return {"id": name, "mutant": mutant, "codeleted": codeleted, "grade": grade, "centre": centre, "core": core,
            "age": float(np.clip(rng.normal(48, 12), 18, 90)), "aggressive": float(rng.standard_normal())}


def paint(plan: Plan, rng: np.random.Generator, d: dict) -> tuple[np.ndarray, np.ndarray]:
    """Image [4 + extra, Z, Y, X] in z-scores and label."""
    n, unit = plan.size, plan.size / 16
    brain = ball(n, [n / 2 - 0.5] * 3, n * 0.48)
    core, rim = ball(n, d["centre"], d["core"]), ball(n, d["centre"], d["core"] + 0.9 * unit)
    oedema = ball(n, d["centre"], d["core"] + 2.2 * unit) & brain
    rim, core = rim & brain, core & brain
    label = np.zeros((n, n, n), np.uint8)
    label[oedema], label[rim], label[core] = 2, 3, 1
    image = brain * np.float32(1.0) - 0.5 + plan.noise * rng.standard_normal((4 + plan.extra, n, n, n))
    t1, t1c, t2, flair = image[:4]
    k = plan.contrast
    t1[oedema] -= 0.5 * k
    t1[core] += k * 0.45 * (d["aggressive"] + 0.7 * rng.standard_normal())
    if d["codeleted"]:
        coarse = rng.standard_normal([-(-n // 2)] * 3).repeat(2, 0).repeat(2, 1).repeat(2, 2)[:n, :n, :n]
        t1[oedema] += 1.1 * k * coarse[oedema]
    t1c[rim] += k * (0.2, 1.1, 2.0)[d["grade"] - 2] + 0.15 * rng.standard_normal()
    shared = 0.6 * rng.standard_normal()
    t2[oedema] += k * (1.3 if d["mutant"] else 1.0) + shared
    flair[oedema] += k * (0.5 if d["mutant"] else 1.2) + shared
    far = n / 2 - 0.5 + np.sign(n / 2 - d["centre"]) * 3.6 * unit
    cyst = ball(n, far, 2.2 * unit) & brain & ~oedema
    decoy = rng.random() < 0.5
    t1[cyst] -= 1.2
    t2[cyst] += 1.6
    flair[cyst] += -0.9 if decoy else 1.5
    for channel in image[4:]:  # an extra channel (ADC) is low where cells are dense
        channel[oedema] -= k * (d["grade"] - 2)
    return np.clip(image, -5, 5).astype(np.float32), label


def make_cohort(plan: Plan) -> list[Patient]:
    """Patients of one made-up hospital, in the normalised form that read_cohort gives."""
    rng, encoder = np.random.default_rng(plan.seed), mixing(np.random.default_rng(20))
    drawn = [draw(plan, rng, f"p{plan.seed:02d}-{k:03d}") for k in range(plan.patients)]
    hazard = [0.9 * (d["core"] / (plan.size / 16) - 2.5) / 0.52 + 0.7 * (d["age"] - 48) / 12 + 0.9 * d["aggressive"] for d in drawn]
    patients = []
    for d, h in zip(drawn, hazard):
        image, label = paint(plan, rng, d)
        death, seen = rng.exponential(500 * np.exp(-h)), rng.uniform(200, 3000)
        known = rng.random() < plan.survival
        clinical = {
            "age": d["age"], "sex": float(rng.random() < 0.5), "idh": float(d["mutant"]),
            "1p19q": float(d["codeleted"]), "mgmt": float(rng.random() < 0.5), "grade": float(d["grade"]),
            "os_days": float(max(1, round(min(death, seen)))) if known else UNKNOWN,
            "event": float(death <= seen) if known else UNKNOWN, "eor": float(rng.integers(0, 3)), "kps": float(rng.integers(5, 11) * 10),
        }
        for name in ("idh", "1p19q", "grade"):
            if rng.random() < plan.missing:
                clinical[name] = UNKNOWN
        slide = None
        if rng.random() < plan.pathology:
            z = np.array([d["mutant"] - 0.5, d["codeleted"] - 0.25, (d["grade"] - 3) / 2, 1.5 * d["aggressive"],
                          (d["core"] / (plan.size / 16) - 2.5) / 0.52], np.float32)
            slide = (z @ encoder + 0.3 * rng.standard_normal(PATHOLOGY)).astype(np.float32)
        patients.append(Patient(d["id"], image, label, clinical, slide))
    return patients
