"""A trained work as the service runs it: an encoder of the image, heads over its numbers, and their part of a manifest.

    python -m gliatrain.works.bundle --work OUT --bundle DIR      # DIR holds a bundle: segmentation, bundle.json

The encoder gives the features image_1 ...; with a library proxy_1 ... follow; clinical values come last, as the service
names them. A head is linear over them. Its members, whose spread becomes the interval, are fits on bootstrap samples
(clipsa, marasi) or the trained layer under fixed dropout masks (Gal 2016). Class limits, baseline hazard and risk groups come
from the patients kept back, the guard from the training patients.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..tabular import scores
from ..tabular.calibrate import conformal_limits, guard_distance
from .cohort import Patient
from .loop import Settings
from .network import ClinicalInput
from .part import export_part, write_json
from .ridge_cox import MEMBERS, LinearMembers

SERVICE_NAMES = {"age": ("age_years",), "sex": ("sex_male",), "kps": ("kps",), "eor": ("resection_gtr", "resection_subtotal")}
ERROR_RATE, HORIZONS, RISK_GROUPS = 0.1, (6, 12, 24), ("low", "middle", "high")  # as the tabular heads
MIN_DEATHS = 10
DAYS_PER_MONTH = 365.25 / 12


def clinical_columns(names: tuple[str, ...], patients: list[Patient]) -> tuple[list[str], np.ndarray]:
    """The service's names of clinical fields, and their values [N, columns]."""
    columns: dict[str, np.ndarray] = {}
    for name in names:
        value = np.array([p.value(name) for p in patients])
        if name == "eor":  # 2 total, 1 subtotal, 0 biopsy
            is_stated = ~np.isnan(value)
            columns |= {c: np.where(is_stated, value == v, np.nan) for c, v in zip(SERVICE_NAMES[name], (2, 1), strict=True)}
        else:
            columns[SERVICE_NAMES[name][0]] = value
    return list(columns), np.stack(list(columns.values()), 1) if columns else np.zeros((len(patients), 0))


