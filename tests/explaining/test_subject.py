"""A run's network is explained as it was saved, or as it was before training."""

from dataclasses import replace

import numpy as np
import pytest

from nn.explaining.subject import of_run, tiny
from nn.runs.experiment import run_experiment
from nn.runs.saved_run import load_run, predict_test_set


@pytest.fixture
def run(settings):
    return load_run(run_experiment(settings(epochs=2, batch_size=4)).folder)


def test_the_saved_network_answers_as_predict_does(run):
    test = predict_test_set(run)
    step = of_run(run, test).step(3)
    exponentials = np.exp(step.outputs[-1][0])
    np.testing.assert_allclose(
        exponentials / exponentials.sum(), test.probabilities[3], rtol=1e-4, atol=1e-6
    )
    assert step.labels.tolist() == [test.true[3]]


def test_before_training_the_weights_are_the_first_ones(run):
    test = predict_test_set(run)
    subject = of_run(run, test, untrained=True)
    assert subject.title.endswith("before training")
    assert (subject.network.arrays["biases_1"] == 0).all()
    assert subject.network.parameters.values.dtype == np.float64


def test_a_network_with_batch_normalization_takes_its_step_on_two_images(settings):
    layers = [{"dense": 4}, "batch_norm"]
    run = load_run(run_experiment(settings(epochs=1, layers=layers)).folder)
    test = predict_test_set(run)
    last = len(test.true) - 1
    assert of_run(run, test).step(last).labels.tolist() == [test.true[last], test.true[0]]


def test_each_step_of_the_tiny_network_makes_the_loss_smaller():
    for index in range(4):
        step = tiny().step(index)
        assert step.new_loss < step.loss


def test_an_example_is_described_with_the_name_of_its_class():
    assert tiny().describe(2) == "example 2, class 0"
    named = replace(tiny(), class_names=("equal", "different"))
    assert named.describe(0) == "example 0, class different"
