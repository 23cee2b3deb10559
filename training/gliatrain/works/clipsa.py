"""CL-IPSA style: MRI and pathology embeddings aligned by contrast, a library of past pairs, a proxy for the new patient.

1. A network maps the MRI, a linear map the slide embedding, to one sphere; symmetric InfoNCE (CLIP, Radford 2021) pulls
   the two of a patient together. Only patients with both take part; survival is not looked at.
2. The library holds the pairs of the training patients (library.py).
3. A ridge Cox head is fitted on [MRI features] alone and on [MRI features, proxy], both with the clinical values that the
   settings name; the gain of the proxy is the
   difference of their C-index on patients kept back, with a bootstrap interval. Since the alignment teaches the MRI
   features themselves, a network that learnt from the same images without any pathology is measured as well (option
   `without_pathology`): the gain over it is what the slides of past patients are worth. A head with the true embedding of
   the patient's own slide is the ceiling.
   In training the proxy of a patient leaves that patient out of the library, as a new one is not in it either.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..tabular import scores
from . import bundle, survival
from .cohort import Patient, split
from .library import nearest, proxy, write_library
from .loop import Batch, Settings, collate, fit, predict
from .network import ClinicalInput, Pooled, masked_segmentation_loss
from .part import export_part
from .ridge_cox import RidgeCox, bootstrap_members
from .sgsnet import outcome


def info_nce(a: torch.Tensor, b: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
    """Symmetric InfoNCE of unit rows [N, D]: each row's partner against all other partners, both ways."""
    scores = log_scale.clamp(max=4.6).exp() * a @ b.T
    target = torch.arange(len(a))
    return 0.5 * (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target))


