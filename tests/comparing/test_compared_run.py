"""Runs are read with what a comparison needs, and damaged ones are named."""

import pytest

from nn.comparing.compared_run import read_run, read_runs
from nn.errors import RunFolderError
from nn.runs.experiment import run_experiment


def test_a_run_is_read_with_all_that_a_comparison_needs(settings):
    done = run_experiment(settings(seed=4, epochs=2, name="a"))
    run = read_run(done.folder)
    assert run.seed == 4
    assert run.settings["epochs"] == "2"
    assert not {"seed", "name", "save_dir", "data_dir"} & set(run.settings)
    assert run.result == done.folder.read_result()
    assert run.seconds == pytest.approx(done.seconds, abs=1)
    assert run.history["epoch"].tolist() == [1, 2]
    assert run.history["validation_accuracy"][-1] == pytest.approx(run.result.validation_accuracy)
    assert run.history["training_loss"][-1] == pytest.approx(run.result.training_loss)


def test_damaged_runs_are_left_out_and_named(settings):
    good, bad, worse = (run_experiment(settings(epochs=1, name=name)).folder for name in "abc")
    (bad.path / "result.csv").write_text("what?")
    (worse.path / "settings.yaml").unlink()
    said: list[str] = []
    assert [run.folder.name for run in read_runs([good, bad, worse], said.append)] == ["a"]
    assert len(said) == 2
    assert all(line.startswith("Left out: ") for line in said)
    assert "b/result.csv" in said[0]
    assert "c/settings.yaml" in said[1]
    with pytest.raises(RunFolderError, match="no run to compare"):
        read_runs([bad], said.append)


def test_missing_histories_are_empty_but_damaged_ones_are_an_error(settings):
    folder = run_experiment(settings(epochs=1)).folder
    (folder.path / "loss_history.csv").write_text("epoch\n1\n")
    with pytest.raises(RunFolderError, match=r"loss_history\.csv"):
        read_run(folder)
    (folder.path / "loss_history.csv").unlink()
    assert read_run(folder).history == {}
