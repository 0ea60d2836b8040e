"""The review's figures: exact where they can be, of the right size where they are measured."""

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from threadpoolctl import threadpool_info

from nn.datasets.sources import load_images
from nn.engines.fused import FusedEngine
from nn.errors import SettingError
from nn.runs import preview as preview_module
from nn.runs.preparation import prepare_data
from nn.runs.preview import CompiledEstimate, preview_run
from nn.settings.declaration import Settings


@pytest.fixture
def clock(monkeypatch) -> None:
    """Let every look at the clock find it a second later, so that one round is enough."""
    seconds = count()
    fake = SimpleNamespace(perf_counter=lambda: float(next(seconds)))
    monkeypatch.setattr(preview_module, "time", fake)


@pytest.mark.parametrize(
    ("layers", "parameters"),
    [
        (0, 784 * 10 + 10),
        (1, 784 * 64 + 64 + 64 * 10 + 10),
        (2, 784 * 64 + 64 + 64 * 64 + 64 + 64 * 10 + 10),
    ],
)
def test_parameters_are_counted_as_by_hand(clock, layers, parameters):
    assert preview_run(Settings(hidden_layers=layers)).parameters == parameters


def test_every_layer_is_named_with_the_shape_of_what_leaves_it(clock):
    preview = preview_run(Settings(hidden_layers=2, hidden_units=5, activation="sigmoid"))
    assert preview.layers == [
        ("dense 784 -> 5", "5"),
        ("sigmoid", "5"),
        ("dense 5 -> 5", "5"),
        ("sigmoid", "5"),
        ("dense 5 -> 10", "10"),
    ]


def test_the_estimate_is_that_of_steps_really_taken(clock):
    # One look at the clock a round of 256 images, and 58,000 + 6,000 / 3 images an epoch.
    assert preview_run(Settings(epochs=3)).seconds == pytest.approx(3 * 60_000 / 256)
    assert preview_run(Settings(batch_size=100)).seconds == pytest.approx(10 * 60_000 / 200)


def test_the_review_is_of_the_size_of_the_data_where_a_glance_tells_it(clock, small_data, tmp_path):
    settings = Settings(data_dir=str(small_data(tmp_path)), hidden_units=3, epochs=2)
    data = load_images("auto", Path(settings.data_dir))
    preview = preview_run(settings)
    assert preview.layers[0] == (f"dense {data.features} -> 3", "3")
    assert preview.layers[-1] == (f"dense 3 -> {data.classes}", f"{data.classes}")
    assert preview.seconds == pytest.approx(2 * len(data.training) / 256)


@pytest.mark.long
def test_the_estimate_for_the_built_in_digits_counts_their_images(clock, tmp_path):
    settings = Settings(epochs=3, dataset="built-in", data_dir=str(tmp_path))
    split = prepare_data(settings).split
    images = len(split.training) + len(split.validation) / 3
    assert preview_run(settings).seconds == pytest.approx(3 * images / 256)


def test_an_absurd_number_of_epochs_is_estimated_and_not_refused(clock):
    one, absurd = (preview_run(Settings(epochs=epochs)).seconds for epochs in (1, 10**9))
    assert absurd == pytest.approx(10**9 * one)


def test_steps_are_tried_out_with_as_many_threads_as_training_will_use(clock, monkeypatch):
    threads: list[set[int]] = []
    take_steps = FusedEngine.take_steps

    def watched(self, *arguments):
        libraries = [one for one in threadpool_info() if one["user_api"] == "blas"]
        threads.append({library["num_threads"] for library in libraries})
        return take_steps(self, *arguments)

    monkeypatch.setattr(FusedEngine, "take_steps", watched)
    preview_run(Settings())
    assert threads == [{1}, {1}]


@pytest.mark.parametrize("batch_size", [1, 3, 1000, 1_000_000])
def test_any_batch_size_is_tried_out_in_little_memory(clock, monkeypatch, batch_size):
    rows: list[int] = []
    take_steps = FusedEngine.take_steps

    def watched(self, inputs, *arguments):
        rows.append(len(inputs))
        assert rows[-1] <= 2048
        return take_steps(self, inputs, *arguments)

    monkeypatch.setattr(FusedEngine, "take_steps", watched)
    assert 0 < preview_run(Settings(batch_size=batch_size)).seconds < 1e5
    assert rows[0] % min(batch_size, 2048) == 0


def test_the_corner_of_the_images_is_dark_as_compiled_steps_expect(clock, monkeypatch):
    corners: list[float] = []
    take_steps = FusedEngine.take_steps

    def watched(self, inputs, *arguments):
        corners.extend(inputs[:, 0])
        return take_steps(self, inputs, *arguments)

    monkeypatch.setattr(FusedEngine, "take_steps", watched)
    preview_run(Settings())
    assert set(corners) == {0.0}


CONVOLUTION = [{"conv2d": {"filters": 2, "kernel_size": 3}}, "relu", "flatten"]


@pytest.mark.parametrize(
    ("engine", "share", "settings"),
    [
        ("compiled_dense.CompiledDenseEngine", 0.5, {}),
        ("compiled.CompiledEngine", 0.7, {"layers": CONVOLUTION, "batch_size": 100}),
    ],
)
def test_compiled_steps_are_estimated_only_where_numba_is_there_and_they_pay(
    clock, engine, share, settings, monkeypatch
):
    module, _, name = engine.partition(".")
    engine = getattr(pytest.importorskip(f"nn.engines.{module}"), name)
    monkeypatch.setattr(engine, "expected_compilation", lambda engine: 15.0)
    long = preview_run(Settings(epochs=100, **settings))
    assert long.compiled == CompiledEstimate(pytest.approx(long.seconds * share), 15.0)
    monkeypatch.setattr(engine, "expected_compilation", lambda engine: (1 - share) * long.seconds)
    assert preview_run(Settings(epochs=100, **settings)).compiled is None
    monkeypatch.setattr(preview_module, "find_spec", lambda name: None)
    assert preview_run(Settings(epochs=100, **settings)).compiled is None


@pytest.mark.parametrize("never", [{"batch_size": 64}, {"compiled": True}, {"optimizer": "adam"}])
def test_compiled_steps_are_not_estimated_where_they_may_be_slower(clock, never):
    pytest.importorskip("numba")
    assert preview_run(Settings(epochs=1000, **never)).compiled is None


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_steps_that_diverge_are_no_trouble(clock, optimizer):
    preview = preview_run(Settings(learning_rate=1e35, optimizer=optimizer, hidden_layers=2))
    assert preview.seconds > 0


def test_a_network_too_large_for_memory_is_refused():
    with pytest.raises(SettingError, match="GiB"):
        preview_run(Settings(hidden_units=1_000_000))


def test_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    preview_run(Settings())
    assert not list(tmp_path.iterdir())
