"""Drawings that are kept on the page become files that the program reads and trains on."""

import io
import zipfile

import numpy as np
import pytest

from nn.datasets.idx import read_idx

PACK = """(given) => {
    const collection = new Collection(given.shape);
    for (const [pixels, label] of given.kept) {
        collection.keep(Uint8ClampedArray.from(pixels), label);
    }
    collection.keep(new Uint8ClampedArray(6), 9);
    collection.removeLast();
    return [Array.from(collection.pack()), collection.describe()];
}"""


def test_the_archive_holds_images_and_labels_in_idx_form(run_script, tmp_path):
    kept = [([0, 50, 100, 150, 200, 255], 7), ([1, 2, 3, 4, 5, 6], 0), ([9] * 6, 7)]
    packed, described = run_script("collection.js", PACK, {"shape": [2, 3], "kept": kept})
    assert described == "3 kept: 0 × 1, 7 × 2"
    with zipfile.ZipFile(io.BytesIO(bytes(packed))) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    images = read_idx(tmp_path / "train-images-idx3-ubyte", 3)
    np.testing.assert_array_equal(images.reshape(3, 6), [pixels for pixels, _ in kept])
    labels = read_idx(tmp_path / "train-labels-idx1-ubyte", 1)
    np.testing.assert_array_equal(labels, [7, 0, 7])


@pytest.mark.parametrize("kept", [[], [([1] * 6, 3)]])
def test_nothing_and_one_are_described(run_script, kept):
    _, described = run_script("collection.js", PACK, {"shape": [2, 3], "kept": kept})
    assert described == ("1 kept: 3 × 1" if kept else "Nothing kept yet.")
