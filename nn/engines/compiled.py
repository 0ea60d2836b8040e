"""The engine whose layers are compiled: for every network and optimizer.

It is the fused engine with other layers: convolution, pooling, batch normalization, ReLU and the
optimizer's step run as code that Numba compiles. Products of dense layers stay with BLAS, and what
has no compiled form is done as the fused engine does it.
"""

import time
from copy import deepcopy

import numpy as np

from nn.engines.compiled_layers import compile_layers
from nn.engines.compiled_updates import compile_update, loops_of
from nn.engines.compiling import expected_compilation, note_compiled
from nn.engines.fused import FusedEngine
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Optimizer


class CompiledEngine(FusedEngine):
    """Takes the steps of any network and optimizer, in float32."""

    fuse_layers = staticmethod(compile_layers)
    fuse_update = staticmethod(compile_update)

    def __init__(self, network: Network, loss: Loss, optimizer: Optimizer) -> None:
        super().__init__(network, loss, optimizer)
        self._inputs = network.input_shape
        self._smallest_batch = max(2, network.smallest_batch)
        of_layers = (loop for layer in self._layers for loop in layer.loops)
        self._loops = {*loops_of(optimizer), *of_layers}

    def expected_compilation(self) -> float:
        """Return how many seconds `compile` will take; 0 if the code is kept from earlier runs."""
        return expected_compilation(self._loops)

    def compile(self) -> float:
        """Compile the loops or load them, before the first step; return the seconds it took."""
        started = time.perf_counter()
        inputs = np.zeros((self._smallest_batch, *self._inputs), np.float32)
        labels = np.zeros(len(inputs), np.int64)
        deepcopy(self).take_steps(inputs, labels, len(inputs))
        note_compiled(self._loops)
        return time.perf_counter() - started
