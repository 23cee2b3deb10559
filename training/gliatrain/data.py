"""Reads the cohorts onto the 2 mm grid and caches them.

A case is a dict: image float32 [4, Z, Y, X] (T1, T1c, T2, FLAIR; raw units divided by the mean of the
brain; a missing sequence is all zero), label uint8 [Z, Y, X] (0 background, 1 NCR, 2 ED, 3 ET, 4 tumour of
unknown class), brain bool [Z, Y, X], head (True where the skull is present),
start (first voxel [z, y, x] on the full 2 mm grid of the source).

BraTS 2021: Baid 2021, Menze 2015, Bakas 2017. TCGA-LGG masks: Buda 2019.
"""

from __future__ import annotations

import io
import lzma
import os
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

from .preprocess import to_grid

FOLDS = 2
"""Members of the ensemble; `identities.split` deals patients out to them."""
CHANNELS = ("t1", "t1ce", "t2", "flair")
UNKNOWN = 4


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


def label_to_grid(label: np.ndarray, spacing) -> np.ndarray:
    """Class map at the 2 mm grid: tumour where its share is >= 0.5, then its most frequent class."""
    share = np.stack([to_grid((label == k).astype(np.float32), spacing) for k in range(5)])
    tumour = share[1:].sum(0) >= 0.5
    return np.where(tumour, 1 + share[1:].argmax(0), 0).astype(np.uint8)


def crop_box(mask: np.ndarray, margin: int) -> tuple[slice, ...]:
    box = ndi.find_objects(mask.astype(np.uint8))[0]
    return tuple(slice(max(0, s.start - margin), min(n, s.stop + margin)) for s, n in zip(box, mask.shape, strict=True))


def load_brats(folder: Path) -> dict:
    """One skull-stripped case, brain cropped with a margin of 8 voxels."""
    image = np.stack([to_grid(*read_lps(brats_file(folder, name))) for name in CHANNELS])
    label, spacing = read_lps(brats_file(folder, "seg"))
    brain = ndi.binary_fill_holes(ndi.binary_opening((image > 0).sum(0) >= 2))
    box = crop_box(brain, 8)
    image, brain = image[(slice(None), *box)], brain[box]
    image = np.stack([np.maximum(c, 0) / c[brain].mean() for c in image])
    label = label_to_grid(labels_to_classes(label), spacing)[box]
    return {"id": folder.name, "image": image, "label": label, "brain": brain, "head": False, "start": [s.start for s in box]}


def load_xz(path: Path) -> np.ndarray:
    return np.load(io.BytesIO(lzma.open(path).read()))


FIELD_OF_VIEW_MM, STACK_MM = 230.0, 150.0


def assumed_spacing(shape: tuple[int, int, int]) -> tuple[float, float, float]:
    """(slice, row, column) spacing in mm of a clinical head [Z, Y, X] whose spacing was not recorded. In plane: a head fills a field of
    view of 220 to 240 mm on whatever matrix, so 230 mm over the matrix errs by up to 4.5 % (0.898 mm for 256, which is what a
    scanner's own header said in the one case that could be compared; a rule by the head's apparent size made that 0.765, since
    bright background counts as head). At 0.898 mm the 34 heads measure 161 x 202 mm from skin to skin (medians), as adults do.
    Slices: such a stack covers about 150 mm."""
    planes, rows, columns = shape
    pixel = FIELD_OF_VIEW_MM / max(rows, columns)
    return float(np.clip(STACK_MM / planes, 1.5, 7.0)), pixel, pixel


def repeated_channels(image: np.ndarray) -> list[bool]:
    """Which channels of a clinical head are copies of FLAIR, put there by the publisher where a sequence was missing."""
    return [c != 1 and bool((image[c] == image[1]).mean() > 0.95) for c in range(3)]


def load_tcga(path: Path) -> dict:
    """One clinical head on an assumed spacing. The publisher's channels are T1, FLAIR, T1c; copies of FLAIR are dropped."""
    image, mask = load_xz(path), load_xz(Path(str(path).replace(".image.", ".mask.")))
    spacing, missing = assumed_spacing(image.shape[1:]), repeated_channels(image)
    grids = [to_grid(image[c].astype(np.float32), spacing) for c in range(3)]
    label = (to_grid(mask.astype(np.float32), spacing) >= 0.5) * np.uint8(UNKNOWN)
    head = ndi.gaussian_filter(grids[1], 1) > 0.1 * np.percentile(grids[1], 98)
    head = ndi.binary_fill_holes(ndi.binary_opening(head, iterations=2))
    brain = ndi.binary_erosion(head, iterations=8)  # 16 mm inside the skin: a rough inner region
    brain[: int(len(brain) * 0.25)] = False
    zero = np.zeros_like(grids[0])
    order = [zero if missing[0] else grids[0], zero if missing[2] else grids[2], zero, grids[1]]
    stack = np.stack([c / c[brain].mean() if c.any() else c for c in order])
    box = crop_box(head | (label > 0), 6)
    return {
        "id": path.name.split(".")[0],
        "image": stack[(slice(None), *box)].astype(np.float32),
        "label": label[box].astype(np.uint8),
        "brain": brain[box],
        "head": True,
        "start": [s.start for s in box],
    }


def load_cubes(data: Path, cache: Path) -> list[dict]:
    """Lesion cubes on the 2 mm grid: image float16 [4, z, y, x] in z-scores of the patient's brain."""
    path = cache / "cubes.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        cubes = read_cubes(data)
        ids, images, labels = (np.stack([c[key] for c in cubes]) for key in ("id", "image", "label"))
        np.savez(path, id=ids, image=images, label=labels)
    z = np.load(path)
    rows = zip(z["id"], z["image"], z["label"], strict=True)
    return [{"id": str(i), "image": image, "label": label} for i, image, label in rows]


def read_cubes(data: Path) -> list[dict]:
    z = load_xz(data / "brats2020_lesion_cubes_32.npz.xz")
    cubes = []
    for image, mask, pid in zip(z["image"], z["mask"], z["patient_id"], strict=True):
        spacing = (1.2109, 1.875, 1.875)
        volume = np.stack([to_grid(c.transpose(2, 1, 0) / 20.0 - 5.0, spacing) for c in image])
        label = label_to_grid(labels_to_classes(mask.transpose(2, 1, 0)), spacing)
        if (label > 0).sum() > 20:
            cubes.append({"id": str(pid), "image": volume.astype(np.float16), "label": label})
    return cubes


def cached(cache: Path, key: str, make) -> dict:
    path = cache / f"{key}.npz"
    if path.exists():
        z = np.load(path, allow_pickle=False)
        return {
            "id": str(z["id"]),
            "image": z["image"].astype(np.float32),
            "label": z["label"],
            "brain": z["brain"],
            "head": bool(z["head"]),
            "start": z["start"].tolist(),
        }
    case = make()
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{**case, "image": case["image"].astype(np.float16)})
    return case


def load_cohort(data: Path, cache: Path, names) -> list[dict]:
    """Whole BraTS cases by name."""
    return [cached(cache, name, lambda n=name: load_brats(data / "brats" / n)) for name in names]


def load_lgg(data: Path, cache: Path, names) -> list[dict]:
    """Clinical heads by name."""
    return [cached(cache, name, lambda n=name: load_tcga(data / "tcga-lgg" / f"{n}.image.npy.xz")) for name in names]
