"""A scikit-learn classifier -> a tabular head in a copy of a Gliabridge bundle.

`python examples/sklearn_head.py --table CSV --label COLUMN --head idh --classes IDH-wildtype,IDH-mutant \\
    --features age_years,shape_Sphericity,t1c_cov --required age_years --from BUNDLE --bundle FOLDER`

One row per patient; an empty cell is missing. Imputer, scaler, logistic regression and Platt calibration, each member on its
own bootstrap sample, all inside one ONNX graph. Class limits (conformal), AUC: out of fold, with the members refitted in each
fold. Any other classifier that skl2onnx converts can replace `pipeline()`. Needs scikit-learn, skl2onnx, onnxruntime.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bundle_folder import Refused, digest

OPSET = {"": 17, "ai.onnx.ml": 3}


def pipeline(seed: int):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # Calibration is the last step: around a whole pipeline skl2onnx calibrates probabilities where scikit-learn calibrates
    # decision values, and the check in export_members refuses the graph.
    folds = StratifiedKFold(3, shuffle=True, random_state=seed)
    calibrated = CalibratedClassifierCV(LogisticRegression(C=1.0, random_state=seed), method="sigmoid", ensemble=False, cv=folds)
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), calibrated)


def fit_members(x: np.ndarray, y: np.ndarray, count: int, seed: int) -> list:
    """`count` calibrated classifiers, each on patients drawn with replacement within each class."""
    members = []
    for n in range(count):
        rng = np.random.default_rng([seed, n])
        rows = np.concatenate([rng.choice(np.flatnonzero(y == k), int((y == k).sum())) for k in np.unique(y)])
        members.append(pipeline(seed + n).fit(x[rows], y[rows]))
    return members


def probabilities(members: list, x: np.ndarray) -> np.ndarray:
    """[N, M, K]"""
    return np.stack([m.predict_proba(x) for m in members], axis=1)


def out_of_fold(x: np.ndarray, y: np.ndarray, count: int, seed: int, folds: int = 5) -> np.ndarray:
    from sklearn.model_selection import StratifiedKFold

    out = np.zeros((len(y), len(np.unique(y))))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(x, y):
        out[test] = probabilities(fit_members(x[train], y[train], count, seed), x[test]).mean(1)
    return out


def class_limits(p: np.ndarray, y: np.ndarray, error_rate: float) -> list[float]:
    """Per class the floor(error_rate (n + 1))-th smallest probability that its own patients got; 0 with too few of them."""
    limits = []
    for k in range(p.shape[1]):
        own = np.sort(p[y == k, k])
        rank = int(np.floor(error_rate * (len(own) + 1)))
        limits.append(float(own[rank - 1]) if rank > 0 else 0.0)
    return limits


def guard(x: np.ndarray) -> dict:
    """Mean, precision and the 99 % point of the squared Mahalanobis distance; missing values take the mean."""
    mean = np.nanmean(x, axis=0)
    away = np.where(np.isnan(x), 0, x - mean)
    covariance = np.cov(away.T)
    covariance = np.atleast_2d(covariance) + 1e-3 * np.diag(np.diag(np.atleast_2d(covariance)))
    precision = np.linalg.inv(covariance)
    precision = (precision + precision.T) / 2
    return {
        "mean": mean.tolist(),
        "precision": precision.tolist(),
        "limit": float(np.percentile(np.einsum("ni,ij,nj->n", away, precision, away), 99)),
    }


def export_members(members: list, features: int, path: Path, x: np.ndarray) -> float:
    """features [N, F] -> members [N, M, K] and their mean; refuses a graph that ONNX Runtime answers differently from predict_proba."""
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, compose, helper, numpy_helper
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    nodes, constants, lifted = [], [numpy_helper.from_array(np.array([1], np.int64), "member_axis")], []
    for n, member in enumerate(members):
        one = convert_sklearn(
            member,
            initial_types=[("features", FloatTensorType([None, features]))],
            options={id(member): {"zipmap": False}},
            target_opset=OPSET,
        )
        one = compose.add_prefix(one, f"m{n}_").graph
        nodes += [
            helper.make_node("Identity", ["features"], [one.input[0].name]),
            *one.node,
            helper.make_node("Unsqueeze", [one.output[1].name, "member_axis"], [f"m{n}_lifted"]),
        ]
        constants += one.initializer
        lifted.append(f"m{n}_lifted")
    nodes += [
        helper.make_node("Concat", lifted, ["members"], axis=1),
        helper.make_node("ReduceMean", ["members"], ["probabilities"], axes=[1], keepdims=0),
    ]
    classes = len(members[0].classes_)
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", features])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", classes]),
            helper.make_tensor_value_info("members", TensorProto.FLOAT, ["n", len(members), classes]),
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(k, v) for k, v in OPSET.items()], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    got = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(["members"], {"features": x.astype(np.float32)})[0]
    worst = float(np.abs(got - probabilities(members, x)).max())
    if worst > 1e-5:
        raise Refused(f"scikit-learn and ONNX Runtime differ by {worst}")
    return worst


@dataclass(frozen=True)
class Task:
    """What a head learns: its name in the manifest, the class names in the order of the table's indices, its features and which of them a
    study must have; `members` bootstrap samples; `error_rate` that the class limits promise; `command` for the record."""

    head: str
    classes: list[str]
    features: list[str]
    required: list[str]
    command: str
    members: int = 20
    error_rate: float = 0.1
    seed: int = 0


def add_head(source: Path, folder: Path, task: Task, x: np.ndarray, y: np.ndarray) -> dict:
    """Copies the bundle and gives it the head; x [N, F], `y` [N] are indices into `task.classes`. The card of the copy says so."""
    from sklearn.metrics import roc_auc_score

    if len(task.features) > 12:
        raise Refused("more than 12 features: declare groups (see config/models/README.md)")
    held_out = out_of_fold(x, y, task.members, task.seed)
    auc = roc_auc_score(y, held_out[:, 1] if len(task.classes) == 2 else held_out, multi_class="ovr")
    manifest = json.loads((source / "bundle.json").read_text())
    folder.mkdir(parents=True, exist_ok=True)
    for file in manifest["files"]:
        shutil.copy(source / file, folder / file)
    fitted = fit_members(x, y, task.members, task.seed)
    export_members(fitted, len(task.features), folder / f"{task.head}.onnx", x)
    manifest["id"] = folder.resolve().name
    manifest["heads"][task.head] = {
        "status": "tabular",
        "file": f"{task.head}.onnx",
        "input": "features",
        "output": "probabilities",
        "members": "members",
        "classes": task.classes,
        "features": task.features,
        "required": task.required,
        "reference": np.nanmedian(x, axis=0).tolist(),
        "guard": guard(x),
        "conformal": {
            "error_rate": task.error_rate,
            "limits": dict(zip(task.classes, class_limits(held_out, y, task.error_rate), strict=True)),
        },
        "evaluation": {"n": len(y), "auc_out_of_fold": round(float(auc), 4), "command": task.command},
    }
    with (folder / "card.md").open("a") as card:
        card.write(
            f"\n## Head: {task.head}\nscikit-learn, {task.members} calibrated members, {len(y)} patients; AUC out of fold {auc:.3f} "
            f"(`{task.command}`). The head's own limits are in bundle.json. Not signed off.\n"
        )
    manifest["files"] |= {f: digest(folder / f) for f in (f"{task.head}.onnx", "card.md")}
    (folder / "bundle.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


def read_table(path: Path, features: list[str], label: str, classes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    rows = list(csv.DictReader(path.open()))
    absent = [c for c in (*features, label) if rows and c not in rows[0]]
    if not rows or absent:
        raise Refused(f"{path.name} has no column {', '.join(absent)}" if rows else f"{path.name} has no rows")
    rows = [r for r in rows if r[label] != ""]
    unknown = sorted({r[label] for r in rows} - set(classes))
    if unknown:
        raise Refused(f"column {label} holds {', '.join(unknown)}, none of {', '.join(classes)}")
    x = np.array([[float(r[f]) if r[f] != "" else np.nan for f in features] for r in rows])
    return x, np.array([classes.index(r[label]) for r in rows])


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--table", type=Path, required=True)
    ap.add_argument("--label", required=True)
    ap.add_argument("--head", choices=("idh", "1p19q", "mgmt", "grade"), required=True)
    for name in ("classes", "features", "required"):
        ap.add_argument(f"--{name}", type=lambda v: v.split(","), required=True)
    ap.add_argument("--from", dest="source", type=Path, required=True)
    ap.add_argument("--bundle", type=Path, required=True)
    ap.add_argument("--members", type=int, default=20)
    ap.add_argument("--error-rate", type=float, default=0.1)
    a = ap.parse_args()
    x, y = read_table(a.table, a.features, a.label, a.classes)
    command = f"python examples/sklearn_head.py --table {a.table.name} --label {a.label} --head {a.head}"
    task = Task(a.head, a.classes, a.features, a.required, command, members=a.members, error_rate=a.error_rate)
    add_head(a.source, a.bundle, task, x, y)
    print(f"{a.bundle}: head {a.head}; next: gliabridge verify-bundle {a.bundle}")


if __name__ == "__main__":
    main()
