"""Runs a work. `python -m gliatrain.works.run sgsnet --cohort DIR --out DIR` on a hospital's cohort (cohort.py's format),
`python -m gliatrain.works.run --all` on the made-up cohorts of configs/synthetic.toml, into results/works.json;
`--synthetic COHORT --try "plan.decoys = 0"` notes what other settings give, under `trials` of the same file.

Run again, it goes on from its checkpoint; with a finished one it only evaluates. OUT/evaluation.json holds the figures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tomllib
from pathlib import Path

import numpy as np
import torch

from . import clipsa, marasi, mtsunet, sgsnet
from .cohort import Patient, read_cohort
from .gradcam import cam, share_inside
from .loop import CONFIGS, Settings, read_settings
from .part import plain, write_json
from .synthetic_cohort import Plan, make_cohort

WORKS = ("sgsnet", "mtsunet", "marasi", "clipsa")
PARTS = {"mtsunet-pooling": "tumour-aware pooling", "mtsunet-difference": "T2-FLAIR module"}
MADE_UP = ("sgsnet", *PARTS, "marasi", "clipsa", "engineering")
RESULTS = Path(__file__).parents[2] / "results" / "works.json"


def joined(table: dict, changes: dict) -> dict:
    """The table with the changes in it, tables inside it likewise."""
    return {**table, **{k: joined(table.get(k, {}), v) if isinstance(v, dict) else v for k, v in changes.items()}}


def table_of(name: str, changes: dict | None = None) -> dict:
    """A table of configs/synthetic.toml, with the changes in it."""
    return joined(tomllib.loads((CONFIGS / "synthetic.toml").read_text())[name], changes or {})


def made_up(name: str, changes: dict | None = None) -> tuple[Settings, list[Patient], list[Patient]]:
    """Settings, cohort and second cohort of a table of configs/synthetic.toml; `second` says in what the second cohort differs."""
    table = table_of(name, changes)
    plan, second = table.pop("plan"), table.pop("second")
    settings = read_settings(name.split("-", maxsplit=1)[0], **table)
    return settings, make_cohort(Plan(**plan)), make_cohort(Plan(**{**plan, **second}))


def place(out: Path, name: str, changes: dict | None = None) -> Path:
    """Where a made-up cohort's runs go: another table, another folder, since a checkpoint does not know how its patients were made."""
    return out / f"{name}-{hashlib.sha256(json.dumps(table_of(name, changes), sort_keys=True).encode()).hexdigest()[:8]}"


def run_work(work: str, settings: Settings, cohort: list[Patient], other: list[Patient], out: Path, quiet: bool, ablations: bool) -> dict:
    """Trains or goes on, evaluates; returns the figures."""
    if work == "sgsnet":
        return sgsnet.train_and_evaluate(cohort, settings, out, quiet, other)[1]
    if work == "mtsunet" and ablations:
        results = mtsunet.run_ablations(cohort, settings, out, quiet)
        print(mtsunet.table(results), flush=True)
        return results
    if work == "mtsunet":
        return mtsunet.train_and_evaluate(cohort, settings, out, quiet, other)[1]
    if work == "clipsa":
        return clipsa.train_and_evaluate(cohort, settings, out, quiet, other)[1]
    if not other:
        raise ValueError("marasi needs the cohort to measure on: --cohort-b")
    return marasi.train_and_evaluate(cohort, other, settings, out, quiet)[1]


def engineering(out: Path, quiet: bool) -> dict:
    """The map of the grade head of the MTS-UNET run (trained if need be)."""
    settings, cohort, test = made_up("mtsunet-pooling")
    model, _ = mtsunet.trained(cohort, settings, place(out, "mtsunet-pooling") / "full", quiet)
    inside = []
    for patient in test[:12]:
        if patient.label is None:
            continue
        tumour = patient.label > 0
        image = torch.from_numpy(patient.image[None])
        with torch.no_grad():
            called = int(model(image)[3][0].argmax())

        def score(vector: torch.Tensor, called: int = called) -> torch.Tensor:
            return model.heads[2](vector)[0, called]

        saliency = cam(model.pooled, score, image)
        inside.append([share_inside(saliency, tumour), float(tumour.mean())])
    shares = np.nanmean(inside, axis=0)
    return {"map": {"patients": len(inside), "share_inside_tumour": shares[0], "tumour_share_of_volume": shares[1]}}


