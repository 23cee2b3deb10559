"""A MONAI bundle -> a Gliabridge bundle. `python examples/monai_bundle.py --monai FOLDER --bundle FOLDER`

Reads configs/metadata.json (channels and classes), configs/inference.json (network_def, preprocessing, inferer) and
models/model.pt. Needs monai, torch, onnx, onnxruntime.
  - Orientationd: the network's axes and directions are turned inside the ONNX graph to the service's Z, Y, X of LPS.
  - Spacingd, NormalizeIntensityd(nonzero, channel_wise), the sliding window: read into the manifest.
  - sigmoid outputs for whole tumour, core and enhancing tumour: turned into classes inside the graph.
  - anything else in the preprocessing that changes intensities or extent: refused, since the service would not do it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bundle_folder import (
    Model,
    Refused,
    export_network,
    from_lps_zyx,
    label_key,
    load_weights,
    nested_regions,
    picked_classes,
    sequence_of,
    write_segmentation_bundle,
)

# Loading and type only; the service does the same in its own way. Cropping to the head keeps every voxel that counts.
HARMLESS = {"LoadImaged", "EnsureChannelFirstd", "EnsureTyped", "ToTensord", "CastToTyped", "CropForegroundd"}
REGION_ORDER = {"whole": "ED", "core": "NCR", "enhancing": "ET"}


def short(target: str) -> str:
    return target.rsplit(".", 1)[-1]


def read_preprocessing(steps: list[dict]) -> tuple[str, list[float]]:
    """Orientation and spacing; refuses steps that the service cannot reproduce."""
    axcodes, pixdim, normalised = None, None, False
    for step in steps:
        name = short(step["_target_"])
        if name == "Orientationd":
            axcodes = step["axcodes"]
        elif name == "Spacingd":
            pixdim = [float(v) for v in step["pixdim"]]
        elif name == "NormalizeIntensityd":
            if (
                not (step.get("nonzero") and step.get("channel_wise"))
                or step.get("subtrahend") is not None
                or step.get("divisor") is not None
            ):
                raise Refused(
                    "NormalizeIntensityd must have nonzero=true, channel_wise=true and no constants: the service has no other match"
                )
            normalised = True
        elif name not in HARMLESS:
            raise Refused(f"{name} in the preprocessing: the service has no match; fold it into the network or train without it")
    if axcodes is None or pixdim is None or not normalised:
        raise Refused("the preprocessing must hold Orientationd, Spacingd and NormalizeIntensityd: what is not stated cannot be matched")
    return axcodes, pixdim


def classes_of(output: dict) -> tuple[str, list[str], list[int]]:
    """("softmax" or "regions", keys of the labels, the output channels in that order)."""
    names = {int(k): v for k, v in output["channel_def"].items()}
    if "background" in names.get(0, "").lower():
        return "softmax", [label_key(names[k]) for k in sorted(names) if k > 0], sorted(names)
    channels = {key: k for word, key in REGION_ORDER.items() for k, name in names.items() if word in name.lower()}
    if set(channels) != {"ED", "NCR", "ET"} or len(names) != 3:
        raise Refused(f"the outputs {names} are neither background and labels nor whole tumour, tumour core and enhancing tumour")
    return "regions", ["ED", "NCR", "ET"], [channels["ED"], channels["NCR"], channels["ET"]]


def convert(source: Path, folder: Path) -> dict:
    from monai.bundle import ConfigParser

    metadata = json.loads((source / "configs/metadata.json").read_text())
    config = ConfigParser(json.loads((source / "configs/inference.json").read_text()))
    network = config.get_parsed_content("network_def")
    network.load_state_dict(load_weights(source / "models/model.pt"))
    axcodes, pixdim = read_preprocessing(config["preprocessing"]["transforms"])
    channel_def = metadata["network_data_format"]["inputs"]["image"]["channel_def"]
    sequences = [sequence_of(channel_def[k]) for k in sorted(channel_def, key=int)]
    kind, keys, order = classes_of(metadata["network_data_format"]["outputs"]["pred"])
    inferer = config["inferer"]
    if short(inferer["_target_"]) != "SlidingWindowInferer":
        raise Refused(f"{inferer['_target_']}: the service runs sliding windows")
    if inferer.get("padding_mode", "constant") != "constant" or inferer.get("cval", 0) != 0:
        raise Refused("the inferer must pad with zeros")
    network = nested_regions(network, order) if kind == "regions" else picked_classes(network, order)
    oriented, axis_of_zyx = from_lps_zyx(network, axcodes)
    roi = [int(inferer["roi_size"][n]) for n in axis_of_zyx]
    folder.mkdir(parents=True, exist_ok=True)
    export_network(oriented, folder / "segmentation.onnx", len(sequences), roi)
    differences = [
        "The service removes no skull: a network that only saw stripped brains must not be used on clinical heads.",
        "Images are smoothed before they are made coarser (a Gaussian), where Spacingd interpolates alone; zeros then end a little "
        "further out.",
        "Series are registered to each other by the service; the working grid covers the head with 10 mm around it.",
    ]
    if set(axcodes) & {"R", "A", "I"}:
        differences.append(
            "Along axes that MONAI reads the other way (R, A, I), windows are laid out, and odd padding is split, from the other end."
        )
    if kind == "regions":
        differences.append(
            "The labels are those of the regions at 1/2, exactly; the probabilities behind the uncertainty are of an "
            "adjacent-category model."
        )
    model = Model(
        name=metadata["name"],
        source=f'the MONAI bundle "{metadata["name"]}" {metadata["version"]}',
        license=metadata.get("license", metadata.get("copyright", "not stated")),
        sequences=sequences,
        keys=keys,
        spacing_zyx=[pixdim[n] for n in axis_of_zyx],
        roi_zyx=roi,
        overlap=float(inferer.get("overlap", 0.25)),
        mode=inferer.get("mode", "constant"),
        sigma_scale=float(inferer.get("sigma_scale", 0.125)),
        flips=[[]],
        differences=differences,
    )
    return write_segmentation_bundle(folder, model)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--monai", type=Path, required=True)
    ap.add_argument("--bundle", type=Path, required=True)
    a = ap.parse_args()
    manifest = convert(a.monai, a.bundle)
    print(f"{a.bundle}: {', '.join(manifest['sequences'])}; next: gliabridge verify-bundle {a.bundle}")


if __name__ == "__main__":
    main()
