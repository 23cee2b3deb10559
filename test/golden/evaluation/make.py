"""Makes hausdorff.json: MONAI's 95 % Hausdorff distance and Dice for small asymmetric masks. python make.py

Needs numpy, torch, scipy, monai. Masks are [Z, Y, X], packed as bits, C order.
"""
import base64
import json
from pathlib import Path

import monai
import numpy as np
import torch
from monai.metrics import compute_dice, compute_hausdorff_distance

rng = np.random.default_rng(3)
shape = (11, 14, 19)
z, y, x = np.meshgrid(*map(np.arange, shape), indexing="ij")


def ball(cz, cy, cx, rz, ry, rx):
    return ((z - cz) / rz) ** 2 + ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 <= 1


speckle = lambda m, p: m ^ (rng.random(shape) < p)
cases = {
    "shifted, anisotropic": (ball(5, 6, 8, 4, 5, 6), ball(6, 7, 10, 3, 5, 5), (0.7, 1.1, 4.0)),
    "with a far island": (ball(4, 5, 5, 3, 4, 4), ball(4, 5, 5, 3, 4, 4) | ball(9, 12, 17, 1, 1, 1), (1.0, 1.0, 1.0)),
    "noisy edges": (speckle(ball(5, 6, 8, 4, 5, 6), 0.02), speckle(ball(5, 7, 9, 4, 5, 6), 0.02), (0.9, 0.9, 2.5)),
    "touching the border": (x < 6, x < 9, (1.5, 1.0, 1.0)),
    "single voxels": (ball(2, 3, 4, 0.5, 0.5, 0.5), ball(7, 9, 12, 0.5, 0.5, 0.5), (1.0, 2.0, 3.0)),
    "the same": (ball(5, 6, 8, 4, 5, 6), ball(5, 6, 8, 4, 5, 6), (1.0, 1.0, 1.0)),
}
pack = lambda m: base64.b64encode(np.packbits(m.ravel(), bitorder="little").tobytes()).decode()
out = []
for name, (a, b, spacing_xyz) in cases.items():
    t = lambda m: torch.from_numpy(m[None, None].astype(np.float32))
    hd = compute_hausdorff_distance(t(a), t(b), include_background=True, percentile=95, spacing=list(spacing_xyz[::-1]))
    out.append({"name": name, "a": pack(a), "b": pack(b), "spacing_xyz": spacing_xyz,
                "hausdorff95": float(hd), "dice": float(compute_dice(t(a), t(b)))})
    print(name, out[-1]["hausdorff95"], out[-1]["dice"])
Path(__file__).with_name("hausdorff.json").write_text(json.dumps(
    {"provenance": f"make.py; MONAI {monai.__version__}", "size_xyz": shape[::-1], "cases": out}))
