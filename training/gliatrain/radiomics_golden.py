"""Feature values by pyradiomics for the service's tests. `python -m gliatrain.radiomics_golden [--cases DIR] [--out DIR]`

synthetic.json   volumes made by an integer recipe that the test repeats bit for bit, pyradiomics' values, and the
                 scale-free features by tabular/features.py with GLCM's Correlation at their bin width
cases.json       with --cases (BraTS layout): the values of t1ce inside the whole tumour of each case; no voxel is stored

Needs an environment of its own: pyradiomics==3.0.1 builds with numpy<2, setuptools<70, versioneer and
--no-build-isolation; then SimpleITK and pandas. Run again when a case is added; the oracle does not change.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np

FAMILIES = ("shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")
TABLE_SETTINGS = {"binWidth": 25, "distances": [1], "symmetricalGLCM": True, "force2D": False, "force2Ddimension": 0, "gldm_a": 0}

# inside: in any ellipsoid or box, in no hole, and not dropped: `drop` of 1000 voxels by chance.
# image: base + slope . (x, y, z) + bend * x * z + noise * (0..999) / 1000 + step * ((x + 2 y + 3 z) // 5), float32.
RECIPES: list[dict[str, Any]] = [
    {
        "name": "blob with a hole and a handle, 1 mm",
        "size": [34, 29, 25],
        "spacing": [1, 1, 1],
        "seed": 11,
        "drop": 0,
        "ellipsoids": [[[13, 12, 11], [9.5, 7.25, 6.5]], [[23, 17, 13], [7.5, 5.5, 8.5]]],
        "boxes": [[[3, 20, 4], [25, 22, 6]]],
        "holes": [[[14, 11, 12], [3.5, 2.5, 2.5]]],
        "image": {"base": 310, "slope": [7, -4, 11], "bend": 0.25, "noise": 180, "step": 12},
        "settings": {},
    },
    {
        "name": "the same region on thick slices, narrow bins",
        "size": [34, 29, 25],
        "spacing": [0.9, 0.75, 4],
        "seed": 12,
        "drop": 0,
        "ellipsoids": [[[13, 12, 11], [9.5, 7.25, 6.5]], [[23, 17, 13], [7.5, 5.5, 8.5]]],
        "boxes": [[[3, 20, 4], [25, 22, 6]]],
        "holes": [[[14, 11, 12], [3.5, 2.5, 2.5]]],
        "image": {"base": -90, "slope": [3, 5, -9], "bend": 0.5, "noise": 90, "step": 4},
        "settings": {"binWidth": 7.5},
    },
    {
        "name": "one voxel thick: a plate, a bar and a wall that meet at an edge",
        "size": [24, 22, 19],
        "spacing": [1.2, 0.8, 2],
        "seed": 13,
        "drop": 0,
        "ellipsoids": [],
        "boxes": [[[2, 3, 5], [17, 16, 5]], [[18, 17, 6], [18, 20, 16]], [[4, 4, 6], [4, 15, 14]]],
        "holes": [],
        "image": {"base": 900, "slope": [20, 9, -14], "bend": -1, "noise": 240, "step": 0},
        "settings": {},
    },
    {
        "name": "one slice",
        "size": [23, 19, 7],
        "spacing": [0.5, 0.75, 6],
        "seed": 14,
        "drop": 60,
        "ellipsoids": [],
        "boxes": [[[3, 2, 4], [19, 14, 4]]],
        "holes": [[[9, 8, 4], [3.5, 2.5, 0.5]]],
        "image": {"base": 60, "slope": [4, 6, 0], "bend": 0, "noise": 75, "step": 9},
        "settings": {"binWidth": 10},
    },
    {
        "name": "crumbs: every cube of the mesh occurs",
        "size": [22, 21, 20],
        "spacing": [1, 1.5, 0.7],
        "seed": 15,
        "drop": 480,
        "ellipsoids": [],
        "boxes": [[[1, 1, 1], [20, 18, 17]]],
        "holes": [],
        "image": {"base": 500, "slope": [1, 2, 3], "bend": 0, "noise": 400, "step": 0},
        "settings": {"binCount": 16},
    },
    {
        "name": "crumbs, 1 mm",
        "size": [22, 21, 20],
        "spacing": [1, 1, 1],
        "seed": 16,
        "drop": 300,
        "ellipsoids": [[[11, 9, 9], [9.5, 8.5, 8.5]]],
        "boxes": [],
        "holes": [],
        "image": {"base": 0, "slope": [9, 0, 2], "bend": 0.125, "noise": 60, "step": 30},
        "settings": {"binCount": 64},
    },
    {
        "name": "two distances, pairs in one order, near levels depend",
        "size": [26, 20, 18],
        "spacing": [1, 1, 1],
        "seed": 17,
        "drop": 40,
        "ellipsoids": [[[12, 9, 8], [10.5, 7.5, 6.5]]],
        "boxes": [],
        "holes": [],
        "image": {"base": 200, "slope": [6, 3, -5], "bend": 0.5, "noise": 120, "step": 8},
        "settings": {"distances": [1, 2], "symmetricalGLCM": False, "gldm_a": 1},
    },
    {
        "name": "neighbours within axial planes",
        "size": [26, 20, 18],
        "spacing": [0.6, 0.6, 3],
        "seed": 18,
        "drop": 90,
        "ellipsoids": [[[12, 9, 8], [10.5, 7.5, 6.5]]],
        "boxes": [],
        "holes": [],
        "image": {"base": 200, "slope": [6, 3, -5], "bend": 0.5, "noise": 120, "step": 8},
        "settings": {"force2D": True, "force2Ddimension": 0},
    },
    {
        "name": "neighbours within sagittal planes",
        "size": [26, 20, 18],
        "spacing": [1, 1, 1],
        "seed": 19,
        "drop": 20,
        "ellipsoids": [[[12, 9, 8], [10.5, 7.5, 6.5]]],
        "boxes": [],
        "holes": [],
        "image": {"base": 200, "slope": [6, 3, -5], "bend": 0.5, "noise": 120, "step": 8},
        "settings": {"force2D": True, "force2Ddimension": 2},
    },
    {
        "name": "no contrast at all",
        "size": [15, 14, 13],
        "spacing": [1, 1, 1],
        "seed": 20,
        "drop": 0,
        "ellipsoids": [[[6, 7, 6], [4.5, 5.5, 3.5]]],
        "boxes": [],
        "holes": [],
        "image": {"base": 137, "slope": [0, 0, 0], "bend": 0, "noise": 0, "step": 0},
        "settings": {},
    },
    {
        "name": "few levels, touching the border of the grid, values on bin edges",
        "size": [14, 13, 12],
        "spacing": [1, 1, 1],
        "seed": 21,
        "drop": 0,
        "ellipsoids": [[[3, 2, 4], [8.5, 9.5, 7.5]]],
        "boxes": [],
        "holes": [],
        "image": {"base": -50, "slope": [0, 0, 0], "bend": 0, "noise": 0, "step": 25},
        "settings": {},
    },
]


def chance(x: np.ndarray, y: np.ndarray, z: np.ndarray, seed: int) -> np.ndarray:
    """0..999 by voxel: 32-bit integer arithmetic only, so that every language gives the same."""
    h = (x * np.uint32(73856093)) ^ (y * np.uint32(19349663)) ^ (z * np.uint32(83492791)) ^ np.uint32(seed * 2654435761 % 2**32)
    for shift, factor in ((15, 2246822519), (13, 3266489917)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    return ((h ^ (h >> np.uint32(16))) % np.uint32(1000)).astype(np.float64)


def make(recipe: dict) -> tuple[np.ndarray, np.ndarray]:
    """Image (float32) and mask (uint8) of a recipe, indexed z, y, x."""
    nx, ny, nz = recipe["size"]
    z, y, x = np.meshgrid(np.arange(nz), np.arange(ny), np.arange(nx), indexing="ij")
    ux, uy, uz = (a.astype(np.uint32) for a in (x, y, z))

    def within(ellipsoid: list) -> np.ndarray:
        (cx, cy, cz), (rx, ry, rz) = ellipsoid
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 <= 1

    mask = np.zeros(x.shape, bool)
    for e in recipe["ellipsoids"]:
        mask |= within(e)
    for (ax, ay, az), (bx, by, bz) in recipe["boxes"]:
        mask |= (x >= ax) & (x <= bx) & (y >= ay) & (y <= by) & (z >= az) & (z <= bz)
    for e in recipe["holes"]:
        mask &= ~within(e)
    mask &= chance(ux, uy, uz, recipe["seed"]) >= recipe["drop"]
    i = recipe["image"]
    sx, sy, sz = i["slope"]
    image = (
        i["base"]
        + sx * x
        + sy * y
        + sz * z
        + i["bend"] * x * z
        + i["step"] * ((x + 2 * y + 3 * z) // 5)
        + i["noise"] * chance(ux, uy, uz, recipe["seed"] + 1000) / 1000
    )
    return image.astype(np.float32), mask.astype(np.uint8)


def values(image: Any, mask: Any, settings: dict) -> dict[str, float]:
    """Every feature that is on by default in each family, and GLCM's SumAverage; SimpleITK images in."""
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    extractor = RadiomicsFeatureExtractor(**{**TABLE_SETTINGS, **settings})
    extractor.disableAllFeatures()
    for family in FAMILIES:
        extractor.enableFeatureClassByName(family)
    features = extractor.execute(image, mask)
    return {k.removeprefix("original_"): float(v) for k, v in features.items() if k.startswith("original_")}


