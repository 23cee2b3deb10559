"""Cohorts with images: the same patient never twice, and intensities as shares of the brain."""

import json
import lzma

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from gliatrain import data
from gliatrain.tabular import cohorts, features, noise, outlines


def test_the_assumed_spacing_is_a_usual_field_of_view_over_any_matrix():
    assert data.assumed_spacing((20, 256, 256)) == pytest.approx((7.0, 0.898, 0.898), abs=1e-3)
    assert data.assumed_spacing((60, 512, 448)) == pytest.approx((2.5, 0.449, 0.449), abs=1e-3)
    assert data.assumed_spacing((200, 256, 256))[0] == 1.5


def test_copies_of_flair_are_missing_sequences():
    flair = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)
    assert data.repeated_channels(np.stack([flair, flair, 255 - flair])) == [True, False, False]


def test_a_patient_of_whole_images_is_kept_back_and_none_occurs_twice():
    ucsf, brats = (
        pd.DataFrame({"ID": ["U1", "U2"], "idh": [0.0, 1.0]}),
        pd.DataFrame({"ID": ["B1"], "patient": ["TCGA-CS-5396"], "idh": [1.0]}),
    )
    both = cohorts.pooled(ucsf, brats, {"TCGA-CS-5396"})
    assert both["kept_back"].tolist() == [False, False, True]
    assert both["cohort"].tolist() == ["UCSF-PDGM"] * 2 + ["BraTS-TCGA"]
    with pytest.raises(ValueError, match="twice"):
        cohorts.pooled(ucsf, brats.assign(patient="U1"), set())


def write_xz(path, array) -> None:
    with lzma.open(path, "wb") as f:
        np.save(f, array)


def test_a_cube_gives_shares_of_the_patients_own_brain(tmp_path):
    """z-scores of a brain of mean 400 and deviation 100: a z of 2 is 1.5 times the brain's mean."""
    tables = tmp_path / "tables"
    tables.mkdir()
    label = np.zeros((1, 128, 128, 128), np.uint8)
    label[0, 30:50, 40:70, 60:90] = 4
    np.savez(tmp_path / "gt_segmentations_128.npz", ids=["BraTS20_Training_002"], seg=label)
    mask = np.zeros((1, 32, 32, 32), np.uint8)
    mask[0, 4:20, 4:20, 4:20] = 4
    image = np.full((1, 4, 32, 32, 32), 100, np.uint8)
    image[0, 1, 4:20, 4:20, 4:12] = 140  # half of the tumour at z = 2, half at 0
    with lzma.open(tmp_path / "brats2020_lesion_cubes_32.npz.xz", "wb") as f:
        np.savez(f, image=image, mask=mask, patient_id=np.array(["BraTS20_Training_002"]))
    pd.DataFrame({"t1ce mean": [1.0, 400.0], "t1ce std": [9.0, 100.0]}).to_csv(
        tables / "brats2020_radiomic_features_caumente.csv", index=False
    )
    pd.DataFrame(
        {
            "case_id": ["TCGA-CS-5396"],
            "Age (years at diagnosis)": [53],
            "IDH status": ["Mutant"],
            "1p/19q codeletion": ["codel"],
            "WHO_CNS5_grade": ["Grade 3"],
        }
    ).to_csv(tables / "tcga_who2021_labels_iucomppath.csv", index=False)
    pd.DataFrame({"subject_id": ["TCGA-CS-5396"], "is_female": [1.0], "survival_months": [20.0], "censorship": [0.0]}).to_csv(
        tables / "tcga_patient_info.csv", index=False
    )
    row = cohorts.read_brats_tcga(tmp_path, {"BraTS20_Training_002": "TCGA-CS-5396"}).iloc[0]
    assert row["t1c_p90_over_brain"] == pytest.approx(1.5)
    assert row["t1c_median_over_brain"] == pytest.approx(1.25)
    assert row["t1c_skewness"] == pytest.approx(0, abs=1e-9)
    assert (row["idh"], row["1p19q"], row["grade"], row["sex_male"]) == (1, 1, 3, 0)
    assert (row["ID"], row["patient"], row["months"], row["event"]) == ("BraTS20_Training_002", "TCGA-CS-5396", 20, 1)
    assert 0 < row["depth"] < 1
    assert row["midline_distance"] > 0


