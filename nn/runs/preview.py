"""A run before it starts: its layers, its size, and how long it will take."""

import time
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from nn.architecture.building import describe
from nn.datasets.batches import CHUNK_ROWS
from nn.engines.choice import why_not_compiled
from nn.engines.threads import limited_threads
from nn.losses import SoftmaxCrossEntropy
from nn.runs.assembly import make_engine, make_optimizer
from nn.runs.preparation import Report, prepare_network
from nn.settings.declaration import Settings

# The data have not been read yet; most likely they are MNIST, unless the built-in digits are named.
_IMAGE_SHAPE = (28, 28)
_CLASSES = 10
_MNIST, _BUILT_IN = (58_000, 6_000), (19_575, 2_025)  # training and validation images
_SHARE_OF_INK = 0.19  # of pixels that are not 0
_TRIAL_SECONDS = 0.15
_TRIAL_ROWS = 256
# A compiled step takes this share of NumPy's time at most, up to this batch size.
_COMPILED_SHARE = 0.5
_COMPILED_BATCH_SIZE = 8
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
    """Return the preview of a run on images like MNIST's.

    The time is measured: a copy of the network takes steps on random images for a moment.

    Args:
        settings: All of them.
        report: Told of compiling, which may take longer than a moment.

    Raises:
        SettingError: The layers do not fit together, or Numba is needed but not installed.
    """
    network = prepare_network(settings, _IMAGE_SHAPE, _CLASSES)
    layers, parameters = describe(network), network.parameter_count
    loss = SoftmaxCrossEntropy()
    optimizer = make_optimizer(settings, network)
    engine = make_engine(settings, network, loss, optimizer, report)

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
    training, validation = _BUILT_IN if settings.dataset == "built-in" else _MNIST
    examples = settings.epochs * (training + validation / 3)
    seconds = examples * elapsed / (rounds * rows)
    may_pay = not settings.compiled and settings.batch_size <= _COMPILED_BATCH_SIZE
    if not may_pay or why_not_compiled(network, optimizer):
        return Preview(layers, parameters, seconds)
    return Preview(layers, parameters, seconds, _compiled_estimate(seconds))


def _compiled_estimate(seconds: float) -> CompiledEstimate | None:
    """Return the estimate for a run of `seconds`; None if Numba is missing or it does not pay."""
    shorter = _COMPILED_SHARE * seconds
    if seconds - shorter < _WORTH_WHILE or find_spec("numba") is None:
        return None
    from nn.engines.compiled import expected_compilation  # imports Numba

    compilation = expected_compilation()
    worth_while = seconds - shorter - compilation >= _WORTH_WHILE
    return CompiledEstimate(shorter, compilation) if worth_while else None
