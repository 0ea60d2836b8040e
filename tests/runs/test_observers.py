"""The observers of a run: figures on the disk after every epoch; a fact if nothing is learned."""

import numpy as np
import pytest

from nn.runs.facts import NotLearning
from nn.runs.observers import HistoryWriter, LearningWatch
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord

# Three quarters of class 0 and a quarter of class 2: entropy 0.75 ln(4/3) + 0.25 ln 4.
LABELS = np.array([0, 0, 0, 2])
ENTROPY = 0.562335


def record(epoch: int, validation_loss: float) -> EpochRecord:
    return EpochRecord(epoch, 0.1, 1.0, 0.5, validation_loss, 0.5, 1.0)


def reported(*records: EpochRecord, labels: np.ndarray = LABELS) -> list[object]:
    said: list[object] = []
    watch = LearningWatch(labels, "he", said.append)
    for each in records:
        watch.on_epoch_end(each)
    return said


def test_a_loss_at_the_labels_entropy_is_reported_with_its_figures() -> None:
    (fact,) = reported(record(1, 0.56))
    assert isinstance(fact, NotLearning)
    assert (fact.loss, fact.learning_rate) == (0.56, 0.1)
    assert fact.guessing == pytest.approx(ENTROPY, abs=1e-6)


@pytest.mark.parametrize("loss", [0.1, 0.98 * ENTROPY])
def test_a_network_that_is_better_than_guessing_is_not_reported(loss: float) -> None:
    assert reported(record(1, loss)) == []


def test_only_the_first_epoch_is_judged() -> None:
    assert reported(record(2, 5.0), record(3, 5.0)) == []


def test_labels_of_a_single_class_leave_nothing_to_learn() -> None:
    assert reported(record(1, 0.0), labels=np.zeros(4, int)) == []


def test_histories_are_on_the_disk_after_every_epoch(tmp_path) -> None:
    history: list[EpochRecord] = []
    writer = HistoryWriter(RunFolder(tmp_path), history)
    for epoch in (1, 2):
        history.append(record(epoch, 0.3))
        writer.on_epoch_end(history[-1])
        rows = (tmp_path / "loss_history.csv").read_text().splitlines()
        assert len(rows) == 1 + epoch
