"""Makes test/support/bundles/{monai,nnunet,sklearn} and their golden.json. `python examples/make_fixtures.py --out DIR`

Tiny seeded networks with random weights, in folders as the tools themselves write them, converted by the examples, and run
by the tools on a made-up volume: MONAI's own transforms and sliding_window_inference; nnU-Net's ZScoreNormalization and
network; scikit-learn's predict_proba. Needs monai, nnunetv2 (its normalisation), dynamic-network-architectures, scikit-learn.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from importlib.metadata import version
from pathlib import Path

import monai_bundle
import nnunet_bundle
import numpy as np
import sklearn_head

SPACING = 2.0


def made_up(channels: int, size_zyx: tuple[int, int, int]) -> np.ndarray:
    """[C, Z, Y, X] of whole numbers: zero outside an off-centre box, asymmetric inside; the service's test has the same formula."""
    c, z, y, x = np.meshgrid(np.arange(channels), *(np.arange(n) for n in size_zyx), indexing="ij")
    v = 100 + 40 * c + (7 * x + 13 * y + 29 * z + 17 * c + x * y + 3 * y * z) % 211
    return np.where((x >= 2) & (y >= 1) & (y < size_zyx[1] - 3) & (z >= 1) & ((x + y + z + c) % 11 != 0), v, 0).astype(np.float32)


def samples(probabilities: np.ndarray, count: int = 300) -> dict:
    """Some voxels of [K, Z, Y, X] with every class, and how often each class leads."""
    rng = np.random.default_rng(3)
    flat = probabilities.reshape(len(probabilities), -1)
    at = np.sort(rng.choice(flat.shape[1], count, replace=False))
    return {
        "voxels": at.tolist(),
        "probabilities": np.round(flat[:, at].astype(float), 7).tolist(),
        "leads": np.bincount(flat.argmax(0), minlength=len(flat)).tolist(),
    }


def write(folder: Path, golden: dict) -> None:
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")


def make_monai(out: Path, work: Path) -> None:
    import torch
    from monai.bundle import ConfigParser
    from monai.inferers import sliding_window_inference
    from monai.transforms import NormalizeIntensity

    torch.manual_seed(7)
    config = {
        "network_def": {
            "_target_": "monai.networks.nets.UNet",
            "spatial_dims": 3,
            "in_channels": 2,
            "out_channels": 4,
            "channels": [4, 8],
            "strides": [2],
            "num_res_units": 1,
            "norm": "instance",
        },
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "LoadImaged", "keys": "image"},
                {"_target_": "EnsureChannelFirstd", "keys": "image"},
                {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
                {"_target_": "Spacingd", "keys": "image", "pixdim": [SPACING] * 3},
                {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True, "channel_wise": True},
            ],
        },
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [12, 16, 8], "overlap": 0.5, "mode": "gaussian"},
    }
    metadata = {
        "name": "Tiny MONAI network, random weights",
        "version": "1.0.0",
        "copyright": "Gliabridge",
        "license": "Apache-2.0",
        "network_data_format": {
            "inputs": {"image": {"channel_def": {"0": "FLAIR", "1": "T1c"}}},
            "outputs": {"pred": {"channel_def": {"0": "background", "1": "enhancing tumor", "2": "edema", "3": "necrotic core"}}},
        },
    }
    source = work / "monai"
    for name in ("configs", "models"):
        (source / name).mkdir(parents=True)
    (source / "configs/metadata.json").write_text(json.dumps(metadata))
    (source / "configs/inference.json").write_text(json.dumps(config))
    network = ConfigParser(config).get_parsed_content("network_def").eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    torch.save(network.state_dict(), source / "models/model.pt")
    monai_bundle.convert(source, out)
    image = made_up(2, (14, 20, 8))
    ras = np.ascontiguousarray(image.transpose(0, 3, 2, 1)[:, ::-1, ::-1])  # LPS Z, Y, X -> RAS X, Y, Z
    normalised = NormalizeIntensity(nonzero=True, channel_wise=True)(ras.copy())
    with torch.no_grad():
        logits = sliding_window_inference(
            torch.as_tensor(np.asarray(normalised))[None], (12, 16, 8), 1, network, overlap=0.5, mode="gaussian"
        )
    p = logits.softmax(1)[0].numpy()[:, ::-1, ::-1].transpose(0, 3, 2, 1)
    lps = np.asarray(normalised)[:, ::-1, ::-1].transpose(0, 3, 2, 1)
    write(
        out,
        {
            "provenance": f"monai {version('monai')}: NormalizeIntensity, sliding_window_inference, softmax",
            "size_zyx": [14, 20, 8],
            "normalised": [[float(v) for v in channel.ravel()[::17]] for channel in lps],
            **samples(p),
        },
    )


