"""Survival analysis: losses for training (torch) and measures (numpy), each from its definition.

Times in days, event 1 = death seen, 0 = censored (alive when last seen). A higher log risk means an earlier death.
Cox 1972; ties: Breslow 1974, Efron 1977; C-index: Harrell 1982; Kaplan and Meier 1958 with Greenwood's variance;
log-rank: Mantel 1966. Checked against lifelines in tests/test_works_survival.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy import stats


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


def concordance(time: np.ndarray, event: np.ndarray, log_risk: np.ndarray) -> float:
    """Harrell's C: share of comparable pairs in the right order, ties of risk count half. NaN without such a pair."""
    time, event, risk = (np.asarray(a, float) for a in (time, event, log_risk))
    pairs = (event[:, None] > 0) & ((time[:, None] < time[None]) | ((time[:, None] == time[None]) & (event[None] == 0)))
    np.fill_diagonal(pairs, False)
    if not pairs.any():
        return float("nan")
    right = (risk[:, None] > risk[None]) + 0.5 * (risk[:, None] == risk[None])
    return float(right[pairs].mean())


def kaplan_meier(time: np.ndarray, event: np.ndarray) -> dict[str, list[float]]:
    """Steps at the times of death: days, at_risk, survival, lower, upper (95 %, log-log Greenwood)."""
    time, event = np.asarray(time, float), np.asarray(event, float)
    out: dict[str, list[float]] = {k: [] for k in ("days", "at_risk", "survival", "lower", "upper")}
    survival, variance, z = 1.0, 0.0, stats.norm.ppf(0.975)
    for at in np.unique(time[event > 0]):
        n, d = int((time >= at).sum()), int(((time == at) & (event > 0)).sum())
        survival *= 1 - d / n
        if 0 < survival < 1:
            variance += d / (n * (n - d))
            spread = z * np.sqrt(variance) / abs(np.log(survival))
            low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
        else:
            low = high = survival
        for key, value in zip(out, (at, n, survival, low, high), strict=True):
            out[key].append(float(value))
    return out


def log_rank(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> dict[str, float]:
    """Mantel's test that all groups share one hazard: chi_square, degrees, p."""
    time, event, group = np.asarray(time, float), np.asarray(event, float), np.asarray(group)
    names = np.unique(group)
    if len(names) < 2:
        raise ValueError("log-rank: two groups or more are needed")
    excess, cover = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for at in np.unique(time[event > 0]):
        n_k = np.array([((time >= at) & (group == g)).sum() for g in names], float)
        d_k = np.array([((time == at) & (event > 0) & (group == g)).sum() for g in names], float)
        n, d = n_k.sum(), d_k.sum()
        excess += d_k - d * n_k / n
        if n > 1:
            cover += d * (n - d) / (n - 1) * (np.diag(n_k / n) - np.outer(n_k, n_k) / n**2)
    k = len(names) - 1
    chi = float(excess[:k] @ np.linalg.pinv(cover[:k, :k]) @ excess[:k])
    return {"chi_square": chi, "degrees": k, "p": float(stats.chi2.sf(chi, k))}


def breslow_baseline(time: np.ndarray, event: np.ndarray, log_risk: np.ndarray) -> dict[str, list[float]]:
    """Cumulative baseline hazard: S(t | x) = exp(-H0(t) exp(log_risk)); a step function at the times of death."""
    time, event, weight = np.asarray(time, float), np.asarray(event, float), np.exp(np.asarray(log_risk, float))
    days = np.unique(time[event > 0])
    steps = [((time == t) & (event > 0)).sum() / weight[time >= t].sum() for t in days]
    return {"days": days.tolist(), "cumulative_hazard": np.cumsum(steps).tolist()}


def permutation_p(score: Callable[..., float], labels: tuple[np.ndarray, ...], seed: int = 0, rounds: int = 500) -> dict[str, float]:
    """`score(*labels)` against its values when the patients' labels are shuffled together: value, chance (their mean), p."""
    rng, n = np.random.default_rng(seed), len(labels[0])
    value = score(*labels)
    shuffled = [score(*(a[order] for a in labels)) for order in (rng.permutation(n) for _ in range(rounds))]
    return {"value": float(value), "chance": float(np.mean(shuffled)), "p": float((1 + sum(s >= value for s in shuffled)) / (1 + rounds))}


def gain(
    score: Callable[..., float], labels: tuple[np.ndarray, ...], without: np.ndarray, with_part: np.ndarray, seed: int, rounds: int = 500
) -> dict:
    """What a part is worth: `score(*labels, found)` with it less that without it, and its 95 % interval by bootstrap over the patients,
    the same patients for both (Efron 1979)."""
    rng, n, differences = np.random.default_rng(seed), len(with_part), []
    for _ in range(rounds):
        r = rng.integers(0, n, n)
        drawn = tuple(a[r] for a in labels)
        differences.append(score(*drawn, with_part[r]) - score(*drawn, without[r]))
    low, high = np.nanpercentile(differences, [2.5, 97.5])
    return {"value": float(score(*labels, with_part) - score(*labels, without)), "ci95": [float(low), float(high)]}
