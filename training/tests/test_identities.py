"""One patient under several names is never on both sides of a split."""

import csv
import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from gliatrain import data as cohort_data
from gliatrain import evaluate, identities, train
from gliatrain.data import CHANNELS

TABLE = {
    "BraTS2021_01479": "TCGA-CS-5396",
    "TCGA_CS_5396_20010302": "TCGA-CS-5396",
    "BraTS20_Training_274": "TCGA-CS-5396",
    "BraTS2021_01658": "BraTS20_Training_151",
    "BraTS20_Training_151": "BraTS20_Training_151",
    "BraTS20_Training_001": "BraTS20_Training_001",
}


def record(**changes) -> dict:
    return {"fold": 0, "brats_whole_cases": [], "tcga_lgg_heads": [], "lesion_cube_ids": [], **changes}


def test_an_overlap_is_refused_under_whatever_name():
    identities.refuse_overlap(["BraTS2021_01658"], ["TCGA_CS_5396_20010302"], TABLE)
    for trained in ("BraTS2021_01479", "BraTS20_Training_274"):
        with pytest.raises(identities.OverlapError, match=rf"TCGA_CS_5396_20010302 \(trained on as {trained}\)"):
            identities.refuse_overlap(["BraTS20_Training_001", trained], ["TCGA_CS_5396_20010302"], TABLE)


def test_a_member_tests_only_whom_its_record_does_not_hold():
    names = ["BraTS2021_01479", "BraTS2021_01658", "TCGA_CS_5396_20010302"]
    cubes = record(lesion_cube_ids=["BraTS20_Training_274"])
    heads = record(fold=1, tcga_lgg_heads=["TCGA_CS_5396_20010302"])
    assert identities.tested_by([cubes, heads], TABLE, names) == [["BraTS2021_01658"], []]  # 01479: both saw the patient
    assert identities.tested_by([heads, record(fold=1)], TABLE, names) == [
        ["BraTS2021_01658"],
        ["BraTS2021_01479", "TCGA_CS_5396_20010302"],
    ]


def test_a_new_case_in_the_folder_makes_no_member_test_what_it_trained_on():
    old = record(brats_whole_cases=["BraTS2021_01658"], brats_tested=["BraTS2021_01479"])
    assert identities.tested_by([old], TABLE, ["BraTS2021_00001", "BraTS2021_01479", "BraTS2021_01658"]) == [
        ["BraTS2021_00001", "BraTS2021_01479"]
    ]
    names = [f"case {k}" for k in range(40)]
    before, after = identities.split(names, {}, 2), identities.split(["case new", *names], {}, 2)
    assert {n: after[n] for n in names} == before
    assert 8 < sum(before.values()) < 32
    assert len({identities.split(list(TABLE), TABLE, 5)[n] for n in list(TABLE)[:3]}) == 1


def test_a_record_that_does_not_list_its_cubes_counts_all_but_those_it_left_out():
    old = {
        "fold": 0,
        "brats_whole_cases": [],
        "tcga_lgg_heads": [],
        "lesion_cube_patients_excluded": {"BraTS20_Training_151": "BraTS2021_01658"},
    }
    assert identities.seen_by(old, TABLE) == {"TCGA-CS-5396", "BraTS20_Training_001"}


def test_measured_rows_of_seen_patients_are_set_apart():
    rows = {"whole": {"BraTS2021_01479": {"fold": 0}, "BraTS2021_01658": {"fold": 0}}, "lgg": {"TCGA_CS_5396_20010302": {"fold": 1}}}
    members = [record(lesion_cube_ids=["BraTS20_Training_274"]), record(fold=1)]
    kept, apart = evaluate.set_apart(rows, members, TABLE)
    assert list(kept["whole"]) == ["BraTS2021_01658"]
    assert list(kept["lgg"]) == ["TCGA_CS_5396_20010302"]
    assert apart == {"whole": ["BraTS2021_01479"], "lgg": []}


def write_case(folder: Path, rng: np.random.Generator) -> tuple[np.ndarray, list[np.ndarray]]:
    """A case of 64 voxels a side; its label and images."""
    label = np.zeros((64, 64, 64), np.uint8)
    label[20:40, 25:38, 22:36] = 2
    images = [rng.uniform(50, 400, label.shape).astype(np.float32) for _ in CHANNELS]
    folder.mkdir(parents=True)
    for name, volume in zip(("seg", *CHANNELS), (label, *images), strict=True):
        nib.save(nib.Nifti1Image(volume, np.eye(4)), folder / f"{folder.name}_{name}.nii.gz")
    return label, images


