"""A run before it starts: its layers, its size, and how long it will take."""

import math
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nn.architecture.building import describe
from nn.datasets.batches import rows_at_once
from nn.datasets.data_size import DataSize, data_size
from nn.datasets.picture_folders import Preparation
from nn.engines.choice import compiled_engine
from nn.engines.dense_layers import dense_layers
from nn.engines.threads import limited_threads
from nn.layers.convolution import Convolution
from nn.losses import LOSSES
from nn.network import Network
from nn.optimizers import Adam
from nn.runs.assembly import make_engine, make_optimizer
from nn.runs.preparation import Report, prepare_network
from nn.settings.declaration import Settings

# The data have not been read yet. If a glance at them tells nothing, they are most likely MNIST.
_MNIST = DataSize((28, 28), 10, 60_000)
_BUILT_IN = DataSize((28, 28), 10, 19_575 + 2_025 // 3)
_SHARE_OF_INK = 0.19  # of pixels that are not 0
_TRIAL_SECONDS = 0.15
_TRIAL_ROWS = 256
# A compiled step of dense layers takes this share of NumPy's time at most, up to this batch size.
_COMPILED_SHARE = 0.5
_COMPILED_BATCH_SIZE = 8
_CONVOLUTIONS_SHARE = 0.7  # of NumPy's time, at any batch size
_WORTH_WHILE = 5.0  # seconds that compiled steps must save


@dataclass(frozen=True)
class CompiledEstimate:
    """How long a run would take with compiled steps.

    Attributes:
        seconds: Estimated time of the whole training, at most.
        compilation: Estimated time of compiling before it; 0 if that has been done before.
    """

    seconds: float
    compilation: float


@dataclass(frozen=True)
class Preview:
    """A run before it starts.

    Attributes:
        layers: Each layer in words, with the shape of its output.
        parameters: Number of parameters.
        seconds: Estimated time of the whole training.
        compiled: The same with compiled steps, if they are not requested and would pay.
    """

    layers: list[tuple[str, str]]
    parameters: int
    seconds: float
    compiled: CompiledEstimate | None = None


def preview_run(settings: Settings, report: Report = lambda message: None) -> Preview:
    """Return the preview of a run on images of its data's size, or of MNIST's.

    The time is measured: a copy of the network takes steps on random images for a moment.

    Args:
        settings: All of them.
        report: Told of compiling, which may take longer than a moment.

    Raises:
        SettingError: The layers do not fit together, or Numba is needed but not installed.
    """
    size = _size(settings)
    network = prepare_network(settings, size.image_shape, size.classes)
    layers, parameters = describe(network), network.parameter_count
    loss = LOSSES[settings.loss]
    optimizer = make_optimizer(settings, network)
    engine = make_engine(settings, network, loss, optimizer, report)

    rng = np.random.default_rng(0)
    batch_size = min(settings.batch_size, rows_at_once(math.prod(size.image_shape)))
    rows = max(1, _TRIAL_ROWS // batch_size) * batch_size
    inputs = rng.random((rows, math.prod(size.image_shape)), dtype=np.float32)
    inputs[rng.random(inputs.shape) > _SHARE_OF_INK] = 0
    inputs[:, 0] = 0  # the corner of an image
    labels = rng.integers(0, size.classes, rows)
    with limited_threads(settings.threads):  # as in training
        engine.take_steps(inputs, labels, batch_size)  # makes arrays, or compiles
        rounds, elapsed, started = 0, 0.0, time.perf_counter()
        while elapsed < _TRIAL_SECONDS:
            engine.take_steps(inputs, labels, batch_size)
            rounds, elapsed = rounds + 1, time.perf_counter() - started
    seconds = settings.epochs * size.training * elapsed / (rounds * rows)
    share = _compiled_share(settings, network)
    if share is None or find_spec("numba") is None:
        return Preview(layers, parameters, seconds)
    compilation = compiled_engine(network, loss, optimizer).expected_compilation()
    saved = (1 - share) * seconds - compilation
    estimate = CompiledEstimate(share * seconds, compilation) if saved >= _WORTH_WHILE else None
    return Preview(layers, parameters, seconds, estimate)


def _size(settings: Settings) -> DataSize:
    """Return the size of the data; a validation image, only run forward, counts a third."""
    if settings.dataset == "built-in":
        return _BUILT_IN
    shape = Preparation(size=settings.image_size, colour=settings.color).shape
    known = data_size(Path(settings.data_dir), shape)
    return known or _MNIST


def _compiled_share(settings: Settings, network: Network) -> float | None:
    """Return which share of the time compiled steps take at most; None if they may take longer."""
    if settings.compiled:
        return None
    if any(isinstance(layer, Convolution) for layer in network.layers):
        return _CONVOLUTIONS_SHARE
    is_small = settings.batch_size <= _COMPILED_BATCH_SIZE and settings.optimizer != Adam.name
    return _COMPILED_SHARE if dense_layers(network) and is_small else None
