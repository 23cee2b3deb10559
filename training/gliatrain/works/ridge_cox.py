"""Ridge Cox regression on numbers that a network or a library gave, and its fits on bootstrap samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from ..tabular import scores
from . import survival

MEMBERS = 20


class LinearMembers(NamedTuple):
    """A linear head and the members whose spread is its interval: weight [P, K], bias [K], weights [M, P, K], biases [M, K], over columns
    less `centre` [P] (without which large numbers would cancel in single precision)."""

    weight: np.ndarray
    bias: np.ndarray
    weights: np.ndarray
    biases: np.ndarray
    centre: np.ndarray


class RidgeCox:
    """Cox with an L2 penalty on z-scored columns, by L-BFGS; the penalty is chosen by cross-validated C-index."""

    def __init__(
        self, x: np.ndarray, time: np.ndarray, event: np.ndarray, penalties: Sequence[float] = (0.03, 0.1, 0.3, 1.0), folds: int = 4
    ) -> None:
        def score(penalty: float) -> float:
            risk = np.zeros(len(x))
            for k in range(folds):
                held = np.arange(len(x)) % folds == k
                self.fit(x[~held], time[~held], event[~held], penalty)
                risk[held] = self(x[held])
            return scores.concordance(time, event, risk)

        self.penalty = max(penalties, key=score)
        self.fit(x, time, event, self.penalty)

    def fit(self, x: np.ndarray, time: np.ndarray, event: np.ndarray, penalty: float) -> None:
        self.mean, self.deviation = x.mean(0), np.maximum(x.std(0), 1e-6)
        z = torch.from_numpy((x - self.mean) / self.deviation)
        t, e = torch.from_numpy(time), torch.from_numpy(event)
        beta = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
        optimiser = torch.optim.LBFGS([beta], max_iter=40, line_search_fn="strong_wolfe")

        def closure() -> torch.Tensor:
            optimiser.zero_grad()
            loss = survival.cox_loss(z @ beta, t, e, "breslow") + penalty * (beta**2).sum()
            loss.backward()
            return loss

        optimiser.step(closure)
        self.beta = beta.detach().numpy()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) / self.deviation @ self.beta

    def linear(self, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same as weight [P, 1] and bias [1] over columns less `centre`."""
        weight = self.beta / self.deviation
        return weight[:, None], np.array([(centre - self.mean) @ weight])


def bootstrap_members(x: np.ndarray, time: np.ndarray, event: np.ndarray, seed: int) -> LinearMembers:
    """The joint head, and fits on patients drawn with replacement."""
    whole, rng = RidgeCox(x, time, event), np.random.default_rng(seed)
    fits = []
    for _ in range(MEMBERS):
        rows = rng.integers(0, len(x), len(x))
        member = RidgeCox.__new__(RidgeCox)
        member.fit(x[rows], time[rows], event[rows], whole.penalty)
        fits.append(member.linear(whole.mean))
    weight, bias = whole.linear(whole.mean)
    weights, biases = (np.stack(side) for side in zip(*fits, strict=True))
    return LinearMembers(weight, bias, weights, biases, whole.mean)
