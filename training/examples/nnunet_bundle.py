"""A trained nnU-Net v2 -> a Gliabridge bundle. `python examples/nnunet_bundle.py --trained FOLDER --lps --bundle FOLDER`

Reads plans.json, dataset.json and fold_<n>/checkpoint_final.pth of a results folder (Trainer__Plans__3d_fullres). Needs
torch, dynamic-network-architectures, onnx, onnxruntime; nnunetv2 itself is not needed.
  - label training and nested region training (whole tumour, core, enhancing) both become classes.
  - ZScoreNormalization with the mask of non-zero voxels becomes "nonzero-zscore"; any other scheme is refused.
  - nnU-Net does not record how its arrays were oriented in the patient: --lps states that index order was X, Y, Z of LPS, as in BraTS.
"""

from __future__ import annotations

import argparse
import json
import pydoc
from pathlib import Path

from bundle_folder import Model, Refused, export_network, label_key, load_weights, nested_regions, sequence_of, write_segmentation_bundle


def build_network(architecture: dict, channels: int, outputs: int):
    """The network that the plans name, without deep supervision."""
    kwargs = dict(architecture["arch_kwargs"])
    for key in architecture["_kw_requires_import"]:
        kwargs[key] = pydoc.locate(kwargs[key]) if kwargs[key] is not None else None
    cls = pydoc.locate(architecture["network_class_name"])
    if not callable(cls):
        raise Refused(f"{architecture['network_class_name']} cannot be imported")
    return cls(input_channels=channels, num_classes=outputs, deep_supervision=False, **kwargs)


def classes_of(dataset: dict) -> tuple[list[str], bool]:
    """(keys of the labels in the order of the outputs, are they regions?)."""
    labels = {name: value for name, value in dataset["labels"].items() if name != "background"}
    if any(name == "ignore" for name in labels):
        labels.pop("ignore")
    regions = {name: value for name, value in labels.items() if isinstance(value, (list, tuple))}
    if not regions:
        names = sorted(labels, key=lambda name: labels[name])
        if [labels[n] for n in names] != list(range(1, len(names) + 1)):
            raise Refused("labels must be 1, 2, 3 ... without gap")
        return [label_key(n) for n in names], False
    order = dataset["regions_class_order"]
    members = [set(v) if isinstance(v, (list, tuple)) else {v} for v in labels.values()]
    if len(order) != len(members) or any(m != set(order[n:]) for n, m in enumerate(members)):
        raise Refused(
            "regions must lie inside each other, the widest first, and regions_class_order must follow them: "
            "the service writes one label per voxel"
        )
    return [label_key(name) for name in labels], True


def configuration_of(plans: dict, name: str, channels: int) -> dict:
    config = plans["configurations"][name]
    while "inherits_from" in config:
        config = {**plans["configurations"][config["inherits_from"]], **{k: v for k, v in config.items() if k != "inherits_from"}}
    if len(config["patch_size"]) != 3:
        raise Refused(f"{name} is a 2D configuration: the service runs 3D windows")
    if config.get("previous_stage"):
        raise Refused(f"{name} is the second stage of a cascade: the service runs one stage")
    if list(plans["transpose_forward"]) != [0, 1, 2]:
        raise Refused(f"transpose_forward is {plans['transpose_forward']}: only arrays in Z, Y, X are handled")
    schemes = config["normalization_schemes"]
    if schemes != ["ZScoreNormalization"] * channels:
        raise Refused(f"normalization_schemes are {schemes}: the service has a match for ZScoreNormalization alone")
    if not all(config["use_mask_for_norm"]):
        raise Refused(
            "use_mask_for_norm is false: the z-score was taken over the whole cropped image, background included, "
            "and the service crops in another way; train with the mask, or on skull-stripped images"
        )
    return config


def convert(
    trained: Path,
    folder: Path,
    *,
    lps: bool,
    configuration: str = "3d_fullres",
    fold: str = "0",
    checkpoint: str = "checkpoint_final.pth",
    name: str = "nnU-Net",
) -> dict:
    if not lps:
        raise Refused("say --lps when the images' index order was X, Y, Z of LPS (BraTS is): nnU-Net does not record it")
    plans, dataset = (json.loads((trained / f).read_text()) for f in ("plans.json", "dataset.json"))
    channel_names = dataset["channel_names"]
    sequences = [sequence_of(channel_names[k]) for k in sorted(channel_names, key=int)]
    keys, regions = classes_of(dataset)
    config = configuration_of(plans, configuration, len(sequences))
    state = load_weights(trained / f"fold_{fold}" / checkpoint)
    network = build_network(config["architecture"], len(sequences), len(keys) + (0 if regions else 1))
    network.load_state_dict({k.removeprefix("module."): v for k, v in state["network_weights"].items()})
    folder.mkdir(parents=True, exist_ok=True)
    ordered = nested_regions(network, list(range(len(keys)))) if regions else network
    export_network(ordered, folder / "segmentation.onnx", len(sequences), config["patch_size"])
    mirrored = ["zyx"[axis] for axis in state.get("inference_allowed_mirroring_axes") or ()]
    flips: list[list[str]] = [[]]
    for axis in mirrored:
        flips += [[*flip, axis] for flip in flips]
    source = f"nnU-Net v2 ({plans['dataset_name']}, {configuration}, {state['trainer_name']}, fold {fold})"
    differences = [
        "The service removes no skull: a network that only saw stripped brains must not be used on clinical heads.",
        "nnU-Net takes mean and deviation before it resamples, inside the filled union of all channels' non-zero voxels; the service "
        "after, inside each channel's own non-zero voxels. On stripped brains on a like grid the two agree but for holes and edges.",
        "Windows start every half window with the last flush; nnU-Net spreads them evenly, and its Gaussian is cut at 4 sigma.",
        "Under test-time flips the service averages probabilities, nnU-Net logits. One fold is taken; an ensemble needs `network.members`.",
        "Images are smoothed before they are made coarser (a Gaussian), where nnU-Net uses splines of order 3.",
    ]
    if regions:
        differences.append(
            "The labels are those of the regions at 1/2, exactly; the probabilities behind the uncertainty are of an "
            "adjacent-category model."
        )
    model = Model(
        name=name,
        source=source,
        license=dataset.get("licence", dataset.get("license", "not stated")),
        sequences=sequences,
        keys=keys,
        spacing_zyx=[float(v) for v in config["spacing"]],
        roi_zyx=[int(v) for v in config["patch_size"]],
        overlap=0.5,
        mode="gaussian",
        sigma_scale=0.125,
        flips=flips,
        differences=differences,
    )
    return write_segmentation_bundle(folder, model)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--trained", type=Path, required=True)
    ap.add_argument("--bundle", type=Path, required=True)
    ap.add_argument("--lps", action="store_true")
    ap.add_argument("--configuration", default="3d_fullres")
    ap.add_argument("--fold", default="0")
    ap.add_argument("--checkpoint", default="checkpoint_final.pth")
    ap.add_argument("--name", default="nnU-Net")
    a = ap.parse_args()
    manifest = convert(a.trained, a.bundle, lps=a.lps, configuration=a.configuration, fold=a.fold, checkpoint=a.checkpoint, name=a.name)
    print(f"{a.bundle}: {', '.join(manifest['sequences'])}; next: gliabridge verify-bundle {a.bundle}")


if __name__ == "__main__":
    main()
