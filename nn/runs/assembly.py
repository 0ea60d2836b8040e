"""From settings to the parts of a training: the only place that knows both.

The mathematics knows plain numbers and no settings; the settings know no mathematics. A new
optimizer, schedule or stopping rule is connected to its settings here.
"""

import numpy as np

from nn.datasets.batches import Batches
from nn.datasets.distortion import Distortion
from nn.engines.choice import compiled_engine
from nn.engines.engine import Engine
from nn.engines.fused import FusedEngine
from nn.errors import MissingNumbaError
from nn.installation import install_command
from nn.layers.dropout import Dropout
from nn.losses import LOSSES, Loss
from nn.network import Network
from nn.optimizers import OPTIMIZERS, Momentum, Optimizer
from nn.regularizers import Penalty
from nn.runs.facts import CompiledSteps
from nn.runs.preparation import PreparedData, Report, prepare_network
from nn.runs.random_streams import random_stream
from nn.schedules import Schedule, constant, cosine, exponential, halving, one_cycle, step
from nn.settings.declaration import Settings
from nn.training.early_stopping import BestNetwork, EarlyStopping
from nn.training.history import EpochSoFar, History
from nn.training.state import TrainingState
from nn.training.step_by_step import StepByStep
from nn.training.weight_average import WeightAverage


def assemble(
    settings: Settings, data: PreparedData, report: Report = lambda message: None
) -> TrainingState:
    """Return a training as the settings describe it, before its first step.

    Args:
        settings: All of them.
        data: The images that the settings name.
        report: Told whether steps are compiled.

    Raises:
        SettingError: The layers do not fit the images.
        MissingNumbaError: Numba is needed, but not installed.
    """
    network = prepare_network(settings, data.images.image_shape, data.images.classes)
    optimizer = make_optimizer(settings, network)
    loss = type(LOSSES[settings.loss])(settings.label_smoothing)
    batches, streams = _make_batches(settings, data)
    dropouts = [layer for layer in network.layers if isinstance(layer, Dropout)]
    streams |= {f"dropout_{number}": layer.rng for number, layer in enumerate(dropouts, 1)}
    history: History = []
    so_far = EpochSoFar()
    schedule = make_schedule(settings, history)
    engine = make_engine(settings, network, loss, optimizer, report)
    judged, average = network, None
    if settings.weight_average:
        judged = prepare_network(settings, data.images.image_shape, data.images.classes)
        average = WeightAverage(network, judged, settings.weight_average)
    is_rate_of_steps = settings.learning_rate_decay and settings.decay == "one_cycle"
    if is_rate_of_steps or average:
        engine = StepByStep(
            engine,
            optimizer,
            schedule=schedule if is_rate_of_steps else None,
            average=average,
            history=history,
            so_far=so_far,
            examples=batches.examples,
        )
    return TrainingState(
        network=network,
        judged=judged,
        loss=loss,
        optimizer=optimizer,
        schedule=schedule,
        engine=engine,
        batches=batches,
        streams=streams,
        early_stopping=_make_early_stopping(settings, len(batches)),
        best=BestNetwork(judged, settings.monitor) if settings.restore_best_weights else None,
        history=history,
        so_far=so_far,
    )


def make_optimizer(settings: Settings, network: Network) -> Optimizer:
    """Return the optimizer that the settings name, for this network."""
    penalty = Penalty(l1=settings.l1_strength if settings.l1 else 0.0, l2=settings.l2_strength)
    options = {}
    if settings.optimizer == Momentum.name:
        options = {"momentum": settings.momentum, "dampening": settings.dampening}
    return OPTIMIZERS[settings.optimizer](
        network.parameters, learning_rate=settings.learning_rate, penalty=penalty, **options
    )


def make_engine(
    settings: Settings,
    network: Network,
    loss: Loss,
    optimizer: Optimizer,
    report: Report = lambda message: None,
) -> Engine:
    """Return the engine that the settings name, ready for its first step.

    Args:
        settings: The settings.
        network: The network.
        loss: What training minimizes.
        optimizer: Made for this network's parameters.
        report: Told that steps are compiled, and before that how long compiling will take.

    Raises:
        MissingNumbaError: Numba is needed, but not installed.
    """
    if not settings.compiled:
        return FusedEngine(network, loss, optimizer)
    try:
        engine = compiled_engine(network, loss, optimizer)
    except ImportError:
        raise MissingNumbaError(install_command("compiled")) from None
    # Before training, so that training time is that of steps alone.
    expected = engine.expected_compilation()
    if expected:
        report(CompiledSteps(expected=expected))
    took = engine.compile()
    report(CompiledSteps(took=took if expected else 0.0))
    return engine


def make_schedule(settings: Settings, history: History) -> Schedule:
    """Return the learning-rate schedule that the settings name.

    Args:
        settings: The settings.
        history: What a schedule that depends on validation looks at.
    """
    if not settings.learning_rate_decay:
        return constant()
    if settings.decay == "step":
        return step(settings.decay_rate, settings.decay_every)
    if settings.decay == "cosine":
        return cosine(settings.epochs)
    if settings.decay == "one_cycle":
        return one_cycle(settings.epochs)
    if settings.decay == "halving":
        return halving(history)
    return exponential(settings.decay_rate)


def _make_batches(
    settings: Settings, data: PreparedData
) -> tuple[Batches, dict[str, np.random.Generator]]:
    """Return the training batches, and the random streams that they draw from, by name."""
    streams = {"shuffling": random_stream(settings.seed, "shuffling")}
    distortion = None
    if settings.distortion != "none":
        streams["distortion"] = random_stream(settings.seed, "distortion")
        shape = data.images.image_shape
        distortion = Distortion(settings.distortion, shape, rng=streams["distortion"])
    batches = Batches(
        data.split.training,
        data.normalization,
        settings.batch_size,
        rng=streams["shuffling"],
        distortion=distortion,
    )
    return batches, streams


def _make_early_stopping(settings: Settings, steps_per_epoch: int) -> EarlyStopping | None:
    """Return the observer that ends training early, if the settings want one."""
    if not settings.patience:
        return None
    return EarlyStopping(
        settings.monitor,
        min_delta=settings.min_delta,
        patience=settings.patience,
        steps_per_epoch=steps_per_epoch if settings.patience_unit == "steps" else 1,
        any_change=settings.patience_for == "change",
    )
