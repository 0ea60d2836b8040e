"""Small runs that take a blink, for all tests of what becomes of them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nn.files import atomic_write
from nn.runs import assembly
from nn.settings.declaration import Settings


@pytest.fixture
def unforced_disk(monkeypatch):
    """Leave it to the system when it writes to the disk; waiting takes most of a small run."""
    monkeypatch.setattr(atomic_write.os, "fsync", lambda descriptor: None)


@pytest.fixture
def small_chunks(monkeypatch):
    """Prepare 64 images at a time, so that the small data take seven chunks an epoch."""
    monkeypatch.setattr(assembly, "Batches", partial(assembly.Batches, chunk_rows=64))


@pytest.fixture(scope="module")
def data(small_data, tmp_path_factory) -> Path:
    return small_data(tmp_path_factory.mktemp("data"))


@pytest.fixture
def settings(data, tmp_path, unforced_disk) -> Callable[..., Settings]:
    """Return a function that makes settings of a run that takes a blink and learns something."""

    def make(**changes) -> Settings:
        small = {"hidden_units": 8, "learning_rate": 0.01, "epochs": 3}
        places = {"data_dir": str(data), "save_dir": str(tmp_path / "saved_files")}
        return Settings(**{**small, **places, **changes})

    return make