def test_images_not_labels_decide_who_a_whole_case_is(tmp_path):
    rng = np.random.default_rng(3)
    label, images = write_case(tmp_path / "BraTS2021_00007", rng)
    maps = object.__new__(identities.LabelMaps)
    big = np.kron(label > 0, np.ones((2, 2, 2), bool))
    maps.ids = ["other", "same"]
    maps.maps = np.stack([big, big]).reshape(2, -1)  # both labels overlap wholly
    maps.sums = maps.maps.sum(1)
    start = [50, 48, 44]
    own = np.stack([np.kron(i, np.ones((2, 2, 2)))[tuple(slice(s + 1, s + 33) for s in start)] for i in images])  # one voxel off
    maps.cubes = {"same": [(own, start)], "other": [(rng.uniform(50, 400, own.shape), start)]}
    assert identities.match_case(tmp_path / "BraTS2021_00007", maps)[0] == "same"
    maps.cubes["same"], maps.cubes["other"] = maps.cubes["other"], maps.cubes["other"]
    assert identities.match_case(tmp_path / "BraTS2021_00007", maps)[0] is None


def test_the_mapping_joins_all_years_and_tcga(tmp_path):
    with (tmp_path / "brats_name_mapping.csv").open("w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["Grade", "BraTS_2017_subject_ID", "BraTS_2018_subject_ID", "TCGA_TCIA_subject_ID", "BraTS_2019_subject_ID"])
        w.writerows([["HGG", "Brats17_A_1", "Brats18_A_1", "NA", "BraTS19_A_1"], ["LGG", "NA", "NA", "TCGA-CS-4941", "BraTS19_T_2"]])
    mapping = identities.name_mapping(tmp_path)
    assert mapping["Brats17_A_1"] == mapping["BraTS20_Training_001"] == "BraTS20_Training_001"
    assert mapping["BraTS20_Training_002"] == mapping["BraTS19_T_2"] == identities.tcga_id("TCGA_CS_4941_19960909") == "TCGA-CS-4941"
    assert "NA" not in mapping


@pytest.mark.skipif(
    not Path(os.environ.get("GLIABRIDGE_DATA", "")).joinpath("brats").is_dir(), reason="GLIABRIDGE_DATA does not name the data folder"
)
def test_the_data_folders_patients(tmp_path, monkeypatch):
    data = Path(os.environ["GLIABRIDGE_DATA"])
    rows = identities.check_rows(data)
    assert rows["survival_pairs"] >= 30
    assert rows["survival_off_by_more_than_a_day"] == 0
    assert rows["grade_differs"] == 0
    table = identities.patients(data, tmp_path)
    assert table["BraTS2021_01659"] == table["BraTS20_Training_270"]  # label overlap 0.797
    assert table["BraTS2021_01479"] == table["TCGA_CS_5396_20010302"] == "TCGA-CS-5396"
    assert not {table[f"BraTS2021_{n:05d}"] for n in range(1658, 1662)} & identities.seen_by_brats2017(data)
    assert identities.patients(data, tmp_path) == table  # from the cache
    # What train.build_cohort would train on and test, without reading an image.
    ids = [cohort_data.Lesion(n, np.empty(0), np.empty(0)) for n in table if n.startswith("BraTS20_")]
    monkeypatch.setattr(train, "Cohort", lambda *_: None)
    monkeypatch.setattr(train, "Atlas", lambda _: None)
    for name, cases in (("load_cubes", ids), ("load_cohort", []), ("load_lgg", [])):
        monkeypatch.setattr(cohort_data, name, lambda *_, cases=cases: cases)
    captured = [train.build_cohort(data, tmp_path, fold)[1] for fold in range(cohort_data.FOLDS)]
    sources = [n for names in cohort_data.case_names(data) for n in names]
    tested = [n for c in captured for n in c["brats_tested"] + c["tcga_lgg_tested"]]
    assert sorted(tested) == sorted(sources)
    for own in captured:
        seen = identities.seen_by(own, table)
        assert not {table[n] for n in own["brats_tested"] + own["tcga_lgg_tested"]} & seen
        assert len(seen) > 150
