"""The gallery is checked by the order of its images and by the table beside it."""

from dataclasses import replace

import numpy as np
import pytest

from nn.reports import gallery
from nn.runs.predictions import Predictions, View


def predictions(wrong: int) -> Predictions:
    """Return 100 images; the last `wrong` ones are mistakes, each surer than the one before."""
    true = np.arange(100) % 10
    predicted = true.copy()
    predicted[100 - wrong :] = (true[100 - wrong :] + 1) % 10
    probabilities = np.full((100, 10), 0.01, np.float32)
    probabilities[np.arange(100), predicted] = np.linspace(0.3, 0.91, 100)
    return Predictions(np.zeros((100, 28, 28), np.uint8), true, probabilities, "data, run")


@pytest.fixture
def groups(monkeypatch) -> dict:
    given: dict = {}
    monkeypatch.setattr(
        gallery, "plot_gallery", lambda path, predictions, groups, title: given.update(groups)
    )
    return given


def test_the_first_images_come_first_and_then_the_surest_mistakes(tmp_path, groups):
    gallery.write_gallery(tmp_path, predictions(wrong=50))
    first, surest = groups.items()
    assert first[0] == "The first 40 of 100; 50.00% of all are correct"
    assert first[1].tolist() == list(range(40))
    assert surest[0] == "Mistakes: the 40 most confident of 50"
    assert surest[1].tolist() == list(range(99, 59, -1))


def test_a_view_of_one_digit_and_of_the_surest_mistakes_is_kept_to(tmp_path, groups):
    gallery.write_gallery(tmp_path, predictions(wrong=50), View(digit=3))
    assert {heading: indices.tolist() for heading, indices in groups.items()} == {
        "The first 10 of 10 of class 3; 50.00% of all are correct": list(range(3, 100, 10)),
        "Mistakes: the 5 most confident of 5 of class 3": [93, 83, 73, 63, 53],
    }
    groups.clear()
    gallery.write_gallery(tmp_path, predictions(wrong=50), View(only_mistakes=True, surest=45))
    assert {heading: indices.tolist() for heading, indices in groups.items()} == {
        "Mistakes: the 45 most confident of 50": list(range(99, 54, -1))
    }


def test_where_no_image_is_asked_for_the_picture_says_so(tmp_path):
    view = View(only_mistakes=True, surest=3)
    picture, _ = gallery.write_gallery(tmp_path, predictions(wrong=0), view)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("wrong", [0, pytest.param(3, marks=pytest.mark.long), 100])
def test_both_files_are_written_whatever_the_number_of_mistakes(tmp_path, wrong):
    written = gallery.write_gallery(tmp_path, predictions(wrong))
    assert written == [tmp_path / "gallery.png", tmp_path / "predictions.csv"]
    assert written[0].read_bytes().startswith(b"\x89PNG")
    assert len(written[1].read_text().splitlines()) == 101
    assert {path.name for path in tmp_path.iterdir()} == {"gallery.png", "predictions.csv"}


def test_a_class_with_a_name_is_no_digit(tmp_path, drawn, texts):
    named = replace(
        predictions(wrong=50), class_names=tuple(f"animal {number}" for number in range(10))
    )
    gallery.write_gallery(tmp_path, named, View(digit=3))
    shown = "\n".join(texts(drawn[0]))
    assert "of class animal 3" in shown
    assert "true animal 3" in shown
    assert "predicted" not in shown
