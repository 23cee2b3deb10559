"""Who is who: one table of patients over all sources. `python -m gliatrain.identities --data DIR`

The same person may be a whole case of BraTS 2021, a lesion cube and a label map of BraTS 2020, a clinical head of TCGA and a row
of a clinical table. `patients` maps every source id to one patient: the TCGA id where there is one, else the BraTS 2020 id, else the
source's own. What joins them, in this order:

- row n of brats_name_mapping.csv is BraTS20_Training_n (`check_rows` shows it: survival of the TCGA patients and label volumes);
- BraTS 2017 to 2019 ids, and TCGA ids, by that table; a clinical head's id begins with its TCGA id;
- a whole case without such an id: its label map picks the candidates (whole-tumour Dice on the 128 cube), the four images
  decide (correlation inside the candidate's lesion cubes, which hold the patient's own intensities);
- UPENN-GBM and BraTS 2020: the same survival in days and an age within AGE_YEARS. That may join two people who are alike,
  which only makes the split stricter.

Splits are by patient, and a fold is what a member recorded that it trained on (`seen_by`), never what a folder lists today.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from .data import CHANNELS, brats_file, case_names, data_folder, load_xz

CANDIDATE_DICE = 0.7
"""Label maps of two patients rarely overlap more than this; those of one patient do, however often the tumour was outlined again."""
SAME_CORRELATION = 0.6
"""Mean over the four sequences: the same scans reach at least 0.79, two patients with similar tumours stay below 0.5 (`evidence`)."""
CUBE, GRID, SHIFT = 32, 128, 2
AGE_YEARS = 1.1
"""Ages of one patient in the tables of UPENN-GBM and BraTS 2020 differ by up to a year; their survival is the same number of days."""


class OverlapError(ValueError):
    """A patient is on both sides of a split."""


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as f:
        return list(csv.DictReader(f))


def brats2020_id(row: int) -> str:
    """Of the mapping's row, from 0."""
    return f"BraTS20_Training_{row + 1:03d}"


def name_mapping(tables: Path) -> dict[str, str]:
    """Every id of brats_name_mapping.csv -> the patient: TCGA id, else BraTS 2020 id."""
    patient_by_name = {}
    for n, row in enumerate(read_rows(tables / "brats_name_mapping.csv")):
        tcga = row["TCGA_TCIA_subject_ID"]
        patient = tcga if tcga not in ("", "NA") else brats2020_id(n)
        ids = [brats2020_id(n), patient, *(row[f"BraTS_{year}_subject_ID"] for year in (2017, 2018, 2019))]
        patient_by_name.update({name: patient for name in ids if name not in ("", "NA")})
    return patient_by_name


def seen_by_brats2017(data: Path) -> set[str]:
    """Patients of the BraTS 2017 training set: what networks trained on it (and all their descendants) have seen."""
    rows = read_rows(data / "tables" / "brats_name_mapping.csv")
    patient_by_name = name_mapping(data / "tables")
    return {patient_by_name[row["BraTS_2017_subject_ID"]] for row in rows if row["BraTS_2017_subject_ID"] not in ("", "NA")}


def tcga_id(head: str) -> str:
    """TCGA_CS_4941_19960909 -> TCGA-CS-4941"""
    return "-".join(head.split("_")[:3])


def check_rows(data: Path) -> dict:
    """Evidence that row n is BraTS20_Training_n: survival in days against TCGA's months, label volumes and grade against the
    label volumes and type of another publisher's table, which is in the order of 2020."""
    tables = data / "tables"
    mapping = read_rows(tables / "brats_name_mapping.csv")
    months = {r["subject_id"]: float(r["survival_months"]) for r in read_rows(tables / "tcga_patient_info.csv") if r["survival_months"]}
    days = {r["Brats20ID"]: r["Survival_days"] for r in read_rows(tables / "brats2020_survival_info.csv")}
    off = [
        abs(float(days[name]) / 30.44 - months[row["TCGA_TCIA_subject_ID"]])
        for n, row in enumerate(mapping)
        if (name := brats2020_id(n)) in days and days[name].isdigit() and row["TCGA_TCIA_subject_ID"] in months
    ]
    volumes = read_rows(tables / "brats2020_radiomic_features_caumente.csv")
    grades = [(r["type"] == "1") == (m["Grade"] == "HGG") for r, m in zip(volumes, mapping, strict=True)]
    return {
        "survival_pairs": len(off),
        "survival_off_by_more_than_a_day": sum(d > 1 / 30 for d in off),
        "grade_pairs": len(grades),
        "grade_differs": len(grades) - sum(grades),
    }


