"""What a person reads after a training: figures, places, and how to resume it."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from nn.console import training
from nn.console.gather import Resume
from nn.errors import StoppedError
from nn.settings.declaration import Settings


@pytest.fixture
def train(monkeypatch, tmp_path):
    """Return a function that shows a run that ended as told, and what was done in which order."""
    done: list[str] = []

    def show(wanted, cut_short=None, stop_drawing=None) -> list[str]:
        result = SimpleNamespace(validation_accuracy=0.5, test_accuracy=0.25, test_images=1000)
        run = SimpleNamespace(
            folder=SimpleNamespace(path=tmp_path / "a run"),
            result=result,
            cut_short=cut_short,
            verdict="Still improving." if cut_short is None else "",
        )

        def begin(*first, keep_locked, **words):
            keep_locked.callback(done.append, "unlocked")
            done.append(f"trained {first[0].path.name if len(first) > 1 else first[0].epochs}")
            return run

        def draw(run, on_file):
            on_file("loss_history.png")
            done.append("drawn")
            if stop_drawing:
                raise stop_drawing

        @contextmanager
        def watching(*, chart, plots):
            yield ["observer"]
            done.append("screen restored")

        monkeypatch.setattr(training, "run_experiment", begin)
        monkeypatch.setattr(training, "resume_run", begin)
        monkeypatch.setattr(training, "run_to_resume", lambda name, save_dir: save_dir / name)
        monkeypatch.setattr(training, "watching", watching)
        monkeypatch.setattr(training, "live_plots", lambda wanted: [])
        monkeypatch.setattr(training, "hold", lambda plots: done.append("held"))
        monkeypatch.setattr(training, "write_reports", draw)
        training.train_and_report(wanted, chart=False, live_plot=False)
        return done

    show.done = done
    return show


def test_a_run_is_locked_until_its_pictures_are_drawn(train, tmp_path, capsys) -> None:
    order = ["screen restored", "drawn", "unlocked", "held"]
    assert train(Settings(epochs=7)) == ["trained 7", *order]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "Validation accuracy 50.00%",
        "Test accuracy 25.00% (1,000 images)",
        "Still improving.",
        f"Saved in {tmp_path / 'a run'}",
    ]
    assert lines[4].startswith(f"Try it: open {tmp_path / 'a run' / 'report.html'}")
    assert lines[5].endswith(f"--run '{tmp_path / 'a run'}'")
    assert len(lines) == 6


def test_a_run_to_resume_is_found_first(train, tmp_path) -> None:
    assert train(Resume("old", tmp_path, {}))[0] == "trained old"


def test_a_stop_while_pictures_are_drawn_says_what_is_saved_and_how_to_finish(
    train, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr("nn.console.program._ignore_signals", lambda: None)
    with pytest.raises(StoppedError) as stopped:
        train(Settings(), stop_drawing=KeyboardInterrupt)
    assert str(stopped.value) == (
        f"stopped before all pictures were drawn; everything else is saved in {tmp_path / 'a run'}."
        f" Finish it: python train.py --resume '{tmp_path / 'a run'}'"
    )
    assert train.done[-1] == "unlocked"


@pytest.mark.parametrize("error", [StoppedError("stopped"), ValueError("diverged")])
def test_a_training_that_was_cut_short_is_saved_and_only_a_stop_can_be_resumed(
    error, train, tmp_path, capsys
) -> None:
    with pytest.raises(type(error)):
        train(Settings(), cut_short=error)
    assert train.done[-2:] == ["drawn", "unlocked"]
    said = f"--resume '{tmp_path / 'a run'}'" in capsys.readouterr().out
    assert said == isinstance(error, StoppedError)
