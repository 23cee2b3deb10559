"""The cascade averaged with a member of the 2 mm network: a bundle to measure beside the cascade alone.

`python -m gliatrain.cascade.with_unet --cascade DIR --unet DIR --bundle DIR`

The 2 mm network looks at the whole head before the cascade searches; where the cascade's views are shown what the first of them suspects,
its whole tumour is one more view. It saw other patients at another grid, so it errs elsewhere. One member, the first: none of its patients
is among those that the cascade is tested on, but lesion cubes of some are (identities.py says whose).
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import onnx
from onnx.utils import Extractor

from .bundle import ROOT, write_manifest

FILE = "unet.onnx"
WEIGHT = 1.5
"""Beside a weight of 1 for each of the three views: a third of the mean."""


def first_member(model: onnx.ModelProto) -> onnx.ModelProto:
    """The network whose classes come first in the output of several."""
    (joined,) = (node for node in model.graph.node if "logits" in node.output)
    if joined.op_type != "Concat":
        raise ValueError("the network's output is not its members' outputs, one after the other")
    alone = Extractor(onnx.shape_inference.infer_shapes(model)).extract_model([model.graph.input[0].name], [joined.input[0]])
    for node in alone.graph.node:
        node.output[:] = ["logits" if name == joined.input[0] else name for name in node.output]
    alone.graph.output[0].name = "logits"
    onnx.checker.check_model(alone)
    return alone


def averaged(cascade: dict[str, Any], unet: dict[str, Any], weight: float) -> dict[str, Any]:
    """The cascade's graph with a stage "coarse" before it, one of the members of the stage "whole"."""
    run, prepare = unet["inference"], unet["preprocess"]
    inferer = {"name": "SlidingWindowInferer", **{k: run[k] for k in ("roi_size", "overlap", "mode", "sigma_scale")}}
    network = {"file": FILE, "input": unet["network"]["input"], "output": "logits", "inferer": inferer}
    classes = ["background", *(one["key"] for one in [*unet["labels"], *unet["anatomy"]])]
    coarse = {
        "name": "coarse",
        "grid": {"spacing_mm": prepare["spacing_mm"]},
        "normalisation": prepare["normalisation"],
        "output": {"activation": "softmax", "classes": classes},
        "members": [{"network": "unet"}],
        "fusion": {"name": "MeanEnsemble"},
    }
    stages = list(cascade["stages"])
    at = next(n for n, stage in enumerate(stages) if stage["name"] == "whole")
    whole = stages[at]
    stages[at] = whole | {
        "members": [*whole["members"], {"stage": "coarse"}],
        "fusion": {"name": "MeanEnsemble", "weights": [1] * len(whole["members"]) + [weight]},
    }
    kept = ("sequences", "require_any", "needs", "masks", "result", "labels", "anatomy", "regions", "postprocess")
    return {
        **{key: cascade[key] for key in kept},
        "networks": {"unet": network, **cascade["networks"]},
        "stages": [stages[0], coarse, *stages[1:]],
    }


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cascade", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--unet", type=Path, default=ROOT / "config/models/glioma-unet-2mm")
    ap.add_argument("--bundle", type=Path, required=True)
    ap.add_argument("--weight", type=float, default=WEIGHT)
    a = ap.parse_args()
    a.bundle.mkdir(parents=True, exist_ok=True)
    cascade, unet = (json.loads((folder / "bundle.json").read_text()) for folder in (a.cascade, a.unet))
    for name in {network["file"] for network in cascade["networks"].values()}:
        shutil.copyfile(a.cascade / name, a.bundle / name)
    onnx.save(first_member(onnx.load(str(a.unet / unet["network"]["file"]))), str(a.bundle / FILE))
    write_manifest(a.bundle, "0.1.0", {}, None, averaged(cascade, unet, a.weight))
    print(f"{a.bundle}: next, gliabridge verify-bundle and python -m gliatrain.cascade.measure --bundle {a.bundle} --out FILE")


if __name__ == "__main__":
    main()
