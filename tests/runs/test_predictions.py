"""Predictions are compared with what can be counted by hand on five images."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nn.runs.predictions import Predictions, View, confusion_matrix, write_predictions

TRUE = np.array([0, 1, 2, 1, 0])
PROBABILITIES = np.array(
    [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.5, 0.2, 0.3], [0.2, 0.3, 0.5], [0.9, 0.05, 0.05]],
    np.float32,
)


@pytest.fixture
def five() -> Predictions:
    images = np.arange(5 * 2 * 3, dtype=np.uint8).reshape(5, 2, 3)
    return Predictions(images, TRUE, PROBABILITIES, "five images")


def test_the_predicted_class_is_the_most_probable_one(five):
    assert five.predicted.tolist() == [0, 1, 0, 2, 0]
    assert five.confidence.tolist() == np.float32([0.8, 0.6, 0.5, 0.5, 0.9]).tolist()


def test_mistakes_and_accuracy_agree(five):
    assert five.mistakes.tolist() == [2, 3]
    assert five.accuracy == pytest.approx(3 / 5)


def test_a_selection_is_by_mistake_and_by_true_class(five):
    assert five.selection(View()).tolist() == [0, 1, 2, 3, 4]
    assert five.selection(View(only_mistakes=True)).tolist() == [2, 3]
    assert five.selection(View(digit=1)).tolist() == [1, 3]
    assert five.selection(View(only_mistakes=True, digit=1)).tolist() == [3]
    assert five.selection(View(only_mistakes=True, digit=0)).tolist() == []


def test_the_surest_mistakes_come_first_and_equally_sure_ones_in_order(five):
    probabilities = PROBABILITIES.copy()
    probabilities[3] = [0.1, 0.2, 0.7]
    surer = Predictions(five.images, TRUE, probabilities, "")
    assert surer.selection(View(only_mistakes=True, surest=9)).tolist() == [3, 2]
    assert surer.selection(View(only_mistakes=True, surest=1)).tolist() == [3]
    assert surer.selection(View(only_mistakes=True, surest=1, digit=2)).tolist() == [2]
    assert surer.selection(View(surest=1)).tolist() == [0, 1, 2, 3, 4]
    assert five.selection(View(only_mistakes=True, surest=9)).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("images", "true", "probabilities"),
    [
        (np.zeros((5, 6)), TRUE, PROBABILITIES),
        (np.zeros((4, 2, 3)), TRUE, PROBABILITIES),
        (np.zeros((5, 2, 3)), TRUE[:4], PROBABILITIES),
        (np.zeros((5, 2, 3)), TRUE, PROBABILITIES[:4]),
        (np.zeros((5, 2, 3)), TRUE, PROBABILITIES[:, 0]),
        (np.zeros((0, 2, 3)), TRUE[:0], PROBABILITIES[:0]),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(images, true, probabilities):
    with pytest.raises(ValueError, match=r"images|expected"):
        Predictions(images.astype(np.uint8), true, probabilities, "")


def test_the_confusion_matrix_has_true_classes_as_rows(five):
    expected = [[2, 0, 0], [0, 1, 1], [1, 0, 0]]
    assert confusion_matrix(five.true, five.predicted, 3).tolist() == expected


def test_a_class_nobody_showed_has_a_row_and_a_column_of_zeros():
    matrix = confusion_matrix(np.array([0, 1], np.uint8), np.array([1, 1]), 4)
    assert matrix.shape == (4, 4)
    assert matrix.sum() == 2
    assert matrix[2:].sum() == matrix[:, 2:].sum() == 0


def test_small_label_types_do_not_overflow():
    true = np.full(3, 99, np.uint8)
    assert confusion_matrix(true, true, 100)[99, 99] == 3


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_class_outside_the_matrix_is_refused(wrong):
    with pytest.raises(ValueError, match=f"0 to 2, got {wrong}"):
        confusion_matrix(np.array([0, wrong]), np.array([0, 0]), 3)


def test_the_csv_has_one_row_an_image_and_brings_the_confidence_back_exactly(five, tmp_path: Path):
    write_predictions(tmp_path / "predictions.csv", five)
    lines = (tmp_path / "predictions.csv").read_text().splitlines()
    assert lines[0] == "index,true,predicted,confidence"
    assert lines[3] == "2,2,0,0.5"
    read = np.loadtxt(tmp_path / "predictions.csv", delimiter=",", skiprows=1)
    assert read[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert read[:, 1].tolist() == five.true.tolist()
    assert read[:, 2].tolist() == five.predicted.tolist()
    assert (read[:, 3].astype(np.float32) == five.confidence).all()


def test_names_of_classes_have_columns_of_their_own(tmp_path, five):
    named = replace(five, class_names=("cat", 'a "dog"', "owl, ear"))
    assert (named.name(1), five.name(1)) == ('a "dog"', "1")
    write_predictions(tmp_path / "predictions.csv", named)
    with (tmp_path / "predictions.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["index", "true", "predicted", "confidence", "true_name", "predicted_name"]
    assert rows[3] == ["2", "2", "0", "0.5", "owl, ear", "cat"]
    assert rows[4][4:] == ['a "dog"', "owl, ear"]
    assert len(rows) == 6
