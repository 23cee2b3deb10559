"""Networks for studies without T1c or FLAIR, added to the default bundle. `python -m gliatrain.cascade.incomplete --out DIR --bundle DIR`

What finds the whole tumour in a complete study leans on every sequence; trained to do without one as well, it loses a little of that. So
DIR/checkpoint.pt goes on from the cascade with studies that all lack one (`gliatrain.cascade.train --stages whole --always-without T1c
FLAIR`), and its networks take the place of the cascade's views where one is missing: members of weight 0 are not run. A bundle that has
such networks gets those of DIR in their place.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from .. import checkpoints
from ..card import sha256
from .bundle import COMPUTED, RESULTS, ROOT, halve_files, view_of
from .export import export_view, view_files
from .flair import load_fill_in
from .network import ViewNet, ViewVariant
from .patches import VIEWS
from .weights import NETWORKS

NAME = "incomplete"
WEIGHT = 1
"""Of each of them in a study that lacks T1c or FLAIR, where they stand in for the cascade's views: beside them, they gain less."""


def with_incomplete(bundle: dict[str, Any]) -> dict[str, Any]:
    """The parts of `bundle` that say what is computed, with three more members of the stage "whole" unless it has them already."""
    networks, stages = bundle["networks"], list(bundle["stages"])
    if f"{NAME}-axial" in networks:
        return {key: bundle[key] for key in COMPUTED}
    at = next(n for n, stage in enumerate(stages) if stage["name"] == "whole")
    members, fusion = stages[at]["members"], stages[at]["fusion"]
    more = [view_of(NAME, view) for view in VIEWS]
    views = len(members) - 1  # the last is the U-Net
    rules = [rule | {"weights": [*[0] * views, rule["weights"][-1], *[WEIGHT] * len(more)]} for rule in fusion["weights_without"]]
    weights = [*fusion["weights"], *[0] * len(more)]
    stages[at] = stages[at] | {"members": [*members, *more], "fusion": fusion | {"weights": weights, "weights_without": rules}}
    added = {f"{NAME}-{view}": networks[f"whole-{view}"] | view_files(f"{NAME}-{view}") for view in VIEWS}
    return {**{key: bundle[key] for key in COMPUTED}, "networks": {**networks, **added}, "stages": stages}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", type=Path, default=Path("out/incomplete"), help="folder of checkpoint.pt, with the estimate of FLAIR")
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--version", default="1.0.0")
    a = ap.parse_args()
    state, fill_in = checkpoints.load(a.out / "checkpoint.pt"), load_fill_in(a.out)
    names = []
    for view in VIEWS:
        net = ViewNet(ViewVariant(NETWORKS["whole"][1]))
        net.load_state_dict(state["members"][f"whole/{view}"]["mean"])
        names += export_view(net, a.bundle / f"{NAME}-{view}.onnx", fill_in)
    halve_files(a.bundle, names)
    path = a.bundle / "bundle.json"
    bundle = json.loads(path.read_text())
    files = {name: sha256(a.bundle / name) for name in sorted({*bundle["files"], *names} - {"card.md"})}
    manifest = {**bundle, "version": a.version, "files": {**files, "card.md": bundle["files"]["card.md"]}, **with_incomplete(bundle)}
    path.write_text(json.dumps(manifest, indent=2) + "\n")
    record = RESULTS / "cascade.json"
    trained = json.loads(record.read_text())
    trained[NAME] = {
        "rounds": state["rounds"],
        "steps": state["members"]["whole/axial"]["steps"],
        "seconds": round(state["seconds"]),
        **{key: state["facts"][key] for key in ("averaged_after_rounds",) if key in state["facts"]},
    }
    record.write_text(json.dumps(trained, indent=1) + "\n")
    print(f"{a.bundle}: next, gliabridge verify-bundle and python -m gliatrain.cascade.measure --bundle {a.bundle}")


if __name__ == "__main__":
    main()
