"""The main job as a good engineer would wire it together in Python: dicomweb-client, pydicom, SimpleITK, ONNX Runtime, highdicom, requests.

`python pipeline.py --pacs URL --user U --password P --ehr URL --study UID --bundle DIR --threads N` takes one study from the archive through
the same ONNX files to a SEG in the archive and a report with three volumes in the EHR, and prints one JSON object: seconds and CPU seconds of
each stage, the peak of memory in MiB, the volumes in mL. It does less than the service: no PDF, no SR, no predictions, no samples, no retries.
"""
from __future__ import annotations

import argparse
import json
import resource
import time
from contextlib import contextmanager
from pathlib import Path

import highdicom as hd
import numpy as np
import onnxruntime as ort
import requests
import SimpleITK as sitk
from dicomweb_client.api import DICOMwebClient
from pydicom.sr.codedict import codes
from scipy import ndimage as ndi

SEQUENCES = ("T1", "T1c", "T2", "FLAIR")
VIEWS = {"axial": (0, 1, 2), "sagittal": (2, 0, 1), "coronal": (1, 0, 2)}
stages: dict[str, dict[str, float]] = {}


@contextmanager
def stage(name: str):
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    stages[name] = {"seconds": round(time.perf_counter() - wall, 3), "cpuSeconds": round(time.process_time() - cpu, 3)}


def sequence_of(description: str) -> str | None:
    """By the words of the generated study's descriptions; the reformatted series is left to the original."""
    words = description.upper().split()
    if "MPR" in words or "LOCALIZER" in words or "DIFF" in words:
        return None
    if "FLAIR" in words:
        return "FLAIR"
    return "T2" if "T2" in words else "T1c" if "KM" in words else "T1" if "T1" in words else None


def retrieve(client: DICOMwebClient, study: str) -> dict[str, list]:
    out = {}
    for series in client.search_for_series(study, fields=["SeriesDescription"]):
        description = series.get("0008103E", {}).get("Value", [""])[0]
        name = sequence_of(description) if series["00080060"]["Value"] == ["MR"] else None
        if name:
            # As stored: by default the client asks for a transfer syntax, which Orthanc refuses without a transcoder.
            out[name] = client.retrieve_series(study, series["0020000E"]["Value"][0], media_types=(("application/dicom", "*"),))
    return out


def volume(datasets: list) -> tuple[sitk.Image, list]:
    """The series as an image with its geometry, and its slices in order."""
    rows = np.array(datasets[0].ImageOrientationPatient, float).reshape(2, 3)
    normal = np.cross(*rows)
    slices = sorted(datasets, key=lambda d: float(np.dot(normal, d.ImagePositionPatient)))
    first, last = (np.array(s.ImagePositionPatient, float) for s in (slices[0], slices[-1]))
    array = np.stack([s.pixel_array.astype(np.float32) * float(s.get("RescaleSlope", 1)) + float(s.get("RescaleIntercept", 0)) for s in slices])
    image = sitk.GetImageFromArray(array)
    image.SetOrigin(first.tolist())
    image.SetSpacing([float(slices[0].PixelSpacing[1]), float(slices[0].PixelSpacing[0]), float(np.dot(normal, last - first)) / (len(slices) - 1)])
    image.SetDirection(np.stack([*rows, normal], 1).ravel().tolist())
    return image, slices


def register(fixed: sitk.Image, moving: sitk.Image) -> sitk.Transform:
    """Rigid, Mattes mutual information, two levels."""
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(0.1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, 100)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([2, 1])
    method.SetInitialTransform(sitk.Euler3DTransform(sitk.CenteredTransformInitializer(
        fixed, moving, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.GEOMETRY)))
    return method.Execute(fixed, moving)


def grid_of(image: sitk.Image, mm: float) -> sitk.Image:
    """An empty image on the axes of the patient that covers `image`."""
    corners = [image.TransformIndexToPhysicalPoint([int(i) for i in np.array(image.GetSize()) * c]) for c in np.ndindex(2, 2, 2)]
    low, high = np.min(corners, 0), np.max(corners, 0)
    grid = sitk.Image([int(n) for n in np.ceil((high - low) / mm)], sitk.sitkFloat32)
    grid.SetOrigin(low.tolist())
    grid.SetSpacing([mm] * 3)
    return grid


