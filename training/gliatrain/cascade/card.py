"""Writes card.md and the measured parts of bundle.json. `python -m gliatrain.cascade.card --bundle DIR --version V`

Every figure comes from results/cascade.json (training), results/cascade-evaluation.json (measure.py) and the heads' report.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .. import card_heads
from ..card import table
from ..figures import number
from . import chain
from .bundle import COMPUTED, DATA, INTENDED, RESULTS, ROOT, write_manifest
from .measure import NOTHING, computes, patient, summary, unseen

REGIONS = ("WT", "TC", "ET")
VOLUMES = {"WT": ("WT",), "TC": ("TC",), "ET": ("ET",), "ED": ("WT", "TC"), "NCR": ("TC", "ET")}
"""Regions and labels whose volume is reported, the labels as differences of regions."""
TITLES = {
    "stripped": "Skull-stripped, as published",
    "head": "Inside a synthetic head",
    "without-t1": "Without T1",
    "without-t1ce": "Without T1c",
    "without-t2": "Without T2",
    "without-flair": "Without FLAIR",
}
SEEN = """Which cases an ancestor saw: the published networks were trained on BraTS 2017. The whole cases below were not in it, nor did any
network of the cascade train on their patients in any form (label maps, lesion cubes and images were compared: `gliatrain/identities.py`).
BraTS 2017 holds 65 patients of TCGA-LGG, so a clinical head below may be of a patient whose BraTS images an ancestor saw; none of the heads
themselves, and no other image of their patients, was in the training of the cascade."""
NOT_BLIND = """The figures of earlier runs on the whole cases chose the loss and what is implanted, the rule that adds cysts was made after
six of the kept-back clinical heads were looked at (one of them gained by it), the share of the 2 mm network was chosen on the whole cases,
and the bound on contrast uptake, measured on training lesions, after a look at what passed for enhancement in two of them without any: they
are not quite blind."""


def scores(case: dict) -> dict:
    return {s["region"]: s for s in case["scores"]}


def of(cases: list[dict], part: str) -> list[dict]:
    return [c for c in cases if c["case"].startswith(f"{part}-")]


def volume_errors(cases: list[dict]) -> dict | None:
    """Of each region and label the 68th percentile over cases of the volume's relative error; None without cases that have all four."""
    rows = [scores(c) for part in ("stripped", "head") for c in of(cases, part)]
    if not rows:
        return None
    out = {}
    for name, (region, *less) in VOLUMES.items():
        pairs = [tuple(r[region][k] - sum(r[x][k] for x in less) for k in ("volumeMl", "referenceMl")) for r in rows]
        out[name] = round(float(np.percentile([abs(p - t) / p for p, t in pairs if p > 0 and t > 0] or [1.0], 68)), 3)
    return out


def larger_errors(clean: list[dict], cases: list[dict]) -> dict | None:
    """Of each volume the larger of its error on unseen cases and on all: the unseen ones are few."""
    errors = [e for e in (volume_errors(clean), volume_errors(cases)) if e]
    return {name: max(e[name] for e in errors) for name in VOLUMES} if errors else None


def mean_rows(mean: dict) -> list[list]:
    full = mean.get("stripped", {})
    rows = []
    for part, title in TITLES.items():
        if part in mean:
            cells = [
                f"{mean[part][r]['mean']:.3f}"
                + (f" ({mean[part][r]['mean'] - full[r]['mean']:+.3f})" if part != "stripped" and full else "")
                for r in REGIONS
            ]
            rows.append([title, mean[part]["cases"], *(cells if part != "without-t1ce" else [cells[0], "not evaluable", "not evaluable"])])
    return rows


def mean_table(cases: list[dict]) -> str:
    return table(["input", "cases", *REGIONS], mean_rows(summary(cases)))


def seen_by_unet(measured: dict) -> str:
    """Which of the measured patients the 2 mm network saw, as a sentence."""
    names = [name for name in measured["seen"] if any(patient(c["case"]) == name for c in measured["cases"])]
    return f"The 2 mm network did see whole cases or lesion cubes of {', '.join(names)}.\n" if names else ""


def named(case: dict, seen: list[str]) -> str:
    return patient(case["case"]) + (" (seen)" if patient(case["case"]) in seen else "")


def case_rows(measured: dict, part: str) -> list[list]:
    out = []
    for c in sorted(of(measured["cases"], part), key=lambda c: c["case"]):
        s = scores(c)
        out.append(
            [
                named(c, measured["seen"]),
                *(number(s[r]["dice"]) for r in REGIONS),
                number(s["WT"].get("hausdorff95Mm"), 1),
                *(f"{s[r]['volumeMl']:.1f} / {s[r]['referenceMl']:.1f}" for r in ("WT", "ET")),
            ]
        )
    return out


