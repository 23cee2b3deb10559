"""Writes bundle.json (with file hashes) and card.md from measured JSON. `python -m gliatrain.card --bundle DIR`

Every figure comes from results/training.json and results/evaluation.json; nothing is typed by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from . import card_heads
from .figures import number
from .infer import FLIPS, OVERLAP, ROI, SIGMA_SCALE
from .metrics import service_means
from .postprocess import SETTINGS
from .preprocess import CLIP, CLIP_PERCENTILES, SPACING_MM, THRESHOLD_FRACTION_OF_P99

REGION_NAMES = {"WT": "whole tumour", "TC": "tumour core", "ET": "enhancing tumour"}
VOLUME_NAMES = {**REGION_NAMES, "ED": "oedema and infiltration", "NCR": "necrotic core"}
DATA = (
    "BraTS 2021 training cases (RSNA-ASNR-MICCAI; Baid 2021, Menze 2015, Bakas 2017; CC BY 4.0 on TCIA)",
    "BraTS 2018/2020 lesion cubes and label maps (challenge terms: non-commercial research, cite)",
    "TCGA-LGG clinical MRI with FLAIR masks (Buda 2019; TCIA CC BY 3.0, Kaggle edition CC BY-NC-SA 4.0)",
    "UCSF-PDGM clinical and radiomics tables (Calabrese 2022, TCIA), TCGA tissue results, for the heads",
    "MNI152 unstripped T1 average (ICBM; Fonov 2011), for synthetic heads",
    "Procedural heads made by this training code",
)
INTENDED = (
    "Research use only. Not a medical device; not for diagnosis or treatment decisions. Adults with suspected "
    "or known glioma, before surgery; every result needs review by a radiologist."
)


def sha256(path: Path) -> dict:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def table(head: list[str], rows: list[list]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows])


def case_rows(whole: dict, kind: str) -> list[list]:
    """One row per case: Dice of the regions at 1 mm, HD95 and volume error of the whole tumour."""
    out = []
    for name, row in sorted(whole.items()):
        if kind not in row:
            continue
        m = row[kind]["mm1"]
        out.append(
            [
                name,
                row["fold"],
                *(number(m[r]["dice"]) for r in REGION_NAMES),
                number(m["WT"]["hd95_mm"], 1),
                *(f"{m[r]['predicted_ml']:.1f} / {m[r]['truth_ml']:.1f}" for r in ("WT", "ET")),
            ]
        )
    return out


CASE_HEAD = ["case", "fold", "WT", "TC", "ET", "HD95 WT, mm", "WT ml, found / true", "ET ml, found / true"]


def means(dice: dict) -> str:
    return ", ".join(f"{REGION_NAMES[r]} {dice[r]:.3f}" for r in REGION_NAMES) + f"; mean of the three {sum(dice.values()) / 3:.3f}"


def stage_rows(members: list[dict]) -> list[list]:
    return [
        [
            f"fold {m['counts']['fold']}",
            m["steps"],
            f"{m['seconds'] / 60:.0f}",
            "x".join(map(str, m["settings"]["size"])),
            m["settings"]["batch"],
            m["settings"]["seed"],
            len(m["counts"]["brats_whole_cases"]),
            len(m["counts"]["tcga_lgg_heads"]),
            f"{m['counts']['lesion_cubes']} of {m['counts']['lesion_cube_patients']} patients",
        ]
        for m in members
    ]


def left_out(names: list[str]) -> str:
    """Cases that were measured although the member had seen their patient; no figure includes them."""
    return (
        f"Measured, but left out of every figure, since every member had seen the patient in another source: {', '.join(names)}."
        if names
        else ""
    )


def service_section(service: dict | None, apart: list[str]) -> str:
    """What `gliabridge evaluate` measured on the same cases and members, registration included."""
    if service is None:
        return "Not run through the service's own path."
    if apart:
        cases = [c for c in service["cases"] if c["case"] not in apart]
        service = {**service, "cases": cases, "mean": service_means(cases)}
    seconds = [c["seconds"]["total"] for c in service["cases"]]
    return (
        f"Through the service's own path (`{service['command']}`, registration included): "
        + ", ".join(f"{REGION_NAMES[r]} {m['mean']:.3f} (median {m['median']:.3f})" for r, m in service["mean"].items())
        + f"; {len(service['cases'])} cases, {len(service['failures'])} failed, {min(seconds):.0f} to {max(seconds):.0f} s a case."
    )


def curve_rows(history: dict, every: int = 8) -> list[list]:
    """Loss of each member at about `every` points of its training."""
    return [
        [member, line["step"], f"{line['seconds'] / 60:.0f}", f"{line['loss']:.3f}"]
        for member, lines in sorted(history.items())
        for line in lines[max(0, len(lines) // every - 1) :: max(1, len(lines) // every)]
    ]


NNUNET = {"steps": 250_000, "patches": 2, "side": 128}
"""How much of BraTS nnU-Net's standard 3D training draws (Isensee 2021): 1000 epochs of 250 steps, two patches of 128^3 at 1 mm."""


