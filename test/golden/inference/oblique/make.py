"""Makes resample.json: what SimpleITK makes of an oblique, anisotropic, asymmetric volume. python make.py

One case per line of thought: linear interpolation through a rigid transform; the same with the Gaussian against aliasing
(scipy's correlate1d, the kernel the bundle declares) before it. ITK counts half a voxel beyond the outermost centres as
inside, the bundle does not: voxels in that rim are left out of the comparison (mask 2), those outside it must be 0 (mask 0).
Needs numpy, scipy, SimpleITK.
"""
import base64
import json
import math
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import correlate1d

rng = np.random.default_rng(7)
size, spacing, origin = (17, 12, 9), (0.9, 1.3, 4.5), (-21.0, 13.5, 40.25)


def rotation(ax, ay, az):
    t = sitk.Euler3DTransform()
    t.SetRotation(ax, ay, az)
    return t.GetMatrix()


direction = rotation(0.31, -0.22, 0.4)
values = np.round(rng.random(size[::-1]) * 200).astype(np.uint8)
source = sitk.GetImageFromArray(values.astype(np.float32))
source.SetSpacing(spacing), source.SetOrigin(origin), source.SetDirection(direction)

euler = dict(angles=(0.12, -0.08, 0.2), translation=(1.5, -2.25, 3.0), centre=(-10.0, 20.0, 55.0))
transform = sitk.Euler3DTransform()
transform.SetCenter(euler["centre"]), transform.SetRotation(*euler["angles"]), transform.SetTranslation(euler["translation"])

target = sitk.Image((16, 20, 18), sitk.sitkFloat32)
target.SetSpacing((2, 2, 2)), target.SetOrigin((-32.0, 6.0, 36.0)), target.SetDirection(rotation(-0.1, 0.05, 0))


def smooth(array):
    for axis, mm in zip((2, 1, 0), spacing):
        sigma = 0.5 * math.sqrt(max(0.0, (2 / mm) ** 2 - 1))
        if sigma > 0:
            radius = math.ceil(3 * sigma)
            kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
            array = correlate1d(array, kernel / kernel.sum(), axis=axis, mode="nearest")
    return array


def resampled(image):
    return sitk.GetArrayFromImage(sitk.Resample(image, target, transform, sitk.sitkLinear, 0.0, sitk.sitkFloat32))


filtered = sitk.GetImageFromArray(smooth(values.astype(np.float32)))
filtered.CopyInformation(source)

# 1 = inside the outermost centres, 0 = further than half a voxel outside, 2 = the rim between
mask = np.zeros(target.GetSize()[::-1], np.uint8)
for k in range(mask.shape[0]):
    for j in range(mask.shape[1]):
        for i in range(mask.shape[2]):
            at = source.TransformPhysicalPointToContinuousIndex(transform.TransformPoint(target.TransformIndexToPhysicalPoint((i, j, k))))
            out = max(max(-a, a - (n - 1)) for a, n in zip(at, size))
            mask[k, j, i] = 1 if out <= -1e-4 else 0 if out > 0.5 + 1e-4 else 2

pack = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
grid = lambda im: dict(size=im.GetSize(), spacing=im.GetSpacing(), origin=im.GetOrigin(), direction=im.GetDirection())
matrix = np.array(transform.GetMatrix()).reshape(3, 3)
Path(__file__).with_name("resample.json").write_text(json.dumps({
    "provenance": f"make.py; SimpleITK {sitk.Version_VersionString()}", "tolerance": 2e-4 * 200,
    "source": {**grid(source), "uint8": pack(values)}, "target": grid(target), "euler": euler,
    "rigid": {"rotation": matrix.ravel().tolist(), "translation": list(transform.TransformPoint((0, 0, 0)))},
    "mask_uint8": pack(mask), "linear_float32": pack(resampled(source)), "filtered_float32": pack(resampled(filtered)),
}))
print({int(v): int((mask == v).sum()) for v in (0, 1, 2)})
