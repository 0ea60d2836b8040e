"""This trainer with `--compiled`: the same loop, and another engine."""

from benchmarks.contestants import ours
from nn.engines.choice import compiled_engine


class Contestant(ours.Contestant):
    """Runs `nn.training.trainer.train` for one epoch at a time, with compiled steps."""

    engine = staticmethod(compiled_engine)