def on_grid(image: sitk.Image, grid: sitk.Image, transform: sitk.Transform) -> np.ndarray:
    coarse = max(1.0, grid.GetSpacing()[0] / min(image.GetSpacing()))
    smooth = sitk.SmoothingRecursiveGaussian(image, 0.5 * grid.GetSpacing()[0]) if coarse > 1.5 else image
    return np.maximum(sitk.GetArrayFromImage(sitk.Resample(smooth, grid, transform, sitk.sitkLinear, 0.0)), 0)


class Networks:
    """The bundle's ONNX files, one session open at a time, as ONNX Runtime opens them by itself."""

    def __init__(self, folder: Path, threads: int):
        self.folder, self.options, self.open = folder, ort.SessionOptions(), (None, None)
        self.options.intra_op_num_threads = threads

    def __call__(self, name: str, x: np.ndarray) -> np.ndarray:
        if self.open[0] != name:
            self.open = (None, None)
            self.open = (name, ort.InferenceSession(str(self.folder / f"{name}.onnx"), self.options, providers=["CPUExecutionProvider"]))
        logits = self.open[1].run(None, {"image": np.ascontiguousarray(x, np.float32)})[0]
        return 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))


def brain_mask(networks: Networks, image: np.ndarray, threshold: float) -> np.ndarray:
    """[4, Z, Y, X] at 3 mm, foreground z-scores -> the largest part of the brain, holes filled."""
    channels = []
    for c in image:
        foreground = c[c > 0.1 * np.percentile(c[c > 0], 99)]
        low, high = np.percentile(foreground, (0.5, 99.5))
        inside = np.clip(foreground, low, high)
        z = np.clip((np.clip(c, low, high) - inside.mean()) / inside.std(), -5, 5)
        channels.append(np.pad(z, [(0, -n % 16) for n in c.shape], constant_values=float(z.min())))
    p = networks("brain", np.stack(channels)[None])[0][tuple(slice(n) for n in image.shape[1:])]
    parts, _ = ndi.label(p > threshold)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return ndi.binary_fill_holes(parts == sizes.argmax())


