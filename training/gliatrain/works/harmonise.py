"""Makes scanners agree: bias field away, then histogram standardisation (Nyul 2000).

`python -m gliatrain.works.harmonise --cohort DIR --out DIR` learns one standard scale per sequence from all patients of
the cohort and writes the mapped images and `scale.json`; --scale applies a learnt one to another cohort instead.
Bias: N4 (Tustison 2010) as SimpleITK has it.
"""
from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import SimpleITK as sitk

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


def correct_bias(volume: np.ndarray) -> np.ndarray:
    """The image without its bias field (N4), which is estimated on a grid that is up to four times coarser."""
    image = sitk.GetImageFromArray(volume.astype(np.float32))
    mask = sitk.GetImageFromArray(foreground(volume).astype(np.uint8))
    shrink = [max(1, min(4, n // 16)) for n in image.GetSize()]
    correction = sitk.N4BiasFieldCorrectionImageFilter()
    correction.Execute(sitk.Shrink(image, shrink), sitk.Shrink(mask, shrink))
    field = sitk.GetArrayFromImage(correction.GetLogBiasFieldAsImage(image))
    return (volume / np.exp(field)).astype(np.float32)


def harmonise_cohort(cohort: Path, out: Path, scale_file: Path | None = None) -> dict:
    """Writes OUT in the cohort's format; ADC and rCBV have units and stay as they are."""
    scales = json.loads(scale_file.read_text()) if scale_file else {}
    cases = sorted(p for p in (cohort / "cases").iterdir() if p.is_dir())
    if out.resolve() == cohort.resolve():
        raise ValueError("give another folder for the output")
    out.mkdir(parents=True, exist_ok=True)
    for name in SEQUENCES:
        paths = [c / f"{name}.nii.gz" for c in cases if (c / f"{name}.nii.gz").exists()]
        volumes = [correct_bias(np.maximum(np.asarray(nib.load(path).dataobj, np.float32), 0)) for path in paths]
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
    return {"cases": len(cases), "sequences": sorted(scales)}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cohort", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--scale", type=Path, help="scale.json of an earlier run")
    a = ap.parse_args()
    print(json.dumps(harmonise_cohort(a.cohort, a.out, a.scale)))


if __name__ == "__main__":
    main()
