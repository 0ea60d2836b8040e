"""The table of a search's trials, and pictures of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.reports.study_plots import (
    Axis,
    DrawnTrial,
    plot_importance,
    plot_learning_curves,
    plot_parameters,
)
from nn.runs.csv_files import csv_text
from nn.searching.study import StudyStatus, last_value
from nn.settings.search_space import Range, settings_of, show_settings

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_NOTES = (
    "run",
    "outcome",
    "epochs",
    "seconds",
    "training_accuracy",
    "validation_accuracy",
    "validation_loss",
    "test_accuracy",
)
_BEST = 10


def write_trials(standing: StudyStatus) -> Path:
    """Write `trials.csv`: a row for each trial that has come to its end.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    varied = [name for dimension in standing.plan.space.values() for name in dimension.names]
    rows: list[list[Any]] = [["trial", *varied, *_NOTES]]
    for place, trial in sorted(standing.finished.items()):
        values = settings_of(standing.plan.space, trial.params)
        notes = [None if note is None else str(note) for note in map(trial.user_attrs.get, _NOTES)]
        rows.append([place + 1, *show_settings(values).values(), *notes])
    path = standing.plan.folder / "trials.csv"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, csv_text(rows))
    return path


def draw_study(standing: StudyStatus) -> list[Path]:
    """Draw the pictures for which there are trials; return their paths.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    folder, title = standing.plan.folder, standing.plan.name
    accuracy = standing.plan.search.objective == "validation_accuracy"
    unit = "validation accuracy (%)" if accuracy else "validation loss (nats per example)"
    trials = _drawn(standing, 100.0 if accuracy else 1.0)
    drawn = []
    with writing(folder):
        if any(trial.value is not None for trial in trials):
            drawn.append(folder / "parameters.png")
            plot_parameters(drawn[-1], trials, _axes(standing), unit, title)
        curves = [trial for trial in trials if trial.curve][:_BEST]
        if curves:
            drawn.append(folder / "learning_curves.png")
            plot_learning_curves(drawn[-1], curves, unit, title)
        if importance := standing.importance():
            drawn.append(folder / "importance.png")
            plot_importance(drawn[-1], importance, title)
    return drawn


def _axes(standing: StudyStatus) -> list[Axis]:
    return [
        Axis(key, dimension.log)
        if isinstance(dimension, Range)
        else Axis(key, log=False, labels=dimension.labels)
        for key, dimension in standing.plan.space.items()
    ]


def _drawn(standing: StudyStatus, factor: float) -> list[DrawnTrial]:
    """Return the trials, whole ones first, the best of each first, with values times `factor`."""
    ordered = sorted(standing.finished.values(), key=lambda trial: _rank(standing, trial))
    return [
        DrawnTrial(
            label=describe(standing, trial),
            value=None if (value := last_value(trial)) is None else value * factor,
            complete=trial.user_attrs.get("outcome") == "complete",
            params=trial.params,
            curve={e: v * factor for e, v in sorted(trial.intermediate_values.items())},
        )
        for trial in ordered
    ]


def _rank(standing: StudyStatus, trial: "FrozenTrial") -> tuple[bool, float]:
    value = last_value(trial)
    sign = 1 if standing.plan.search.objective == "validation_loss" else -1
    whole = trial.user_attrs.get("outcome") == "complete"
    return not whole, float("inf") if value is None else sign * value


def describe(standing: StudyStatus, trial: "FrozenTrial") -> str:
    """Return a trial's values in words."""
    values = show_settings(settings_of(standing.plan.space, trial.params))
    return ", ".join(f"{name} {value}" for name, value in values.items())
