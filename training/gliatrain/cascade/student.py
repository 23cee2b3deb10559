"""One network per view for all three regions, taught by the cascade: an alternative to it with a third of the networks.

`python -m gliatrain.cascade.student --data DIR --out DIR --minutes N` continues from OUT/student.pt, or starts from the whole tumour's
networks of OUT/checkpoint.pt; `--bundle DIR` then makes a bundle of it, whose masks, brain and estimate of FLAIR are the cascade's.

Input  : float32 [D, 4, H, W], as network.py
Output : float32 [D - 8, 3, H, W], one logit each for WT, TC and ET, which lie inside each other

Robust distillation: the student sees the degraded study with sequences left out; it learns what the label says, and what the cascade's
networks of its view say of the same patch with all sequences. Where only the tumour's outline is known, they alone teach its parts.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from .. import checkpoints
from .. import data as sources
from .arguments import training_arguments
from .bundle import graph, halve_files, view_of, write_manifest
from .degrade import missing
from .export import export_brain, export_view, view_files
from .flair import load_fill_in
from .network import ViewNet, ViewVariant
from .patches import STAGES, TARGETS, VIEWS, Patches, complete_patch, load_cohort, split
from .train import CROSS_ENTROPY, Member, Shell, fill_in_flair
from .weights import NETWORKS

REGIONS = ("WT", "TC", "ET")
BELIEVED = 0.5
"""The label's share in what is learned where there is one; the rest is the cascade's."""
UNKNOWN = 4
"""The label's code for a tumour whose parts are not known."""


def from_whole(whole: ViewNet) -> ViewNet:
    """The whole tumour's network with three outputs, each of which begins as the whole tumour's logit."""
    student = ViewNet(ViewVariant(whole.variant.strides, len(REGIONS)))
    weights = dict(whole.state_dict())
    background, tumour = weights["last.weight"]
    weights["last.weight"] = torch.stack([tumour - background] * len(REGIONS))
    student.load_state_dict(weights)
    return student


class Cascade:
    """What the cascade's networks of a view say of complete patches."""

    def __init__(self, members: dict[str, Any], compile_it: bool, bfloat16: bool) -> None:
        self.nets: dict[tuple[str, str], ViewNet] = {}
        for stage in STAGES:
            for view in VIEWS:
                net = ViewNet(ViewVariant(NETWORKS[stage][1]))
                net.load_state_dict(members[f"{stage}/{view}"]["mean"])
                self.nets[stage, view] = net.eval()
        self.shells = {stage: Shell(ViewVariant(NETWORKS[stage][1]), compile_it, bfloat16) for stage in STAGES}

    @torch.no_grad()
    def __call__(self, view: str, image: torch.Tensor) -> torch.Tensor:
        """Probabilities [D - 8, 3, H, W]; a region is never likelier than the one around it."""
        each = []
        for stage in STAGES:
            self.shells[stage].hold(self.nets[stage, view])
            each.append(torch.softmax(self.shells[stage](image), 1)[:, 1])
        return torch.cummin(torch.stack(each, 1), 1).values


def lesson(label: torch.Tensor, believed: torch.Tensor) -> torch.Tensor:
    """What each voxel should be, [D, 3, H, W]: from its label [D, H, W] and what the cascade says, [D, 3, H, W]."""
    truth = torch.stack([torch.isin(label, torch.tensor(TARGETS[stage])) for stage in STAGES], 1).float()
    target = BELIEVED * truth + (1 - BELIEVED) * believed
    parts_unknown = (label == UNKNOWN)[:, None].expand(-1, 2, -1, -1)
    return torch.cat([target[:, :1], torch.where(parts_unknown, believed[:, 1:], target[:, 1:])], 1)


def loss_of(logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, smooth: float = 50.0) -> torch.Tensor:
    """Cross-entropy and soft Dice, summed over the regions; logits and target [D, 3, H, W], weight [D, H, W]. Dice is left out for a
    region that the patch does not hold, as in train.view_loss."""
    w = weight[:, None].float()
    loss = CROSS_ENTROPY * (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * w).sum() / (w.sum() + 1)
    p, t = torch.sigmoid(logits) * w, target * w
    dice = (2 * (p * t).sum((0, 2, 3)) + smooth) / (p.sum((0, 2, 3)) + t.sum((0, 2, 3)) + smooth)
    return loss + (1 - dice)[(t > 0.5).any(3).any(2).any(0)].sum()


class Lessons(Patches):
    """Endless rounds: each a dict view -> `each` complete patches of one study, and the sequences that the student will not see."""

    def __iter__(self) -> Iterator[dict]:
        for study, _stages, rng in self.studies():
            yield {
                view: [(complete_patch("whole", view, study, rng), missing(study[0], rng, whole=True)) for _ in range(self.each)]
                for view in VIEWS
            }


