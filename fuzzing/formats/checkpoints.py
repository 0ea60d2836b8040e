"""A run's `checkpoint.npz`, as `train.py --resume` reads it."""

from functools import cache
from pathlib import Path

from fuzzing.formats import Format, Reading
from fuzzing.formats.run_folder import small_run
from nn.resuming.resume import read_progress, restore
from nn.resuming.resumed_settings import check_settings_unchanged
from nn.runs.assembly import assemble
from nn.runs.preparation import prepare_data
from nn.runs.run_folder import RunFolder
from nn.settings.declaration import Settings
from nn.training.state import TrainingState


def _prepare(folder: Path) -> list[bytes]:
    """Train two small runs; the inputs take the place of the first one's checkpoint."""
    seeds = []
    for name, optimizer in (("whole", "momentum"), ("other", "adam")):
        run = small_run(folder, name, optimizer=optimizer)
        seeds.append((run / "checkpoint.npz").read_bytes())
    return [*seeds, seeds[0][:-30] + seeds[1][-30:]]


def _read(content: bytes, folder: Path) -> Reading:
    run = RunFolder(folder / "whole")
    run.checkpoint.write_bytes(content)
    settings = _settings(run.path)
    state = _state(settings)

    def resume() -> object:
        numbers = read_progress(run)
        check_settings_unchanged(run, settings, numbers)
        restore(run, state)
        return len(state.history)

    return resume


@cache
def _settings(folder: Path) -> Settings:
    return RunFolder(folder).read_settings()


@cache
def _state(settings: Settings) -> TrainingState:
    return assemble(settings, prepare_data(settings))


FORMAT = Format(
    "checkpoint",
    _prepare,
    _read,
    tokens=(
        *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"\x93NUMPY"),
        *(b"{'descr': '<f4', ", b"'|O'", b"'fortran_order': True", b"numbers.json", b".npy"),
        *(b'"epochs": ', b'"history": ', b"1e999", b"NaN", b"[", b"]", b"\x08\x00", b"\xff" * 4),
    ),
)