def test_a_clinical_head_is_measured_against_its_own_inside(tmp_path):
    folder = tmp_path / "tcga-lgg"
    folder.mkdir()
    (tmp_path / "brats").mkdir()
    (tmp_path / "tables").mkdir()
    z, y, x = np.mgrid[:20, :128, :128]
    head = ((y - 64) / 50.0) ** 2 + ((x - 64) / 40.0) ** 2 < 1
    t1c = np.where(head, 80, 0).astype(np.uint8)
    mask = (abs(z - 12) < 3) & (abs(y - 50) < 6) & (abs(x - 80) < 6)
    t1c[mask] = 160
    flair = np.where(head, 100, 0).astype(np.uint8)
    for name, third in (("TCGA_CS_4941_19960909", t1c), ("TCGA_CS_4942_19960909", flair)):
        write_xz(folder / f"{name}.image.npy.xz", np.stack([t1c // 2, flair, third]))
        write_xz(folder / f"{name}.mask.npy.xz", mask)
    pd.DataFrame(
        {
            "case_id": ["TCGA-CS-4941"],
            "Age (years at diagnosis)": [67],
            "IDH status": ["WT"],
            "1p/19q codeletion": ["non-codel"],
            "WHO_CNS5_grade": ["Grade 4"],
        }
    ).to_csv(tmp_path / "tables" / "tcga_who2021_labels_iucomppath.csv", index=False)
    pd.DataFrame({"subject_id": ["TCGA-CS-4941"], "is_female": [0.0], "survival_months": [7.7], "censorship": [0.0]}).to_csv(
        tmp_path / "tables" / "tcga_patient_info.csv", index=False
    )
    table = cohorts.read_clinical_heads(tmp_path, {f"TCGA_CS_494{k}_19960909": f"TCGA-CS-494{k}" for k in (1, 2)})
    assert table["ID"].tolist() == ["TCGA_CS_4941_19960909"]  # the other one has FLAIR in the place of T1c
    row = table.iloc[0]
    assert row["t1c_p90_over_brain"] == pytest.approx(2, abs=0.1)
    assert row["idh"] == 0
    assert row["grade"] == 4
    assert row["shape_MeshVolume"] == pytest.approx(mask.sum() * 7.0 * (230 / 128) ** 2)
    assert 0.2 < row["midline_distance"] < 0.6
    assert row["depth"] < 0.5
    assert set(features.LOCATION) <= set(table.columns)


def test_an_outline_is_measured_on_its_own_case(tmp_path):
    folder, rng = tmp_path / "brats" / "BraTS2021_00001", np.random.default_rng(2)
    folder.mkdir(parents=True)
    t1c = rng.uniform(100, 200, (24, 30, 36)).astype(np.float32)  # [x, y, z], x to the right and y forwards
    truth = np.zeros(t1c.shape, np.uint8)
    truth[4:12, 5:20, 8:20] = 4
    for name, volume in (("t1ce", t1c), ("seg", truth)):
        nib.save(nib.Nifti1Image(volume, np.eye(4)), folder / f"{folder.name}_{name}.nii.gz")
    outline = truth[::-1, ::-1].transpose(2, 1, 0).copy()  # LPS, [Z, Y, X]
    (tmp_path / "outlines").mkdir()
    np.savez(tmp_path / "outlines" / f"{folder.name}.npz", label=outline)
    exact = outlines.measure(tmp_path, tmp_path / "outlines")["rows"]["whole"][folder.name]["stripped"]["feature_errors"]
    assert exact["dice"] == 1
    assert all(v == 0 for k, v in exact.items() if k != "dice")
    outline[:14] = 0
    np.savez(tmp_path / "outlines" / f"{folder.name}.npz", label=outline)
    (tmp_path / "errors.json").write_text(json.dumps(outlines.measure(tmp_path, tmp_path / "outlines")))
    ((name, off),) = noise.measured_errors(tmp_path / "errors.json")
    assert name == folder.name
    assert off["shape_VoxelVolume"] == pytest.approx(np.log(0.5))
    assert off["dice"] == pytest.approx(2 / 3)
    np.savez(tmp_path / "outlines" / f"{folder.name}.npz", label=outline[1:])
    with pytest.raises(ValueError, match="35x30x24 voxels"):
        outlines.measure(tmp_path, tmp_path / "outlines")
