"""The map of where a head looked, and the numbers that a head takes."""

import numpy as np
import pytest
import torch

from gliatrain.works.gradcam import cam, share_inside
from gliatrain.works.loop import Settings
from gliatrain.works.network import Pooled, spread_under_tumour


def test_the_map_is_highest_where_the_signal_was_planted():
    torch.manual_seed(2)
    torch.set_num_threads(1)
    rng, size = np.random.default_rng(2), 16
    corners = rng.integers(2, 9, (48, 3))
    y = np.arange(48) % 2
    images = 0.3 * rng.standard_normal((48, 4, size, size, size)).astype(np.float32)
    regions = np.zeros((48, size, size, size), bool)
    for k, (c, bright) in enumerate(zip(corners, y, strict=True)):
        regions[k][tuple(slice(a, a + 5) for a in c)] = True
        if bright:
            images[k, 3][regions[k]] += 2.5
    pooled = Pooled(Settings(widths=(6, 8), attended=1, heads=2, size=(size,) * 3), aware=False)
    head_ = torch.nn.Linear(pooled.width, 2)
    optimiser = torch.optim.Adam([*pooled.parameters(), *head_.parameters()], lr=0.02)
    pooled.train()
    for _ in range(10):
        at = rng.permutation(48)[:16]
        loss = torch.nn.functional.cross_entropy(head_(pooled(torch.from_numpy(images[at]))[1]), torch.from_numpy(y[at]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    pooled.eval()
    inside = 0
    for k in (1, 3, 5, 7, 9):
        image = torch.from_numpy(images[k : k + 1])
        saliency = cam(pooled, lambda v: head_(v)[0, 1] - head_(v)[0, 0], image)
        assert saliency.shape == (size,) * 3
        assert saliency.max() == pytest.approx(1)
        inside += bool(regions[k][np.unravel_index(saliency.argmax(), saliency.shape)])
        assert share_inside(saliency, regions[k]) > 4 * regions[k].mean()
    assert inside >= 4


def test_a_small_spread_on_a_large_mean_survives_single_precision():
    torch.manual_seed(3)
    features = 30 + 0.02 * torch.randn(1, 5, 12, 12, 12, dtype=torch.float64)
    logits = torch.full((1, 5, 12, 12, 12), -9.0, dtype=torch.float64)
    logits[:, 2, 2:9, 3:11, 4:8] = 9
    exact = spread_under_tumour([features], logits)
    assert (exact - 0.02).abs().max() < 0.003
    single = spread_under_tumour([features.float()], logits.float())
    assert torch.allclose(single.double(), exact, rtol=1e-4)
