"""Fine-tunes the cascade from published weights. `python -m gliatrain.cascade.train --data DIR --weights DIR --out DIR --minutes N`

Without --weights it starts from scratch. Seeded, resumable (run the same command again), a checkpoint every few minutes with the
weights, their running mean (which ships), the optimisers, and what the networks learned from. Soft Dice + cross-entropy inside the
brain mask; AdamW; the rate falls as a cosine over the minutes.
"""

from __future__ import annotations

import copy
import json
import math
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from .. import checkpoints
from .. import data as sources
from .arguments import training_arguments
from .degrade import FLAIR, T1C
from .flair import FillIn, load_fill_in
from .network import ViewNet, ViewVariant
from .patches import STAGES, VIEWS, Patch, Patches, load_cohort, split
from .weights import NETWORKS, from_archive

Key = tuple[str, str]


CROSS_ENTROPY = 0.25
"""Its share beside Dice. With a larger share, less tumour is marked, since most voxels of a patch are background."""


def view_loss(logits: torch.Tensor, label: torch.Tensor, weight: torch.Tensor, smooth: float = 50.0) -> torch.Tensor:
    """logits [D, 2, H, W], label and weight [D, H, W]. Dice is left out where there is no target: on small patches it would then
    teach the network above all to mark nothing."""
    w = weight.float()
    loss = CROSS_ENTROPY * (F.cross_entropy(logits, label, reduction="none") * w).sum() / (w.sum() + 1)
    if not label.any():
        return loss
    p, t = torch.softmax(logits, 1)[:, 1] * w, label.float() * w
    return loss + 1 - (2 * (p * t).sum() + smooth) / (p.sum() + t.sum() + smooth)


class Member:
    """One network of one stage and view, its running mean and its optimiser."""

    def __init__(self, net: ViewNet, peak: float) -> None:
        self.net, self.mean, self.steps = net, copy.deepcopy(net), 0
        self.optimiser = torch.optim.AdamW(net.parameters(), lr=peak, weight_decay=1e-4)

    def update(self, grads: list[torch.Tensor], rate: float) -> None:
        for p, g in zip(self.net.parameters(), grads, strict=True):
            p.grad = g
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        if not norm.isfinite():
            raise FloatingPointError(
                "a gradient is not finite: if --bfloat16 is given, train without it (some processors compile it wrongly)"
            )
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
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps = state["steps"]


def fill_in_flair(image: torch.Tensor, flair: FillIn) -> torch.Tensor:
    """`image` [D, 4, H, W] with an estimate of FLAIR where that is missing, as the bundle's networks see it."""
    return image if image[:, FLAIR].any() else flair(image)


class Shell:
    """A network into which the weights of others are copied, so that several of a kind are compiled once; convolutions in bfloat16 if
    told to."""

    def __init__(self, variant: ViewVariant, compile_it: bool, bfloat16: bool) -> None:
        self.net, self.bfloat16 = ViewNet(variant).to(memory_format=torch.channels_last), bfloat16
        self.call = torch.compile(self.net) if compile_it else self.net

    def hold(self, net: ViewNet) -> None:
        with torch.no_grad():
            torch._foreach_copy_(list(self.net.parameters()), list(net.parameters()))
        self.net.zero_grad(set_to_none=True)

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            return self.call(image.contiguous(memory_format=torch.channels_last)).float()

    def grads(self) -> list[torch.Tensor]:
        return [p.grad for p in self.net.parameters()]


class Engine:
    """Loss and gradients of any member through one shell per stage. The whole tumour's networks see an estimate of a FLAIR that is
    missing, as they will in the bundle."""

    def __init__(self, compile_it: bool, flair: FillIn | None = None, bfloat16: bool = False) -> None:
        self.flair = flair
        self.shells = {stage: Shell(ViewVariant(NETWORKS[stage][1]), compile_it, bfloat16) for stage in STAGES}

    def __call__(self, stage: str, net: ViewNet, patches: list[Patch]) -> tuple[float, list[torch.Tensor]]:
        shell, total = self.shells[stage], 0.0
        shell.hold(net)
        for x, y, w in patches:
            image = torch.as_tensor(x)
            if self.flair and stage == "whole":
                image = fill_in_flair(image, self.flair)
            loss = view_loss(shell(image), torch.as_tensor(y).long(), torch.as_tensor(w)) / len(patches)
            loss.backward()
            total += float(loss.detach())
        return total, shell.grads()


def first_networks(weights: Path | None) -> dict[Key, ViewNet]:
    return {
        (stage, view): from_archive(weights, stage, view) if weights else ViewNet(ViewVariant(NETWORKS[stage][1]))
        for stage in STAGES
        for view in VIEWS
    }


@dataclass(frozen=True)
class TrainOptions:
    """minutes: of all runs together; rounds: stop after so many more; peak: highest learning rate; compile_it: through torch.compile;
    bfloat16: convolutions in bfloat16, weights and loss in float32 (half the time where the processor has it)."""

    minutes: float
    rounds: int | None = None
    peak: float = 1e-4
    seed: int = 1
    workers: int = 1
    compile_it: bool = True
    bfloat16: bool = False
    save_minutes: float = 4


