"""The benchmark's own contestants keep up with the trainer they measure."""

from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.__main__ import print_lines, print_times
from benchmarks.contestants import CONTESTANTS, REQUIRES
from benchmarks.learners import LEARNERS
from benchmarks.learners import REQUIRES as NEEDED
from benchmarks.recipe import Recipe, epochs, load
from benchmarks.steps import Line, Measurement
from benchmarks.turns import Entry, Ratio
from benchmarks.work import Work, load_data
from tests.made_up_data import write_small_data


@pytest.mark.parametrize("name", ["ours", "ours_compiled"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_our_contestants_take_a_step_for_every_batch_in_every_run(
    name: str, optimizer: str
) -> None:
    if name in REQUIRES and find_spec(REQUIRES[name]) is None:
        pytest.skip(f"{CONTESTANTS[name]}: {REQUIRES[name]} is not installed")
    work = Work(hidden=(8,), optimizer=optimizer, l1=1e-5)
    contestant = import_module(f"benchmarks.contestants.{name}").Contestant(
        work, *load_data(None, images=10)
    )
    before = work.first_parameters()
    for _ in range(2):
        contestant.run()
        after = [array.copy() for array in contestant.parameters()]
        assert all((a != b).any() for a, b in zip(after, before, strict=True))
        before = after
    assert [record.epoch for record in contestant.history] == [1, 2]
    assert np.isfinite(contestant.history[-1].training_loss)


def test_every_target_has_a_row_and_each_of_ours_its_columns(capsys) -> None:
    fast, slow = Ratio(1.5, 1.25, 2.0), Ratio(2.5, 2.0, 3.0)
    print_lines(
        [
            Line("ours", "step", "products", 2.0, True, fast),
            Line("ours", "epoch", "steps", 1.0, True, fast),
            Line("compiled", "step", "products", 2.0, True, slow),
            Line("compiled", "step", "JAX", 1.0, False, None),
        ]
    )
    assert capsys.readouterr().out.splitlines()[1:] == [
        "| work | against | target | ours | | compiled | |",
        "|---|---|---|---|---|---|---|",
        "| step | products | at most 2 | 1.50 (1.25-2.00) | met | 2.50 (2.00-3.00) | missed |",
        "| epoch | steps | at most 1 | 1.50 (1.25-2.00) | missed |  |  |",
        "| step | JAX | at least 1 |  |  | - | left out |",
    ]


def test_a_contestant_that_did_not_do_a_work_leaves_its_cell_empty(capsys) -> None:
    plain, large = Work(), Work(batch_size=128)
    times = {
        Entry("ours", plain): Ratio(1.0, 1.0, 1.0),
        Entry("ours", large): Ratio(2.0, 2.0, 2.0),
        Entry("jax_scan", large): Ratio(3.0, 3.0, 3.0),
    }
    print_times(Measurement([], times))
    assert capsys.readouterr().out.splitlines()[3:] == [
        "| 784-64-10 relu SGD batch 4 | 1.00 (1.00-1.00) |  |",
        "| 784-64-10 relu SGD batch 128 | 2.00 (2.00-2.00) | 3.00 (3.00-3.00) |",
    ]


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_trains_a_recipe_to_its_end(name: str, tmp_path) -> None:
    if name in NEEDED and find_spec(NEEDED[name]) is None:
        pytest.skip(f"{LEARNERS[name]}: {NEEDED[name]} is not installed")
    write_small_data(tmp_path, shape=(28, 28), classes=10, training=2000)
    learner = import_module(f"benchmarks.learners.{name}")
    dense = Recipe((32,), batch_size=20, epochs=6, learning_rate=0.001)
    assert learner.learn(dense, 0, 1, tmp_path) > 0.5
    if name != "scikit_learn":
        other = Recipe((16,), (2, 2), 8, 1, batch_norm=True, distorted=True)
        assert 0 <= learner.learn(other, 0, 1, tmp_path) <= 1


def test_a_recipe_shows_every_image_once_an_epoch_at_rates_that_rise_and_fall(tmp_path) -> None:
    images = load(write_small_data(tmp_path, shape=(28, 28), classes=10))
    still, distorted = (
        list(epochs(images, Recipe((), batch_size=40, epochs=2, distorted=distorted), 0))
        for distorted in (False, True)
    )
    (first, labels, rates), (_, _, later) = still
    assert first.shape == (10, 40, 784)
    assert sorted(first.sum(2).flat) == pytest.approx(sorted(images.inputs.sum(1)))
    assert labels.shape == (*rates.shape, 40) == (10, 40)
    assert rates[0] < rates.max() > later[-1]
    assert (distorted[0][0] != first).any()
    assert (distorted[0][0] != distorted[1][0]).any()
    assert (distorted[0][1] == labels).all()
