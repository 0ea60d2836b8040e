"""Convolution networks here and in PyTorch: same weights, images and optimizer, one process.

    python -m benchmarks.convolution [THREADS]

needs PyTorch. NumPy's engine, the compiled one and PyTorch take turns of a few steps, so that noise
affects all alike. The figure is the ratio of PyTorch's time and ours within a round: the median,
the smallest and the largest. All use one thread, and processor time is measured, which does not
count while other programs have the core. Before that, all must reach the same logits after five
steps.

With THREADS, the compiled engine is timed against itself on one thread, in wall time, which needs a
quiet machine. Other engines would be in the way: their threads wait by asking again and again.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.turns import Ratio
from nn.architecture.building import build_network
from nn.architecture.layer_list import LayerSpec
from nn.engines.choice import compiled_engine
from nn.engines.engine import Engine
from nn.engines.fused import FusedEngine
from nn.engines.threads import limited_threads
from nn.initializers import INITIALIZERS
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import OPTIMIZERS, Optimizer

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
ROUNDS = 25
STEPS_PER_TURN = 10
TOLERANCE = 1e-3  # of logits around 1, after five steps in float32
TRAINING_IMAGES = 60_000
ENGINES: dict[str, Callable[[Network, SoftmaxCrossEntropy, Optimizer], Engine]] = {
    "NumPy": FusedEngine,
    "compiled": compiled_engine,
}


@dataclass(frozen=True)
class Case:
    """A network and how it is trained.

    Attributes:
        layers: Before the output layer.
        theirs: The same as PyTorch's modules, with the output layer.
        batch_size: Images per step.
        optimizer: "sgd", "momentum" (0.9) or "adam".
        learning_rate: Length of a step.
        target: PyTorch's time divided by that of compiled steps must be at least this.
    """

    layers: Sequence[LayerSpec]
    theirs: Sequence[torch.nn.Module]
    batch_size: int
    optimizer: str
    learning_rate: float
    target: float


def conv2d(filters: int, kernel_size: int, dilation: int = 1) -> LayerSpec:
    """Return a convolution as layers are written in a list."""
    return {"conv2d": {"filters": filters, "kernel_size": kernel_size, "dilation": dilation}}


nn = torch.nn
CASES = {
    "LeNet-5, Adam, batch 128": Case(
        [
            *(conv2d(6, 5), "relu", {"max_pool": 2}, conv2d(16, 5), "relu", {"max_pool": 2}),
            *("flatten", {"dense": 120}, "relu", {"dense": 84}, "relu"),
        ],
        [
            *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
            *(nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
        ],
        *(128, "adam", 3e-4, 2.5),
    ),
    "beyond_cnn, momentum, batch 100": Case(
        [
            *(conv2d(16, 5), {"max_pool": 2}, "batch_norm", "relu"),
            *(conv2d(40, 5), {"max_pool": 2}, "batch_norm", "relu"),
            *("flatten", {"dense": 200}, "batch_norm", "relu"),
        ],
        [
            *(nn.Conv2d(1, 16, 5), nn.MaxPool2d(2), nn.BatchNorm2d(16), nn.ReLU()),
            *(nn.Conv2d(16, 40, 5), nn.MaxPool2d(2), nn.BatchNorm2d(40), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(640, 200), nn.BatchNorm1d(200), nn.ReLU()),
            nn.Linear(200, 10),
        ],
        *(100, "momentum", 0.01, 2.0),
    ),
    "001_dilated_convolution, SGD, batch 64": Case(
        [conv2d(8, 3, dilation=2), "relu", "flatten", {"dense": 128}, "relu"],
        [
            *(nn.Conv2d(1, 8, 3, dilation=2), nn.ReLU(), nn.Flatten()),
            *(nn.Linear(8 * 24 * 24, 128), nn.ReLU(), nn.Linear(128, 10)),
        ],
        *(64, "sgd", 0.01, 2.0),
    ),
}


def our_step(
    case: Case, make_engine: Callable[..., Engine], theirs: nn.Sequential, batch: tuple
) -> tuple[Network, Callable[[], object]]:
    """Return our network with PyTorch's weights, and a function that takes a step."""
    network = build_network(
        list(case.layers),
        input_shape=(28, 28),
        classes=10,
        initializer=INITIALIZERS["he"],
        rng=np.random.default_rng(0),
    )
    learning = [module for module in theirs if hasattr(module, "weight")]
    ours = [layer for layer in network.layers if layer.parameters]
    for layer, module in zip(ours, learning, strict=True):
        for parameter, theirs_too in zip(
            layer.parameters, (module.weight, module.bias), strict=True
        ):
            array = theirs_too.detach().numpy()
            rows = array.reshape(len(array), -1).T if array.ndim > 1 else array
            parameter.value[:] = rows
    optimizer = OPTIMIZERS[case.optimizer](network.parameters, learning_rate=case.learning_rate)
    engine = make_engine(network, SoftmaxCrossEntropy(), optimizer)
    return network, lambda: engine.take_steps(*batch, case.batch_size)


