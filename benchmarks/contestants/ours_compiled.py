"""This trainer with `--compiled`: the same loop, and another engine."""

from benchmarks.contestants import ours
from nn.engines.compiled import CompiledEngine


class Contestant(ours.Contestant):
    """Runs `nn.training.trainer.train` for one epoch at a time, with compiled steps."""

    engine = CompiledEngine
