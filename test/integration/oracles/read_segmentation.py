"""Reads a DICOM SEG with highdicom, independently of this project.

Usage: read_segmentation.py SEG.dcm OUT.u8  Writes the combined label volume (slice, row, column order) and prints its
shape, its affine (index to LPS millimetres), and what the segments say of themselves.
"""

import json
import sys

import highdicom
import numpy as np

segmentation = highdicom.seg.segread(sys.argv[1])
volume = segmentation.get_volume(combine_segments=True)
np.ascontiguousarray(volume.array.astype(np.uint8)).tofile(sys.argv[2])
numbers = list(segmentation.segment_numbers)
print(
    json.dumps(
        {
            "shape": list(volume.array.shape),
            "affine": volume.affine.tolist(),
            "segments": [
                {
                    "number": int(number),
                    "label": segmentation.get_segment_description(number).segment_label,
                    "category": segmentation.get_segment_description(number).segmented_property_category.value,
                    "type": segmentation.get_segment_description(number).segmented_property_type.value,
                    "scheme": segmentation.get_segment_description(number).segmented_property_type.scheme_designator,
                    "trackingUid": segmentation.get_segment_description(number).tracking_uid,
                }
                for number in numbers
            ],
            "patientName": str(segmentation.PatientName),
            "frames": int(segmentation.NumberOfFrames),
            "sources": [list(map(str, uids)) for uids in segmentation.get_source_image_uids()],
        }
    )
)
