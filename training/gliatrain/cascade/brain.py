"""BrainNet: brain extraction from whatever sequences are there, on a 3 mm grid, in one pass over the whole head.

Input  : float32 [1, 4, Z, Y, X]  (T1, T1c, T2, FLAIR; "foreground-zscore"; a missing sequence is all 0), sides multiples of 16
Output : float32 [1, 2, Z, Y, X]  logits: outside, brain (tumour included)

`python -m gliatrain.cascade.brain --data DIR --cache DIR --out DIR --minutes N` trains it on heads with a teacher's masks
(teach_brain.py), on stripped brains in synthetic heads, and on stripped brains as they are. Seeded, resumable.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .. import checkpoints
from .. import data as sources
from ..network import ConvNorm
from ..preprocess import normalise_channels, to_grid
from ..synthetic_heads import Atlas, add_head, texture
from . import heads as real_heads
from .arguments import training_arguments
from .degrade import rotation, thick_slices, warp
from .patches import split

WIDTHS = (8, 16, 32, 64, 64)
MULTIPLE = 16
SPACING_MM = (3.0,) * 3


class BrainNet(nn.Module):
    """A U-Net (Cicek 2016): one convolution at 3 mm, two at every coarser level."""

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.first = ConvNorm(4, widths[0])
        self.down = nn.ModuleList(nn.Sequential(ConvNorm(a, b, 2), ConvNorm(b, b)) for a, b in itertools.pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose3d(b, a, 2, stride=2) for a, b in itertools.pairwise(widths))
        self.join = nn.ModuleList(ConvNorm(2 * a, a) for a in widths[:-1])
        self.last = nn.Conv3d(widths[0], 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        levels = [self.first(x)]
        for down in self.down:
            levels.append(down(levels[-1]))
        y = levels.pop()
        for k in reversed(range(len(self.up))):
            y = self.join[k](torch.cat([self.up[k](y), levels[k]], 1))
        return self.last(y)


def pad_to_multiple(image: np.ndarray) -> np.ndarray:
    """[C, Z, Y, X] padded at its ends with each channel's minimum to sides that BrainNet takes."""
    return np.stack([np.pad(c, [(0, -n % MULTIPLE) for n in c.shape], constant_values=float(c.min())) for c in image])


class Head(NamedTuple):
    """A head on the 3 mm grid: image float32 [4, Z, Y, X], a missing sequence all 0, and its brain, bool [Z, Y, X]."""

    image: np.ndarray
    brain: np.ndarray


def real_head(data: Path, cache: Path, name: str) -> Head:
    path = cache / "brains" / f"{name}-3mm.npz"
    if not path.exists():
        if name in real_heads.phantom_names(cache):
            image, _, brain = real_heads.read_phantom(cache, name)
        else:
            image, label = real_heads.read_head(data, name)
            brain = np.load(cache / "brains" / f"{name}.npz")["mask"] | (label > 0)
        sources.save_whole(
            path,
            image=np.stack([to_grid(c, (1.0,) * 3, SPACING_MM) for c in image]).astype(np.float16),
            brain=to_grid(brain.astype(np.float32), (1.0,) * 3, SPACING_MM) >= 0.5,
        )
    z = np.load(path)
    return Head(z["image"].astype(np.float32), z["brain"])


