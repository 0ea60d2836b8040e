"""The benchmark's own contestants keep up with the trainer they measure."""

from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.contestants import CONTESTANTS, REQUIRES
from benchmarks.work import Work, load_data


@pytest.mark.parametrize("name", ["ours", "ours_compiled"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_ours_take_a_step_for_every_batch_in_every_run(name: str, optimizer: str) -> None:
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
