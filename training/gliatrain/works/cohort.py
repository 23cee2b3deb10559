"""One folder format for a hospital's cohort, and its reader.

    COHORT/clinical.csv                  one row per patient, columns of FIELDS in any order; a missing value is empty
    COHORT/cases/<patient_id>/t1.nii.gz t1c.nii.gz t2.nii.gz flair.nii.gz [adc.nii.gz rcbv.nii.gz] [seg.nii.gz]
    COHORT/pathology.csv                 optional: patient_id and one column per number of a slide embedding

Images of a case share one space (registered); any orientation. seg: 0, 1 necrotic core, 2 oedema, 3 or 4 enhancing.
A sequence that is missing is simply not there. Clinical values: age in years; sex M or F; idh mutant or wildtype; 1p19q
codeleted or intact; mgmt methylated or unmethylated; grade 2, 3 or 4; os_days and event (1 died, 0 alive when last
seen); eor gtr, str or biopsy; kps 0 to 100.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..data import label_to_grid, labels_to_classes, read_lps
from ..nifti import write_nifti
from ..preprocess import SPACING_MM, normalise, to_grid

FIELDS = ("patient_id", "age", "sex", "idh", "1p19q", "mgmt", "grade", "os_days", "event", "eor", "kps")
SEQUENCES = ("t1", "t1c", "t2", "flair")
EXTRA = ("adc", "rcbv")
CODES = {
    "sex": {"M": 1.0, "F": 0.0},
    "idh": {"mutant": 1.0, "wildtype": 0.0},
    "1p19q": {"codeleted": 1.0, "intact": 0.0},
    "mgmt": {"methylated": 1.0, "unmethylated": 0.0},
    "grade": {"2": 2.0, "3": 3.0, "4": 4.0},
    "event": {"1": 1.0, "0": 0.0},
    "eor": {"gtr": 2.0, "str": 1.0, "biopsy": 0.0},
}
UNKNOWN = float("nan")


@dataclass
class Patient:
    """image float32 [C, Z, Y, X], normalised, a missing sequence all zero; label uint8 [Z, Y, X] (0, NCR, ED, ET) or None;
    clinical: every field of FIELDS but the id as a number, NaN where missing; pathology: slide embedding or None."""

    id: str
    image: np.ndarray
    label: np.ndarray | None
    clinical: dict[str, float] = field(default_factory=dict)
    pathology: np.ndarray | None = None

    def value(self, name: str) -> float:
        return self.clinical.get(name, UNKNOWN)

    @property
    def slide(self) -> np.ndarray:
        """The embedding of a patient who has one."""
        if self.pathology is None:
            raise ValueError(f"{self.id}: no pathology embedding")
        return self.pathology


def number(name: str, text: str, where: str) -> float:
    """One cell of clinical.csv as a number; a word that the format does not know is an error, never a guess."""
    text = text.strip()
    if not text:
        return UNKNOWN
    if name in CODES:
        if text not in CODES[name]:
            raise ValueError(f"{where}: {name} must be one of {', '.join(CODES[name])} or empty")
        return CODES[name][text]
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{where}: {name} must be a number or empty") from None
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{where}: {name} must be a number of 0 or more")
    return value


def read_clinical(path: Path) -> dict[str, dict[str, float]]:
    """Patient id -> values. Unknown columns, double patients and unknown words are refused with the line."""
    with path.open(newline="", encoding="utf-8-sig") as f:
        reader = csv.DictReader(f)
        columns = reader.fieldnames or []
        if "patient_id" not in columns or set(columns) - set(FIELDS):
            raise ValueError(f"{path.name}: columns must be patient_id and any of {', '.join(FIELDS[1:])}")
        out: dict[str, dict[str, float]] = {}
        for line, row in enumerate(reader, start=2):
            name, where = (row["patient_id"] or "").strip(), f"{path.name} line {line}"
            if not name or name in out:
                raise ValueError(f"{where}: patient_id is empty or occurs twice")
            out[name] = {k: number(k, row.get(k) or "", where) for k in FIELDS[1:]}
            if math.isnan(out[name]["event"]) != math.isnan(out[name]["os_days"]):
                raise ValueError(f"{where}: os_days and event belong together")
    return out


def write_clinical(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, FIELDS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def as_words(clinical: dict[str, float]) -> dict[str, str]:
    """Numbers back to the words of clinical.csv."""
    back = {k: {v: word for word, v in codes.items()} for k, codes in CODES.items()}
    return {k: "" if math.isnan(v) else back[k][v] if k in back else f"{v:g}" for k, v in clinical.items()}


def read_pathology(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="", encoding="utf-8-sig") as f:
        rows = list(csv.reader(f))[1:]
    return {row[0]: np.array(row[1:], np.float32) for row in rows}


def fit_size(volume: np.ndarray, centre: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """[..., Z, Y, X] cut or padded with its lowest value to `size`, `centre` (voxels, from the first one's face) in the middle."""
    out = np.full((*volume.shape[:-3], *size), volume.min(), volume.dtype)
    start = [math.floor(c - n / 2) for c, n in zip(centre, size, strict=True)]
    take = [slice(max(0, s), max(0, min(n, s + m))) for s, n, m in zip(start, volume.shape[-3:], size, strict=True)]
    put = [slice(t.start - s, t.stop - s) for t, s in zip(take, start, strict=True)]
    out[..., put[0], put[1], put[2]] = volume[..., take[0], take[1], take[2]]
    return out


def foreground_middle(volume: np.ndarray) -> np.ndarray:
    """Middle of the head's box, as the service has it: planes with more than 5 % of the fullest one's head voxels."""
    head, middle = volume > 0.1 * np.percentile(volume[volume > 0], 99), []
    for axis in range(3):
        counts = head.sum(tuple(n for n in range(3) if n != axis))
        planes = np.flatnonzero(counts > 0.05 * counts.max())
        middle.append((planes[0] + planes[-1] + 1) / 2)
    return np.array(middle)


def read_case(folder: Path, channels: Sequence[str], size: Sequence[int]) -> tuple[np.ndarray, np.ndarray | None]:
    """Image and label of one case on the 2 mm grid, the head's middle in the middle."""
    centre = None
    volumes: list[np.ndarray | None] = []
    for name in channels:
        path = folder / f"{name}.nii.gz"
        if not path.exists():
            volumes.append(None)
            continue
        volume, source = read_lps(path)
        volume = to_grid(np.maximum(volume, 0), source)
        if centre is None:
            centre = foreground_middle(volume)
        volumes.append(fit_size(normalise(volume), centre, size))
    if centre is None:
        raise ValueError(f"{folder.name}: none of {', '.join(channels)}")
    image = np.stack([np.zeros(size, np.float32) if v is None else v for v in volumes])
    if not (folder / "seg.nii.gz").exists():
        return image, None
    label, source = read_lps(folder / "seg.nii.gz")
    return image, fit_size(label_to_grid(labels_to_classes(label), source), centre, size)


def read_cohort(folder: Path, channels: Sequence[str] = SEQUENCES, size: Sequence[int] = (80, 96, 80)) -> list[Patient]:
    """Every patient of clinical.csv that has a folder under cases/; says how many have none."""
    clinical = read_clinical(folder / "clinical.csv")
    slides = read_pathology(folder / "pathology.csv") if (folder / "pathology.csv").exists() else {}
    here = sorted(name for name in clinical if (folder / "cases" / name).is_dir())
    if not here:
        raise ValueError(f"{folder}: no patient of clinical.csv has a folder under cases/")
    if len(here) < len(clinical):
        print(f"{len(clinical) - len(here)} of {len(clinical)} patients have no images and are left out")
    return [Patient(name, *read_case(folder / "cases" / name, channels, size), clinical[name], slides.get(name)) for name in here]


def write_cohort(folder: Path, patients: list[Patient], channels: Sequence[str] = SEQUENCES) -> None:
    """The folder format from memory (the synthetic cohort); values are shifted to be positive, as images are."""
    spacing = (SPACING_MM,) * 3
    for p in patients:
        case = folder / "cases" / p.id
        case.mkdir(parents=True, exist_ok=True)
        for name, volume in zip(channels, p.image, strict=True):
            if volume.any():
                write_nifti(case / f"{name}.nii.gz", (100 * (volume - volume.min())).astype(np.float32), spacing)
        if p.label is not None:
            write_nifti(case / "seg.nii.gz", p.label, spacing)
    write_clinical(folder / "clinical.csv", [{"patient_id": p.id, **as_words(p.clinical)} for p in patients])
    slides = [p for p in patients if p.pathology is not None]
    if slides:
        with (folder / "pathology.csv").open("w", newline="", encoding="utf-8") as f:
            writer = csv.writer(f)
            writer.writerow(["patient_id", *(f"e{k}" for k in range(len(slides[0].slide)))])
            writer.writerows([p.id, *(f"{v:.6g}" for v in p.slide)] for p in slides)


def split(patients: list[Patient], seed: int, test_share: float) -> tuple[list[Patient], list[Patient]]:
    """Training and test patients; each patient once, in one of them."""
    order = np.random.default_rng(seed).permutation(len(patients))
    cut = max(1, round(test_share * len(patients)))
    return [patients[i] for i in sorted(order[cut:])], [patients[i] for i in sorted(order[:cut])]