def learning(points: list[dict], training: dict) -> str:
    """The tested cases after so many steps, and what a full training would take at the pace that was measured."""
    rows = [
        [
            p["steps"],
            *(number(p["stripped"][r]) for r in REGION_NAMES),
            *(number(p["head"][r]) if p["head"] else "-" for r in REGION_NAMES),
            number(p["lgg_WT"]),
        ]
        for p in points
    ]
    head = ["steps", *(f"{r}, stripped" for r in REGION_NAMES), *(f"{r}, synthetic head" for r in REGION_NAMES), "WT, clinical heads"]
    members = training["members"]
    steps, seconds = (sum(m[key] for m in members) for key in ("steps", "seconds"))
    shape, spacing, on = members[0]["settings"]["size"], SPACING_MM, " and ".join(training["devices"])
    volume = members[0]["settings"]["batch"] * shape[0] * shape[1] * shape[2] * spacing**3  # mm3 per step
    share = steps / len(members) * volume / (NNUNET["steps"] * NNUNET["patches"] * NNUNET["side"] ** 3)
    days = seconds / len(members) / share / 86400
    return (
        f"{table(head, rows)}\n\nA member has seen {100 * share:.1f} % of the tissue that nnU-Net's standard training sees "
        f"({NNUNET['steps']:,} steps of {NNUNET['patches']} patches of {NNUNET['side']}^3 at 1 mm). "
        f"The same at this pace would take {days:.0f} days a member on {on}."
    )


