"""Trains the default bundle's network. `python -m gliatrain.train --data DIR --out DIR`

Seeded, resumable (run the same command again), one progress line, checkpoints every few minutes. Writes
OUT/checkpoint.pt (weights, running mean of the weights, optimiser, step, seconds) and OUT/history.jsonl.
AdamW (Loshchilov 2019), cosine rate, exponential running mean of the weights for use (Polyak 1992).
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch

from . import data as cohort_data
from . import identities
from .augment import Cohort, Patches
from .losses import deep_loss
from .network import VARIANTS, GliomaNet, Variant, parameter_count
from .synthetic_heads import Atlas


def build_cohort(data: Path, cache: Path, fold: int) -> tuple[Cohort, dict]:
    """All training sources of one fold, none of a tested patient under any name, and the record that checkpoint, evaluation and
    card read: what was trained on."""
    brats, heads = cohort_data.case_names(data)
    table = identities.patients(data, cache)
    folds = identities.split([*brats, *heads], table, cohort_data.FOLDS)
    tested = [name for name, own in folds.items() if own == fold]
    kept = {identities.patient_of(table, name): name for name in tested}
    cubes = cohort_data.load_cubes(data, cache)
    excluded = {c["id"]: kept[patient] for c in cubes if (patient := identities.patient_of(table, c["id"])) in kept}
    cubes = [c for c in cubes if c["id"] not in excluded]
    counts = {
        "fold": fold,
        "folds": cohort_data.FOLDS,
        "brats_whole_cases": [name for name in brats if name not in tested],
        "brats_tested": [name for name in brats if name in tested],
        "tcga_lgg_heads": [name for name in heads if name not in tested],
        "tcga_lgg_tested": [name for name in heads if name in tested],
        "lesion_cubes": len(cubes),
        "lesion_cube_ids": sorted({c["id"] for c in cubes}),
        "lesion_cube_patients": len({c["id"] for c in cubes}),
        "lesion_cube_patients_excluded": excluded,
    }
    identities.refuse_overlap([*counts["brats_whole_cases"], *counts["tcga_lgg_heads"], *counts["lesion_cube_ids"]], tested, table)
    cohort = Cohort(
        cohort_data.load_cohort(data, cache, counts["brats_whole_cases"]),
        cohort_data.load_lgg(data, cache, counts["tcga_lgg_heads"]),
        cubes,
        Atlas(data / "atlas"),
    )
    return cohort, counts


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

    def __init__(self, most: int, every: int = 60):
        self.most, self.every, self.count, self.times = most, every, 0, {}
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


def save(path: Path, state: dict) -> None:
    """Atomic, so that a stop in the middle leaves the last whole checkpoint."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def train(
    cohort: Cohort,
    out: Path,
    steps: int,
    size=(48, 48, 48),
    variant: Variant = VARIANTS["cpu"],
    peak: float = 1e-3,
    seed: int = 1,
    workers: int = 1,
    save_minutes: float = 3,
    counts: dict | None = None,
    batch: int = 2,
    reuse: int = 12,
    threads: int = 2,
    minutes: float | None = None,
    restart: bool = False,
    quiet: bool = False,
    device: str | None = None,
) -> torch.nn.Module:
    """Runs to `steps` (resuming OUT/checkpoint.pt, whatever device wrote it) and returns the running-mean network."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    place = training_device(device)
    model = GliomaNet(variant).to(place)
    mean = copy.deepcopy(model).eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=1e-3)
    step, seconds, stages, path = 0, 0.0, [], out / "checkpoint.pt"
    if path.exists():
        old = torch.load(path, weights_only=False, map_location=place)
        model.load_state_dict(old["model"]), mean.load_state_dict(old["mean"])
        optimiser.load_state_dict(old["optimiser"])
        step, seconds = old["step"], old["seconds"]
        stages = [*old.get("stages", []), {"until_step": step, **old["settings"]}]
    loader = iter(
        torch.utils.data.DataLoader(
            Patches(cohort, size, seed=seed * 100003 + step, reuse=reuse),
            batch_size=batch,
            num_workers=workers,
            prefetch_factor=6 if workers else None,
        )
    )
    started = saved = time.time()
    base, recent = seconds, []
    first, zero = (step, seconds) if restart else (0, 0.0)  # warm restart of the cosine (Loshchilov 2017)

    def state() -> dict:
        return {
            "model": model.state_dict(),
            "mean": mean.state_dict(),
            "optimiser": optimiser.state_dict(),
            "step": step,
            "seconds": seconds,
            "variant": variant.facts(),
            "counts": counts,
            "stages": stages,
            "device": torch.cuda.get_device_name(place) if place.type == "cuda" else "CPU",
            "settings": {"steps": steps, "minutes": minutes, "size": list(size), "batch": batch, "peak": peak, "seed": seed},
        }

    model.train()
    pace = Threads(threads)
    while step < steps and not (minutes and seconds > minutes * 60):
        done = max((step - first) / (steps - first), (seconds - zero) / (minutes * 60 - zero) if minutes else 0.0)
        lr = rate(step, done, peak)
        for group in optimiser.param_groups:
            group["lr"] = lr
        image, label = next(loader)
        pace.before()
        loss = deep_loss(model(image.to(place)), label.to(place))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        pace.after()
        step += 1
        keep = min(0.995, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(mean.parameters()), list(model.parameters()), 1 - keep)
        recent.append(float(loss.detach()))
        seconds = base + time.time() - started
        if step % 25 == 0 or step == steps:
            line = {
                "step": step,
                "loss": round(float(np.mean(recent[-100:])), 4),
                "rate": round(lr, 6),
                "seconds": round(seconds, 1),
                "threads": pace.best,
            }
            with open(out / "history.jsonl", "a") as f:
                f.write(json.dumps(line) + "\n")
            if not quiet:
                bar = "#" * int(20 * done)
                print(
                    f"[{bar:<20}] {step}/{steps} loss {line['loss']:.4f} {seconds / 60:.1f} min, {pace.best} thread(s)",
                    end="\r" if sys.stdout.isatty() else "\n",
                    flush=True,
                )
        if time.time() - saved > save_minutes * 60:
            save(path, state())
            saved = time.time()
    save(path, state())
    return mean


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data", help="data folder (default: GLIABRIDGE_DATA)")
    ap.add_argument("--out", type=Path, default=Path("out/train"))
    ap.add_argument("--cache", type=Path, default=None, help="prepared volumes (default: OUT/cache)")
    ap.add_argument("--fold", type=int, default=0, choices=range(cohort_data.FOLDS), help="the fold whose cases are kept for testing")
    ap.add_argument("--variant", choices=sorted(VARIANTS), default="cpu")
    ap.add_argument("--steps", type=int, default=20000)
    ap.add_argument("--minutes", type=float, help="stop, and end the cosine, after so much training if that comes first")
    ap.add_argument("--peak", type=float, default=1e-3, help="highest learning rate")
    ap.add_argument("--restart", action="store_true", help="start the cosine again where the checkpoint stands")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--batch", type=int, default=2, help="patches a step; a GPU bears more")
    ap.add_argument("--device", help="cpu, cuda, cuda:1 (default: a GPU where there is one)")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--workers", type=int, default=1)
    a = ap.parse_args()
    cohort, counts = build_cohort(cohort_data.data_folder(a.data), a.cache or a.out / "cache", a.fold)
    print(json.dumps({k: v if isinstance(v, (int, dict)) else len(v) for k, v in counts.items()}))
    model = train(
        cohort,
        a.out,
        a.steps,
        seed=a.seed + 10 * a.fold,
        workers=a.workers,
        threads=a.threads,
        minutes=a.minutes,
        peak=a.peak,
        restart=a.restart,
        variant=VARIANTS[a.variant],
        counts=counts,
        batch=a.batch,
        device=a.device,
    )
    print(f"{parameter_count(model)} parameters; next: python -m gliatrain.export")


if __name__ == "__main__":
    main()
