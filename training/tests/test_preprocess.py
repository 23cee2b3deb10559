"""The functions that the service mirrors: normalisation, prefilter, resampling, windows, postprocessing."""

import numpy as np
import pytest

from gliatrain import infer, postprocess, preprocess


def test_normalise_has_zero_mean_and_unit_deviation_in_the_foreground():
    rng = np.random.default_rng(0)
    v = np.zeros((20, 20, 20), np.float32)
    v[4:16, 4:16, 4:16] = rng.normal(100, 20, (12, 12, 12))
    out = preprocess.normalise(v)
    inside = out[4:16, 4:16, 4:16]
    assert abs(inside.mean()) < 0.02
    assert abs(inside.std() - 1) < 0.05
    assert out.min() >= -5
    assert out.max() <= 5
    assert np.allclose(out[0, 0, 0], out[:4].mean())  # background is one value


def test_normalise_does_not_depend_on_scale_and_refuses_constants():
    v = np.random.default_rng(1).gamma(2, 50, (10, 10, 10)).astype(np.float32)
    assert np.allclose(preprocess.normalise(v), preprocess.normalise(v * 7), atol=1e-3)
    with pytest.raises(ValueError, match="constant foreground"):
        preprocess.normalise(np.full((4, 4, 4), 3.0, np.float32))
    with pytest.raises(ValueError, match="no positive voxel"):
        preprocess.normalise(np.zeros((4, 4, 4), np.float32))


def test_missing_channel_stays_zero():
    v = np.random.default_rng(2).gamma(2, 50, (4, 8, 8, 8)).astype(np.float32)
    v[2] = 0
    out = preprocess.normalise_channels(v)
    assert not out[2].any()
    assert out[0].any()


def test_grid_keeps_positions_and_means():
    z, y, x = np.meshgrid(np.arange(20.0), np.arange(24.0), np.arange(30.0), indexing="ij")
    ramp = (x + 2 * y + 3 * z).astype(np.float32)
    out = preprocess.to_grid(ramp, (1, 1, 1))
    assert out.shape == (10, 12, 15)
    want = (2 * 7 + 0.5) + 2 * (2 * 5 + 0.5) + 3 * (2 * 4 + 0.5)
    assert abs(out[4, 5, 7] - want) < 1e-3
    thick = preprocess.to_grid(np.ones((6, 40, 40), np.float32), (5, 0.5, 0.5))
    assert thick.shape == (15, 10, 10)
    assert np.allclose(thick[2:13], 1)


def test_prefilter_only_where_the_target_is_coarser():
    v = np.zeros((9, 9, 9), np.float32)
    v[4, 4, 4] = 1
    out = preprocess.prefilter(v, (5, 1, 1), (2, 2, 2))
    assert np.count_nonzero(out.sum(axis=(1, 2))) == 1  # thick axis untouched
    assert abs(out.sum() - 1) < 1e-5
    assert out[4, 4, 3] > 0


def test_windows_cover_and_average():
    assert infer.starts(21, 8, 0.5) == [0, 4, 8, 12, 13]
    image = np.random.default_rng(3).normal(size=(4, 20, 9, 5)).astype(np.float32)

    def predict(x):  # logits that depend on the voxel alone
        return np.concatenate([np.zeros_like(x[:, :1]), x[:, :3]], axis=1)

    p = infer.probabilities(image, predict, roi=(8, 8, 8))
    assert p.shape == (4, 20, 9, 5)
    assert np.allclose(p, infer.softmax(predict(image[None])[0]), atol=1e-5)


def test_postprocessing_removes_specks_and_can_find_nothing():
    label = np.zeros((30, 30, 30), np.uint8)
    label[2:14, 2:14, 2:14] = 2
    label[20, 20, 20] = 3
    out = postprocess.clean(label, 0.001)
    assert out[20, 20, 20] == 0
    assert (out > 0).sum() == 12**3
    label[3, 3, 3] = 3
    assert postprocess.clean(label, 0.001)[3, 3, 3] == 1
    assert not postprocess.clean(label[:, :, 13:], 0.001).any()