def card(training: dict, evaluation: dict, service: dict | None, history: dict, points: list[dict], name: str, heads: str) -> str:
    mean, rows, members = evaluation["mean"], evaluation["rows"], training["members"]
    apart = evaluation.get("patient_seen", {"whole": [], "lgg": []})
    whole, clinical = ({n: row for n, row in rows[part].items() if n not in apart[part]} for part in ("whole", "lgg"))
    variant = training["variant"]
    full = mean["stripped_mm1"]
    all_four: dict[str, float] = next(iter(mean["subsets"].values()), {})
    subsets = [
        [key.replace("+", " + ")] + [f"{dice[r]:.3f} ({dice[r] - all_four[r]:+.3f})" for r in REGION_NAMES]
        for key, dice in mean["subsets"].items()
    ]
    seconds = [row["stripped"]["seconds"] for row in whole.values()]
    silent = {
        **{
            f"{k}, tumour mirrored out": row["tumour_mirrored_out_ml"]
            for k, row in sorted(whole.items())
            if row.get("tumour_mirrored_out_ml") is not None
        },
        **rows["tumour_free"],
    }
    return f"""# {name}

Segments glioma on brain MRI into necrotic core (NCR), oedema and infiltration (ED) and enhancing tumour (ET), and
predicts markers, grade and survival as far as the heads below were shown to.
This card is generated by `python -m gliatrain.card` from the JSON that training and evaluation wrote.

## Use
{INTENDED} Research only also by the terms of part of the training data (see Licences).

## Network
An ensemble of {len(members)} networks of {training["parameters"]:,} parameters each, in one file, on a {SPACING_MM:g} mm LPS grid; windows
of {"x".join(map(str, ROI))} voxels (Z x Y x X). Residual convolutional encoder and decoder, widths {variant["widths"]}, shifted-window
attention (windows of {variant["window"]}) at the {
        variant["attended"]
    } coarsest levels, a branch for T2 - FLAIR, presence flags. Input: T1, T1c, T2,
FLAIR; a missing sequence is an all-zero channel. T1c or FLAIR must be there. Besides the tumour it marks the brain.

## Training
Seeded; torch {training["torch"]}, on {" and ".join(training["devices"])} ({
        training["cores"]
    } CPU cores, shared with other work). Dice + cross-entropy with partial labels; running
mean of the weights; sequences left out at random.

{
        table(
            [
                "member",
                "steps",
                "minutes",
                "patch (Z x Y x X)",
                "patches a step",
                "seed",
                "whole BraTS cases",
                "clinical heads",
                "lesion cubes",
            ],
            stage_rows(members),
        )
    }

Each member is one fold. A case is tested by a member whose own record of training holds nothing of its patient, under any name;
lesion cubes of {
        ", ".join(str(len(m["counts"]["lesion_cube_patients_excluded"])) for m in members)
    } patients were left out of the folds for that. Who is the same patient: `gliatrain/identities.py` (name
mapping, label maps and images).
Skull-stripped cases were also put into synthetic heads (MNI152 average, random tissue curves); procedural heads with
and without tumour were added. The training ended by the clock, and the last weights are used. What earlier versions
missed among the tested cases (low-grade tumours) decided two augmentations, tumours without enhancement and faint lesions:
for such tumours the figures below are not quite blind.

## Whole BraTS cases, each tested once by a member that never saw its patient
Skull-stripped, Dice at 1 mm: {means(full)}.
One member alone; the shipped ensemble cannot be tested on these cases, since one of its members saw each.

{table(CASE_HEAD, case_rows(whole, "stripped"))}

{left_out(apart["whole"])}

{service_section(service, apart["whole"])}

Where there is no enhancing tumour ({len(mean["enhancement_where_there_is_none_ml"])} cases), found: {
        ", ".join(f"{v:.2f}" for v in mean["enhancement_where_there_is_none_ml"]) or "-"
    } ml.
Error of the volumes that 68 % of the cases stay below, as a share of what was found: {
        ", ".join(f"{VOLUME_NAMES[r]} {v:.2f}" for r, v in mean["volume_relative_error_68"].items())
    }; reported
standard deviations include it.

## The same cases inside a synthetic head
{
        "Not measured."
        if mean["head_mm1"] is None
        else f"{sum('head' in r for r in whole.values())} of {len(whole)} cases: {means(mean['head_mm1'])}."
    }

{table(CASE_HEAD, case_rows(whole, "head"))}

## Clinical heads with skull, each tested once (T1, T1c, FLAIR as available; whole tumour, 2 mm grid)
Mean Dice {mean["lgg_WT"]:.3f} of {len(clinical)}.
{left_out(apart["lgg"])}

{
        table(
            ["patient", "fold", "Dice WT", "HD95 mm", "found / true ml"],
            [
                [
                    k,
                    r["fold"],
                    number(r["WT"]["dice"]),
                    number(r["WT"]["hd95_mm"], 1),
                    f"{r['WT']['predicted_ml']:.1f} / {r['WT']['truth_ml']:.1f}",
                ]
                for k, r in sorted(clinical.items())
            ],
        )
    }

## Missing sequences
{
        "Not measured for this version."
        if not subsets
        else "Mean Dice at 1 mm of the stripped cases, one pass without flips (in brackets: change against all four sequences)."
    }

{table(["sequences present", *REGION_NAMES], subsets) if subsets else ""}

## Procedural studies (2 mm)
{table(["study", *REGION_NAMES], [[k, *(number(r[x]["dice"]) for x in REGION_NAMES)] for k, r in sorted(rows["procedural"].items())])}

## Tumour-free volumes: predicted tumour after postprocessing
{table(["volume", "ml"], [[k, v] for k, v in silent.items()])}

The service refuses one image under several names (the MNI152 average above) before it reaches the network.

## Time
ONNX Runtime, CPU, {evaluation["threads"]} threads, one member, {len(FLIPS)} pass(es) of windows (test-time flips {
        [list(f) for f in FLIPS]
    }): {min(seconds):.1f} to {max(seconds):.1f} s a case;
the ensemble takes {len(members)} times that.

## Markers, grade, survival
{heads}
## Known limits
- Few whole cases: the figures say little about other hospitals.
- Trained for {sum(m["seconds"] for m in members) / 3600:.1f} hours in all, on {
        " and ".join(training["devices"])
    }: under-trained. Held-out Dice and training loss after so many steps:

{learning(points, training)}

{table(["member", "step", "minutes", "training loss, running mean of 100 steps"], curve_rows(history))}

- The 2 mm grid loses thin enhancement and foci below about {SETTINGS["min_component_ml"]:g} ml (removed on purpose).
- Real clinical heads were lower-grade, without T2 and with a whole-tumour mask alone; head-on figures for the core and the
  enhancement come from synthetic heads. The clinical heads' spacing was not recorded and was assumed.
- Not trained on children, after surgery or radiotherapy, meningioma, metastasis, stroke, demyelination or abscess.

## Licences
{chr(10).join("- " + d for d in DATA)}

The terms of part of these data allow research only; so does this bundle.
"""


