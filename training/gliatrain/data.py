"""Reads the cohorts onto the 2 mm grid (`Case`, `Lesion`) and caches them.

Labels: 0 background, 1 NCR, 2 ED, 3 ET, 4 tumour of unknown class.
BraTS 2021: Baid 2021, Menze 2015, Bakas 2017. TCGA-LGG masks: Buda 2019.
"""

from __future__ import annotations

import io
import lzma
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

from .preprocess import to_grid

FOLDS = 2
"""Members of the ensemble; `identities.split` assigns patients to them."""
CHANNELS = ("t1", "t1ce", "t2", "flair")
UNKNOWN = 4


def save_whole(path: Path, **arrays: Any) -> None:
    """PATH as an .npz that is whole or not there: another training may look for the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.{os.getpid()}.part.npz")
    np.savez(part, **arrays)
    part.replace(path)


def case_names(data: Path) -> tuple[list[str], list[str]]:
    """Whole BraTS cases and clinical heads, sorted."""
    return (
        sorted(p.name for p in (data / "brats").iterdir() if p.is_dir()),
        sorted(p.name.split(".")[0] for p in (data / "tcga-lgg").glob("*.image.npy.xz")),
    )


def data_folder(argument: str | None = None) -> Path:
    folder = argument or os.environ.get("GLIABRIDGE_DATA")
    if not folder or not Path(folder).is_dir():
        raise FileNotFoundError("give --data or set GLIABRIDGE_DATA to the data folder")
    return Path(folder)


def read_lps(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """NIfTI -> array [Z, Y, X] with axes to S, P, L, and its spacing (z, y, x) in mm."""
    image = nib.load(path)
    start = nib.io_orientation(image.affine)
    want = nib.orientations.axcodes2ornt(("L", "P", "S"))
    image = image.as_reoriented(nib.orientations.ornt_transform(start, want))
    array = np.asarray(image.dataobj).astype(np.float32)
    return np.ascontiguousarray(array.transpose(2, 1, 0)), np.array(image.header.get_zooms()[:3])[::-1]


def brats_file(folder: Path, name: str) -> Path:
    return next(p for p in folder.iterdir() if p.name.endswith((f"_{name}.nii.gz", f"_{name}.nii")))


def labels_to_classes(label: np.ndarray) -> np.ndarray:
    """BraTS codes (4 or 3 is enhancing) -> 0 background, 1 NCR, 2 ED, 3 ET."""
    out = label.astype(np.uint8)
    out[label == 4] = 3
    return out


def label_to_grid(label: np.ndarray, spacing: Sequence[float] | np.ndarray) -> np.ndarray:
    """Class map at the 2 mm grid: tumour where its share is >= 0.5, then its most frequent class."""
    share = np.stack([to_grid((label == k).astype(np.float32), spacing) for k in range(5)])
    tumour = share[1:].sum(0) >= 0.5
    return np.where(tumour, 1 + share[1:].argmax(0), 0).astype(np.uint8)


def crop_box(mask: np.ndarray, margin: int) -> tuple[slice, ...]:
    box = ndi.find_objects(mask.astype(np.uint8))[0]
    return tuple(slice(max(0, s.start - margin), min(n, s.stop + margin)) for s, n in zip(box, mask.shape, strict=True))


@dataclass(frozen=True)
class Case:
    """One patient on the 2 mm grid, axes to S, P, L. image float32 [4, Z, Y, X] (T1, T1c, T2, FLAIR; a missing one is 0), each divided
    by its mean over the brain; label uint8 [Z, Y, X] (losses.py); brain bool [Z, Y, X]; has_skull: whether the image goes on outside
    the brain; start: first voxel (Z, Y, X) on the grid of the file that it was cut from."""

    id: str
    image: np.ndarray
    label: np.ndarray
    brain: np.ndarray
    has_skull: bool
    start: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Lesion:
    """A tumour cut out of its patient: image float16 [4, z, y, x] in z-scores of the patient's own brain, label uint8 [z, y, x]."""

    patient: str
    image: np.ndarray
    label: np.ndarray


def start_of(box: tuple[slice, ...]) -> tuple[int, int, int]:
    z, y, x = (s.start for s in box)
    return z, y, x


def load_brats(folder: Path) -> Case:
    """One skull-stripped case, brain cropped with a margin of 8 voxels."""
    image = np.stack([to_grid(*read_lps(brats_file(folder, name))) for name in CHANNELS])
    label, spacing = read_lps(brats_file(folder, "seg"))
    brain = ndi.binary_fill_holes(ndi.binary_opening((image > 0).sum(0) >= 2))
    box = crop_box(brain, 8)
    image, brain = image[(slice(None), *box)], brain[box]
    image = np.stack([np.maximum(c, 0) / c[brain].mean() for c in image])
    label = label_to_grid(labels_to_classes(label), spacing)[box]
    return Case(folder.name, image, label, brain, has_skull=False, start=start_of(box))


def load_xz(path: Path) -> np.ndarray:
    return np.load(io.BytesIO(lzma.open(path).read()))


FIELD_OF_VIEW_MM, STACK_MM = 230.0, 150.0


