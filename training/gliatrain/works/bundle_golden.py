"""A tiny bundle with an encoder, a library and a joint head, made by clipsa on made-up patients, and what it answers in Python.
`python -m gliatrain.works.bundle_golden`

Writes test/support/bundles/clipsa: the bundle (the tiny segmentation network of test/golden/inference/tiny-bundle), and
golden.json: features, embedding, proxy, cosines, log risk and members of an image made by a formula, with a channel missing
and fewer slices than the window. Nothing in it says anything about patients.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from . import clipsa
from .bundle import install
from .cohort import Patient, fit_size
from .library import nearest, proxy, read_library
from .loop import Settings
from .synthetic_cohort import Plan, make_cohort

TEST = Path(__file__).parents[3] / "test"
FOLDER = TEST / "support" / "bundles" / "clipsa"
SHAPE, MISSING, AGE = (6, 11, 13), 2, 61.5
SETTINGS = Settings(
    widths=(4, 6),
    attended=0,
    size=(8, 8, 8),
    epochs=12,
    batch=16,
    rate=8e-3,
    drop_sequence=0.0,
    clinical=("age",),
    options={
        "embedding": 6,
        "neighbours": 5,
        "source": "made-up patients",
        "without_pathology": False,
        "occlusion": {"block_voxels": 2, "stride_voxels": 2, "margin_mm": 2, "baseline": 0},
    },
)


def image() -> np.ndarray:
    """image[c, z, y, x] = sin(0.7 x + c) + cos(0.4 y - 0.3 z c) + 0.05 z; channel MISSING is zero."""
    c, z, y, x = np.meshgrid(np.arange(4), *(np.arange(n) for n in SHAPE), indexing="ij")
    out = (np.sin(0.7 * x + c) + np.cos(0.4 * y - 0.3 * z * c) + 0.05 * z).astype(np.float32)
    out[MISSING] = 0
    return out


def golden(model: clipsa.Aligned, work: Path) -> dict:
    window = np.stack([fit_size(v, np.array(SHAPE) / 2, SETTINGS.size) for v in image()])
    with torch.no_grad():
        embedding, features = (v[0].numpy() for v in model.double()(torch.from_numpy(window[None]).double()))
    facts, keys, values = read_library(work)
    _rows, cosines = nearest(keys, embedding, facts["neighbours"])
    near = proxy(keys, values, embedding, facts["neighbours"], facts["temperature"])
    row = np.concatenate([features, near, [AGE]])
    session = ort.InferenceSession(str(work / "survival-head.onnx"), providers=["CPUExecutionProvider"])
    output, members = (v[0].tolist() for v in session.run(["log_risk", "members"], {"features": row[None].astype(np.float32)}))
    return {
        "shape_zyx": SHAPE,
        "missing": MISSING,
        "age_years": AGE,
        "window": window[:, ::3, ::3, ::3].ravel().tolist(),
        "features": features.tolist(),
        "embedding": embedding.tolist(),
        "cosines": cosines.tolist(),
        "proxy": near.tolist(),
        "log_risk": output,
        "members": members,
    }


def main() -> None:
    torch.set_num_threads(1)
    patients: list[Patient] = make_cohort(Plan(patients=90, size=8, seed=9, noise=0.1, pathology=1.0))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name in ("bundle.json", "card.md", "segmentation.onnx"):
        shutil.copyfile(TEST / "golden" / "inference" / "tiny-bundle" / name, FOLDER / name)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        model, _ = clipsa.train_and_evaluate(patients, SETTINGS, work, quiet=True)
        install(work, FOLDER)
        (FOLDER / "golden.json").write_text(json.dumps(golden(model, work)) + "\n")
    print(f"{FOLDER.name}: {sum(p.stat().st_size for p in FOLDER.iterdir())} bytes")


if __name__ == "__main__":
    main()