def scale_free(pair: tuple[Any, Any], image: np.ndarray, mask: np.ndarray) -> dict[str, float] | None:
    """What the heads may use; None for a flat region. The bin width sd / 24 as in tabular/features.py."""
    from .tabular import features

    x = image[mask > 0].astype(np.float64)
    if x.std() == 0:
        return None
    bins = {"binWidth": float(x.std() / 24), "binCount": None}
    return {**{k: float(v) for k, v in features.first_order(x).items()}, "glcm_Correlation": values(*pair, bins)["glcm_Correlation"]}


def locations() -> list[dict]:
    """tabular/features.py's location of made-up boxes, LPS mm."""
    from .tabular import features

    rows = [
        ((-31.5, 12.25, 40), (-50, -10, 20), (-12, 33, 66), ((-68, 74), (-95, 80), (-40, 98))),
        ((3, -60.5, -20), (-22, -80, -39), (30.5, -40, 5), ((-71, 66), (-99, 77.5), (-41, 101))),
    ]
    return [{"centre": c, "low": lo, "high": hi, "brain": box, "features": features.location(c, lo, hi, box)} for c, lo, hi, box in rows]


def synthetic() -> dict:
    import SimpleITK as sitk

    out: list[dict[str, Any]] = []
    for recipe in RECIPES:
        image, mask = make(recipe)
        pair = sitk.GetImageFromArray(image), sitk.GetImageFromArray(mask)
        for p in pair:
            p.SetSpacing([float(mm) for mm in recipe["spacing"]])
        out.append(
            {
                "recipe": recipe,
                "voxels_inside": int(mask.sum()),
                "image_sum": float(image.astype(np.float64).sum()),
                "features": values(*pair, recipe["settings"]),
                "scale_free": scale_free(pair, image, mask),
            }
        )
        print(f"{recipe['name']}: {int(mask.sum())} voxels")
    return {"settings": TABLE_SETTINGS, "cases": out, "locations": locations()}


