"""A minute of training on a made-up cohort finds a planted signal; export keeps the network's answer."""
import numpy as np
import torch

from gliatrain import export, golden
from gliatrain.augment import Cohort, Patches
from gliatrain.infer import probabilities
from gliatrain.losses import UNKNOWN, segmentation_loss
from gliatrain.metrics import dice, hd95, score
from gliatrain.network import GliomaUNet
from gliatrain.preprocess import normalise_channels
from gliatrain.synthetic import procedural_head
from gliatrain.train import train


def planted(seed: int) -> dict:
    """A noisy ball with a bright block on FLAIR."""
    rng = np.random.default_rng(seed)
    shape = (32, 32, 32)
    z, y, x = np.mgrid[:32, :32, :32]
    brain = (z - 16) ** 2 + (y - 16) ** 2 + (x - 16) ** 2 < 14 ** 2
    image = (brain + 0.1 * rng.standard_normal((4, *shape))).clip(0).astype(np.float32)
    at = rng.integers(9, 16, 3)
    label = np.zeros(shape, np.uint8)
    label[tuple(slice(a, a + 8) for a in at)] = 2
    image[3][label > 0] += 1.5
    return {"id": str(seed), "image": image, "label": label, "brain": brain, "head": False, "start": [0, 0, 0]}


def test_training_finds_a_planted_signal(tmp_path):
    torch.set_num_threads(2)
    cohort = Cohort([planted(k) for k in range(6)], mix={"stripped": 1.0, "head": 0, "lgg": 0, "procedural": 0})
    model = train(cohort, tmp_path, steps=90, size=(32, 32, 32), widths=(6, 12, 24), peak=4e-3, workers=0, quiet=True)
    case = planted(99)
    image = normalise_channels(case["image"])

    def predict(x):
        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()

    found = probabilities(image, predict, roi=(32, 32, 32)).argmax(0) > 0
    assert dice(found, case["label"] > 0) > 0.6
    again = train(cohort, tmp_path, steps=91, size=(32, 32, 32), widths=(6, 12, 24), workers=0, quiet=True)  # resumes
    assert all(torch.isfinite(p).all() for p in again.parameters())


def test_unknown_class_is_satisfied_by_any_tumour_class():
    label = torch.full((1, 4, 4, 4), UNKNOWN)
    good = torch.zeros(1, 4, 4, 4, 4)
    for k in (1, 2, 3):
        one = good.clone()
        one[:, k] = 12
        assert segmentation_loss(one, label) < 1.0
    bad = good.clone()
    bad[:, 0] = 12
    assert segmentation_loss(bad, label) > 5


def test_export_parity_and_golden(tmp_path):
    torch.manual_seed(0)
    model = GliomaUNet((8, 16, 16, 16, 16)).eval()
    path = tmp_path / "segmentation.onnx"
    export.export_onnx(model, path)
    assert export.parity(model, path) < 1e-4
    assert len(golden.onnx_example(path)["samples"]) == 24
    assert len(golden.normalise_example()["normalise"]["out"]) == 210


def test_procedural_head_and_patches():
    case = procedural_head(np.random.default_rng(0))
    assert case["image"].shape == (4, 84, 100, 84) and case["label"].max() >= 2
    image, label = next(iter(Patches(Cohort(), (32, 32, 32), seed=3)))
    assert image.shape == (4, 32, 32, 32) and label.shape == (32, 32, 32)
    assert image.abs().max() <= 5 and int(label.max()) <= 4


def test_metrics():
    a = np.zeros((20, 20, 20), bool)
    a[5:10, 5:10, 5:10] = True
    b = np.roll(a, 2, axis=2)
    assert dice(a, a) == 1 and abs(dice(a, b) - 0.6) < 1e-9 and hd95(a, b, (1, 1, 1)) == 2
    assert score(np.zeros_like(a), np.zeros_like(a), (1, 1, 1))["WT"]["dice"] == 1
