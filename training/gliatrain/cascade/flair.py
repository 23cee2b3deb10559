"""An estimate of FLAIR from T1, T1c and T2, for the whole-tumour networks where the study has none.

Networks trained on four sequences rely on FLAIR: with zeros in its place they miss a third of the tumour. A small network that
estimates FLAIR slice by slice recovers most of it (missing sequences synthesised before segmentation: Chartsias 2018).

Input  : float32 [D, 3, H, W] (T1, T1c, T2 as the cascade's networks see them; a missing one is all 0), slices of any view
Output : float32 [D, 1, H, W], z-scores; 0 where every input is 0

`python -m gliatrain.cascade.flair --data DIR --cache DIR --out DIR --minutes N` trains it on the whole cases that the cascade trains on.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage as ndi
from torch import nn

from .. import checkpoints
from .. import data as sources
from .arguments import training_arguments
from .degrade import FLAIR, thick_slices
from .patches import split
from .volumes import Volume, load_brats

WIDTH = 24
SLICES = 4
TUMOUR_WEIGHT = 4.0
"""How much more an error inside the tumour counts."""


class FlairNet(nn.Module):
    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.near = nn.Conv2d(3, width, 3, padding=1)
        self.middle = nn.Conv2d(width, width, 3, padding=2, dilation=2)
        self.far = nn.Conv2d(width, width, 3, padding=4, dilation=4)
        self.join, self.last = nn.Conv2d(2 * width, width, 1), nn.Conv2d(width, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        near = F.relu(self.near(x))
        far = F.relu(self.far(F.relu(self.middle(near))))
        estimate = self.last(F.relu(self.join(torch.cat([near, far], 1))))
        return estimate * (x.abs().sum(1, keepdim=True) > 0).to(x.dtype)


class FillIn(nn.Module):
    """[D, 4, H, W] with an estimate in place of FLAIR."""

    def __init__(self, net: FlairNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x[:, :FLAIR], self.net(x[:, :FLAIR])], 1)


FILE = "flair.pt"


def load_estimate(folder: Path) -> dict:
    """The checkpoint in a training's folder. Training, export and bundle need it alike: networks that never saw an estimate must not
    get one, nor the other way round."""
    path = folder / FILE
    if not path.exists():
        raise FileNotFoundError(f"{path}: the estimate of FLAIR is not there; run python -m gliatrain.cascade.flair --out {folder} first")
    return checkpoints.load(path)


def load_fill_in(folder: Path) -> FillIn:
    net = FlairNet()
    net.load_state_dict(load_estimate(folder)["net"])
    return FillIn(net.requires_grad_(False)).eval()


def sample(v: Volume, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Slices of one view: inputs [SLICES, 3, H, W], FLAIR and weights [SLICES, 1, H, W]."""
    axis, mask = int(rng.integers(3)), v.distance < 0
    across = tuple(a for a in range(3) if a != axis)
    where = np.flatnonzero(((v.label > 0) if v.label.any() and rng.random() < 0.6 else mask).any(across))
    at = rng.choice(where, SLICES)

    def cut(volume: np.ndarray) -> np.ndarray:
        return np.moveaxis(np.take(volume, at, axis + volume.ndim - 3), axis + volume.ndim - 3, 0).astype(np.float32)

    inside, tumour = cut(mask)[:, None], cut(v.label > 0)[:, None]
    image = cut(v.image) * inside
    inputs, flair = image[:, :FLAIR], image[:, FLAIR:]
    if rng.random() < 0.4:
        along = int(rng.integers(2, 4))
        inputs = np.stack([np.stack([thick_slices(c, along - 2, rng.uniform(2, 6), rng.random()) for c in one]) for one in inputs])
    elif rng.random() < 0.4:
        inputs = ndi.gaussian_filter(inputs, (0, 0, *rng.uniform(0.3, 1.0, 2)))
    inputs = inputs * rng.uniform(0.85, 1.15, (1, 3, 1, 1)) + rng.normal(0, 0.1, (1, 3, 1, 1))
    for k in range(3):
        if not v.present[k] or (k < 2 and rng.random() < 0.15):
            inputs[:, k] = 0
    return (
        torch.from_numpy((inputs * inside).astype(np.float32)),
        torch.from_numpy(flair),
        torch.from_numpy(inside * (1 + TUMOUR_WEIGHT * tumour)),
    )


def train(volumes: list[Volume], out: Path, minutes: float, peak: float = 3e-3, seed: int = 5) -> FlairNet:
    torch.manual_seed(seed)
    net, rng, step = FlairNet(), np.random.default_rng(seed), 0
    recent: list[float] = []
    optimiser, began, spent = torch.optim.AdamW(net.parameters(), lr=peak), time.time(), 0.0
    while spent < minutes * 60:
        for group in optimiser.param_groups:
            group["lr"] = peak * max(0.02, 1 - spent / (minutes * 60))
        x, flair, weight = sample(volumes[rng.integers(len(volumes))], rng)
        loss = ((net(x) - flair).abs() * weight).sum() / weight.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step, spent, recent = step + 1, time.time() - began, [*recent[-99:], float(loss.detach())]
        if step % 100 == 0:
            print(json.dumps({"step": step, "seconds": round(spent), "loss": round(float(np.mean(recent)), 4)}), flush=True)
    checkpoints.save(out / FILE, {"net": net.state_dict(), "steps": step, "seconds": spent})
    return net


def main() -> None:
    ap = training_arguments(__doc__, minutes=8)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    data = sources.data_folder(a.data)
    a.out.mkdir(parents=True, exist_ok=True)
    train([load_brats(data, a.cache, name) for name in split(data, a.cache).cases], a.out, a.minutes)


if __name__ == "__main__":
    main()