def bundle(folder: Path, training: dict, evaluation: dict | None, name: str, version: str, heads: dict) -> dict:
    settings = dict(SETTINGS)
    if evaluation is not None:
        settings["volume_relative_sd"] = evaluation["mean"]["volume_relative_error_68"]
    return {
        "schema": "gliabridge-bundle/1",
        "id": folder.name,
        "version": version,
        "name": name,
        "description": (
            "Ensemble of small convolutional networks with window attention on a 2 mm grid; whole heads or skull-stripped brains."
        ),
        "intended_use": INTENDED,
        "intended_population": {"min_age_years": 18},
        "authors": "Gliabridge contributors",
        "copyright": "Gliabridge contributors",
        "license": "Research only, because of the terms of part of the training data (see card.md)",
        "data_source": list(DATA),
        "files": {f: sha256(folder / f) for f in ("segmentation.onnx", "card.md", *card_heads.files(heads))},
        "sequences": {name: {"channel": k, "required": False} for k, name in enumerate(("T1", "T1c", "T2", "FLAIR"))},
        "require_any": ["T1c", "FLAIR"],
        # Only a post-contrast image shows where the core ends, so without one neither its parts nor its surroundings are stated.
        "needs": {key: ["T1c"] for key in ("TC", "ET", "NCR", "ED")},
        "preprocess": {
            "orientation": "LPS",
            "spacing_mm": [SPACING_MM] * 3,
            "normalisation": {
                "name": "foreground-zscore",
                "threshold_fraction_of_p99": THRESHOLD_FRACTION_OF_P99,
                "clip_percentiles": list(CLIP_PERCENTILES),
                "clip": list(CLIP),
            },
        },
        "network": {
            "file": "segmentation.onnx",
            "input": "image",
            "output": "logits",
            "axes": "NCZYX",
            "members": len(training["members"]),
        },
        "inference": {
            "roi_size": list(ROI),
            "overlap": OVERLAP,
            "mode": "gaussian",
            "sigma_scale": SIGMA_SCALE,
            "activation": "softmax",
            "tta_flips": [list(f) for f in FLIPS],
        },
        "labels": [
            {"index": 1, "name": "necrotic core", "key": "NCR"},
            {"index": 2, "name": "oedema and infiltration", "key": "ED"},
            {"index": 3, "name": "enhancing tumour", "key": "ET"},
        ],
        "anatomy": [{"index": 4, "name": "brain", "key": "BRAIN"}],
        "regions": {"WT": [1, 2, 3], "TC": [1, 3], "ET": [3]},
        "postprocess": settings,
        "heads": heads,
        "evaluation": {"status": "not_measured"}
        if evaluation is None
        else {
            "command": evaluation["command"],
            "mean": evaluation["mean"],
            "patient_seen": evaluation.get("patient_seen", {}),
            "cases": [
                {"id": k, "fold": r["fold"], "stripped": r["stripped"]["mm1"], **({"head": r["head"]["mm1"]} if "head" in r else {})}
                for k, r in sorted(evaluation["rows"]["whole"].items())
            ],
        },
    }


def own_results(folder: Path, training: dict) -> dict:
    """`training`, if it is of the network in the bundle folder; so that figures of one network never end up in another one's card."""
    digest = sha256(folder / "segmentation.onnx")["sha256"]
    if training.get("network_sha256") != digest:
        raise ValueError(
            f"results/training.json is not of this bundle's network ({folder / 'segmentation.onnx'}): run gliatrain.export, "
            "gliatrain.evaluate and gliatrain.service for it first"
        )
    return training


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--bundle", type=Path, default=Path("../config/models/glioma-unet-2mm"))
    ap.add_argument("--name", default="Glioma segmentation, 2 mm")
    ap.add_argument("--version", default="0.4.0")
    a = ap.parse_args()
    results = Path(__file__).parents[1] / "results"
    training = own_results(a.bundle, json.loads((results / "training.json").read_text()))
    heads, heads_report = card_heads.installed(a.bundle), results / "heads.json"
    section = card_heads.section(heads, json.loads(heads_report.read_text()) if heads_report.exists() else None)
    measured = results / "evaluation.json"
    if measured.exists():
        evaluation = json.loads(measured.read_text())
        service = json.loads(through.read_text()) if (through := results / "service.json").exists() else None
        text = card(
            training,
            evaluation,
            service,
            json.loads((results / "history.json").read_text()),
            json.loads((results / "learning.json").read_text()),
            a.name,
            section,
        )
    else:
        evaluation, text = None, f"# {a.name}\n\nNot yet measured. {INTENDED}\n"
    (a.bundle / "card.md").write_text(text)
    manifest = bundle(a.bundle.resolve(), training, evaluation, a.name, a.version, heads)
    (a.bundle / "bundle.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
