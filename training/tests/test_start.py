"""A training starts from the 2 mm network of a bundle, or from a checkpoint."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from gliatrain.network import GliomaNet
from gliatrain.start import begin
from gliatrain.works.loop import Settings
from gliatrain.works.network import backbone
from gliatrain.works.part import save_backbone

UNET = Path(__file__).parents[2] / "config/models/glioma-cascade-1mm/unet.onnx"
TINY = Settings(widths=(4, 6), attended=1, heads=2, size=(8, 8, 8))


def from_(path: Path, settings: Settings = TINY) -> Settings:
    return replace(settings, options={"start": str(path)})


def test_a_bundles_network_answers_in_pytorch_as_its_file_does():
    session = ort.InferenceSession(str(UNET), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).standard_normal((1, 4, 48, 48, 48), dtype=np.float32)
    with torch.no_grad():
        logits = begin(GliomaNet(), UNET).eval()(torch.from_numpy(x)).numpy()
    assert np.abs(logits - session.run(None, {session.get_inputs()[0].name: x})[0]).max() < 1e-2


def test_a_work_starts_from_it_and_new_channels_start_anew():
    torch.manual_seed(1)
    whole, less = (backbone(from_(UNET, Settings()), difference=d) for d in (True, False))
    assert torch.equal(less.stem.images[0].weight[:12], whole.stem.images[0].weight)
    assert torch.equal(less.down[0].conv2.weight, whole.down[0].conv2.weight)
    assert not torch.equal(backbone(Settings()).down[0].conv2.weight, whole.down[0].conv2.weight)


def test_a_start_of_another_size_is_refused(tmp_path):
    path = save_backbone(backbone(TINY), TINY, 1.0, 5, tmp_path)
    again = backbone(from_(path)).state_dict()
    assert all(torch.equal(again[name], value) for name, value in torch.load(path, weights_only=True)["mean"].items())
    with pytest.raises(ValueError, match="widths, attended and heads must be the file's"):
        backbone(from_(path, replace(TINY, widths=(4, 8))))