def their_step(case: Case, theirs: nn.Sequential, batch: tuple) -> Callable[[], object]:
    """Return a function that takes a step in PyTorch."""
    images, labels = torch.tensor(batch[0]).reshape(-1, 1, 28, 28), torch.tensor(batch[1])
    loss, parameters = nn.CrossEntropyLoss(), theirs.parameters()
    momentum = 0.9 if case.optimizer == "momentum" else 0.0
    optimizer: torch.optim.Optimizer = (
        torch.optim.Adam(parameters, lr=case.learning_rate)
        if case.optimizer == "adam"
        else torch.optim.SGD(parameters, lr=case.learning_rate, momentum=momentum)
    )

    def step() -> None:
        optimizer.zero_grad()
        loss(theirs(images), labels).backward()
        optimizer.step()

    return step


def compare(name: str, case: Case) -> None:
    """Check that all networks learn the same, time them in turns, and print a row for each."""
    rng, theirs = np.random.default_rng(0), nn.Sequential(*case.theirs)
    inputs = rng.random((case.batch_size, 784), dtype=np.float32)
    batch = inputs, rng.integers(0, 10, case.batch_size)
    ours = {engine: our_step(case, make, theirs, batch) for engine, make in ENGINES.items()}
    steps = {
        "PyTorch": their_step(case, theirs, batch),
        **{engine: step for engine, (_, step) in ours.items()},
    }
    for step in steps.values():
        for _ in range(5):
            step()
    expected = theirs.eval()(torch.tensor(inputs).reshape(-1, 1, 28, 28)).detach().numpy()
    theirs.train()
    for engine, (network, _) in ours.items():
        difference = np.abs(network.forward(inputs) - expected).max()
        if difference > TOLERANCE:
            raise SystemExit(f"{name}, {engine}: the logits differ by {difference:.2g}")
    rounds = [{who: milliseconds(step) for who, step in steps.items()} for _ in range(ROUNDS)]
    for who in steps:
        time_ = Ratio.of([times[who] for times in rounds])
        ratio = Ratio.of([times["PyTorch"] / times[who] for times in rounds])
        epoch = time_.median * TRAINING_IMAGES / case.batch_size / 1000
        target = f"at least {case.target:g}" if who == "compiled" else ""
        print(f"| {name} | {who} | {time_} | {epoch:.2f} | {ratio} | {target} |", flush=True)


def compare_threads(name: str, case: Case) -> None:
    """Time the compiled engine on one thread and on several, in turns, and print a row."""
    rng, theirs = np.random.default_rng(0), nn.Sequential(*case.theirs)
    inputs = rng.random((case.batch_size, 784), dtype=np.float32)
    batch = inputs, rng.integers(0, 10, case.batch_size)
    _, step = our_step(case, compiled_engine, theirs, batch)
    rounds = []
    for _ in range(ROUNDS):
        times = {}
        for threads in (1, THREADS):
            with limited_threads(threads):
                step()
                times[threads] = milliseconds(step, time.perf_counter)
        rounds.append(times)
    one, several = (Ratio.of([times[count] for times in rounds]) for count in (1, THREADS))
    ratio = Ratio.of([times[1] / times[THREADS] for times in rounds])
    print(f"| {name} | {one} | {several} | {ratio} |", flush=True)


def milliseconds(
    step: Callable[[], object], clock: Callable[[], float] = time.process_time
) -> float:
    """Return how long one step takes, over a turn of a few."""
    started = clock()
    for _ in range(STEPS_PER_TURN):
        step()
    return (clock() - started) * 1000 / STEPS_PER_TURN


if __name__ == "__main__":
    torch.manual_seed(0)
    if THREADS > 1:
        print(f"| network | milliseconds, 1 thread | {THREADS} threads | 1 / {THREADS} threads |")
        print("|---" * 4 + "|")
        for title, one in CASES.items():
            compare_threads(title, one)
        sys.exit()
    torch.set_num_threads(1)
    print("| network | steps by | milliseconds a step | seconds an epoch | PyTorch / it | target |")
    print("|---" * 6 + "|")
    with limited_threads(1):
        for title, one in CASES.items():
            compare(title, one)
