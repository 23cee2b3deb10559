"""The training loop that the works share: seeded, resumable, one progress line, settings from TOML.

A checkpoint after each epoch holds the weights, the optimiser, the epoch and the seconds; running again goes on from
it, and the order of patients depends on seed and epoch alone, so a stop changes nothing but the dropout's draws.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import checkpoints
from ..fit import rate
from .cohort import SEQUENCES, Patient

CONFIGS = Path(__file__).parents[2] / "configs"


@dataclass(frozen=True)
class Settings:
    """widths: channels per level; channels: sequences in order, adc and rcbv are optional extras; clinical: fields
    given to the head; size: voxels [Z, Y, X] of the 2 mm grid; options: what one work alone has."""

    widths: tuple[int, ...] = (16, 32, 64, 128, 128)
    attended: int = 2
    heads: int = 4
    channels: tuple[str, ...] = SEQUENCES
    clinical: tuple[str, ...] = ()
    size: tuple[int, ...] = (80, 96, 80)
    epochs: int = 100
    batch: int = 8
    rate: float = 1e-3
    decay: float = 1e-3
    seed: int = 1
    test_share: float = 0.3
    drop_sequence: float = 0.1
    jitter: float = 0.1
    threads: int = 1
    options: dict[str, Any] = field(default_factory=dict)

    def option(self, name: str, default: Any) -> Any:
        return self.options.get(name, default)


def read_settings(work: str, path: Path | None = None, **changes: Any) -> Settings:
    """The TOML file of the work (configs/<work>.toml unless given); an unknown key is an error."""
    raw: dict[str, Any] = tomllib.loads((path or CONFIGS / f"{work}.toml").read_text())
    raw = {**raw, **changes}
    unknown = set(raw) - {f.name for f in fields(Settings)}
    if unknown:
        raise ValueError(f"settings of {work}: unknown {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    return Settings(**values)


@dataclass
class Batch:
    """Tensors of some patients; label is -1 where a patient has none; values by clinical field, NaN where missing."""

    image: torch.Tensor
    label: torch.Tensor
    values: dict[str, torch.Tensor]
    patients: list[Patient]


def collate(patients: list[Patient]) -> Batch:
    shape = patients[0].image.shape[1:]
    labels = [np.full(shape, -1) if p.label is None else p.label.astype(np.int64) for p in patients]
    names = sorted({name for p in patients for name in p.clinical})
    return Batch(
        torch.from_numpy(np.stack([p.image for p in patients])),
        torch.from_numpy(np.stack(labels)).long(),
        {n: torch.tensor([p.value(n) for p in patients]) for n in names},
        patients,
    )


def drop_sequences(image: torch.Tensor, chance: float, rng: np.random.Generator) -> torch.Tensor:
    """Each sequence is missing with `chance`, never all of a patient's."""
    keep = rng.random(image.shape[:2]) >= chance
    keep[~keep.any(1), 0] = True
    return image * torch.from_numpy(keep.astype(np.float32))[:, :, None, None, None]


def vary(batch: Batch, rng: np.random.Generator, settings: Settings) -> None:
    """Augments in place: left-right mirror, gain, shift and noise per sequence (missing ones stay zero), sequences dropped."""
    if rng.random() < 0.5:
        batch.image, batch.label = batch.image.flip(-1), batch.label.flip(-1)
    there = (batch.image != 0).any(4).any(3).any(2)[:, :, None, None, None]
    n, channels = batch.image.shape[:2]
    draws = (
        1 + settings.jitter * rng.standard_normal((n, channels, 1, 1, 1)),
        settings.jitter * rng.standard_normal((n, channels, 1, 1, 1)),
        settings.jitter * rng.standard_normal(batch.image.shape, dtype=np.float32),
    )
    gain, shift, noise = (torch.from_numpy(d.astype(np.float32)) for d in draws)
    batch.image = drop_sequences((batch.image * gain + shift + noise) * there, settings.drop_sequence, rng)


def batches(n: int, size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Shuffled indices in batches of `size`; a last one of less than half joins the one before."""
    order = np.random.default_rng([seed, epoch]).permutation(n)
    parts = [order[i : i + size] for i in range(0, n, size)]
    if len(parts) > 1 and len(parts[-1]) < size / 2:
        parts[-2:] = [np.concatenate(parts[-2:])]
    return parts


def fit(
    model: torch.nn.Module,
    patients: list[Patient],
    loss_of: Callable[[Batch], torch.Tensor],
    settings: Settings,
    out: Path,
    quiet: bool = False,
) -> float:
    """Trains in place to settings.epochs, resuming OUT/checkpoint.pt; returns the seconds of all its runs."""
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.decay)
    path, first, base = out / "checkpoint.pt", 0, 0.0
    if path.exists():
        old = checkpoints.load(path)
        if old["settings"] != described(settings, patients):
            raise ValueError(f"{path} was made with other settings or patients: give another folder, or remove it")
        model.load_state_dict(old["model"]), optimiser.load_state_dict(old["optimiser"])
        first, base = old["epoch"], old["seconds"]
    began = time.time()
    model.train()
    for epoch in range(first, settings.epochs):
        rng, losses = np.random.default_rng([settings.seed, epoch, 1]), []
        torch.manual_seed(settings.seed * 100003 + epoch)
        parts = batches(len(patients), settings.batch, settings.seed, epoch)
        for k, index in enumerate(parts):
            step = epoch * len(parts) + k
            for group in optimiser.param_groups:
                group["lr"] = rate(step, step / (settings.epochs * len(parts)), settings.rate, warm=10)
            batch = collate([patients[i] for i in index])
            vary(batch, rng, settings)
            loss = loss_of(batch)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
            optimiser.step()
            losses.append(float(loss.detach()))
        seconds = base + time.time() - began
        checkpoints.save(
            path,
            {
                "model": model.state_dict(),
                "optimiser": optimiser.state_dict(),
                "epoch": epoch + 1,
                "seconds": seconds,
                "settings": described(settings, patients),
            },
        )
        line = {"epoch": epoch + 1, "loss": round(float(np.mean(losses)), 4), "seconds": round(seconds, 1)}
        with (out / "history.jsonl").open("a") as f:
            f.write(json.dumps(line) + "\n")
        if not quiet:
            bar = "#" * round(20 * (epoch + 1) / settings.epochs)
            print(
                f"[{bar:<20}] epoch {epoch + 1}/{settings.epochs} loss {line['loss']:.4f} {seconds:.0f} s",
                end="\r" if sys.stdout.isatty() else "\n",
                flush=True,
            )
    model.eval()
    return base + time.time() - began


def described(settings: Settings, patients: list[Patient]) -> str:
    """The settings and patients that shape a training; more epochs may be asked of an old checkpoint."""
    facts = {f.name: getattr(settings, f.name) for f in fields(settings) if f.name not in ("epochs", "threads")}
    ids = hashlib.sha256("\n".join(p.id for p in patients).encode()).hexdigest()
    return json.dumps({**facts, "patients": ids}, sort_keys=True)


def predict(
    model: torch.nn.Module, patients: list[Patient], run: Callable[[Batch], tuple[torch.Tensor, ...]], size: int = 16
) -> list[np.ndarray]:
    """`run` over batches without gradients, its outputs joined."""
    model.eval()
    with torch.no_grad():
        parts = [run(collate(patients[i : i + size])) for i in range(0, len(patients), size)]
    return [torch.cat(column).numpy() for column in zip(*parts, strict=True)]
