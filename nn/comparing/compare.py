"""Comparing runs: which settings differ, and which differences are more than chance.

Runs that differ only in their seeds form a group; their spread shows how much of any difference
is chance. Accuracies on different images cannot be compared, so each data set has its own best
group.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nn.comparing.compared_run import ComparedRun
from nn.runs.csv_files import read_array
from nn.runs.run_folder import CONFUSION_MATRIX
from nn.settings.declaration import SETTINGS

CONFIDENCE = 0.95

# The figures that are compared, and whether more is better.
MEASURES = {
    "training_accuracy": True,
    "validation_accuracy": True,
    "test_accuracy": True,
    "training_loss": False,
    "validation_loss": False,
    "test_loss": False,
}


@dataclass(frozen=True, eq=False)
class SettingGroup:
    """Runs that differ only in their seeds.

    Attributes:
        settings: Those in which it differs from other groups.
        runs: One for each seed.
    """

    settings: dict[str, str]
    runs: tuple[ComparedRun, ...]

    @property
    def label(self) -> str:
        """The settings that differ and the number of seeds; a run's name if it has neither."""
        words = [f"{name} {value}" for name, value in self.settings.items() if value]
        if not words and len(self.runs) == 1:
            return self.runs[0].folder.name
        seeds = [f"{len(self.runs)} seeds"] if len(self.runs) > 1 else []
        return ", ".join([*(words or ["the same settings"]), *seeds])

    def values(self, measure: str) -> NDArray[np.float64]:
        """Return a figure of each run's result."""
        return np.array([getattr(run.result, measure) for run in self.runs], np.float64)

    def mean(self, measure: str) -> float:
        """Return the mean of a figure over the seeds."""
        return float(self.values(measure).mean())

    def deviation(self, measure: str) -> float | None:
        """Return the standard deviation of a figure over the seeds; None for a single run."""
        return float(self.values(measure).std(ddof=1)) if len(self.runs) > 1 else None

    @property
    def seconds(self) -> float | None:
        """The mean duration of the runs whose duration is known."""
        known = [run.seconds for run in self.runs if run.seconds is not None]
        return sum(known) / len(known) if known else None

    def curve(self, measure: str) -> NDArray[np.float64]:
        """Return epoch, mean and standard deviation over the seeds, (3, epochs).

        If runs have different lengths, later epochs include only the longer runs.
        """
        histories = [run.history for run in self.runs if run.history]
        longest = max((len(history["epoch"]) for history in histories), default=0)
        rows = np.full((max(1, len(histories)), longest), np.nan)
        for row, history in zip(rows, histories, strict=False):
            row[: len(history[measure])] = history[measure]
        # A diverging loss can be too large to square.
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(
                [np.arange(1.0, longest + 1), np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)]
            )


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several runs side by side.

    Attributes:
        groups: By data, then by validation accuracy, the best first.
        differing: The names of the settings that differ; includes `data` if the images differ.
        notes: Remarks for the reader, in sentences.
    """

    groups: list[SettingGroup]
    differing: list[str]
    notes: list[str]

    @property
    def runs(self) -> list[ComparedRun]:
        """All runs, those of the best group first."""
        return [run for group in self.groups for run in group.runs]

    @cached_property
    def verdicts(self) -> dict[str, list[str]]:
        """For each measure, a word for each group: `best`, `within noise` (of the best), or empty.

        A difference from the best is noise if two means of as many seeds would differ as much by
        chance in one of twenty cases (Student's t with the deviation pooled over all groups of
        several seeds).
        """
        verdicts = {measure: [""] * len(self.groups) for measure in MEASURES}
        for data in {group.runs[0].data for group in self.groups}:
            same = [i for i, group in enumerate(self.groups) if group.runs[0].data == data]
            for measure, more_is_better in MEASURES.items():
                words = _judge([self.groups[i] for i in same], measure, more_is_better)
                for i, word in zip(same, words, strict=True):
                    verdicts[measure][i] = word
        return verdicts

    def confusion_difference(self) -> NDArray[np.int64] | None:
        """Return the first run's confusion matrix minus the second's, (K, K).

        None unless there are exactly two runs, with the same test images.

        Raises:
            RunFolderError: a matrix is missing or damaged.
        """
        if len(self.runs) != 2 or self.runs[0].data != self.runs[1].data:
            return None
        classes = self.runs[0].facts.classes
        first, second = (
            read_array(run.folder.path / CONFUSION_MATRIX, (classes, classes)).astype(np.int64)
            for run in self.runs
        )
        return first - second


def compare(runs: Sequence[ComparedRun]) -> Comparison:
    """Group runs by their settings and note what the reader should know.

    Args:
        runs: At least one.
    """
    notes = []
    several_data = len({run.data for run in runs}) > 1
    if several_data:
        notes.append(
            "These runs used different images or splits: their accuracies are not comparable, and "
            "each data set has its own best run."
        )
    without = [run.folder.name for run in runs if not run.history]
    if without:
        notes.append(f"Without histories, so not in the curves: {_names(without)}.")

    same_settings: dict[tuple[tuple[str, str], ...], list[ComparedRun]] = {}
    repeats = []
    for run in runs:
        settings = {**run.settings, "data": run.data} if several_data else run.settings
        group = same_settings.setdefault(tuple(settings.items()), [])
        if any(run.seed == other.seed for other in group):
            repeats.append(run.folder.name)
        else:
            group.append(run)
    if repeats:
        notes.append(f"Same settings and seed as another run, so left out: {_names(repeats)}.")

    differing = _differing([dict(key) for key in same_settings])
    groups = [
        SettingGroup({name: dict(key).get(name, "") for name in differing}, tuple(group))
        for key, group in same_settings.items()
    ]
    groups.sort(key=lambda one: (one.settings.get("data", ""), -one.mean("validation_accuracy")))
    if len(groups) > 1 and not several_data and all(len(one.runs) < 2 for one in groups):
        notes.append(
            "Each setting ran with one seed only, so differences may be chance; more seeds "
            "(--seed 1) would show."
        )
    return Comparison(groups, differing, notes)


def _differing(settings: Sequence[dict[str, str]]) -> list[str]:
    """Return the names of the settings that tell all of these apart, in the declaration's order.

    A setting that only some have, all with the same value, follows from another one, as momentum
    0.9 follows from the optimizer. It is named only if the others do not tell all apart.
    """
    data = "data" in settings[0]
    names = [*(name for name in SETTINGS if not (data and name in ("dataset", "split"))), "data"]
    values = {name: {one.get(name, "") for one in settings} for name in names}
    telling = [name for name in names if len(values[name] - {""}) > 1]
    if len({tuple(one.get(name, "") for name in telling) for one in settings}) < len(settings):
        return [name for name in names if len(values[name]) > 1]
    return telling


def _names(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _judge(groups: Sequence[SettingGroup], measure: str, more_is_better: bool) -> list[str]:
    """Return a verdict on each group, all of them on the same data."""
    from scipy.special import stdtrit

    means = [group.mean(measure) for group in groups]
    best = max(means) if more_is_better else min(means)
    winner = groups[means.index(best)]
    repeated = [group.values(measure) for group in groups if len(group.runs) > 1]
    freedom = sum(len(values) - 1 for values in repeated)
    noise = 0.0
    if freedom:
        squares = sum(float(((values - values.mean()) ** 2).sum()) for values in repeated)
        noise = math.sqrt(squares / freedom) * float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
    words = []
    for group, mean in zip(groups, means, strict=True):
        reach = noise * math.sqrt(1 / len(group.runs) + 1 / len(winner.runs))
        close = "within noise" if abs(mean - best) <= reach and freedom else ""
        words.append("best" if mean == best else close)
    return words
