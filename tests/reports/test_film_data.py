"""The frames of the film: the network's own answers and weights after each epoch."""

import base64

import numpy as np
import pytest

from nn.losses import LOSSES
from nn.reports import film_data as module
from nn.reports.film_data import film_data
from nn.runs.experiment import run_experiment
from nn.runs.saved_run import load_run
from nn.runs.snapshots import read_snapshots


@pytest.fixture
def make(settings):
    def finished(**changes):
        run = run_experiment(settings(name="run", **changes), snapshots=True)
        return load_run(run.folder), run.predictions

    return finished


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_each_frame_is_the_network_of_its_epoch(make, loss):
    run, predictions = make(epochs=4, loss=loss)
    film = film_data(run, predictions)
    assert [frame["epoch"] for frame in film["frames"]] == [1, 2, 3, 4]
    assert film["tested"] == len(predictions.true) == np.sum(film["frames"][0]["matrix"])
    chosen = film["index"]
    assert len(set(chosen)) == 20
    assert film["true"] == predictions.true[chosen].tolist()
    assert np.bincount(film["true"]).tolist() == [5, 5, 5, 5]
    network = load_run(run.folder).network
    inputs = run.normalization.apply(predictions.images)
    for frame, _ in zip(film["frames"], read_snapshots(run.folder, network), strict=True):
        answers = LOSSES[loss].probabilities(network.forward(inputs))
        right = np.trace(frame["matrix"]) / len(answers)
        assert right == np.mean(answers.argmax(axis=1) == predictions.true)
        assert frame["predicted"] == answers[chosen].argmax(axis=1).tolist()
        np.testing.assert_allclose(frame["confidence"], answers[chosen].max(axis=1), atol=1e-4)


@pytest.mark.parametrize(
    "layers", [None, [{"conv2d": {"filters": 3, "kernel_size": [3, 2]}}, "flatten"]]
)
def test_the_weights_of_each_frame_are_bytes_around_128(layers, make, monkeypatch):
    run, predictions = make(epochs=2, layers=layers)
    film = film_data(run, predictions)
    units = 3 if layers else 8
    assert film["weights"]["units"] == units
    assert film["weights"]["kernel"] == ((3, 2) if layers else None)
    found = np.frombuffer(base64.b64decode(film["weights"]["bytes"]), np.uint8)
    weights = run.network.arrays["weights_1"].reshape(-1, units)
    last = found.reshape(2, units, -1)[1].T.astype(int) - 128
    strongest = np.quantile(np.abs(weights), 0.998)
    np.testing.assert_allclose(last, np.clip(127 * weights / strongest, -127, 127), atol=0.51)
    monkeypatch.setattr(module, "_MOST_BYTES", 2 * len(weights) * 2)
    assert film_data(run, predictions)["weights"]["units"] == 2


def test_a_single_epoch_is_no_film(make):
    assert film_data(*make(epochs=1)) is None


def test_a_network_whose_first_weights_are_no_image_has_a_film_without_them(make):
    run, predictions = make(epochs=2, layers=[{"max_pool": 2}, "flatten", {"dense": 3}])
    assert film_data(run, predictions)["weights"] is None
