"""The heads: what each predicts, from which features, and the candidates among which the inner folds choose.

A classification head is a chain of binary questions ("stages"), each a ridge logistic regression; class
probabilities are products along the chain. idh and mgmt ask one question; grade asks "4 or lower?", then of the
lower ones "3 or 2?"; 1p/19q asks "IDH-mutant?", then of the mutants "codeleted?" (WHO 2021: a codeleted tumour
is IDH-mutant), so that the 12 positives benefit from the evidence of the 84 mutants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

# What generalises from one cohort's scanners to another's: few numbers, of the tumour relative to its brain (see heads-trials.json).
ENHANCEMENT = ("t1c_p90_over_brain", "t1c_skewness")
PLACE = ("midline_distance", "depth", "height")
VOLUME = "shape_MeshVolume"
CARRIED = ("age_years", *ENHANCEMENT, *PLACE)
# Contributions are stated per group, so that all coalitions can be computed.
GROUPS = {"enhancement": ENHANCEMENT, "place": PLACE}
# What a hospital may not state; every image feature is needed, since nothing generalises without the brain.
OPTIONAL = ("resection_gtr", "resection_subtotal")


@dataclass(frozen=True)
class Stage:
    """A binary question. `label` gives 1, 0 or NaN (the row does not take part)."""

    name: str
    label: Callable[[pd.DataFrame], np.ndarray]
    subsets: tuple[tuple[str, ...], ...]
    penalties: tuple[float, ...] = (10.0, 30.0, 60.0)
    kinds: tuple[str, ...] = ("linear",)


@dataclass(frozen=True)
class Head:
    name: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    stages: tuple[Stage, ...]
    truth: Callable[[pd.DataFrame], np.ndarray]  # class index or NaN

    def combine(self, p: np.ndarray) -> np.ndarray:
        """Stage probabilities [..., S] -> class probabilities [..., K]."""
        if self.name == "grade":
            four, three = p[..., 0], p[..., 1]
            return np.stack([(1 - four) * (1 - three), (1 - four) * three, four], axis=-1)
        positive = np.prod(p, axis=-1)
        return np.stack([1 - positive, positive], axis=-1)


def column(name: str) -> Callable[[pd.DataFrame], np.ndarray]:
    return lambda t: t[name].to_numpy(float)


def where(values: np.ndarray, keep: np.ndarray) -> np.ndarray:
    return np.where(keep, values, np.nan)


IS_IDH_MUTANT = Stage("IDH-mutant", column("idh"), (CARRIED,), (3.0, 10.0, 30.0))
IDH = Head("idh", ("IDH-wildtype", "IDH-mutant"), CARRIED, (IS_IDH_MUTANT,), column("idh"))
CODELETED_AMONG_MUTANTS = Stage(
    "codeleted",
    lambda t: where(t["1p19q"].to_numpy(float), t["idh"].to_numpy(float) == 1),
    (("age_years", "height", "t1c_p90_over_brain"), PLACE),
    (3.0, 10.0, 30.0),
)
CODELETION = Head("1p19q", ("intact", "codeleted"), CARRIED, (IS_IDH_MUTANT, CODELETED_AMONG_MUTANTS), column("1p19q"))
MGMT = Head(
    "mgmt",
    ("unmethylated", "methylated"),
    ("sex_male", *CARRIED, VOLUME),
    (Stage("methylated", column("mgmt"), (("sex_male", *CARRIED), ("age_years", "sex_male", VOLUME)), (30.0, 100.0, 1000.0)),),
    column("mgmt"),
)
GRADE = Head(
    "grade",
    ("2", "3", "4"),
    CARRIED,
    (
        Stage("grade 4", lambda t: where((t["grade"] == 4).to_numpy(float), t["grade"].notna().to_numpy()), (CARRIED,), (3.0, 10.0, 30.0)),
        Stage(
            "grade 3 of the lower",
            lambda t: where((t["grade"] == 3).to_numpy(float), t["grade"].isin([2, 3]).to_numpy()),
            (("age_years", *ENHANCEMENT), ("age_years",)),
            (10.0, 30.0, 100.0),
        ),
    ),
    lambda t: t["grade"].to_numpy(float) - 2,
)
CLASSIFIERS = (IDH, CODELETION, MGMT, GRADE)

RESECTION = ("resection_gtr", "resection_subtotal")
SURVIVAL_FEATURES = ("age_years", *RESECTION, *ENHANCEMENT, VOLUME, *PLACE)
SURVIVAL_SUBSETS = (
    ("age_years", *RESECTION, "t1c_p90_over_brain"),
    ("age_years", *RESECTION, "t1c_p90_over_brain", VOLUME),
    ("age_years", *RESECTION, "t1c_p90_over_brain", VOLUME, *PLACE),
)
SURVIVAL_PENALTIES = (3.0, 10.0, 30.0)


def required_of(features: Sequence[str]) -> list[str]:
    return [n for n in features if n not in OPTIONAL]


def groups_of(features: Sequence[str]) -> dict[str, list[str]]:
    """GROUPS cut to these features, in their order; a feature in no group is one of its own."""
    out: dict[str, list[str]] = {}
    for name in features:
        group = next((g for g, members in GROUPS.items() if name in members), name)
        out.setdefault("resection" if name.startswith("resection_") else group, []).append(name)
    return out
