"""Makes the default bundle from trained networks. `python -m gliatrain.cascade.bundle --checkpoint FILE --brain FILE --bundle DIR`

Writes the ONNX files, bundle.json (a graph of networks: brain, whole tumour, core, enhancing tumour) and results/cascade.json (what was
trained on what, for how long). Heads that the folder's manifest has already are kept. The card is card.py's.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import onnx
import torch

from .. import checkpoints
from ..card import sha256
from ..card_heads import absent
from ..export import halve
from .brain import MULTIPLE, SPACING_MM
from .export import export_brain, export_views, view_files
from .flair import load_estimate
from .network import CONTEXT
from .patches import STAGES, VIEWS

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "training/results"
REGIONS = {"whole": "WT", "core": "TC", "enhancing": "ET"}
SLAB_VOXELS = 2_400_000
"""Input voxels of one call: a bound on memory."""
BRAIN = 0.15
"""A tumour at the brain's edge that the mask cuts off is lost; a mask that is too large costs little (degrade.wrong_mask)."""
SUSPICION, SUSPICION_MARGIN = 0.15, 8
"""Probability in the first view, and mm around it, where the other views look."""
BOX_MARGIN_MM = 5
"""Around what a stage found, for the next."""
MIN_COMPONENT_ML, MIN_ENHANCING_ML = 0.5, 0.1
"""Components of the whole tumour, and all enhancing tissue together, count from here on."""
CYST = {"below": -0.8, "min_size_ml": 2.0, "min_contact": 0.5}
"""In clinical heads the networks find the bright rim of a cyst and not the cyst. Of what is dark beside a tumour, a cyst lay against it
with 0.6 of its surface, ventricles and sulci of this size with less than 0.3 in 18 heads; between 0.45 and 0.5 stood both a cyst that
reaches the cortex and the ventricle of a generated head, so the bound is above both."""
UPTAKE = {"subtrahend_share": 1.0, "percentile": 90, "min_uptake": 0.7}
"""What enhances. Of what experts drew in the training lesions, objects below this bound hold 1.4 % of the volume (uptake.py; 1.6 % under
the earlier bound of 0.3 on the mean difference). Blood that is bright on T1 passed that one: its difference was 0.7 to 1.0."""
SEQUENCES = ("T1", "T1c", "T2", "FLAIR")
INTENDED = (
    "Research use only. Not a medical device; not for diagnosis or treatment decisions. Adults with suspected or known glioma, "
    "before surgery; every result needs review by a radiologist."
)
DATA = (
    "BraTS 2021 training cases (RSNA-ASNR-MICCAI; Baid 2021, Menze 2015, Bakas 2017; CC BY 4.0 on TCIA)",
    "BraTS 2018/2020 lesion cubes (challenge terms: non-commercial research, cite)",
    "TCGA-LGG clinical MRI with FLAIR masks (Buda 2019; TCIA CC BY 3.0, Kaggle edition CC BY-NC-SA 4.0)",
    "One multiple-sclerosis patient of open_ms_data (Lesjak 2018; CC BY)",
    "MNI152 unstripped T1 average (ICBM; Fonov 2011), for synthetic heads",
    "Procedural heads of this repository",
    "Starting weights: brats17 cascade (Wang 2017, arXiv 1709.00382; BSD-3-Clause), trained on BraTS 2017",
    "Brain masks of the training heads by HD-BET (Isensee 2019; Apache 2.0)",
)


CHANGE_CONTROL = {
    "modifications": {
        "description": "Networks, their weights in the mean, or their postprocessing; the card says which, and what it changed in the"
        " figures.",
    },
    "protocol": {
        "description": "Measured through the service's own path on whole cases, synthetic heads, clinical heads, heads with multiple"
        " sclerosis and heads without a tumour, with each sequence missing in turn; the card names the cases that no network saw.",
        "min_cases": 30,
    },
    "impact": {
        "description": "Volumes and outlines may shift, and with them a call of the grade. A radiologist reviews every result; comparisons"
        " with earlier ones say that another model made them.",
        "min_mean_dice": {"WT": 0.85, "TC": 0.75, "ET": 0.75},
        "max_median_volume_difference": {"WT": 0.15},
        "max_changed_calls": {"grade": 0.1},
        "max_failures": 0.05,
    },
}
"""What must hold at a site before this bundle replaces the active one there; what differs more than this, people must see first."""
COMPUTED = ("sequences", "require_any", "needs", "networks", "masks", "stages", "result", "labels", "anatomy", "regions", "postprocess")
"""The parts of a manifest that say what is computed."""