class LabelMaps:
    """The 365 label maps and lesion cubes of BraTS 2020, on the 128 cube in the order of the NIfTI's own axes."""

    def __init__(self, data: Path) -> None:
        z = np.load(data / "gt_segmentations_128.npz")
        self.ids = [str(i) for i in z["ids"]]
        self.maps = (z["seg"] > 0).reshape(len(self.ids), -1)
        self.sums = self.maps.sum(1)
        cubes = load_xz(data / "brats2020_lesion_cubes_32.npz.xz")
        self.cubes = defaultdict(list)
        for name, image, bbox in zip(cubes["patient_id"], cubes["image"], cubes["bbox"], strict=True):
            self.cubes[str(name)].append((image.astype(float), cube_start(bbox)))

    def overlaps(self, label: np.ndarray) -> np.ndarray:
        """Whole-tumour Dice with each map; `label` on its own grid."""
        flat = np.flatnonzero(at_cube(label, [range(GRID)] * 3))
        return 2 * self.maps[:, flat].sum(1) / (self.sums + len(flat))

    def correlation(self, name: str, images: list[np.ndarray]) -> float:
        """Mean over sequences of the correlation inside one of the patient's lesion cubes (air left out), the best of all cubes and
        of shifts by up to SHIFT voxels: the boxes of small lesions, and later editions of a case, lie a little apart."""
        best = 0.0
        for image, start in self.cubes[name]:
            around = [np.arange(s - SHIFT, s + CUBE + SHIFT) for s in start]
            others = [at_cube(whole, around).astype(float) for whole in images]
            for shift in np.ndindex(*[2 * SHIFT + 1] * 3):
                window = tuple(slice(k, k + CUBE) for k in shift)
                best = max(best, float(np.mean([alike(own, other[window]) for own, other in zip(image, others, strict=True)])))
        return best


