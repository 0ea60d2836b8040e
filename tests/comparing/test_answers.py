"""What the best runs answer for the same test images, and why a run may be left out."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from nn.comparing import answers
from nn.comparing.answers import answers_of_best
from nn.comparing.compare import compare
from nn.comparing.compared_run import read_run
from nn.runs.experiment import run_experiment


@pytest.fixture
def finished(settings):
    return [run_experiment(settings(name=f"units-{n}", hidden_units=n)) for n in (8, 2, 3)]


def test_the_first_run_of_each_of_the_best_groups_answers(finished, monkeypatch):
    comparison = compare([read_run(one.folder) for one in finished])
    found = answers_of_best(comparison)
    assert list(found) == [group.runs[0].folder.name for group in comparison.groups]
    for one in finished:
        np.testing.assert_array_equal(found[one.folder.name].predicted, one.predictions.predicted)
    monkeypatch.setattr(answers, "MOST_RUNS", 2)
    assert list(answers_of_best(comparison)) == list(found)[:2]


def test_runs_on_other_images_are_not_asked(finished):
    runs = [read_run(one.folder) for one in finished]
    runs[0] = replace(runs[0], facts=replace(runs[0].facts, crc32=1))
    comparison = compare(runs)
    first = comparison.groups[0].runs[0].data
    asked = {run.folder.name for run in runs if run.data == first}
    assert answers_of_best(comparison).keys() == asked


def test_other_seeds_answer_after_the_first_of_each_group(finished, settings):
    again = run_experiment(settings(name="again", hidden_units=8, seed=1))
    comparison = compare([read_run(one.folder) for one in (finished[0], again, finished[1])])
    firsts = [group.runs[0].folder.name for group in comparison.groups]
    assert list(answers_of_best(comparison)) == [*firsts, "again"]


def test_a_seed_with_other_test_images_is_left_out_and_named(finished, monkeypatch):
    comparison = compare([read_run(one.folder) for one in finished])
    seen = []

    def predict(run):
        seen.append(run.folder.name)
        predictions = next(one for one in finished if one.folder.name == seen[-1]).predictions
        if len(seen) == 2:
            return replace(predictions, images=255 - predictions.images)
        return predictions

    monkeypatch.setattr(answers, "predict_test_set", predict)
    said = []
    assert list(answers_of_best(comparison, said.append)) == [seen[0], seen[2]]
    assert said == [f"The page leaves out {seen[1]}: its seed has other test images."]


def test_a_run_alone_has_nothing_to_differ_from(finished):
    assert answers_of_best(compare([read_run(finished[0].folder)])) == {}


def test_a_run_without_its_images_or_weights_is_left_out_and_named(finished, small_data, tmp_path):
    comparison = compare([read_run(one.folder) for one in finished])
    (finished[1].folder.path / "weights_1.csv").unlink()
    path = finished[2].folder.path / "settings.yaml"
    other = small_data(tmp_path / "other", test=90)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(comparison_data(finished[2]), str(other)), encoding="utf-8")
    said = []
    assert list(answers_of_best(comparison, said.append)) == ["units-8"]
    assert len(said) == 2
    assert any("leaves out units-2: " in line and "weights_1.csv" in line for line in said)
    assert any("leaves out units-3: its test images are no longer" in line for line in said)
    shutil.rmtree(other)


def comparison_data(finished) -> str:
    return finished.folder.read_settings().data_dir
