"""The observers of a run: figures on the disk after every epoch; a fact if nothing is learned."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nn.datasets.images import LabelledImages
from nn.layers.activations import ReLU
from nn.layers.dense import Dense
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.runs import observers
from nn.runs.assembly import assemble
from nn.runs.facts import DeadUnits, NotLearning
from nn.runs.observers import HistoryWriter, LearningWatch, layer_probe
from nn.runs.preparation import prepare_data
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord
from nn.training.layer_health import LayerRecord

# Three quarters of class 0 and a quarter of class 2: entropy 0.75 ln(4/3) + 0.25 ln 4.
LABELS = np.array([0, 0, 0, 2])
ENTROPY = 0.562335
NONE = float("nan")
HEALTHY = LayerRecord(1, 1, 0.1, NONE, 8.0, 1.0, 1e-3)
DEAD = replace(HEALTHY, dead=0.75)


def record(epoch: int, validation_loss: float) -> EpochRecord:
    return EpochRecord(epoch, 0.1, 1.0, 0.5, validation_loss, 0.5, 1.0)


def state(network: Network | None = None) -> Any:
    """Return as much of a training as these observers look at."""
    network = network or Network([Dense(3)], 4)
    return SimpleNamespace(history=[], layers=[], network=network, loss=SoftmaxCrossEntropy())


def reported(*records: EpochRecord, labels: np.ndarray = LABELS) -> list[object]:
    said: list[object] = []
    watch = LearningWatch(labels, state(), "he", said.append)
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
    training = state()
    writer = HistoryWriter(RunFolder(tmp_path), training)
    for epoch in (1, 2):
        training.history.append(record(epoch, 0.3))
        training.layers.append(HEALTHY)
        writer.on_epoch_end(training.history[-1])
        for name in ("loss_history.csv", "layers_history.csv"):
            assert len((tmp_path / name).read_text().splitlines()) == 1 + epoch


def test_each_ill_layer_is_reported_once() -> None:
    said: list[object] = []
    training = state(Network([Dense(4), ReLU(), Dense(3)], 4))
    watch = LearningWatch(LABELS, training, "he", said.append)
    for epoch, first in enumerate((HEALTHY, DEAD, DEAD), 1):
        second = replace(HEALTHY, layer=2)
        training.layers += [replace(layer, epoch=epoch) for layer in (first, second)]
        watch.on_epoch_end(record(epoch, 0.3))
    assert said == [DeadUnits(0.1, "he", 1, 3, 4)]


def test_what_is_wrong_with_layers_explains_a_network_that_does_not_learn() -> None:
    said: list[object] = []
    training = state(Network([Dense(4), ReLU(), Dense(3)], 4))
    training.layers += [DEAD, replace(HEALTHY, layer=2)]
    LearningWatch(LABELS, training, "he", said.append).on_epoch_end(record(1, 0.56))
    assert isinstance(said[0], NotLearning)
    assert said[0].is_explained
    assert isinstance(said[1], DeadUnits)


def test_training_images_are_probed_evenly_since_they_may_be_sorted(settings) -> None:
    wanted = settings()
    data = prepare_data(wanted)
    training = assemble(wanted, data)
    records: list[LayerRecord] = training.layers
    layer_probe(training, data).on_epoch_end(record(1, 0.3))
    assert [layer.layer for layer in records] == [1, 2]
    part = data.split.training
    by_class = np.argsort(part.labels, kind="stable")
    ordered = LabelledImages(part.images[by_class], part.labels[by_class])
    data = replace(data, split=replace(data.split, training=ordered))
    probed = layer_probe(training, data)._examples
    assert len(probed.labels) == 100
    assert set(probed.labels) == set(part.labels)


def test_a_very_large_network_is_not_probed(settings, monkeypatch) -> None:
    wanted = settings()
    data = prepare_data(wanted)
    training = assemble(wanted, data)
    monkeypatch.setattr(observers, "_MOST_PARAMETERS", training.network.parameter_count - 1)
    assert layer_probe(training, data) is None
