"""Makes scanners agree: bias field away, then histogram standardisation (Nyul 2000).

`python -m gliatrain.works.harmonise --cohort DIR --out DIR` learns one standard scale per sequence from all patients of
the cohort and writes the mapped images and `scale.json`; --scale applies a learnt one to another cohort instead.
Bias: N4 (Tustison 2010) where SimpleITK is installed, else `flatten_bias`, a smooth polynomial; the command says which.
"""
from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
from itertools import combinations_with_replacement
from pathlib import Path

import nibabel as nib
import numpy as np

from .cohort import EXTRA, SEQUENCES

PERCENTILES = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99)
TOP = 100.0


def foreground(volume: np.ndarray) -> np.ndarray:
    """Voxels above a tenth of P99 of the positive ones."""
    positive = volume[volume > 0]
    if not positive.size:
        raise ValueError("no positive voxel")
    return volume > 0.1 * np.percentile(positive, 99)


def landmarks(volume: np.ndarray) -> np.ndarray:
    """Percentiles of the foreground; they must increase, or the image has too few grey values to be mapped."""
    marks = np.percentile(volume[foreground(volume)], PERCENTILES)
    if not (np.diff(marks) > 0).all():
        raise ValueError("the histogram has no distinct landmarks")
    return marks


def learn_scale(volumes: list[np.ndarray]) -> np.ndarray:
    """Standard landmarks: each image's, with its P1 and P99 at 0 and TOP, averaged."""
    marks = [landmarks(v) for v in volumes]
    return np.mean([(m - m[0]) / (m[-1] - m[0]) * TOP for m in marks], axis=0)


def standardise(volume: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Piecewise linear from the image's landmarks to the standard ones, the outer pieces continued; the background
    stays 0 and the foreground positive."""
    marks, inside = landmarks(volume), foreground(volume)
    at = np.clip(np.searchsorted(marks, volume, side="right") - 1, 0, len(marks) - 2)
    slope = np.diff(scale) / np.diff(marks)
    mapped = scale[at] + (volume - marks[at]) * slope[at]
    lift = 0.2 * TOP  # the darkest foreground is not the background
    return np.where(inside, np.maximum(mapped + lift, 1e-3), 0).astype(np.float32)


def flatten_bias(volume: np.ndarray, order: int = 2, rounds: int = 8) -> np.ndarray:
    """Divides by a smooth field, in place of N4 where SimpleITK is missing: a polynomial of the position whose steps
    between neighbouring voxels fit those of the log intensity. Steps across a border of tissues are outliers and are
    trimmed (2.5 robust deviations), so that tissues that lie around each other are not taken for a field."""
    inside = foreground(volume)
    log = np.log(np.where(inside, volume, 1).astype(np.float64))
    powers = [c for n in range(1, order + 1) for c in combinations_with_replacement(range(3), n)]
    axes = [np.linspace(-1, 1, n).reshape([-1 if k == a else 1 for k in range(3)]) for a, n in enumerate(volume.shape)]

    basis = np.stack([np.prod([np.broadcast_to(axes[k], volume.shape) for k in c], axis=0) for c in powers])
    rows, steps = [], []
    for axis in range(3):
        both = np.logical_and(*(np.take(inside, range(s, inside.shape[axis] - 1 + s), axis) for s in (0, 1)))
        rows.append(np.diff(basis, axis=axis + 1)[:, both].T)
        steps.append(np.diff(log, axis=axis)[both])
    x, y = np.concatenate(rows), np.concatenate(steps)
    keep = np.ones(len(y), bool)
    for _ in range(rounds):
        weight = np.linalg.lstsq(x[keep], y[keep], rcond=None)[0]
        rest = np.abs(y - x @ weight)
        keep = rest < 2.5 * 1.4826 * max(np.median(rest), 1e-9)
    field = np.tensordot(weight, basis, 1)
    out = volume.astype(np.float32).copy()
    out[inside] /= np.exp(field - field[inside].mean())[inside]
    return out


def correct_bias(volume: np.ndarray) -> tuple[np.ndarray, str]:
    """The image without its bias field, and the method used."""
    if importlib.util.find_spec("SimpleITK") is None:
        return flatten_bias(volume), "polynomial (SimpleITK is not installed)"
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(volume.astype(np.float32))
    mask = sitk.GetImageFromArray(foreground(volume).astype(np.uint8))
    filter_ = sitk.N4BiasFieldCorrectionImageFilter()
    filter_.Execute(sitk.Shrink(image, [4] * 3), sitk.Shrink(mask, [4] * 3))
    field = sitk.GetArrayFromImage(filter_.GetLogBiasFieldAsImage(image))
    return (volume / np.exp(field)).astype(np.float32), "N4"


def harmonise_cohort(cohort: Path, out: Path, scale_file: Path | None = None) -> dict:
    """Writes OUT in the cohort's format; ADC and rCBV have units and stay as they are."""
    scales = json.loads(scale_file.read_text()) if scale_file else {}
    cases = sorted(p for p in (cohort / "cases").iterdir() if p.is_dir())
    if out.resolve() == cohort.resolve():
        raise ValueError("give another folder for the output")
    out.mkdir(parents=True, exist_ok=True)
    method = ""
    for name in SEQUENCES:
        paths = [c / f"{name}.nii.gz" for c in cases if (c / f"{name}.nii.gz").exists()]
        volumes = []
        for path in paths:
            volume, method = correct_bias(np.maximum(np.asarray(nib.load(path).dataobj, np.float32), 0))
            volumes.append(volume)
        if volumes and name not in scales:
            if scale_file:
                raise ValueError(f"{scale_file.name} has no scale of {name}")
            scales[name] = learn_scale(volumes).tolist()
        for path, volume in zip(paths, volumes):
            target = out / "cases" / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            nib.save(nib.Nifti1Image(standardise(volume, np.array(scales[name])), nib.load(path).affine), target)
    for case in cases:
        for name in (*EXTRA, "seg"):
            if (case / f"{name}.nii.gz").exists():
                shutil.copyfile(case / f"{name}.nii.gz", out / "cases" / case.name / f"{name}.nii.gz")
    for table in cohort.glob("*.csv"):
        shutil.copyfile(table, out / table.name)
    (out / "scale.json").write_text(json.dumps(scales, indent=1) + "\n")
    return {"cases": len(cases), "bias": method, "sequences": sorted(scales)}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cohort", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--scale", type=Path, help="scale.json of an earlier run")
    a = ap.parse_args()
    print(json.dumps(harmonise_cohort(a.cohort, a.out, a.scale)))


if __name__ == "__main__":
    main()
