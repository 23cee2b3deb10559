"""The cascade averaged with a member of the 2 mm network: the default bundle. `python -m gliatrain.cascade.with_unet --bundle DIR`

Takes the cascade alone, which gliatrain.cascade.bundle wrote, from that folder or from another one (`--cascade DIR`).

The 2 mm network looks at the whole head before the cascade searches; where the cascade's views are shown what the first of them suspects,
its whole tumour is one more view. It saw other patients at another grid, so it errs elsewhere. One member, the first, which saw the fewest
of the patients that the cascade is tested on: whole cases or lesion cubes of some of them were in its training (`seen`).
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
from onnx.utils import Extractor

from .. import identities
from ..rewrite import rewrite
from .bundle import COMPUTED, RESULTS, ROOT, write_manifest

FILE = "unet.onnx"
WEIGHT = 1.5
"""Beside a weight of 1 for each of the three views: a third of the mean."""
WEIGHT_WITHOUT = {"T1c": 3, "FLAIR": 3}
"""The same for studies that lack a sequence without which the cascade loses more than the U-Net: half of the mean."""


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
    """The cascade's graph with a stage "coarse" before it, one of the members of the stage "whole".

    Raises ValueError for a cascade that has it already.
    """
    if "unet" in cascade["networks"]:
        raise ValueError("this cascade is averaged with the 2 mm network already; make it anew with gliatrain.cascade.bundle first")
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
    views = [1] * len(whole["members"])
    stages[at] = whole | {
        "members": [*whole["members"], {"stage": "coarse"}],
        "fusion": {
            "name": "MeanEnsemble",
            "weights": [*views, weight],
            "weights_without": [{"sequence": name, "weights": [*views, more]} for name, more in WEIGHT_WITHOUT.items()],
        },
    }
    return {
        **{key: cascade[key] for key in COMPUTED},
        "networks": {"unet": network, **cascade["networks"]},
        "stages": [stages[0], coarse, *stages[1:]],
    }


def seen(data: Path, cache: Path, names: Sequence[str]) -> list[str]:
    """Of these sources those whose patient the member saw in training, in any form."""
    table = identities.patients(data, cache)
    record = identities.records(json.loads((RESULTS / "training.json").read_text()))[0]
    patients = identities.seen_by(record, table)
    return sorted(name for name in names if identities.patient_of(table, name) in patients)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--cascade", type=Path, help="folder of the cascade alone; the bundle's own when absent")
    ap.add_argument("--unet", type=Path, default=ROOT / "config/models/glioma-unet-2mm")
    ap.add_argument("--weight", type=float, default=WEIGHT)
    ap.add_argument("--version", default="1.0.0")
    a = ap.parse_args()
    source = a.cascade or a.bundle
    a.bundle.mkdir(parents=True, exist_ok=True)
    cascade, unet = (json.loads((folder / "bundle.json").read_text()) for folder in (source, a.unet))
    parts = averaged(cascade, unet, a.weight)
    if source != a.bundle:
        for name in {network[key] for network in cascade["networks"].values() for key in ("file", "cpu_file") if key in network}:
            shutil.copyfile(source / name, a.bundle / name)
    onnx.save(rewrite(first_member(onnx.load(str(a.unet / unet["network"]["file"])))), str(a.bundle / FILE))
    write_manifest(a.bundle, a.version, {}, None, parts)
    print(f"{a.bundle}: next, gliabridge verify-bundle and python -m gliatrain.cascade.measure --bundle {a.bundle}")


if __name__ == "__main__":
    main()
