"""This trainer with `--compiled`: the same loop, and other functions that take the steps."""

from benchmarks.contestants import ours
from nn.engines.compiled import take_compiled_steps


class Contestant(ours.Contestant):
    """Runs `nn.training.trainer.train` for one epoch at a time, with compiled steps."""

    take_steps = staticmethod(take_compiled_steps)