class Training:
    """All members, what they learn from, and how far they have come. Needs the estimate of FLAIR in `out` (flair.py)."""

    def __init__(self, out: Path, weights: Path | None, options: TrainOptions, facts: dict) -> None:
        torch.manual_seed(options.seed)
        self.out, self.options, self.facts = out, options, facts
        self.members = {key: Member(net, options.peak) for key, net in first_networks(weights).items()}
        self.engine = Engine(options.compile_it, load_fill_in(out), options.bfloat16)
        self.seconds, self.rounds = 0.0, 0
        self.recent: dict[str, list[float]] = {stage: [] for stage in STAGES}
        if self.path.exists():
            old = checkpoints.load(self.path)
            for key, member in self.members.items():
                member.load(old["members"]["/".join(key)])
            self.seconds, self.rounds = old["seconds"], old["rounds"]
            self.facts = {**facts, "started_from": old["facts"].get("started_from", "nothing")}

    @property
    def path(self) -> Path:
        return self.out / "checkpoint.pt"

    def rate(self) -> float:
        """A cosine over the minutes, after ten rounds of warm-up."""
        spent = min(1.0, self.seconds / (self.options.minutes * 60))
        return self.options.peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * spent))) * min(1.0, (self.rounds + 1) / 10)

    def learn(self, patches: dict[Key, list[Patch]]) -> None:
        """One round: a step of each member that has patches."""
        rate = self.rate()
        for key, batch in patches.items():
            loss, grads = self.engine(key[0], self.members[key].net, batch)
            self.members[key].update(grads, rate)
            self.recent[key[0]] = [*self.recent[key[0]][-59:], loss]
        self.rounds += 1

    def report(self, rate: float) -> None:
        """A line of OUT/history.jsonl and of the terminal."""
        loss = {stage: round(float(np.mean(v)), 4) for stage, v in self.recent.items() if v}
        line = json.dumps({"round": self.rounds, "seconds": round(self.seconds), "rate": round(rate, 7), "loss": loss})
        with (self.out / "history.jsonl").open("a") as history:
            history.write(line + "\n")
        print(line, flush=True)

    def save(self, each: int) -> None:
        settings = {"peak": self.options.peak, "minutes": self.options.minutes, "seed": self.options.seed, "each": each}
        members = {"/".join(key): member.state() for key, member in self.members.items()}
        state = {"members": members, "seconds": self.seconds, "rounds": self.rounds, "facts": self.facts, "settings": settings}
        checkpoints.save(self.path, state)


def train(patches: Patches, out: Path, weights: Path | None, options: TrainOptions, facts: dict | None = None) -> dict[Key, Member]:
    """Trains the stages of `patches` until `options.minutes` are spent (or `options.rounds` are done, or SIGTERM comes) and returns the
    members; the checkpoint is written at the end in any case. `facts`: what it learns from, for the checkpoint's record."""
    out.mkdir(parents=True, exist_ok=True)
    training = Training(out, weights, options, facts or {})
    patches.seed = options.seed * 100003 + training.rounds
    prefetch = 4 if options.workers else None
    loader = iter(torch.utils.data.DataLoader(patches, batch_size=None, num_workers=options.workers, prefetch_factor=prefetch))
    started = saved = time.time()
    before, first = training.seconds, training.rounds
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    while not stop and training.seconds < options.minutes * 60 and (options.rounds is None or training.rounds - first < options.rounds):
        rate = training.rate()
        training.learn(next(loader))
        training.seconds = before + time.time() - started
        if training.rounds % 5 == 0:
            training.report(rate)
        if time.time() - saved > options.save_minutes * 60:
            training.save(patches.each)
            saved = time.time()
    training.save(patches.each)
    return training.members


def main() -> None:
    ap = training_arguments(__doc__, minutes=100)
    ap.add_argument("--weights", type=Path, help="folder of the published archives; absent: from nothing")
    ap.add_argument("--peak", type=float, default=1e-4)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--each", type=int, default=2, help="patches a network and round")
    ap.add_argument("--rounds", type=int, help="stop after so many more rounds")
    ap.add_argument("--bfloat16", action="store_true", help="convolutions in bfloat16, for processors that have it")
    ap.add_argument("--stages", nargs="+", default=list(STAGES), choices=STAGES, help="the others stay as they are")
    ap.add_argument(
        "--always-without",
        nargs="+",
        default=[],
        choices=("T1c", "FLAIR"),
        help="one of these is left out of every study: for the whole tumour's networks of incomplete studies (incomplete.py)",
    )
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    data = sources.data_folder(a.data)
    names = split(data, a.cache)
    cohort = load_cohort(data, a.cache, names)
    facts: dict[str, Any] = {
        "whole_cases": names.cases,
        "heads": [v.name for v in cohort.heads],
        "phantoms": [v.name for v in cohort.phantoms],
        "tested": names.tested,
        "lesion_cubes": len(cohort.cubes),
        "lesion_cube_ids": sorted({c.patient for c in cohort.cubes}),
        "started_from": "published weights" if a.weights else "nothing",
    }
    print(json.dumps({k: v if isinstance(v, (int, str)) else len(v) for k, v in facts.items()}), flush=True)
    options = TrainOptions(a.minutes, a.rounds, a.peak, a.seed, bfloat16=a.bfloat16)
    always = [{"T1c": T1C, "FLAIR": FLAIR}[name] for name in a.always_without]
    train(Patches(cohort, a.each, stages=tuple(a.stages), always=always), a.out, a.weights, options, facts)


if __name__ == "__main__":
    main()
