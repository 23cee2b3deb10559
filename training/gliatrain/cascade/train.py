"""Fine-tunes the cascade from published weights. `python -m gliatrain.cascade.train --data DIR --weights DIR --out DIR --minutes N`

Without --weights it starts from nothing. Seeded, resumable (run the same command again), a checkpoint every few minutes with the
weights, their running mean (which ships), the optimisers, and what the networks learned from. Soft Dice + cross-entropy inside the
brain mask; AdamW; the rate falls as a cosine over the minutes.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import signal
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from .. import data as sources
from ..train import save
from .degrade import FLAIR
from .flair import FillIn, load_fill_in
from .network import ViewNet, ViewVariant
from .patches import STAGES, VIEWS, Patches, load_cohort, split
from .weights import NETWORKS, from_archive

Key = tuple[str, str]


CROSS_ENTROPY = 0.25
"""Its share beside Dice. More of it shrinks what is found: most voxels of a patch are background."""


def view_loss(logits: torch.Tensor, label: torch.Tensor, weight: torch.Tensor, smooth: float = 50.0) -> torch.Tensor:
    """logits [D, 2, H, W], label and weight [D, H, W]. Dice is left out where there is nothing to find: on small patches without a
    target it would teach silence above all."""
    logits = logits.float()
    w = weight.float()
    loss = CROSS_ENTROPY * (F.cross_entropy(logits, label, reduction="none") * w).sum() / (w.sum() + 1)
    if not label.any():
        return loss
    p, t = torch.softmax(logits, 1)[:, 1] * w, label.float() * w
    return loss + 1 - (2 * (p * t).sum() + smooth) / (p.sum() + t.sum() + smooth)


class Member:
    """One network of one stage and view, its running mean and its optimiser."""

    def __init__(self, net: ViewNet, peak: float):
        self.net, self.mean, self.steps = net, copy.deepcopy(net), 0
        self.optimiser = torch.optim.AdamW(net.parameters(), lr=peak, weight_decay=1e-4)

    def update(self, grads: list[torch.Tensor], rate: float) -> None:
        for p, g in zip(self.net.parameters(), grads):
            p.grad = g
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        self.steps += 1
        keep = min(0.98, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.mean.parameters()), list(self.net.parameters()), 1 - keep)

    def state(self) -> dict:
        return {"net": self.net.state_dict(), "mean": self.mean.state_dict(), "optimiser": self.optimiser.state_dict(), "steps": self.steps}

    def load(self, state: dict) -> None:
        self.net.load_state_dict(state["net"]), self.mean.load_state_dict(state["mean"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps = state["steps"]


class Engine:
    """Loss and gradients of any member through one compiled network a stage: its weights are copied in, so nothing compiles twice.
    The whole tumour's networks see an estimate of a FLAIR that is missing, as they will in the bundle."""

    def __init__(self, compile_it: bool, flair: FillIn | None = None):
        self.flair = flair
        self.shells = {stage: ViewNet(ViewVariant(NETWORKS[stage][1])).to(memory_format=torch.channels_last) for stage in STAGES}
        self.calls = {stage: torch.compile(shell) if compile_it else shell for stage, shell in self.shells.items()}

    def __call__(self, stage: str, net: ViewNet, patches) -> tuple[float, list[torch.Tensor]]:
        shell, total = self.shells[stage], 0.0
        with torch.no_grad():
            torch._foreach_copy_(list(shell.parameters()), list(net.parameters()))
        shell.zero_grad(set_to_none=True)
        for x, y, w in patches:
            image = torch.as_tensor(x)
            if self.flair and stage == "whole" and not image[:, FLAIR].any():
                image = self.flair(image)
            logits = self.calls[stage](image.contiguous(memory_format=torch.channels_last))
            loss = view_loss(logits, torch.as_tensor(y).long(), torch.as_tensor(w)) / len(patches)
            loss.backward()
            total += float(loss.detach())
        return total, [p.grad for p in shell.parameters()]


def first_networks(weights: Path | None) -> dict[Key, ViewNet]:
    return {
        (stage, view): from_archive(weights, stage, view) if weights else ViewNet(ViewVariant(NETWORKS[stage][1]))
        for stage in STAGES
        for view in VIEWS
    }


