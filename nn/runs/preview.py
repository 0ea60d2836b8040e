"""A run before it starts: its layers, its size, and how long it will take."""

import time
from dataclasses import dataclass

import numpy as np

from nn.architecture.building import describe
from nn.datasets.batches import CHUNK_ROWS
from nn.engines.threads import limited_threads
from nn.losses import SoftmaxCrossEntropy
from nn.runs.assembly import make_engine, make_optimizer
from nn.runs.preparation import prepare_network
from nn.settings.declaration import Settings

# The data have not been read yet; most likely they are MNIST.
_IMAGE_SHAPE = (28, 28)
_CLASSES = 10
_TRAINING_IMAGES = 58_000
_VALIDATION_IMAGES = 6_000
_SHARE_OF_INK = 0.19  # of pixels that are not 0
_TRIAL_SECONDS = 0.15
_TRIAL_ROWS = 256


@dataclass(frozen=True)
class Preview:
    """A run before it starts.

    Attributes:
        layers: Each layer in words, with the shape of its output.
        parameters: Number of parameters.
        seconds: Estimated time of the whole training.
    """

    layers: list[tuple[str, str]]
    parameters: int
    seconds: float


def preview_run(settings: Settings) -> Preview:
    """Return the preview of a run on images like MNIST's.

    The time is measured: a copy of the network takes steps on random images for a moment.

    Raises:
        SettingError: The layers do not fit together, or Numba is needed but not installed.
    """
    network = prepare_network(settings, _IMAGE_SHAPE, _CLASSES)
    layers, parameters = describe(network), network.parameter_count
    loss = SoftmaxCrossEntropy()
    optimizer = make_optimizer(settings, network)
    engine = make_engine(settings, network, loss, optimizer)

    rng = np.random.default_rng(0)
    batch_size = min(settings.batch_size, CHUNK_ROWS)
    rows = max(1, _TRIAL_ROWS // batch_size) * batch_size
    inputs = rng.random((rows, _IMAGE_SHAPE[0] * _IMAGE_SHAPE[1]), dtype=np.float32)
    inputs[rng.random(inputs.shape) > _SHARE_OF_INK] = 0
    inputs[:, 0] = 0  # the corner of an image
    labels = rng.integers(0, _CLASSES, rows)
    with limited_threads(settings.threads):  # as in training
        engine.take_steps(inputs, labels, batch_size)  # makes arrays, or compiles
        rounds, elapsed, started = 0, 0.0, time.perf_counter()
        while elapsed < _TRIAL_SECONDS:
            engine.take_steps(inputs, labels, batch_size)
            rounds, elapsed = rounds + 1, time.perf_counter() - started
    # Validation runs forward only, about a third of the work.
    examples = settings.epochs * (_TRAINING_IMAGES + _VALIDATION_IMAGES / 3)
    return Preview(layers, parameters, examples * elapsed / (rounds * rows))
