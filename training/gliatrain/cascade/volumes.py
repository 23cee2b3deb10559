"""Whole cases on the 1 mm grid for the cascade, cached.

A `Volume` holds z-scores of the patient's own brain: image float16 [4, Z, Y, X] (T1, T1c, T2, FLAIR), label uint8 [Z, Y, X]
(0 none, 1 NCR, 2 ED, 3 ET, 4 tumour of unknown class), distance float16 [Z, Y, X] (mm to the brain's surface, negative inside,
clipped at 10). Where a head is known the image goes on outside the brain; a stripped case is air there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import ndimage as ndi

from .. import data as sources
from ..preprocess import to_grid

MARGIN = 10
"""Voxels around the brain that a cached volume keeps."""
MAX_DISTANCE_MM = 10.0


@dataclass(frozen=True)
class Volume:
    name: str
    image: np.ndarray
    label: np.ndarray
    distance: np.ndarray
    present: tuple[bool, ...]
    has_skull: bool

    def with_image(self, image: np.ndarray, label: np.ndarray | None = None) -> Volume:
        return replace(self, image=image, label=self.label if label is None else label)


def signed_distance(mask: np.ndarray) -> np.ndarray:
    """mm to the surface of `mask` on a 1 mm grid, negative inside, clipped."""
    outside = ndi.distance_transform_edt(~mask)
    inside = ndi.distance_transform_edt(mask)
    return np.clip(outside - inside, -MAX_DISTANCE_MM, MAX_DISTANCE_MM).astype(np.float16)


def z_scores(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Each sequence by mean and population SD of its voxels above 0 inside `mask`; a missing sequence stays 0."""
    out = np.zeros_like(image, np.float32)
    for k, channel in enumerate(image):
        inside = channel[mask & (channel > 0)]
        if inside.size > 100 and inside.std() > 1e-6:
            out[k] = (channel - inside.mean()) / inside.std()
    return out


def volume(name: str, image: np.ndarray, label: np.ndarray, brain: np.ndarray, has_skull: bool) -> Volume:
    box = sources.crop_box(brain, MARGIN)
    image, label, brain = image[(slice(None), *box)], label[box], brain[box]
    present = tuple(bool((c > 0).any()) for c in image)
    return Volume(name, z_scores(image, brain).astype(np.float16), label.astype(np.uint8), signed_distance(brain), present, has_skull)


def cached(path: Path, make: Callable[[], Volume]) -> Volume:
    if not path.exists():
        v = make()
        sources.save_whole(path, name=v.name, image=v.image, label=v.label, distance=v.distance, present=v.present, head=v.has_skull)
    z = np.load(path)
    return Volume(str(z["name"]), z["image"], z["label"], z["distance"], tuple(bool(p) for p in z["present"]), bool(z["head"]))


def read_brats(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Image [4, Z, Y, X] as stored (1 mm, skull-stripped) and classes [Z, Y, X], axes to S, P, L."""
    image = np.stack([sources.read_lps(sources.brats_file(folder, name))[0] for name in sources.CHANNELS])
    return np.maximum(image, 0), sources.labels_to_classes(sources.read_lps(sources.brats_file(folder, "seg"))[0])


def stripped_brain(image: np.ndarray) -> np.ndarray:
    """The brain of a skull-stripped case: where anything is above 0, holes filled."""
    return ndi.binary_fill_holes((image > 0).sum(0) >= 1)


def load_brats(data: Path, cache: Path, name: str) -> Volume:
    def make() -> Volume:
        image, label = read_brats(data / "brats" / name)
        return volume(name, image, label, stripped_brain(image), has_skull=False)

    return cached(cache / f"{name}.npz", make)


def load_cubes(data: Path, cache: Path) -> list[sources.Lesion]:
    """Lesion cubes at 1 mm."""
    path = cache / "cubes-1mm.npz"
    if not path.exists():
        z = sources.load_xz(data / "brats2020_lesion_cubes_32.npz.xz")
        spacing, images, labels = (1.2109, 1.875, 1.875), [], []
        for image, mask in zip(z["image"], z["mask"], strict=True):
            images.append(np.stack([to_grid(c.transpose(2, 1, 0) / 20.0 - 5.0, spacing, (1.0,) * 3) for c in image]).astype(np.float16))
            one_hot = [to_grid((mask.transpose(2, 1, 0) == code).astype(np.float32), spacing, (1.0,) * 3) for code in (0, 1, 2, 4)]
            labels.append(np.argmax(one_hot, axis=0).astype(np.uint8))
        sources.save_whole(path, image=np.stack(images), label=np.stack(labels), patient=z["patient_id"])
    z = np.load(path)
    return [sources.Lesion(str(p), image, label) for p, image, label in zip(z["patient"], z["image"], z["label"], strict=True)]