def stage(
    name: str,
    mask: str,
    if_empty: str,
    grid: dict,
    members: list[dict] | None = None,
    margin: int = BOX_MARGIN_MM,
    region: str | None = None,
) -> dict:
    return {
        "name": name,
        "grid": grid,
        "box": {"mask": mask, "margin_mm": margin, "if_empty": if_empty},
        "output": {"activation": "softmax", "classes": ["background", region or REGIONS[name]]},
        "members": members or [view_of(name, view) for view in VIEWS],
        "fusion": {"name": "MeanEnsemble"},
    }


def view_of(name: str, view: str) -> dict:
    return {"network": f"{name}-{view}", "view": view}


def graph() -> dict:
    """The parts of a manifest that say what is computed, in the order of config/models/README.md."""
    slices = {"name": "SliceInferer", "context": CONTEXT, "divisible_pad": 4, "slab_voxels": SLAB_VOXELS}
    network = {"input": "image", "output": "logits"}
    # One view looks at all of the brain; the two others look where it suspects something.
    search = stage("search", "brain", "refuse", {"spacing_mm": [1, 1, 1]}, [view_of("whole", "axial")], region="WT")
    search["normalisation"] = {"name": "mask-zscore", "mask": "brain", "outside": "zero"}
    whole = stage(
        "whole",
        "suspicion",
        "skip",
        {"stage": "search"},
        [{"stage": "search"}, view_of("whole", "sagittal"), view_of("whole", "coronal")],
        SUSPICION_MARGIN,
    )
    return {
        "sequences": {s: {"channel": n, "required": False} for n, s in enumerate(SEQUENCES)},
        "require_any": ["T1c", "FLAIR"],
        "needs": {region: ["T1c"] for region in ("TC", "ET", "NCR", "ED")},
        "networks": {
            "brain": {
                "file": "brain.onnx",
                **network,
                "inferer": {"name": "SimpleInferer", "divisible_pad": MULTIPLE, "padding": "minimum"},
            },
            **{f"{s}-{v}": {**view_files(f"{s}-{v}"), **network, "inferer": slices} for s in STAGES for v in VIEWS},
        },
        "masks": {
            "brain": {
                "stage": "brain",
                "outputs": ["BRAIN"],
                "threshold": BRAIN,
                "transforms": [
                    {"name": "KeepLargestConnectedComponent"},
                    {"name": "FillHoles"},
                    {"name": "RemoveSmallObjects", "min_size_ml": 300},
                ],
            },
            "suspicion": {
                "stage": "search",
                "outputs": ["WT"],
                "threshold": SUSPICION,
                "transforms": [{"name": "RemoveSmallObjects", "min_size_ml": MIN_COMPONENT_ML}],
            },
            "tumour": {
                "stage": "whole",
                "outputs": ["WT"],
                "threshold": 0.5,
                "transforms": [{"name": "BinaryClosing"}, {"name": "RemoveSmallObjects", "min_size_ml": MIN_COMPONENT_ML}],
            },
            "core": {"stage": "core", "outputs": ["TC"], "threshold": 0.5, "transforms": [{"name": "BinaryClosing"}]},
        },
        "stages": [
            {
                "name": "brain",
                "grid": {"spacing_mm": list(SPACING_MM)},
                "normalisation": {
                    "name": "foreground-zscore",
                    "threshold_fraction_of_p99": 0.1,
                    "clip_percentiles": [0.5, 99.5],
                    "clip": [-5, 5],
                },
                "output": {"activation": "softmax", "classes": ["background", "BRAIN"]},
                "members": [{"network": "brain"}],
                "fusion": {"name": "MeanEnsemble"},
            },
            search,
            whole,
            stage("core", "tumour", "skip", {"stage": "whole"}),
            stage("enhancing", "core", "skip", {"stage": "core"}),
        ],
        "result": {"stage": "search", "regions": {region: name for name, region in REGIONS.items()}, "anatomy": {"BRAIN": "brain"}},
        "labels": [
            {"index": 1, "name": "necrotic core", "key": "NCR"},
            {"index": 2, "name": "oedema and infiltration", "key": "ED"},
            {"index": 3, "name": "enhancing tumour", "key": "ET"},
        ],
        "anatomy": [{"index": 4, "name": "brain", "key": "BRAIN"}],
        "regions": {"WT": [1, 2, 3], "TC": [1, 3], "ET": [3]},
        "postprocess": {
            "connectivity": 26,
            "decision": "nested-regions",
            "transforms": [
                {"name": "RemoveSmallObjects", "applied_labels": ["WT"], "min_size_ml": MIN_COMPONENT_ML},
                {"name": "AddCavities", "applied_labels": ["WT"], "sequence": "FLAIR", **CYST},
                {"name": "RemoveObjectsByUptake", "applied_labels": ["ET"], "minuend": "T1c", "subtrahend": "T1", **UPTAKE},
            ],
            "min_component_ml": MIN_COMPONENT_ML,
            "enhancing_min_ml": MIN_ENHANCING_ML,
            "no_finding_below_ml": MIN_COMPONENT_ML,
        },
    }


