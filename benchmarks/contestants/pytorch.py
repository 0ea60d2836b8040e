"""PyTorch as its tutorials use it: modules, autograd and `torch.optim`, run eagerly."""

import os

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.work import MOMENTUM, Array, Work


class Contestant:
    """Linear layers in a `Sequential`, cross-entropy, `torch.optim`."""

    def __init__(self, work: Work, images: Array, labels: NDArray[np.int64]) -> None:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        self.work = work
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)
        activation = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}[work.activation]
        layers: list[torch.nn.Module] = []
        first = iter(work.first_parameters())
        for inputs, units in zip(work.units, work.units[1:], strict=False):
            if layers:
                layers.append(activation())
            linear = torch.nn.Linear(inputs, units)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(next(first).T))
                linear.bias.copy_(torch.from_numpy(next(first)))
            layers.append(linear)
        self.network = torch.nn.Sequential(*layers)
        self.loss = torch.nn.CrossEntropyLoss()
        parameters, rate = self.network.parameters(), work.learning_rate
        self.optimizer: torch.optim.Optimizer
        if work.optimizer == "adam":
            self.optimizer = torch.optim.Adam(parameters, lr=rate)
        else:
            momentum = MOMENTUM if work.optimizer == "momentum" else 0.0
            self.optimizer = torch.optim.SGD(parameters, lr=rate, momentum=momentum)

    def run(self) -> None:
        """Train for one epoch; the losses are computed and not summed up."""
        size = self.work.batch_size
        for start in range(0, len(self.labels), size):
            self.optimizer.zero_grad()
            logits = self.network(self.images[start : start + size])
            loss = self.loss(logits, self.labels[start : start + size])
            loss.backward()
            self.optimizer.step()

    def parameters(self) -> list[Array]:
        """Return weights and biases, alternating."""
        return [parameter.detach().numpy().T for parameter in self.network.parameters()]
