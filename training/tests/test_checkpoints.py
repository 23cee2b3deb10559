"""Checkpoints are read as data: no file can run code, and no module reads one in another way."""

import os
import pickle
import re
from pathlib import Path

import bundle_folder
import numpy as np
import pytest
import torch

from gliatrain import checkpoints

TRAINING = Path(__file__).parents[1]


class Command:
    """What a hostile checkpoint holds: unpickled, it would make a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("load", [checkpoints.load, bundle_folder.load_weights])
def test_a_checkpoint_cannot_run_a_command(load, tmp_path):
    torch.save({"model": {}, "note": Command(tmp_path / "ran")}, tmp_path / "hostile.pt")
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        load(tmp_path / "hostile.pt")
    assert not (tmp_path / "ran").exists()


def test_what_is_saved_comes_back_and_a_half_written_file_is_never_seen(tmp_path):
    state = {"weight": torch.arange(3.0), "counts": {"cases": ["a"], "fold": 1}, "seconds": 2.5, "minutes": None}
    checkpoints.save(tmp_path / "a.pt", state)
    back = checkpoints.load(tmp_path / "a.pt")
    assert torch.equal(back.pop("weight"), state.pop("weight"))
    assert back == state
    assert [p.name for p in tmp_path.iterdir()] == ["a.pt"]


def test_the_figures_that_nnunet_keeps_are_read(tmp_path):
    state = {
        "network_weights": {"w": torch.ones(2)},
        "_best_ema": np.float64(0.9),
        "logging": {"lr": [np.float32(0.5)]},
        "device": torch.device("cpu"),
    }
    torch.save(state, tmp_path / "checkpoint_final.pth")
    assert bundle_folder.load_weights(tmp_path / "checkpoint_final.pth")["logging"]["lr"][0] == 0.5


def test_every_file_is_loaded_as_weights_only():
    calls = {
        str(path.relative_to(TRAINING)): call
        for path in TRAINING.rglob("*.py")
        if ".venv" not in path.parts
        for call in re.findall(r"torch\.load\([^\n]*", path.read_text())
        if path != Path(__file__)
    }
    assert calls
    assert all("weights_only=True" in call for call in calls.values()), calls
    assert not [p.name for p in (TRAINING / "gliatrain").rglob("*.py") if "allow_pickle=True" in p.read_text()]
