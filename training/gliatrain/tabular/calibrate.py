"""Calibration, conformal limits and the guard: all learnt from out-of-fold predictions or the training rows."""
from __future__ import annotations

import numpy as np

from .linear import sigmoid

SHRINKAGE = 4.0  # prior: slope 1 and intercept 0, worth a few patients


def fit_platt(logit: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(a, c) of sigmoid(a logit + c), pulled towards (1, 0) so that a dozen positives cannot bend it far."""
    x = np.column_stack([logit, np.ones(len(logit))])
    prior, beta = np.array([1.0, 0.0]), np.array([1.0, 0.0])
    ridge = SHRINKAGE * np.array([1.0, 0.25])
    for _ in range(50):
        p = sigmoid(x @ beta)
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x + np.diag(ridge), x.T @ (y - p) - ridge * (beta - prior))
        beta = beta + step * min(1.0, 1.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return float(max(beta[0], 0.05)), float(beta[1])


def conformal_limits(p: np.ndarray, truth: np.ndarray, error_rate: float) -> np.ndarray:
    """Class-conditional split-conformal limits: class k stays in the set when p_k >= limit_k, so that at most
    `error_rate` of its patients lose it. p [N, K], truth [N] class index."""
    limits = []
    for k in range(p.shape[1]):
        own = np.sort(p[truth == k, k])
        rank = int(np.floor(error_rate * (len(own) + 1)))
        limits.append(own[rank - 1] if rank >= 1 else 0.0)
    return np.array(limits)


def measure_sets(p: np.ndarray, truth: np.ndarray, fold: np.ndarray, error_rate: float) -> dict:
    """Cross-conformal: limits from the other folds, sets in this one. Coverage per class, set sizes, wrong calls."""
    inside = np.zeros(p.shape, bool)
    for f in np.unique(fold):
        inside[fold == f] = p[fold == f] >= conformal_limits(p[fold != f], truth[fold != f], error_rate)
    size = inside.sum(1)
    called = size == 1
    wrong = ~inside[np.arange(len(truth)), truth]
    return {
        "coverage": [float(1 - wrong[truth == k].mean()) for k in range(p.shape[1])],
        "set_sizes": {str(s): int((size == s).sum()) for s in range(p.shape[1] + 1)},
        "calls": int(called.sum()), "call_errors": float(wrong[called].mean()) if called.any() else float("nan"),
    }


def fit_guard(x: np.ndarray, share: float = 0.99) -> dict:
    """Mean, precision and the squared Mahalanobis distance that `share` of the training rows stay below."""
    mean = np.nanmean(x, axis=0)
    away = np.where(np.isnan(x), 0.0, x - mean)
    sd = away.std(0)
    sd[sd == 0] = 1.0
    correlation = (away / sd).T @ (away / sd) / len(x)
    precision = np.linalg.inv(correlation + 1e-3 * np.eye(len(sd))) / np.outer(sd, sd)
    precision = (precision + precision.T) / 2
    guard = {"mean": mean.tolist(), "precision": precision.tolist()}
    return {**guard, "limit": float(np.quantile(guard_distance(guard, x), share))}


def guard_distance(guard: dict, x: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis distance of each row; a missing feature takes the mean."""
    away = np.where(np.isnan(x), 0.0, x - np.asarray(guard["mean"]))
    return np.einsum("ni,ij,nj->n", away, np.asarray(guard["precision"]), away)