def make_nnunet(out: Path, work: Path) -> None:
    import torch
    from nnunetv2.preprocessing.normalization.default_normalization_schemes import ZScoreNormalization

    torch.manual_seed(11)
    architecture = {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        "arch_kwargs": {
            "n_stages": 2,
            "features_per_stage": [4, 8],
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3]] * 2,
            "strides": [[1, 1, 1], [2, 2, 2]],
            "n_conv_per_stage": [1, 1],
            "n_conv_per_stage_decoder": [1],
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
    }
    size = (12, 16, 8)
    plans = {
        "dataset_name": "Dataset999_Tiny",
        "transpose_forward": [0, 1, 2],
        "configurations": {
            "3d_fullres": {
                "patch_size": list(size),
                "spacing": [SPACING] * 3,
                "normalization_schemes": ["ZScoreNormalization"] * 4,
                "use_mask_for_norm": [True] * 4,
                "architecture": architecture,
            }
        },
    }
    dataset = {
        "channel_names": {"0": "T1", "1": "T1Gd", "2": "T2w", "3": "FLAIR"},
        "licence": "Apache-2.0",
        "regions_class_order": [1, 2, 3],
        "labels": {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": [3]},
    }
    source = work / "nnunet"
    (source / "fold_0").mkdir(parents=True)
    (source / "plans.json").write_text(json.dumps(plans))
    (source / "dataset.json").write_text(json.dumps(dataset))
    network = nnunet_bundle.build_network(architecture, 4, 3).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    scheme = ZScoreNormalization(use_mask_for_norm=True, intensityproperties={})
    # A volume whose channels are zero at the same places: there each channel's own non-zero voxels are nnU-Net's mask.
    image = made_up(4, size)
    image *= (image > 0).all(0)
    normalised = np.stack([scheme.run(channel.copy(), np.where(channel != 0, 0, -1)) for channel in image])
    with torch.no_grad():  # so that every label occurs
        logits = network(torch.from_numpy(normalised)[None])[0].reshape(3, -1)
        network.decoder.seg_layers[-1].bias -= torch.stack(
            [torch.quantile(one, q) for one, q in zip(logits, (0.4, 0.6, 0.75), strict=True)]
        )
    torch.save(
        {"network_weights": network.state_dict(), "trainer_name": "nnUNetTrainer", "inference_allowed_mirroring_axes": None},
        source / "fold_0/checkpoint_final.pth",
    )
    nnunet_bundle.convert(source, out, lps=True, name="Tiny nnU-Net, random weights")
    with torch.no_grad():
        regions = torch.sigmoid(network(torch.from_numpy(normalised)[None]))[0].numpy()
    labels = np.zeros(size, int)
    for region, label in zip(regions, (1, 2, 3), strict=True):  # nnU-Net's own rule for regions
        labels[region > 0.5] = label
    at = np.sort(np.random.default_rng(3).choice(labels.size, 300, replace=False))
    write(
        out,
        {
            "provenance": f"nnunetv2 {version('nnunetv2')} ZScoreNormalization, dynamic-network-architectures "
            f"{version('dynamic-network-architectures')} PlainConvUNet, regions by regions_class_order",
            "size_zyx": list(size),
            "normalised": [[float(v) for v in channel.ravel()[::17]] for channel in normalised],
            "near_a_limit": np.flatnonzero((np.abs(regions - 0.5) < 1e-4).any(0).ravel()).tolist(),
            "labels": labels.ravel().tolist(),
            "voxels": at.tolist(),
            "regions": np.round(regions.reshape(3, -1)[:, at].astype(float), 7).tolist(),
        },
    )


def make_sklearn(out: Path, base: Path) -> None:
    rng = np.random.default_rng(5)
    y = (rng.random(160) < 0.4).astype(int)
    x = np.stack([rng.normal(62 - 20 * y, 9), rng.normal(0.5 + 0.1 * y, 0.1), rng.normal(0.32 - 0.05 * y, 0.08)], axis=1)
    x[rng.random(x.shape) < 0.05] = np.nan
    features, classes = ["age_years", "shape_Sphericity", "t1c_cov"], ["IDH-wildtype", "IDH-mutant"]
    task = sklearn_head.Task("idh", classes, features, ["age_years"], "python examples/make_fixtures.py", members=4, seed=1)
    sklearn_head.add_head(base, out, task, x, y)
    fitted = sklearn_head.fit_members(x, y, 4, 1)
    rows = np.array([[38.0, 0.63, 0.25], [71.0, 0.42, 0.36], [52.0, np.nan, 0.29], [55.0, 0.55, np.nan], [49.0, 0.5, 0.34]])
    p = sklearn_head.probabilities(fitted, rows)
    write(
        out,
        {
            "provenance": f"scikit-learn {version('scikit-learn')}: predict_proba of each member; skl2onnx {version('skl2onnx')}",
            "features": features,
            "rows": [[None if np.isnan(v) else v for v in row] for row in rows],
            "members": p.tolist(),
            "intervals": np.percentile(p, [2.5, 97.5], axis=1).transpose(1, 2, 0).tolist(),
        },
    )


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", type=Path, default=root / "test/support/bundles")
    a = ap.parse_args()
    for name in ("monai", "nnunet", "sklearn"):
        (a.out / name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        make_monai(a.out / "monai", Path(work))
        make_nnunet(a.out / "nnunet", Path(work))
    make_sklearn(a.out / "sklearn", root / "test/golden/inference/tiny-bundle")


if __name__ == "__main__":
    main()
