"""Defines every feature that a tabular head may use. The service mirrors this file (src/inference/features).

Masks and images. WT is the union of the bundle's tumour labels on the T1c (post-contrast T1) image, 1 mm
isotropic, pyradiomics 3.x defaults (binWidth 25, no normalisation, no resampling, distance 1, label 1). MRI
has no unit, so a head never sees an intensity: only ratios, standardised moments and bin-free densities.
`x` are the T1c values inside WT; mean, sd (population: divide by n), percentiles as numpy's linear ones.

clinical
  age_years               age at the MRI, years
  sex_male                1 male, 0 female; NaN otherwise
  resection_gtr           1 gross total resection, 0 anything less (subtotal, biopsy); NaN unknown
  resection_subtotal      1 subtotal resection, 0 gross total or biopsy; NaN unknown
  kps                     Karnofsky performance status 0..100; NaN unknown
shape (mm, mm2, mm3): the 14 of pyradiomics' "shape" class, name `shape_<Feature>`
scale-free first order (T1c inside WT)
  t1c_cov                 sd / mean
  t1c_skewness            third standardised moment (pyradiomics Skewness)
  t1c_kurtosis            fourth standardised moment, 3 for a Gaussian (pyradiomics Kurtosis)
  t1c_p10_over_median     10th percentile / median
  t1c_p90_over_median     90th percentile / median
  t1c_iqr_over_median     (P75 - P25) / median
  t1c_mean_over_median    mean / median
  t1c_mad_over_sd         mean(|x - mean(x)|) / sd (pyradiomics MeanAbsoluteDeviation / sd)
  t1c_rmad_over_sd        r = x within [P10, P90]; mean(|r - mean(r)|) / sd(x) (RobustMeanAbsoluteDeviation / sd)
  t1c_density_energy      sum(p_i^2) * sd / w: integral of the squared density in units of sd. p_i: fractions of x
                          in bins of width w, first edge floor(min / w) * w (pyradiomics Uniformity * sd / w).
                          The table has w = 25; the service takes w = sd / 24. Nearly independent of w while
                          w < sd / 8 (checked in tests), hence of the unit.
  t1c_density_entropy     -sum(p_i log2 p_i) + log2(w / sd): differential entropy in units of sd, same bins
                          (pyradiomics Entropy + log2(w / sd))
texture (T1c inside WT)
  glcm_Correlation        pyradiomics' GLCM Correlation (13 directions averaged, symmetric, distance 1). A Pearson
                          correlation: nearly independent of the bin width while it is fine; table w = 25, service
                          w = sd / 24
location, from WT and the bounding box of the brain, both in patient axes (LPS), voxel centres
  midline_distance        |x of the WT centre of mass - middle of the box| / (half of the box's width)
  midline_crossing        min(middle - x_lo, x_hi - middle) / (half width), x_lo and x_hi the outer faces of WT's
                          bounding box: positive when WT reaches over the midline, negative when it stays aside
  depth                   (y - anterior face of the box) / (length of the box): 0 front, 1 back
  height                  (z - bottom face of the box) / (height of the box): 0 bottom, 1 top
brain-relative (needs the brain mask whose box the location uses; NaN without one: every head bears it missing)
  t1c_median_over_brain   median of x / mean of T1c over the brain (tumour included)
  t1c_p90_over_brain      90th percentile of x / mean of T1c over the brain (tumour included)

The UCSF-PDGM table has no brain mask. Its images are skull-stripped on one 240 x 240 x 155 grid of 1 mm (index
x grows to the left, y backwards, z upwards), so the brain's box is a fixed one, TABLE_BOX, read from the extremes
of the 401 tumours' boxes (1st and 99th percentile; the top touches the grid), and the brain's mean is the
grid's mean * voxels / TABLE_BRAIN_MM3. Both err by a few percent per patient: training adds that as noise.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import numpy as np
import pandas as pd

SHAPE = [
    f"shape_{n}"
    for n in (
        "Elongation",
        "Flatness",
        "LeastAxisLength",
        "MajorAxisLength",
        "Maximum2DDiameterColumn",
        "Maximum2DDiameterRow",
        "Maximum2DDiameterSlice",
        "Maximum3DDiameter",
        "MeshVolume",
        "MinorAxisLength",
        "Sphericity",
        "SurfaceArea",
        "SurfaceVolumeRatio",
        "VoxelVolume",
    )
]
FIRST_ORDER = [
    f"t1c_{n}"
    for n in (
        "cov",
        "skewness",
        "kurtosis",
        "p10_over_median",
        "p90_over_median",
        "iqr_over_median",
        "mean_over_median",
        "mad_over_sd",
        "rmad_over_sd",
        "density_energy",
        "density_entropy",
    )
]
TEXTURE = ["glcm_Correlation"]
LOCATION = ["midline_distance", "midline_crossing", "depth", "height"]
BRAIN = ["t1c_median_over_brain", "t1c_p90_over_brain"]
CLINICAL = ["age_years", "sex_male", "resection_gtr", "resection_subtotal", "kps"]
IMAGE = [*SHAPE, *FIRST_ORDER, *TEXTURE, *LOCATION, *BRAIN]
ALL = [*CLINICAL, *IMAGE]

BIN_WIDTH = 25.0
TABLE_BOX = ((51.0, 193.0), (32.0, 208.0), (13.0, 153.0))  # x, y, z faces, voxels
TABLE_BRAIN_MM3 = 1.40e6
TABLE_GRID_VOXELS = 240 * 240 * 155


def location(centre: Sequence[float], lower: Sequence[float], upper: Sequence[float], box: Sequence[Sequence[float]]) -> dict[str, float]:
    """Location features. centre, lower and upper faces of WT, and `box` ((x0, x1), (y0, y1), (z0, z1)), LPS mm."""
    (x0, x1), (y0, y1), (z0, z1) = box
    middle, half = (x0 + x1) / 2, (x1 - x0) / 2
    return {
        "midline_distance": abs(centre[0] - middle) / half,
        "midline_crossing": min(middle - lower[0], upper[0] - middle) / half,
        "depth": (centre[1] - y0) / (y1 - y0),
        "height": (centre[2] - z0) / (z1 - z0),
    }


def first_order(x: np.ndarray) -> dict[str, float]:
    """Scale-free first-order features of the T1c values inside WT, any unit (the service's own computation)."""
    x = np.asarray(x, np.float64)
    mean, sd = x.mean(), x.std()
    p10, p25, median, p75, p90 = np.percentile(x, [10, 25, 50, 75, 90])
    robust = x[(x >= p10) & (x <= p90)]
    width = sd / 24
    bins = np.floor(x / width).astype(np.int64)
    p = np.unique(bins, return_counts=True)[1] / x.size
    return {
        "t1c_cov": sd / mean,
        "t1c_skewness": np.mean((x - mean) ** 3) / sd**3,
        "t1c_kurtosis": np.mean((x - mean) ** 4) / sd**4,
        "t1c_p10_over_median": p10 / median,
        "t1c_p90_over_median": p90 / median,
        "t1c_iqr_over_median": (p75 - p25) / median,
        "t1c_mean_over_median": mean / median,
        "t1c_mad_over_sd": np.mean(np.abs(x - mean)) / sd,
        "t1c_rmad_over_sd": np.mean(np.abs(robust - robust.mean())) / sd,
        "t1c_density_energy": float(np.sum(p**2)) * sd / width,
        "t1c_density_entropy": float(-np.sum(p * np.log2(p))) + np.log2(width / sd),
    }


def from_table(radiomics: pd.DataFrame) -> pd.DataFrame:
    """Rows of a pyradiomics table in the UCSF-PDGM format -> the IMAGE features, same row order.
    Columns `original_*` and `diagnostics_Mask-original_{CenterOfMassIndex,BoundingBox}`,
    `diagnostics_Image-original_Mean`; a missing diagnostics column gives NaN, a missing feature an error."""
    out: dict[str, np.ndarray] = {n: radiomics[f"original_{n}"].to_numpy(float) for n in [*SHAPE, *TEXTURE]}
    v = {
        n: radiomics[f"original_firstorder_{n}"].to_numpy(float)
        for n in (
            "10Percentile",
            "90Percentile",
            "Entropy",
            "InterquartileRange",
            "Kurtosis",
            "MeanAbsoluteDeviation",
            "Mean",
            "Median",
            "RobustMeanAbsoluteDeviation",
            "Skewness",
            "Uniformity",
            "Variance",
        )
    }
    sd = np.sqrt(v["Variance"])
    out["t1c_cov"] = sd / v["Mean"]
    out["t1c_skewness"], out["t1c_kurtosis"] = v["Skewness"], v["Kurtosis"]
    out["t1c_p10_over_median"] = v["10Percentile"] / v["Median"]
    out["t1c_p90_over_median"] = v["90Percentile"] / v["Median"]
    out["t1c_iqr_over_median"] = v["InterquartileRange"] / v["Median"]
    out["t1c_mean_over_median"] = v["Mean"] / v["Median"]
    out["t1c_mad_over_sd"] = v["MeanAbsoluteDeviation"] / sd
    out["t1c_rmad_over_sd"] = v["RobustMeanAbsoluteDeviation"] / sd
    out["t1c_density_energy"] = v["Uniformity"] * sd / BIN_WIDTH
    out["t1c_density_entropy"] = v["Entropy"] + np.log2(BIN_WIDTH / sd)
    n = len(radiomics)
    centre, box = (f"diagnostics_Mask-original_{k}" for k in ("CenterOfMassIndex", "BoundingBox"))
    if centre in radiomics and box in radiomics:
        rows = [
            location(np.add(c, 0.5), b[:3], np.add(b[:3], b[3:]), TABLE_BOX)
            for c, b in zip(radiomics[centre].map(ast.literal_eval), radiomics[box].map(ast.literal_eval), strict=True)
        ]
        out.update({k: np.array([r[k] for r in rows]) for k in LOCATION})
    else:
        out.update({k: np.full(n, np.nan) for k in LOCATION})
    if "diagnostics_Image-original_Mean" in radiomics:
        brain = radiomics["diagnostics_Image-original_Mean"].to_numpy(float) * TABLE_GRID_VOXELS / TABLE_BRAIN_MM3
    else:
        brain = np.full(n, np.nan)
    out["t1c_median_over_brain"] = v["Median"] / brain
    out["t1c_p90_over_brain"] = v["90Percentile"] / brain
    return pd.DataFrame(out, index=radiomics.index)[IMAGE]