def assumed_spacing(shape: tuple[int, int, int]) -> tuple[float, float, float]:
    """(slice, row, column) spacing in mm of a clinical head [Z, Y, X] whose spacing was not recorded. In plane: a head fills a field of
    view of 220 to 240 mm on any matrix, so 230 mm over the matrix errs by up to 4.5 % (0.898 mm for 256, which is what a
    scanner's own header said in the one case that could be compared; a rule by the head's apparent size made that 0.765, since
    bright background counts as head). At 0.898 mm the 34 heads measure 161 x 202 mm from skin to skin (medians), as adults do.
    Slices: such a stack covers about 150 mm."""
    planes, rows, columns = shape
    pixel = FIELD_OF_VIEW_MM / max(rows, columns)
    return float(np.clip(STACK_MM / planes, 1.5, 7.0)), pixel, pixel


def repeated_channels(image: np.ndarray) -> list[bool]:
    """Which channels of a clinical head are copies of FLAIR, put there by the publisher where a sequence was missing."""
    return [c != 1 and bool((image[c] == image[1]).mean() > 0.95) for c in range(3)]


def native_head(path: Path) -> tuple[np.ndarray, np.ndarray, tuple[float, float, float]]:
    """A clinical head as published: image float32 [4, Z, Y, X] (T1, T1c, T2, FLAIR; a missing one is 0; the publisher's channels are T1,
    FLAIR, T1c), the tumour bool [Z, Y, X], and the spacing (z, y, x) in mm that is assumed."""
    stored, mask = load_xz(path), load_xz(Path(str(path).replace(".image.", ".mask.")))
    image, missing = np.zeros((4, *mask.shape), np.float32), repeated_channels(stored)
    for channel, place in enumerate((0, 3, 1)):
        if not missing[channel]:
            image[place] = stored[channel]
    return image, mask > 0, assumed_spacing(mask.shape)


def load_tcga(path: Path) -> Case:
    """One clinical head on an assumed spacing."""
    image, mask, spacing = native_head(path)
    grids = np.stack([to_grid(c, spacing) for c in image])
    label = (to_grid(mask.astype(np.float32), spacing) >= 0.5) * np.uint8(UNKNOWN)
    flair = grids[3]
    inside = ndi.gaussian_filter(flair, 1) > 0.1 * np.percentile(flair, 98)
    inside = ndi.binary_fill_holes(ndi.binary_opening(inside, iterations=2))
    brain = ndi.binary_erosion(inside, iterations=8)  # 16 mm inside the skin: a rough inner region
    brain[: int(len(brain) * 0.25)] = False
    stack = np.stack([c / c[brain].mean() if c.any() else c for c in grids])
    box = crop_box(inside | (label > 0), 6)
    name, image = path.name.split(".")[0], stack[(slice(None), *box)].astype(np.float32)
    return Case(name, image, label[box].astype(np.uint8), brain[box], has_skull=True, start=start_of(box))


def load_cubes(data: Path, cache: Path) -> list[Lesion]:
    """Lesion cubes on the 2 mm grid."""
    path = cache / "cubes.npz"
    if not path.exists():
        cubes = read_cubes(data)
        images, labels = np.stack([c.image for c in cubes]), np.stack([c.label for c in cubes])
        save_whole(path, id=np.array([c.patient for c in cubes]), image=images, label=labels)
    z = np.load(path)
    return [Lesion(str(i), image, label) for i, image, label in zip(z["id"], z["image"], z["label"], strict=True)]


def read_cubes(data: Path) -> list[Lesion]:
    z = load_xz(data / "brats2020_lesion_cubes_32.npz.xz")
    cubes = []
    for image, mask, pid in zip(z["image"], z["mask"], z["patient_id"], strict=True):
        spacing = (1.2109, 1.875, 1.875)
        volume = np.stack([to_grid(c.transpose(2, 1, 0) / 20.0 - 5.0, spacing) for c in image])
        label = label_to_grid(labels_to_classes(mask.transpose(2, 1, 0)), spacing)
        if (label > 0).sum() > 20:
            cubes.append(Lesion(str(pid), volume.astype(np.float16), label))
    return cubes


def cached(cache: Path, key: str, make: Callable[[], Case]) -> Case:
    path = cache / f"{key}.npz"
    if path.exists():
        z = np.load(path, allow_pickle=False)
        depth, height, width = z["start"].tolist()
        return Case(str(z["id"]), z["image"].astype(np.float32), z["label"], z["brain"], bool(z["head"]), (depth, height, width))
    case = make()
    half = case.image.astype(np.float16)
    save_whole(path, id=case.id, image=half, label=case.label, brain=case.brain, head=case.has_skull, start=case.start)
    return case


def load_cohort(data: Path, cache: Path, names: Sequence[str]) -> list[Case]:
    """Whole BraTS cases by name."""
    return [cached(cache, name, partial(load_brats, data / "brats" / name)) for name in names]


def load_lgg(data: Path, cache: Path, names: Sequence[str]) -> list[Case]:
    """Clinical heads by name."""
    return [cached(cache, name, partial(load_tcga, data / "tcga-lgg" / f"{name}.image.npy.xz")) for name in names]
