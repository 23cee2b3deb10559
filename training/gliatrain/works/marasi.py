"""Marasi style: a frozen encoder's latent features with clinical values give survival classes, on another cohort too.

The encoder is that of a segmentation network (a checkpoint of gliatrain.train or of a work), not trained here unless
none is given: then it learns to segment cohort A, never seeing survival. A multinomial ridge head is fitted on cohort A
and measured on cohort B, with and without clinical values. B's features may be standardised by B's own mean and
deviation (no label of B is used), which takes a scanner's shift away. Classes: short, mid, long, by `class_limits_days`;
who was lost before the class is decided is left out and counted. The service has a place for survival as a curve, not
for classes: it gets a ridge Cox head on the same numbers, fitted on A, with baseline and risk groups measured on B.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..start import begin
from ..tabular.scores import concordance
from . import bundle
from .cohort import Patient
from .loop import Batch, Settings, fit, predict
from .mtsunet import macro_auc
from .network import ClinicalInput, Encoder, Pooled, masked_segmentation_loss
from .part import export_part
from .ridge_cox import RidgeCox, bootstrap_members
from .sgsnet import outcome
from .survival import gain, permutation_p

CLASSES = ("short", "mid", "long")


def survival_class(patient: Patient, limits: tuple[float, float]) -> int:
    """0 short (died before the first limit), 1 mid, 2 long (alive at the second), -1 undecided: unknown or lost before."""
    days, event = patient.value("os_days"), patient.value("event")
    if np.isnan(days):
        return -1
    at = int(np.searchsorted(limits, days, side="right"))
    return at if event > 0 or at == 2 else -1


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean over the classes that occur in truth of 2 TP / (2 TP + FP + FN)."""
    scores = []
    for k in np.unique(truth):
        tp, wrong = ((predicted == k) & (truth == k)).sum(), ((predicted == k) != (truth == k)).sum()
        scores.append(2 * tp / (2 * tp + wrong))
    return float(np.mean(scores))


class Softmax(nn.Module):
    """Multinomial regression with an L2 penalty on z-scored columns."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor, penalty: float) -> None:
        super().__init__()
        self.register_buffer("mean", x.mean(0))
        self.register_buffer("deviation", x.std(0, correction=0).clamp_min(1e-6))
        self.linear = nn.Linear(x.shape[1], len(CLASSES))
        nn.init.zeros_(self.linear.weight), nn.init.zeros_(self.linear.bias)
        share = torch.bincount(y, minlength=len(CLASSES)).float() / len(y)
        optimiser = torch.optim.LBFGS(self.linear.parameters(), max_iter=60, line_search_fn="strong_wolfe")

        def closure() -> torch.Tensor:
            optimiser.zero_grad()
            balance = 1 / (len(CLASSES) * share.clamp_min(1e-6))  # each class weighs the same
            loss = F.cross_entropy(self.linear(self.scaled(x)), y, weight=balance) + penalty * (self.linear.weight**2).sum()
            loss.backward()
            return loss

        optimiser.step(closure)

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.deviation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.scaled(x)).softmax(1)


class MarasiNet(nn.Module):
    """image, clinical [N, F] (NaN missing) -> probabilities [N, 3] of short, mid, long."""

    def __init__(self, encoder: Pooled, clinical: ClinicalInput, head: Softmax) -> None:
        super().__init__()
        self.encoder, self.clinical, self.head = encoder, clinical, head

    def forward(self, image: torch.Tensor, clinical: torch.Tensor) -> torch.Tensor:
        return self.head(torch.cat([self.encoder(image)[1], self.clinical(clinical)], 1))


def train_encoder(patients: list[Patient], settings: Settings, out: Path, quiet: bool) -> Pooled:
    """The settings' option `encoder` (weights as start.py takes them), or one that learns to segment these patients."""
    torch.manual_seed(settings.seed)
    encoder = Pooled(settings)
    path = settings.option("encoder", "")
    if path:
        begin(encoder.net, path)
        encoder.train()
        with torch.no_grad():  # the scale of the pooled features is that of this cohort
            predict_in_training(encoder, patients)
    else:

        def loss(batch: Batch) -> torch.Tensor:
            masked = masked_segmentation_loss(encoder(batch.image)[0], batch.label)
            return masked if masked is not None else sum(p.sum() for p in encoder.parameters()) * 0

        fit(encoder, patients, loss, settings, out, quiet)
    return encoder.requires_grad_(False).eval()


def predict_in_training(encoder: Pooled, patients: list[Patient]) -> None:
    for start in range(0, len(patients) - 1, 8):
        encoder(torch.from_numpy(np.stack([p.image for p in patients[start : start + 8]])))


