"""The complete state of a training, so that it can be resumed as if never interrupted.

Besides data and settings, a training consists of the numbers that steps change: the network, the
optimizer's state, the random streams, the figures so far, and the best network if that is to be
restored. Schedules and early stopping have no state but the history. Everything is gathered between
two chunks of an epoch or between two epochs; `nn.runs.checkpoint_file` writes it to a file.
"""

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.engines.engine import Engine
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Optimizer
from nn.schedules import Schedule
from nn.training.early_stopping import BestNetwork, EarlyStopping
from nn.training.history import EpochRecord, EpochSoFar, History
from nn.training.layer_health import LayerRecord
from nn.training.trainer import TrainingExamples

Numbers = dict[str, Any]
Layout = dict[str, tuple[tuple[int, ...], np.dtype[Any]]]

_COLUMNS = [column.name for column in fields(EpochRecord)]
_LAYER_COLUMNS = [column.name for column in fields(LayerRecord)]
_MEANS = ("loss", "accuracy", "seconds")
_LAST_FINITE = "sound"  # the name in checkpoint files
_MOST_EPOCHS = 2**20  # 56 MiB of history


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training at one moment.

    Attributes:
        numbers: What JSON can hold: the progress and the states of the random streams.
        arrays: Everything else, by names such as `network/weights_1`.
    """

    numbers: Numbers
    arrays: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class TrainingState:
    """The parts of a training; what its steps change can be saved and restored.

    Attributes:
        network: Is trained.
        judged: Is validated, tested and saved: the network itself, or the average of its weights.
        loss: What training minimizes.
        optimizer: Updates the network's parameters.
        schedule: The learning rate of each epoch.
        engine: Takes the steps.
        batches: The training examples, in a new order every epoch.
        streams: The random streams that training draws from, by name.
        early_stopping: Ends training early, if requested.
        best: Keeps a copy of the best network, if requested.
        history: The epochs so far.
        so_far: The epoch under way.
        layers: The health of each layer after each epoch.
    """

    network: Network
    judged: Network
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    engine: Engine
    batches: TrainingExamples
    streams: Mapping[str, np.random.Generator]
    early_stopping: EarlyStopping | None
    best: BestNetwork | None
    history: History
    so_far: EpochSoFar = field(default_factory=EpochSoFar)
    layers: list[LayerRecord] = field(default_factory=list)

    def gather(self) -> Checkpoint:
        """Return the current state; its arrays are not copies and change with further steps."""
        arrays = _in("network", self.network.arrays) | _in("optimizer", self.optimizer.state)
        arrays |= _in(_LAST_FINITE, self.so_far.last_finite or {})
        arrays |= _in("best", self.best.arrays if self.best else {})
        if self.judged is not self.network:
            arrays |= _in("average", self.judged.arrays)
        rows = [astuple(record) for record in self.history]
        arrays["history"] = np.array(rows, np.float64).reshape(-1, len(_COLUMNS))
        rows = [astuple(record) for record in self.layers]
        arrays["layers"] = np.array(rows, np.float64).reshape(-1, len(_LAYER_COLUMNS))
        numbers = {
            "epochs": len(self.history),
            "layers": len(self.layers),
            "examples": self.so_far.examples,
            **{name: getattr(self.so_far, name) for name in _MEANS},
            "streams": {name: rng.bit_generator.state for name, rng in self.streams.items()},
        }
        return Checkpoint(numbers, arrays)

    def layout(self, numbers: Numbers) -> Layout:
        """Return the shape and type of every array of a checkpoint with these numbers.

        Raises:
            ValueError: The numbers do not belong to this training.
        """
        epochs, examples = (_whole(numbers, name) for name in ("epochs", "examples"))
        if epochs > _MOST_EPOCHS:
            raise ValueError(f"it has {epochs:,} epochs, more than {_MOST_EPOCHS:,}")
        whole, batch_size = self.batches.examples, self.batches.batch_size
        if not 0 <= examples <= whole:
            raise ValueError(f"examples is {examples:,}, and an epoch has {whole:,}")
        if examples % batch_size and examples != whole:
            raise ValueError(f"examples is {examples:,}, which is not the end of a step")
        arrays = _in("network", self.network.arrays) | _in("optimizer", self.optimizer.state)
        if examples:
            arrays |= _in(_LAST_FINITE, self.network.arrays)
        if self.best and epochs:
            arrays |= _in("best", self.network.arrays)
        if self.judged is not self.network:
            arrays |= _in("average", self.network.arrays)
        layout = {name: (array.shape, array.dtype) for name, array in arrays.items()}
        layout["history"] = (epochs, len(_COLUMNS)), np.dtype(np.float64)
        if "layers" in numbers:  # earlier versions did not look at layers
            rows = _whole(numbers, "layers")
            if rows > epochs * len(self.network.layers):
                raise ValueError(f"layers has {rows:,} rows, more than {epochs:,} epochs can have")
            layout["layers"] = (rows, len(_LAYER_COLUMNS)), np.dtype(np.float64)
        return layout

    def put_back(self, checkpoint: Checkpoint) -> None:
        """Restore the state of a checkpoint.

        Args:
            checkpoint: Has the arrays that `layout` names; they are copied.

        Raises:
            ValueError: It is not a possible state; nothing was changed.
        """
        numbers, arrays = checkpoint.numbers, checkpoint.arrays
        records = _records(arrays["history"])
        layers = _layer_records(arrays["layers"], len(records)) if "layers" in arrays else []
        means = {name: _finite(numbers, name) for name in _MEANS}
        states = self._stream_states(numbers.get("streams"))
        for name, array in arrays.items():
            may_overflow = name == "layers" or name.startswith("optimizer/")
            if not may_overflow and not np.isfinite(array).all():
                raise ValueError(f"{name} holds a number that is not finite")
        self._check_steps(numbers, arrays)

        self.network.restore(_out("network", arrays))
        for name, array in self.optimizer.state.items():
            array[...] = arrays[f"optimizer/{name}"]
        self.history[:] = records
        self.layers[:] = layers
        self.so_far.examples = numbers["examples"]
        for name, value in means.items():
            setattr(self.so_far, name, value)
        self.so_far.last_finite = _out(_LAST_FINITE, arrays) or None
        if self.best:
            self.best.arrays = _out("best", arrays)
        if self.judged is not self.network:
            self.judged.restore(_out("average", arrays))
        for name, state in states.items():
            self.streams[name].bit_generator.state = state

    def _check_steps(self, numbers: Numbers, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Raise if the optimizer's own count of steps differs from the steps taken."""
        steps = numbers["epochs"] * math.ceil(self.batches.examples / self.batches.batch_size)
        steps += math.ceil(numbers["examples"] / self.batches.batch_size)
        counted = arrays.get("optimizer/steps")
        if counted is not None and float(counted[0]) != steps:
            raise ValueError(f"optimizer/steps is {counted[0]:g}, and {steps:,} were taken")

    def _stream_states(self, written: object) -> dict[str, Any]:
        """Return the states of all streams, checked to be possible in this training."""
        if not isinstance(written, dict) or written.keys() != self.streams.keys():
            raise ValueError(f"streams must be those of {', '.join(self.streams)}")
        for name, rng in self.streams.items():
            if not _is_state_like(written[name], rng.bit_generator.state):
                raise ValueError(f"the random stream {name} does not belong to this run's seed")
        return written


