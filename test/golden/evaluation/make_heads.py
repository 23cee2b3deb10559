"""Makes heads.json: features of one made-up radiomics row by the training code, and statistics by other programs' definitions.
Run from the repository's root: python test/golden/evaluation/make_heads.py. Needs numpy, pandas, scipy; sys.path has training.
"""
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

here = Path(__file__).parent
sys.path.insert(0, str(here.parents[2] / "training"))
from gliatrain.tabular import features as definitions  # noqa: E402

rng = np.random.default_rng(7)
row = {"ID": "X"}
for name in definitions.SHAPE + definitions.TEXTURE:
    row[f"original_{name}"] = float(np.round(rng.uniform(0.1, 900), 6))
for name in ("10Percentile", "90Percentile", "Entropy", "InterquartileRange", "Kurtosis", "MeanAbsoluteDeviation", "Mean",
             "Median", "RobustMeanAbsoluteDeviation", "Skewness", "Uniformity", "Variance"):
    row[f"original_firstorder_{name}"] = float(np.round(rng.uniform(0.1, 900), 6))
row["diagnostics_Image-original_Mean"] = 131.25
row["diagnostics_Mask-original_CenterOfMassIndex"] = "(91.25, 133.5, 100.125)"
row["diagnostics_Mask-original_BoundingBox"] = "(70, 101, 81, 44, 60, 39)"
made = definitions.from_table(pd.DataFrame([row])).iloc[0].to_dict()

n = 60
y = rng.random(n) < 0.4
scores = np.clip(np.round(1 / (1 + np.exp(-(1.6 * y - 0.8 + rng.normal(0, 1.2, n)))), 2), 0.01, 0.99)  # two decimals: ties
auc = np.mean([(a > b) + 0.5 * (a == b) for a in scores[y] for b in scores[~y]])
x = np.log(scores / (1 - scores))
loss = lambda w: np.sum(np.logaddexp(0, w[0] + w[1] * x) - y * (w[0] + w[1] * x))
slope = minimize(loss, [0, 1], method="BFGS", options={"gtol": 1e-10}).x[1]
times, died = np.round(rng.exponential(400, n)).astype(int), rng.random(n) < 0.6
usable = [(i, j) for i in range(n) for j in range(n)
          if died[i] and (times[j] > times[i] or (times[j] == times[i] and not died[j]))]
concordance = np.mean([(scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j]) for i, j in usable])
p = rng.dirichlet([1, 1, 1], 8)
truth = rng.integers(0, 3, 8)
brier = np.mean(np.sum((p - np.eye(3)[truth]) ** 2, 1) / 2)
(here / "heads.json").write_text(json.dumps({
    "provenance": "make_heads.py",
    "radiomics": {"columns": list(row), "cells": {k: str(v) for k, v in row.items()}, "features": made},
    "statistics": {"input": {"scores": scores.tolist(), "positive": y.tolist(), "times": times.tolist(), "died": died.tolist(),
                             "probabilities": p.tolist(), "truth": truth.tolist()},
                   "expected": {"auc": float(auc), "slope": float(slope), "concordance": float(concordance), "brier": float(brier)}},
}, indent=1) + "\n")
