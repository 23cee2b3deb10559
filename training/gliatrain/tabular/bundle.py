"""The manifest parts of the heads, golden rows, and their installation into a bundle folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from . import scores
from .calibrate import fit_guard
from .carry import Learnt
from .heads import Head, groups_of, required_of
from .model import Fitted, FittedCox
from .nested import ERROR_RATE, HORIZONS

RISK_GROUPS = ("low", "middle", "high")
Outputs = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Rows [N, F] -> output and members of a head."""


def shared(name: str, table: pd.DataFrame, features: Sequence[str], evaluation: dict, share: float = 0.99) -> dict:
    x = table[list(features)].to_numpy(float)
    return {
        "file": f"{name}.onnx",
        "input": "features",
        "members": "members",
        "features": list(features),
        "required": required_of(features),
        "reference": np.nanmedian(x, axis=0).tolist(),
        "guard": fit_guard(x, share),
        "groups": groups_of(features),
        "evaluation": evaluation,
    }


def classification_part(head: Head, fitted: Fitted, table: pd.DataFrame, learnt: Learnt, evaluation: dict) -> dict:
    """The manifest's part of a head over classes."""
    return {
        "status": "tabular",
        **shared(head.name, table, fitted.transform.features, evaluation, learnt.guard_share),
        "output": "probabilities",
        "classes": list(head.classes),
        "conformal": {"error_rate": ERROR_RATE, "limits": dict(zip(head.classes, learnt.limits.tolist(), strict=True))},
        "calibration": learnt.calibration,
    }


def survival_part(fitted: FittedCox, table: pd.DataFrame, oof: np.ndarray, evaluation: dict) -> dict:
    """Baseline, risk groups and their curves from out-of-fold risks [R, N], so that they hold for new patients."""
    time, event, risk = table["months"].to_numpy(float), table["event"].to_numpy(float), oof.mean(0)
    months, hazard = scores.breslow(time, event, risk)
    limits = np.quantile(risk, [1 / 3, 2 / 3])
    group = np.searchsorted(limits, risk, side="left")
    groups = []
    for g, name in enumerate(RISK_GROUPS):
        own = group == g
        curve = scores.kaplan_meier(time[own], event[own])
        groups.append(
            {
                "name": name,
                "upper_log_risk": float(limits[g]) if g < 2 else None,
                "n": int(own.sum()),
                "events": int(event[own].sum()),
                "kaplan_meier": {"months": rounded(curve["time"]), **{k: rounded(curve[k]) for k in ("survival", "lower", "upper")}},
            }
        )
    evaluation = {**evaluation, "log_rank": scores.log_rank(time, event, group)}
    return {
        "status": "tabular-survival",
        **shared("survival", table, fitted.transform.features, evaluation),
        "output": "log_risk",
        "baseline": {"months": rounded(months), "cumulative_hazard": hazard.tolist()},
        "horizons_months": list(HORIZONS),
        "risk_groups": groups,
    }


def rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]


def golden_rows(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Made-up rows (no patient's): per feature independent draws around the training's spread; one all-missing
    where allowed, one far outside."""
    low, middle, high = np.nanpercentile(x, [10, 50, 90], axis=0)
    rows = np.where(rng.random((6, x.shape[1])) < 0.5, middle, low + (high - low) * rng.uniform(-0.2, 1.2, (6, x.shape[1])))
    rows[1, :] = middle
    rows[2, rng.random(x.shape[1]) < 0.3] = np.nan
    rows[3, :] = np.nan
    rows[4] = middle + 9 * (high - low)
    return rows.astype(np.float32).astype(float)


def golden_and_training(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows on which the graph is compared with the reference."""
    return np.vstack([golden_rows(x, rng), x])


def golden_part(part: dict, x: np.ndarray, outputs: Outputs, rng: np.random.Generator) -> dict:
    """Rows and what the reference implementation (float64) makes of them."""
    rows = golden_rows(x, rng)
    output, members = outputs(rows)
    return {
        "features": part["features"],
        "rows": [[None if np.isnan(v) else v for v in r] for r in rows.tolist()],
        part["output"]: np.round(output, 9).tolist(),
        "members": np.round(members, 9).tolist(),
    }


def classifier_outputs(head: Head, fitted: Fitted) -> Outputs:
    return lambda x: (fitted.probabilities(head, x), fitted.members(head, x))


def survival_outputs(fitted: FittedCox) -> Outputs:
    return lambda x: (fitted.log_risk(x)[:, None], fitted.members(x))


def install(bundle: Path, heads: Path) -> list[str]:
    """Copies the ONNX files of `heads` into the bundle folder and rewrites `heads` and `files` of its manifest."""
    parts = json.loads((heads / "heads.json").read_text())["heads"]
    path = bundle / "bundle.json"
    manifest = json.loads(path.read_text())
    used = [p["file"] for p in manifest["heads"].values() if "file" in p]
    for name in used:
        manifest["files"].pop(name, None)
        (bundle / name).unlink(missing_ok=True)
    manifest["heads"] = parts
    copied = []
    for part in parts.values():
        if "file" not in part:
            continue
        shutil.copyfile(heads / part["file"], bundle / part["file"])
        data = (bundle / part["file"]).read_bytes()
        manifest["files"][part["file"]] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        copied.append(part["file"])
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return copied
