"""The bound on contrast uptake: what it takes from outlines, and that blood does not pass it."""

import numpy as np

from gliatrain.cascade.bundle import UPTAKE
from gliatrain.cascade.uptake import objects, removed, uptake
from gliatrain.data import Lesion
from gliatrain.losses import ET


def cube() -> Lesion:
    """An object that takes up contrast, one that is bright on both images, and a speck."""
    label = np.zeros((12, 14, 16), np.uint8)
    image = np.zeros((4, *label.shape), np.float16)
    for box, t1, t1c in (((slice(1, 5),) * 3, -0.5, 1.5), ((slice(7, 11),) * 3, 1.25, 2.25), ((slice(1, 3),) * 2 + (slice(13, 15),), 0, 3)):
        label[box] = ET
        image[0][box], image[1][box] = t1, t1c
    return Lesion("made up", image, label)


def test_objects_are_those_of_at_least_fifty_voxels_with_both_images():
    enhancing, blood = objects(cube())
    np.testing.assert_array_equal(enhancing, np.repeat([[1.5], [-0.5]], 64, axis=1))
    np.testing.assert_array_equal(blood, np.repeat([[2.25], [1.25]], 64, axis=1))


def test_blood_has_a_difference_but_no_uptake():
    pairs = list(objects(cube()))
    sizes = np.array([64, 64])
    means = np.array([(bright - dark).mean() for bright, dark in pairs])
    assert removed(means, sizes, 0.3) == {"objects": 0, "share_of_volume": 0.0}
    high = np.array([np.percentile(uptake(*pair, UPTAKE["subtrahend_share"]), UPTAKE["percentile"]) for pair in pairs])
    assert high.tolist() == [2.0, -0.25]
    assert removed(high, sizes, UPTAKE["min_uptake"]) == {"objects": 1, "share_of_volume": 0.5}
