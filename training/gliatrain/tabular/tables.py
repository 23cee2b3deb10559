"""Reads the tables: features and labels of UCSF-PDGM, and the external cohorts, each with its counts.

Labels follow the metadata's columns: IDH "wildtype" or any mutation; 1p/19q "intact" or any "co-deletion"
(empty: unknown, left out); MGMT "positive"/"negative" (indeterminate left out); OS in days with its event flag.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from . import features

DAYS_PER_MONTH = 365.25 / 12
UCSF = ("ucsf_pdgm_radiomics_T1gad.csv", "ucsf_pdgm_metadata_v2.csv")
GBM = "Glioblastoma, IDH-wildtype"


def read_cohort(feature_csv: Path, label_csv: Path) -> pd.DataFrame:
    """One row per patient of both tables (joined by ID): ID, all features, idh, 1p19q, mgmt, grade, months,
    event, diagnosis; NaN where unknown."""
    radiomics, labels = pd.read_csv(feature_csv), pd.read_csv(label_csv)
    for name, table in ((feature_csv, radiomics), (label_csv, labels)):
        if table["ID"].duplicated().any():
            raise ValueError(f"{name}: a patient occurs twice")
    both = labels.merge(radiomics, on="ID", how="inner")
    out = features.from_table(both)
    return pd.concat([both[["ID"]], clinical(both), out, targets(both)], axis=1)


def clinical(table: pd.DataFrame) -> pd.DataFrame:
    resection = table.get("EOR", pd.Series("", index=table.index)).fillna("").str.upper()
    is_stated = resection.isin(["GTR", "STR", "BIOPSY"])
    return pd.DataFrame(
        {
            "age_years": pd.to_numeric(table["Age at MRI"], errors="coerce"),
            "sex_male": table["Sex"].map({"M": 1.0, "F": 0.0}),
            "resection_gtr": (resection == "GTR").astype(float).where(is_stated),
            "resection_subtotal": (resection == "STR").astype(float).where(is_stated),
            "kps": pd.to_numeric(table["KPS"], errors="coerce") if "KPS" in table else np.nan,
        },
        index=table.index,
    )


def targets(table: pd.DataFrame) -> pd.DataFrame:
    text = {
        c: table[c].fillna("").astype(str).str.strip().str.lower()
        for c in ("IDH", "1p/19q", "MGMT status", "1-dead 0-alive", "Final pathologic diagnosis (WHO 2021)")
    }
    mutant = text["IDH"].str.match(r"idh[12] |mutated|(?:idh-)?mutant$")
    lost = text["1p/19q"].str.match(r"(?:relative )?co-?delet")
    event = pd.to_numeric(text["1-dead 0-alive"], errors="coerce")
    return pd.DataFrame(
        {
            "idh": mutant.astype(float).where(mutant | text["IDH"].str.fullmatch(r"(?:idh-)?wild-?type")),
            "1p19q": lost.astype(float).where(lost | (text["1p/19q"] == "intact")),
            "mgmt": text["MGMT status"].map({"positive": 1.0, "methylated": 1.0, "negative": 0.0, "unmethylated": 0.0}),
            "grade": pd.to_numeric(table["WHO CNS Grade"], errors="coerce"),
            "months": pd.to_numeric(table["OS"], errors="coerce").where(event.notna()) / DAYS_PER_MONTH,
            "event": event,
            "diagnosis": table["Final pathologic diagnosis (WHO 2021)"],
        },
        index=table.index,
    )


def read_upenn(path: Path) -> pd.DataFrame:
    """UPENN-GBM: first row of each patient (suffix _11 is the scan before surgery); clinical columns only."""
    t = pd.read_csv(path, na_values=["Not Available", "Not Applicable"])
    t = t[t["ID"].str.endswith("_11")].drop_duplicates("ID").reset_index(drop=True)
    gtr = t["GTR_over90percent"].map({"Y": 1.0, "N": 0.0})
    days = pd.to_numeric(t["Survival_from_surgery_days"], errors="coerce")
    return pd.DataFrame(
        {
            "ID": t["ID"],
            "age_years": t["Age_at_scan_years"],
            "sex_male": t["Gender"].map({"M": 1.0, "F": 0.0}),
            "resection_gtr": gtr,
            "resection_subtotal": 1 - gtr,
            "kps": pd.to_numeric(t["KPS"], errors="coerce"),
            "idh": t["IDH1"].map({"Wildtype": 0.0, "Mutated": 1.0}),
            "mgmt": t["MGMT"].map({"Methylated": 1.0, "Unmethylated": 0.0}),
            "months": days / DAYS_PER_MONTH,
            "event": np.where(days.notna(), 1.0, np.nan),
        }
    )


def read_tcga(folder: Path) -> pd.DataFrame:
    """TCGA: one row per patient of the WHO 2021 relabelled slides, sex and survival by patient id."""
    t = pd.read_csv(folder / "tcga_who2021_labels_iucomppath.csv").drop_duplicates("case_id")
    p = pd.read_csv(folder / "tcga_patient_info.csv").drop_duplicates("subject_id")
    t = t.merge(p[["subject_id", "is_female", "survival_months", "censorship"]], left_on="case_id", right_on="subject_id", how="left")
    grade = t["WHO_CNS5_grade"].astype(str).str.extract(r"([234])")[0].astype(float)
    codeleted = t["1p/19q codeletion"].map({"codel": 1.0, "non-codel": 0.0})
    return pd.DataFrame(
        {
            "ID": t["case_id"],
            "age_years": pd.to_numeric(t["Age (years at diagnosis)"], errors="coerce"),
            "sex_male": 1 - t["is_female"],
            "idh": t["IDH status"].map({"WT": 0.0, "Mutant": 1.0}),
            "1p19q": codeleted,
            "grade": grade,
            "months": t["survival_months"],
            "event": 1 - t["censorship"],
        }
    )
