"""What a run's folder holds before training: its name, its settings and the facts of its data."""

import platform
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime

import numpy as np

from nn.datasets.framing import measure_framing
from nn.files.training_lock import training_lock
from nn.installation import command
from nn.runs.class_names_file import write_class_names
from nn.runs.data_facts import DataFacts
from nn.runs.preparation import PreparedData
from nn.runs.run_folder import RunFolder
from nn.runs.run_session import RunSession
from nn.settings.declaration import Settings


def begin_run(
    folder: RunFolder,
    settings: Settings,
    data: PreparedData,
    notes: Sequence[str],
    locks: ExitStack,
) -> RunSession:
    """Lock the folder of a new run, and write what is known before training.

    Args:
        folder: The folder, just made.
        settings: All of them.
        data: What the run is trained on.
        notes: Comments on top of its `settings.yaml`.
        locks: The folder is locked until this is closed.

    Raises:
        RunFolderError: The folder cannot be written; nothing is left of it.
    """
    locks.enter_context(training_lock(folder.path))
    session = RunSession(folder)
    try:
        write_beginning(folder, settings, data, notes)
    except BaseException:
        session.fail()
        raise
    return session


def write_beginning(
    folder: RunFolder, settings: Settings, data: PreparedData, notes: Sequence[str]
) -> None:
    """Write what is known of a run before it is trained, with notes on top of its settings."""
    folder.write_settings(settings, notes)
    folder.write_normalization(data.normalization)
    folder.write_framing(data.framing or measure_framing(data.split.training.images))
    write_class_names(folder.path, data.images.class_names)
    folder.write_data_facts(DataFacts.of(data.images))


def describe_run(settings: Settings) -> str:
    """Return the default name of a run: date, time and what is trained."""
    if settings.layers:
        words = ["layers", str(len(settings.layers))]
    elif settings.hidden_layers:
        words = [f"{settings.hidden_layers}x{settings.hidden_units}", settings.activation]
    else:
        words = ["softmax"]
    now = datetime.now().astimezone()
    return "-".join([f"{now:%Y%m%d-%H%M%S}", *words, settings.optimizer])


def notes_on(data: PreparedData) -> list[str]:
    """Return comments on top of a new run's settings: data, versions, how to repeat it."""
    now = datetime.now().astimezone()
    return [
        f"data: {data.images.name}, {data.images.source}",
        f"trained: {now:%Y-%m-%d %H:%M}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}",
        f"repeat: {command('train')} --config with this file's path",
    ]
