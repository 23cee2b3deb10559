"""Patients of several scanners with images and labels: what a head is trained on, and what shows whether it generalises.

UCSF-PDGM   one hospital; the published radiomics of T1c (`tables.read_cohort`)
BraTS-TCGA  a dozen hospitals: the BraTS 2020 lesion cubes and label maps of patients with TCGA tissue results
TCGA heads  clinical images of TCGA-LGG with their published outline of the FLAIR abnormality; only ever tested on

Features are `features.py`'s, as far as each source has them. A cube holds z-scores of the patient's own brain; with the mean and
deviation of the brain, which brats2020_radiomic_features_caumente.csv gives, they become shares of the brain's mean again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage as ndi

from ..data import assumed_spacing, case_names, load_xz, repeated_channels
from ..identities import patient_of
from . import tables
from .external import map_features
from .features import first_order, location

T1C = 1
LABELS = ("idh", "1p19q", "grade", "sex_male", "age_years", "months", "event")


def t1c_of(values: np.ndarray) -> dict[str, float]:
    """`values`: T1c inside the tumour, in units of the brain's mean."""
    median, p90 = np.percentile(values, [50, 90])
    return {**first_order(values), "t1c_median_over_brain": median, "t1c_p90_over_brain": p90}


def read_brats_tcga(data: Path, identities: dict[str, str]) -> pd.DataFrame:
    """One row per BraTS 2020 patient with a TCGA tissue result; ID is the BraTS 2020 id, `patient` the TCGA id."""
    labels = tables.read_tcga(data / "tables").set_index("ID")
    maps, cubes = np.load(data / "gt_segmentations_128.npz"), load_xz(data / "brats2020_lesion_cubes_32.npz.xz")
    seg, image, mask, owner = maps["seg"], cubes["image"], cubes["mask"], cubes["patient_id"].astype(str)
    brains = pd.read_csv(data / "tables" / "brats2020_radiomic_features_caumente.csv")
    rows = []
    for n, name in enumerate(maps["ids"].astype(str)):
        patient = patient_of(identities, name)
        if patient not in labels.index:
            continue
        brain = brains.iloc[int(name.rsplit("_", 1)[1]) - 1]
        z = np.concatenate([image[k, T1C][mask[k] > 0] for k in np.flatnonzero(owner == name)]) / 20.0 - 5.0
        values = np.maximum(1 + z * brain["t1ce std"] / brain["t1ce mean"], 0.02)
        rows.append({"ID": name, "patient": patient, **map_features(seg[n] > 0), **t1c_of(values), **labels.loc[patient, list(LABELS)]})
    return pd.DataFrame(rows)


def read_clinical_heads(data: Path, identities: dict[str, str]) -> pd.DataFrame:
    """One row per clinical head with a T1c; the brain is the head's inside, roughly (16 mm within the skin)."""
    labels = tables.read_tcga(data / "tables").set_index("ID")
    rows = []
    for name in case_names(data)[1]:
        image = load_xz(data / "tcga-lgg" / f"{name}.image.npy.xz")
        if repeated_channels(image)[2]:
            continue
        mask = load_xz(data / "tcga-lgg" / f"{name}.mask.npy.xz").astype(bool)
        slice_mm, pixel, _ = assumed_spacing(image.shape[1:])
        inside = inside_skull(image[1].astype(np.float32), pixel)
        t1c = image[2].astype(float)
        at, where = np.argwhere(inside), np.argwhere(mask)
        low, high, depth = at.min(0), at.max(0) + 1, len(mask)
        box = ((low[2], high[2]), (low[1], high[1]), (0.22 * depth, 0.97 * depth))
        place = location(where.mean(0)[::-1] + 0.5, where.min(0)[::-1], where.max(0)[::-1] + 1, box)
        row = {
            "ID": name,
            "patient": identities[name],
            "shape_MeshVolume": mask.sum() * slice_mm * pixel**2,
            **place,
            **t1c_of((t1c[mask] + 1e-3) / t1c[inside].mean()),
        }
        if row["patient"] in labels.index:
            row.update(labels.loc[row["patient"], list(LABELS)])
        rows.append(row)
    return pd.DataFrame(rows)


def inside_skull(flair: np.ndarray, pixel: float) -> np.ndarray:
    """[Z, Y, X] -> bool: 16 mm inside the skin, plane by plane, above the lowest quarter of the stack."""
    smooth = ndi.uniform_filter(flair, (1, 5, 5))
    head = smooth > 0.1 * np.percentile(smooth, 98)
    inside = np.stack([ndi.binary_erosion(ndi.binary_fill_holes(plane), iterations=int(16 / pixel)) for plane in head])
    inside[: len(inside) // 4] = False
    return inside


def pooled(ucsf: pd.DataFrame, brats: pd.DataFrame, kept_back: set[str]) -> pd.DataFrame:
    """All rows with their cohort; columns that one cohort lacks are NaN there. Patients of `kept_back` (those of whom there are whole
    images, on which the whole chain is measured) are tested, never trained on."""
    both = pd.concat([ucsf.assign(cohort="UCSF-PDGM", patient=ucsf["ID"]), brats.assign(cohort="BraTS-TCGA")], ignore_index=True)
    if both["patient"].duplicated().any():
        raise ValueError("a patient occurs twice in the training table")
    return both.assign(kept_back=both["patient"].isin(kept_back))
