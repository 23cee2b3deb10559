"""The examples: what is refused, without the tools; and with them, that a bundle comes out as the fixtures have it."""

import json
from pathlib import Path

import bundle_folder
import monai_bundle
import nnunet_bundle
import numpy as np
import pytest
import sklearn_head

FIXTURES = Path(__file__).parents[2] / "test/support/bundles"


def test_names_of_other_tools():
    assert [bundle_folder.sequence_of(n) for n in ("T1", "T1Gd", "t1ce", "T2w", "FLAIR", "T2-FLAIR", "T1c", "ADC", "rCBV")] == [
        "T1",
        "T1c",
        "T1c",
        "T2",
        "FLAIR",
        "FLAIR",
        "T1c",
        "ADC",
        "rCBV",
    ]
    assert [bundle_folder.label_key(n) for n in ("enhancing tumor", "necrotic and non-enhancing tumor core", "edema")] == [
        "ET",
        "NCR",
        "ED",
    ]
    for ask, name in ((bundle_folder.sequence_of, "SWI"), (bundle_folder.label_key, "resection cavity")):
        with pytest.raises(bundle_folder.Refused, match=name):
            ask(name)


def plans(**changes) -> dict:
    config = {"patch_size": [8, 8, 8], "spacing": [1, 1, 1], "normalization_schemes": ["ZScoreNormalization"], "use_mask_for_norm": [True]}
    return {"transpose_forward": [0, 1, 2], "configurations": {"3d_fullres": {**config, **changes}}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patch_size": [8, 8]}, "2D"),
        ({"normalization_schemes": ["CTNormalization"]}, "CTNormalization"),
        ({"use_mask_for_norm": [False]}, "use_mask_for_norm"),
        ({"previous_stage": "3d_lowres"}, "cascade"),
    ],
)
def test_nnunet_refuses(changes, message):
    with pytest.raises(bundle_folder.Refused, match=message):
        nnunet_bundle.configuration_of(plans(**changes), "3d_fullres", 1)


def test_nnunet_regions_must_be_nested():
    labels = {"background": 0, "whole tumor": [1, 2, 3], "edema": [1], "enhancing tumor": [3]}
    with pytest.raises(bundle_folder.Refused, match="inside each other"):
        nnunet_bundle.classes_of({"labels": labels, "regions_class_order": [1, 2, 3]})


def test_monai_refuses_what_the_service_does_not_do():
    with pytest.raises(bundle_folder.Refused, match="ScaleIntensityd"):
        monai_bundle.read_preprocessing([{"_target_": "ScaleIntensityd"}])
    with pytest.raises(bundle_folder.Refused, match="nonzero=true"):
        monai_bundle.read_preprocessing([{"_target_": "NormalizeIntensityd", "channel_wise": True}])


def test_class_limits_cover():
    p = np.linspace(0.05, 0.95, 19)
    assert sklearn_head.class_limits(np.stack([1 - p, p], 1), np.ones(19, int), 0.1)[1] == pytest.approx(0.1)


@pytest.mark.parametrize("name", ["monai", "nnunet", "sklearn"])
def test_the_fixtures_come_out_again(name, tmp_path):
    for package in {
        "monai": ["monai", "torch"],
        "nnunet": ["nnunetv2", "dynamic_network_architectures"],
        "sklearn": ["sklearn", "skl2onnx"],
    }[name]:
        pytest.importorskip(package, reason=f"{package} is not installed: the {name} example cannot run")
    import make_fixtures

    out = tmp_path / name
    out.mkdir()
    base = Path(__file__).parents[2] / "test/golden/inference/tiny-bundle"
    make_fixtures.make_sklearn(out, base) if name == "sklearn" else getattr(make_fixtures, f"make_{name}")(out, tmp_path / "work")
    got, want = (json.loads((folder / "bundle.json").read_text()) for folder in (out, FIXTURES / name))
    for key in ("sequences", "preprocess", "inference", "labels", "regions"):
        assert got[key] == want[key]
    assert got["heads"]["idh"].get("features") == want["heads"]["idh"].get("features")
