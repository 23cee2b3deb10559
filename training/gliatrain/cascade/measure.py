"""Measures a bundle through the service's own path on patients that it never saw. `python -m gliatrain.cascade.measure --data DIR`

Writes the tested cases as NIfTI folders (as they are; inside a synthetic head; with a sequence left out; as if nothing took up
contrast), procedural heads without a tumour, and the tested clinical and multiple-sclerosis heads on their own grids; runs
`gliabridge evaluate --cases` on them, and adds its report to results/cascade-evaluation.json. A case that the report of the same bundle
holds already is not run again. Under "seen" the report names the patients that the 2 mm network saw in training.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

from .. import data as sources
from ..nifti import write_nifti
from ..preprocess import to_grid
from ..synthetic_heads import Atlas, add_head
from . import heads as real_heads
from . import with_unet
from .bundle import RESULTS, ROOT, SEQUENCES
from .degrade import without_enhancement
from .patches import TESTED_CASES, split
from .volumes import read_brats, stripped_brain, volume

CODES = {1: 1, 2: 2, 3: 4, 4: 2}
"""Our labels -> BraTS codes; a tumour of unknown class is written as oedema, so that only the whole tumour means anything."""
PARTS = ("stripped", "head", "without-t1", "without-t1ce", "without-t2", "without-flair", "no-enhancement", "tumour-free", "clinical", "ms")
NOTHING = {"no-enhancement": ("ET",), "tumour-free": ("WT", "TC", "ET"), "ms": ("WT", "TC", "ET")}
"""Regions of which a part holds nothing: every voxel found there is wrong."""
HEALTHY = ("tested-1-healthy", "tested-2-healthy", "tested-3-healthy", "tested-4-healthy")
"""Seeds of procedural heads without a tumour; none is trained on."""


def write_case(
    folder: Path,
    name: str,
    image: np.ndarray,
    label: np.ndarray,
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
    without: str | None = None,
) -> None:
    """FOLDER/<name> as a BraTS case, without the channel `without`; whole or not there at all."""
    into = folder / name
    part = folder / f".{name}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for channel, data in zip(sources.CHANNELS, image, strict=True):
        if data.any() and channel != without:
            write_nifti(part / f"{name}_{channel}.nii.gz", data.astype(np.float32), spacing)
    coded = np.zeros(label.shape, np.uint8)
    for ours, code in CODES.items():
        coded[label == ours] = code
    write_nifti(part / f"{name}_seg.nii.gz", coded, spacing)
    part.replace(into)


def in_a_head(image: np.ndarray, label: np.ndarray, atlas: Atlas, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A stripped case inside a synthetic head: the head is made at 2 mm, the brain keeps its own 1 mm voxels."""
    brain = stripped_brain(image)
    box = sources.crop_box(brain, 8)
    image, label, brain = image[(slice(None), *box)], label[box], brain[box]
    box = tuple(slice(0, n // 2 * 2) for n in brain.shape)
    image, label, brain = image[(slice(None), *box)], label[box], brain[box]
    means = np.array([c[brain].mean() for c in image])
    coarse = sources.Case(
        "coarse",
        np.stack([to_grid(c, (1.0,) * 3) / m for c, m in zip(image, means, strict=True)]),
        to_grid((label > 0).astype(np.float32), (1.0,) * 3).round().astype(np.uint8),
        to_grid(brain.astype(np.float32), (1.0,) * 3) >= 0.5,
        has_skull=False,
    )
    head = add_head(coarse, atlas, rng)
    big = np.stack([ndi.zoom(c, 2, order=1, grid_mode=True, mode="nearest") for c in head.image])
    start = [-2 * s for s in head.start]
    out, labels, inside = big, np.zeros(big.shape[1:], np.uint8), np.zeros(big.shape[1:], bool)
    where, there = [], []
    for axis, s in enumerate(start):
        low, high = max(s, 0), min(s + brain.shape[axis], inside.shape[axis])
        where.append(slice(low, high))
        there.append(slice(low - s, high - s))
    inside[tuple(where)] = brain[tuple(there)]
    labels[tuple(where)] = label[tuple(there)]
    for k in range(4):
        out[k][inside] = image[k][tuple(there)][brain[tuple(there)]] / means[k]
    return np.maximum(out, 0) * 500, labels


def write_whole(data: Path, folder: Path, name: str, parts: Sequence[str], atlas: Atlas) -> None:
    image, label = read_brats(data / "brats" / name)
    for part in parts:
        full = f"{part}-{name}"
        if (folder / full).exists():
            continue
        if part == "head":
            write_case(folder, full, *in_a_head(image, label, atlas, np.random.default_rng(sum(name.encode()))))
        elif part == "no-enhancement":
            v = without_enhancement(volume(name, image, label, stripped_brain(image), False))
            positive = np.maximum(v.image.astype(np.float32) + 3.0, 0.01) * 200
            write_case(folder, full, np.where(v.distance < 0, positive, 0), v.label)
        elif part == "stripped" or part.startswith("without-"):
            write_case(folder, full, image, label, without=part.removeprefix("without-"))


def write_clinical(data: Path, folder: Path, name: str) -> None:
    if not (folder / f"clinical-{name}").exists():
        image, label, spacing = real_heads.native_tcga(data / "tcga-lgg" / f"{name}.image.npy.xz")
        write_case(folder, f"clinical-{name}", image, label, spacing)


def write_healthy(cache: Path, folder: Path) -> None:
    made = cache / "tested-phantoms"
    remaining = [n for n in HEALTHY if not (made / f"{n}.parenchyma.npy").exists()]
    if remaining:
        subprocess.run(["node", "bin/run.mjs", "scripts/phantom-volumes.ts", str(made.resolve()), *remaining], cwd=ROOT, check=True)
    for name in HEALTHY:
        if not (folder / f"tumour-free-{name}").exists():
            image = np.stack([np.load(made / f"{name}.{k}.npy").astype(np.float32) for k in SEQUENCES])
            write_case(folder, f"tumour-free-{name}", image, np.load(made / f"{name}.label.npy"))


def write_ms(data: Path, folder: Path, name: str) -> None:
    into = folder / f"ms-{name}"
    if into.exists():
        return
    into.mkdir(parents=True)
    for channel in ("t1", "t2", "flair"):
        path = next(p for p in (data / "heads" / name).iterdir() if p.name.startswith(channel))
        shutil.copyfile(path, into / f"ms-{name}_{channel}.nii.gz")
        if channel == "flair":
            flair = nib.load(path)
            nib.save(nib.Nifti1Image(np.zeros(flair.shape, np.uint8), flair.affine), into / f"ms-{name}_seg.nii.gz")


def evaluate(folder: Path, bundle: Path, names: list[str], out: Path) -> dict:
    subprocess.run(
        [
            "node",
            "bin/run.mjs",
            "bin/gliabridge.mjs",
            "evaluate",
            "--cases",
            str(folder.resolve()),
            "--only",
            ",".join(names),
            "--bundle",
            str(bundle.resolve()),
            "--json",
            str(out.resolve()),
        ],
        cwd=ROOT,
        check=True,
    )
    return json.loads(out.read_text())


def computes(manifest: dict) -> str:
    """Digest of what decides the labels: networks, stages and rules, but no prose, heads or figures."""
    parts = {key: manifest[key] for key in ("sequences", "networks", "masks", "stages", "result", "regions")}
    rules = {k: v for k, v in manifest["postprocess"].items() if k != "volume_relative_sd"}
    used = {net[key] for net in manifest["networks"].values() for key in ("file", "cpu_file") if key in net}
    weights = {n: f["sha256"] for n, f in manifest["files"].items() if n in used}
    return hashlib.sha256(json.dumps([parts, rules, weights], sort_keys=True).encode()).hexdigest()


def patient(case: str) -> str:
    """The source of a measured case: its name without the part."""
    return next(case.removeprefix(f"{part}-") for part in PARTS if case.startswith(f"{part}-"))


def unseen(report: dict) -> list[dict]:
    """The cases whose patient no network of the bundle saw."""
    return [case for case in report["cases"] if patient(case["case"]) not in report["seen"]]


def summary(cases: list[dict]) -> dict:
    """Of each part the mean and median Dice by region, and the volumes found where there is nothing."""
    out: dict[str, Any] = {}
    for part in PARTS:
        rows = [c for c in cases if c["case"].startswith(f"{part}-")]
        if not rows:
            continue
        score = {r: [next(s for s in c["scores"] if s["region"] == r) for c in rows] for r in ("WT", "TC", "ET")}
        out[part] = {"cases": len(rows), "seconds": round(float(np.median([c["seconds"]["total"] for c in rows])), 1)}
        for region, scores in score.items():
            if region in NOTHING.get(part, ()):
                out[part][region] = {"found_ml": [round(s["volumeMl"], 2) for s in scores]}
            elif region == "WT" or part != "clinical":
                dice = [s["dice"] for s in scores]
                out[part][region] = {"mean": round(float(np.mean(dice)), 4), "median": round(float(np.median(dice)), 4)}
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data")
    ap.add_argument("--cache", type=Path, default=Path("out/cache"))
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--parts", nargs="*", default=list(PARTS), choices=PARTS)
    ap.add_argument("--out", type=Path, default=RESULTS / "cascade-evaluation.json")
    a = ap.parse_args()
    data, folder = sources.data_folder(a.data), a.cache / "measured"
    manifest = json.loads((a.bundle / "bundle.json").read_text())
    key = computes(manifest)
    old = json.loads(a.out.read_text()) if a.out.exists() else {}
    report: dict[str, Any] = old if old.get("computes") == key else {"computes": key, "cases": [], "failures": []}
    tested = split(data, a.cache).tested
    report["seen"] = with_unet.seen(data, a.cache, tested) if "unet" in manifest["networks"] else []
    atlas = Atlas(data / "atlas")
    for name in sorted(TESTED_CASES):
        write_whole(data, folder, name, a.parts, atlas)
    if "clinical" in a.parts:
        for name in tested:
            if name.startswith("TCGA"):
                write_clinical(data, folder, name)
    if "tumour-free" in a.parts:
        write_healthy(a.cache, folder)
    if "ms" in a.parts:
        for name in real_heads.ms_names(data):
            write_ms(data, folder, name)
    done = {c["case"] for c in report["cases"]}
    remaining = [p.name for part in a.parts for p in sorted(folder.glob(f"{part}-*")) if p.name not in done]
    for start in range(0, len(remaining), 4):
        new = evaluate(folder, a.bundle, remaining[start : start + 4], a.cache / "report.json")
        report["cases"] += new["cases"]
        report["failures"] += new["failures"]
        report |= {"execution": new["execution"], "peakRssMb": new["peakRssMb"]}
        report["mean"] = summary(report["cases"])
        a.out.write_text(json.dumps({"command": "python -m gliatrain.cascade.measure", **report}, indent=1) + "\n")
    print(json.dumps(report.get("mean"), indent=1))


if __name__ == "__main__":
    main()
