"""Writes what `gliabridge evaluate --chain` reads: the clinical heads as NIfTI, and a table of tissue results (TCGA cases of BraTS, too).

    python -m gliatrain.chain_cases --data DIR --out DIR
    gliabridge evaluate --chain OUT/heads --chain DIR/brats --labels OUT/labels.csv

Heads: OUT/heads/<id>/<id>_{t1,t1ce,flair}.nii.gz and _mask.nii.gz (the publisher's mask of FLAIR abnormality), each sequence that is not
a copy of FLAIR. The publisher kept neither spacing nor position: see data.assumed_spacing; origin and orientation are those of an axial
stack, so volumes are estimates.

Labels: id, age, sex, idh, 1p19q, mgmt, grade (WHO 2021), diagnosis, survival_days, event; empty where no table states it. Sources in
order of precedence: tcga_who2021_labels_iucomppath (IDH, 1p/19q, MGMT, grade, diagnosis, age), tcga_patient_info
(survival, sex; IDH and 1p/19q only where the first has no row), kaggle3m_tcga_lgg_data (sex and age only). Contradictions are counted
and printed. None of it is committed.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from . import identities
from .data import CHANNELS, case_names, data_folder, native_head
from .nifti import write_nifti

DAYS_PER_MONTH = 365.25 / 12
COLUMNS = ("id", "age", "sex", "idh", "1p19q", "mgmt", "grade", "diagnosis", "survival_days", "event")


def write_clinical_case(path: Path, out: Path) -> dict:
    """Writes one clinical head as NIfTI; returns the sequences that it has."""
    name = path.name.split(".")[0]
    image, mask, spacing = native_head(path)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    parts = {key: channel for key, channel in zip(CHANNELS, image, strict=True) if channel.any()}
    for key, volume in {**parts, "mask": mask.astype(np.uint8)}.items():
        write_nifti(folder / f"{name}_{key}.nii.gz", volume, spacing)
    return {"id": name, "sequences": sorted(parts), "slice_mm": round(spacing[0], 2)}


class Tables:
    """The published tables by TCGA patient; `contradictions` counts where two of them differ."""

    def __init__(self, folder: Path) -> None:
        def by(name: str, key: str) -> dict[str, dict[str, str]]:
            return {row[key]: row for row in identities.read_rows(folder / name)}

        self.who = by("tcga_who2021_labels_iucomppath.csv", "case_id")
        self.info = by("tcga_patient_info.csv", "subject_id")
        self.lgg = {key.replace("_", "-"): row for key, row in by("kaggle3m_tcga_lgg_data.csv", "Patient").items()}
        self.contradictions: dict[str, int] = {}

    def first(self, what: str, *values: str) -> str:
        stated = [value for value in values if value != ""]
        if len(set(stated)) > 1:
            self.contradictions[what] = self.contradictions.get(what, 0) + 1
        return stated[0] if stated else ""

    def row(self, name: str, patient: str) -> dict[str, str] | None:
        """Labels of one case; None when no table has the patient."""
        who, info, lgg = self.who.get(patient, {}), self.info.get(patient, {}), self.lgg.get(patient, {})
        if not (who or info or lgg):
            return None
        idh = {"Mutant": "mutant", "mutant (maf)": "mutant", "WT": "wildtype", "WT (maf)": "wildtype"}
        codeletion = {"codel": "codeleted", "non-codel": "intact"}
        mgmt = {"Methylated": "methylated", "Unmethylated": "unmethylated"}
        months = info.get("survival_months", "")
        age = who.get("Age (years at diagnosis)") or info.get("age") or lgg.get("age_at_initial_pathologic") or ""
        return {
            "id": name,
            "age": f"{float(age):g}" if age.replace(".", "", 1).isdigit() else "",
            "sex": self.first(
                "sex", {"1.0": "F", "0.0": "M"}.get(info.get("is_female", ""), ""), {"1": "F", "2": "M"}.get(lgg.get("gender", ""), "")
            ),
            "idh": self.first(
                "idh", idh.get(who.get("IDH status", ""), ""), {"1.0": "mutant", "0.0": "wildtype"}.get(info.get("IDH1_mut", ""), "")
            ),
            "1p19q": self.first(
                "1p19q",
                codeletion.get(who.get("1p/19q codeletion", ""), ""),
                {"1.0": "codeleted", "0.0": "intact"}.get(info.get("loh1p/19q_cnv", ""), ""),
            ),
            "mgmt": mgmt.get(who.get("MGMT promoter status", ""), ""),
            "grade": who.get("WHO_CNS5_grade", "").removeprefix("Grade ").replace("NA", ""),
            "diagnosis": who.get("WHO_CNS5_diagnosis", ""),
            "survival_days": f"{float(months) * DAYS_PER_MONTH:.0f}" if months else "",
            "event": {"0.0": "1", "1.0": "0"}.get(info.get("censorship", ""), "") if months else "",
        }


def write_all(data: Path, out: Path, cache: Path | None = None) -> None:
    """Writes the heads as NIfTI and the table of tissue results; prints how many have which result, and contradictions."""
    table, tables = identities.patients(data, cache), Tables(data / "tables")
    cases, heads = case_names(data)
    for name in heads:
        print(write_clinical_case(data / "tcga-lgg" / f"{name}.image.npy.xz", out / "heads"), flush=True)
    row_of = {name: tables.row(name, identities.patient_of(table, name)) for name in [*heads, *cases]}
    rows = [row for row in row_of.values() if row]
    with (out / "labels.csv").open("w", newline="") as f:
        writer = csv.DictWriter(f, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    counts = {column: sum(row[column] != "" for row in rows) for column in COLUMNS}
    print(f"{len(rows)} rows for {len(heads)} heads and {len(cases)} whole cases; known: {counts}")
    print(f"tables that contradict each other: {tables.contradictions or 'none'}")
    print(f"in no table: {', '.join(name for name, row in row_of.items() if row is None) or 'none'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--cache", type=Path, help="where the table of identities is kept")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    write_all(data_folder(args.data), args.out, args.cache)


if __name__ == "__main__":
    main()
