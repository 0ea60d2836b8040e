"""The training loop: predict a batch, measure the loss, take a step, repeat.

The loop knows nothing of screens and files. Progress bars, histories and checkpoints are observers,
which are told when an epoch starts, progresses and ends.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from nn.engines.engine import Engine
from nn.engines.threads import limited_threads
from nn.errors import DivergedError, SmallBatchError
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Optimizer
from nn.schedules import Schedule
from nn.training.evaluation import Examples, accuracy, evaluate
from nn.training.history import EpochRecord, EpochSoFar, History

# Training stops above this multiple of the loss of guessing. Networks that learn stay below
# 1.5 times, whatever their initialization; those whose steps are too large exceed 5 times within
# 2,048 images.
_HOPELESS = 4
_JUDGED_FROM = 1024  # images of an epoch; a chunk of large images has fewer


class TrainingExamples(Protocol):
    """The training examples, in a new order every epoch."""

    @property
    def batch_size(self) -> int:
        """Examples per step."""

    @property
    def examples(self) -> int:
        """Examples per epoch."""

    def epoch(self, skip: int = 0) -> Iterator[Examples]:
        """Yield every example once, many batches at a time; leave out the first `skip` examples."""


class Observer:
    """Follows training; every method is optional.

    A method may stop training by raising `nn.training.stopping.StopTraining`; the parameters are
    then those after the last complete step.

    Attributes:
        should_stop: Whether training ends after this epoch, as if it were the last.
    """

    should_stop = False

    def on_resume(self, history: History) -> None:
        """Training resumes after the epochs of this history, or within the next one."""

    def on_epoch_start(self, epoch: int, epochs: int, examples: int) -> None:
        """Epoch `epoch` of `epochs` starts; it has `examples` examples."""

    def on_progress(self, examples_done: int, loss: float, accuracy: float) -> None:
        """`examples_done` examples of the epoch are done, with this mean loss and accuracy."""

    def on_epoch_end(self, record: EpochRecord) -> None:
        """The epoch has ended and was validated."""


@limited_threads(1)  # except for the steps
def train(
    network: Network,
    loss: Loss,
    optimizer: Optimizer,
    *,
    schedule: Schedule,
    training: TrainingExamples,
    validation: Callable[[], Iterable[Examples]],
    epochs: int,
    history: History,
    so_far: EpochSoFar | None = None,
    observers: Sequence[Observer] = (),
    threads: int = 1,
    engine: Engine | None = None,
    judged: Network | None = None,
) -> None:
    """Train the network in place; add a record to the history after every epoch.

    Args:
        network: Changed in place.
        loss: What training minimizes.
        optimizer: Made for this network's parameters.
        schedule: The factor on the learning rate of each epoch.
        training: The examples to learn from.
        validation: Returns the validation examples, from the start at each call.
        epochs: The last epoch's number; the first follows those in the history.
        history: Gets a record after each epoch, so nothing is lost if training is stopped.
        so_far: The state of the first epoch, if that is resumed; updated after every progress, so
            that training can be resumed from there.
        observers: Called in this order.
        threads: How many share the engine's steps, if it is compiled.
        engine: Takes the steps; made for this network, loss and optimizer; fused if None.
        judged: The network that is validated, if the engine makes one of its own, as an average of
            the weights is.

    Raises:
        DivergedError: The loss is not finite, or hopeless; the network is restored to the last one
            known to give a finite loss.
        SmallBatchError: Batches are too small for a layer; nothing was trained.
    """
    _check_batch_size(network, training)
    so_far = so_far or EpochSoFar()
    if engine is None:
        # Whoever only observes need not wait for SciPy.
        from nn.engines.fused import FusedEngine

        engine = FusedEngine(network, loss, optimizer)
    judged = judged or network
    guessing = loss.of_guessing(*network.output_shape)
    for observer in observers if history else ():
        observer.on_resume(history)
    # A step may leave weights that are finite but so large that the loss overflows, so keep the
    # last weights that a batch has gone through.
    last_finite = so_far.last_finite or network.snapshot()
    while len(history) < epochs and not any(observer.should_stop for observer in observers):
        epoch = len(history) + 1
        last_step = max(0, so_far.examples - 1) // training.batch_size * training.batch_size
        optimizer.scale_learning_rate(schedule(epoch + last_step / training.examples))
        for observer in observers:
            observer.on_epoch_start(epoch, epochs, training.examples)

        started = time.perf_counter() - so_far.seconds
        for examples in training.epoch(skip=so_far.examples):
            before = network.snapshot()
            with limited_threads(threads):
                logits = engine.take_steps(examples.inputs, examples.labels, training.batch_size)
            chunk_loss = loss.value(logits, examples.labels)
            so_far.add(len(logits), chunk_loss, accuracy(logits, examples.labels))
            enough = so_far.examples >= min(_JUDGED_FROM, training.examples)
            limit = _HOPELESS * guessing if enough else math.inf
            if not (network.is_finite and so_far.loss < limit):  # true for a NaN
                network.restore(last_finite)
                judged.restore(last_finite)
                raise DivergedError(
                    epoch=epoch,
                    learning_rate=optimizer.learning_rate,
                    loss=so_far.loss,
                    guessing=guessing,
                )
            last_finite = so_far.last_finite = before
            so_far.seconds = time.perf_counter() - started
            for observer in observers:
                observer.on_progress(so_far.examples, so_far.loss, so_far.accuracy)
            # What observers do is no training: one of them may wait for a person's answer.
            started = time.perf_counter() - so_far.seconds

        validated = evaluate(judged, loss, validation())
        if not math.isfinite(validated.loss):
            # It was the last steps of the epoch; no later step could notice.
            network.restore(last_finite)
            judged.restore(last_finite)
            raise DivergedError(
                epoch=epoch,
                learning_rate=optimizer.learning_rate,
                loss=validated.loss,
                guessing=guessing,
            )
        last_finite = before = network.snapshot()  # the older one is freed
        record = EpochRecord(
            epoch=epoch,
            learning_rate=optimizer.learning_rate,
            training_loss=so_far.loss,
            training_accuracy=so_far.accuracy,
            validation_loss=validated.loss,
            validation_accuracy=validated.accuracy,
            seconds=time.perf_counter() - started,
        )
        history.append(record)
        so_far.clear()
        for observer in observers:
            observer.on_epoch_end(record)


def _check_batch_size(network: Network, training: TrainingExamples) -> None:
    """Raise if the last and smallest batch of an epoch is too small for a layer."""
    size, examples, smallest = training.batch_size, training.examples, network.smallest_batch
    last = examples % size or min(size, examples)
    if last < smallest:
        raise SmallBatchError(batch_size=size, last=last, smallest=smallest, examples=examples)
