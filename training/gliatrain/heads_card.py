"""The heads in the card and the manifest: what results/heads.json measured, as text; what is installed, kept.

`results/heads.json` holds {"heads": {name: the head as bundle.json states it, with its "evaluation"}}. Every figure of the
section comes from there; a head without a network says why. `section(heads)` is the text, `installed(folder)` reads the
heads that a bundle already has, so that writing the card again does not lose them.
"""
from __future__ import annotations

import json
from pathlib import Path

NAMES = {"idh": "IDH", "1p19q": "1p/19q", "mgmt": "MGMT", "grade": "WHO grade", "survival": "Overall survival"}
LABELS = {"auc": "AUC", "macro_auc": "AUC, mean over classes", "c_index": "C-index", "brier": "Brier score",
          "brier_of_prevalence": "Brier score of the prevalence alone", "calibration_slope": "calibration slope",
          "calibration_intercept": "calibration intercept", "calls": "share called", "call_errors": "wrong among the calls",
          "deaths": "deaths", "n": "patients", "error_rate": "stated error rate"}


def absent() -> dict:
    return {k: {"status": "not_evaluable", "reason": f"This bundle carries no {label} head."} for k, label in NAMES.items()}


def installed(folder: Path) -> dict:
    """The heads of the manifest in `folder`; none of them where there is no manifest."""
    path = folder / "bundle.json"
    return json.loads(path.read_text())["heads"] if path.exists() else absent()


def files(heads: dict) -> list[str]:
    """ONNX files that the manifest must list."""
    return sorted({head["file"] for head in heads.values() if "file" in head})


def label(key: str) -> str:
    return LABELS.get(key, key.replace("_", " "))


def figure(value) -> str | None:
    """An estimate with its interval, a number or a word; None for what is no single figure."""
    if isinstance(value, dict) and "value" in value:
        low, high = value.get("ci95", (None, None))
        span = "" if low is None else f" ({low:.3f} to {high:.3f})"
        return f"{value['value']:.3f}{span}"
    if isinstance(value, bool) or isinstance(value, (dict, list)):
        return None
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def rows(evaluation: dict, prefix: str = "") -> list[tuple[str, str]]:
    """Every figure of an evaluation, whatever its depth, in its own order."""
    out: list[tuple[str, str]] = []
    for key, value in evaluation.items():
        if key == "command":
            continue
        name = f"{prefix}{label(key)}"
        shown = figure(value)
        if shown is not None:
            out.append((name, shown))
        elif isinstance(value, dict):
            out.extend(rows(value, f"{name}: "))
    return out


def describe(name: str, head: dict) -> str:
    if head["status"] == "not_evaluable":
        return f"### {NAMES[name]}\nNot evaluable: {head['reason']}\n"
    optional = [f for f in head["features"] if f not in head["required"]]
    lines = [f"### {NAMES[name]}", f"Features: {', '.join(head['features'])}."]
    if optional:
        lines.append(f"May be missing: {', '.join(optional)}.")
    if "conformal" in head:
        limits = ", ".join(f"{k} from {v:.3f}" for k, v in head["conformal"]["limits"].items())
        lines.append(f"A class stays possible when its probability reaches its limit ({limits}); one class left is a call, "
                     f"anything else is indeterminate. Stated error rate {head['conformal']['error_rate']:g}.")
    if "risk_groups" in head:
        lines.append("Risk groups: " + ", ".join(f"{g['name']} ({g['n']} patients, {g['events']} deaths)"
                                                 for g in head["risk_groups"]) + ".")
    lines.append(f"No answer beyond a squared Mahalanobis distance of {head['guard']['limit']:.1f} from the training data.")
    table = ["", "| measure | out of fold (95 % interval) |", "| --- | --- |"]
    figures = [f"| {name} | {value} |" for name, value in rows(head["evaluation"])]
    command = head["evaluation"].get("command")
    measured = [f"\nMeasured by `{command}`."] if command else []
    return "\n".join([*lines, *table, *figures, *measured]) + "\n"


def section(heads: dict) -> str:
    """The heads' part of the card, Markdown, without its heading."""
    return "\n".join(describe(name, heads[name]) for name in NAMES)
