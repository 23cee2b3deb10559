"""Makes test/support/bundles/{cascade,student,nnunet-cascade} and their golden.json. `python examples/make_graph_fixtures.py --out DIR`

Tiny seeded networks (one convolution each) as graphs of stages, run by graph_oracle.py, which knows nothing of the service: NumPy, SciPy
and ONNX Runtime over the manifest alone. Image and kernels are asymmetric in every axis, so that a rotated or flipped view fails.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from bundle_folder import HEADS, INTENDED, NOT_MEASURED, digest
from graph_oracle import Oracle, add_cavities, transform_mask
from onnx import TensorProto, helper, numpy_helper
from scipy import ndimage as ndi

SIZE_ZYX, SPACING = (24, 34, 28), 2.0
HEAD_ZSCORE = {"name": "foreground-zscore", "threshold_fraction_of_p99": 0.1, "clip_percentiles": [0.5, 99.5], "clip": [-5, 5]}
LABELS = [
    {"index": n + 1, "name": name, "key": key}
    for n, (key, name) in enumerate([("NCR", "necrotic core"), ("ED", "oedema"), ("ET", "enhancing tumour")])
]
ZERO = {"min_component_ml": 0, "enhancing_min_ml": 0, "no_finding_below_ml": 0}


def head(sequence: str, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Intensity at LPS mm; the service's test has the same formula."""

    def inside(cx, cy, cz, rx, ry, rz):
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 < 1

    c = ["T1", "T1c", "T2", "FLAIR"].index(sequence)
    grain = 6 * np.sin(x / 3 + c) + 5 * np.cos(y / 4 - z / 5) + 4 * np.sin(z / 2.3 + x * y / 90)
    out = np.where(inside(27.3, 35.1, 23.6, 24.2, 30.7, 20.1), 45 + 5 * c, 0.0)
    out = np.where(inside(27.9, 36.2, 24.3, 19.4, 25.3, 15.7) | inside(22.1, 22.3, 20.4, 10.3, 8.2, 7.1), 100 + 10 * c + grain, out)
    out = np.where(inside(33.3, 28.2, 26.1, 9.2, 7.3, 6.1), out + [-22, 4, 55, 75][c], out)
    out = np.where(inside(34.6, 27.1, 27.2, 6.1, 5.2, 4.3), out + [-6, 62, 8, 6][c], out)
    out = np.where(inside(35.2, 26.6, 27.5, 2.9, 2.7, 2.2), out - [12, 66, -20, 10][c], out)
    return np.where(inside(20.2, 47.3, 21.4, 2.9, 2.2, 2.5), out + [5, 50, 50, 70][c], out)


def kernel(rng, outputs: int, weights: np.ndarray, size: tuple[int, int, int]) -> np.ndarray:
    """[outputs, channels, *size]: a blur of unit sum, made lopsided, times what each output takes of each channel."""
    blur = rng.random(size) ** 2
    blur[tuple(n // 2 for n in size)] += 3
    lopsided = blur / blur.sum() + 0.02 * rng.standard_normal((outputs, weights.shape[1], *size))
    return (weights[:, :, None, None, None] * lopsided).astype(np.float32)


def write_network(path: Path, w: np.ndarray, bias: np.ndarray, slices: bool) -> None:
    """One 3D convolution; with `slices` the depth is the batch on both sides and is not padded."""
    depth, pads = w.shape[2], [w.shape[2] // 2, 1, 1]
    conv = {"kernel_shape": list(w.shape[2:]), "pads": ([0, 1, 1] * 2 if slices else pads * 2)}
    inits = [numpy_helper.from_array(w, "w"), numpy_helper.from_array(bias.astype(np.float32), "b")]
    if slices:
        inits += [numpy_helper.from_array(np.array([0], np.int64), "axis")]
        nodes = [
            helper.make_node("Transpose", ["image"], ["cdhw"], perm=[1, 0, 2, 3]),
            helper.make_node("Unsqueeze", ["cdhw", "axis"], ["ncdhw"]),
            helper.make_node("Conv", ["ncdhw", "w", "b"], ["y"], **conv),
            helper.make_node("Squeeze", ["y", "axis"], ["kdhw"]),
            helper.make_node("Transpose", ["kdhw"], ["logits"], perm=[1, 0, 2, 3]),
        ]
        shapes = (["d", w.shape[1], "h", "w_"], ["d_out", w.shape[0], "h", "w_"])
    else:
        nodes = [helper.make_node("Conv", ["image", "w", "b"], ["logits"], **conv)]
        shapes = ([1, w.shape[1], "z", "y", "x"], [1, w.shape[0], "z", "y", "x"])
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shapes[0])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shapes[1])],
        inits,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    assert not slices or depth % 2 == 1
    onnx.save(model, str(path))


