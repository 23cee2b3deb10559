"""Starts a ViewNet from a published archive of NumPy arrays (weights in TensorFlow's layout, batch-norm statistics beside them).

Archive names are those of the networks' variables: "block1_1/conv_0/w" (kd, kh, kw, in, out), ".../deconv_/w" (kd, kh, kw, out, in),
gamma, beta, alpha; the statistics are "<network>/<layer>/mean" and ".../variance". The archives' channel order is FLAIR, T1, T1c, T2.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from .network import ResBlock, Up, ViewNet, ViewVariant

NETWORKS = {"whole": ("WNet", 2), "core": ("TNet", 2), "enhancing": ("ENet", 1)}
"""Stage -> the archive's name and its strides."""
VIEWS = ("axial", "sagittal", "coronal")
FROM_ARCHIVE = [1, 2, 3, 0]
"""Where T1, T1c, T2, FLAIR stand among the archive's channels."""
EPSILON = 1e-5


class Archive:
    """The arrays of one network by the names of its layers."""

    def __init__(self, folder: Path, name: str) -> None:
        self.arrays = np.load(folder / f"{name}.npz")
        self.statistics = np.load(folder / "statistics.npz")
        self.name = name

    def norm(self, layer: str) -> tuple[np.ndarray, np.ndarray]:
        """Batch norm of `layer` as scale and shift."""
        mean, variance = (self.statistics[f"{self.name}/{layer}/{part}"] for part in ("mean", "variance"))
        scale = self.arrays[f"{layer}/gamma"] / np.sqrt(variance + EPSILON)
        return scale, self.arrays[f"{layer}/beta"] - mean * scale

    def conv(self, layer: str) -> np.ndarray:
        """[out, in, (kd,) kh, kw]; kd only where it is not 1."""
        w = self.arrays[f"{layer}/w"].transpose(4, 3, 0, 1, 2)
        return w[:, :, 0] if w.shape[2] == 1 else w

    def slope(self, layer: str) -> np.ndarray:
        return self.arrays[f"{layer}/alpha"]


def put(parameter: torch.Tensor, value: np.ndarray) -> None:
    if tuple(parameter.shape) != value.shape:
        raise ValueError(f"the archive has {value.shape} where the network takes {tuple(parameter.shape)}")
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(value, np.float32)))


def fill_block(block: ResBlock, archive: Archive, name: str, first: bool) -> None:
    order = FROM_ARCHIVE if first else slice(None)
    scale, shift = archive.norm(f"{name}/bn_0")
    put(block.scale, scale[order])
    put(block.shift, shift[order])
    put(block.act0.weight, archive.slope(f"{name}/prelu_acti_0")[order])
    scale, shift = archive.norm(f"{name}/bn_1")
    put(block.conv0.weight, archive.conv(f"{name}/conv_0")[:, order] * scale[:, None, None, None])
    put(block.conv0.bias, shift)
    put(block.act1.weight, archive.slope(f"{name}/prelu_acti_1"))
    put(block.conv1.weight, archive.conv(f"{name}/conv_1"))


def fill_norm_conv(layer: Any, archive: Archive, name: str, kind: str) -> None:
    """Convolution, batch norm, PReLU: `kind` is "conv", "deconv" or "fuse"."""
    scale, shift = archive.norm(f"{name}/bn_")
    if kind == "deconv":
        weight = archive.conv(f"{name}/deconv_") * scale[:, None, None]  # conv() turns (out, in) round: here [in, out, kh, kw]
    else:
        weight = archive.conv(f"{name}/conv_") * scale.reshape(-1, *[1] * (4 if kind == "fuse" else 3))
        if kind == "fuse":
            weight = weight[..., 0, 0].transpose(0, 2, 1).reshape(len(weight), -1, 1, 1)
    put(layer.conv.weight, weight)
    put(layer.conv.bias, shift)
    put(layer.act.weight, archive.slope(f"{name}/prelu_acti_"))


def ups(level: torch.nn.Sequential) -> list[Up]:
    return [layer for layer in level if isinstance(layer, Up)]


def from_archive(folder: Path, stage: str, view: str) -> ViewNet:
    """The published network of a stage and view, batch norm folded with its measured statistics."""
    name, strides = NETWORKS[stage]
    archive, net = Archive(folder, f"{name}_{view}"), ViewNet(ViewVariant(strides))
    for number in (1, 2, 3, 4):
        for index, block in enumerate(getattr(net, f"block{number}")):
            fill_block(block, archive, f"block{number}_{index + 1}", first=(number, index) == (1, 0))
        fill_norm_conv(getattr(net, f"fuse{number}"), archive, f"fuse{number}_bn_prelu", "fuse")
    # Only one stride, yet the archive calls it downsample2.
    if strides == 2:
        fill_norm_conv(net.down1, archive, "downsample1_bn_prelu", "conv")
        fill_norm_conv(net.up1, archive, "pred_up1_bn_prelu", "deconv")
    else:
        put(net.up1.weight, archive.conv("pred1"))
    fill_norm_conv(net.down2, archive, "downsample2_bn_prelu", "conv")
    for level in (2, 3):
        for step, layer in enumerate(ups(getattr(net, f"up{level}"))):
            fill_norm_conv(layer, archive, f"pred_up{level}_{step + 1}_bn_prelu", "deconv")
    put(net.last.weight, archive.conv("final_pred"))
    return net
