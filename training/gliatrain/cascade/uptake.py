"""What the bound on contrast uptake (bundle.UPTAKE) would take from experts' outlines. `python -m gliatrain.cascade.uptake --data DIR`

Goes through the enhancing objects of at least 0.05 mL in the lesion cubes that the cascade trains on (z-scores of the brain, as the
service has them) and prints how many, and how much of the enhancing volume, each rule would remove: a bound on the mean difference, as
earlier bundles had it, and one on a percentile of the uptake.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import ndimage as ndi

from .. import data as sources
from ..losses import ET
from .bundle import RESULTS, UPTAKE
from .degrade import T1, T1C
from .patches import split
from .volumes import load_cubes

CUBE = np.ones((3, 3, 3), bool)
MIN_VOXELS = 50
EARLIER = 0.3
"""min_mean_difference of the bundles up to 1.6.0."""


def uptake(bright: np.ndarray, dark: np.ndarray, share: float) -> np.ndarray:
    """Of each voxel: what contrast added, less `share` of what was bright before."""
    return bright - dark - share * np.clip(dark, 0, None)


def objects(cube: sources.Lesion) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """T1c and T1 of each enhancing object."""
    parts, count = ndi.label(cube.label == ET, CUBE)
    for n in range(1, count + 1):
        inside = parts == n
        if inside.sum() >= MIN_VOXELS:
            yield cube.image[T1C][inside].astype(np.float32), cube.image[T1][inside].astype(np.float32)


def removed(values: np.ndarray, sizes: np.ndarray, bound: float) -> dict:
    below = values <= bound
    return {"objects": int(below.sum()), "share_of_volume": round(float(sizes[below].sum() / sizes.sum()), 4)}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data")
    ap.add_argument("--cache", type=Path, default=Path("out/cache"))
    a = ap.parse_args()
    data = sources.data_folder(a.data)
    trained_on = split(data, a.cache).cubes
    pairs = [pair for cube in load_cubes(data, a.cache) if cube.patient in trained_on for pair in objects(cube)]
    sizes = np.array([len(bright) for bright, _ in pairs])
    means = np.array([(bright - dark).mean() for bright, dark in pairs])
    share, percentile = UPTAKE["subtrahend_share"], UPTAKE["percentile"]
    high = np.array([np.percentile(uptake(bright, dark, share), percentile) for bright, dark in pairs])
    report = {
        "command": "python -m gliatrain.cascade.uptake",
        "objects": len(pairs),
        "mean_difference_at": {str(bound): removed(means, sizes, bound) for bound in (EARLIER, 0.7, 1.0)},
        "uptake": {**UPTAKE, **removed(high, sizes, UPTAKE["min_uptake"])},
        "uptake_at": {str(bound): removed(high, sizes, bound) for bound in (0.3, 0.5, 0.7, 0.9, 1.1)},
    }
    (RESULTS / "uptake.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