def slice_network(folder: Path, name: str, seed: int, weights, bias, context: int = 2, slab: int = 20000) -> dict:
    rng = np.random.default_rng(seed)
    weights = np.array(weights, float)
    write_network(folder / f"{name}.onnx", kernel(rng, len(weights), weights, (2 * context + 1, 3, 3)), np.array(bias), True)
    return {
        "file": f"{name}.onnx",
        "input": "image",
        "output": "logits",
        "inferer": {"name": "SliceInferer", "context": context, "divisible_pad": 4, "slab_voxels": slab},
    }


def volume_network(folder: Path, name: str, seed: int, weights, bias, inferer: dict) -> dict:
    rng = np.random.default_rng(seed)
    weights = np.array(weights, float)
    write_network(folder / f"{name}.onnx", kernel(rng, len(weights), weights, (3, 3, 3)), np.array(bias), False)
    return {"file": f"{name}.onnx", "input": "image", "output": "logits", "inferer": inferer}


def finish(folder: Path, name: str, sequences: list[str], manifest: dict) -> dict:
    (folder / "card.md").write_text(f"# {name}\n\n{INTENDED} Made by training/examples/make_graph_fixtures.py; random weights.\n")
    files = {network["file"] for network in manifest["networks"].values()} | {"card.md"}
    whole = {
        "schema": "gliabridge-bundle/2",
        "id": folder.name,
        "version": "1.0.0",
        "name": name,
        "description": "A test of graphs.",
        "intended_use": INTENDED,
        "authors": "Gliabridge contributors",
        "copyright": "Gliabridge contributors",
        "license": "Apache-2.0",
        "data_source": ["made up"],
        "files": {f: digest(folder / f) for f in sorted(files)},
        "sequences": {s: {"channel": n, "required": False} for n, s in enumerate(sequences)},
        "require_any": ["T1c", "FLAIR"],
        "labels": LABELS,
        "regions": {"WT": [1, 2, 3], "TC": [1, 3], "ET": [3]},
        "heads": {h: {"status": "not_evaluable", "reason": "this bundle has no such head"} for h in HEADS},
        "evaluation": NOT_MEASURED,
        **manifest,
    }
    (folder / "bundle.json").write_text(json.dumps(whole, indent=1) + "\n")
    return whole