def _is_state_like(written: object, own: Mapping[str, Any]) -> bool:
    """Return whether a stream whose state is `own` can reach the state `written`.

    NumPy's PCG64 is a 128-bit number that each step multiplies before adding `inc`; `inc` never
    changes and differs for every seed and purpose. Half of a drawn number may be left over.
    """
    if not isinstance(written, dict) or written.keys() != own.keys():
        return False
    inner = written["state"]
    if not isinstance(inner, dict) or inner.keys() != own["state"].keys():
        return False
    limits = (inner["state"], 2**128), (written["has_uint32"], 2), (written["uinteger"], 2**32)
    same = written["bit_generator"] == own["bit_generator"] and inner["inc"] == own["state"]["inc"]
    return same and all(type(number) is int and 0 <= number < end for number, end in limits)


def _records(rows: NDArray[np.float64]) -> History:
    """Return the history from its rows, from epoch 1 on."""
    columns = dict(zip(_COLUMNS, rows.T, strict=True))
    shares = [column for name, column in columns.items() if name.endswith("accuracy")]
    if (
        not np.array_equal(columns["epoch"], np.arange(1, len(rows) + 1))
        or not np.isfinite(rows).all()
        or (rows < 0).any()
        or any((share > 1).any() for share in shares)
    ):
        raise ValueError("history has a row that cannot be an epoch")
    return [EpochRecord(int(epoch), *others) for epoch, *others in rows.tolist()]


def _layer_records(rows: NDArray[np.float64], epochs: int) -> list[LayerRecord]:
    """Return the health of the layers from its rows; what a layer does not have is NaN."""
    counts, figures = rows[:, :2], rows[:, 2:]
    in_range = (counts >= 1).all() and (counts % 1 == 0).all() and (rows[:, 0] <= epochs).all()
    if not in_range or (figures < 0).any() or (rows[:, 2:4] > 1).any():
        raise ValueError("layers has a row that cannot be the health of a layer")
    return [LayerRecord(int(epoch), int(k), *others) for epoch, k, *others in rows.tolist()]


def _whole(numbers: Numbers, name: str) -> int:
    number = numbers.get(name)
    if type(number) is not int or not 0 <= number < 2**53:
        raise ValueError(f"{name} is not a count")
    return number


def _finite(numbers: Numbers, name: str) -> float:
    number = numbers.get(name)
    if type(number) is not float or not 0 <= number < math.inf:
        raise ValueError(f"{name} is not a finite number from 0")
    return number


def _in(folder: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"{folder}/{name}": array for name, array in arrays.items()}


def _out(folder: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    start = f"{folder}/"
    return {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}
