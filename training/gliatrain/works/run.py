"""Runs a work. `python -m gliatrain.works.run sgsnet --cohort DIR --out DIR` on a hospital's cohort (cohort.py's format),
`python -m gliatrain.works.run --all` on the made-up cohort of configs/synthetic.toml, into results/works.json.

Run again, it goes on from its checkpoint; with a finished one it evaluates alone. OUT/evaluation.json holds the figures.
"""
from __future__ import annotations

import argparse
import json
import tomllib
from pathlib import Path

import numpy as np
import torch

from . import clipsa, marasi, mtsunet, sgsnet
from .cohort import Patient, read_cohort, split
from .gradcam import cam, share_inside
from .loop import CONFIGS, Settings, read_settings
from .part import plain, write_json
from .synthetic_cohort import Plan, make_cohort

WORKS = ("sgsnet", "mtsunet", "marasi", "clipsa", "engineering")
RESULTS = Path(__file__).parents[2] / "results" / "works.json"


def made_up(work: str) -> tuple[Settings, list[Patient], list[Patient]]:
    """Settings, cohort and second cohort of configs/synthetic.toml."""
    table = tomllib.loads((CONFIGS / "synthetic.toml").read_text())[work]
    plan, second = table.pop("plan"), table.pop("second", None)
    settings = read_settings(work, **table)
    return settings, make_cohort(Plan(**plan)), make_cohort(Plan(**second)) if second else []


def run_work(work: str, settings: Settings, cohort: list[Patient], other: list[Patient], out: Path, quiet: bool,
             ablations: bool) -> dict:
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
    settings, cohort, _ = made_up("mtsunet")
    model, _ = mtsunet.train_and_evaluate(cohort, settings, out.parent / "mtsunet" / "full", quiet)
    test = split(cohort, settings.seed, settings.test_share)[1]
    inside = []
    for patient in test[:12]:
        image = torch.from_numpy(patient.image[None])
        with torch.no_grad():
            called = int(model(image)[3][0].argmax())
        found = cam(model.pooled, lambda v, k=called: model.heads[2](v)[0, k], image)
        inside.append([share_inside(found, patient.label > 0), float((patient.label > 0).mean())])
    shares = np.nanmean(inside, axis=0)
    return {"map": {"patients": len(inside), "share_inside_tumour": shares[0], "tumour_share_of_volume": shares[1]}}


def run_made_up(work: str, out: Path, quiet: bool) -> dict:
    if work == "engineering":
        figures, facts = engineering(out / work, quiet), {}
    else:
        settings, cohort, other = made_up(work)
        figures = run_work(work, settings, cohort, other, out / work, quiet, ablations=True)
        facts = {"patients": len(cohort), "epochs": settings.epochs, "widths": settings.widths, "size": settings.size}
    return {**facts, "figures": figures}


def record(work: str, result: dict) -> None:
    """One work's entry of results/works.json; the others stay."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {
        "about": "The five works on made-up cohorts with planted signals (configs/synthetic.toml); `patients`: on real ones (works/lesions.py).", "command": "python -m gliatrain.works.run --all"}
    results[work] = plain(result)
    results["torch"] = torch.__version__.split("+")[0]
    write_json(RESULTS, results)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("work", nargs="?", choices=WORKS[:4])
    ap.add_argument("--all", action="store_true", help="every work on the made-up cohort")
    ap.add_argument("--synthetic", choices=WORKS, help="one work on the made-up cohort")
    ap.add_argument("--cohort", type=Path, help="folder with clinical.csv and cases/")
    ap.add_argument("--cohort-b", type=Path, help="patients to measure on; without it a share of --cohort is kept back")
    ap.add_argument("--config", type=Path, help="TOML (default: configs/<work>.toml)")
    ap.add_argument("--ablations", action="store_true", help="mtsunet: also without each of its two parts")
    ap.add_argument("--out", type=Path, default=Path("out/works"))
    ap.add_argument("--quiet", action="store_true")
    a = ap.parse_args()
    if a.all or a.synthetic:
        for work in WORKS if a.all else (a.synthetic,):
            record(work, run_made_up(work, a.out, a.quiet))
            print(f"{work}: in {RESULTS.name}", flush=True)
        return
    if not a.work or not a.cohort:
        ap.error("give a work and --cohort, or --all")
    settings = read_settings(a.work, a.config)
    cohorts = [read_cohort(f, settings.channels, settings.size) if f else [] for f in (a.cohort, a.cohort_b)]
    figures = run_work(a.work, settings, *cohorts, a.out, a.quiet, a.ablations)
    write_json(a.out / "evaluation.json", figures)
    print(f"{a.out / 'evaluation.json'} written")


if __name__ == "__main__":
    main()
