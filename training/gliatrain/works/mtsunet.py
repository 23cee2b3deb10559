"""MTS-UNET style: one network for IDH, 1p/19q and grade, with tumour-aware features and the T2-FLAIR module.

A missing label is left out of the loss (it has no pull). Ablations: without tumour-aware pooling (mean over the
image), without the T2-FLAIR difference branch; what each part is worth is the AUC with it less that without, on the same patients.
Evaluation on patients kept back: AUC per head with a permutation check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..tabular.scores import auc
from . import bundle
from .cohort import Patient, split
from .loop import Batch, Settings, fit, predict
from .network import Encoder, Pooled, Weigher, masked_segmentation_loss
from .part import export_part, save_backbone
from .sgsnet import tumour_dice
from .survival import gain, permutation_p


@dataclass(frozen=True)
class Head:
    """values: the clinical value of each class, in order."""

    name: str
    classes: tuple[str, ...]
    values: tuple[float, ...]


HEADS = (
    Head("idh", ("IDH-wildtype", "IDH-mutant"), (0, 1)),
    Head("1p19q", ("intact", "codeleted"), (0, 1)),
    Head("grade", ("2", "3", "4"), (2, 3, 4)),
)
ABLATIONS = {"full": {}, "without tumour-aware pooling": {"aware": False}, "without T2-FLAIR module": {"difference": False}}


class MtsUNet(nn.Module):
    """image [N, C, Z, Y, X] -> logits, then one row of probabilities per head."""

    def __init__(self, settings: Settings, aware: bool = True, difference: bool = True) -> None:
        super().__init__()
        self.pooled = Pooled(settings, aware, difference)
        self.drop = nn.Dropout(settings.option("dropout", 0.2))
        self.heads = nn.ModuleList(nn.Linear(self.pooled.width, len(h.classes)) for h in HEADS)
        self.weigh = Weigher(("segmentation", *(h.name for h in HEADS)))

    def run(self, image: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        outs, vector = self.pooled(image)
        return outs, [head(self.drop(vector)) for head in self.heads]

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        outs, scores = self.run(image)
        return (outs[0], *(s.softmax(1) for s in scores))


def class_of(head: Head, values: torch.Tensor) -> torch.Tensor:
    """Index of the class, -1 where the value is missing or none of the head's."""
    hits = values[:, None] == torch.tensor(head.values, dtype=values.dtype)
    return torch.where(hits.any(1), hits.float().argmax(1), -1)


