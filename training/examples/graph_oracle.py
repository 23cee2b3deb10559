"""Runs a graph bundle with NumPy, SciPy and ONNX Runtime alone, as config/models/README.md says: the oracle of the service's engine.

Grids: {"shape_zyx", "spacing" (x, y, z mm), "origin" (x, y, z of the first voxel's centre)}; volumes [Z, Y, X].
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
from scipy import ndimage as ndi

ORDER = {"axial": (0, 1, 2), "sagittal": (2, 0, 1), "coronal": (1, 0, 2)}
CUBE = np.ones((3, 3, 3), bool)
NEAR = 2e-4


def coordinates(grid: dict) -> list[np.ndarray]:
    axes = [grid["origin"][a] + grid["spacing"][a] * np.arange(grid["shape_zyx"][2 - a]) for a in range(3)]
    z, y, x = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    return [x, y, z]


def interpolated(volume: np.ndarray, source: dict, target: dict) -> np.ndarray:
    """Linear; 0 beyond the outermost voxel centres."""
    x, y, z = (((c - source["origin"][a]) / source["spacing"][a]).round(9) for a, c in enumerate(coordinates(target)))
    return ndi.map_coordinates(volume.astype(np.float64), [z, y, x], order=1, mode="constant", cval=0.0, prefilter=False)


def transform_mask(mask: np.ndarray, rule: dict, voxel_ml: float) -> np.ndarray:
    name = rule["name"]
    if name == "FillHoles":
        if not rule.get("per_slice"):
            return ndi.binary_fill_holes(mask)
        planes = [np.stack([ndi.binary_fill_holes(s) for s in np.moveaxis(mask, a, 0)]) for a in range(3)]
        return np.any([np.moveaxis(p, 0, a) for a, p in enumerate(planes)], axis=0)
    if name == "BinaryClosing":
        n = rule.get("iterations", 1)
        return ndi.binary_closing(np.pad(mask, n + 1), CUBE, iterations=n)[(slice(n + 1, -n - 1),) * 3]
    parts, count = ndi.label(mask, CUBE)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    if name == "RemoveSmallObjects":
        return (sizes * voxel_ml >= rule["min_size_ml"] - 1e-9)[parts] & mask
    assert name == "KeepLargestConnectedComponent"
    keep = np.argsort(-sizes, kind="stable")[: rule.get("num_components", 1)]
    return np.isin(parts, keep[sizes[keep] > 0]) & mask


def kept_by_contrast(mask: np.ndarray, bright: np.ndarray, dark: np.ndarray, rule: dict) -> np.ndarray:
    """The objects that RemoveObjectsByContrast or RemoveObjectsByUptake leaves."""
    parts, count = ndi.label(mask, CUBE)
    kept = np.zeros(count + 1, bool)
    for n in range(1, count + 1):
        b, d = bright[parts == n].astype(np.float64), dark[parts == n].astype(np.float64)
        if rule["name"] == "RemoveObjectsByContrast":
            kept[n] = (b - d).mean() > rule["min_mean_difference"]
        else:
            uptake = b - d - rule["subtrahend_share"] * np.clip(d, 0, None)
            kept[n] = np.percentile(uptake, rule["percentile"]) > rule["min_uptake"]
    return kept[parts]


FACES = ndi.generate_binary_structure(3, 1)


def add_cavities(mask: np.ndarray, image: np.ndarray, rule: dict, voxel_ml: float) -> np.ndarray:
    """The rule AddCavities: 40 voxels around the mask are examined; what the opening removed is restored in two steps across faces
    (where two cavities meet, to the one with the smaller number); near means within 3 voxels, and the rim is 2 voxels wide."""
    out = mask.copy()
    if not mask.any():
        return out
    at = np.argwhere(mask)
    box = tuple(slice(max(0, a - 40), b + 41) for a, b in zip(at.min(0), at.max(0), strict=True))
    tumour, seen = mask[box], image[box]
    dark = ~tumour & (seen < rule["below"])
    near = ndi.binary_dilation(tumour, CUBE, iterations=3)
    parts, count = ndi.label(ndi.binary_erosion(dark, CUBE, border_value=1), CUBE)
    owner, cavities = np.zeros_like(parts), np.zeros_like(dark)
    for n in range(1, count + 1):
        cavity = parts == n
        for _ in range(2):
            cavity |= ndi.binary_dilation(cavity, FACES) & dark & (owner == 0)
        owner[cavity] = n
        surface = cavity & ndi.binary_dilation(~cavity, FACES)
        if cavity.sum() * voxel_ml >= rule["min_size_ml"] and (surface & near).sum() >= rule["min_contact"] * surface.sum():
            cavities |= cavity
    out[box] |= ndi.binary_dilation(cavities, CUBE, iterations=2) & (seen != 0)
    return out


def head_zscore(v: np.ndarray, rule: dict) -> np.ndarray:
    v = v.astype(np.float32)
    if rule["name"] == "nonzero-zscore":
        there = v[v != 0].astype(np.float64)
        return np.where(v == 0, 0, (v - there.mean()) / there.std())
    fore = v[v > rule["threshold_fraction_of_p99"] * np.percentile(v[v > 0], 99)].astype(np.float64)
    low, high = np.percentile(fore, rule["clip_percentiles"])
    clipped = np.clip(fore, low, high)
    return np.clip((np.clip(v, low, high) - clipped.mean()) / clipped.std(), *rule["clip"])


def activated(logits: np.ndarray, activation: str) -> np.ndarray:
    """[K, ...]"""
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-logits))
    e = np.exp(logits - logits.max(0))
    return e / e.sum(0)


class Oracle:
    def __init__(self, folder: Path, manifest: dict, image):
        self.m, self.image = manifest, image
        self.sessions = {
            n: ort.InferenceSession(str(folder / w["file"]), providers=["CPUExecutionProvider"]) for n, w in manifest["networks"].items()
        }
        self.order = sorted(manifest["sequences"], key=lambda s: manifest["sequences"][s]["channel"])
        self.stages: list[dict] = manifest["stages"]
        self.done: dict[str, tuple] = {}

    def names(self, stage: dict) -> list[str]:
        out = stage["output"]
        return out["classes"] if out["activation"] == "softmax" else out["regions"]

    def region(self, stage: dict, p: np.ndarray, name: str) -> np.ndarray:
        names = self.names(stage)
        if name in names:
            return p[names.index(name)]
        keys = [label["key"] for label in self.m["labels"] if label["index"] in self.m["regions"][name]]
        return p[[names.index(k) for k in keys]].sum(0)

    def has_mask(self, name: str) -> bool:
        """Whether the stage that it comes from has run."""
        return self.m["masks"][name]["stage"] in self.done

    def mask(self, name: str) -> tuple[np.ndarray, dict]:
        rule = self.m["masks"][name]
        stage, grid, _, p, _ = self.done[rule["stage"]]
        mask = np.sum([self.region(stage, p, o) for o in rule["outputs"]], axis=0) > rule["threshold"]
        for one in rule["transforms"]:
            mask = transform_mask(mask, one, float(np.prod(grid["spacing"])) / 1000)
        return mask, grid

    def logits(self, member: dict, channels: np.ndarray, activation: str) -> np.ndarray:
        """Probabilities [K, Z, Y, X] of one member without flips."""
        network = self.m["networks"][member["network"]]
        inferer, session = network["inferer"], self.sessions[member["network"]]

        def run(x: np.ndarray) -> np.ndarray:
            return session.run(None, {"image": np.ascontiguousarray(x, np.float32)})[0].astype(np.float64)

        if inferer["name"] == "SliceInferer":  # in one go, whatever the slabs
            order, k, c = ORDER[member["view"]], inferer["divisible_pad"], inferer["context"]
            x = channels.transpose(1 + order[0], 0, 1 + order[1], 1 + order[2])
            _d, _, h, w = x.shape
            y = run(np.pad(x, [(c, c), (0, 0), (0, -h % k), (0, -w % k)]))[:, :, :h, :w].transpose(1, 0, 2, 3)
            return activated(y.transpose(0, *(1 + np.argsort(order))), activation)
        size = np.array(channels.shape[1:])
        simple = inferer["name"] == "SimpleInferer"
        roi = -(-size // inferer["divisible_pad"]) * inferer["divisible_pad"] if simple else np.array(inferer["roi_size"])
        extra = np.maximum(roi - size, 0)
        pads = [(int(e // 2), int(e - e // 2)) for e in extra]
        fill = [0.0 if inferer.get("padding") == "zero" else float(c.min()) for c in channels]
        x = np.stack([np.pad(c, pads, constant_values=f) for c, f in zip(channels, fill, strict=True)])
        starts = []
        for n, r in zip(x.shape[1:], roi, strict=True):
            step = max(1, int(r * (1 - (0 if simple else inferer["overlap"]))))
            starts.append([min(i * step, n - r) for i in range(int(np.ceil((n - r) / step)) + 1)])
        weight = np.ones(roi)
        if not simple and inferer["mode"] == "gaussian":
            g = [np.exp(-0.5 * ((np.arange(r) - (r - 1) / 2) / (inferer["sigma_scale"] * r)) ** 2) for r in roi]
            weight = np.maximum(g[0][:, None, None] * g[1][None, :, None] * g[2][None, None, :], 1e-3)
        total, norm = np.zeros(()), np.zeros(x.shape[1:])
        for z in starts[0]:
            for y in starts[1]:
                for w in starts[2]:
                    at = (slice(z, z + roi[0]), slice(y, y + roi[1]), slice(w, w + roi[2]))
                    out = run(x[(slice(None), *at)][None])[0]
                    if inferer.get("blend") != "logits":
                        out = activated(out, activation)
                    total = total if total.ndim else np.zeros((len(out), *x.shape[1:]))
                    total[(slice(None), *at)] += out * weight
                    norm[at] += weight
        total /= norm
        if inferer.get("blend") == "logits":
            total = activated(total, activation)
        return total[(slice(None), *(slice(a, a + n) for (a, _), n in zip(pads, size, strict=True)))]

    def run_stage(self, stage: dict, grid: dict, channels: np.ndarray, missing: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Fused probabilities, and each member's under each flip."""
        names, activation, shape = self.names(stage), stage["output"]["activation"], tuple(grid["shape_zyx"])
        keep = None
        if "within" in stage:
            mask, there = self.mask(stage["within"])
            keep = interpolated(mask, there, grid) > 0.5
        samples, means = [], []
        weights = stage["fusion"].get("weights", [1] * len(stage["members"]))
        for rule in reversed(stage["fusion"].get("weights_without", [])):
            weights = rule["weights"] if rule["sequence"] in missing else weights
        for member, weight in zip(stage["members"], weights, strict=True):
            if weight == 0:
                continue
            own = []
            if "stage" in member:
                other, there, _, p, _ = self.done[member["stage"]]
                own = [
                    np.stack([np.zeros(shape) if n == "background" else interpolated(self.region(other, p, n), there, grid) for n in names])
                ]
                if activation == "softmax":
                    own[0][0] = 1 - own[0][1:].sum(0)
            for flip in member.get("tta_flips", [[]]) if "network" in member else []:
                axes = tuple(1 + "zyx".index(a) for a in flip)
                own.append(np.flip(self.logits(member, np.flip(channels, axes), activation), axes))
            if keep is not None:
                outside = np.array([1.0 if n == "background" else 0.0 for n in names])[:, None, None, None]
                own = [np.where(keep, one, outside) for one in own]
            samples += own
            means.append(np.mean(own, axis=0))
        return np.average(means, axis=0, weights=[weight for weight in weights if weight]), samples

    def images(self, grid: dict, missing: list[str]) -> list[np.ndarray | None]:
        return [None if s in missing else self.image(s, *coordinates(grid)).astype(np.float32) for s in self.order]

    def prepare(self, stage: dict, first: dict, missing: list[str]) -> tuple[dict, np.ndarray] | None:
        """The grid of a stage and its channels on it; None where its box is empty and it is skipped."""
        box = None
        if "box" in stage:
            mask, there = self.mask(stage["box"]["mask"]) if self.has_mask(stage["box"]["mask"]) else (np.zeros(0, bool), {})
            if not mask.any():
                assert stage["box"]["if_empty"] == "skip"
                return None
            margin = np.ceil(stage["box"]["margin_mm"] / np.asarray(there["spacing"])[::-1] - 1e-9).astype(int)
            voxels = np.argwhere(mask)
            box = np.maximum(voxels.min(0) - margin, 0), np.minimum(voxels.max(0) + 1 + margin, mask.shape)
        base = there if box is not None else first
        low_zyx, high_zyx = box if box is not None else (np.zeros(3), np.array(first["shape_zyx"]))
        edge = np.asarray(base["origin"]) + np.asarray(base["spacing"]) * (np.asarray(low_zyx)[::-1] - 0.5)
        extent = np.asarray(base["spacing"]) * (np.asarray(high_zyx) - np.asarray(low_zyx))[::-1]
        if "stage" in stage["grid"]:
            _, grid, channels, _, _ = self.done[stage["grid"]["stage"]]
            a = np.round((edge - np.asarray(grid["origin"])) / grid["spacing"] + 0.5).astype(int)[::-1]
            n = np.round(extent / grid["spacing"]).astype(int)[::-1]
            a0, b0 = np.maximum(a, 0), np.minimum(a + n, grid["shape_zyx"])
            cut = {
                "shape_zyx": tuple(b0 - a0),
                "spacing": grid["spacing"],
                "origin": np.asarray(grid["origin"]) + grid["spacing"] * a0[::-1],
            }
            return cut, channels[:, a0[0] : b0[0], a0[1] : b0[1], a0[2] : b0[2]]
        spacing = np.asarray(stage["grid"]["spacing_mm"], float)
        grid = {"shape_zyx": tuple(np.ceil(extent / spacing - 1e-9).astype(int)[::-1]), "spacing": spacing, "origin": edge + spacing / 2}
        rule, out = stage["normalisation"], []
        if rule["name"] == "mask-zscore":
            mask, there = self.mask(rule["mask"])
            inside = interpolated(mask, there, grid) > 0.5
        for v in self.images(grid, missing):
            if v is None:
                out.append(np.zeros(grid["shape_zyx"]))
            elif rule["name"] == "mask-zscore":
                at = inside & (v > 0)
                out.append(np.where(at, (v - v[at].astype(np.float64).mean()) / v[at].astype(np.float64).std(), 0))
            else:
                out.append(head_zscore(v, rule))
        return grid, np.stack(out)

    def run(self, first: dict, missing: list[str]) -> dict:
        lacking = {r for r, needs in self.m.get("needs", {}).items() if set(needs) & set(missing)}
        stages, result = [], self.m["result"]
        for n, stage in enumerate(self.stages):
            serves = [r for r, s in result.get("regions", {}).items() if s == stage["name"]]
            if serves and all(r in lacking for r in serves):
                stages.append({"stage": stage["name"], "skipped": True})
                continue
            if n == 0:
                rule = stage["normalisation"]
                images = [np.zeros(first["shape_zyx"]) if v is None else head_zscore(v, rule) for v in self.images(first, missing)]
                ready: tuple[dict, np.ndarray] | None = (first, np.stack(images))
            else:
                ready = self.prepare(stage, first, missing)
            if ready is None:
                stages.append({"stage": stage["name"], "skipped": True})
                continue
            grid, channels = ready
            seen = channels
            if "previous_stage" in stage:
                other, there, _, p, _ = self.done[stage["previous_stage"]["stage"]]
                lead = np.stack([interpolated(one, there, grid) for one in p]).argmax(0)
                seen = np.concatenate([channels, [lead == self.names(other).index(c) for c in stage["previous_stage"]["classes"]]])
            p, samples = self.run_stage(stage, grid, seen, missing)
            self.done[stage["name"]] = stage, grid, channels, p, samples
            stages.append({"stage": stage["name"], "size_zyx": [int(v) for v in grid["shape_zyx"]]})
        stage, grid, channels, p, samples = self.done[result["stage"]]
        if "regions" not in result:
            tumour = np.stack([s[1:4].sum(0) for s in samples])
            ordered = np.sort(p, 0)
            return {
                "stages": stages,
                "grid": grid,
                "probabilities": p,
                "samples": [s.argmax(0) for s in samples],
                "deviation": tumour.std(0, ddof=1),
                "near": np.any([np.diff(np.sort(s, 0)[-2:], axis=0)[0] < NEAR for s in samples], axis=0)
                | (ordered[-1] - ordered[-2] < NEAR),
            }
        return {"stages": stages, "grid": grid, **self.nested(grid, channels, missing, lacking)}

    def nested(self, grid: dict, channels: np.ndarray, missing: list[str], lacking: set[str]) -> dict:
        result, voxel_ml = self.m["result"], float(np.prod(grid["spacing"])) / 1000
        chain = ["WT", "TC", "ET"]  # ED, NCR, ET
        zero = np.zeros(grid["shape_zyx"])

        def placed(name: str, stage_name: str, sample: int | None = None) -> np.ndarray:
            if name in lacking or stage_name not in self.done:
                return zero
            stage, there, _, p, samples = self.done[stage_name]
            if sample is not None:
                p = samples[sample % len(samples)]
            return interpolated(self.region(stage, p, name), there, grid)

        def finished(p: list[np.ndarray]) -> list[np.ndarray]:
            w, t, e = (one > 0.5 for one in p)
            masks = [w | t, t, e & t]
            for rule in self.m["postprocess"].get("transforms", []):
                for name in rule["applied_labels"]:
                    n = chain.index(name)
                    if rule["name"] == "AddCavities":
                        if rule["sequence"] in missing:
                            continue
                        changed = add_cavities(masks[n], channels[self.order.index(rule["sequence"])], rule, voxel_ml)
                    elif "minuend" in rule:
                        if {rule["minuend"], rule["subtrahend"]} & set(missing):
                            continue
                        bright, dark = (channels[self.order.index(rule[key])] for key in ("minuend", "subtrahend"))
                        changed = kept_by_contrast(masks[n], bright, dark, rule)
                    else:
                        changed = transform_mask(masks[n], rule, voxel_ml)
                    masks = [changed if m == n else one & changed if m > n else one | changed for m, one in enumerate(masks)]
            return masks

        p = [placed(r, result["regions"][r]) for r in chain]
        near = np.any([np.abs(one - 0.5) < NEAR for one in p], axis=0)
        p = [np.maximum(p[0], p[1]), p[1], np.minimum(p[1], p[2])]
        for n, mask in enumerate(finished(p)):
            p[n] = np.where(mask & (p[n] <= 0.5), np.maximum(1 - p[n], 0.5001), np.where(~mask & (p[n] > 0.5), 1 - p[n], p[n]))
            if n:
                p[n] = np.minimum(p[n], p[n - 1])
        brain = np.clip(placed("BRAIN", result["anatomy"]["BRAIN"]) - p[0], 0, 1 - p[0])
        probabilities = np.stack([1 - p[0] - brain, p[1] - p[2], p[0] - p[1], p[2], brain])
        givers = {result["regions"][r] for r in chain if r not in lacking} & set(self.done)
        labels = []
        for s in range(max(len(self.done[g][4]) for g in givers)):
            one = [placed(r, result["regions"][r], s) for r in chain]
            near |= np.any([np.abs(v - 0.5) < NEAR for v in one], axis=0)
            w, t, e = finished(one)
            labels.append(np.where(e, 3, np.where(t, 1, np.where(w, 2, 0))))
        stage, there, _, _, samples = self.done[result["regions"]["WT"]]
        spread = np.stack([self.region(stage, one, "WT") for one in samples]).std(0, ddof=1)
        return {"probabilities": probabilities, "samples": labels, "deviation": interpolated(spread, there, grid), "near": near}
