"""A run that was stopped, for all tests of what it can be resumed with."""

import pytest

from nn.runs.experiment import run_experiment
from nn.runs.run_folder import RunFolder
from nn.training.stopping import StopTraining
from tests.resuming.leaving import CHUNKS, EndAt


@pytest.fixture
def stopped(settings) -> RunFolder:
    """A run that was stopped and saved in its second epoch."""
    stop = EndAt(CHUNKS + 3, StopTraining(save=True))
    return run_experiment(settings(name="stopped", epochs=4), observers=[stop]).folder
