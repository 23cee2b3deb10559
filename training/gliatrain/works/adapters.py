"""Converts public cohorts to the folder format. `python -m gliatrain.works.adapters --from ucsf --images DIR --table CSV --out DIR`

Which column becomes which field is stated by the functions below and printed by --columns; an unknown word
becomes an empty field, never a guess. Images are linked, not copied. Tables alone (no --images) give clinical.csv alone.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .cohort import FIELDS, write_clinical

Row = dict[str, str]
LACKING = {"", "na", "nan", "not available", "not applicable", "unknown", "none"}


@dataclass(frozen=True)
class Source:
    """columns: field -> (column of the table, how its words become ours); images: our file name -> patterns of theirs,
    {id} the patient; alone: what is known without a table."""

    columns: dict[str, tuple[str, Callable[[str], str]]]
    images: dict[str, tuple[str, ...]]


def words(**code_by_word: str) -> Callable[[str], str]:
    return lambda text: code_by_word.get(re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_"), "")


def same(text: str) -> str:
    return text


def decimal(text: str) -> str:
    """A number, or nothing; "89+" (an upper limit of the publisher) is read as 89."""
    number = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\+?\s*", text)
    return number[1] if number else ""


def digit(text: str) -> str:
    grade = re.fullmatch(r"(?:grade|g)?\s*([234])(?:\.0)?", text.strip().lower())
    return grade[1] if grade else ""


def months(text: str) -> str:
    return f"{float(text) * 365.25 / 12:.1f}" if decimal(text) else ""


def idh(text: str) -> str:
    t = text.lower()
    if re.fullmatch(r"wt|(idh[- ]?)?wild-?type", t):
        return "wildtype"
    return "mutant" if re.match(r"idh[12] |mutated|(idh-)?mutant$", t) else ""


def codeletion(text: str) -> str:
    t = text.lower()
    if t in ("intact", "non-codel"):
        return "intact"
    return "codeleted" if re.match(r"(relative )?co-?del", t) else ""


SEX = words(m="M", f="F", male="M", female="F")
METHYLATION = words(positive="methylated", methylated="methylated", negative="unmethylated", unmethylated="unmethylated")
SOURCES: dict[str, Source] = {
    "ucsf": Source(
        {
            "patient_id": ("ID", lambda t: re.sub(r"-(\d{3})$", r"-0\1", t)),  # the table has three digits, the folders four
            "age": ("Age at MRI", decimal),
            "sex": ("Sex", SEX),
            "idh": ("IDH", idh),
            "1p19q": ("1p/19q", codeletion),
            "mgmt": ("MGMT status", METHYLATION),
            "grade": ("WHO CNS Grade", digit),
            "os_days": ("OS", decimal),
            "event": ("1-dead 0-alive", decimal),
            "eor": ("EOR", words(gtr="gtr", str="str", biopsy="biopsy")),
        },
        {
            "t1": ("{id}_nifti/{id}_T1.nii.gz",),
            "t1c": ("{id}_nifti/{id}_T1c.nii.gz", "{id}_nifti/{id}_T1gad.nii.gz"),
            "t2": ("{id}_nifti/{id}_T2.nii.gz",),
            "flair": ("{id}_nifti/{id}_FLAIR.nii.gz",),
            "adc": ("{id}_nifti/{id}_ADC.nii.gz",),
            "seg": ("{id}_nifti/{id}_tumor_segmentation.nii.gz",),
        },
    ),
    "upenn": Source(
        {
            "patient_id": ("ID", same),
            "age": ("Age_at_scan_years", decimal),
            "sex": ("Gender", SEX),
            "idh": ("IDH1", idh),
            "mgmt": ("MGMT", METHYLATION),
            "os_days": ("Survival_from_surgery_days", decimal),
            "event": ("Survival_from_surgery_days", lambda t: "1" if decimal(t) else ""),  # survival is stated only for those who died
            "eor": ("GTR_over90percent", words(y="gtr", n="str")),
            "kps": ("KPS", decimal),
        },
        {
            "t1": ("images_structural/{id}/{id}_T1.nii.gz",),
            "t1c": ("images_structural/{id}/{id}_T1GD.nii.gz",),
            "t2": ("images_structural/{id}/{id}_T2.nii.gz",),
            "flair": ("images_structural/{id}/{id}_FLAIR.nii.gz",),
            "rcbv": ("images_DSC/{id}/{id}_DSC_ap-rCBV.nii.gz",),
            "seg": ("images_segm/{id}_segm.nii.gz", "automated_segm/{id}_automated_approx_segm.nii.gz"),
        },
    ),
    "brats": Source(
        {
            "patient_id": ("Brats20ID", same),
            "age": ("Age", decimal),
            "os_days": ("Survival_days", decimal),
            "event": ("Survival_days", lambda t: "1" if decimal(t) else ""),
            "eor": ("Extent_of_Resection", words(gtr="gtr", str="str")),
        },
        {
            "t1": ("{id}/{id}_t1.nii.gz", "{id}/{id}-t1n.nii.gz"),
            "t1c": ("{id}/{id}_t1ce.nii.gz", "{id}/{id}-t1c.nii.gz"),
            "t2": ("{id}/{id}_t2.nii.gz", "{id}/{id}-t2w.nii.gz"),
            "flair": ("{id}/{id}_flair.nii.gz", "{id}/{id}-t2f.nii.gz"),
            "seg": ("{id}/{id}_seg.nii.gz", "{id}/{id}-seg.nii.gz"),
        },
    ),
    "tcga": Source(
        {
            "patient_id": ("case_id", same),
            "age": ("Age (years at diagnosis)", decimal),
            "idh": ("IDH status", idh),
            "1p19q": ("1p/19q codeletion", codeletion),
            "mgmt": ("MGMT promoter status", METHYLATION),
            "grade": ("WHO_CNS5_grade", digit),
        },
        {
            "t1": ("{id}/{id}_t1.nii.gz",),
            "t1c": ("{id}/{id}_t1Gd.nii.gz", "{id}/{id}_t1ce.nii.gz"),
            "t2": ("{id}/{id}_t2.nii.gz",),
            "flair": ("{id}/{id}_flair.nii.gz",),
            "seg": ("{id}/{id}_GlistrBoost_ManuallyCorrected.nii.gz", "{id}/{id}_seg.nii.gz"),
        },
    ),
    "tcga-survival": Source(
        {
            "patient_id": ("subject_id", same),
            "age": ("age", decimal),
            "sex": ("is_female", words(**{"1": "F", "1_0": "F", "0": "M", "0_0": "M"})),
            "os_days": ("survival_months", months),
            "event": ("censorship", lambda t: {"0": "1", "1": "0"}.get(t.split(".")[0], "")),
        },
        {},
    ),
}


def read_table(path: Path, source: Source) -> list[Row]:
    """Rows of clinical.csv, the first of each patient (TCGA's tables have one per slide, UPENN's later scans end in
    other numbers than _11 and are left out)."""
    with path.open(newline="", encoding="utf-8-sig") as f:
        reader = csv.DictReader(f)
        lacking = {column for column, _ in source.columns.values()} - set(reader.fieldnames or [])
        if lacking:
            raise ValueError(f"{path.name} has no column {', '.join(sorted(lacking))}")
        rows: dict[str, Row] = {}
        for raw in reader:
            row = {}
            for name, (column, convert) in source.columns.items():
                text = (raw[column] or "").strip()
                row[name] = "" if text.lower() in LACKING else convert(text)
            if not row.get("os_days") or not row.get("event"):
                row["os_days"] = row["event"] = ""
            later = re.fullmatch(r"UPENN-GBM-\d+_(?!11$)\d+", row["patient_id"])
            if row["patient_id"] and not later:
                rows.setdefault(row["patient_id"], row)
    return list(rows.values())


def link_images(images: Path, out: Path, source: Source, name: str) -> list[str]:
    """Links the files of one patient into cases/<name>; returns which of them exist."""
    path_of = {}
    for target, patterns in source.images.items():
        path = next((images / p.format(id=name) for p in patterns if (images / p.format(id=name)).exists()), None)
        if path is not None:
            path_of[target] = path
    if path_of:
        (out / "cases" / name).mkdir(parents=True, exist_ok=True)
    for target, path in path_of.items():
        link = out / "cases" / name / f"{target}.nii.gz"
        link.unlink(missing_ok=True)
        link.symlink_to(path.resolve())
    return sorted(path_of)


def import_cohort(kind: str, images: Path | None, table: Path, out: Path) -> dict[str, int]:
    """Writes OUT in the folder format; returns counts: rows, patients with images, and values per field."""
    source = SOURCES[kind]
    out.mkdir(parents=True, exist_ok=True)
    rows = read_table(table, source)
    write_clinical(out / "clinical.csv", rows)
    linked = sum(bool(link_images(images, out, source, row["patient_id"])) for row in rows) if images else 0
    return {"rows": len(rows), "with_images": linked, **{k: sum(bool(r.get(k)) for r in rows) for k in FIELDS[1:] if k in source.columns}}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--from", dest="kind", choices=sorted(SOURCES), required=True)
    ap.add_argument("--images", type=Path)
    ap.add_argument("--table", type=Path)
    ap.add_argument("--out", type=Path)
    ap.add_argument("--columns", action="store_true", help="print which column becomes which field")
    a = ap.parse_args()
    if a.columns:
        print("\n".join(f"{column} -> {name}" for name, (column, _) in SOURCES[a.kind].columns.items()))
    elif not a.table or not a.out:
        ap.error("--table and --out are needed")
    else:
        print(import_cohort(a.kind, a.images, a.table, a.out))


if __name__ == "__main__":
    main()
