"""A bundle's networks as they would be without each of the rewritings of their export, for `bench/graph.ts`, which times them all.

`python -m gliatrain.cascade.plain --bundle DIR --to FOLDER`. The bundle's own weights, put back into PyTorch's layers. A view's network
begins as described (Wang 2017): convolutions of 1x3x3 and 3x1x1, transposed ones, the statistics of each volume instead of fixed ones.
FOLDER/index.json lists the files of each network: first the plain one, then each with one rewriting more than the one before. The one
with statistics of the volume answers otherwise, on purpose; every other file is compared with PyTorch.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from ..network import GliomaNet
from ..rewrite import rewrite
from ..start import begin
from .brain import MULTIPLE, BrainNet
from .bundle import ROOT
from .export import FuseAsSum, UpAsConvolution, for_export, one_by_one, trace, with_maxima
from .from_bundle import arrays, fill, part, view_net
from .network import CONTEXT, WIDTH, Down, Fuse, ResBlock, Up, ViewNet
from .patches import STAGES, VIEWS

FREE = {0: "slices", 2: "rows", 3: "columns"}
TITLES = (
    "plain: 3D, statistics of the volume",
    "statistics fixed and folded",
    "1x3x3 as 2D convolutions",
    "transposed convolutions rewritten",
    "slices summed, PReLU as a maximum",
)
ONE_BY_ONE = "one slice after the other"
TITLES_3D = ("plain: 3D", "3x3x3 as three 2D convolutions", "transposed convolutions rewritten")


def in_3d(conv: nn.Conv2d | nn.ConvTranspose2d) -> nn.Module:
    """The same over a volume's slices: size, stride, padding and dilation of 1 across them."""
    kind = nn.ConvTranspose3d if isinstance(conv, nn.ConvTranspose2d) else nn.Conv3d
    across = {"stride": (1, *conv.stride), "padding": (0, *conv.padding), "dilation": (1, *conv.dilation)}
    out = kind(conv.in_channels, conv.out_channels, (1, *conv.kernel_size), bias=conv.bias is not None, **across)
    out.weight.data = conv.weight.detach()[:, :, None].clone()
    if conv.bias is not None:
        out.bias.data = conv.bias.detach().clone()
    return out


