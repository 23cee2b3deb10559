"""The heads in the card and the manifest: what was installed, and what `results/heads.json` measured, as text.

`installed(folder)` reads the heads of a bundle, so that writing its card and manifest again does not lose them;
`section(heads, results)` is the text; `python -m gliatrain.card_heads --bundle DIR` writes it into a card that is
already there, and the card's digest into the manifest. `results` is the report of the heads' training: {"patients", "outer", "command",
"heads": {name: figures}, "external": {...}}; every figure of the text is from there or from the manifest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path
from typing import Any

NAMES = {"idh": "IDH", "1p19q": "1p/19q", "mgmt": "MGMT", "grade": "WHO grade", "survival": "Overall survival"}
LABELS = {
    "auc": "AUC",
    "macro_auc": "AUC, mean over classes",
    "c_index": "C-index",
    "brier": "Brier score",
    "brier_of_prevalence": "Brier score of the prevalence alone",
    "calibration_slope": "calibration slope",
    "calibration_intercept": "calibration intercept",
    "calls": "calls",
    "call_errors": "share of wrong calls",
    "auc_spoilt_masks": "AUC with outlines that err",
    "auc_measured_masks": "AUC with the network's own errors on cases that neither it nor the heads saw",
    "c_index_measured_masks": "C-index with the network's own errors on cases that neither it nor the heads saw",
    "auc_of_age_alone": "AUC of age alone",
    "c_index_of_age_alone": "C-index of age alone",
    "positives": "patients of the last class",
    "c_index_spoilt_masks": "C-index with outlines that err",
    "onnx_difference": "largest difference of the ONNX file",
    "deaths": "deaths",
    "n": "patients",
    "error_rate": "stated error rate",
}


def absent() -> dict:
    return {k: {"status": "not_evaluable", "reason": f"This bundle carries no {label} head."} for k, label in NAMES.items()}


def installed(folder: Path) -> dict:
    """The heads of the manifest in `folder`; all of them absent where there is no manifest."""
    path = folder / "bundle.json"
    return json.loads(path.read_text())["heads"] if path.exists() else absent()


def files(heads: dict) -> list[str]:
    """ONNX files that the manifest must list."""
    return sorted({head["file"] for head in heads.values() if "file" in head})


def of_bundle(heads: dict, results: dict | None) -> dict | None:
    """`results` if they are these heads': every head that answers carries the very figures. Another bundle's figures never
    end up in this card; without a report of its own, the evaluations in the manifest are used."""
    if results is None:
        return None
    own = [(head["evaluation"], results.get("heads", {}).get(name, {})) for name, head in heads.items() if "file" in head]
    return results if own and all(is_same(evaluation, measured) for evaluation, measured in own) else None


def is_same(evaluation: dict, measured: dict) -> bool:
    """Whether a head's evaluation states the same figures as the report."""
    figures = {key: value for key, value in evaluation.items() if key not in ("command", "log_rank")}
    return bool(figures) and all(measured.get(key) == value for key, value in figures.items())


def label(key: str) -> str:
    return LABELS.get(key, key.replace("_", " "))


def figure(value: Any) -> str | None:
    """An estimate with its interval, a number or a word; None for anything that is not a single figure."""
    if isinstance(value, dict) and "value" in value:
        low, high = value.get("ci95", (None, None))
        span = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
        return f"{figure(value['value'])}{span}"
    if isinstance(value, (bool, dict, list)):
        return None
    if isinstance(value, float):
        return f"{value:.1e}" if 0 < abs(value) < 5e-4 else f"{value:.3f}"
    return "not defined" if value is None else str(value)


def rows(evaluation: dict, prefix: str = "") -> list[tuple[str, str]]:
    """Every figure of an evaluation, however deeply nested, in order."""
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


def describe(name: str, head: dict, figures: dict) -> str:
    lines = [f"### {NAMES[name]}"]
    if head["status"] == "not_evaluable":
        lines.append(f"Not evaluable: {head['reason']}")
    else:
        optional = [f for f in head["features"] if f not in head["required"]]
        lines.append(f"Features: {', '.join(head['features'])}.")
        if optional:
            lines.append(f"May be missing: {', '.join(optional)}.")
        if "conformal" in head:
            limits = ", ".join(f"{k} from {v:.3f}" for k, v in head["conformal"]["limits"].items())
            lines.append(
                f"A class is possible when its probability reaches its limit ({limits}), and the most probable one "
                "beside it; one possible class is a call, anything else is indeterminate. "
                f"Stated error rate {head['conformal']['error_rate']:g}. "
                "Within cohorts, calls are counted by the limits alone: the service calls less often, and errs less."
            )
        if "risk_groups" in head:
            lines.append(
                "Risk groups: " + ", ".join(f"{g['name']} ({g['n']} patients, {g['events']} deaths)" for g in head["risk_groups"]) + "."
            )
        lines.append(f"No answer beyond a squared Mahalanobis distance of {head['guard']['limit']:.1f} from the training data.")
        if "calibration" in head:
            lines.append(calibrated(head["calibration"]))
    figures = dict(figures or head.get("evaluation", {}))
    across, within = figures.pop("across_cohorts", {}), figures.pop("within_cohorts", {})
    if across:
        lines += [
            "",
            "Measured on cohorts of which the model that was tested had seen no patient; experts' outlines:",
            "",
            *across_table(across),
        ]
    for title, part in (
        ("within the cohorts that it was trained on, patients kept apart (95 % interval)", within),
        ("other figures", figures),
    ):
        measured = rows(part)
        if measured:
            lines += ["", f"| measure | {title} |", "| --- | --- |", *(f"| {n} | {v} |" for n, v in measured)]
    return "\n".join(lines) + "\n"


