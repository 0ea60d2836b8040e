"""Drawings that are kept on the page become files that the program reads and trains on."""

import io
import shlex
import zipfile

import numpy as np
import pytest

from nn.datasets.digit_shapes import WAYS
from nn.datasets.idx import read_idx
from nn.losses import softmax
from nn.runs.experiment import run_experiment
from nn.runs.saved_run import load_run
from tests.reports.html.on_page import draw, wait_for_text

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


def test_ten_drawn_digits_are_saved_trained_on_and_read(page, reported, tmp_path):
    page.click("#collect summary")
    assert page.locator("#collect .keep:disabled").count() == 10
    kept = [*range(10), 0]
    for label in kept:
        _, strokes = WAYS[label][0]
        for stroke in strokes:
            draw(page, [(0.3 + 0.4 * x, 0.15 + 0.7 * y) for x, y in stroke], steps=1)
        wait_for_text(page, "#answer", r"\d")
        page.click(f"#collect .keep[data-label='{label}']")
        wait_for_text(page, "#answer", "^$")
    page.click("#remove-kept")
    assert page.text_content("#kept").startswith("10 kept: 0 × 1, 1 × 1")
    with page.expect_download() as download:
        page.click("#save-kept")
    assert download.value.suggested_filename == "digits.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path / "digits")
    images = read_idx(tmp_path / "digits" / "train-images-idx3-ubyte", 3)
    assert read_idx(tmp_path / "digits" / "train-labels-idx1-ubyte", 1).tolist() == kept[:10]
    assert all(300 < image.astype(int).sum() // 25 < 3000 for image in images)

    words = shlex.split(page.text_content("#collect code >> nth=1"))
    told = dict(zip(words[2::2], words[3::2], strict=True))
    assert told == {"--start-from": str(reported.run.folder.path), "--data-dir": "digits"}
    settings = reported.run.folder.read_settings().model_copy(
        update={
            "start_from": told["--start-from"], "data_dir": str(tmp_path / "digits"),
            "save_dir": str(tmp_path), "epochs": 20, "shuffle": False,
            **{"validation_size": 1, "test_size": 1},
        }
    )  # fmt: skip
    before, after = (
        softmax(run.network.forward(run.normalization.apply(images)))
        for run in (load_run(reported.run.folder), load_run(run_experiment(settings).folder))
    )
    trained_on = range(8)  # the last two validate and test
    assert after[trained_on, trained_on].mean() > before[trained_on, trained_on].mean()
    assert (after.argmax(axis=1) == kept[:10])[:8].all()
