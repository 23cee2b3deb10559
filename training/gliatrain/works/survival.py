"""Survival analysis: losses for training (torch), and what chance and a part are worth, each from its definition.

Times in days, event 1 = death seen, 0 = censored (alive when last seen). A higher log risk means an earlier death.
Cox 1972; ties: Breslow 1974, Efron 1977. Checked against lifelines in tests/test_works_survival.py; the measures are those of
tabular/scores.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch


def cox_loss(log_risk: torch.Tensor, time: torch.Tensor, event: torch.Tensor, ties: str = "efron") -> torch.Tensor:
    """Negative log partial likelihood per event of [N] patients; 0 (with a gradient of 0) where nobody died."""
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties: efron or breslow, not {ties}")
    died = event > 0
    if not bool(died.any()):
        return log_risk.sum() * 0
    top = log_risk.max().detach()
    weight, at = (log_risk - top).exp(), time[died]
    at_risk = (time[None, :] >= at[:, None]).to(weight.dtype) @ weight
    if ties == "efron":
        same = at[:, None] == at[None, :]
        share = same.tril(-1).sum(1) / same.sum(1)
        at_risk = at_risk - share.to(weight.dtype) * (same.to(weight.dtype) @ weight[died])
    return (at_risk.clamp_min(1e-30).log() + top - log_risk[died]).mean()


def ranking_loss(log_risk: torch.Tensor, time: torch.Tensor, event: torch.Tensor, margin: float = 1.0) -> torch.Tensor:
    """Mean hinge over the comparable pairs: who died first, with the death seen, should have the higher risk by `margin`."""
    pairs = (event[:, None] > 0) & (time[:, None] < time[None, :])
    if not bool(pairs.any()):
        return log_risk.sum() * 0
    return torch.relu(margin - (log_risk[:, None] - log_risk[None, :]))[pairs].mean()


def permutation_p(score: Callable[..., float], labels: tuple[np.ndarray, ...], seed: int = 0, rounds: int = 500) -> dict[str, float]:
    """`score(*labels)` against its values when the patients' labels are shuffled together: value, chance (their mean), p."""
    rng, n = np.random.default_rng(seed), len(labels[0])
    value = score(*labels)
    shuffled = [score(*(a[order] for a in labels)) for order in (rng.permutation(n) for _ in range(rounds))]
    return {"value": float(value), "chance": float(np.mean(shuffled)), "p": float((1 + sum(s >= value for s in shuffled)) / (1 + rounds))}


def gain(
    score: Callable[..., float], labels: tuple[np.ndarray, ...], without: np.ndarray, with_part: np.ndarray, seed: int, rounds: int = 500
) -> dict:
    """What a part is worth: `score(*labels, risk)` with it less that without it, and its 95 % interval by bootstrap over the patients,
    the same patients for both (Efron 1979)."""
    rng, n, differences = np.random.default_rng(seed), len(with_part), []
    for _ in range(rounds):
        r = rng.integers(0, n, n)
        drawn = tuple(a[r] for a in labels)
        differences.append(score(*drawn, with_part[r]) - score(*drawn, without[r]))
    low, high = np.nanpercentile(differences, [2.5, 97.5])
    return {"value": float(score(*labels, with_part) - score(*labels, without)), "ci95": [float(low), float(high)]}
