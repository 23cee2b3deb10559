"""Reads label maps, fractional segmentations and parametric maps with highdicom, independently of this project.

Usage: read_maps.py OBJECT.dcm OUT.f32  Writes the volume (slice, row, column, and segment for fractional ones) as 32-bit
floats and prints its shape and its affine (index to LPS millimetres).
"""

import json
import sys

import highdicom
import numpy as np
import pydicom

kind = pydicom.dcmread(sys.argv[1], stop_before_pixels=True)
if kind.SOPClassUID == "1.2.840.10008.5.1.4.1.1.30":
    volume = highdicom.imread(sys.argv[1]).get_volume()
elif kind.SegmentationType == "FRACTIONAL":
    volume = highdicom.seg.segread(sys.argv[1]).get_volume(rescale_fractional=True)
else:
    volume = highdicom.seg.segread(sys.argv[1]).get_volume(combine_segments=True)
np.ascontiguousarray(volume.array.astype("<f4")).tofile(sys.argv[2])
print(json.dumps({"shape": list(volume.array.shape), "affine": volume.affine.tolist()}))
