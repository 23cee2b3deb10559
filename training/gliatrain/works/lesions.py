"""The works on real patients: BraTS 2020 lesion cubes, tested at other hospitals. `python -m gliatrain.works.lesions --data DIR`

A cube (32^3 around a lesion, z-scores of the patient's brain) becomes a patient of the works: its middle, SIDE^3 voxels of twice the
size. Small networks, few epochs: what a CPU does in minutes. Survival (sgsnet, marasi): trained on patients of other hospitals,
tested on TCGA's. Markers (mtsunet): every second TCGA institution trains, the others test. Beside each: age alone, and ridge
regression on the features of the tabular heads, for the same patients. Into results/works.json under `patients`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from .. import identities
from ..data import data_folder, load_xz
from ..tabular import linear, scores, tables
from ..tabular.cohorts import read_brats_tcga
from ..tabular.heads import CARRIED
from . import marasi, mtsunet, sgsnet
from .cohort import Patient
from .loop import Settings
from .part import plain, write_json
from .run import RESULTS

SIDE = 12
SMALL = Settings(
    widths=(8, 8, 12),
    attended=1,
    heads=2,
    size=(SIDE,) * 3,
    batch=16,
    rate=5e-3,
    decay=0.05,
    drop_sequence=0.03,
)
DAYS = 365.25 / 12


def shrink(cube: np.ndarray) -> np.ndarray:
    """[..., 32, 32, 32] (x, y, z) -> the middle as [..., z, y, x], means of 2 x 2 x 2."""
    cut = (cube.shape[-1] - 2 * SIDE) // 2
    inner = np.moveaxis(cube[..., cut : cut + 2 * SIDE, cut : cut + 2 * SIDE, cut : cut + 2 * SIDE], (-3, -1), (-1, -3))
    return inner.reshape(*inner.shape[:-3], SIDE, 2, SIDE, 2, SIDE, 2).mean((-5, -3, -1))


def read_patients(data: Path, who: dict[str, str]) -> list[Patient]:
    """The first lesion of every BraTS 2020 patient with an age; TCGA's tissue results and survival, else BraTS's survival."""
    cubes = load_xz(data / "brats2020_lesion_cubes_32.npz.xz")
    image, mask, owner = cubes["image"], cubes["mask"], cubes["patient_id"].astype(str)
    tcga = tables.read_tcga(data / "tables").set_index("ID")
    survival = pd.read_csv(data / "tables" / "brats2020_survival_info.csv").set_index("Brats20ID")
    out = []
    for name in dict.fromkeys(owner):
        patient, n = identities.patient_of(who, name), int(np.flatnonzero(owner == name)[0])
        clinical: dict[str, float] = {}
        if patient in tcga.index:
            row = tcga.loc[patient]
            clinical = {
                "age": float(row["age_years"]),
                "idh": float(row["idh"]),
                "1p19q": float(row["1p19q"]),
                "grade": float(row["grade"]),
                "os_days": float(row["months"]) * DAYS,
                "event": float(row["event"]),
            }
        elif name in survival.index:
            days = pd.to_numeric(survival.loc[name, "Survival_days"], errors="coerce")
            clinical = {"age": survival.loc[name, "Age"], "os_days": days, "event": 1.0 if np.isfinite(days) else np.nan}
        if not np.isfinite(clinical.get("age", np.nan)):
            continue
        label = np.stack([shrink((mask[n] == code).astype(np.float32)) for code in (1, 2, 4)])
        classes = np.where(label.sum(0) >= 0.5, 1 + label.argmax(0), 0).astype(np.uint8)
        z = shrink(image[n].astype(np.float32)) / 20 - 5
        out.append(Patient(patient, z.astype(np.float32), classes, {k: float(v) for k, v in clinical.items()}))
    return out


def institutions(patients: list[Patient]) -> tuple[list[Patient], list[Patient]]:
    """TCGA patients: every second institution (second part of the id) trains, the others test."""
    sites = sorted({p.id[5:7] for p in patients})
    return ([p for p in patients if sites.index(p.id[5:7]) % 2 == 0], [p for p in patients if sites.index(p.id[5:7]) % 2])


def auc_of(truth: np.ndarray, score: np.ndarray, rows: np.ndarray) -> float:
    return scores.auc(truth[rows], score[rows])


def beside(train: list[Patient], test: list[Patient], features: pd.DataFrame, name: str, positive: Callable[[float], bool]) -> dict:
    """AUC of age alone and of ridge regression on the tabular heads' features, fitted on the same patients."""

    def of(group: list[Patient], columns: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        with_value = [p for p in group if np.isfinite(p.value(name)) and p.id in features.index]
        return features.loc[[p.id for p in with_value], list(columns)].to_numpy(float), np.array(
            [positive(p.value(name)) for p in with_value], float
        )

    out = {}
    for title, columns in (("age_alone", ("age_years",)), ("radiomics_and_age", CARRIED)):
        (x, y), (x_test, y_test) = of(train, columns), of(test, columns)
        transform = linear.fit_transform(x, columns, "linear")
        beta = linear.fit_logistic(transform(x), y, 10.0)
        score = beta[0] + transform(x_test) @ beta[1:]
        out[title] = {
            "n": len(y_test),
            "positives": int(y_test.sum()),
            "auc": scores.interval(partial(auc_of, y_test, score), len(y_test), np.random.default_rng(1), 300),
        }
    return out


def age_alone(test: list[Patient]) -> float:
    time, event, age = (np.array([p.value(k) for p in test]) for k in ("os_days", "event", "age"))
    return scores.concordance(time, event, age)


def run(data: Path, out: Path, who: dict[str, str], epochs: int) -> dict:
    everyone = read_patients(data, who)
    followed = [p for p in everyone if np.isfinite(p.value("os_days"))]
    tcga = [p for p in everyone if p.id.startswith("TCGA-")]
    other, held = [p for p in followed if not p.id.startswith("TCGA-")], [p for p in followed if p.id.startswith("TCGA-")]
    features = read_brats_tcga(data, who).set_index("patient")
    results: dict[str, dict] = {}
    settings = replace(
        SMALL,
        epochs=epochs,
        clinical=("age",),
        options={"ties": "efron", "dropout": 0.4, "class_limits_days": [300, 450], "penalty": 0.03},
    )
    figures = sgsnet.train_and_evaluate(other, settings, out / "sgsnet", True, held)[1]
    results["sgsnet"] = {
        "trained_on": len(other),
        "tested_on_tcga": len(held),
        "deaths": int(sum(p.value("event") for p in held)),
        "c_index": figures["c_index"],
        "c_index_training": figures["c_index_training"],
        "c_index_age_alone": age_alone(held),
    }
    print("sgsnet", json.dumps(plain(results["sgsnet"])), flush=True)
    figures = marasi.train_and_evaluate(other, held, settings, out / "marasi", True)[1]
    results["marasi"] = {
        k: figures[k] for k in ("fitted_on", "tested_on", "classes_b", "mri", "clinical", "mri_and_clinical", "c_index", "permutation_auc")
    }
    print("marasi", json.dumps(plain(results["marasi"])), flush=True)
    train, test = institutions(tcga)
    settings = replace(SMALL, epochs=2 * epochs, options={"dropout": 0.3})
    ablations = {
        name: mtsunet.train_and_evaluate(train, settings, out / name.replace(" ", "-"), True, test, **change)[1]
        for name, change in mtsunet.ABLATIONS.items()
    }
    results["mtsunet"] = {
        "trained_on": len(train),
        "tested_on": len(test),
        "image_alone": {name: f["heads"] for name, f in ablations.items()},
        "idh": beside(train, test, features, "idh", lambda v: v == 1),
        "grade 4": beside(train, test, features, "grade", lambda v: v == 4),
    }
    return results


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data")
    ap.add_argument("--out", type=Path, default=Path("out/works-patients"))
    ap.add_argument("--cache", type=Path)
    ap.add_argument("--epochs", type=int, default=8)
    a = ap.parse_args()
    data = data_folder(a.data)
    measures = run(data, a.out, identities.patients(data, a.cache), a.epochs)
    results = json.loads(RESULTS.read_text())
    results["patients"] = plain({"command": "python -m gliatrain.works.lesions", "epochs": a.epochs, "side": SIDE, **measures})
    write_json(RESULTS, results)


if __name__ == "__main__":
    main()