def make_cascade(folder: Path) -> dict:
    """Brain and tumour at 2 mm, three weighted views with that answer, core in two views and flips, enhancement: FLAIR, T1, T1c, T2."""
    b = {"name": "BinaryClosing"}
    networks = {
        # background, NCR, ED, ET, BRAIN over FLAIR, T1, T1c, T2
        "coarse": volume_network(
            folder,
            "coarse",
            1,
            [[0, 0, 0, 0], [2, -1, -1, 0], [3, -1, 0, 0], [1, 0, 3, 0], [0, 3, 1, 0]],
            [0, -5, -4, -6, 1.5],
            {"name": "SimpleInferer", "divisible_pad": 8, "padding": "minimum"},
        ),
        **{
            f"whole-{view}": slice_network(folder, f"whole-{view}", 10 + n, [[0, 0, 0, 0], [1.8, -0.3, 0.1, 0.2]], [0.3, -1.9])
            for n, view in enumerate(("axial", "sagittal", "coronal"))
        },
        "core": slice_network(folder, "core", 20, [[0, 0, 0, 0], [0.5, -0.8, 0.9, 0]], [0, -2.3], slab=4000),
        "enhancing": slice_network(folder, "enhancing", 30, [[0.1, -0.4, 1.1, 0]], [-2.2], context=1),
    }
    mean = {"name": "MeanEnsemble"}
    return finish(
        folder,
        "Tiny cascade",
        ["FLAIR", "T1", "T1c", "T2"],
        {
            "networks": networks,
            "masks": {
                "brain": {
                    "stage": "coarse",
                    "outputs": ["NCR", "ED", "ET", "BRAIN"],
                    "threshold": 0.5,
                    "transforms": [{"name": "KeepLargestConnectedComponent"}, {"name": "FillHoles"}],
                },
                "tumour": {
                    "stage": "whole",
                    "outputs": ["WT"],
                    "threshold": 0.5,
                    "transforms": [b, {"name": "RemoveSmallObjects", "min_size_ml": 0.2}],
                },
                "core": {"stage": "core", "outputs": ["TC"], "threshold": 0.45, "transforms": [b]},
            },
            "stages": [
                {
                    "name": "coarse",
                    "grid": {"spacing_mm": [SPACING] * 3},
                    "normalisation": HEAD_ZSCORE,
                    "output": {"activation": "softmax", "classes": ["background", "NCR", "ED", "ET", "BRAIN"]},
                    "members": [{"network": "coarse"}],
                    "fusion": mean,
                },
                {
                    "name": "whole",
                    "grid": {"spacing_mm": [1, 1, 1]},
                    "box": {"mask": "brain", "margin_mm": 3, "if_empty": "refuse"},
                    "normalisation": {"name": "mask-zscore", "mask": "brain", "outside": "zero"},
                    "within": "brain",
                    "output": {"activation": "softmax", "classes": ["background", "WT"]},
                    "members": [*({"network": f"whole-{v}", "view": v} for v in ("axial", "sagittal", "coronal")), {"stage": "coarse"}],
                    "fusion": {
                        **mean,
                        "weights": [3, 2, 1, 1],
                        # Of two missing sequences the one stated first counts; a member of weight 0 is not run.
                        "weights_without": [{"sequence": "T1c", "weights": [2, 0, 1, 3]}, {"sequence": "T1", "weights": [1, 0, 0, 0]}],
                    },
                },
                {
                    "name": "core",
                    "grid": {"stage": "whole"},
                    "box": {"mask": "tumour", "margin_mm": 4, "if_empty": "skip"},
                    "output": {"activation": "softmax", "classes": ["background", "TC"]},
                    "members": [
                        {"network": "core", "view": "coronal"},
                        {"network": "core", "view": "sagittal", "tta_flips": [[], ["x", "z"]]},
                    ],
                    "fusion": mean,
                },
                {
                    "name": "enhancing",
                    "grid": {"stage": "core"},
                    "box": {"mask": "core", "margin_mm": 2, "if_empty": "skip"},
                    "output": {"activation": "sigmoid", "regions": ["ET"]},
                    "members": [{"network": "enhancing", "view": "axial"}],
                    "fusion": mean,
                },
            ],
            "result": {"stage": "whole", "regions": {"WT": "whole", "TC": "core", "ET": "enhancing"}, "anatomy": {"BRAIN": "coarse"}},
            "anatomy": [{"index": 4, "name": "brain", "key": "BRAIN"}],
            "needs": {"ET": ["T1c"], "TC": ["T1c"]},
            "postprocess": {
                "decision": "nested-regions",
                **ZERO,
                "transforms": [
                    {"name": "RemoveSmallObjects", "applied_labels": ["WT"], "min_size_ml": 0.2},
                    {"name": "FillHoles", "applied_labels": ["TC", "WT"]},
                    {
                        "name": "RemoveObjectsByContrast",
                        "applied_labels": ["ET"],
                        "minuend": "T1c",
                        "subtrahend": "T1",
                        "min_mean_difference": 0.5,
                    },
                ],
            },
        },
    )


def make_student(folder: Path) -> dict:
    """One network per view with three nested regions and the brain, over the whole head, other channels and voxels."""
    weights = [[-0.3, 0.2, 1.6, 0.4], [-0.6, 1.0, 0.6, 0], [-0.5, 1.3, 0.1, 0], [1.5, 0.6, 0.2, 0.6]]
    networks = {
        f"student-{v}": slice_network(
            folder, f"student-{v}", 40 + n, [[w[2], w[0], w[1], w[3]] for w in weights], [-2, -2.6, -2.9, 0.7], slab=9000
        )
        for n, v in enumerate(("axial", "coronal"))
    }
    return finish(
        folder,
        "Tiny student",
        ["FLAIR", "T1", "T1c", "T2"],
        {
            "networks": networks,
            "masks": {},
            "stages": [
                {
                    "name": "student",
                    "grid": {"spacing_mm": [2, 3, 2.5]},
                    "normalisation": HEAD_ZSCORE,
                    "output": {"activation": "sigmoid", "regions": ["WT", "TC", "ET", "BRAIN"]},
                    "members": [
                        {"network": "student-axial", "view": "axial", "tta_flips": [[], ["y"]]},
                        {"network": "student-coronal", "view": "coronal"},
                    ],
                    "fusion": {"name": "MeanEnsemble"},
                }
            ],
            "result": {"stage": "student", "regions": {"WT": "student", "TC": "student", "ET": "student"}, "anatomy": {"BRAIN": "student"}},
            "anatomy": [{"index": 4, "name": "brain", "key": "BRAIN"}],
            "postprocess": {
                "decision": "nested-regions",
                **ZERO,
                # The second object is bright on T1 as well: its mean difference exceeds the bound, its uptake does not.
                "transforms": [
                    {
                        "name": "RemoveObjectsByUptake",
                        "applied_labels": ["WT"],
                        "minuend": "T1c",
                        "subtrahend": "T1",
                        "subtrahend_share": 0.5,
                        "percentile": 75,
                        "min_uptake": 0.8,
                    }
                ],
            },
        },
    )


