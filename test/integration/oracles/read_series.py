"""Reads every file of a folder as one series with pydicom and pylibjpeg, independently of this project.

Usage: read_series.py OUT_DIR FOLDER...  For each folder n: OUT_DIR/n.f32 holds the rescaled values (x fastest, slices
ascending along the normal); one JSON object per folder is printed, {"error": ...} where the files make no volume.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pydicom


def frames_of(path):
    dataset = pydicom.dcmread(path)
    pixels = dataset.pixel_array.astype(np.float64)
    shared = dataset.get("SharedFunctionalGroupsSequence", [None])[0]
    groups = dataset.get("PerFrameFunctionalGroupsSequence")
    if groups is None:
        slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
        yield dataset.ImagePositionPatient, dataset.ImageOrientationPatient, dataset.PixelSpacing, pixels * slope + intercept
        return
    if pixels.ndim == 2:
        pixels = pixels[None]
    for index, group in enumerate(groups):
        def find(name):
            for source in (group, shared):
                if source is not None and name in source:
                    return source[name].value[0]
            return None

        value = find("PixelValueTransformationSequence")
        slope, intercept = (float(value.RescaleSlope), float(value.RescaleIntercept)) if value is not None else (1.0, 0.0)
        yield (
            find("PlanePositionSequence").ImagePositionPatient,
            find("PlaneOrientationSequence").ImageOrientationPatient,
            find("PixelMeasuresSequence").PixelSpacing,
            pixels[index] * slope + intercept,
        )


def read(folder, out):
    frames = [frame for path in sorted(Path(folder).rglob("*")) if path.is_file() for frame in frames_of(path)]
    orientation = np.array(frames[0][1], float)
    normal = np.cross(orientation[:3], orientation[3:])
    frames.sort(key=lambda frame: float(np.dot(np.array(frame[0], float), normal)))
    positions = np.array([frame[0] for frame in frames], float)
    volume = np.stack([frame[3] for frame in frames])
    volume.astype("<f4").tofile(out)
    step = (positions[-1] - positions[0]) / (len(frames) - 1) if len(frames) > 1 else np.zeros(3)
    spacing = [float(value) for value in frames[0][2]]
    return {
        "size": list(volume.shape[::-1]),
        "spacing": [spacing[1], spacing[0], float(np.linalg.norm(step))],
        "origin": positions[0].tolist(),
        "row": orientation[:3].tolist(),
        "column": orientation[3:].tolist(),
        "step": step.tolist(),
    }


for number, folder in enumerate(sys.argv[2:]):
    try:
        print(json.dumps(read(folder, Path(sys.argv[1]) / f"{number}.f32")))
    except Exception as error:  # the caller compares refusals
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
