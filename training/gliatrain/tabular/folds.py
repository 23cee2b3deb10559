"""Patient-level folds, bootstrap rows and random missingness, all seeded."""

from __future__ import annotations

import numpy as np


def stratified_folds(strata: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Fold number of each row; every stratum is spread evenly."""
    fold = np.zeros(len(strata), int)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        rng.shuffle(rows)
        fold[rows] = (np.arange(len(rows)) + rng.integers(count)) % count
    return fold


def bootstrap_rows(strata: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many rows as there are, drawn with replacement within each stratum."""
    return np.concatenate([rng.choice(np.flatnonzero(strata == s), (strata == s).sum()) for s in np.unique(strata)])
