"""Sums of compiled tiles, worked out by plain loops: at every width, and with nothing beyond it."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from nn.engines.compiled_tiles import add_gradients, add_taps, gradient_items, taps_items
from nn.engines.roomy import ROOM, roomy

OFFSETS = np.array([0, 2, 3, 4, 7, 9, 11])
# Start, place, length, first tap, and the one behind the last.
RUNS = np.array([[0, 5, 5, 0, 7], [3, 0, 4, 2, 5], [1, 9, 1, 3, 3], [20, 10, 2, 0, 2]])
PIXELS, PLACES = 24, 12


def source_of(examples: int) -> np.ndarray:
    """Return random pixels, and behind them nothing that may enter a sum."""
    source = roomy((PIXELS, examples))
    source[:] = np.random.default_rng(0).standard_normal(source.shape)
    assert source.base is not None
    source.base[source.size :] = np.nan
    return source


@pytest.mark.parametrize("examples", [1, 3, 16, 17, 64, 100])
@pytest.mark.parametrize("targets", [1, 2, 4, 5, 6, 7, 13])
def test_taps_are_added_up(targets: int, examples: int) -> None:
    rng, source = np.random.default_rng(1), source_of(examples)
    weights = rng.standard_normal((targets, len(OFFSETS))).astype(np.float32)
    biases = rng.standard_normal(targets).astype(np.float32)
    sums = np.full((targets, PLACES * examples), np.inf, np.float32)
    items = taps_items(targets, len(RUNS))
    for item in range(items):  # in whatever parts
        add_taps(item, item + 1, source.reshape(-1), examples, RUNS, OFFSETS, weights, biases, sums)
    expected = np.full((targets, PLACES, examples), np.inf, np.float32)
    for start, place, length, first, last in RUNS:
        for i in range(length):
            terms = [weights[:, [k]] * source[start + OFFSETS[k] + i] for k in range(first, last)]
            expected[:, place + i] = biases[:, np.newaxis] + sum(terms)
    np.testing.assert_allclose(sums.reshape(expected.shape), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("examples", [1, 3, 16, 17, 100])
@pytest.mark.parametrize("targets", [1, 3, 4, 5, 6])
@pytest.mark.parametrize("taps", [1, 4, 5, 7])
def test_gradients_are_added_up(taps: int, targets: int, examples: int) -> None:
    rng, source, offsets = np.random.default_rng(1), source_of(examples), OFFSETS[:taps]
    d_targets = roomy((targets, PLACES * examples))
    d_targets[:] = rng.standard_normal(d_targets.shape)
    assert d_targets.base is not None
    d_targets.base[d_targets.size :] = np.nan
    d_weights = np.empty((taps, targets), np.float32)
    # Nobody may read beyond the pixels here: those that are read for nothing are multiplied by 0.
    source.base[source.size : source.size + ROOM] = 0  # type: ignore[index]
    runs = RUNS[:2]
    items = gradient_items(taps, targets)
    add_gradients(0, items // 2, source.reshape(-1), examples, runs, offsets, d_targets, d_weights)
    add_gradients(
        items // 2, items, source.reshape(-1), examples, runs, offsets, d_targets, d_weights
    )
    shaped, expected = d_targets.reshape(targets, PLACES, examples), np.zeros_like(d_weights)
    for start, place, length, _, _ in runs:
        for k, offset in enumerate(offsets):
            first = start + offset
            seen = source[first : first + length]
            expected[k] += (seen * shaped[:, place : place + length]).sum(axis=(1, 2))
    np.testing.assert_allclose(d_weights, expected, rtol=1e-4, atol=1e-4)
