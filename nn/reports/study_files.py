"""The table of a search's trials, and pictures of them."""

import warnings
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
from nn.searching.study import StudyStatus, notes
from nn.settings.search_space import Range, settings_of, show_settings

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_NOTES = (
    "run",
    "outcome",
    "reason",
    "epochs",
    "seconds",
    "training_accuracy",
    "validation_accuracy",
    "validation_loss",
    "test_accuracy",
)
_BEST = 10


def write_trials(status: StudyStatus) -> Path:
    """Write `trials.csv`: a row for each trial that has ended.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    varied = [name for dimension in status.plan.space.values() for name in dimension.names]
    rows: list[list[Any]] = [["trial", *varied, *_NOTES]]
    for number, trial in status.finished.items():
        values = settings_of(status.plan.space, trial.params)
        noted = [None if note is None else str(note) for note in map(notes(trial).get, _NOTES)]
        rows.append([number + 1, *show_settings(values).values(), *noted])
    path = status.plan.folder / "trials.csv"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, csv_text(rows))
    return path


def draw_study(status: StudyStatus) -> list[Path]:
    """Draw the pictures that the trials so far allow; return their paths.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    folder, title = status.plan.folder, status.plan.name
    accuracy = status.plan.search.objective == "validation_accuracy"
    unit = "validation accuracy (%)" if accuracy else "validation loss (per example)"
    trials = _drawn(status, 100.0 if accuracy else 1.0)
    drawn = []
    with writing(folder):
        if any(trial.value is not None for trial in trials):
            drawn.append(folder / "parameters.png")
            plot_parameters(drawn[-1], trials, _axes(status), unit, title)
        curves = [trial for trial in trials if trial.curve][:_BEST]
        if curves:
            drawn.append(folder / "learning_curves.png")
            plot_learning_curves(drawn[-1], curves, unit, title)
        if importance := importance_of(status):
            drawn.append(folder / "importance.png")
            plot_importance(drawn[-1], importance, title)
    return drawn


def importance_of(status: StudyStatus) -> dict[str, float]:
    """Return how important each dimension is for a trial to be a good one.

    Shares that sum to 1; empty if there are too few trials or only one dimension. A trial that was
    stopped early counts with its last value.

    Reference:
        Watanabe et al. (2023), PED-ANOVA: efficiently quantifying hyperparameter importance
        in arbitrary subspaces.
    """
    if len(status.plan.space) < 2:
        return {}
    import optuna

    judged = optuna.create_study(direction=status.plan.direction)
    for trial in status.finished.values():
        if trial.value is not None:
            params, choices = trial.params, trial.distributions
            judged.add_trial(
                optuna.trial.create_trial(params=params, distributions=choices, value=trial.value)
            )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # too few trials
            return optuna.importance.get_param_importances(judged, evaluator=evaluator)
    except (ValueError, RuntimeError, UserWarning):
        return {}


def _axes(status: StudyStatus) -> list[Axis]:
    return [
        Axis(key, dimension.log)
        if isinstance(dimension, Range)
        else Axis(key, log=False, labels=dimension.labels)
        for key, dimension in status.plan.space.items()
    ]


def _drawn(status: StudyStatus, factor: float) -> list[DrawnTrial]:
    """Return the trials, complete ones first, the best of each first; values times `factor`."""
    ordered = sorted(status.finished.values(), key=lambda trial: _rank(status, trial))
    return [
        DrawnTrial(
            label=describe(status, trial),
            value=None if trial.value is None else trial.value * factor,
            complete=notes(trial)["outcome"] == "complete",
            params=trial.params,
            curve={e: v * factor for e, v in sorted(trial.intermediate_values.items())},
        )
        for trial in ordered
    ]


def _rank(status: StudyStatus, trial: "FrozenTrial") -> tuple[bool, float]:
    sign = 1 if status.plan.search.objective == "validation_loss" else -1
    complete = notes(trial)["outcome"] == "complete"
    return not complete, float("inf") if trial.value is None else sign * trial.value


def describe(status: StudyStatus, trial: "FrozenTrial") -> str:
    """Return a trial's settings in words."""
    values = show_settings(settings_of(status.plan.space, trial.params))
    return ", ".join(f"{name} {value}" for name, value in values.items())
