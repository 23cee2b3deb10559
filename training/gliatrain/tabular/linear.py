"""The model family of the tabular heads: standardised, clipped, optionally bent features under a ridge penalty.

A row of raw features becomes z (log where positive and skewed, standardised, NaN -> 0, clipped to +-4), then
for kind "hinge" [z, relu(z - 0.7), relu(-z - 0.7)] (a linear spline with two knots). Logistic regression is
fitted by Newton steps, Cox regression on Breslow's partial likelihood likewise. Small, smooth, convex: with 12
to 250 events nothing richer won (see the log of trials in results/heads.json).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LOGGED = frozenset(
    {
        "t1c_cov",
        "t1c_kurtosis",
        "t1c_p90_over_median",
        "t1c_iqr_over_median",
        "t1c_mean_over_median",
        "t1c_density_energy",
        "t1c_median_over_brain",
        "t1c_p90_over_brain",
        "shape_MeshVolume",
        "shape_VoxelVolume",
        "shape_SurfaceArea",
        "shape_SurfaceVolumeRatio",
        "shape_MajorAxisLength",
        "shape_MinorAxisLength",
        "shape_LeastAxisLength",
        "shape_Maximum3DDiameter",
        "shape_Maximum2DDiameterSlice",
        "shape_Maximum2DDiameterRow",
        "shape_Maximum2DDiameterColumn",
    }
)
LEAST = 1e-6  # smallest value a logarithm is taken of
CLIP = 4.0
KNOT = 0.7
KINDS = ("linear", "hinge")


@dataclass(frozen=True)
class Transform:
    """Raw features [N, F] -> design [N, P]; what the ONNX graph does first."""

    features: tuple[str, ...]
    mean: np.ndarray
    sd: np.ndarray
    kind: str

    @property
    def logged(self) -> np.ndarray:
        return np.array([n in LOGGED for n in self.features])

    def __call__(self, x: np.ndarray) -> np.ndarray:
        z = (take_logs(x, self.logged) - self.mean) / self.sd
        z = np.clip(np.where(np.isnan(z), 0.0, z), -CLIP, CLIP)
        return z if self.kind == "linear" else np.hstack([z, np.maximum(z - KNOT, 0), np.maximum(-z - KNOT, 0)])


def take_logs(x: np.ndarray, logged: np.ndarray) -> np.ndarray:
    return np.where(logged, np.log(np.maximum(x, LEAST)), x)


def fit_transform(x: np.ndarray, features: Sequence[str], kind: str) -> Transform:
    """Mean and deviation of the present values of each column (a column without any stays at 0 and 1)."""
    t = take_logs(x, np.array([n in LOGGED for n in features]))
    present = ~np.isnan(t)
    count = np.maximum(present.sum(0), 1)
    filled = np.where(present, t, 0.0)
    mean = filled.sum(0) / count
    sd = np.sqrt((np.where(present, t - mean, 0.0) ** 2).sum(0) / count)
    return Transform(tuple(features), mean, np.where(sd > 1e-9, sd, 1.0), kind)


def sigmoid(v: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(v, -40, 40)))


def fit_logistic(design: np.ndarray, y: np.ndarray, penalty: float, weight: np.ndarray | None = None) -> np.ndarray:
    """[intercept, coefficients] of ridge logistic regression; y 0 or 1."""
    weight = np.ones(len(y)) if weight is None else weight
    x = np.hstack([np.ones((len(design), 1)), design])
    ridge = np.full(x.shape[1], penalty)
    ridge[0] = 1e-6
    beta = np.zeros(x.shape[1])
    share = (weight @ y + 0.5) / (weight.sum() + 1)
    beta[0] = np.log(share / (1 - share))
    for _ in range(30):
        p = sigmoid(x @ beta)
        gradient = x.T @ (weight * (y - p)) - ridge * beta
        step = np.linalg.solve((x.T * (weight * p * (1 - p))) @ x + np.diag(ridge + 1e-9), gradient)
        step *= min(1.0, 3.0 / max(np.abs(step).max(), 1e-12))
        beta += step
        if np.abs(step).max() < 1e-5:
            break
    return beta


def fit_cox(design: np.ndarray, time: np.ndarray, event: np.ndarray, penalty: float, weight: np.ndarray | None = None) -> np.ndarray:
    """Coefficients of ridge Cox regression (Breslow ties), rows weighted."""
    order = np.argsort(-time, kind="stable")
    x, t, e = design[order], time[order], event[order].astype(float)
    w = np.ones(len(t)) if weight is None else weight[order]
    last = np.searchsorted(-t, -t, side="right") - 1  # end of the risk set in descending time
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        r = w * np.exp(np.clip(x @ beta, -30, 30))
        s0 = np.cumsum(r)[last]
        centre = np.cumsum(r[:, None] * x, axis=0)[last] / s0[:, None]
        gradient = (w * e) @ (x - centre) - penalty * beta
        added = np.zeros(len(t))
        np.add.at(added, last, w * e / s0)
        share = r * np.cumsum(added[::-1])[::-1]
        hessian = (x.T * share) @ x - (centre.T * (w * e)) @ centre + penalty * np.eye(x.shape[1])
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        beta += step
        if np.abs(step).max() < 1e-5:
            break
    return beta
