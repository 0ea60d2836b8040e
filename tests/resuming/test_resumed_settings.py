"""The settings that a run may be resumed with, and those it may not."""

import pytest

from nn.errors import SettingError
from nn.resuming.resume import resume_run
from nn.resuming.resumed_settings import check_settings_unchanged
from nn.runs.checkpoint_numbers import read_numbers
from nn.runs.experiment import run_experiment
from tests.resuming.leaving import all_files, given

pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"learning_rate": "0.5"}, ["learning_rate is 0.01 (not 0.5)"]),
        (
            {"optimizer": "adam", "seed": 7},
            [
                "optimizer is momentum (not adam)",
                "seed is 0 (not 7)",
                "momentum is 0.9 (not unused)",
            ],
        ),
        ({"layers": "[{dense: 9}]"}, ["layers is unused (not [{dense: 9}])"]),
        ({"epochs": 1}, ["--epochs is 1", "already in epoch 2", "from 2"]),
        ({"dataset": "built-in"}, ["dataset is mnist (not built-in)"]),
    ],
    ids=str,
)
def test_other_settings_are_rejected_by_name_and_change_nothing(stopped, values, words):
    before = all_files(stopped.path)
    with pytest.raises(SettingError) as caught:
        resume_run(stopped, given(**values))
    for word in words:
        assert word in str(caught.value)
    assert all_files(stopped.path) == before


def test_settings_that_are_the_same_or_mean_nothing_may_be_given(stopped):
    same = {"learning_rate": "1e-2", "hidden_layers": "one", "dataset": "auto", "l1_strength": 3}
    assert resume_run(stopped, given(**same)).result.epochs == 4


def test_settings_changed_in_the_folder_are_rejected_by_name(stopped):
    path = stopped.path / "settings.yaml"
    path.write_text(path.read_text().replace("learning_rate: 0.01\n", "learning_rate: 0.02\n"))
    with pytest.raises(SettingError, match=r"learning_rate was 0\.01 \(now 0\.02\)"):
        resume_run(stopped, {})


def test_a_checkpoint_from_before_a_setting_existed_counts_as_its_default(stopped):
    numbers = read_numbers(stopped.checkpoint)
    del numbers["settings"]["distortion"]
    saved = stopped.read_settings()
    check_settings_unchanged(stopped, saved, numbers)
    changed = saved.model_copy(update={"distortion": "elastic"})
    with pytest.raises(SettingError, match=r"distortion was none \(now elastic\)"):
        check_settings_unchanged(stopped, changed, numbers)


@pytest.mark.parametrize("decay", ["cosine", "one_cycle"])
def test_another_number_of_epochs_is_rejected_if_learning_rates_depend_on_it(settings, decay):
    run = run_experiment(settings(name="run", learning_rate_decay=True, decay=decay))
    assert resume_run(run.folder, given(epochs=3)).result.epochs == 3
    with pytest.raises(SettingError, match=rf"--epochs is 4.*3: with {decay} decay, the"):
        resume_run(run.folder, given(epochs=4))
