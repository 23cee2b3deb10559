"""Finds each stage's probability above which its Dice is best, on degraded training cases. `python -m gliatrain.cascade.calibrate`

Averages of views, thick slices and a trained loss shift what 0.5 means. The shift is measured on cases that the networks trained on,
never on tested ones, and export.py puts it into the networks' last logit, so that 1/2 is the limit everywhere again.
Writes OUT/thresholds.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Callable

import numpy as np
import torch

from .. import data as sources
from ..losses import ET
from ..metrics import dice
from .degrade import acquire, surround, wrong_mask
from .infer import box_of, mean, run_stage
from .network import ViewNet, ViewVariant
from .patches import STAGES, TARGETS, VIEWS, split
from .volumes import load_brats, z_scores
from .weights import NETWORKS

THRESHOLDS = np.arange(0.15, 0.66, 0.05)
MIN_ENHANCING = 3000
"""Voxels: cases with less enhancement say little about its threshold."""


def network_of(members: dict, stage: str, view: str) -> Callable[[np.ndarray], np.ndarray]:
    net = ViewNet(ViewVariant(NETWORKS[stage][1]))
    net.load_state_dict(members[f"{stage}/{view}"]["mean"])
    net.eval().to(memory_format=torch.channels_last)

    def run(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return torch.softmax(net(torch.from_numpy(x).contiguous(memory_format=torch.channels_last)), 1)[:, 1].numpy()

    return run


def best_thresholds(members: dict, volumes: list, seed: int = 17) -> dict:
    """Stage -> {"threshold", "dice" by threshold}: each stage in the box of the true earlier one."""
    networks = {s: {v: network_of(members, s, v) for v in VIEWS} for s in STAGES}
    rng, found = np.random.default_rng(seed), {s: [] for s in STAGES}
    for v in volumes:
        mask = wrong_mask(v, rng)
        image = surround(acquire(v, rng), v, mask, rng)
        image = z_scores(image - image.min((1, 2, 3), keepdims=True) + 1e-3, mask) * mask
        boxes = {"whole": mask, "core": v.label > 0, "enhancing": np.isin(v.label, TARGETS["core"])}
        for stage in STAGES:
            truth = np.isin(v.label, TARGETS[stage]) & mask
            if not boxes[stage].any() or (stage == "enhancing" and (v.label == ET).sum() < MIN_ENHANCING):
                continue
            p = mean(run_stage(networks[stage], image, box_of(boxes[stage])))
            found[stage].append([dice(p > t, truth) for t in THRESHOLDS])
            print(v.name, stage, [round(d, 3) for d in found[stage][-1]], flush=True)
    out = {}
    for stage, rows in found.items():
        curve = np.mean(rows, axis=0)
        out[stage] = {
            "threshold": round(float(THRESHOLDS[curve.argmax()]), 2),
            "cases": len(rows),
            "dice": {f"{t:.2f}": round(float(d), 4) for t, d in zip(THRESHOLDS, curve)},
        }
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data")
    ap.add_argument("--cache", type=Path, default=Path("out/cache"))
    ap.add_argument("--out", type=Path, default=Path("out/cascade"))
    ap.add_argument("--cases", nargs="*", help="training cases; all when absent")
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    data = sources.data_folder(a.data)
    members = torch.load(a.out / "checkpoint.pt", weights_only=True)["members"]
    names = [n for n in split(data, a.cache).cases if not a.cases or n in a.cases]
    found = best_thresholds(members, [load_brats(data, a.cache, n) for n in names])
    (a.out / "thresholds.json").write_text(json.dumps(found, indent=1) + "\n")
    print({s: f["threshold"] for s, f in found.items()})


if __name__ == "__main__":
    main()
