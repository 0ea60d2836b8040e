"""`layers_history.csv`: a row for each layer and epoch, and an empty cell for what it has not."""

import math

import pytest

from nn.errors import RunFolderError
from nn.runs.layers_history import read_layers_history, write_layers_history
from nn.training.layer_health import LayerRecord

RECORDS = [
    LayerRecord(1, 1, 0.25, math.nan, 10.5, 0.5, 1e-3),
    LayerRecord(1, 2, math.nan, math.nan, 5.0, math.inf, 1 / 3),
]
TEXT = (
    "epoch,layer,dead,saturated,weight_norm,gradient_norm,update_ratio\n"
    "1,1,0.25,,10.5,0.5,0.001\n"
    "1,2,,,5,inf,0.333333333\n"
)


def test_what_a_layer_does_not_have_is_an_empty_cell(tmp_path) -> None:
    write_layers_history(tmp_path, RECORDS)
    assert (tmp_path / "layers_history.csv").read_text() == TEXT


def test_the_records_are_read_back_with_nine_digits(tmp_path) -> None:
    write_layers_history(tmp_path, RECORDS)
    again = read_layers_history(tmp_path)
    assert str(again) == str(RECORDS).replace(repr(1 / 3), "0.333333333")


def test_a_run_of_an_earlier_version_has_no_records(tmp_path) -> None:
    assert read_layers_history(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "epoch,layer\n1,1\n", TEXT + "1,2\n", TEXT + "1,x,,,1,1,1\n", TEXT + "1,1,,,a,1,1\n",
        TEXT + "\n", TEXT + "1,1,,,1,1,1,1\n", TEXT + "é", TEXT + '"',
    ],
)  # fmt: skip
def test_a_damaged_file_is_named(tmp_path, text) -> None:
    (tmp_path / "layers_history.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"layers_history\.csv: expected a header, epoch,"):
        read_layers_history(tmp_path)
