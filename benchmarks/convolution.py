"""Convolutional networks here and in PyTorch: same weights, images and optimizer, one process.

    python -m benchmarks.convolution

needs PyTorch and uses one thread. Both take turns of a few steps, so that noise affects both alike.
The figure is the ratio of their times within a round: the median, the smallest and the largest.
Before that, both must reach the same logits after five steps.
"""

import os
import statistics
import time
from collections.abc import Callable

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import torch

from nn.architecture.building import build_network
from nn.architecture.layer_list import LayerSpec
from nn.engines.fused import FusedEngine
from nn.initializers import INITIALIZERS
from nn.losses import SoftmaxCrossEntropy
from nn.network import Network
from nn.optimizers import Momentum

BATCH_SIZE = 64
LEARNING_RATE = 0.01
ROUNDS = 25
STEPS_PER_TURN = 10
TOLERANCE = 1e-4  # of logits around 1, after five steps in float32

DILATED: list[LayerSpec] = [
    {"conv2d": {"filters": 8, "kernel_size": 3, "dilation": 2}},
    *("relu", "flatten", {"dense": 128}, "relu"),
]
LENET: list[LayerSpec] = [
    *({"conv2d": {"filters": 16, "kernel_size": 5}}, "relu", {"max_pool": 2}),
    *({"conv2d": {"filters": 32, "kernel_size": 5}}, "relu", {"max_pool": 2}),
    *("flatten", {"dense": 128}, "relu"),
]


def dilated_in_pytorch() -> torch.nn.Sequential:
    """Return the dilated network as PyTorch has it."""
    return torch.nn.Sequential(
        *(torch.nn.Conv2d(1, 8, 3, dilation=2), torch.nn.ReLU(), torch.nn.Flatten()),
        *(torch.nn.Linear(8 * 24 * 24, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)),
    )


def lenet_in_pytorch() -> torch.nn.Sequential:
    """Return the network like LeNet as PyTorch has it."""
    return torch.nn.Sequential(
        *(torch.nn.Conv2d(1, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Conv2d(16, 32, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Flatten(), torch.nn.Linear(512, 128), torch.nn.ReLU()),
        torch.nn.Linear(128, 10),
    )


def carry_over(network: Network, theirs: torch.nn.Sequential) -> None:
    """Give PyTorch's network the weights of ours."""
    learning = [module for module in theirs if hasattr(module, "weight")]
    ours = [layer for layer in network.layers if layer.parameters]
    with torch.no_grad():
        for layer, module in zip(ours, learning, strict=True):
            weights = torch.tensor(layer.arrays["weights"].T.copy())
            module.weight.copy_(weights.reshape(module.weight.shape))
            module.bias.copy_(torch.tensor(layer.arrays["biases"]))


def compare(name: str, layers: list[LayerSpec], theirs: torch.nn.Sequential) -> None:
    """Check that both networks learn the same, time them in turns, and print one line."""
    rng = np.random.default_rng(0)
    network = build_network(
        layers, input_shape=(28, 28), classes=10, initializer=INITIALIZERS["he"], rng=rng
    )
    carry_over(network, theirs)
    inputs = rng.random((BATCH_SIZE, 784), dtype=np.float32)
    labels = rng.integers(0, 10, BATCH_SIZE)

    loss = SoftmaxCrossEntropy()
    optimizer = Momentum(network.parameters, learning_rate=LEARNING_RATE, momentum=0.9)

    engine = FusedEngine(network, loss, optimizer)

    def our_step() -> None:
        engine.take_steps(inputs, labels, BATCH_SIZE)

    images, classes = torch.tensor(inputs).reshape(-1, 1, 28, 28), torch.tensor(labels)
    their_loss = torch.nn.CrossEntropyLoss()
    their_optimizer = torch.optim.SGD(theirs.parameters(), lr=LEARNING_RATE, momentum=0.9)

    def their_step() -> None:
        their_optimizer.zero_grad()
        their_loss(theirs(images), classes).backward()
        their_optimizer.step()

    for _ in range(5):
        our_step()
        their_step()
    difference = np.abs(network.forward(inputs) - theirs(images).detach().numpy()).max()
    if difference > TOLERANCE:
        raise SystemExit(f"{name}: the logits differ by {difference:.2g}: no fair comparison")

    rounds = [(milliseconds(our_step), milliseconds(their_step)) for _ in range(ROUNDS)]
    ratios = [theirs / ours for ours, theirs in rounds]
    print(
        f"{name}: {statistics.median(ours for ours, _ in rounds):.2f} ms a step, "
        f"{statistics.median(theirs for _, theirs in rounds):.2f} ms in PyTorch "
        f"{torch.__version__}: {statistics.median(ratios):.2f} times as fast "
        f"({min(ratios):.2f} to {max(ratios):.2f}, {ROUNDS} rounds)"
    )


def milliseconds(step: Callable[[], None]) -> float:
    """Return how long one step takes, over a turn of a few."""
    started = time.perf_counter()
    for _ in range(STEPS_PER_TURN):
        step()
    return (time.perf_counter() - started) * 1000 / STEPS_PER_TURN


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    compare("dilated, batch 64", DILATED, dilated_in_pytorch())
    compare("like LeNet, batch 64", LENET, lenet_in_pytorch())
