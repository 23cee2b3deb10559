"""How alike two sequences of one patient are, and an image and a copy that somebody resampled: what the limit in same-image.ts rests upon.

    python bench/same_image.py --data DIR --out bench/results/same-image.md

All pairs of sequences of the whole cases, which are stripped brains, and of the clinical heads, copies of T1c and FLAIR of every third patient; on a 2 mm grid
(clinical heads: 1.8 mm in the plane, their own slices). Correlation voxel by voxel, and of the means of blocks, as the service compares
them: blocks that lie in the head of both images.
"""
from __future__ import annotations

import argparse
import io
import itertools
import lzma
from collections import defaultdict
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

BLOCKS_MM = (6, 8, 12)
EVERY = 3


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def by_voxel(a: np.ndarray, b: np.ndarray) -> float:
    either = (a > 0) | (b > 0)
    return correlation(a[either], b[either])


def by_block(a: np.ndarray, b: np.ndarray, spacing, mm: float) -> float:
    edge = [max(1, round(mm / s)) for s in spacing]
    size = [n // k * k for n, k in zip(a.shape, edge)]
    parts = [v[: size[0], : size[1], : size[2]].reshape(
        size[0] // edge[0], edge[0], size[1] // edge[1], edge[1], size[2] // edge[2], edge[2]) for v in (a, b)]
    full = np.logical_and(*[(part > 0).all((1, 3, 5)) for part in parts])
    return correlation(*[part.mean((1, 3, 5))[full] for part in parts])


def copies(image: np.ndarray, spacing, random: np.random.Generator) -> dict[str, np.ndarray]:
    mean, k = image[image > 0].mean(), max(1, round(5 / spacing[0]))
    thick = image[: len(image) // k * k].reshape(len(image) // k, k, *image.shape[1:]).mean(1)
    at = (np.arange(len(image)) + 0.5) / k - 0.5
    low = np.clip(np.floor(at).astype(int), 0, len(thick) - 1)
    share = np.clip(at - low, 0, 1)[:, None, None].astype(np.float32)
    blurred = ndi.gaussian_filter(image, [1 / s for s in spacing])
    made = {
        "blurred, sigma 1 mm": blurred,
        "blurred, sigma 2 mm": ndi.gaussian_filter(image, [2 / s for s in spacing]),
        "slices of 5 mm and back": thick[low] * (1 - share) + thick[np.clip(low + 1, 0, len(thick) - 1)] * share,
        "noise of 10 % of the mean": image + random.normal(0, 0.1 * mean, image.shape),
        "blurred by 1 mm, noise of 10 %": blurred + random.normal(0, 0.1 * mean, image.shape),
    }
    return {how: np.where(image > 0, np.maximum(copy, 1e-3), 0).astype(np.float32) for how, copy in made.items()}


def whole_cases(data: Path):
    for folder in sorted((data / "brats").iterdir()):
        images = {}
        for key in ("t1", "t1ce", "t2", "flair"):
            path = next(p for p in folder.iterdir() if p.name.endswith(f"_{key}.nii.gz"))
            volume = np.asarray(nib.load(path).dataobj).transpose(2, 1, 0)[:154]
            images[key] = volume.reshape(77, 2, 120, 2, 120, 2).mean((1, 3, 5), dtype=np.float32)
        yield images, (2.0, 2.0, 2.0)


def heads(data: Path):
    for path in sorted((data / "tcga-lgg").glob("*.image.npy.xz")):
        image = np.load(io.BytesIO(lzma.open(path).read()))
        images = {}
        for key, place in (("flair", 1), ("t1", 0), ("t1ce", 2)):
            if place != 1 and (image[place] == image[1]).mean() > 0.95:
                continue
            plane = image[place].reshape(image.shape[1], 128, 2, 128, 2).mean((2, 4), dtype=np.float32)
            images[key] = np.where(plane > 0.1 * np.percentile(plane, 99), plane, 0)
        yield images, (float(np.clip(150 / image.shape[1], 1.5, 7)), 1.8, 1.8)


def measure(data: Path) -> dict[str, list[list[float]]]:
    random, found = np.random.default_rng(1), defaultdict(list)
    cases = [(images, spacing, True) for images, spacing in whole_cases(data)]
    for n, (images, spacing, is_whole) in enumerate(itertools.chain(cases, ((*head, False) for head in heads(data)))):
        def add(what: str, a: np.ndarray, b: np.ndarray) -> None:
            found[what].append([by_voxel(a, b), *(by_block(a, b, spacing, mm) for mm in BLOCKS_MM)])
        for a, b in itertools.combinations(sorted(images), 2):
            add(f"{'stripped' if is_whole else 'head'}: {a} and {b}", images[a], images[b])
        if n % EVERY == 0:
            for key in ("t1ce", "flair"):
                for how, copy in (copies(images[key], spacing, random) if key in images else {}).items():
                    add(f"copy: {how}", images[key], copy)
    return found


def table(found: dict[str, list[list[float]]]) -> str:
    """Of two sequences the highest counts, of a copy the lowest."""
    lines = ["# How alike two sequences are (bench/same_image.py)", "",
             "Correlation by voxel and by means of blocks of so many mm: of two sequences the highest of all patients, of a copy the lowest.",
             "", f"| images | pairs | by voxel | {' | '.join(f'{mm} mm' for mm in BLOCKS_MM)} |", "| --- | --- | --- | --- | --- | --- |"]
    for what, rows in found.items():
        worst = np.min(rows, 0) if what.startswith("copy") else np.max(rows, 0)
        lines.append(f"| {what} | {len(rows)} | {' | '.join(f'{value:.3f}' for value in worst)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.write_text(table(measure(args.data)))


if __name__ == "__main__":
    main()
