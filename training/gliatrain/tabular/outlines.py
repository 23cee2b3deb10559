"""How a network's outlines move the features of the heads. `python -m gliatrain.tabular.outlines --data DIR --outlines DIR --out FILE`

OUTLINES holds CASE.npz with `label` uint8 [Z, Y, X] (any non-zero value is tumour) on the 1 mm grid of a whole case of the data
folder, LPS, made by a network that never saw the case's patient. FILE is what `gliatrain.tabular.train --evaluation` learns from: half
of the cases train the heads, the other half measure them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from ..data import brats_file, data_folder, read_lps
from .noise import feature_errors


def errors_of(folder: Path, segmented: np.ndarray) -> dict[str, float] | None:
    """`feature_errors` of one case; None where hardly anything was segmented."""
    t1c, spacing = read_lps(brats_file(folder, "t1ce"))
    truth, _ = read_lps(brats_file(folder, "seg"))
    if segmented.shape != truth.shape:
        sizes = ["x".join(map(str, volume.shape)) for volume in (segmented, truth)]
        raise ValueError(f"{folder.name}: the outline has {sizes[0]} voxels (Z x Y x X), the case {sizes[1]}")
    return feature_errors(t1c / t1c[t1c > 0].mean(), truth > 0, segmented > 0, tuple(float(s) for s in spacing))


def measure(data: Path, outlines: Path) -> dict:
    """In the format of results/evaluation.json, as far as `noise.measured_errors` reads it."""
    rows = {
        path.stem: {"stripped": {"feature_errors": errors_of(data / "brats" / path.stem, np.load(path)["label"])}}
        for path in sorted(outlines.glob("*.npz"))
    }
    if not rows:
        raise FileNotFoundError(f"{outlines}: no CASE.npz")
    return {"command": "python -m gliatrain.tabular.outlines", "rows": {"whole": rows}}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data")
    ap.add_argument("--outlines", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    a = ap.parse_args()
    a.out.write_text(json.dumps(measure(data_folder(a.data), a.outlines), indent=1) + "\n")


if __name__ == "__main__":
    main()
