"""Reads measurement reports (TID 1500) with highdicom, independently of this project.

Usage: read_report.py REPORT.dcm...  Prints one JSON object per file: what the groups of each template hold.
"""

import json
import sys

from highdicom.sr import srread


def code(concept):
    return f"{concept.scheme_designator} {concept.value}"


def group(found, kind):
    segment = getattr(found, "referenced_segment", None)
    reference = segment[0].ReferencedSOPSequence[0] if segment is not None else None
    return {
        "kind": kind,
        "tracking": found.tracking_identifier,
        "trackingUid": found.tracking_uid,
        "finding": code(found.finding_type),
        "sites": [code(site.value) for site in found.finding_sites],
        "reference": None
        if reference is None
        else {
            "sopInstanceUid": reference.ReferencedSOPInstanceUID,
            "segment": reference.get("ReferencedSegmentNumber"),
            "frame": reference.get("ReferencedFrameNumber"),
        },
        "measurements": [
            {"name": code(one.name), "value": float(one.value), "unit": code(one.unit)} for one in found.get_measurements()
        ],
        "evaluations": [[code(one.name), code(one.value)] for one in found.get_qualitative_evaluations()],
    }


for path in sys.argv[1:]:
    report = srread(path)
    content = report.content
    [observer] = content.get_observer_contexts()
    print(
        json.dumps(
            {
                "patientName": str(report.PatientName),
                "observer": observer.observer_identifying_attributes.uid,
                "groups": [
                    *(group(one, "volumetric") for one in content.get_volumetric_roi_measurement_groups()),
                    *(group(one, "planar") for one in content.get_planar_roi_measurement_groups()),
                    *(group(one, "general") for one in content.get_image_measurement_groups()),
                ],
            }
        )
    )