def empty_rows(cases: list[dict]) -> list[list]:
    rows = [(c["case"], scores(c), regions) for part, regions in NOTHING.items() for c in of(cases, part)]
    return [[name, *(f"{s[r]['volumeMl']:.2f}" if r in regions else "" for r in ("WT", "ET"))] for name, s, regions in rows]


def beside_before(names: list[str]) -> str:
    """The bundle before on the same heads, each by a member that did not train on it (results/evaluation.json)."""
    path = RESULTS / "evaluation.json"
    rows = json.loads(path.read_text())["rows"]["lgg"] if path.exists() else {}
    dice = [rows[n]["WT"]["dice"] for n in names if n in rows]
    return f" The bundle before, glioma-unet-2mm, reached {np.mean(dice):.3f} on {len(dice)} of them." if dice else ""


def clinical_section(measured: dict) -> str:
    rows = of(measured["cases"], "clinical")
    if not rows:
        return "Not measured."
    lines = [
        [
            named(c, measured["seen"]),
            number(s["dice"]),
            number(s.get("hausdorff95Mm"), 1),
            f"{s['volumeMl']:.1f} / {s['referenceMl']:.1f}",
        ]
        for c in sorted(rows, key=lambda c: c["case"])
        for s in [scores(c)["WT"]]
    ]
    return (
        f"Whole tumour: {clinical_mean(of(unseen(measured), 'clinical'))} whose patients no network of the bundle was trained on; "
        f"{clinical_mean(rows)} that were kept from the training of the cascade."
        + beside_before([patient(c["case"]) for c in rows])
        + "\n\n"
        + table(["patient", "Dice WT", "HD95 mm", "found / true ml"], lines)
    )


def clinical_mean(rows: list[dict]) -> str:
    dice = [scores(c)["WT"]["dice"] for c in rows]
    return f"mean Dice {np.mean(dice):.3f}, median {np.median(dice):.3f}, of the {len(rows)} heads"


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes"


def learned_from(trained: dict) -> str:
    """What the networks learned from, and for how long."""
    facts, flair, brain, steps = trained["facts"], trained["flair"], trained["brain"], sorted(set(trained["steps"].values()))
    own = trained["incomplete"]
    return (
        f"Seeded; torch {trained['torch']}, on CPU, shared with other work. {len(facts['whole_cases'])} whole BraTS cases,\n"
        f"{facts['lesion_cubes']} lesion cubes of {len(facts['lesion_cube_ids'])} patients (implanted),\n"
        f"{len(facts['heads'])} real heads, {len(facts['phantoms'])} procedural heads. {trained['rounds']} rounds in "
        f"{minutes(trained['seconds'])}, {steps[0]} to {steps[-1]} steps a network\n"
        f"({trained['settings']['each']} patches of 11 slices a step); the whole tumour's networks the most.\n{averaged(facts)}"
        f"The networks of incomplete studies went on from there for {own['rounds'] - trained['rounds']} rounds in "
        f"{minutes(own['seconds'] - trained['seconds'])}.\n{averaged(own)}"
        f"The estimate of FLAIR {flair['steps']} steps in {minutes(flair['seconds'])},\n"
        f"the brain's network {brain['steps']} steps in {minutes(brain['seconds'])}. More of the same is one command (`npm run train`)."
    )


def averaged(facts: dict) -> str:
    """Between which rounds the weights were averaged (soup.py)."""
    rounds = facts.get("averaged_after_rounds")
    return f"The weights are the mean of those after {rounds[0]} and {rounds[1]} rounds (model soup: Wortsman 2022).\n" if rounds else ""


def failed(failures: list[dict]) -> str:
    return f"{len(failures)} failed" + (": " + "; ".join(f"{f['case']} {f['code']}" for f in failures) if failures else "") + "."


def time_and_memory(measured: dict) -> str:
    seconds, peak = [c["seconds"] for c in of(measured["cases"], "stripped")], measured["peakRssMb"]
    memory = f"Highest memory of the last run: service {peak['service']} MiB, inference {peak['inference']} MiB."
    if not seconds:
        return memory
    prepare, segment = (np.median([s[part] for s in seconds]) for part in ("prepare", "segment"))
    return (
        f"Median of the stripped cases, while the machine did other work too: {prepare:.0f} s to prepare, {segment:.0f} s to segment, "
        f"on {measured['execution']['provider']}. {memory}"
    )


def of_which_files(manifest: dict, measured: dict) -> str:
    """A word of warning where the figures are those of other files or rules than the bundle's own."""
    if measured["computes"] == computes(manifest):
        return ""
    return "**Measured with other files or rules than those of this release; the changelog says how they differ.** "


