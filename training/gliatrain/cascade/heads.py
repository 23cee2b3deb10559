"""Heads with skull on the 1 mm grid: TCGA-LGG's clinical heads and the multiple-sclerosis heads of the data folder, and procedural
heads (scripts/phantom-volumes.ts)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage as ndi

from .. import data as sources
from ..preprocess import to_grid
from .volumes import Volume, cached, volume

MM = (1.0,) * 3


def ms_names(data: Path) -> list[str]:
    return sorted(p.name for p in (data / "heads").iterdir() if p.is_dir())


def head_names(data: Path) -> list[str]:
    return [*sources.case_names(data)[1], *ms_names(data)]


def native_tcga(path: Path) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    """As data.native_head, with a label: 4, tumour of unknown class, where the publisher's mask is."""
    image, mask, spacing = sources.native_head(path)
    return image, mask * np.uint8(sources.UNKNOWN), spacing


def read_tcga(path: Path) -> tuple[np.ndarray, np.ndarray]:
    image, mask, spacing = sources.native_head(path)
    label = (to_grid(mask.astype(np.float32), spacing, MM) >= 0.5) * np.uint8(sources.UNKNOWN)
    return np.stack([to_grid(c, spacing, MM) for c in image]), label


def read_ms(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """T1, T2 and FLAIR, the first two brought to FLAIR's grid by a rigid registration; nothing in them is a tumour."""
    import SimpleITK as sitk

    def read(name: str) -> sitk.Image:
        path = next(p for p in sorted(folder.iterdir()) if name in p.name.lower())
        return sitk.DICOMOrient(sitk.ReadImage(str(path), sitk.sitkFloat32), "LPS")

    flair = read("flair")
    size = [round(n * s) for n, s in zip(flair.GetSize(), flair.GetSpacing(), strict=True)]
    fixed = sitk.Resample(flair, size, sitk.Transform(), sitk.sitkLinear, flair.GetOrigin(), (1.0,) * 3, flair.GetDirection())

    def aligned(moving: sitk.Image) -> np.ndarray:
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(32)
        method.SetMetricSamplingStrategy(method.REGULAR)
        method.SetMetricSamplingPercentage(0.1)
        method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, 100)
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetShrinkFactorsPerLevel([4, 2])
        method.SetSmoothingSigmasPerLevel([2, 1])
        start = sitk.CenteredTransformInitializer(fixed, moving, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.GEOMETRY)
        method.SetInitialTransform(start)
        return sitk.GetArrayFromImage(sitk.Resample(moving, fixed, method.Execute(fixed, moving), sitk.sitkLinear, 0.0))

    f = sitk.GetArrayFromImage(fixed)
    image = np.stack([aligned(read("t1")), np.zeros_like(f), aligned(read("t2")), f])
    return np.maximum(image, 0), np.zeros(f.shape, np.uint8)


def read_head(data: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    if name in ms_names(data):
        return read_ms(data / "heads" / name)
    return read_tcga(data / "tcga-lgg" / f"{name}.image.npy.xz")


PLAUSIBLE_ML = (800, 2000)
"""Volume of a teacher's brain mask; anything beyond is not a brain, and the head is not trained on."""


def has_teacher(cache: Path, name: str) -> bool:
    path = cache / "brains" / f"{name}.npz"
    return path.exists() and PLAUSIBLE_ML[0] <= np.load(path)["mask"].sum() / 1000 <= PLAUSIBLE_ML[1]


def load_head(data: Path, cache: Path, name: str) -> Volume:
    """A head with its teacher's brain mask (teach_brain.py), a tumour at its edge included."""

    def make() -> Volume:
        image, label = read_head(data, name)
        brain = np.load(cache / "brains" / f"{name}.npz")["mask"]
        brain = ndi.binary_fill_holes(brain | (label > 0))
        return volume(name, image, label, brain, has_skull=True)

    return cached(cache / f"{name}.npz", make)


def phantom_names(cache: Path) -> list[str]:
    return sorted(p.name.removesuffix(".label.npy") for p in (cache / "phantoms").glob("*.label.npy"))


def read_phantom(cache: Path, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image [4, Z, Y, X], classes and brain of a procedural head."""
    folder = cache / "phantoms"

    def array(part: str) -> np.ndarray:
        return np.load(folder / f"{name}.{part}.npy", mmap_mode="r")

    inside = array("parenchyma").astype(bool) | (array("label") > 0)
    box = sources.crop_box(inside, 40)
    tissue = np.zeros_like(inside)
    tissue[box] = ndi.distance_transform_edt(ndi.distance_transform_edt(~inside[box]) < 5) > 5  # a closing by 5 mm
    tissue[box] = ndi.binary_fill_holes(tissue[box] | inside[box])
    image = np.stack([array(k)[box].astype(np.float32) for k in ("T1", "T1c", "T2", "FLAIR")])
    return image, array("label")[box].astype(np.uint8), tissue[box]


def load_phantom(cache: Path, name: str) -> Volume:
    return cached(cache / f"{name}.npz", lambda: volume(name, *read_phantom(cache, name), has_skull=True))
