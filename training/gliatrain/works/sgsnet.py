"""SGS-Net style: one network segments and ranks survival, its losses weighted by learnt uncertainty.

Segmentation loss + Cox partial likelihood (ties as Efron) + pairwise ranking, homoscedastic weights (Kendall 2018).
Evaluation on patients kept back: Dice, C-index with a permutation check, Kaplan-Meier of the risk groups (cut at the
training patients' terciles) with the log-rank test.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..tabular import scores
from . import bundle, survival
from .cohort import Patient, split
from .loop import Batch, Settings, collate, fit, predict
from .network import ClinicalInput, Encoder, Pooled, Weigher, masked_segmentation_loss
from .part import export_part, save_backbone

LOSSES = ("segmentation", "cox", "ranking")


class SgsNet(nn.Module):
    """image [N, C, Z, Y, X], clinical [N, F] (NaN missing) -> logits [N, 5, Z, Y, X], log_risk [N, 1]."""

    def __init__(self, settings: Settings, patients: list[Patient]) -> None:
        super().__init__()
        self.pooled = Pooled(settings)
        self.clinical = ClinicalInput(settings.clinical, patients)
        self.risk = nn.Sequential(
            nn.Dropout(settings.option("dropout", 0.2)), nn.Linear(self.pooled.width + 2 * len(settings.clinical), 1, bias=False)
        )
        nn.init.zeros_(self.risk[1].weight)
        self.weigh = Weigher(LOSSES)

    def run(self, image: torch.Tensor, clinical: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        outs, vector = self.pooled(image)
        return outs, self.risk(torch.cat([vector, self.clinical(clinical)], 1))

    def forward(self, image: torch.Tensor, clinical: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        outs, risk = self.run(image, clinical)
        return outs[0], risk


def loss_of(model: SgsNet, ties: str) -> Callable[[Batch], torch.Tensor]:
    def loss(batch: Batch) -> torch.Tensor:
        outs, risk = model.run(batch.image, model.clinical.values(batch))
        parts = {}
        segmentation = masked_segmentation_loss(outs, batch.label)
        if segmentation is not None:
            parts["segmentation"] = segmentation
        time, event = batch.values["os_days"], batch.values["event"]
        has_time = ~torch.isnan(time)
        if bool((event[has_time] > 0).any()):
            parts["cox"] = survival.cox_loss(risk[has_time, 0], time[has_time], event[has_time], ties)
            parts["ranking"] = survival.ranking_loss(risk[has_time, 0], time[has_time], event[has_time])
        return model.weigh(parts)

    return loss


def outcome(patients: list[Patient], risk: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """time, event, log risk of those whose survival is known."""
    time, event = (np.array([p.value(n) for p in patients]) for n in ("os_days", "event"))
    has_time = ~np.isnan(time)
    return time[has_time], event[has_time], risk[has_time]


def dice(segmented: np.ndarray, truth: np.ndarray) -> float:
    total = segmented.sum() + truth.sum()
    return float(2 * (segmented & truth).sum() / total) if total else 1.0


def tumour_dice(logits_class: np.ndarray, patients: list[Patient]) -> float:
    """Mean Dice of the whole tumour over the patients with an expert label."""
    scores = [dice((c >= 1) & (c <= 3), p.label > 0) for c, p in zip(logits_class, patients, strict=True) if p.label is not None]
    return float(np.mean(scores)) if scores else float("nan")


def groups(risk: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """0 low, 1 intermediate, 2 high."""
    return np.searchsorted(limits, risk, side="right")


def ages(patients: list[Patient]) -> np.ndarray:
    """Each patient's age; a missing one is replaced by the mean of the others."""
    years = np.array([p.value("age") for p in patients])
    stated = years[~np.isnan(years)]
    return np.where(np.isnan(years), stated.mean() if len(stated) else 0.0, years)


