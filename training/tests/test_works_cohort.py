"""The folder format, the adapters of public tables, and the made-up cohort."""

import nibabel as nib
import numpy as np
import pytest

from gliatrain.works import adapters
from gliatrain.works.cohort import fit_size, read_clinical, read_cohort, split, write_cohort
from gliatrain.works.synthetic_cohort import Plan, make_cohort


def test_what_is_written_is_read(tmp_path):
    made = make_cohort(Plan(patients=3, size=16, seed=8, pathology=1.0, missing=0.5))
    made[1].image[2] = 0  # T2 is missing
    made[2].label = None
    write_cohort(tmp_path, made)
    read = read_cohort(tmp_path, size=(16, 16, 16))
    assert [p.id for p in read] == [p.id for p in made]
    for got, want in zip(read, made, strict=True):
        assert set(got.clinical) == set(want.clinical)
        for name, value in want.clinical.items():
            assert got.value(name) == pytest.approx(value, rel=1e-4, nan_ok=True), name
        np.testing.assert_allclose(got.pathology, want.pathology, rtol=1e-4)
        assert got.image.shape == (4, 16, 16, 16)
        assert got.image.dtype == np.float32
    assert not read[1].image[2].any()
    assert read[1].image[3].any()
    assert read[2].label is None
    np.testing.assert_array_equal(read[0].label, made[0].label)
    assert np.corrcoef(read[0].image[3].ravel(), made[0].image[3].ravel())[0, 1] > 0.95


def test_asymmetric_images_keep_their_axes(tmp_path):
    case = tmp_path / "cases" / "a"
    case.mkdir(parents=True)
    array = np.full((12, 14, 10), 10.0, np.float32)  # x, y, z in RAS: +x is right
    array[9:, :, :] = 50
    array += np.random.default_rng(0).uniform(0, 1, array.shape)
    nib.save(nib.Nifti1Image(array, np.diag([2.0, 2, 2, 1])), case / "flair.nii.gz")
    (tmp_path / "clinical.csv").write_text("patient_id,age\na,51\n")
    image = read_cohort(tmp_path, size=(10, 14, 12))[0].image
    assert image[3][:, :, :3].mean() > 1 > 0 > image[3][:, :, 5:].mean()  # right is where x is low in LPS
    assert not image[:3].any()


def test_cut_and_pad():
    volume = np.arange(5 * 4 * 3, dtype=float).reshape(5, 4, 3) + 1
    out = fit_size(volume, np.array([2.5, 2, 1.5]), (3, 6, 3))
    assert out.shape == (3, 6, 3)
    assert (out[:, 0] == 1).all()
    np.testing.assert_array_equal(out[:, 1:5], volume[1:4])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("patient_id,age\na,1\na,2\n", "line 3: patient_id is empty or occurs twice"),
        ("patient_id,idh\na,maybe\n", "line 2: idh must be one of mutant, wildtype or empty"),
        ("patient_id,age\na,old\n", "line 2: age must be a number or empty"),
        ("patient_id,age\na,-3\n", "0 or more"),
        ("patient_id,weight\na,1\n", "columns must be patient_id and any of"),
        ("patient_id,os_days\na,100\n", "os_days and event belong together"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path, text, message):
    path = tmp_path / "clinical.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_clinical(path)


