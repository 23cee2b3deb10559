"""Continues from the networks of a bundle: writes the checkpoints that train.py, brain.py and flair.py resume from.

`python -m gliatrain.cascade.from_bundle --bundle DIR --out DIR`; incomplete.pt is the checkpoint.pt of a folder of its own
(incomplete.py). A bundle holds the running means in half precision and no optimiser:
the difference is below what one step changes, and the optimisers start anew. Refuses to replace an existing checkpoint.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from .. import checkpoints
from .brain import BrainNet
from .bundle import RESULTS, ROOT
from .flair import FILE, FlairNet
from .network import Fuse, ResBlock, Up, ViewNet, ViewVariant
from .patches import STAGES, VIEWS
from .train import Member
from .weights import NETWORKS, put


def arrays(path: Path) -> dict[str, np.ndarray]:
    """The initialisers of a bundle's file in their order, under the names that they had before their precision was halved."""
    return {
        tensor.name.removesuffix("_half"): numpy_helper.to_array(tensor).astype(np.float32) for tensor in onnx.load(path).graph.initializer
    }


def part(named: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)}


def per_channel(net: ViewNet) -> list[nn.Parameter]:
    """The parameters that an exported file holds without a name, in the order in which a slice meets them."""

    def block(b: ResBlock) -> list[nn.Parameter]:
        return [b.scale, b.shift, b.act0.weight, b.act1.weight]

    def act(*layers: nn.Module) -> list[nn.Parameter]:
        return [layer.act.weight for layer in layers if hasattr(layer, "act")]

    out = []
    for number, down in enumerate((net.down1, net.down2, None, None), 1):
        for b in getattr(net, f"block{number}"):
            out += block(b)
        out += act(getattr(net, f"fuse{number}"), *([down] if down else []))
    return [*out, *act(net.up1, *net.up2, *net.up3)]


def transposed(taps: np.ndarray, cin: int, cout: int) -> np.ndarray:
    """The kernel [in, out, 3, 3] of an `Up` that was written as a convolution (export.UpAsConvolution)."""
    taps = taps.reshape(cout, 2, 2, cin, 2, 2)
    weight = np.zeros((cin, cout, 3, 3), np.float32)
    places = ((0, 1), (1, 1), (0, 0))  # of a row or column of the kernel: parity of the output, tap
    for row, (py, ky) in enumerate(places):
        for column, (px, kx) in enumerate(places):
            weight[:, :, row, column] = taps[:, py, px, :, ky, kx].T
    return weight


def view_net(named: dict[str, np.ndarray], stage: str) -> ViewNet:
    net = ViewNet(ViewVariant(NETWORKS[stage][1]))
    if np.abs(named.get("last.bias", np.zeros(1))).max() > 1e-6:
        raise ValueError(f"the {stage} networks were exported with a threshold other than 1/2: their logits are not those of training")
    rewritten = {f"{name}.conv": module for name, module in net.named_modules() if isinstance(module, Up)}
    own = dict(net.named_parameters())
    for name in [name for name in named if name.endswith(".slope")]:
        put(own.pop(name.removesuffix("slope") + "weight"), named[name].reshape(-1))
    remaining = {id(p) for p in own.values()}
    anonymous = [p for p in per_channel(net) if id(p) in remaining]
    unnamed = [value for name, value in named.items() if name.startswith("onnx::")]
    for parameter, value in zip(anonymous, unnamed, strict=True):
        put(parameter, value.reshape(-1))
    for name, module in rewritten.items():
        cin, cout = module.conv.weight.shape[:2]
        put(own.pop(f"{name}.weight"), transposed(named[f"{name}.weight"], cin, cout))
        put(own.pop(f"{name}.bias"), named[f"{name}.bias"][::4])
    for name, module in net.named_modules():
        if isinstance(module, Fuse):
            put(own.pop(f"{name}.conv.weight"), np.concatenate([named[f"{name}.convs.{n}.weight"] for n in range(3)], 1))
            put(own.pop(f"{name}.conv.bias"), named[f"{name}.convs.0.bias"])
    for name, parameter in own.items():
        if all(parameter is not one for one in anonymous):
            put(parameter, named[name])
    return net


def fill(net: nn.Module, named: dict[str, np.ndarray]) -> nn.Module:
    for name, parameter in net.named_parameters():
        put(parameter, named[name])
    return net


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--out", type=Path, default=Path("out/cascade"))
    ap.add_argument(
        "--record", type=Path, default=RESULTS / "cascade.json", help="what the bundle's networks learned from, and for how long"
    )
    ap.add_argument("--peak", type=float, default=1e-4)
    a = ap.parse_args()
    for name in ("checkpoint.pt", "incomplete.pt", "brain.pt", FILE):
        if (a.out / name).exists():
            ap.error(f"{a.out / name} is there already: move it away to start from the bundle again")
    a.out.mkdir(parents=True, exist_ok=True)
    record = json.loads(a.record.read_text())

    def member(file: str, stage: str, steps: int) -> dict:
        named = arrays(a.bundle / f"{file}.onnx")
        made = Member(view_net(part(named, "view/") or named, stage), a.peak)
        made.steps = steps
        return made.state()

    members = {f"{s}/{v}": member(f"{s}-{v}", s, record["steps"][f"{s}/{v}"]) for s in STAGES for v in VIEWS}
    facts = {key: record[key] for key in ("facts", "settings")}
    checkpoints.save(a.out / "checkpoint.pt", {"members": members, "seconds": record["seconds"], "rounds": record["rounds"], **facts})
    if "incomplete" in record:
        own = record["incomplete"]
        whole = {f"whole/{view}": member(f"incomplete-{view}", "whole", own["steps"]) for view in VIEWS}
        state = {"members": members | whole, "seconds": own["seconds"], "rounds": own["rounds"], **facts}
        checkpoints.save(a.out / "incomplete.pt", state)
    brain = fill(BrainNet(), arrays(a.bundle / "brain.onnx"))
    optimiser = torch.optim.AdamW(brain.parameters(), lr=2e-3, weight_decay=1e-3)
    checkpoints.save(a.out / "brain.pt", {"net": brain.state_dict(), "optimiser": optimiser.state_dict(), **record["brain"]})
    estimate = part(part(arrays(a.bundle / "whole-axial.onnx"), "estimate/"), "net.")
    if estimate:
        checkpoints.save(a.out / FILE, {"net": fill(FlairNet(), estimate).state_dict(), **record["flair"]})
    print(f"{a.out}: {len(members)} networks, brain{', estimate of FLAIR' if estimate else ''}")


if __name__ == "__main__":
    main()
