"""Other cohorts, as far as their columns reach: a head gets what a cohort has, and the rest is missing (NaN).

The service itself would not answer without the required image features; here the head's mean imputation is used
on purpose, to see what its age, resection and shape parts are worth elsewhere. None of these rows was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage as ndi

from . import scores
from .features import location
from .heads import CODELETION, GRADE, IDH, MGMT, Head
from .model import Fitted, FittedCox
from .noise import SPACING, shape_of
from .tables import DAYS_PER_MONTH, read_tcga, read_upenn

# SRI24 brain on the 240 x 240 x 155 grid: medians of 13 skull-stripped cases (voxel faces).
SRI24_BOX = ((51.0, 187.0), (46.0, 212.0), (3.0, 139.0))


def read_brats2020(data: Path) -> pd.DataFrame:
    """Age, resection, survival of BraTS 2020 with shape and location from the expert label maps (joined by id)."""
    table = pd.read_csv(data / "tables" / "brats2020_survival_info.csv", keep_default_na=False)
    maps = np.load(data / "gt_segmentations_128.npz")
    index = {str(name): n for n, name in enumerate(maps["ids"])}
    seg = maps["seg"]
    rows = []
    for _, row in table.iterrows():
        n = index.get(row["Brats20ID"])
        days = pd.to_numeric(row["Survival_days"], errors="coerce")
        if n is None or not np.isfinite(days):
            continue
        is_resected = row["Extent_of_Resection"] in ("GTR", "STR")
        rows.append(
            {
                "ID": row["Brats20ID"],
                "age_years": float(row["Age"]),
                "months": days / DAYS_PER_MONTH,
                "event": 1.0,
                "resection_gtr": float(row["Extent_of_Resection"] == "GTR") if is_resected else np.nan,
                "resection_subtotal": float(row["Extent_of_Resection"] == "STR") if is_resected else np.nan,
                **map_features(seg[n] > 0),
            }
        )
    return pd.DataFrame(rows)


def map_features(mask: np.ndarray) -> dict[str, float]:
    """Volume, axes and location of a label map [x, y, z] on SPACING, x to the left, y backwards, z upwards. A mesh
    area cannot be computed on this coarse grid (its ratio to the 1 mm one varies by a third), so surface and
    sphericity stay missing."""
    box = ndi.find_objects(mask.astype(np.uint8))[0]
    shape = {k: v for k, v in shape_of(mask[box]).items() if k not in ("shape_SurfaceArea", "shape_Sphericity")}
    where, spacing = np.argwhere(mask), np.array(SPACING)
    return {**shape, **location((where.mean(0) + 0.5) * spacing, where.min(0) * spacing, (where.max(0) + 1) * spacing, SRI24_BOX)}


def rows_for(table: pd.DataFrame, features: Sequence[str]) -> np.ndarray:
    return np.column_stack([table[n].to_numpy(float) if n in table else np.full(len(table), np.nan) for n in features])


def measure_classifier(head: Head, fitted: Fitted, table: pd.DataFrame, y: np.ndarray, rng: np.random.Generator, rounds: int) -> dict:
    """AUC of the last class; y NaN where unknown."""
    keep = ~np.isnan(y) & table["age_years"].notna().to_numpy()
    p, y = fitted.probabilities(head, rows_for(table[keep], fitted.transform.features))[:, -1], y[keep].astype(int)
    return {"n": int(keep.sum()), "positives": int(y.sum()), "auc": scores.interval(lambda r: scores.auc(y[r], p[r]), len(y), rng, rounds)}


def measure_survival(fitted: FittedCox, table: pd.DataFrame, rng: np.random.Generator, rounds: int) -> dict:
    keep = (table["months"].notna() & table["event"].notna() & table["age_years"].notna()).to_numpy()
    t = table[keep]
    time, event = t["months"].to_numpy(float), t["event"].to_numpy(float)
    risk = fitted.log_risk(rows_for(t, fitted.transform.features))
    return {
        "n": int(keep.sum()),
        "deaths": int(event.sum()),
        "with_resection": int(t["resection_gtr"].notna().sum()) if "resection_gtr" in t else 0,
        "c_index": scores.interval(lambda r: scores.concordance(time[r], event[r], risk[r]), len(time), rng, rounds),
    }


def run_all(data: Path, fitted: dict, survival: FittedCox, rng: np.random.Generator, rounds: int = 200) -> dict:
    """Every external test; `fitted` by head name. Says what each cohort could give."""
    tables = data / "tables"
    out: dict[str, dict] = {}
    if (tables / "upenn_gbm_clinical_v1.1.csv").exists():
        t = read_upenn(tables / "upenn_gbm_clinical_v1.1.csv")
        out["UPENN-GBM"] = {
            "join": "clinical table alone, scan before surgery (_11), one row per patient; no image features",
            "patients": len(t),
            "idh": measure_classifier(IDH, fitted["idh"], t, t["idh"].to_numpy(float), rng, rounds),
            "mgmt": measure_classifier(MGMT, fitted["mgmt"], t, t["mgmt"].to_numpy(float), rng, rounds),
            "survival": measure_survival(survival, t, rng, rounds),
        }
    if (tables / "brats2020_survival_info.csv").exists() and (data / "gt_segmentations_128.npz").exists():
        t = read_brats2020(data)
        out["BraTS 2020"] = {
            "join": "survival table and expert label maps by BraTS 2020 id; age, resection, volume, axes, location; no T1c",
            "patients": len(t),
            "survival": measure_survival(survival, t, rng, rounds),
            "survival_age_and_resection_only": measure_survival(
                survival, t[["age_years", "resection_gtr", "resection_subtotal", "months", "event"]], rng, rounds
            ),
        }
    if (tables / "tcga_who2021_labels_iucomppath.csv").exists():
        t = read_tcga(tables)
        out["TCGA"] = {
            "join": "WHO 2021 labels (slides reduced to patients), sex and survival by TCGA id; no image features",
            "patients": len(t),
            "with_sex": int(t["sex_male"].notna().sum()),
            "idh": measure_classifier(IDH, fitted["idh"], t, t["idh"].to_numpy(float), rng, rounds),
            "1p19q": measure_classifier(CODELETION, fitted["1p19q"], t, t["1p19q"].to_numpy(float), rng, rounds),
            "grade": measure_classifier(
                GRADE, fitted["grade"], t, np.where(t["grade"].isna(), np.nan, (t["grade"] == 4).to_numpy(float)), rng, rounds
            ),
            "survival": measure_survival(survival, t, rng, rounds),
        }
    return out