def train(
    lessons: Lessons, out: Path, minutes: float, peak: float, workers: int = 1, compile_it: bool = False, bfloat16: bool = False
) -> dict[str, Member]:
    """Trains until `minutes` are spent, of all runs together; OUT/student.pt is written every few minutes and at the end."""
    path, start = out / "student.pt", checkpoints.load(out / "checkpoint.pt")["members"]
    flair = load_fill_in(out)
    teacher = Cascade(start, compile_it, bfloat16)
    members = {view: Member(from_whole(copy.deepcopy(teacher.nets["whole", view])), peak) for view in VIEWS}
    shell = Shell(ViewVariant(classes=len(REGIONS)), compile_it, bfloat16)
    before, rounds = 0.0, 0
    if path.exists():
        old = checkpoints.load(path)
        before, rounds = old["seconds"], old["rounds"]
        for view, state in old["members"].items():
            members[view].load(state)
    seconds, began, saved = before, time.time(), time.time()
    lessons.seed = rounds
    loader = iter(torch.utils.data.DataLoader(lessons, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None))

    def save() -> None:
        states = {view: member.state() for view, member in members.items()}
        checkpoints.save(path, {"members": states, "seconds": seconds, "rounds": rounds})

    while seconds < minutes * 60:
        total = 0.0
        for view, batch in next(loader).items():
            member = members[view]
            shell.hold(member.net)
            for (x, y, w), gone in batch:
                image, label = torch.as_tensor(x), torch.as_tensor(y)
                target = lesson(label, teacher(view, image))
                image[:, gone] = 0
                loss = loss_of(shell(fill_in_flair(image, flair)), target, torch.as_tensor(w)) / len(batch)
                loss.backward()
                total += float(loss.detach())
            member.update(shell.grads(), peak * min(1.0, (rounds + 1) / 10))
        rounds, seconds = rounds + 1, before + time.time() - began
        print(json.dumps({"round": rounds, "seconds": round(seconds), "loss": round(total / len(members), 3)}), flush=True)
        if time.time() - saved > 240:
            save()
            saved = time.time()
    save()
    return members


def student_graph() -> dict:
    """The cascade's, with the axial student over the brain and the two others where it suspects something, all regions from these."""
    parts = graph()
    stages = {stage["name"]: stage for stage in parts["stages"]}
    output = {"activation": "sigmoid", "regions": list(REGIONS)}
    search = stages["search"] | {"output": output, "members": [view_of("student", "axial")]}
    others = [view_of("student", view) for view in VIEWS if view != "axial"]
    whole = stages["whole"] | {"output": output, "members": [{"stage": "search"}, *others]}
    networks = {"brain": parts["networks"]["brain"]}
    networks |= {f"student-{v}": parts["networks"][f"whole-{v}"] | view_files(f"student-{v}") for v in VIEWS}
    return {
        **parts,
        "networks": networks,
        "masks": {name: parts["masks"][name] for name in ("brain", "suspicion")},
        "stages": [stages["brain"], search, whole],
        "result": parts["result"] | {"regions": dict.fromkeys(REGIONS, "whole")},
    }


def bundle(out: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    members, fill_in = checkpoints.load(out / "student.pt")["members"], load_fill_in(out)
    names = [export_brain(out / "brain.pt", folder)]
    for view in VIEWS:
        net = ViewNet(ViewVariant(classes=len(REGIONS)))
        net.load_state_dict(members[view]["mean"])
        names += export_view(net, folder / f"student-{view}.onnx", fill_in)
    halve_files(folder, names)
    write_manifest(folder, "0.1.0", {}, None, student_graph())


def main() -> None:
    ap = training_arguments(__doc__, minutes=60)
    ap.add_argument("--peak", type=float, default=2e-4)
    ap.add_argument("--each", type=int, default=2, help="patches a network and round")
    ap.add_argument("--bfloat16", action="store_true", help="convolutions in bfloat16, for processors that have it")
    ap.add_argument("--bundle", type=Path, help="make a bundle of OUT/student.pt and do not train")
    a = ap.parse_args()
    if a.bundle:
        bundle(a.out, a.bundle)
        return
    torch.set_num_threads(a.threads)
    data = sources.data_folder(a.data)
    lessons = Lessons(load_cohort(data, a.cache, split(data, a.cache)), a.each)
    train(lessons, a.out, a.minutes, a.peak, compile_it=True, bfloat16=a.bfloat16)


if __name__ == "__main__":
    main()