def halve_files(folder: Path, names: list[str]) -> None:
    """Weights in half precision."""
    for name in names:
        model = onnx.load(str(folder / name))
        halve(model)
        onnx.save(model, str(folder / name))


def write_manifest(folder: Path, version: str, evaluation: dict, relative_sd: dict | None, parts: dict | None = None) -> None:
    """`parts`: what is computed (COMPUTED), the cascade alone when absent."""
    path = folder / "bundle.json"
    heads = json.loads(path.read_text())["heads"] if path.exists() else absent()
    card = folder / "card.md"
    if not card.exists():
        card.write_text("Not measured yet.\n")
    files = sorted(p.name for p in folder.iterdir() if p.suffix == ".onnx")
    beside = ", the whole tumour also by a 3D U-Net" if parts and "unet" in parts["networks"] else ""
    manifest = {
        "schema": "gliabridge-bundle/2",
        "id": folder.name,
        "version": version,
        "name": "Glioma segmentation, cascade at 1 mm",
        "description": "Brain extraction, then whole tumour, core and enhancing tumour, each by anisotropic networks in three views"
        f"{beside}; whole heads or skull-stripped brains.",
        "intended_use": INTENDED,
        "intended_population": {"min_age_years": 18},
        "authors": "Gliabridge contributors",
        "copyright": "Gliabridge contributors",
        "license": "Research only, because of the terms of part of the training data (see card.md)",
        "data_source": list(DATA),
        "files": {name: sha256(folder / name) for name in [*files, "card.md"]},
        **(parts or graph()),
        "heads": heads,
        "change_control": CHANGE_CONTROL,
        "evaluation": evaluation,
    }
    if relative_sd:
        manifest["postprocess"]["volume_relative_sd"] = relative_sd
    path.write_text(json.dumps(manifest, indent=2) + "\n")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--checkpoint", type=Path, default=Path("out/cascade/checkpoint.pt"))
    ap.add_argument("--brain", type=Path, default=Path("out/cascade/brain.pt"))
    ap.add_argument("--bundle", type=Path, default=ROOT / "config/models/glioma-cascade-1mm")
    ap.add_argument("--version", default="1.0.0")
    a = ap.parse_args()
    a.bundle.mkdir(parents=True, exist_ok=True)
    halve_files(a.bundle, [export_brain(a.brain, a.bundle), *export_views(a.checkpoint, a.bundle)])
    state, brain, estimate = checkpoints.load(a.checkpoint), checkpoints.load(a.brain), load_estimate(a.checkpoint.parent)
    trained = {
        "facts": state["facts"],
        "settings": state["settings"],
        "rounds": state["rounds"],
        "seconds": round(state["seconds"]),
        "steps": {name: m["steps"] for name, m in state["members"].items()},
        "brain": {"steps": brain["steps"], "seconds": round(brain["seconds"])},
        "flair": {"steps": estimate["steps"], "seconds": round(estimate["seconds"])},
        "torch": torch.__version__.split("+")[0],
    }
    (RESULTS / "cascade.json").write_text(json.dumps(trained, indent=1) + "\n")
    write_manifest(a.bundle, a.version, {}, None)
    print(f"{a.bundle}: next, python -m gliatrain.cascade.measure")


if __name__ == "__main__":
    main()