def make_nnunet_cascade(folder: Path) -> dict:
    """nnU-Net's 3d_lowres and 3d_cascade_fullres: the second sees the first's segmentation as one channel per label."""
    windows = {
        "name": "SlidingWindowInferer",
        "roi_size": [12, 16, 12],
        "overlap": 0.5,
        "mode": "gaussian",
        "sigma_scale": 0.125,
        "blend": "logits",
        "padding": "zero",
    }
    low = [[0, 0, 0, 0], [2, -1, -1, 0], [3, -1, 0, 0], [1, 0, 3, 0]]
    full = [[0] * 7, [0.5, -1, -0.5, 0, 2, 0, 0], [1, -0.3, 0, 0, 0, 2, 0], [0.3, 0, 1.5, 0, 0, 0, 2]]
    networks = {
        "lowres": volume_network(folder, "lowres", 50, low, [1, -3, -2, -4], windows),
        "fullres": volume_network(folder, "fullres", 51, full, [1, -1, -1, -2], {**windows, "roi_size": [20, 24, 20]}),
    }
    nonzero, mean = {"name": "nonzero-zscore", "threshold_fraction_of_p99": 0.1}, {"name": "MeanEnsemble"}
    classes = {"activation": "softmax", "classes": ["background", "NCR", "ED", "ET"]}
    return finish(
        folder,
        "Tiny nnU-Net cascade",
        ["FLAIR", "T1", "T1c", "T2"],
        {
            "networks": networks,
            "masks": {},
            "stages": [
                {
                    "name": "lowres",
                    "grid": {"spacing_mm": [SPACING] * 3},
                    "normalisation": nonzero,
                    "output": classes,
                    "members": [{"network": "lowres"}],
                    "fusion": mean,
                },
                {
                    "name": "fullres",
                    "grid": {"spacing_mm": [1.5, 1.25, 1.75]},
                    "normalisation": nonzero,
                    "output": classes,
                    "previous_stage": {"stage": "lowres", "classes": ["NCR", "ED", "ET"]},
                    "members": [{"network": "fullres", "tta_flips": [[], ["y"]]}],
                    "fusion": mean,
                },
            ],
            "result": {"stage": "fullres"},
            "postprocess": ZERO,
        },
    )


def golden(folder: Path, manifest: dict, missing: list[str]) -> dict:
    spacing = np.array(manifest["stages"][0]["grid"]["spacing_mm"])
    shape = tuple(int(np.ceil(n * SPACING / s)) for n, s in zip(SIZE_ZYX, spacing[::-1], strict=True))
    origin = spacing / 2 - 1
    grid = {"shape_zyx": shape, "spacing": spacing, "origin": origin}
    answer = Oracle(folder, manifest, head).run(grid, missing)
    p, labels = answer["probabilities"], answer["samples"]
    rng = np.random.default_rng(9)
    tumour = np.flatnonzero(p[1:4].sum(0).ravel() > 0.05)
    at = np.sort(
        np.unique(np.concatenate([rng.choice(p[0].size, 150, replace=False), rng.choice(tumour, min(150, len(tumour)), replace=False)]))
    )
    near = np.flatnonzero(answer["near"].ravel())
    return {
        "missing": missing,
        "first": {"size_zyx": list(shape), "origin": origin.tolist(), "spacing": spacing.tolist()},
        "stages": answer["stages"],
        "grid": {k: np.asarray(v).tolist() for k, v in answer["grid"].items()},
        "voxels": at.tolist(),
        "probabilities": np.round(p.reshape(len(p), -1)[:, at].astype(float), 6).tolist(),
        "deviation": np.round(answer["deviation"].ravel()[at].astype(float), 6).tolist(),
        "sums": [round(float(one.sum()), 2) for one in p],
        "samples": [{"voxels": np.bincount(s.ravel(), minlength=4).tolist(), "labels": s.ravel()[at].tolist()} for s in labels],
        "near": sorted(set(near.tolist()) & set(at.tolist())),
    }


