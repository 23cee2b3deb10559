"""A minute of training on a made-up cohort finds a planted signal; export keeps the network's answer."""

import json
from dataclasses import replace

import numpy as np
import onnx
import torch

from gliatrain import evaluate, export, golden
from gliatrain.attention import SwinPair, relative_index, shift_mask, unwindows, windows
from gliatrain.augment import Cohort, Patches, drop_sequences
from gliatrain.data import Case
from gliatrain.fit import TrainOptions, train
from gliatrain.infer import probabilities
from gliatrain.losses import BRAIN, NOT_TUMOUR, TUMOUR, segmentation_loss
from gliatrain.metrics import dice, hd95, score
from gliatrain.network import GliomaNet, Variant, presence, tumour_aware, variant_from
from gliatrain.postprocess import decide
from gliatrain.preprocess import normalise_channels
from gliatrain.synthetic import procedural_phantom
from gliatrain.synthetic_heads import without_enhancement

TINY = Variant(widths=(8, 12, 24), attended=1, heads=2)


def planted(seed: int) -> Case:
    """A noisy ball with a bright block on FLAIR."""
    rng = np.random.default_rng(seed)
    shape = (32, 32, 32)
    z, y, x = np.mgrid[:32, :32, :32]
    brain = (z - 16) ** 2 + (y - 16) ** 2 + (x - 16) ** 2 < 14**2
    image = (brain + 0.1 * rng.standard_normal((4, *shape))).clip(0).astype(np.float32)
    at = rng.integers(9, 16, 3)
    label = np.zeros(shape, np.uint8)
    label[tuple(slice(a, a + 8) for a in at)] = 2
    image[3][label > 0] += 1.5
    return Case(str(seed), image, label, brain, has_skull=False)


def test_training_finds_a_planted_signal(tmp_path):
    torch.set_num_threads(2)
    cohort = Cohort([planted(k) for k in range(6)], mix={"stripped": 1.0, "head": 0, "lgg": 0, "procedural": 0})
    model = train(cohort, tmp_path, TrainOptions(160, size=(32, 32, 32), variant=TINY, peak=4e-3, workers=0, quiet=True))
    case = planted(99)
    image = normalise_channels(case.image)

    def predict(x):
        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()

    segmented = decide(probabilities(image, predict, roi=(32, 32, 32))) > 0
    assert dice(segmented, case.label > 0) > 0.6
    again = train(cohort, tmp_path, TrainOptions(161, size=(32, 32, 32), variant=TINY, workers=0, quiet=True))  # resumes
    assert all(torch.isfinite(p).all() for p in again.parameters())


def certain(k: int) -> torch.Tensor:
    logits = torch.zeros(1, 5, 4, 4, 4)
    logits[:, k] = 12
    return logits


def test_partial_labels_are_satisfied_by_any_class_they_allow():
    for label, allowed in ((TUMOUR, (1, 2, 3)), (NOT_TUMOUR, (0, 4)), (BRAIN, (4,)), (3, (3,))):
        where = torch.full((1, 4, 4, 4), label)
        for k in range(5):
            assert (segmentation_loss(certain(k), where) < 1.0) == (k in allowed), (label, k)


def test_windows_are_put_back_and_masks_part_what_the_shift_joined():
    x = torch.arange(2 * 6 * 3 * 9 * 4, dtype=torch.float32).reshape(2, 6, 3, 9, 4)
    parts = windows(x, 3)
    assert parts.shape == (2 * 2 * 1 * 3, 27, 4)
    assert torch.equal(unwindows(parts, 3, tuple(x.shape)), x)
    assert torch.equal(parts[1, 0], x[0, 0, 0, 3])  # the second window lies along x
    index = relative_index(3)
    assert index.min() == 0
    assert index.max() == 124
    assert (index.diagonal() == 62).all()
    mask = shift_mask((6, 6, 6), 3, 1)
    assert (mask[0] == 0).all()
    assert (mask[-1] != 0).any()
    assert torch.equal(mask, mask.transpose(1, 2))
    block = SwinPair(8, 2, 3)
    assert block(torch.randn(1, 8, 4, 6, 5)).shape == (1, 8, 4, 6, 5)  # padded and cut back


def test_network_knows_missing_sequences_and_pools_under_the_tumour():
    torch.manual_seed(1)
    model = GliomaNet(TINY).eval()
    x = torch.randn(1, 4, 16, 16, 16)
    assert presence(torch.cat([x[:, :3], 0 * x[:, 3:]], 1)).tolist() == [[1, 1, 1, 0]]
    without = x.clone()
    without[:, 2] = 0  # no T2: the T2-FLAIR branch is silent
    assert (
        model.stem(without, presence(without))[:, -2:]
        == model.stem.film.bias.chunk(2)[1][-2:].view(1, 2, 1, 1, 1)
        + model.stem.film.weight.chunk(2)[1][-2:].matmul(presence(without)[0]).view(1, 2, 1, 1, 1)
    ).all()
    levels = model.encode(x)
    logits = torch.full((1, 5, 16, 16, 16), -20.0)
    logits[:, 0] = 20
    logits[0, :, 8:12, 0:4, 4:8] = torch.tensor([-20.0, 20, -20, -20, -20]).view(5, 1, 1, 1)
    pooled = tumour_aware(levels, logits)
    assert pooled.shape == (1, sum(TINY.widths))
    assert torch.allclose(pooled[0, :8], levels[0][0, :, 8:12, 0:4, 4:8].mean((1, 2, 3)), atol=1e-3)
    assert variant_from(TINY.facts()) == TINY


