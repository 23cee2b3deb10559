"""Trains the default bundle's network. `python -m gliatrain.train --data DIR --out DIR`

Seeded and resumable (run the same command again); fit.py is the loop and says what it writes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from . import data as cohort_data
from . import identities
from .augment import Cohort
from .fit import TrainOptions, train
from .network import VARIANTS, parameter_count
from .synthetic_heads import Atlas


def build_cohort(data: Path, cache: Path, fold: int) -> tuple[Cohort, dict]:
    """All training sources of one fold, none of a tested patient under any name, and the record that checkpoint, evaluation and
    card read: what was trained on."""
    brats, heads = cohort_data.case_names(data)
    table = identities.patients(data, cache)
    folds = identities.split([*brats, *heads], table, cohort_data.FOLDS)
    tested = [name for name, own in folds.items() if own == fold]
    kept = {identities.patient_of(table, name): name for name in tested}
    cubes = cohort_data.load_cubes(data, cache)
    excluded = {c.patient: kept[patient] for c in cubes if (patient := identities.patient_of(table, c.patient)) in kept}
    cubes = [c for c in cubes if c.patient not in excluded]
    trained, trained_heads = ([name for name in names if name not in tested] for names in (brats, heads))
    cube_ids = sorted({c.patient for c in cubes})
    counts = {
        "fold": fold,
        "folds": cohort_data.FOLDS,
        "brats_whole_cases": trained,
        "brats_tested": [name for name in brats if name in tested],
        "tcga_lgg_heads": trained_heads,
        "tcga_lgg_tested": [name for name in heads if name in tested],
        "lesion_cubes": len(cubes),
        "lesion_cube_ids": cube_ids,
        "lesion_cube_patients": len(cube_ids),
        "lesion_cube_patients_excluded": excluded,
    }
    identities.refuse_overlap([*trained, *trained_heads, *cube_ids], tested, table)
    cohort = Cohort(
        cohort_data.load_cohort(data, cache, trained),
        cohort_data.load_lgg(data, cache, trained_heads),
        cubes,
        Atlas(data / "atlas"),
    )
    return cohort, counts


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--data", help="data folder (default: GLIABRIDGE_DATA)")
    ap.add_argument("--out", type=Path, default=Path("out/train"))
    ap.add_argument("--cache", type=Path, default=None, help="prepared volumes (default: OUT/cache)")
    ap.add_argument("--fold", type=int, default=0, choices=range(cohort_data.FOLDS), help="the fold whose cases are kept for testing")
    ap.add_argument("--variant", choices=sorted(VARIANTS), default="cpu")
    ap.add_argument("--steps", type=int, default=20000)
    ap.add_argument("--minutes", type=float, help="stop, and end the cosine, after so much training if that comes first")
    ap.add_argument("--peak", type=float, default=1e-3, help="highest learning rate")
    ap.add_argument("--restart", action="store_true", help="start the cosine again where the checkpoint stands")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--batch", type=int, default=2, help="patches a step; a GPU bears more")
    ap.add_argument("--device", help="cpu, cuda, cuda:1 (default: a GPU where there is one)")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--workers", type=int, default=1)
    a = ap.parse_args()
    cohort, counts = build_cohort(cohort_data.data_folder(a.data), a.cache or a.out / "cache", a.fold)
    print(json.dumps({k: v if isinstance(v, (int, dict)) else len(v) for k, v in counts.items()}))
    options = TrainOptions(
        a.steps,
        variant=VARIANTS[a.variant],
        peak=a.peak,
        seed=a.seed + 10 * a.fold,
        batch=a.batch,
        minutes=a.minutes,
        restart=a.restart,
        workers=a.workers,
        threads=a.threads,
        device=a.device,
    )
    model = train(cohort, a.out, options, counts)
    print(f"{parameter_count(model)} parameters; next: python -m gliatrain.export")


if __name__ == "__main__":
    main()