def head_losses(scores: list[torch.Tensor], values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Cross-entropy per head over the patients whose label is known; a head without any is left out."""
    out = {}
    for head, score in zip(HEADS, scores, strict=True):
        target = class_of(head, values[head.name])
        if bool((target >= 0).any()):
            out[head.name] = F.cross_entropy(score, target, ignore_index=-1)
    return out


def loss_of(model: MtsUNet) -> Callable[[Batch], torch.Tensor]:
    def loss(batch: Batch) -> torch.Tensor:
        outs, scores = model.run(batch.image)
        segmentation = masked_segmentation_loss(outs, batch.label)
        parts = head_losses(scores, batch.values)
        return model.weigh(parts if segmentation is None else {"segmentation": segmentation, **parts})

    return loss


def macro_auc(truth: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean over the classes of each against the rest."""
    return float(np.nanmean([auc((truth == k).astype(int), probabilities[:, k]) for k in range(probabilities.shape[1])]))


def answers(model: MtsUNet, patients: list[Patient]) -> list[np.ndarray]:
    """Class of each voxel [N, Z, Y, X], then the probabilities [N, classes] of each head."""

    def run(batch: Batch) -> tuple[torch.Tensor, ...]:
        logits, *probabilities = model(batch.image)
        return (logits.argmax(1), *probabilities)

    return predict(model, patients, run)


def truth_of(head: Head, patients: list[Patient]) -> np.ndarray:
    """Index of each patient's class, -1 where it is not known."""
    return class_of(head, torch.tensor([p.value(head.name) for p in patients])).numpy()


def evaluate(model: MtsUNet, test: list[Patient], seed: int) -> dict:
    classes, *probabilities = answers(model, test)
    out: dict[str, dict] = {}
    for head, p in zip(HEADS, probabilities, strict=True):
        truth = truth_of(head, test)
        is_stated = truth >= 0
        out[head.name] = {
            "n": int(is_stated.sum()),
            "per_class": [int((truth == k).sum()) for k in range(len(head.classes))],
            "auc": permutation_p(lambda t, p=p[is_stated]: macro_auc(t, p), (truth[is_stated],), seed),
            "accuracy": float((p[is_stated].argmax(1) == truth[is_stated]).mean()),
        }
    return {"dice_whole_tumour": tumour_dice(classes, test), "heads": out, "loss_weights": model.weigh.weights()}


def trained(train: list[Patient], settings: Settings, out: Path, quiet: bool = False, **ablation: bool) -> tuple[MtsUNet, float]:
    """The network after its training, and how many seconds it took."""
    torch.manual_seed(settings.seed)
    model = MtsUNet(settings, **ablation)
    return model, fit(model, train, loss_of(model), settings, out, quiet)


def train_and_evaluate(
    patients: list[Patient], settings: Settings, out: Path, quiet: bool = False, held: list[Patient] | None = None, **ablation: bool
) -> tuple[MtsUNet, dict]:
    """Trains, measures on patients kept back, exports OUT/heads.onnx, .json, what the service runs, and OUT/segmentation.pt."""
    train, test = (patients, held) if held else split(patients, settings.seed, settings.test_share)
    model, seconds = trained(train, settings, out, quiet, **ablation)
    figures = evaluate(model, test, settings.seed)
    export_part(
        model,
        {"image": torch.from_numpy(test[0].image[None])},
        ("logits", *(h.name for h in HEADS)),
        out,
        "heads",
        {"status": "image", "channels": settings.channels, "classes": {h.name: h.classes for h in HEADS}, "evaluation": figures},
    )
    export_service(model, train, test, settings, out, figures)
    save_backbone(model.pooled.net, settings, seconds, len(train), out)
    return model, {**figures, "patients": len(patients), "seconds": round(seconds, 1)}


def export_service(model: MtsUNet, train: list[Patient], test: list[Patient], settings: Settings, out: Path, figures: dict) -> None:
    """OUT/encoder.onnx, a head per marker and OUT/service.json."""
    export_part(Encoder(model.pooled), {"image": torch.from_numpy(test[0].image[None])}, ("features",), out, "encoder", {})
    rows, kept = (predict(model, g, lambda b: (model.pooled(b.image)[1],))[0] for g in (train, test))
    heads = {}
    for head, layer in zip(HEADS, model.heads, strict=True):
        layers = bundle.dropout_members(layer, model.drop.p, settings.seed)
        part = bundle.head_part(
            bundle.ServiceHead(layers, model.pooled.width, None),
            head.name,
            out,
            rows,
            model.pooled.width,
            0,
            [],
            figures["heads"][head.name],
        )
        truth = truth_of(head, test)
        with torch.no_grad():
            probabilities = layer(torch.from_numpy(kept)).softmax(1).numpy()
        heads[head.name] = bundle.classification(part, head.classes, probabilities, truth)
    bundle.write_service(out, settings, model.pooled.width, "encoder.onnx", heads)


def run_ablations(patients: list[Patient], settings: Settings, out: Path, quiet: bool = False) -> dict[str, dict]:
    """Each ablation on the same split and seed."""
    return {
        name: train_and_evaluate(patients, settings, out / name.replace(" ", "-"), quiet, None, **change)[1]
        for name, change in ABLATIONS.items()
    }


def worth(part: str, train: list[Patient], test: list[Patient], settings: Settings, out: Path, quiet: bool = False) -> dict:
    """What `part` of the network is worth: trained with and without it from the same seed, measured on the same patients.
    Per head the two AUCs and their difference."""
    whole, less = (
        answers(trained(train, settings, out / name.replace(" ", "-"), quiet, **ABLATIONS[name])[0], test)
        for name in ("full", f"without {part}")
    )
    out_: dict[str, dict] = {}
    for head, with_part, without in zip(HEADS, whole[1:], less[1:], strict=True):
        truth = truth_of(head, test)
        is_stated = truth >= 0
        a, b, t = with_part[is_stated], without[is_stated], truth[is_stated]
        out_[head.name] = {"with": macro_auc(t, a), "without": macro_auc(t, b), "gain": gain(macro_auc, (t,), b, a, settings.seed)}
    return {"tested_on": len(test), "dice_with": tumour_dice(whole[0], test), "dice_without": tumour_dice(less[0], test), "heads": out_}


def table(results: dict[str, dict]) -> str:
    """Rows: ablations; columns: Dice of the whole tumour and AUC of each head."""
    rows = [f"{'':32}{'Dice':>7}" + "".join(f"{h.name:>8}" for h in HEADS)]
    for name, r in results.items():
        rows.append(f"{name:32}{r['dice_whole_tumour']:7.3f}" + "".join(f"{r['heads'][h.name]['auc']['value']:8.3f}" for h in HEADS))
    return "\n".join(rows)
