"""Every example once an epoch, other groups the next."""

import numpy as np
import pytest

from nn.datasets.batches import CHUNK_ROWS, Batches, in_order, rows_at_once
from nn.datasets.distortion import Distortion
from nn.datasets.images import LabelledImages
from nn.datasets.normalization import Normalization

HALVED = Normalization(1.0, 2.0)


def numbered(count: int) -> LabelledImages:
    """Images whose two pixels are their number divided by 200 and the rest; so is the label."""
    number = np.arange(count, dtype=np.int64)
    images = np.stack([number // 200, number % 200], axis=1).astype(np.uint8)
    return LabelledImages(images.reshape(count, 1, 2), number)


def batches(count: int, batch_size: int, seed: int = 0, chunk_rows: int = 64) -> Batches:
    rng = np.random.default_rng(seed)
    return Batches(numbered(count), HALVED, batch_size, rng=rng, chunk_rows=chunk_rows)


def groups(epoch: Batches) -> list[tuple[int, ...]]:
    """Cut one epoch into its batches, having made sure that rows and labels belong together."""
    cut = []
    for chunk in epoch.epoch():
        pixels = chunk.inputs * 2 + 1
        np.testing.assert_array_equal(pixels[:, 0] * 200 + pixels[:, 1], chunk.labels)
        for start in range(0, len(chunk), epoch.batch_size):
            cut.append(tuple(chunk.labels[start : start + epoch.batch_size].tolist()))
    return cut


@pytest.mark.parametrize("count", [1, 4, 63, 64, 65, 1000])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 64, 100, 5000])
def test_every_example_comes_exactly_once_an_epoch(count: int, batch_size: int) -> None:
    dealt = batches(count, batch_size)
    for _ in range(2):
        cut = groups(dealt)
        assert sorted(sum(cut, ())) == list(range(count))
        assert len(cut) == len(dealt)
        assert all(len(group) == batch_size for group in cut[:-1])
        assert len(cut[-1]) == (count % batch_size or batch_size)


def test_the_next_epoch_has_other_groups() -> None:
    dealt = batches(1000, 4)
    first, second = ({frozenset(group) for group in groups(dealt)} for _ in range(2))
    assert len(first & second) < 5


def test_the_order_comes_from_the_given_stream() -> None:
    assert groups(batches(100, 4, seed=1)) == groups(batches(100, 4, seed=1))
    assert groups(batches(100, 4, seed=1)) != groups(batches(100, 4, seed=2))


def test_the_order_does_not_depend_on_how_much_is_prepared_at_once() -> None:
    assert groups(batches(100, 4, chunk_rows=8)) == groups(batches(100, 4, chunk_rows=2048))


def test_chunks_are_contiguous_and_reuse_their_memory() -> None:
    chunks = [chunk.inputs for chunk in batches(1000, 4).epoch()]
    assert all(inputs.flags.c_contiguous and inputs.dtype == np.float32 for inputs in chunks)
    assert all(np.shares_memory(chunks[0], inputs) for inputs in chunks)


def test_the_number_of_examples_is_known() -> None:
    assert batches(1001, 4).examples == 1001
    assert len(batches(1001, 4)) == 251


def test_in_order_leaves_out_nothing() -> None:
    part = numbered(1001)
    seen, labels = [], []
    for chunk in in_order(part, HALVED, chunk_rows=100):
        seen.append(chunk.inputs.copy())
        labels.extend(chunk.labels.tolist())
    assert labels == list(range(1001))
    np.testing.assert_array_equal(np.concatenate(seen), HALVED.apply(part.images))


def in_given_order(dealt: Batches) -> np.ndarray:
    """Return an epoch's pixels as if it had not been shuffled: example 0 first."""
    chunks = [(chunk.inputs * 2 + 1, chunk.labels.copy()) for chunk in dealt.epoch()]
    pixels, labels = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return pixels[labels.argsort()]


def distorted(part: LabelledImages, *, seed: int = 3, order: int = 0) -> Batches:
    distortion = Distortion("elastic", (28, 28), rng=np.random.default_rng(seed))
    rng = np.random.default_rng(order)
    return Batches(part, HALVED, 10, rng=rng, distortion=distortion, chunk_rows=64)


def large_images() -> LabelledImages:
    images = np.random.default_rng(1).integers(0, 256, (150, 28, 28), dtype=np.uint8)
    return LabelledImages(images, np.arange(150))


def test_images_are_distorted_anew_every_epoch_and_themselves_left_as_they_are() -> None:
    part = large_images()
    before = part.images.copy()
    dealt = distorted(part)
    first, second = in_given_order(dealt), in_given_order(dealt)
    np.testing.assert_array_equal(part.images, before)
    # All but the few that are hardly distorted.
    assert (np.abs(first - second).max(axis=1) > 20).mean() > 0.9
    assert (np.abs(first - before.reshape(150, -1)).max(axis=1) > 20).mean() > 0.9
    np.testing.assert_array_equal(first, in_given_order(distorted(part)))


def test_distortions_do_not_change_the_order() -> None:
    part = large_images()
    plain = Batches(part, HALVED, 10, rng=np.random.default_rng(0), chunk_rows=64)
    orders = ([c.labels.copy() for c in dealt.epoch()] for dealt in (plain, distorted(part)))
    for ours, theirs in zip(*orders, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_label_stays_with_its_distorted_image() -> None:
    # Image n is of the one grey n, and the middle of a grey image is grey however it is bent.
    grey = np.repeat(np.arange(150, dtype=np.uint8), 784).reshape(150, 28, 28)
    pixels = in_given_order(distorted(LabelledImages(grey, np.arange(150))))
    np.testing.assert_array_equal(pixels[:, 14 * 28 + 14], np.arange(150))


def test_an_epoch_that_was_left_is_dealt_out_in_the_same_order_again() -> None:
    whole, left = batches(300, 4), batches(300, 4)
    expected = [groups(whole) for _ in range(2)]
    dealing = left.epoch()
    first = [next(dealing).labels.copy() for _ in range(2)]
    dealing.close()
    rest = [chunk.labels.copy() for chunk in left.epoch(skip=128)]
    order = np.concatenate([*first, *rest])
    np.testing.assert_array_equal(order, [number for group in expected[0] for number in group])
    assert groups(left) == expected[1]


def test_the_state_of_the_stream_gives_the_order_of_the_current_epoch() -> None:
    rng = np.random.default_rng(0)
    dealt = Batches(numbered(300), HALVED, 4, rng=rng, chunk_rows=64)
    before = rng.bit_generator.state
    dealing = dealt.epoch()
    for _ in range(5):
        next(dealing)
        assert rng.bit_generator.state == before
    assert list(dealing) == []
    assert rng.bit_generator.state != before


def test_large_images_are_prepared_fewer_at_a_time() -> None:
    assert [rows_at_once(side * side) for side in (28, 90, 224, 5000)] == [CHUNK_ROWS, 2048, 334, 1]
    part = LabelledImages(np.zeros((1000, 224, 224), np.uint8), np.zeros(1000, np.int64))
    dealt = Batches(part, HALVED, 100, rng=np.random.default_rng(0))
    assert {len(chunk) for chunk in dealt.epoch()} == {300, 100}
    assert max(map(len, in_order(part, HALVED))) == 334