def cases(folder: Path) -> dict:
    import SimpleITK as sitk

    out = {}
    for case in sorted(p for p in folder.iterdir() if p.is_dir()):
        image = sitk.ReadImage(str(next(case.glob("*_t1ce.nii*"))), sitk.sitkFloat32)
        labels = sitk.ReadImage(str(next(case.glob("*_seg.nii*"))))
        mask = sitk.Cast(labels > 0, sitk.sitkUInt8)
        mask.CopyInformation(image)
        out[case.name] = values(image, mask, {})
        print(f"{case.name}: {out[case.name]['shape_VoxelVolume'] / 1000:.1f} mL", flush=True)
    return {"image": "t1ce", "mask": "whole tumour (every label)", "settings": TABLE_SETTINGS, "cases": out}


def main() -> None:
    import radiomics

    logging.getLogger("radiomics").setLevel(logging.ERROR)
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cases", type=Path)
    ap.add_argument("--out", type=Path, default=Path("../test/golden/features"))
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    name, content = ("cases.json", cases(a.cases)) if a.cases else ("synthetic.json", synthetic())
    oracle = {
        "oracle": f"pyradiomics {radiomics.__version__}",
        "command": "python -m gliatrain.radiomics_golden" + (" --cases DIR" if a.cases else ""),
    }
    (a.out / name).write_text(json.dumps({**oracle, **content}, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
