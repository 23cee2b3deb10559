"""Reads label maps, fractional segmentations and parametric maps with highdicom, independently of this project.

Usage: read_maps.py OBJECT.dcm OUT.f32  Writes the volume (slice, row, column, and segment for fractional ones) as 32-bit
floats and prints its shape and its affine (index to LPS millimetres), and of a label map how its background is described and
how highdicom describes the background of one that it writes from the same segments.
"""

import json
import sys
import types

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


def backgrounds(path):
    """The description of pixel value 0 of a label map, and the one that highdicom gives it beside the same segments."""
    seg = highdicom.seg.segread(path)
    (ours,) = [item for item in seg.SegmentSequence if item.SegmentNumber == 0]
    segments = [seg.get_segment_description(number) for number in seg.segment_numbers]
    written = types.SimpleNamespace()
    labelmap = highdicom.seg.SegmentationTypeValues.LABELMAP
    highdicom.seg.Segmentation._add_segment_descriptions(written, segments, labelmap)
    return {"numbers": list(seg.segment_numbers), "backgrounds": [ours.to_json_dict(), written.SegmentSequence[0].to_json_dict()]}


described = backgrounds(sys.argv[1]) if kind.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.7" else {}
np.ascontiguousarray(volume.array.astype("<f4")).tofile(sys.argv[2])
print(json.dumps({"shape": list(volume.array.shape), "affine": volume.affine.tolist(), **described}))