class ServiceHead(nn.Module):
    """features [N, F] -> output [N, K] and members [N, M, K] (probabilities), or log risk [N, 1] and members [N, M].
    Linear over P = image and proxy columns, clinical z-scores and flags."""

    def __init__(self, members: LinearMembers, image_columns: int, clinical: ClinicalInput | None) -> None:
        super().__init__()
        for name, value in members._asdict().items():
            self.register_buffer(name, torch.as_tensor(np.asarray(value), dtype=torch.float32))
        self.columns, self.clinical = image_columns, clinical

    def design(self, x: torch.Tensor) -> torch.Tensor:
        if self.clinical is None:
            return x
        fields, at = [], self.columns
        for name in self.clinical.names:
            fields.append(2 * x[:, at] + x[:, at + 1] if name == "eor" else x[:, at])
            at += len(SERVICE_NAMES[name])
        return torch.cat([x[:, : self.columns], self.clinical(torch.stack(fields, 1))], 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = self.design(x) - self.centre
        output, members = z @ self.weight + self.bias, torch.einsum("np,mpk->nmk", z, self.weights) + self.biases
        return (output, members[..., 0]) if output.shape[1] == 1 else (output.softmax(1), members.softmax(2))


def dropout_members(layer: nn.Linear, share: float, seed: int) -> LinearMembers:
    """The trained layer, and MEMBERS copies of it under fixed masks."""
    weight = layer.weight.detach().numpy().T
    bias = np.zeros(weight.shape[1]) if layer.bias is None else layer.bias.detach().numpy()
    keep = (np.random.default_rng(seed).random((MEMBERS, len(weight), 1)) >= share) / (1 - share)
    return LinearMembers(weight, bias, weight * keep, np.tile(bias, (MEMBERS, 1)), np.zeros(len(weight)))


def guard_of(x: np.ndarray, folds: int = 5) -> dict:
    """As tabular.calibrate.fit_guard, for more features than a cohort can support: the correlation is shrunk by F / (F + N), and the
    limit is the 99 % point of patients that their own guard has not seen."""

    def fit(rows: np.ndarray) -> dict:
        mean = np.nan_to_num(np.nanmean(rows, axis=0))
        away = np.where(np.isnan(rows), 0.0, rows - mean)
        sd = np.maximum(away.std(0), 1e-6)
        n, f = rows.shape
        shrunk = n / (f + n) * (away / sd).T @ (away / sd) / n + f / (f + n) * np.eye(f)
        precision = np.linalg.inv(shrunk) / np.outer(sd, sd)
        return {"mean": mean.tolist(), "precision": ((precision + precision.T) / 2).tolist()}

    at = np.arange(len(x)) % folds
    unseen = np.concatenate([guard_distance(fit(x[at != k]), x[at == k]) for k in range(folds)])
    return {**fit(x), "limit": float(np.quantile(unseen, 0.99))}


def head_part(
    head: ServiceHead, name: str, out: Path, rows: np.ndarray, width: int, proxies: int, clinical: list[str], evaluation: dict
) -> dict:
    """Writes OUT/<name>-head.onnx; `rows` [N, F] of the training patients. The part lacks status and what the outputs mean."""
    image, proxy = ([f"{kind}_{n + 1}" for n in range(count)] for kind, count in (("image", width), ("proxy", proxies)))
    output = "log_risk" if head.weight.shape[1] == 1 else "probabilities"
    file = f"{name}-head"
    export_part(head.eval(), {"features": torch.as_tensor(rows[:3], dtype=torch.float32)}, (output, "members"), out, file, {}, rows=True)
    (out / f"{file}.json").unlink()
    return {
        "file": f"{file}.onnx",
        "input": "features",
        "output": output,
        "members": "members",
        "features": [*image, *proxy, *clinical],
        "required": [*image, *proxy],
        "reference": np.nan_to_num(np.nanmedian(rows, axis=0)).tolist(),
        "guard": guard_of(rows),
        "groups": {"image": image, **({"similar patients": proxy} if proxy else {}), **{c: [c] for c in clinical}},
        "evaluation": evaluation,
    }


def classification(part: dict, classes: Sequence[str], probabilities: np.ndarray, truth: np.ndarray) -> dict:
    """Limits from patients kept back; truth -1 is unknown."""
    is_stated = truth >= 0
    limits = conformal_limits(probabilities[is_stated], truth[is_stated], ERROR_RATE)
    return {
        "status": "tabular",
        **part,
        "classes": list(classes),
        "conformal": {"error_rate": ERROR_RATE, "limits": dict(zip(classes, limits.tolist(), strict=True))},
    }


def survival(part: dict, days: np.ndarray, event: np.ndarray, risk: np.ndarray) -> dict:
    """Baseline and groups from patients kept back."""
    if event.sum() < MIN_DEATHS:
        return {"status": "not_evaluable", "reason": f"only {int(event.sum())} deaths to measure the hazard on"}
    time = days / DAYS_PER_MONTH
    months, hazard = scores.breslow(time, event, risk)
    limits = [float(q) for q in np.quantile(risk, [1 / 3, 2 / 3])]
    group = np.searchsorted(limits, risk, side="left")
    groups = [
        {
            "name": name,
            "upper_log_risk": (*limits, None)[g],
            "n": int((group == g).sum()),
            "events": int(event[group == g].sum()),
            "kaplan_meier": {"months": curve.pop("time"), **curve},
        }
        for g, name in enumerate(RISK_GROUPS)
        for curve in [scores.kaplan_meier(time[group == g], event[group == g])]
    ]
    return {
        "status": "tabular-survival",
        **part,
        "baseline": {"months": months, "cumulative_hazard": hazard},
        "horizons_months": [h for h in HORIZONS if h <= months[-1]],
        "risk_groups": groups,
    }


def write_service(out: Path, settings: Settings, width: int, file: str, heads: dict, library: dict | None = None) -> None:
    """OUT/service.json: what `install` puts into a manifest. Option `occlusion` of the settings changes or (false) drops it."""
    occlusion = settings.option("occlusion", {"block_voxels": 8, "stride_voxels": 8, "margin_mm": 10, "baseline": 0})
    encoder = {
        "file": file,
        "input": "image",
        "output": "features",
        "width": width,
        "size": list(settings.size),
        "centre": "head",
        **({"library": library} if library else {}),
        **({"occlusion": occlusion} if occlusion else {}),
    }
    write_json(out / "service.json", {"encoder": encoder, "heads": heads, "channels": settings.channels})


def install(work: Path, bundle: Path) -> list[str]:
    """Copies the files of OUT/service.json into the bundle and gives its manifest the encoder and the heads; the names."""
    part = json.loads((work / "service.json").read_text())
    path = bundle / "bundle.json"
    manifest = json.loads(path.read_text())
    order = sorted(manifest["sequences"], key=lambda s: manifest["sequences"][s]["channel"])
    if [s.lower() for s in order] != part["channels"]:
        raise ValueError(f"the work saw {', '.join(part['channels'])}; the bundle gives {', '.join(order)}")
    files = [part["encoder"]["file"], *(h["file"] for h in part["heads"].values() if "file" in h)]
    if "library" in part["encoder"]:
        files += ["library.json", "library.bin"]
    for name in files:
        data = (work / name).read_bytes()
        shutil.copyfile(work / name, bundle / name)
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    manifest["encoder"] = part["encoder"]
    manifest["heads"].update(part["heads"])
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return files


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--work", type=Path, required=True, help="folder that gliatrain.works.run wrote")
    ap.add_argument("--bundle", type=Path, required=True, help="folder with bundle.json, which is changed")
    a = ap.parse_args()
    print("installed", ", ".join(install(a.work, a.bundle)), "into", a.bundle)


if __name__ == "__main__":
    main()