def train_and_evaluate(
    cohort_a: list[Patient], cohort_b: list[Patient], settings: Settings, out: Path, quiet: bool = False
) -> tuple[MarasiNet, dict]:
    """Fits on A, measures on B, exports OUT/survival-class.{onnx,json} (head with clinical values) and what the service runs."""
    limits = tuple(settings.option("class_limits_days", [300, 450]))
    penalty = settings.option("penalty", 0.03)
    encoder = train_encoder(cohort_a, settings, out, quiet)
    clinical = ClinicalInput(settings.clinical, cohort_a)

    def run(batch: Batch) -> tuple[torch.Tensor, ...]:
        return encoder(batch.image)[1], clinical(clinical.values(batch))

    def prepare(group: list[Patient]) -> tuple[np.ndarray, torch.Tensor, torch.Tensor, int]:
        y = np.array([survival_class(p, limits) for p in group])
        latent, values = predict(encoder, group, run)
        keep = y >= 0
        return y[keep], torch.from_numpy(latent[keep]), torch.from_numpy(values[keep]).float(), int((~keep).sum())

    y, latent, values, lost = prepare(cohort_a)
    y_b, latent_b, values_b, lost_b = prepare(cohort_b)
    if len(np.unique(y)) < len(CLASSES):
        raise ValueError("marasi: cohort A must have patients of all three classes; move class_limits_days")
    target = torch.from_numpy(y)
    own = (latent_b - latent_b.mean(0)) / latent_b.std(0, correction=0).clamp_min(1e-6) * latent.std(0, correction=0) + latent.mean(0)

    def measure(x: torch.Tensor, x_b: torch.Tensor, labels: torch.Tensor = target) -> dict:
        with torch.enable_grad():
            head = Softmax(x, labels, penalty)
        p = head(x_b).detach().numpy()
        return {"macro_f1": macro_f1(y_b, p.argmax(1)), "auc": macro_auc(y_b, p), "p": p}

    both, both_b = torch.cat([latent, values], 1), torch.cat([latent_b, values_b], 1)
    results = {
        "mri": measure(latent, latent_b),
        "clinical": measure(values, values_b),
        "mri_and_clinical": measure(both, both_b),
        "mri_and_clinical_standardised_on_b": measure(both, torch.cat([own, values_b], 1)),
    }
    best = results["mri_and_clinical_standardised_on_b"]["p"]
    of_mri = gain(macro_auc, (y_b,), results["clinical"]["p"], results["mri_and_clinical"]["p"], settings.seed)
    check = permutation_p(lambda t: macro_auc(t, best), (y_b,), settings.seed)
    rng = np.random.default_rng(settings.seed)
    shuffled = [measure(both, both_b, target[torch.from_numpy(rng.permutation(len(y)))])["auc"] for _ in range(5)]
    figures = {
        "fitted_on": len(y),
        "undecided_a": lost,
        "tested_on": len(y_b),
        "undecided_b": lost_b,
        "classes_b": {name: int((y_b == k).sum()) for k, name in enumerate(CLASSES)},
        **{name: {k: v for k, v in r.items() if k != "p"} for name, r in results.items()},
        "gain_of_mri": of_mri,
        "permutation_auc": check,
        "auc_shuffled_labels": float(np.mean(shuffled)),
    }
    figures["c_index"] = export_service(encoder, clinical, cohort_a, cohort_b, settings, out, figures)
    model = MarasiNet(encoder, clinical, Softmax(both, target, penalty)).eval()
    example = {
        "image": torch.from_numpy(cohort_b[0].image[None]),
        "clinical": torch.tensor([[cohort_b[0].value(n) for n in settings.clinical]], dtype=torch.float32),
    }
    export_part(
        model,
        example,
        ("probabilities",),
        out,
        "survival-class",
        {
            "status": "image",
            "channels": settings.channels,
            "clinical": settings.clinical,
            "classes": CLASSES,
            "class_limits_days": limits,
            "evaluation": figures,
        },
    )
    return model, figures


def export_service(
    encoder: Pooled, clinical: ClinicalInput, cohort_a: list[Patient], cohort_b: list[Patient], settings: Settings, out: Path, figures: dict
) -> float:
    """OUT/encoder.onnx, the survival head and OUT/service.json; the head's C-index on B."""
    known_a, known_b = ([p for p in group if not np.isnan(p.value("os_days"))] for group in (cohort_a, cohort_b))

    def run(batch: Batch) -> tuple[torch.Tensor, ...]:
        return encoder(batch.image)[1], clinical(clinical.values(batch).float())

    (x, c), (x_b, c_b) = (predict(encoder, group, run) for group in (known_a, known_b))
    (t, e, _), (t_b, e_b, _) = (outcome(group, np.zeros(len(group))) for group in (known_a, known_b))
    joined, joined_b = (np.hstack(parts).astype(np.float64) for parts in ((x, c), (x_b, c_b)))
    risk = RidgeCox(joined, t, e)(joined_b)
    c_index = concordance(t_b, e_b, risk)
    export_part(Encoder(encoder), {"image": torch.from_numpy(cohort_b[0].image[None])}, ("features",), out, "encoder", {})
    names, values = bundle.clinical_columns(settings.clinical, known_a)
    head = bundle.ServiceHead(bootstrap_members(joined, t, e, settings.seed), encoder.width, clinical if names else None)
    part = bundle.head_part(head, "survival", out, np.hstack([x, values]), encoder.width, 0, names, {**figures, "c_index": c_index})
    bundle.write_service(out, settings, encoder.width, "encoder.onnx", {"survival": bundle.survival(part, t_b, e_b, risk)})
    return c_index