class InVolume(nn.Module):
    """A ViewNet in 3D layers; `measured`: each volume is normalised by its own statistics, as the published networks do it."""

    def __init__(self, net: ViewNet, measured: bool) -> None:
        super().__init__()
        self.net, self.measured = copy.deepcopy(net), measured
        for module in self.net.modules():
            for name, child in list(module.named_children()):
                if isinstance(module, Fuse) and name == "conv":
                    joined = nn.Conv3d(WIDTH, WIDTH, (3, 1, 1))
                    joined.weight.data = torch.stack([one[..., 0] for one in child.weight.detach().split(WIDTH, 1)], 2)[..., None]
                    joined.bias.data = child.bias.detach().clone()
                    module.conv = joined
                elif isinstance(child, (nn.Conv2d, nn.ConvTranspose2d)):
                    setattr(module, name, in_3d(child))

        self.norms = nn.ModuleDict({str(n): nn.InstanceNorm3d(n, affine=True) for n in (2, 4, 8, WIDTH)})

    def norm(self, x: torch.Tensor, channels: int) -> torch.Tensor:
        return self.norms[str(channels)](x) if self.measured else x

    def block(self, b: ResBlock, x: torch.Tensor) -> torch.Tensor:
        shape = (-1, 1, 1, 1)
        y = b.act0(self.norm(x, b.conv0.in_channels) * b.scale.view(shape) + b.shift.view(shape))
        y = b.conv1(b.act1(self.norm(b.conv0(y), WIDTH)))
        return y + (nn.functional.pad(x, (0, 0, 0, 0, 0, 0, b.widen, b.widen)) if b.widen else x)

    def run(self, module: nn.Module, x: torch.Tensor) -> torch.Tensor:
        if isinstance(module, nn.Sequential):
            for one in module:
                x = self.run(one, x)
            return x
        if isinstance(module, ResBlock):
            return self.block(module, x)
        if isinstance(module, Down):
            return module.act(self.norm(module.conv(nn.functional.pad(x, (0, 1, 0, 1))), WIDTH))
        if isinstance(module, Up):
            return module.act(self.norm(module.conv(x)[..., : 2 * x.shape[-2], : 2 * x.shape[-1]], module.conv.out_channels))
        if isinstance(module, Fuse):
            return module.act(self.norm(module.conv(x), WIDTH))
        return module(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        net, run = self.net, self.run
        f1 = run(net.fuse2, run(net.block2, run(net.down1, run(net.fuse1, run(net.block1, x.transpose(0, 1)[None])))))
        f2 = run(net.fuse3, run(net.block3, run(net.down2, f1)))
        f3 = run(net.fuse4, run(net.block4, f2))
        parts = [run(net.up1, f1[:, :, 2:-2]), run(net.up2, f2[:, :, 1:-1]), run(net.up3, f3)]
        return net.last(torch.cat(parts, 1))[0].transpose(0, 1)


def with_transposed_rewritten(net: ViewNet) -> ViewNet:
    return replaced(net, Up, UpAsConvolution)


def with_sums(net: ViewNet) -> ViewNet:
    replaced(net, Fuse, FuseAsSum)
    with_maxima(net)
    return net


def replaced(net: nn.Module, kind: type, make: Callable) -> nn.Module:
    for name, child in net.named_children():
        if isinstance(child, kind):
            setattr(net, name, make(child))
        else:
            replaced(child, kind, make)
    return net


def steps_of_view(net: ViewNet) -> list[nn.Module]:
    slices = copy.deepcopy(net)
    return [
        InVolume(net, True),
        InVolume(net, False),
        slices,
        (doubled := with_transposed_rewritten(copy.deepcopy(slices))),
        with_sums(copy.deepcopy(doubled)),
    ]


def save(model: onnx.ModelProto, path: Path, example: torch.Tensor, expected: torch.Tensor | None) -> None:
    """Raises where the file answers otherwise than `expected`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    if expected is None:
        return
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = float(np.abs(session.run(None, {"image": example.numpy()})[0] - expected.numpy()).max())
    if worst > 1e-3 * max(1.0, float(expected.abs().max())):
        raise RuntimeError(f"{path.name} differs from PyTorch by {worst:.2g}")


def write_view(net: ViewNet, stem: str, folder: Path) -> list[dict]:
    example = torch.from_numpy(np.random.default_rng(1).standard_normal((2 * CONTEXT + 3, 4, 40, 28), dtype=np.float32))
    with torch.no_grad():
        expected = net.eval()(example)
    files = []
    for n, (title, module) in enumerate(zip(TITLES, steps_of_view(net), strict=True)):
        path = folder / f"{stem}-{n}.onnx"
        save(trace(module.eval(), {"image": example}, ["logits"], path, FREE), path, example, expected if n else None)
        files.append({"title": title, "file": path.name})
    path = folder / f"{stem}-{len(TITLES)}.onnx"
    with torch.no_grad():
        save(one_by_one(for_export(net), example, path), path, example, expected)
    return [*files, {"title": ONE_BY_ONE, "file": path.name}]


def write_3d(net: nn.Module, example: torch.Tensor, stem: str, folder: Path, free: dict[int, str]) -> list[dict]:
    with torch.no_grad():
        expected = net.eval()(example)
    files = []
    for n, title in enumerate(TITLES_3D):
        path = folder / f"{stem}-{n}.onnx"
        save(rewrite(trace(net, {"image": example}, ["logits"], path, free), n > 0, n > 1), path, example, expected)
        files.append({"title": title, "file": path.name})
    return files


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--to", type=Path, required=True)
    ap.add_argument("--view", choices=VIEWS, action="append", help="only these (default: all)")
    a = ap.parse_args()
    a.to.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(2)
    index = {}
    for stage in STAGES:
        for view in a.view or VIEWS:
            name = f"{stage}-{view}.onnx"
            named = arrays(a.bundle / name)
            index[name] = write_view(view_net(part(named, "view/") or named, stage), f"{stage}-{view}", a.to)
    whole = torch.from_numpy(rng.standard_normal((1, 4, 48, 48, 48), dtype=np.float32))
    head = torch.from_numpy(rng.standard_normal((1, 4, 2 * MULTIPLE, 3 * MULTIPLE, 4 * MULTIPLE), dtype=np.float32))
    if (a.bundle / "unet.onnx").exists():
        index["unet.onnx"] = write_3d(begin(GliomaNet(), a.bundle / "unet.onnx"), whole, "unet", a.to, {})
    index["brain.onnx"] = write_3d(fill(BrainNet(), arrays(a.bundle / "brain.onnx")), head, "brain", a.to, {2: "z", 3: "y", 4: "x"})
    (a.to / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    print(f"{a.to}: {sum(len(files) for files in index.values())} files of {len(index)} networks")


if __name__ == "__main__":
    main()