def test_export_parity_and_golden(tmp_path):
    torch.manual_seed(0)
    model = export.Ensemble([GliomaNet(TINY), GliomaNet(TINY)])
    path = tmp_path / "segmentation.onnx"
    export.export_onnx(model, path, (48, 48, 48))
    assert export.parity(model, path, (48, 48, 48)) < 0.01
    stored = onnx.load(str(path)).graph.initializer
    assert all(np.prod(t.dims) < 1024 for t in stored if t.data_type == onnx.TensorProto.FLOAT)  # large ones are halved
    assert golden.onnx_example(path, 48)["shape_nczyx"] == [1, 4, 48, 48, 48]
    assert len(golden.normalise_example()["normalise"]["out"]) == 210


def test_procedural_phantom_and_patches():
    case = procedural_phantom(np.random.default_rng(0))
    assert case.image.shape == (4, 84, 100, 84)
    assert case.label.max() >= 2
    image, label = next(iter(Patches(Cohort(), (32, 32, 32), seed=3)))
    assert image.shape == (4, 32, 32, 32)
    assert label.shape == (32, 32, 32)
    assert image.abs().max() <= 5
    assert int(label.max()) <= NOT_TUMOUR


def test_metrics():
    a = np.zeros((20, 20, 20), bool)
    a[5:10, 5:10, 5:10] = True
    b = np.roll(a, 2, axis=2)
    assert dice(a, a) == 1
    assert abs(dice(a, b) - 0.6) < 1e-9
    assert hd95(a, b, (1, 1, 1)) == 2
    assert score(np.zeros_like(a), np.zeros_like(a), (1, 1, 1))["WT"]["dice"] == 1


def test_an_evaluation_goes_on_only_with_the_same_networks(tmp_path):
    for k in range(2):
        (tmp_path / f"fold-{k}.onnx").write_bytes(bytes([k]))
    networks, out = evaluate.network_digests(tmp_path), tmp_path / "evaluation.json"
    assert evaluate.rows_so_far(out, networks)["whole"] == {}
    out.write_text(json.dumps({"networks": networks, "rows": {"whole": {"a": 1}}}))
    assert evaluate.rows_so_far(out, networks)["whole"] == {"a": 1}
    (tmp_path / "fold-1.onnx").write_bytes(b"trained on")
    assert evaluate.rows_so_far(out, evaluate.network_digests(tmp_path))["whole"] == {}


def test_the_learning_curve_keeps_a_point_per_training(tmp_path):
    path, mean = tmp_path / "learning.json", {"stripped_mm1": {"WT": 0.5}, "head_mm1": None, "lgg_WT": 0.4}
    evaluate.keep_point(path, {"members": [{"steps": 300}, {"steps": 301}]}, mean)
    evaluate.keep_point(path, {"members": [{"steps": 100}, {"steps": 100}]}, mean)
    evaluate.keep_point(path, {"members": [{"steps": 100}, {"steps": 100}]}, {**mean, "lgg_WT": 0.3})
    assert [(p["steps"], p["lgg_WT"]) for p in json.loads(path.read_text())] == [(100, 0.3), (300, 0.4)]


def test_enhancement_is_taken_away_from_the_image_and_the_labels():
    rng = np.random.default_rng(1)
    image, label = rng.uniform(0.5, 1.5, (4, 12, 12, 12)).astype(np.float32), np.zeros((12, 12, 12), np.uint8)
    label[2:6, 3:8, 4:9], label[3:5, 4:7, 5:8] = 2, 3
    image[1][label == 3] += 2
    case = Case("a", image, label, label > 0, has_skull=False)
    plain = without_enhancement(case)
    assert not (plain.label == 3).any()
    assert (plain.label == 1).sum() == (label == 3).sum()
    assert (plain.label[label != 3] == label[label != 3]).all()
    assert (image[1][label == 3] > 2).all()
    inner = np.s_[4, 5, 6]
    assert abs(plain.image[1][inner] - image[0][inner]) < 0.3
    np.testing.assert_array_equal(plain.image[[0, 2, 3]], image[[0, 2, 3]])
    assert without_enhancement(replace(case, image=image * np.array([0, 1, 1, 1])[:, None, None, None])).label.max() == 3


def test_missing_sequences_leave_flair_or_t1c_and_every_one_is_missed():
    rng, missed = np.random.default_rng(2), np.zeros(4)
    for _ in range(800):
        there = drop_sequences(torch.ones(4, 1, 1, 1), rng).flatten().numpy() > 0
        assert there[1] or there[3]
        missed += ~there
    assert (missed > 60).all()
    assert all(drop_sequences(torch.tensor([0, 0, 0, 1.0]).reshape(4, 1, 1, 1), rng).sum() == 1 for _ in range(20))
