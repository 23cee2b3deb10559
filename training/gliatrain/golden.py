"""Golden vectors for the service's tests. `python -m gliatrain.golden --bundle DIR --out DIR`

normalise.json      a tiny made-up channel and its "foreground-zscore"; prefilter + resample; window weights and starts;
onnx-parity.json    a formula-made input and sampled logits of the bundle's ONNX. Run again after each export.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort

from .infer import ROI, importance, starts
from .preprocess import gaussian_kernel, normalise, to_grid


def formula_input(n: int = ROI[0]) -> np.ndarray:
    """image[0, c, z, y, x] = 2 sin(0.3 x + 0.2 c) cos(0.25 y) + sin(0.35 z - 0.5 c), float64 then float32."""
    c, z, y, x = np.meshgrid(np.arange(4), np.arange(n), np.arange(n), np.arange(n), indexing="ij")
    v = 2 * np.sin(0.3 * x + 0.2 * c) * np.cos(0.25 * y) + np.sin(0.35 * z - 0.5 * c)
    return v.astype(np.float32)[None]


def listed(a: np.ndarray) -> list[float]:
    return [float(np.float32(v)) for v in a.ravel()]


def normalise_example() -> dict:
    rng = np.random.default_rng(5)
    volume = rng.gamma(2.0, 60.0, (5, 6, 7)).round(1).astype(np.float32)
    volume[:2, :3] = 0
    volume[4, 5, 6] = 5000
    source = rng.uniform(0, 100, (4, 8, 8)).round(1).astype(np.float32)
    grid = to_grid(source, (5.0, 1.0, 0.5))
    return {
        "normalise": {"shape_zyx": list(volume.shape), "in": listed(volume), "out": listed(normalise(volume))},
        "resample": {
            "source_shape_zyx": list(source.shape),
            "source_spacing_mm_zyx": [5.0, 1.0, 0.5],
            "target_spacing_mm": 2.0,
            "target_shape_zyx": list(grid.shape),
            "alignment": "box edges: target centre i lies at source index r * (i + 0.5) - 0.5, r = target / source",
            "kernel_for_sigma_0.5_sqrt_3": [float(v) for v in gaussian_kernel(0.5 * 3**0.5)],
            "in": listed(source),
            "out": listed(grid),
        },
        "window": {
            "roi": 8,
            "sigma_scale": 0.125,
            "weights_along_one_axis_through_the_centre_maximum": listed(importance((8, 8, 8))[3, 3]),
            "starts": {
                "n=20,roi=8,overlap=0.5": starts(20, 8, 0.5),
                "n=21,roi=8,overlap=0.5": starts(21, 8, 0.5),
                "n=8,roi=8,overlap=0.5": starts(8, 8, 0.5),
            },
        },
    }


def onnx_example(path: Path, n: int = ROI[0]) -> dict:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": formula_input(n)})[0]
    rng = np.random.default_rng(11)
    samples = []
    for _ in range(24):
        k, z, y, x = int(rng.integers(logits.shape[1])), *(int(v) for v in rng.integers(0, n, 3))
        samples.append({"k": k, "z": z, "y": y, "x": x, "logit": float(logits[0, k, z, y, x])})
    return {
        "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "shape_nczyx": [1, 4, n, n, n],
        "formula": "2*sin(0.3*x+0.2*c)*cos(0.25*y)+sin(0.35*z-0.5*c), rounded to float32",
        "tolerance": 0.002,
        "mean_logit": float(logits.mean()),
        "samples": samples,
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--bundle", type=Path, default=Path("../config/models/glioma-unet-2mm"))
    ap.add_argument("--out", type=Path, default=Path("../test/golden/inference"))
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    (a.out / "normalise.json").write_text(json.dumps(normalise_example()) + "\n")
    (a.out / "onnx-parity.json").write_text(json.dumps(onnx_example(a.bundle / "segmentation.onnx"), indent=1) + "\n")


if __name__ == "__main__":
    main()
