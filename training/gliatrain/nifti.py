"""Writes volumes of this code, [Z, Y, X] with axes to S, P, L, as NIfTI, whose voxels are x first and whose world is RAS."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np


def write_nifti(path: Path, array: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> None:
    """`spacing` (z, y, x) in mm; the first voxel's centre is the world's origin."""
    z, y, x = spacing
    nib.save(nib.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), np.diag([-x, -y, z, 1.0])), path)
