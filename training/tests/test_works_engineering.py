"""Harmonisation and the map of where a head looked."""
import json

import nibabel as nib
import numpy as np
import pytest
import torch

from gliatrain.works.cohort import write_cohort
from gliatrain.works.gradcam import cam, share_inside
from gliatrain.works.harmonise import correct_bias, foreground, harmonise_cohort, landmarks, learn_scale, standardise
from gliatrain.works.loop import Settings
from gliatrain.works.network import Pooled
from gliatrain.works.synthetic_cohort import Plan, ball, make_cohort


def head(seed: int, size: int = 20) -> np.ndarray:
    """Three tissues in a ball, arbitrary units."""
    rng = np.random.default_rng(seed)
    out = np.zeros((size,) * 3)
    for radius, value in ((0.46, 1.0), (0.36, 1.5), (0.15 + 0.05 * rng.random(), 2.3)):
        out[ball(size, [size / 2 - 0.5] * 3, radius * size)] = value
    return out * (1 + 0.04 * rng.standard_normal(out.shape))


def scanner(volume: np.ndarray, gain: float, gamma: float) -> np.ndarray:
    return gain * volume ** gamma


def test_two_scanners_agree_after_standardisation():
    heads = [head(k) for k in range(8)]
    first, second = [scanner(h, 700, 1.0) for h in heads], [scanner(h, 120, 1.6) for h in heads]
    scale = learn_scale([*first[:4], *second[4:]])
    inside = [foreground(v) for v in first]

    def gap(a, b):
        return np.mean([np.abs(x[m] - y[m]).mean() / x[m].mean() for x, y, m in zip(a, b, inside)])

    before, after = gap(first, second), gap(*[[standardise(v, scale) for v in side] for side in (first, second)])
    assert before > 0.5 and after < 0.05
    one = standardise(first[0], scale)
    assert (one[~inside[0]] == 0).all() and (one[inside[0]] > 0).all()
    order = np.argsort(first[0][inside[0]])
    assert (np.diff(one[inside[0]][order]) >= -1e-4).all()  # the order of grey values stays
    assert scale[0] == 0 and scale[-1] == 100 and (np.diff(scale) > 0).all()


def test_an_image_of_few_grey_values_is_refused():
    with pytest.raises(ValueError, match="distinct landmarks"):
        landmarks(np.ones((4, 4, 4)))
    with pytest.raises(ValueError, match="no positive voxel"):
        landmarks(np.zeros((4, 4, 4)))


def test_a_planted_bias_field_goes_away():
    clean = head(3, 40)
    z, y, x = np.mgrid[-1:1:40j, -1:1:40j, -1:1:40j]
    bias = np.exp(0.35 * x - 0.2 * y + 0.15 * z * x)
    inside = foreground(clean)

    def left(volume):
        ratio = np.log(volume[inside] / clean[inside])
        return ratio.std()

    assert left(correct_bias(clean * bias)) < 0.12 * left(clean * bias)


def test_a_cohort_is_harmonised_in_its_format(tmp_path):
    patients = make_cohort(Plan(patients=3, size=12, seed=3))
    write_cohort(tmp_path / "a", patients)
    nib.save(nib.Nifti1Image(np.ones((12, 12, 12), np.float32), np.eye(4)), tmp_path / "a" / "cases" / patients[0].id / "adc.nii.gz")
    said = harmonise_cohort(tmp_path / "a", tmp_path / "b")
    assert said["cases"] == 3
    assert sorted(json.loads((tmp_path / "b" / "scale.json").read_text())) == ["flair", "t1", "t1c", "t2"]
    case = tmp_path / "b" / "cases" / patients[0].id
    assert sorted(p.name for p in case.iterdir()) == ["adc.nii.gz", "flair.nii.gz", "seg.nii.gz", "t1.nii.gz", "t1c.nii.gz", "t2.nii.gz"]
    assert (tmp_path / "b" / "clinical.csv").read_text() == (tmp_path / "a" / "clinical.csv").read_text()
    again = harmonise_cohort(tmp_path / "a", tmp_path / "c", tmp_path / "b" / "scale.json")
    assert again["sequences"] == said["sequences"]
    with pytest.raises(ValueError, match="another folder"):
        harmonise_cohort(tmp_path / "a", tmp_path / "a")


def test_the_map_is_highest_where_the_signal_was_planted():
    torch.manual_seed(2)
    torch.set_num_threads(1)
    rng, size = np.random.default_rng(2), 16
    corners = rng.integers(2, 9, (48, 3))
    y = np.arange(48) % 2
    images = 0.3 * rng.standard_normal((48, 4, size, size, size)).astype(np.float32)
    regions = np.zeros((48, size, size, size), bool)
    for k, (c, bright) in enumerate(zip(corners, y)):
        regions[k][tuple(slice(a, a + 5) for a in c)] = True
        if bright:
            images[k, 3][regions[k]] += 2.5
    pooled = Pooled(Settings(widths=(6, 8), attended=1, heads=2, size=(size,) * 3), aware=False)
    head_ = torch.nn.Linear(pooled.width, 2)
    optimiser = torch.optim.Adam([*pooled.parameters(), *head_.parameters()], lr=0.02)
    pooled.train()
    for step in range(10):
        at = rng.permutation(48)[:16]
        loss = torch.nn.functional.cross_entropy(head_(pooled(torch.from_numpy(images[at]))[1]), torch.from_numpy(y[at]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    pooled.eval()
    inside = 0
    for k in (1, 3, 5, 7, 9):
        image = torch.from_numpy(images[k:k + 1])
        found = cam(pooled, lambda v: head_(v)[0, 1] - head_(v)[0, 0], image)
        assert found.shape == (size,) * 3 and found.max() == pytest.approx(1)
        inside += bool(regions[k][np.unravel_index(found.argmax(), found.shape)])
        assert share_inside(found, regions[k]) > 4 * regions[k].mean()
    assert inside >= 4