def masks(out: Path) -> None:
    """Mask transforms of SciPy on asymmetric noise with a hole and pieces at the border."""
    rng = np.random.default_rng(4)
    mask = rng.random((7, 9, 11)) < 0.33
    mask[1:6, 1:6, 2:8] |= True
    mask[3:5, 2:4, 4:6] = False
    cases: list[dict] = [
        {"name": "KeepLargestConnectedComponent"},
        {"name": "KeepLargestConnectedComponent", "num_components": 2},
        {"name": "RemoveSmallObjects", "min_size_ml": 0.012},
        {"name": "FillHoles"},
        {"name": "FillHoles", "per_slice": True},
        {"name": "BinaryClosing"},
        {"name": "BinaryClosing", "iterations": 2},
    ]
    sparse = mask & (rng.random(mask.shape) < 0.25)

    def text(m: np.ndarray) -> str:
        return "".join("1" if v else "0" for v in m.ravel())

    rows = [{"transform": case, "in": text(m), "out": text(transform_mask(m, case, 0.002))} for case in cases for m in (mask, sparse)]
    (out / "mask-transforms.json").write_text(json.dumps({"size_zyx": list(mask.shape), "voxel_ml": 0.002, "cases": rows}) + "\n")


def cavities(out: Path) -> None:
    """AddCavities on smooth noise in an ellipsoid: digits 0 to 9 stand for intensities of (digit - 5) / 2, and 5 for everything outside."""
    rng = np.random.default_rng(6)
    shape = (18, 22, 26)
    smooth = [ndi.gaussian_filter(rng.standard_normal(shape), s) for s in (1.8, 1.2)]
    z, y, x = np.indices(shape)
    inside = ((z - 8) / 9) ** 2 + ((y - 11) / 11) ** 2 + ((x - 12) / 13) ** 2 < 1
    digits = np.clip(np.round(5 + 3 * smooth[0] / smooth[0].std()), 0, 9).astype(int)
    digits = np.where(inside, np.where(digits == 5, 6, digits), 5)
    mask = inside & (digits > 5) & (smooth[1] > 0) & (x < 11)
    image = (digits - 5) / 2
    rows = []
    for below, size, contact in ((-0.9, 0.02, 0.2), (-0.9, 0.02, 0.5), (-0.9, 0.02, 0.8), (-0.9, 0.2, 0.2), (-0.4, 0.02, 0.4)):
        rule = {"below": below, "min_size_ml": size, "min_contact": contact}
        with_cavities = add_cavities(mask, image, rule, 0.001)
        rows.append({"rule": rule, "out": "".join("1" if v else "0" for v in with_cavities.ravel())})
        print("cavities", rule, int(mask.sum()), int(with_cavities.sum()))
    case = {"size_zyx": list(shape), "image": "".join(map(str, digits.ravel())), "mask": "".join("1" if v else "0" for v in mask.ravel())}
    (out / "cavities.json").write_text(json.dumps({**case, "cases": rows}) + "\n")


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", type=Path, default=root / "test/support/bundles")
    a = ap.parse_args()
    for name, make in (("cascade", make_cascade), ("student", make_student), ("nnunet-cascade", make_nnunet_cascade)):
        folder = a.out / name
        folder.mkdir(parents=True, exist_ok=True)
        manifest = make(folder)
        cases = [golden(folder, manifest, missing) for missing in ([["T2"], ["T1c", "T1"]] if name == "cascade" else [["T2"]])]
        (folder / "golden.json").write_text(json.dumps({"provenance": "training/examples/graph_oracle.py", "cases": cases}) + "\n")
        for case in cases:
            print(name, case["missing"], case["stages"], case["sums"], [s["voxels"] for s in case["samples"]], len(case["near"]))
    masks(a.out)
    cavities(a.out)


if __name__ == "__main__":
    main()