class Aligned(nn.Module):
    """image -> unit embedding [N, D]; `slide` does the same for pathology embeddings."""

    def __init__(self, settings: Settings, pathology: int) -> None:
        super().__init__()
        width = settings.option("embedding", 16)
        self.pooled = Pooled(settings)
        self.image = nn.Sequential(nn.Dropout(settings.option("dropout", 0.1)), nn.Linear(self.pooled.width, width))
        self.slide = nn.Linear(pathology, width)
        self.log_scale = nn.Parameter(torch.tensor(2.0))

    def run(self, image: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
        outs, vector = self.pooled(image)
        return outs, vector, F.normalize(self.image(vector), dim=1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(embedding for the library, pooled features for the head)"""
        _, vector, embedding = self.run(image)
        return embedding, vector


def slides(patients: list[Patient]) -> torch.Tensor:
    return torch.from_numpy(np.stack([p.slide for p in patients]))


def loss_of(model: Aligned, contrast: bool = True) -> Callable[[Batch], torch.Tensor]:
    def loss(batch: Batch) -> torch.Tensor:
        outs, _, embedding = model.run(batch.image)
        paired = [i for i, p in enumerate(batch.patients) if p.pathology is not None]
        total = embedding.sum() * 0
        if contrast and len(paired) > 1:
            other = F.normalize(model.slide(slides([batch.patients[i] for i in paired])), dim=1)
            total = total + info_nce(embedding[paired], other, model.log_scale)
        segmentation = masked_segmentation_loss(outs, batch.label)
        return total if segmentation is None else total + segmentation

    return loss


def retrieval(model: Aligned, embedding: np.ndarray, patients: list[Patient], k: int) -> float:
    """Share of patients whose own slide is among the k nearest of all slides (chance: k / n)."""
    with torch.no_grad():
        other = F.normalize(model.slide(slides(patients)), dim=1).numpy()
    return float(np.mean([i in nearest(other, embedding[i], k)[0] for i in range(len(patients))]))


def train_and_evaluate(
    patients: list[Patient], settings: Settings, out: Path, quiet: bool = False, held: list[Patient] | None = None
) -> tuple[Aligned, dict]:
    """Aligns, writes OUT/library.{json,bin}, OUT/alignment.{onnx,json} and what the service runs, measures the gain of the proxy."""
    train, test = (patients, held) if held else split(patients, settings.seed, settings.test_share)
    pairs = [p for p in train if p.pathology is not None]
    if len(pairs) < 10:
        raise ValueError("clipsa: at least 10 training patients with a pathology embedding are needed")
    torch.manual_seed(settings.seed)
    model = Aligned(settings, len(pairs[0].slide))
    seconds = fit(model, train, loss_of(model), settings, out, quiet)

    def run(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        return model(batch.image)

    k, temperature = settings.option("neighbours", 8), settings.option("temperature", 0.1)
    key = {p.id: e for p, e in zip(pairs, predict(model, pairs, run)[0], strict=True)}
    keys, values = np.stack([key[p.id] for p in pairs]), np.stack([p.slide for p in pairs])
    values = values / np.linalg.norm(values, axis=1, keepdims=True)
    facts = write_library(
        out, keys, values, k, temperature, {"patients": len(pairs), "source": settings.option("source", "unnamed cohort")}
    )

    def table(group: list[Patient]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        embedding, vector = predict(model, group, run)
        rows = []
        for p, query in zip(group, embedding, strict=True):
            others = [i for i, q in enumerate(pairs) if q.id != p.id]
            rows.append(proxy(keys[others], values[others], query, k, temperature))
        return embedding, vector.astype(np.float64), np.stack(rows)

    with_survival = [[p for p in group if not np.isnan(p.value("os_days"))] for group in (train, test)]
    (_, x, near), (embedding, x_test, near_test) = table(with_survival[0]), table(with_survival[1])
    (t, e, _), (t_test, e_test, _) = (outcome(g, np.zeros(len(g))) for g in with_survival)

    def head(a: np.ndarray, b: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
        order = np.arange(len(t)) if order is None else order
        return RidgeCox(a, t[order], e[order])(b)

    clinical = ClinicalInput(settings.clinical, train)
    with torch.no_grad():
        c, c_test = (clinical(clinical.values(collate(g)).float()).numpy().astype(np.float64) for g in with_survival)
    alone = head(np.hstack([x, c]), np.hstack([x_test, c_test]))
    joined, joined_test = np.hstack([x, near, c]), np.hstack([x_test, near_test, c_test])
    joint = head(joined, joined_test)
    rng = np.random.default_rng(settings.seed)
    shuffled = [scores.concordance(t_test, e_test, head(joined, joined_test, rng.permutation(len(t)))) for _ in range(10)]
    figures = {
        "pairs": len(pairs),
        "survival_known": len(t),
        "test": len(t_test),
        "deaths_test": int(e_test.sum()),
        "c_index_mri": scores.concordance(t_test, e_test, alone),
        "c_index_mri_and_proxy": scores.concordance(t_test, e_test, joint),
        "gain": survival.gain(scores.concordance, (t_test, e_test), alone, joint, settings.seed),
        "c_index_proxy_alone": scores.concordance(t_test, e_test, head(near, near_test)),
        "c_index_shuffled_labels": float(np.mean(shuffled)),
    }
    if settings.option("without_pathology", True):
        torch.manual_seed(settings.seed)
        plain = Aligned(settings, len(pairs[0].slide))
        fit(plain, train, loss_of(plain, contrast=False), settings, out / "without-pathology", quiet)
        x_plain, x_plain_test = (predict(plain, g, lambda b: plain(b.image))[1].astype(np.float64) for g in with_survival)
        blind = head(np.hstack([x_plain, c]), np.hstack([x_plain_test, c_test]))
        figures["c_index_mri_without_pathology"] = scores.concordance(t_test, e_test, blind)
        figures["gain_over_mri_without_pathology"] = survival.gain(scores.concordance, (t_test, e_test), blind, joint, settings.seed)
    both = [i for i, p in enumerate(with_survival[1]) if p.pathology is not None]
    if len(both) > k:
        owners = [with_survival[1][i] for i in both]
        figures["retrieval"] = {"n": len(both), "k": 5, "hit": retrieval(model, embedding[both], owners, 5), "chance": 5 / len(both)}
    if all(p.pathology is not None for g in with_survival for p in g):
        figures["c_index_true_pathology"] = scores.concordance(
            t_test, e_test, head(*(np.stack([p.slide for p in g]).astype(np.float64) for g in with_survival))
        )
    export_part(
        model,
        {"image": torch.from_numpy(test[0].image[None])},
        ("embedding", "features"),
        out,
        "alignment",
        {
            "status": "image-library",
            "channels": settings.channels,
            "library": {n: facts[n] for n in ("file", "sha256", "bytes", "rows")},
            "evaluation": figures,
        },
    )
    columns, values_known = bundle.clinical_columns(settings.clinical, with_survival[0])
    part = bundle.head_part(
        bundle.ServiceHead(bootstrap_members(joined, t, e, settings.seed), x.shape[1] + near.shape[1], clinical if columns else None),
        "survival",
        out,
        np.hstack([x, near, values_known]),
        x.shape[1],
        near.shape[1],
        columns,
        figures,
    )
    closest = [nearest(keys, query, 1)[1][0] for query in embedding]
    bundle.write_service(
        out,
        settings,
        x.shape[1],
        "alignment.onnx",
        {"survival": bundle.survival(part, t_test, e_test, joint)},
        {"file": "library.json", "output": "embedding", "least_cosine": float(np.quantile(closest, 0.01))},
    )
    return model, {**figures, "seconds": round(seconds, 1)}
