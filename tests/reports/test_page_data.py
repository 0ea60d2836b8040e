"""What the scripts of a page are given: exact weights, histories with gaps, chosen images."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from nn.architecture.building import build_network
from nn.datasets.normalization import Normalization
from nn.initializers import he
from nn.reports import page_data
from nn.reports.page_data import history_data, image_data, network_data
from nn.runs.predictions import Predictions
from nn.runs.run_folder import RunFolder
from nn.training.history import EpochRecord


def make_network(layers):
    rng = np.random.default_rng(0)
    return build_network(layers, input_shape=(5, 4), classes=3, initializer=he, rng=rng)


def test_a_network_is_described_to_the_last_bit_of_every_weight() -> None:
    network = make_network(
        [{"conv2d": {"filters": 2, "kernel_size": 2, "stride": [2, 1]}}, "relu", "flatten"]
    )
    data = json.loads(json.dumps(network_data(network, Normalization(2.0, 0.5))))
    assert data["normalization"] == {"subtract": 2.0, "divide": 0.5}
    assert data["firstUnit"] == "filter"
    for layer, described in zip(network.layers, data["layers"], strict=True):
        assert described["name"] == layer.name
        assert tuple(described["inputShape"]) == layer.input_shape
        assert tuple(described["outputShape"]) == layer.output_shape
        assert described["constants"] == json.loads(json.dumps(layer.constants))
        assert described["arrays"].keys() == layer.arrays.keys()
        for stem, array in layer.arrays.items():
            numbers = np.frombuffer(base64.b64decode(described["arrays"][stem]), "<f4")
            np.testing.assert_array_equal(numbers, array.ravel())


def test_a_network_is_left_out_only_if_it_has_more_numbers_than_fit(monkeypatch) -> None:
    network = make_network([{"dense": 2}])
    numbers = 20 * 2 + 2 + 2 * 3 + 3
    monkeypatch.setattr(page_data, "MOST_NUMBERS", numbers)
    assert network_data(network, Normalization(0.0, 1.0))
    monkeypatch.setattr(page_data, "MOST_NUMBERS", numbers - 1)
    assert network_data(network, Normalization(0.0, 1.0)) is None


def test_histories_have_gaps_where_a_number_is_not_finite(tmp_path) -> None:
    nan = float("nan")
    records = [EpochRecord(1, 0.5, 2.0, 0.25, nan, 0.5, 1), EpochRecord(2, 0.1, 1, 0.75, 0.5, 1, 1)]
    RunFolder(tmp_path).write_histories(records)
    assert history_data(tmp_path) == {
        "epochs": [1, 2],
        "loss": {"training": [2.0, 1.0], "validation": [None, 0.5]},
        "accuracy": {"training": [0.25, 0.75], "validation": [0.5, 1.0]},
        "learningRate": [0.5, 0.1],
    }


@pytest.mark.parametrize(("most_pixels", "chosen"), [(100, [1, 0, 2]), (12, [1, 0])])
def test_as_many_images_as_fit_come_with_their_classes(most_pixels, chosen) -> None:
    images = np.arange(3 * 2 * 3, dtype=np.uint8).reshape(3, 2, 3)
    probabilities = np.array([[0.75, 0.25], [0.125004, 0.874996], [np.nan, 0.5]], np.float32)
    data = image_data(Predictions(images, np.array([0, 0, 0]), probabilities, "run"), most_pixels)
    assert data["index"] == chosen
    assert data["true"] == [0] * len(chosen)
    assert data["predicted"][:2] == [1, 0]
    assert data["confidence"][:2] == [0.875, 0.75]
    kind, png = data["sprite"].split(",")
    assert kind == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(png))).width == 3 * data["columns"]
