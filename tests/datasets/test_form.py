"""What a form knows of a file."""

from pathlib import Path

import pytest

from nn.datasets.form import DataFile


@pytest.mark.parametrize("name", ["Train.CSV", "train.csv.gz", "train.csv"])
def test_a_name_is_the_same_packed_or_not(name: str) -> None:
    assert DataFile(Path("data") / name, b"").name == "train.csv"
