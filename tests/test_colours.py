"""Pictures in colour, from their folders to a trained network and what is shown of it.

The classes are colours of the same brightness, which no network can tell apart in greys.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nn.console.viewer import frame
from nn.errors import DataError, SettingError
from nn.explaining.subject import of_run
from nn.reports.first_layer_picture import draw_first_layer
from nn.reports.gallery import write_gallery
from nn.reports.html_report import write_html_report
from nn.resuming.resume import resume_run
from nn.runs.browsing import Browsing
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.export import export_network
from nn.runs.picture_reading import predict_picture
from nn.runs.predictions import View
from nn.runs.preview import preview_run
from nn.runs.saved_run import load_run, predict_test_set
from nn.settings.declaration import Settings
from tests.forms_of_data import write_colours, write_pictures
from tests.resuming.leaving import csv_files, given

CONVOLUTION = [{"conv2d": {"filters": 4, "kernel_size": 3}}, "relu", "flatten"]
NETWORKS = [{"hidden_units": 8}, {"layers": CONVOLUTION}]


@pytest.fixture
def settings(tmp_path: Path, unforced_disk):
    """Return a function that makes settings of a small run on the three colours."""
    write_colours(tmp_path / "data")

    def make(**changes) -> Settings:
        small = {"image_size": 8, "normalization": "normal", "learning_rate": 0.01, "epochs": 8}
        places = {"data_dir": str(tmp_path / "data"), "save_dir": str(tmp_path / "saved_files")}
        return Settings(**{**small, **places, "color": True, **changes})

    return make


@pytest.fixture
def finished(settings) -> FinishedRun:
    return run_experiment(settings(hidden_units=8), snapshots=True)


@pytest.mark.parametrize("network", NETWORKS, ids=["dense", "convolution"])
def test_a_network_tells_colours_of_one_brightness_apart_and_reads_a_picture(settings, network):
    run = run_experiment(settings(**network))
    assert run.result.test_accuracy == 1
    saved = load_run(run.folder)
    assert saved.facts.image_shape == (3, 8, 8)
    assert predict_test_set(saved).accuracy == 1
    reading = predict_picture(saved, Path(saved.settings.data_dir) / "green" / "03.png")
    assert saved.class_names[reading.probabilities.argmax()] == "green"


def test_in_greys_it_cannot(settings):
    assert run_experiment(settings(color=False)).result.test_accuracy < 0.7


def test_a_resumed_run_equals_one_that_was_not_interrupted(settings):
    parts = run_experiment(settings(name="parts", epochs=2, distortion="elastic"))
    parts = resume_run(parts.folder, given(epochs=4))
    whole = run_experiment(settings(name="whole", epochs=4, distortion="elastic"))
    assert csv_files(parts.folder.path) == csv_files(whole.folder.path)
    with pytest.raises(SettingError, match="color"):
        resume_run(parts.folder, given(color=False, epochs=5))


def test_only_images_in_colour_have_channels_in_data_csv(settings):
    headers = [
        (run_experiment(settings(color=colour)).folder.path / "data.csv").read_text().split("\n")[0]
        for colour in (True, False)
    ]
    assert headers == [
        f"image_height,image_width,classes,crc32{more}" for more in (",channels", "")
    ]


def test_images_of_one_kind_are_refused_by_a_network_of_the_other(settings, tmp_path):
    grey = run_experiment(settings(color=False, name="grey"))
    with pytest.raises(SettingError, match=r"8 x 8 pixels in 3 classes, but these .* in colour in"):
        run_experiment(settings(start_from=str(grey.folder.path)))
    colour = load_run(run_experiment(settings()).folder)
    write_pictures(tmp_path / "digits", ("",))
    with pytest.raises(DataError, match="8 x 8 pixels in colour in 10 classes"):
        predict_test_set(colour, data_dir=str(tmp_path / "digits"))


def test_ink_in_other_strokes_is_for_greys_only(settings):
    with pytest.raises(SettingError, match="pens changes ink"):
        run_experiment(settings(distortion="pens"))


def test_the_review_counts_three_channels(settings):
    assert preview_run(settings(hidden_units=8)).layers[0][0] == "dense 192 -> 8"


def test_pictures_and_the_page_show_colours(finished):
    saved, folder = load_run(finished.folder), finished.folder.path
    draw_first_layer(finished.folder, "", finished.network)
    write_html_report(saved, finished.result, finished.predictions)
    write_gallery(folder, finished.predictions, View())
    for name in ("first_layer.png", "gallery.png"):
        with Image.open(folder / name) as picture:
            pixels = np.asarray(picture.convert("RGB"), int)
        strongest = [
            (pixels[..., channel] - np.delete(pixels, channel, axis=2).max(axis=2)).max()
            for channel in range(3)
        ]
        assert min(strongest) > 30, name
    page = (folder / "report.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.S)[1])
    assert (data["network"], data["imageShape"]) == (None, [8, 8])
    assert data["film"]["weights"] is None
    assert "images in colour, which cannot be drawn here" in page


def test_a_terminal_shows_greys(finished):
    browsing = Browsing(finished.predictions)
    assert len(frame(browsing, 80, 24, plain=True)) > 6


def test_one_step_can_be_explained(finished):
    saved = load_run(finished.folder)
    subject = of_run(saved, predict_test_set(saved))
    assert subject.step(0).outputs[0].shape == (1, 192)


def test_the_exported_network_takes_three_channels(settings):
    onnx = pytest.importorskip("onnx", reason="pip install onnx")
    run = load_run(run_experiment(settings(layers=CONVOLUTION, epochs=1)).folder)
    model = onnx.load(export_network(run, "onnx"))
    sides = model.graph.input[0].type.tensor_type.shape.dim
    assert [side.dim_value for side in sides[1:]] == [3, 8, 8]