def run_view(networks: Networks, stage_name: str, view: str, image: np.ndarray, rules: dict) -> np.ndarray:
    order, context = VIEWS[view], rules["context"]
    x = image.transpose(1 + order[0], 0, 1 + order[1], 1 + order[2])
    depth, _, h, w = x.shape
    x = np.pad(x, [(context, context), (0, 0), (0, -h % 4), (0, -w % 4)])
    slab = max(1, rules["slab_voxels"] // (x.shape[2] * x.shape[3]) - 2 * context)
    parts = [networks(f"{stage_name}-{view}", x[a:min(a + slab, depth) + 2 * context]) for a in range(0, depth, slab)]
    return np.concatenate(parts)[:, :h, :w].transpose(np.argsort(order))


def box_of(mask: np.ndarray, margin: int) -> tuple[slice, ...]:
    out = []
    for axis in range(3):
        at = np.flatnonzero(mask.any(tuple(a for a in range(3) if a != axis)))
        out.append(slice(max(at[0] - margin, 0), min(at[-1] + 1 + margin, mask.shape[axis])))
    return tuple(out)


def large(mask: np.ndarray, least: int) -> np.ndarray:
    parts, n = ndi.label(mask, np.ones((3, 3, 3)))
    return (np.bincount(parts.ravel(), minlength=n + 1) >= least)[parts] & mask


def segment(networks: Networks, image: np.ndarray, brain: np.ndarray, manifest: dict) -> np.ndarray:
    """[4, Z, Y, X] at 1 mm -> 0 none, 1 necrotic core, 2 oedema, 3 enhancing."""
    rules = manifest["networks"]["whole-axial"]["inferer"]
    z = np.zeros_like(image)
    for k, c in enumerate(image):
        inside = c[brain & (c > 0)]
        z[k] = np.where(brain & (c > 0), (c - inside.mean()) / inside.std(), 0)
    def probability(name: str, box: tuple[slice, ...], views) -> np.ndarray:
        out = np.zeros(brain.shape, np.float32)
        out[box] = np.mean([run_view(networks, name, v, z[(slice(None), *box)], rules) for v in views], axis=0)
        return out
    axial = probability("whole", box_of(brain, 5), ["axial"])
    mask = manifest["masks"]["suspicion"]
    suspicion = large(axial > mask["threshold"], 500)
    labels = np.zeros(brain.shape, np.uint8)
    if not suspicion.any():
        return labels
    box = box_of(suspicion, 8)
    others = probability("whole", box, ["sagittal", "coronal"])
    whole = np.zeros_like(brain)
    whole[box] = (axial[box] + 2 * others[box]) / 3 > 0.5
    whole = large(ndi.binary_closing(whole), 500)
    core = probability("core", box_of(whole, 5), VIEWS) > 0.5 if whole.any() else whole
    enhancing = probability("enhancing", box_of(core, 5), VIEWS) > 0.5 if core.any() else core
    whole = large(whole | core, 500)
    return np.where(whole & core & enhancing, 3, np.where(whole & core, 1, np.where(whole, 2, 0))).astype(np.uint8)


def encode(labels: np.ndarray, slices: list) -> hd.seg.Segmentation:
    algorithm = hd.AlgorithmIdentificationSequence(name="reference", version="1", family=codes.cid7162.ArtificialIntelligence)
    segments = [hd.seg.SegmentDescription(n + 1, name, codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Neoplasm,
                                          hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC, algorithm)
                for n, name in enumerate(("necrotic core", "oedema", "enhancing tumour"))]
    return hd.seg.Segmentation(slices, labels, hd.seg.SegmentationTypeValues.BINARY, segments, hd.UID(), 900, hd.UID(), 1,
                               "reference", "reference", "1", "1")


def post(ehr: str, volumes: dict[str, float], study: str) -> None:
    observation = {"resourceType": "Observation", "status": "preliminary", "subject": {"display": "bench"}}
    entries = [{"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{n:012d}", "request": {"method": "POST", "url": "Observation"},
                "resource": {**observation, "code": {"text": f"Volume of {name}"},
                             "valueQuantity": {"value": round(ml, 2), "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}}}
               for n, (name, ml) in enumerate(volumes.items())]
    report = {"resourceType": "DiagnosticReport", "status": "preliminary", "code": {"text": "Glioma segmentation"},
              "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{study}"}], "result": [{"reference": e["fullUrl"]} for e in entries]}
    entries.append({"request": {"method": "POST", "url": "DiagnosticReport"}, "resource": report})
    answer = requests.post(ehr, json={"resourceType": "Bundle", "type": "transaction", "entry": entries}, timeout=60,
                           headers={"content-type": "application/fhir+json"})
    answer.raise_for_status()


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    for name in ("pacs", "user", "password", "ehr", "study"):
        ap.add_argument(f"--{name}", required=True)
    ap.add_argument("--bundle", type=Path, required=True)
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    session = requests.Session()
    session.auth = (a.user, a.password)
    client = DICOMwebClient(a.pacs, session=session)
    manifest = json.loads((a.bundle / "bundle.json").read_text())
    networks = Networks(a.bundle, a.threads)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(a.threads)
    with stage("retrieve"):
        series = retrieve(client, a.study)
    with stage("prepare"):
        volumes = {name: volume(datasets) for name, datasets in series.items()}
        fixed, reference = volumes["T1c"]
        moved = {n: sitk.Transform() if n == "T1c" else register(fixed, image) for n, (image, _) in volumes.items()}
        fine, coarse = grid_of(fixed, 1.0), grid_of(fixed, 3.0)
        image, small = (np.stack([on_grid(volumes[s][0], g, moved[s]) for s in SEQUENCES]) for g in (fine, coarse))
    with stage("segment"):
        mask = sitk.GetImageFromArray(brain_mask(networks, small, manifest["masks"]["brain"]["threshold"]).astype(np.float32))
        mask.CopyInformation(coarse)
        brain = sitk.GetArrayFromImage(sitk.Resample(mask, fine, sitk.Transform(), sitk.sitkLinear, 0.0)) >= 0.5
        labels = segment(networks, image, brain, manifest)
    with stage("encode"):
        found = sitk.GetImageFromArray(labels)
        found.CopyInformation(fine)
        native = sitk.GetArrayFromImage(sitk.Resample(found, fixed, sitk.Transform(), sitk.sitkNearestNeighbor, 0))
        segmentation = encode(native, reference)
    with stage("deliver"):
        client.store_instances([segmentation])
        ml = {name: float(np.isin(labels, codes_).sum()) / 1000
              for name, codes_ in {"WT": (1, 2, 3), "TC": (1, 3), "ET": (3,)}.items()}
        post(a.ehr, ml, a.study)
    print(json.dumps({"stages": stages, "peakRssMb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "volumesMl": ml}))


if __name__ == "__main__":
    main()