def calibrated(calibration: dict) -> str:
    """How far a probability can be trusted, and how often the likeliest class was wrong."""
    most = ", ".join(f"{k} {v:.2f} ({calibration['n_by_class'][k]} patients)" for k, v in calibration["max_probability"].items())
    bins = ", ".join(f"{b['lower']:g} to {b['upper']:g}: {b['wrong']} of {b['n']}" for b in calibration["bins"] if b["n"])
    return (
        f"No probability is stated above what the patients of other cohorts can show: {most}. "
        f"Called from {calibration['min_call_probability']:.2f} on. "
        f"The likeliest class was wrong, by its probability, {bins}."
    )


def across_table(across: dict) -> list[str]:
    """One row per direction; the first figures that a reader meets."""
    key = "auc" if "auc" in next(iter(across.values())) else "c_index"
    lines = [f"| direction | patients | {LABELS[key]} (95 % interval) | age alone | calls | wrong | within the guard |", "|" + " --- |" * 7]
    for where, f in across.items():
        calls = (
            [f"{f['calls']}", f"{f['wrong_calls']}", f"{f['wrong_calls_within_guard']} of {f['calls_within_guard']}"]
            if "calls" in f
            else ["-"] * 3
        )
        lines.append(f"| {where} | {f['n']} | {figure(f[key])} | {figure(f[f'{key}_of_age_alone'])} | {' | '.join(calls)} |")
    return lines


def section(heads: dict, results: dict | None = None) -> str:
    """The heads' part of the card, Markdown, without its heading."""
    results = of_bundle(heads, results) or {}
    parts = [describe(name, heads[name], results.get("heads", {}).get(name, {})) for name in NAMES]
    external = rows(results.get("external", {}))
    if external:
        parts.append(
            "\n".join(
                [
                    "### Other cohorts, never trained on",
                    "",
                    "| measure | value (95 % interval) |",
                    "| --- | --- |",
                    *(f"| {n} | {v} |" for n, v in external),
                ]
            )
            + "\n"
        )
    if "command" in results:
        parts.insert(0, introduction(results))
    return "\n".join(parts)


def introduction(results: dict) -> str:
    """Whom it was measured on, and by how much choosing by these figures made them look better."""
    cohorts = ", ".join(f"{name} {n}" for name, n in results.get("cohorts", {}).items())
    text = (
        f"Measured on {results['patients']} patients{f' ({cohorts})' if cohorts else ''} by `{results['command']}`: across cohorts, "
        f"and in {results['outer']} that keep patients apart. "
    )
    if "kept_back" in results:
        text += f"{results['kept_back']} of them, of whom there are whole images, were tested and never trained on. "
    return text + (
        "Features and penalties were chosen in trials that looked at these figures (`training/results/heads-trials.json`), limits and "
        "least probabilities were learnt from the predictions across cohorts, so the figures are somewhat too good; only patients of "
        "hospitals that were kept back altogether are free of that.\n"
    )


TITLE = "## Markers, grade, survival"


def insert(card: str, text: str) -> str:
    """The card with the heads' part replaced, or put before its limits."""
    part = f"{TITLE}\n{text}\n"
    if TITLE in card:
        return re.sub(rf"{re.escape(TITLE)}\n.*?(?=^## |\Z)", lambda _: part, card, flags=re.S | re.M)
    before, limits, after = card.partition("## Known limits")
    return before + part + limits + after


def write(folder: Path, results: dict | None) -> None:
    """The heads' part of the card in `folder`, and the card's digest in the manifest."""
    path, manifest_path = folder / "card.md", folder / "bundle.json"
    path.write_text(insert(path.read_text(), section(installed(folder), results)))
    manifest, data = json.loads(manifest_path.read_text()), path.read_bytes()
    manifest["files"]["card.md"] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    manifest_path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=Path("../config/models/glioma-unet-2mm"))
    report = Path(__file__).parents[1] / "results/heads.json"  # shown only where it is this bundle's (of_bundle)
    write(parser.parse_args().bundle, json.loads(report.read_text()) if report.exists() else None)


if __name__ == "__main__":
    main()
