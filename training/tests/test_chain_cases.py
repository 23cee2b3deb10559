"""What the chain is measured on: heads as NIfTI, tissue results by patient; on made-up files."""

import csv
import io
import lzma

import nibabel as nib
import numpy as np
import pytest

from gliatrain.chain_cases import Tables, write_clinical_case


def xz(path, array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    path.write_bytes(lzma.compress(buffer.getvalue()))


def table(path, rows):
    with path.open("w", newline="") as f:
        writer = csv.DictWriter(f, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def tables(tmp_path):
    table(
        tmp_path / "tcga_who2021_labels_iucomppath.csv",
        [
            {
                "case_id": "TCGA-AA-0001",
                "Age (years at diagnosis)": "41",
                "IDH status": "mutant (maf)",
                "1p/19q codeletion": "codel",
                "MGMT promoter status": "unknown",
                "WHO_CNS5_grade": "Grade 2",
                "WHO_CNS5_diagnosis": "Oligodendroglioma. Grade 2.",
            },
            {
                "case_id": "TCGA-AA-0003",
                "Age (years at diagnosis)": "70",
                "IDH status": "WT",
                "1p/19q codeletion": "unknown",
                "MGMT promoter status": "Methylated",
                "WHO_CNS5_grade": "Grade NA",
                "WHO_CNS5_diagnosis": "",
            },
        ],
    )
    table(
        tmp_path / "tcga_patient_info.csv",
        [
            {
                "subject_id": "TCGA-AA-0001",
                "age": "41.0",
                "is_female": "1.0",
                "survival_months": "10.0",
                "censorship": "1.0",
                "IDH1_mut": "0.0",
                "loh1p/19q_cnv": "1.0",
            },
            {
                "subject_id": "TCGA-AA-0002",
                "age": "55.0",
                "is_female": "0.0",
                "survival_months": "2.0",
                "censorship": "0.0",
                "IDH1_mut": "0.0",
                "loh1p/19q_cnv": "0.0",
            },
        ],
    )
    table(tmp_path / "kaggle3m_tcga_lgg_data.csv", [{"Patient": "TCGA_AA_0003", "gender": "2", "age_at_initial_pathologic": "70"}])
    return Tables(tmp_path)


def test_rows_take_each_fact_from_the_first_table_that_has_it(tables):
    row = tables.row("head-1", "TCGA-AA-0001")
    assert row == {
        "id": "head-1",
        "age": "41",
        "sex": "F",
        "idh": "mutant",
        "1p19q": "codeleted",
        "mgmt": "",
        "grade": "2",
        "diagnosis": "Oligodendroglioma. Grade 2.",
        "survival_days": "304",
        "event": "0",
    }
    assert tables.contradictions == {"idh": 1}
    second = tables.row("head-2", "TCGA-AA-0002")
    assert (second["idh"], second["1p19q"], second["grade"], second["event"]) == ("wildtype", "intact", "", "1")
    third = tables.row("head-3", "TCGA-AA-0003")
    assert (third["sex"], third["1p19q"], third["grade"], third["survival_days"], third["event"]) == ("M", "", "", "", "")
    assert tables.row("head-4", "TCGA-AA-0004") is None


def test_heads_keep_their_axes_and_lose_copies_of_flair(tmp_path):
    image = np.random.default_rng(3).integers(0, 255, (3, 20, 256, 256), dtype=np.uint8)
    image[2] = image[1]
    mask = np.zeros((20, 256, 256), bool)
    mask[4, 30:40, 60:65] = True
    xz(tmp_path / "TCGA_AA_0001_20000101.image.npy.xz", image)
    xz(tmp_path / "TCGA_AA_0001_20000101.mask.npy.xz", mask)
    written = write_clinical_case(tmp_path / "TCGA_AA_0001_20000101.image.npy.xz", tmp_path / "out")
    assert written["sequences"] == ["flair", "t1"]
    folder = tmp_path / "out" / "TCGA_AA_0001_20000101"
    assert sorted(p.name.rsplit("_", 1)[1] for p in folder.iterdir()) == ["flair.nii.gz", "mask.nii.gz", "t1.nii.gz"]
    flair = nib.load(folder / "TCGA_AA_0001_20000101_flair.nii.gz")
    # x grows to the patient's left and y to the back in the array, the other way in NIfTI's world; z to the top in both.
    assert nib.aff2axcodes(flair.affine) == ("L", "P", "S")
    assert flair.header.get_zooms() == pytest.approx((230 / 256, 230 / 256, 7.0))
    assert np.array_equal(np.asarray(flair.dataobj)[60, 35, 4], image[1, 4, 35, 60])
    written = np.asarray(nib.load(folder / "TCGA_AA_0001_20000101_mask.nii.gz").dataobj)
    assert written.sum() == 50
    assert written[60:65, 30:40, 4].all()
