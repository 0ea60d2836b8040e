"""The page as text: nothing in it can run or load but its own, and it stays small and quick."""

import base64
import errno
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from nn.architecture.building import build_network
from nn.datasets.framing import Framing
from nn.datasets.normalization import Normalization
from nn.errors import RunFolderError
from nn.files import atomic_write
from nn.initializers import INITIALIZERS
from nn.reports import page_data
from nn.reports.html_report import write_html_report
from nn.runs.data_facts import DataFacts
from nn.runs.predictions import Predictions
from nn.runs.run_folder import Result, RunFolder
from nn.runs.saved_run import SavedRun
from nn.runs.snapshots import SnapshotWriter
from nn.settings.declaration import Settings
from nn.training.history import EpochRecord

HOSTILE = (
    """</script><script>alert(1)</script><img src="https://x.test/" onerror='alert(2)'>{{ 7*7 }}"""
)
RESULT = Result(
    epochs=2, parameters=50890, training_loss=0.1, training_accuracy=0.97, validation_loss=0.12,
    validation_accuracy=0.965, test_loss=0.11, test_accuracy=0.9675, test_images=400,
)  # fmt: skip


class Elements(HTMLParser):
    """Collects elements with their attributes, and the text of scripts and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside = False
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.inside = tag in {"script", "style"}
        if self.inside:
            self.texts.append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.texts[-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


@pytest.fixture
def make_page(tmp_path):
    """Return a function that writes a page and returns its text, without training anything."""

    def make(
        *,
        shape: tuple[int, int] = (28, 28),
        classes: int = 10,
        images: int = 400,
        title: str = "MNIST, a run",
        histories: bool = True,
        nan: bool = False,
        verdict: str = "",
        names: Sequence[str] = (),
        **changes: object,
    ) -> str:
        settings = Settings(**changes)
        rng = np.random.default_rng(0)
        network = build_network(
            settings.layers or [{"dense": settings.hidden_units}, "relu"],
            input_shape=shape, classes=classes, initializer=INITIALIZERS["xavier"], rng=rng,
        )  # fmt: skip
        folder = RunFolder.create(tmp_path, "run")
        records = [
            EpochRecord(1, 0.001, 0.5, 0.8, float("nan") if nan else 0.4, 0.85, seconds=1),
            EpochRecord(2, 0.001, 0.25, 0.9, 0.3, 0.9, seconds=1),
        ]
        folder.write_histories(records if histories else [])
        probabilities = rng.dirichlet(np.full(classes, 0.1), images).astype(np.float32)
        if nan:
            probabilities[3] = np.nan
        true = np.where(rng.random(images) < 0.9, probabilities.argmax(axis=1), 0)
        predictions = Predictions(
            rng.integers(0, 256, (images, *shape)).astype(np.uint8), true, probabilities, title,
            tuple(names),
        )  # fmt: skip
        run = SavedRun(
            *(folder, settings, network, Normalization(0.0, 255.0)),
            *(DataFacts(*shape, classes, 1), Framing.like_mnist(shape), tuple(names)),
        )
        return write_html_report(run, RESULT, predictions, verdict).read_text(encoding="utf-8")

    return make


def data_of(page: str) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_names_from_outside_are_text_and_nothing_else(make_page):
    plain = Elements(make_page())
    page = make_page(title=HOSTILE, data_dir=HOSTILE)
    hostile = Elements(page)
    assert [tag for tag, _ in hostile.found] == [tag for tag, _ in plain.found]
    assert "<img src" not in page
    assert "onerror='alert" not in page
    assert "&lt;img src" in page
    assert "{{ 7*7 }}" in page, "taken as text, not as a template"
    assert hostile.texts == plain.texts


def test_the_verdict_stands_under_the_figures_if_there_is_one(make_page):
    page = make_page(verdict="Still <improving>.")
    header = page[page.index("<header>") : page.index("</header>")]
    assert '<p id="verdict">Still &lt;improving&gt;.</p>' in header
    assert 'id="verdict"' not in make_page()


def test_text_in_the_data_cannot_end_their_script(make_page, monkeypatch):
    monkeypatch.setattr("nn.reports.html_report.image_data", lambda predictions: {"x": HOSTILE})
    page = make_page()
    assert "alert(1)</script>" not in page
    assert data_of(page)["images"] == {"x": HOSTILE}


def test_the_page_names_no_address_and_loads_nothing(make_page):
    page = make_page()
    without_standards = page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", without_standards, re.IGNORECASE)
    elements = Elements(page)
    for tag, attributes in elements.found:
        for name in ("src", "href", "action", "srcset", "poster", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:,")), f"{tag} {name}={value}"
        assert not [name for name in attributes if name.startswith("on")]
        assert "style" not in attributes, "the policy forbids styles in elements"
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon|import\()", page)


def test_the_policy_lets_in_these_scripts_and_this_style_alone(make_page):
    elements = Elements(make_page())
    (policy,) = (
        meta["content"]
        for meta in elements.named("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    assert rules["img-src"] == ["data:"]
    assert rules["base-uri"] == rules["form-action"] == ["'none'"]
    style, _data, *scripts = elements.texts

    def hashed(text: str) -> str:
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    assert rules["style-src"] == [hashed(style)]
    assert rules["script-src"] == [hashed(script) for script in scripts]
    assert len(scripts) == 18


def test_it_holds_the_networks_numbers_to_the_last_bit(make_page):
    page = make_page(shape=(5, 4), classes=3, hidden_units=6)
    network = build_network(
        [{"dense": 6}, "relu"], input_shape=(5, 4), classes=3,
        initializer=INITIALIZERS["xavier"], rng=np.random.default_rng(0),
    )  # fmt: skip
    layers = data_of(page)["network"]["layers"]
    for layer, described in zip(network.layers, layers, strict=True):
        for name, array in layer.arrays.items():
            numbers = np.frombuffer(base64.b64decode(described["arrays"][name]), "<f4")
            np.testing.assert_array_equal(numbers, array.ravel())


def test_its_tables_say_what_the_files_say(make_page):
    page = make_page(hidden_units=32)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "96.75%" in text
    assert "python train.py --defaults --hidden-units 32" in text
    assert "1 0.5 0.4 0.8 0.85 0.001" in text
    assert "dense 784 -&gt; 32" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"shape": (12, 30), "classes": 26}, "confusion matrix"),
        ({"shape": (6, 6), "classes": 47}, "most common mistakes"),
        (
            {
                "shape": (28, 28),
                "layers": [{"conv2d": {"filters": 2, "kernel_size": 3}}, "flatten"],
            },
            "",
        ),
    ],
)
def test_images_of_any_size_and_any_number_of_classes_have_a_page(words, expected, make_page):
    page = make_page(**words)
    assert expected in page.lower()
    assert data_of(page)["imageShape"] == list(words["shape"])


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{"dense": 5}, "relu"], "One image for each unit"),
        (["relu"], "One image for each class"),
        ([{"conv2d": {"filters": 2, "kernel_size": 3}}, "flatten"], "One image for each filter"),
    ],
)
def test_the_first_layers_text_fits_its_kind(layers, expected, make_page):
    page = make_page(layers=layers)
    assert expected in page
    assert data_of(page)["network"]["firstUnit"] == expected.split()[-1]


def test_a_network_too_large_for_a_page_is_left_out_and_the_rest_stays(make_page, monkeypatch):
    monkeypatch.setattr(page_data, "MOST_NUMBERS", 1000)
    page = make_page()
    assert data_of(page)["network"] is None
    assert "too many for a page" in page
    assert 'id="pad"' not in page
    assert 'id="mistakes"' in page


def test_numbers_that_are_not_finite_become_gaps(make_page):
    data = data_of(make_page(nan=True))
    assert data["histories"]["loss"]["validation"] == [None, 0.3]
    assert min(data["images"]["confidence"]) == 0


def test_a_run_without_a_whole_epoch_has_a_page_without_curves(make_page):
    page = make_page(histories=False)
    assert "no curves" in page
    assert 'class="charts"' not in page


def test_a_disk_that_is_full_is_said_with_the_files_name(make_page, monkeypatch, tmp_path):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nn.reports.html_report.write_atomically", full)
    with pytest.raises(RunFolderError, match=r"report\.html: cannot be written \(No space"):
        make_page()


def test_the_file_appears_whole_or_not_at_all(make_page, monkeypatch, tmp_path):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_write.os, "replace", full)
    with pytest.raises(RunFolderError):
        make_page()
    assert not [path for path in (tmp_path / "run").iterdir() if path.suffix != ".csv"]


@pytest.mark.mnist
def test_a_default_runs_page_is_under_3_megabytes(mnist_dir, tmp_path):
    from nn.losses import softmax
    from nn.runs.preparation import prepare_data, prepare_network

    settings = Settings(data_dir=str(mnist_dir))
    data = prepare_data(settings)
    network = prepare_network(settings, (28, 28), 10)
    folder = RunFolder.create(tmp_path, "run")
    folder.write_histories([EpochRecord(1, 0.001, 0.5, 0.8, 0.4, 0.85, seconds=1)])
    writer = SnapshotWriter(folder, network, settings.epochs)
    for epoch in range(1, settings.epochs + 1):
        writer.on_epoch_end(EpochRecord(epoch, 0.001, 0.5, 0.8, 0.4, 0.85, seconds=1))
    test = data.split.test
    logits = network.forward(data.normalization.apply(test.images))
    predictions = Predictions(test.images, test.labels, softmax(logits), "MNIST, run")
    facts, framing = DataFacts.of(data.images), Framing.like_mnist((28, 28))
    run = SavedRun(folder, settings, network, data.normalization, facts, framing)
    result = replace(RESULT, test_images=len(test))
    page = write_html_report(run, result, predictions)
    assert Path(page).stat().st_size < 3_000_000
    kept = sum(path.stat().st_size for path in folder.path.glob("snapshot_*"))
    assert kept < 10_000_000
    assert len(data_of(page.read_text(encoding="utf-8"))["film"]["frames"]) == 10
    assert len(data_of(page.read_text(encoding="utf-8"))["images"]["index"]) == 6000


def test_names_of_classes_stand_for_their_labels_and_nothing_speaks_of_digits(make_page):
    page = make_page(classes=3, names=("cat", "<b>dog", "owl"))
    assert data_of(page)["classNames"] == ["cat", "<b>dog", "owl"]
    assert "<b>dog" not in page.split('id="data"')[0]
    text = re.sub(r"<[^>]+>", " ", page.split('<script type="application/json"')[0])
    for name in ("cat", "&lt;b&gt;dog", "owl"):
        assert f" {name} " in text
    assert 'aria-label="true cat, predicted cat: ' in page
    assert "MNIST’s digits" not in page