TABLES = {
    "ucsf": (
        "ID,Sex,Age at MRI,WHO CNS Grade,MGMT status,1p/19q,IDH,1-dead 0-alive,OS,EOR\n"
        "UCSF-PDGM-007,F,61,4,indeterminate,,wildtype,1,420,biopsy\n"
        "UCSF-PDGM-012,M,33,2,positive,relative co-deletion,IDH1 R132H,0,900,GTR\n",
        {
            "UCSF-PDGM-0007": ("61", "F", "wildtype", "", "", "4", "420", "1", "biopsy", ""),
            "UCSF-PDGM-0012": ("33", "M", "mutant", "codeleted", "methylated", "2", "900", "0", "gtr", ""),
        },
    ),
    "upenn": (
        "ID,Gender,Age_at_scan_years,Survival_from_surgery_days,IDH1,MGMT,KPS,GTR_over90percent\n"
        "UPENN-GBM-00001_11,F,52.2,Not Available,Wildtype,Not Available,Not Available,Y\n"
        "UPENN-GBM-00001_21,F,53.0,300,Wildtype,Methylated,80,Y\nUPENN-GBM-00002_11,M,89+,291,NOS/NEC,Unmethylated,70,N\n",
        {
            "UPENN-GBM-00001_11": ("52.2", "F", "wildtype", "", "", "", "", "", "gtr", ""),
            "UPENN-GBM-00002_11": ("89", "M", "", "", "unmethylated", "", "291", "1", "str", "70"),
        },
    ),
    "brats": (
        "Brats20ID,Age,Survival_days,Extent_of_Resection\nBraTS20_Training_001,60.5,289,GTR\n"
        "BraTS20_Training_002,44,ALIVE (361 days later),NA\n",
        {
            "BraTS20_Training_001": ("60.5", "", "", "", "", "", "289", "1", "gtr", ""),
            "BraTS20_Training_002": ("44", "", "", "", "", "", "", "", "", ""),
        },
    ),
    "tcga": (
        "case_id,Age (years at diagnosis),IDH status,1p/19q codeletion,MGMT promoter status,WHO_CNS5_grade\n"
        "TCGA-02-0003,50,WT,non-codel,Unmethylated,Grade 4\nTCGA-02-0003,50,WT,non-codel,Unmethylated,Grade 4\n"
        "TCGA-CS-4942,44,Mutant,codel,Methylated,Grade 3\n",
        {
            "TCGA-02-0003": ("50", "", "wildtype", "intact", "unmethylated", "4", "", "", "", ""),
            "TCGA-CS-4942": ("44", "", "mutant", "codeleted", "methylated", "3", "", "", "", ""),
        },
    ),
    "tcga-survival": (
        "subject_id,age,is_female,survival_months,censorship\nTCGA-02-0006,56.0,1.0,18.33,0.0\nTCGA-02-0009,61,0,10,1\n",
        {
            "TCGA-02-0006": ("56.0", "F", "", "", "", "", "557.9", "1", "", ""),
            "TCGA-02-0009": ("61", "M", "", "", "", "", "304.4", "0", "", ""),
        },
    ),
}


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_public_tables_become_ours(tmp_path, kind):
    text, want = TABLES[kind]
    table = tmp_path / "table.csv"
    table.write_text(text)
    counts = adapters.import_cohort(kind, None, table, tmp_path / "out")
    assert counts["rows"] == len(want)
    lines = (tmp_path / "out" / "clinical.csv").read_text().splitlines()
    assert {line.split(",")[0]: tuple(line.split(",")[1:]) for line in lines[1:]} == want
    assert len(read_clinical(tmp_path / "out" / "clinical.csv")) == len(want)
    table.write_text(text.replace("ge", "gge", 1) if kind == "ucsf" else "x,y\n1,2\n")
    with pytest.raises(ValueError, match="has no column"):
        adapters.import_cohort(kind, None, table, tmp_path / "again")


LAYOUTS = {
    "ucsf": "UCSF-PDGM-0007_nifti/UCSF-PDGM-0007_T1gad.nii.gz",
    "upenn": "images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_T1GD.nii.gz",
    "brats": "BraTS20_Training_001/BraTS20_Training_001_t1ce.nii.gz",
    "tcga": "TCGA-02-0003/TCGA-02-0003_t1Gd.nii.gz",
}


@pytest.mark.parametrize("kind", sorted(LAYOUTS))
def test_public_layouts_become_ours(tmp_path, kind):
    (tmp_path / "table.csv").write_text(TABLES[kind][0])
    for name in (LAYOUTS[kind], LAYOUTS[kind].replace("T1GD", "T2").replace("T1gad", "T2").replace("t1ce", "t2").replace("t1Gd", "t2")):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    counts = adapters.import_cohort(kind, tmp_path / "images", tmp_path / "table.csv", tmp_path / "out")
    assert counts["with_images"] == 1
    case = next((tmp_path / "out" / "cases").iterdir())
    assert sorted(p.name for p in case.iterdir()) == ["t1c.nii.gz", "t2.nii.gz"]
    assert (case / "t1c.nii.gz").read_bytes().decode() == LAYOUTS[kind]


def test_the_split_is_seeded_and_of_patients():
    patients = make_cohort(Plan(patients=20, size=8))
    first, again = split(patients, 3, 0.3), split(patients, 3, 0.3)
    assert [p.id for p in first[1]] == [p.id for p in again[1]]
    assert len(first[1]) == 6
    assert not {p.id for p in first[0]} & {p.id for p in first[1]}


def test_signals_are_planted_in_the_tumour():
    patients = make_cohort(Plan(patients=80, size=12, seed=4, missing=0, pathology=1.0))
    idh = np.array([p.value("idh") for p in patients])
    mismatch = np.array([(p.image[2] - p.image[3])[p.label > 0].mean() for p in patients])
    assert mismatch[idh == 1].min() > mismatch[idh == 0].mean()
    assert np.corrcoef(idh, mismatch)[0, 1] > 0.8
    grade = np.array([p.value("grade") for p in patients])
    rim = np.array([p.image[1][p.label == 3].mean() for p in patients])
    assert np.corrcoef(grade, rim)[0, 1] > 0.8
    other = make_cohort(Plan(patients=80, size=12, seed=4, missing=0, pathology=1.0))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(patients, other, strict=True))  # seeded