def run_made_up(name: str, out: Path, quiet: bool, changes: dict | None = None) -> dict:
    if name == "engineering":
        return {"figures": engineering(out, quiet)}
    settings, cohort, other = made_up(name, changes)
    if name in PARTS:
        figures = mtsunet.worth(PARTS[name], cohort, other, settings, place(out, name, changes), quiet)
    else:
        figures = run_work(name, settings, cohort, other, place(out, name, changes), quiet, ablations=False)
    return {"patients": len(cohort), "epochs": settings.epochs, "widths": settings.widths, "size": settings.size, "figures": figures}


ABOUT = (
    "The five works on made-up cohorts, each of which needs the part that it tests (configs/synthetic.toml); `trials`: the same cohorts "
    "with other settings; `patients`: on real ones (works/lesions.py)."
)


def record(name: str, result: dict, changes: dict | None = None) -> None:
    """One cohort's entry of results/works.json, or one more of its trials; the others stay."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results |= {"about": ABOUT, "command": "python -m gliatrain.works.run --all"}
    if changes is None:
        results[name] = plain(result)
    else:
        results.setdefault("trials", []).append(
            plain({"cohort": name, "settings": table_of(name, changes), "figures": summary(result["figures"])})
        )
    results["torch"] = torch.__version__.split("+")[0]
    write_json(RESULTS, results)


def summary(figures: dict) -> dict:
    """What a trial is judged by: without curves, groups and seconds."""
    return {k: v for k, v in figures.items() if k not in ("risk_groups", "loss_weights", "log_rank", "seconds")}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("work", nargs="?", choices=WORKS)
    ap.add_argument("--all", action="store_true", help="every work on its made-up cohorts")
    ap.add_argument("--synthetic", choices=MADE_UP, help="one made-up cohort")
    ap.add_argument("--try", dest="changes", metavar="TOML", help="with --synthetic: other settings; noted as a trial")
    ap.add_argument("--cohort", type=Path, help="folder with clinical.csv and cases/")
    ap.add_argument("--cohort-b", type=Path, help="patients to measure on; without it a share of --cohort is kept back")
    ap.add_argument("--config", type=Path, help="TOML (default: configs/<work>.toml)")
    ap.add_argument("--ablations", action="store_true", help="mtsunet: also without each of its two parts")
    ap.add_argument("--out", type=Path, default=Path("out/works"))
    ap.add_argument("--quiet", action="store_true")
    a = ap.parse_args()
    if a.changes and a.synthetic not in MADE_UP[:-1]:
        ap.error(f"--try goes with --synthetic and one of {', '.join(MADE_UP[:-1])}")
    if a.all or a.synthetic:
        changes = tomllib.loads(a.changes) if a.changes else None
        for name in MADE_UP if a.all else (a.synthetic,):
            result = run_made_up(name, a.out, a.quiet, changes)
            record(name, result, changes)
            print(f"{name}: in {RESULTS.name}\n{json.dumps(plain(summary(result['figures'])))}", flush=True)
        return
    if not a.work or not a.cohort:
        ap.error("give a work and --cohort, or --all")
    settings = read_settings(a.work, a.config)
    cohort, other = (read_cohort(f, settings.channels, settings.size) if f else [] for f in (a.cohort, a.cohort_b))
    figures = run_work(a.work, settings, cohort, other, a.out, a.quiet, a.ablations)
    write_json(a.out / "evaluation.json", figures)
    print(f"{a.out / 'evaluation.json'} written")


if __name__ == "__main__":
    main()