def evaluate(model: SgsNet, train: list[Patient], test: list[Patient], seed: int) -> dict:
    def run(batch: Batch) -> tuple[torch.Tensor, ...]:
        logits, risk = model(batch.image, model.clinical.values(batch))
        return logits.argmax(1), risk[:, 0]

    (_, fitted), (classes, risk_test) = predict(model, train, run), predict(model, test, run)
    time, event, risk = outcome(test, risk_test)
    trained = outcome(train, fitted)
    low, high = np.quantile(trained[2], [1 / 3, 2 / 3])
    limits = float(low), float(high)
    at, age = groups(risk, limits), outcome(test, ages(test))[2]
    curves = [
        {
            "name": name,
            "upper_log_risk": (*limits, None)[k],
            "n": int((at == k).sum()),
            "events": int(event[at == k].sum()),
            "kaplan_meier": {"days": curve.pop("time").tolist(), **{key: values.tolist() for key, values in curve.items()}},
        }
        for k, name in enumerate(("low", "intermediate", "high"))
        for curve in [scores.kaplan_meier(time[at == k], event[at == k])]
    ]
    tested, (days, hazard) = scores.log_rank(time, event, at), scores.breslow(*trained)
    return {
        "n": len(time),
        "events": int(event.sum()),
        "dice_whole_tumour": tumour_dice(classes, test),
        "c_index": survival.permutation_p(lambda t, e: scores.concordance(t, e, risk), (time, event), seed),
        "c_index_age_alone": scores.concordance(time, event, age),
        "gain_over_age_alone": survival.gain(scores.concordance, (time, event), age, risk, seed),
        "c_index_training": scores.concordance(*trained),
        "log_rank": {"chi_square": tested["chi2"], "degrees": tested["df"], "p": tested["p"]},
        "risk_groups": curves,
        "loss_weights": model.weigh.weights(),
        "baseline": {"days": days.tolist(), "cumulative_hazard": hazard.tolist()},
    }


def train_and_evaluate(
    patients: list[Patient], settings: Settings, out: Path, quiet: bool = False, held: list[Patient] | None = None
) -> tuple[SgsNet, dict]:
    """Trains, measures on patients kept back, exports OUT/survival.onnx, .json and OUT/segmentation.pt."""
    train, test = (patients, held) if held else split(patients, settings.seed, settings.test_share)
    torch.manual_seed(settings.seed)
    model = SgsNet(settings, train)
    seconds = fit(model, train, loss_of(model, settings.option("ties", "efron")), settings, out, quiet)
    figures = evaluate(model, train, test, settings.seed)
    baseline, risk_groups = figures.pop("baseline"), figures["risk_groups"]
    example = {"image": torch.from_numpy(test[0].image[None]), "clinical": model.clinical.values(collate(test[:1]))}
    if not settings.clinical:
        del example["clinical"]
        exported: nn.Module = ImageOnly(model)
    else:
        exported = model
    export_part(
        exported,
        example,
        ("logits", "log_risk"),
        out,
        "survival",
        {
            "status": "image-survival",
            "channels": settings.channels,
            "clinical": settings.clinical,
            "baseline": baseline,
            "risk_groups": risk_groups,
            "evaluation": {k: v for k, v in figures.items() if k != "risk_groups"},
        },
    )
    export_service(model, train, test, settings, out, figures)
    save_backbone(model.pooled.net, settings, seconds, len(train), out)
    return model, {**figures, "patients": len(patients), "seconds": round(seconds, 1)}


def export_service(model: SgsNet, train: list[Patient], test: list[Patient], settings: Settings, out: Path, figures: dict) -> None:
    """OUT/encoder.onnx, the survival head and OUT/service.json."""
    export_part(Encoder(model.pooled), {"image": torch.from_numpy(test[0].image[None])}, ("features",), out, "encoder", {})

    def run(batch: Batch) -> tuple[torch.Tensor, ...]:
        return model.pooled(batch.image)[1], model(batch.image, model.clinical.values(batch))[1][:, 0]

    (rows, _), (_, risk) = predict(model, train, run), predict(model, test, run)
    names, values = bundle.clinical_columns(settings.clinical, train)
    head = bundle.ServiceHead(
        bundle.dropout_members(model.risk[1], model.risk[0].p, settings.seed), model.pooled.width, model.clinical if names else None
    )
    part = bundle.head_part(
        head,
        "survival",
        out,
        np.hstack([rows, values]),
        model.pooled.width,
        0,
        names,
        {k: v for k, v in figures.items() if k != "risk_groups"},
    )
    bundle.write_service(out, settings, model.pooled.width, "encoder.onnx", {"survival": bundle.survival(part, *outcome(test, risk))})


class ImageOnly(nn.Module):
    """The same network where no clinical value goes in: ONNX drops an empty input."""

    def __init__(self, model: SgsNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.model(image, image.new_zeros(image.shape[0], 0))