def card(manifest: dict, trained: dict, measured: dict, heads: str) -> str:
    cases = measured["cases"]
    return f"""# Glioma segmentation, cascade at 1 mm

Segments glioma on brain MRI into necrotic core (NCR), oedema and infiltration (ED) and enhancing tumour (ET), and predicts markers, grade
and survival as far as the heads below were shown to. Generated by `python -m gliatrain.cascade.card` from what training and evaluation
wrote.

## Use
{INTENDED} Research only also by the terms of part of the training data (see Licences).

## Networks
A small 3D U-Net finds the brain on a 3 mm grid. On the 1 mm grid of that brain, nine anisotropic 2.5D networks find the whole tumour,
in its box the core, and in the core's box the enhancing tumour, each stage in an axial, a sagittal and a coronal view whose probabilities
are averaged. For the whole tumour a 3D U-Net at 2 mm, which sees the whole head, is a third of the mean: one member of
glioma-unet-2mm. Where T1c or FLAIR is missing, it is half of the mean, and the other half comes from three more networks, one a view, that
were trained on such studies alone.
Intensities are z-scores of the brain, 0 outside it; a missing sequence is 0, but for FLAIR, which the whole tumour's networks estimate from
the others (the U-Net at 2 mm has its own normalisation and is told what is missing). Without T1c only the whole tumour is evaluable.
Enhancement is kept only where contrast added to T1; what is as bright before contrast, as blood can be, is not kept. Parts of the brain
dark on FLAIR that the tumour holds on most sides (cysts) are added to it.

## Line of descent
The nine networks started from the published weights of brats17 (Wang 2017, arXiv 1709.00382; BSD-3-Clause, see NOTICE), batch norm folded
with fixed statistics, and were trained on here for what a hospital sends: whole heads and errors of the brain mask, thick slices in any
plane, residual misregistration, bias field, other intensities, missing sequences. The brain's network started from nothing; its teacher
on real heads was HD-BET (Isensee 2019). The network at 2 mm started from nothing too; how it was trained is in the card of glioma-unet-2mm.

{SEEN}
{seen_by_unet(measured)}{NOT_BLIND}

## Training
{learned_from(trained)}

## Whole cases, through the service's own path
Mean Dice (`{measured["command"]}`; in brackets the change against the stripped case with all sequences).
{of_which_files(manifest, measured)}{failed(measured["failures"])} Cases that neither an ancestor nor a network here saw:

{mean_table(unseen(measured))}

The same with those that the 2 mm network alone saw:

{mean_table(cases)}

{table(["case, skull-stripped", *REGIONS, "HD95 WT, mm", "WT ml, found / true", "ET ml, found / true"], case_rows(measured, "stripped"))}

{table(["case, in a synthetic head", *REGIONS, "HD95 WT, mm", "WT ml, found / true", "ET ml, found / true"], case_rows(measured, "head"))}

## Clinical heads with skull (T1, T1c, FLAIR as available; thick slices)
{clinical_section(measured)}

## From images to calls
{chain.section(measured)}

## Where there is nothing to find
Found after postprocessing in whole cases as if nothing in them took up contrast (T1 in place of T1c where tissue enhances), in procedural
heads without a tumour, made for this measurement, and in multiple-sclerosis patients (ms-01 was trained on as tumour-free, ms-04 was not).

{table(["volume", "whole tumour, ml", "enhancing, ml"], empty_rows(cases))}

## Time and memory
{time_and_memory(measured)}

## Markers, grade, survival
{heads}
## Known limits
- Four whole cases, two of them unseen by every network: the figures say little about other hospitals.
- Clinical heads were lower-grade, without T2 and with a whole-tumour mask alone; their spacing was not recorded and was assumed.
- Foci below 0.5 ml are removed on purpose.
- Not trained on children, after surgery or radiotherapy, meningioma, metastasis, stroke or abscess.

## Licences
{chr(10).join("- " + d for d in DATA)}

The terms of part of these data allow research only; so does this bundle.
"""


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--version", default="1.0.0")
    a = ap.parse_args()
    trained, measured = (json.loads((RESULTS / name).read_text()) for name in ("cascade.json", "cascade-evaluation.json"))
    report = RESULTS / "heads.json"
    heads = card_heads.section(card_heads.installed(a.bundle), json.loads(report.read_text()) if report.exists() else None)
    manifest = json.loads((a.bundle / "bundle.json").read_text())
    (a.bundle / "card.md").write_text(card(manifest, trained, measured, heads))
    clean = unseen(measured)
    evaluation = {"command": measured["command"], "mean": summary(clean)}
    write_manifest(a.bundle, a.version, evaluation, larger_errors(clean, measured["cases"]), {key: manifest[key] for key in COMPUTED})


if __name__ == "__main__":
    main()
