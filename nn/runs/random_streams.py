"""Independent random numbers for every purpose, all from one seed.

With a single stream, one more number drawn for the split would change every weight and every batch.
With a stream for each purpose, two runs that differ in one respect agree in all others.
"""

from typing import Literal, get_args

import numpy as np

Purpose = Literal["split", "initialization", "shuffling", "dropout", "distortion"]


def random_stream(seed: int, purpose: Purpose) -> np.random.Generator:
    """Return the stream for one purpose; the same seed and purpose give the same numbers."""
    return np.random.default_rng([seed, get_args(Purpose).index(purpose)])