def train(
    patches: Patches,
    out: Path,
    weights: Path | None,
    minutes: float,
    peak: float = 1e-4,
    facts: dict | None = None,
    seed: int = 1,
    workers: int = 1,
    compile_it: bool = True,
    save_minutes: float = 4,
    rounds: int | None = None,
) -> dict[Key, Member]:
    """Trains the stages of `patches` until `minutes` are spent in all runs together (or `rounds` more are done, or SIGTERM comes) and
    returns the members; the checkpoint is written at the end in any case."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    members = {key: Member(net, peak) for key, net in first_networks(weights).items()}
    path, spent, done = out / "checkpoint.pt", 0.0, 0
    if path.exists():
        old = torch.load(path, weights_only=True)
        for key, member in members.items():
            member.load(old["members"]["/".join(key)])
        spent, done = old["seconds"], old["rounds"]
        facts = {**(facts or {}), "started_from": old["facts"].get("started_from", "nothing")}
    patches.seed = seed * 100003 + done
    loader = iter(torch.utils.data.DataLoader(patches, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None))
    estimate = out / "flair.pt"
    engine = Engine(compile_it, load_fill_in(estimate) if estimate.exists() else None)
    started, saved, base, first = time.time(), time.time(), spent, done
    recent: dict[str, list[float]] = {stage: [] for stage in STAGES}

    def state() -> dict:
        return {
            "members": {"/".join(k): m.state() for k, m in members.items()},
            "seconds": spent,
            "rounds": done,
            "facts": facts or {},
            "settings": {"peak": peak, "minutes": minutes, "seed": seed, "each": patches.each},
        }

    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    while not stop and spent < minutes * 60 and (rounds is None or done - first < rounds):
        rate = peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, spent / (minutes * 60))))) * min(1.0, (done + 1) / 10)
        for key, batch in next(loader).items():
            loss, grads = engine(key[0], members[key].net, batch)
            members[key].update(grads, rate)
            recent[key[0]] = [*recent[key[0]][-59:], loss]
        done += 1
        spent = base + time.time() - started
        if done % 5 == 0:
            line = {
                "round": done,
                "seconds": round(spent),
                "rate": round(rate, 7),
                "loss": {stage: round(float(np.mean(v)), 4) for stage, v in recent.items() if v},
            }
            with open(out / "history.jsonl", "a") as f:
                f.write(json.dumps(line) + "\n")
            print(json.dumps(line), flush=True)
        if time.time() - saved > save_minutes * 60:
            save(path, state())
            saved = time.time()
    save(path, state())
    return members


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data")
    ap.add_argument("--weights", type=Path, help="folder of the published archives; absent: from nothing")
    ap.add_argument("--cache", type=Path, default=Path("out/cache"))
    ap.add_argument("--out", type=Path, default=Path("out/cascade"))
    ap.add_argument("--minutes", type=float, default=100)
    ap.add_argument("--peak", type=float, default=1e-4)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--each", type=int, default=2, help="patches a network and round")
    ap.add_argument("--rounds", type=int, help="stop after so many more rounds")
    ap.add_argument("--stages", nargs="+", default=list(STAGES), choices=STAGES, help="the others stay as they are")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    data = sources.data_folder(a.data)
    names = split(data, a.cache)
    cohort = load_cohort(data, a.cache, names)
    facts = {
        "whole_cases": names.cases,
        "heads": [v.name for v in cohort.heads],
        "phantoms": [v.name for v in cohort.phantoms],
        "tested": names.tested,
        "lesion_cubes": len(cohort.cubes),
        "lesion_cube_ids": sorted({c["patient"] for c in cohort.cubes}),
        "started_from": "published weights" if a.weights else "nothing",
    }
    print(json.dumps({k: v if isinstance(v, (int, str)) else len(v) for k, v in facts.items()}), flush=True)
    train(Patches(cohort, a.each, stages=tuple(a.stages)), a.out, a.weights, a.minutes, a.peak, facts, a.seed, rounds=a.rounds)


if __name__ == "__main__":
    main()
