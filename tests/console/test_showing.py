"""Predictions go to a window, a terminal or files; an answer is printed with its runners-up."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nn.console import showing
from nn.console.showing import (
    answer_pictures,
    print_answer,
    show_committee,
    show_predictions,
)
from nn.errors import DataError, SettingError
from nn.runs.experiment import run_experiment
from nn.runs.picture_reading import PictureReading
from nn.runs.predictions import View
from nn.wording import width_of


def reading(*probabilities, width: int = 2, is_digit=None, quarters: int = 0) -> PictureReading:
    count = len(probabilities)
    is_digit = np.array([True] * count if is_digit is None else is_digit)
    images = np.zeros((count, 2, width), np.uint8)
    return PictureReading(images, np.array(probabilities, np.float32), is_digit, quarters)


@pytest.mark.parametrize(
    ("reason", "has_terminal", "shown"),
    [
        ("", True, "window"),
        ("there is no display", True, "terminal"),
        ("this Python has no tkinter", True, "terminal"),
        ("there is no display", False, "files"),
    ],
)
def test_a_window_comes_before_a_terminal_and_files_are_last(
    reason, has_terminal, shown, monkeypatch, capsys
) -> None:
    used = []
    monkeypatch.setattr(showing, "why_no_window", lambda: reason)
    monkeypatch.setattr(showing, "has_terminal", lambda *_: has_terminal)
    monkeypatch.setattr(showing, "browse_in_window", lambda *_: used.append("window"))
    monkeypatch.setattr(showing, "browse_in_terminal", lambda *_: used.append("terminal"))
    monkeypatch.setattr(showing, "write_gallery", lambda *_: used.append("files") or ["a.png"])
    show_predictions(SimpleNamespace(probabilities=np.ones((1, 4))), Path(), View(digit=3))
    assert used == [shown]
    said = "Saved a.png\n" if shown == "files" else ""
    said += "No window: this Python has no tkinter.\n" if "tkinter" in reason else ""
    assert capsys.readouterr().out == said


def test_a_class_that_the_network_does_not_have_is_rejected(tmp_path) -> None:
    with pytest.raises(SettingError, match="--digit: expected one of 0 to 3, got 4"):
        show_predictions(SimpleNamespace(probabilities=np.ones((1, 4))), tmp_path, View(digit=4))


def test_an_answer_has_its_image_and_the_two_next_classes(capsys) -> None:
    print_answer("a.png", reading([0.125, 0.5, 0.0625, 0.3125]))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "a.png: 1 (50.00%)",
        "less likely: 3 31.25%, 0 12.50%",
    ]


def test_several_digits_are_one_number_and_its_least_certain_digit_is_named(capsys) -> None:
    print_answer("a.png", reading([0, 0.9, 0.1], [0.2, 0.3, 0.5], [0, 1, 0], width=4))
    drawn, *lines = capsys.readouterr().out.splitlines()
    assert len(drawn) == 12
    assert lines == [
        "a.png: 121 (least certain: 2, 50.00%)",
        "instead of 2: 1 30.00%, 0 20.00%",
    ]


def run_in(folder) -> SimpleNamespace:
    return SimpleNamespace(
        class_names=(), folder=SimpleNamespace(path=folder), facts=SimpleNamespace(classes=2)
    )


def test_a_folder_ends_in_a_table_and_an_accuracy(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(
        showing,
        "predict_picture",
        lambda run, path: reading([0.75, 0.25], is_digit=["1" not in path.name]),
    )
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("0_a.png", "1.png"):
        (folder / name).write_bytes(b"")
    answer_pictures(run_in(tmp_path), [str(folder)])
    assert capsys.readouterr().out.splitlines()[-6:] == [
        "class  pictures  correct  read as",
        "0             1        1",
        "1             1        0  0 (1)",
        "Do not look like upright digits: 1",
        "Accuracy 50.00% (2 pictures with the class in the name or the folder)",
        f"Saved {tmp_path / 'pictures.csv'}",
    ]
    assert (tmp_path / "pictures.csv").read_text().splitlines() == [
        "picture,answer,confidence,true,is_digit",
        f"{folder / '0_a.png'},0,0.75,0,1",
        f"{folder / '1.png'},0,0.75,1,0",
    ]
    answer_pictures(run_in(tmp_path), [str(folder / "1.png")])
    assert "Saved" not in capsys.readouterr().out


def test_pictures_that_cannot_be_read_are_reported_after_all_other_answers(
    tmp_path, monkeypatch, capsys
) -> None:
    def predict(run, path):
        if path.name == "bad.png":
            raise DataError(f"{path.name} is damaged.")
        return reading([0.75, 0.25])

    monkeypatch.setattr(showing, "predict_picture", predict)
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "b.png").write_bytes(b"")
    names = [str(tmp_path / "empty"), "bad.png", str(tmp_path / "full"), "a.png"]
    with pytest.raises(DataError, match=r"empty.*bad\.png is damaged"):
        answer_pictures(run_in(tmp_path), names)
    answers = [line for line in capsys.readouterr().out.splitlines() if "75.00%" in line]
    assert answers == [f"{tmp_path / 'full' / 'b.png'}: 0 (75.00%)", "a.png: 0 (75.00%)"]


def test_a_class_with_a_name_is_called_by_it(capsys) -> None:
    print_answer("a.png", reading([0.2, 0.7, 0.1]), ("cat", "dog", "owl"))
    said = capsys.readouterr().out
    assert "a.png: dog (70.00%)" in said
    assert "less likely: cat 20.00%, owl 10.00%" in said


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (
            reading([0.25, 0.75], is_digit=[False]),
            "this does not look like a digit; the network answers 1 (75.00%)",
        ),
        (
            reading([0.25, 0.75], is_digit=[False], quarters=3),
            "this does not look like an upright digit. Turned a quarter to the right, "
            "it is 1 (75.00%)",
        ),
        (
            reading([0, 1], [1, 0], is_digit=[True, False]),
            "10 (least certain: 1, 100.00%); what is in brackets does not look like a digit: 1 [0]",
        ),
    ],
)
def test_what_does_not_look_like_a_digit_is_said_so(shown, said, capsys) -> None:
    print_answer("a.png", shown)
    assert f"a.png: {said}\n" in capsys.readouterr().out


def test_wide_names_of_classes_shift_no_count(capsys) -> None:
    showing._print_table([("answer", "pictures"), ("猫", "5"), ("cat", "12")])
    heading, *rows = capsys.readouterr().out.splitlines()
    assert {width_of(row) for row in rows} == {width_of(heading)}


def test_of_many_pictures_only_the_table_is_printed(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(showing, "predict_picture", lambda run, path: reading([0.75, 0.25]))
    answer_pictures(run_in(tmp_path), [f"{number}.png" for number in range(30)])
    assert capsys.readouterr().out.splitlines() == [
        "Reading 30 pictures",
        "answer  pictures",
        "0             30",
        f"Saved {tmp_path / 'pictures.csv'}",
    ]


def test_a_committee_says_what_each_run_and_all_together_read(settings, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(showing, "show_predictions", lambda *given: shown.append(given))
    runs = [run_experiment(settings(name=f"seed-{seed}", seed=seed)) for seed in (0, 1)]
    save_dir = runs[0].folder.path.parent
    show_committee(["seed-0", "seed-1", "seed-0"], save_dir, None, View())

    ((together, folder, _),) = shown
    mean = np.mean([run.predictions.probabilities for run in runs], axis=0)
    np.testing.assert_allclose(together.probabilities, mean)
    assert folder == save_dir / "committee"
    said = capsys.readouterr().out
    for run in runs:
        assert f"Run {run.folder.name}: test accuracy {run.result.test_accuracy:.2%}" in said
    assert f"A committee of these 2 runs has a test accuracy of {together.accuracy:.2%}" in said
    with pytest.raises(SettingError, match="at least two different runs"):
        show_committee(["seed-0", "seed-0"], save_dir, None, View())