def sample(rng: np.random.Generator, heads: list[Head], cases: list[sources.Case], atlas: Atlas) -> tuple[np.ndarray, np.ndarray]:
    """One degraded head or stripped brain: channels after "foreground-zscore" and mask, padded."""
    kind = rng.random()
    if kind < 0.55 and heads:
        image, brain = heads[rng.integers(len(heads))]
    else:
        case = cases[rng.integers(len(cases))]
        made = add_head(case, atlas, rng) if kind < 0.85 else case
        image = np.stack([to_grid(c, (2.0,) * 3, SPACING_MM) for c in made.image])
        brain = to_grid(made.brain.astype(np.float32), (2.0,) * 3, SPACING_MM) >= 0.5
    matrix = rotation(rng.normal(0, np.radians(6), 3)) * rng.uniform(0.88, 1.14, (1, 3)) @ np.diag([1, 1, rng.choice([-1, 1])])
    moved = warp(np.concatenate([image, brain[None]]), matrix, rng.uniform(-3, 3, 3))
    image, brain = moved[:4], moved[4] > 0.5
    if rng.random() < 0.3:  # the neck cut off, or the vertex
        low, high = sorted((int(rng.integers(0, max(1, image.shape[1] // 6))), image.shape[1] - int(rng.integers(0, 6))))
        image, brain = image[:, low:high], brain[low:high]
    there = [k for k in range(4) if image[k].any()]
    gone = [k for k in there if rng.random() < 0.35]
    if len(gone) == len(there):
        gone.remove(rng.choice(there))
    image = image.copy()
    axis = 0 if rng.random() < 0.7 else int(rng.integers(3))
    for k in there:
        c = np.maximum(image[k], 0)
        if rng.random() < 0.5:
            c = thick_slices(c, axis, rng.uniform(1.1, 2.2), rng.random())
        if rng.random() < 0.7:
            c = c * np.exp(rng.uniform(0.05, 0.3) * texture(c.shape, 25, rng))
        top = np.percentile(c, 99.5) + 1e-6
        c = np.maximum(c / top, 0) ** rng.uniform(0.7, 1.4)
        c = np.abs(
            c + np.float32(rng.uniform(0, 0.03)) * rng.standard_normal(c.shape, dtype=np.float32) * (c > 0 if rng.random() < 0.3 else 1)
        )
        image[k] = 0 if k in gone else c
    return pad_to_multiple(normalise_channels(image)), np.pad(brain, [(0, -n % MULTIPLE) for n in brain.shape])


def mask_loss(logits: torch.Tensor, brain: torch.Tensor) -> torch.Tensor:
    p = torch.softmax(logits, 1)[:, 1]
    return F.cross_entropy(logits, brain.long()) + 1 - (2 * (p * brain).sum() + 1) / (p.sum() + brain.sum() + 1)


def train(
    heads: list[Head], cases: list[sources.Case], atlas: Atlas, out: Path, minutes: float, peak: float = 2e-3, seed: int = 3
) -> BrainNet:
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    net, path, seconds, step = BrainNet(), out / "brain.pt", 0.0, 0
    recent: list[float] = []
    optimiser = torch.optim.AdamW(net.parameters(), lr=peak, weight_decay=1e-3)
    if path.exists():
        old = checkpoints.load(path)
        net.load_state_dict(old["net"])
        optimiser.load_state_dict(old["optimiser"])
        seconds, step = old["seconds"], old["steps"]
    net.to(memory_format=torch.channels_last_3d)
    rng, began, saved, base = np.random.default_rng([seed, step]), time.time(), time.time(), seconds
    while seconds < minutes * 60:
        image, brain = sample(rng, heads, cases, atlas)
        for group in optimiser.param_groups:
            group["lr"] = peak * max(0.01, 0.5 * (1 + math.cos(math.pi * seconds / (minutes * 60)))) * min(1, (step + 1) / 20)
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(torch.from_numpy(image)[None].contiguous(memory_format=torch.channels_last_3d))
        loss = mask_loss(logits.float(), torch.from_numpy(brain)[None].float())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step, seconds = step + 1, base + time.time() - began
        recent = [*recent[-39:], float(loss.detach())]
        if step % 20 == 0:
            print(json.dumps({"step": step, "seconds": round(seconds), "loss": round(float(np.mean(recent)), 4)}), flush=True)
        if time.time() - saved > 180 or seconds >= minutes * 60:
            checkpoints.save(path, {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "seconds": seconds, "steps": step})
            saved = time.time()
    return net


def main() -> None:
    ap = training_arguments(__doc__, minutes=30)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    data = sources.data_folder(a.data)
    names = split(data, a.cache)
    cases = sources.load_cohort(data, a.cache / "2mm", names.cases)
    heads = [real_head(data, a.cache, n) for n in names.heads if real_heads.has_teacher(a.cache, n)]
    heads += [real_head(data, a.cache, n) for n in real_heads.phantom_names(a.cache)]
    print(len(cases), "stripped brains,", len(heads), "heads", flush=True)
    train(heads, cases, Atlas(data / "atlas"), a.out, a.minutes)


if __name__ == "__main__":
    main()
