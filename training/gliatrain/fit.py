"""The training loop of the default bundle's network: seeded, resumable, with checkpoints every few minutes.

Writes OUT/checkpoint.pt (weights, running mean of the weights, optimiser, step, seconds) and OUT/history.jsonl.
AdamW (Loshchilov 2019), cosine rate, exponential running mean of the weights for use (Polyak 1992).
"""

from __future__ import annotations

import copy
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import checkpoints
from .augment import Cohort, Patches
from .losses import deep_loss
from .network import VARIANTS, GliomaNet, Variant


@dataclass(frozen=True)
class TrainOptions:
    """steps: when to stop; size: voxels (Z, Y, X) of a patch; peak: highest learning rate; batch: patches a step; reuse: patches cut from
    one prepared volume; minutes: stop, and end the cosine, after this much training if that comes first; restart: begin the cosine again
    where the checkpoint stands; device: None for a GPU where there is one; save_minutes: time between checkpoints."""

    steps: int
    size: tuple[int, int, int] = (48, 48, 48)
    variant: Variant = VARIANTS["cpu"]
    peak: float = 1e-3
    seed: int = 1
    batch: int = 2
    reuse: int = 12
    minutes: float | None = None
    restart: bool = False
    workers: int = 1
    threads: int = 2
    device: str | None = None
    save_minutes: float = 3
    quiet: bool = False

    def facts(self) -> dict[str, Any]:
        """What the checkpoint and the card say of these settings."""
        return {key: getattr(self, key) for key in ("steps", "minutes", "batch", "peak", "seed")} | {"size": list(self.size)}


def rate(step: int, done: float, peak: float, warm: int = 100) -> float:
    """Linear warm-up, then cosine over `done`, the share of the budget (steps or minutes) that is spent."""
    if step < warm:
        return peak * (step + 1) / warm
    x = min(1.0, done)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * x)))


def training_device(name: str | None) -> torch.device:
    """The named one, else a CUDA GPU where PyTorch sees one, else the CPU."""
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))


class Threads:
    """Chooses 1 or `most` threads by measured step time, tried again every `every` steps: on a machine shared with
    others, threads that wait for each other at every operation can be far slower than one."""

    def __init__(self, most: int, every: int = 60) -> None:
        self.most, self.every, self.count = most, every, 0
        self.times: dict[int, list[float]] = {}
        self.best = most
        torch.set_num_threads(most)

    def before(self) -> None:
        at = self.count % self.every
        self.now = 1 if at < 3 else self.most if at < 6 else self.best
        if at == 6 and self.most > 1:
            self.best = min(self.times, key=lambda n: min(self.times[n]))
            self.now, self.times = self.best, {}
        torch.set_num_threads(self.now)
        self.began = time.time()

    def after(self) -> None:
        if self.count % self.every < 6:
            self.times.setdefault(self.now, []).append(time.time() - self.began)
        self.count += 1


class Training:
    """A network in training: it, the running mean of its weights, the optimiser, and how far they have come."""

    def __init__(self, out: Path, options: TrainOptions, counts: dict[str, Any] | None) -> None:
        torch.manual_seed(options.seed)
        self.out, self.options, self.counts = out, options, counts
        self.device = training_device(options.device)
        self.model = GliomaNet(options.variant).to(self.device)
        self.mean = copy.deepcopy(self.model).eval()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=options.peak, weight_decay=1e-3)
        self.step, self.seconds = 0, 0.0
        self.stages: list[dict[str, Any]] = []
        self.recent: list[float] = []
        if self.path.exists():
            self.resume(checkpoints.load(self.path, self.device))
        self.cosine_from = (self.step, self.seconds) if options.restart else (0, 0.0)  # warm restart (Loshchilov 2017)
        self.pace = Threads(options.threads)

    @property
    def path(self) -> Path:
        return self.out / "checkpoint.pt"

    def resume(self, old: dict[str, Any]) -> None:
        self.model.load_state_dict(old["model"])
        self.mean.load_state_dict(old["mean"])
        self.optimiser.load_state_dict(old["optimiser"])
        self.step, self.seconds = old["step"], old["seconds"]
        self.stages = [*old.get("stages", []), {"until_step": self.step, **old["settings"]}]

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "mean": self.mean.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "variant": self.options.variant.facts(),
            "counts": self.counts,
            "stages": self.stages,
            "device": torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "CPU",
            "settings": self.options.facts(),
        }

    def over(self) -> bool:
        minutes = self.options.minutes
        return self.step >= self.options.steps or bool(minutes and self.seconds > minutes * 60)

    def done(self) -> float:
        """The share of the budget that is spent since the cosine began."""
        first, zero = self.cosine_from
        by_time = (self.seconds - zero) / (self.options.minutes * 60 - zero) if self.options.minutes else 0.0
        return max((self.step - first) / (self.options.steps - first), by_time)

    def learn(self, image: torch.Tensor, label: torch.Tensor, learning_rate: float) -> None:
        """One step on a batch: image float32 [N, 4, Z, Y, X], label int64 [N, Z, Y, X]."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.pace.before()
        loss = deep_loss(self.model(image.to(self.device)), label.to(self.device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimiser.step()
        self.pace.after()
        self.step += 1
        keep = min(0.995, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.mean.parameters()), list(self.model.parameters()), 1 - keep)
        self.recent = [*self.recent[-99:], float(loss.detach())]

    def report(self, learning_rate: float) -> None:
        """A line of OUT/history.jsonl and, unless quiet, of the terminal."""
        line = {
            "step": self.step,
            "loss": round(float(np.mean(self.recent)), 4),
            "rate": round(learning_rate, 6),
            "seconds": round(self.seconds, 1),
            "threads": self.pace.best,
        }
        with (self.out / "history.jsonl").open("a") as history:
            history.write(json.dumps(line) + "\n")
        if not self.options.quiet:
            bar = "#" * int(20 * min(1.0, self.done()))
            text = f"{self.step}/{self.options.steps} loss {line['loss']:.4f} {self.seconds / 60:.1f} min, {self.pace.best} thread(s)"
            print(f"[{bar:<20}] {text}", end="\r" if sys.stdout.isatty() else "\n", flush=True)


def train(cohort: Cohort, out: Path, options: TrainOptions, counts: dict[str, Any] | None = None) -> torch.nn.Module:
    """Runs to `options.steps` (resuming OUT/checkpoint.pt, whatever device wrote it) and returns the running-mean network. `counts`: what
    it trains on, for the checkpoint's record."""
    out.mkdir(parents=True, exist_ok=True)
    training = Training(out, options, counts)
    loader = iter(
        torch.utils.data.DataLoader(
            Patches(cohort, options.size, seed=options.seed * 100003 + training.step, reuse=options.reuse),
            batch_size=options.batch,
            num_workers=options.workers,
            prefetch_factor=6 if options.workers else None,
        )
    )
    started = saved = time.time()
    before = training.seconds
    training.model.train()
    while not training.over():
        learning_rate = rate(training.step, training.done(), options.peak)
        image, label = next(loader)
        training.learn(image, label, learning_rate)
        training.seconds = before + time.time() - started
        if training.step % 25 == 0 or training.step == options.steps:
            training.report(learning_rate)
        if time.time() - saved > options.save_minutes * 60:
            checkpoints.save(training.path, training.state())
            saved = time.time()
    checkpoints.save(training.path, training.state())
    return training.mean