def alike(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation where neither is air; 0 where there are hardly any such voxels."""
    inside = (a > 0) & (b > 0)
    if inside.sum() < 100 or a[inside].std() == 0 or b[inside].std() == 0:
        return 0.0
    return float(np.corrcoef(a[inside], b[inside])[0, 1])


def cube_start(bbox: np.ndarray) -> list[int]:
    """First voxel of a lesion cube on the 128 cube: its box (x0 x1 y0 y1 z0 z1) lies in the middle."""
    return [(int(bbox[2 * a]) + int(bbox[2 * a + 1])) // 2 - CUBE // 2 for a in range(3)]


def at_cube(volume: np.ndarray, at: Sequence[Any]) -> np.ndarray:
    """Nearest voxels of a volume at these indices of the 128 cube over it; indices beyond it take the edge."""
    index = [np.clip(((np.asarray(i) + 0.5) * n / GRID).astype(int), 0, n - 1) for i, n in zip(at, volume.shape, strict=True)]
    return volume[np.ix_(*index)]


def match_case(folder: Path, maps: LabelMaps) -> tuple[str | None, list[dict]]:
    """The BraTS 2020 patient of a whole case, if any, and the evidence for each candidate."""

    def read(name: str) -> np.ndarray:
        return np.asarray(nib.load(brats_file(folder, name)).dataobj)

    overlap = maps.overlaps(read("seg"))
    images = [read(name) for name in CHANNELS]
    candidates = [
        {"id": maps.ids[k], "dice": round(float(overlap[k]), 3), "correlation": round(maps.correlation(maps.ids[k], images), 3)}
        for k in np.argsort(-overlap)
        if overlap[k] >= CANDIDATE_DICE
    ]
    same = [f["id"] for f in candidates if f["correlation"] >= SAME_CORRELATION]
    if len(same) > 1:
        raise OverlapError(f"{folder.name} matches several patients of BraTS 2020: {', '.join(same)}")
    return (same[0] if same else None), candidates


def upenn_pairs(tables: Path) -> dict[str, str]:
    """UPENN-GBM patient -> BraTS 2020 id, where survival is the same and age nearly; of several the nearest in age."""
    by = defaultdict(list)
    for row in read_rows(tables / "brats2020_survival_info.csv"):
        if row["Survival_days"].isdigit():
            by[row["Survival_days"]].append((float(row["Age"]), row["Brats20ID"]))
    original_of = {}
    for row in read_rows(tables / "upenn_gbm_clinical_v1.1.csv"):
        near = sorted((abs(age - float(row["Age_at_scan_years"])), name) for age, name in by[row["Survival_from_surgery_days"]])
        same = [name for off, name in near if off <= AGE_YEARS]
        if same:
            original_of[row["ID"].rsplit("_", 1)[0]] = same[0]
    return original_of


def make_table(data: Path) -> dict:
    """{"patients": {source id: patient}, "evidence": {whole case: candidates}}"""
    patient_by_name = name_mapping(data / "tables")
    maps = LabelMaps(data)
    table = {name: patient_by_name.get(name, name) for name in maps.ids}
    table.update(patient_by_name)
    cases, heads = case_names(data)
    evidence = {}
    for name in cases:
        if name in patient_by_name:
            continue
        original, evidence[name] = match_case(data / "brats" / name, maps)
        table[name] = table.get(original or name, name)
    for head in heads:
        table[head] = tcga_id(head)
    for upenn, name in upenn_pairs(data / "tables").items():
        table[upenn] = table.get(name, name)
    return {"patients": table, "evidence": evidence}


def fingerprint(data: Path) -> str:
    """Of what the table is made from: the listing and the tables."""
    cases, heads = case_names(data)
    tables = [
        (data / "tables" / name).read_bytes()
        for name in ("brats_name_mapping.csv", "brats2020_survival_info.csv", "upenn_gbm_clinical_v1.1.csv")
    ]
    code = Path(__file__).read_bytes()
    return hashlib.sha256(b"\n".join([code, "\n".join(cases + heads).encode(), *tables])).hexdigest()


def identity_table(data: Path, cache: Path | None = None) -> dict:
    """`make_table`, kept in CACHE/identities.json while the data folder stays the same."""
    key = fingerprint(data)
    if cache is None:
        return {"key": key, **make_table(data)}
    path = cache / "identities.json"
    if path.exists() and (old := json.loads(path.read_text())).get("key") == key:
        return old
    made = {"key": key, **make_table(data)}
    cache.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made, indent=1) + "\n")
    return made


def patients(data: Path, cache: Path | None = None) -> dict[str, str]:
    """{source id: patient} of every whole case, clinical head, lesion cube, label map and joined table row."""
    return identity_table(data, cache)["patients"]


def patient_of(table: dict[str, str], name: str) -> str:
    """An id that the table lacks (a row of a cohort that shares nobody) is a patient of its own."""
    return table.get(name, name)


def seen_by(record: dict, table: dict[str, str]) -> set[str]:
    """Patients that a member trained on, from its own record (`counts` of its checkpoint): whole cases, heads, and lesion cubes.
    A record from before cubes were listed counts every cube patient that it does not name as left out."""
    names = [*record["brats_whole_cases"], *record["tcga_lgg_heads"]]
    if "lesion_cube_ids" in record:
        names += record["lesion_cube_ids"]
    else:
        names += [n for n in table if n.startswith("BraTS20_") and n not in record["lesion_cube_patients_excluded"]]
    return {patient_of(table, n) for n in names}


def records(training: dict) -> list[dict]:
    """What each member recorded, by its fold (results/training.json)."""
    return sorted((m["counts"] for m in training["members"]), key=lambda counts: counts["fold"])


def tested_by(members: list[dict], table: dict[str, str], names: list[str]) -> list[list[str]]:
    """For each member the sources that it tests: the first member that never saw the patient in any form takes a source, so
    that each is tested once; a source whose patient all of them saw is tested by none."""
    seen = [seen_by(record, table) for record in members]
    tests: list[list[str]] = [[] for _ in members]
    for name in names:
        clean = [k for k, patients_ in enumerate(seen) if patient_of(table, name) not in patients_]
        if clean:
            tests[clean[0]].append(name)
    return tests


def refuse_overlap(trained: list[str], tested: list[str], table: dict[str, str]) -> None:
    """Raises where a patient is in both, under whatever name."""
    seen = defaultdict(list)
    for name in trained:
        seen[patient_of(table, name)].append(name)
    both = [f"{name} (trained on as {', '.join(seen[p])})" for name in tested if (p := patient_of(table, name)) in seen]
    if both:
        raise OverlapError(f"{len(both)} tested sources have their patient in the training: {'; '.join(both[:5])}")


def split(names: list[str], table: dict[str, str], folds: int) -> dict[str, int]:
    """Fold of each source: patients, ordered by a digest of their id, are assigned in turn, so that a new case does not move any other."""

    def fold(patient: str) -> int:
        return int.from_bytes(hashlib.sha256(patient.encode()).digest()[:8], "big") % folds

    return {name: fold(patient_of(table, name)) for name in names}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data")
    ap.add_argument("--cache", type=Path, help="folder for identities.json")
    a = ap.parse_args()
    data = data_folder(a.data)
    table = identity_table(data, a.cache)
    ids, (cases, heads) = table["patients"], case_names(data)
    print("rows of the name mapping:", json.dumps(check_rows(data)))
    cubes = {p: n for n, p in ids.items() if n.startswith("BraTS20_Training")}
    seen = seen_by_brats2017(data)
    for name in [*cases, *heads]:
        patient = ids[name]
        print(
            f"{name}: patient {patient}, cubes and label map {cubes.get(patient, 'none')}"
            f"{', in the BraTS 2017 training set' if patient in seen else ''} {table['evidence'].get(name, '')}"
        )
    print(f"UPENN-GBM patients that are BraTS 2020 patients: {sum(n.startswith('UPENN') for n in ids)}")


if __name__ == "__main__":
    main()
