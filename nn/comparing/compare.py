"""What several runs have in common, where they differ, and which differences mean anything.

Runs with the same settings but other seeds are one setting tried several times: they are counted
together, and how far they lie apart says how much of any difference is chance. Accuracies on other
images are other accuracies, so whatever is called best is the best on its own data.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nn.errors import RunFolderError, SettingError
from nn.installation import command
from nn.runs.csv_files import read_array, read_table
from nn.runs.run_folder import CONFUSION_MATRIX, DataFacts, Result, RunFolder
from nn.settings.declaration import SETTINGS
from nn.settings.effect import effective

CONFIDENCE = 0.95

# What runs are judged by: its name, and whether more is better.
MEASURES = {
    "training_accuracy": True,
    "validation_accuracy": True,
    "test_accuracy": True,
    "training_loss": False,
    "validation_loss": False,
    "test_loss": False,
}


@dataclass(frozen=True, eq=False)
class ComparedRun:
    """A finished run, as far as a comparison looks at it.

    Attributes:
        folder: Where it lies.
        settings: Those that have an effect, the seed left out, as a person would write them.
        seed: Its seed.
        facts: About the images.
        result: The final figures.
        seconds: How long the epochs took; None if that was not kept.
        history: `epoch`, `training_loss`, ..., `validation_accuracy`, one number an epoch each;
            empty where the run has no histories.
    """

    folder: RunFolder
    settings: dict[str, str]
    seed: int
    facts: DataFacts
    result: Result
    seconds: float | None
    history: dict[str, NDArray[np.float64]]

    @property
    def data(self) -> str:
        """What the images and their test part are called; alike only for the same images."""
        return f"{self.settings['dataset']} {self.facts.crc32:08x}, {self.settings['split']} split"


@dataclass(frozen=True, eq=False)
class SettingGroup:
    """Runs that differ in their seeds only.

    Attributes:
        settings: Those in which it differs from other contenders.
        runs: One for each seed.
    """

    settings: dict[str, str]
    runs: tuple[ComparedRun, ...]

    @property
    def label(self) -> str:
        """The settings that differ and the number of seeds; the runs' names where none differs."""
        words = [f"{name} {value}" for name, value in self.settings.items() if value]
        if not words and len(self.runs) == 1:
            return self.runs[0].folder.name
        seeds = [f"{len(self.runs)} seeds"] if len(self.runs) > 1 else []
        return ", ".join([*(words or ["the same settings"]), *seeds])

    def values(self, measure: str) -> NDArray[np.float64]:
        """Return a figure of the result, one number a run."""
        return np.array([getattr(run.result, measure) for run in self.runs], np.float64)

    def mean(self, measure: str) -> float:
        """Return the mean of a figure over the seeds."""
        return float(self.values(measure).mean())

    def deviation(self, measure: str) -> float | None:
        """Return the standard deviation of a figure over the seeds; None of a single run."""
        return float(self.values(measure).std(ddof=1)) if len(self.runs) > 1 else None

    @property
    def seconds(self) -> float | None:
        """The mean of the seconds that are known."""
        known = [run.seconds for run in self.runs if run.seconds is not None]
        return sum(known) / len(known) if known else None

    def curve(self, measure: str) -> NDArray[np.float64]:
        """Return epoch, mean and standard deviation over the seeds, (3, epochs).

        Where runs are of unequal length, those that came so far are meant.
        """
        histories = [run.history for run in self.runs if run.history]
        longest = max((len(history["epoch"]) for history in histories), default=0)
        rows = np.full((max(1, len(histories)), longest), np.nan)
        for row, history in zip(rows, histories, strict=False):
            row[: len(history[measure])] = history[measure]
        # A diverging loss may be too large to square.
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack(
                [np.arange(1.0, longest + 1), np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)]
            )


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several runs side by side.

    Attributes:
        contenders: By validation accuracy, the best first; those on the same data together.
        differing: The names of the settings that differ; `data` among them if the images do.
        notes: What is worth saying, in sentences.
    """

    contenders: list[SettingGroup]
    differing: list[str]
    notes: list[str]

    @property
    def runs(self) -> list[ComparedRun]:
        """All runs, those of the best contender first."""
        return [run for contender in self.contenders for run in contender.runs]

    @cached_property
    def verdicts(self) -> dict[str, list[str]]:
        """For each measure, one word a contender: `best`, `within noise` (of the best), or empty.

        A difference from the best counts as noise where two means of so many seeds would differ
        as much in one case of twenty by the seeds alone (Student's t with the pooled deviation of
        all contenders that have several seeds).
        """
        verdicts = {measure: [""] * len(self.contenders) for measure in MEASURES}
        for data in {contender.runs[0].data for contender in self.contenders}:
            places = [i for i, one in enumerate(self.contenders) if one.runs[0].data == data]
            for measure, more_is_better in MEASURES.items():
                words = _judge([self.contenders[i] for i in places], measure, more_is_better)
                for place, word in zip(places, words, strict=True):
                    verdicts[measure][place] = word
        return verdicts

    def confusion_difference(self) -> NDArray[np.int64] | None:
        """Return the first run's confusion matrix minus the second's, (K, K).

        None unless there are exactly two runs, on the same test images.

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


def read_run(folder: RunFolder) -> ComparedRun:
    """Read what a comparison needs of a finished run.

    Raises:
        RunFolderError: a file is missing or damaged, or the run was trained further meanwhile;
            missing histories are none.
        SettingError: `settings.yaml` is missing or damaged.
    """
    with folder.read_as_one():
        settings = effective(folder.read_settings())
        seed = int(settings.pop("seed"))
        facts, result = folder.read_data_facts(), folder.read_result()
        seconds, history = folder.read_seconds(), _read_history(folder)
    return ComparedRun(folder, settings, seed, facts, result, seconds, history)


def _read_history(folder: RunFolder) -> dict[str, NDArray[np.float64]]:
    history: dict[str, NDArray[np.float64]] = {}
    for measure in ("loss", "accuracy"):
        path = folder.path / f"{measure}_history.csv"
        if not path.exists():
            return {}
        epochs, training, validation = read_table(path, ("epoch", "training", "validation"))
        history |= {f"training_{measure}": training, f"validation_{measure}": validation}
    return {"epoch": epochs, **history} if len(epochs) else {}


def read_runs(
    folders: Sequence[RunFolder], report: Callable[[str], None] = lambda message: None
) -> list[ComparedRun]:
    """Read many runs; those that are damaged are left out, and that is said.

    Raises:
        RunFolderError: there is none that can be read.
    """
    runs = []
    for folder in folders:
        try:
            runs.append(read_run(folder))
        except (RunFolderError, SettingError) as error:
            report(f"Left out: {error}")
    if not runs:
        raise RunFolderError(f"there is no run to compare. Train some with: {command('train')}")
    return runs


def compare(runs: Sequence[ComparedRun]) -> Comparison:
    """Sort runs into contenders and say what is worth saying about them.

    Args:
        runs: At least one.
    """
    notes = []
    several_data = len({run.data for run in runs}) > 1
    if several_data:
        notes.append(
            "These runs saw different images or tested on different ones: their accuracies are not "
            "comparable, and the best is marked for each data set by itself."
        )
    without = [run.folder.name for run in runs if not run.history]
    if without:
        notes.append(f"Without histories, so not in the curves: {_names(without)}.")

    groups: dict[tuple[tuple[str, str], ...], list[ComparedRun]] = {}
    repeats = []
    for run in runs:
        settings = {**run.settings, "data": run.data} if several_data else run.settings
        group = groups.setdefault(tuple(settings.items()), [])
        if any(run.seed == other.seed for other in group):
            repeats.append(run.folder.name)
        else:
            group.append(run)
    if repeats:
        notes.append(f"The same settings and seed as another run, so left out: {_names(repeats)}.")

    differing = _differing([dict(key) for key in groups])
    contenders = [
        SettingGroup({name: dict(key).get(name, "") for name in differing}, tuple(group))
        for key, group in groups.items()
    ]
    contenders.sort(
        key=lambda one: (one.settings.get("data", ""), -one.mean("validation_accuracy"))
    )
    if len(contenders) > 1 and not several_data and all(len(one.runs) < 2 for one in contenders):
        notes.append(
            "Each of these settings ran with one seed only, so it cannot be told how much of a "
            "difference is chance; runs with other seeds (--seed 1) would tell."
        )
    return Comparison(contenders, differing, notes)


def _differing(settings: Sequence[dict[str, str]]) -> list[str]:
    """Return the names of the settings that tell all of these apart, in the declaration's order.

    A setting that only some have, with one value for all of those, follows from another: momentum
    0.9 from the optimizer. It is named only where the others do not tell all apart.
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


def _judge(contenders: Sequence[SettingGroup], measure: str, more_is_better: bool) -> list[str]:
    """Return a verdict on each contender, all of them on the same data."""
    from scipy.special import stdtrit

    means = [one.mean(measure) for one in contenders]
    best = max(means) if more_is_better else min(means)
    champion = contenders[means.index(best)]
    repeated = [one.values(measure) for one in contenders if len(one.runs) > 1]
    freedom = sum(len(values) - 1 for values in repeated)
    noise = 0.0
    if freedom:
        squares = sum(float(((values - values.mean()) ** 2).sum()) for values in repeated)
        noise = math.sqrt(squares / freedom) * float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
    words = []
    for one, mean in zip(contenders, means, strict=True):
        reach = noise * math.sqrt(1 / len(one.runs) + 1 / len(champion.runs))
        close = "within noise" if abs(mean - best) <= reach and freedom else ""
        words.append("best" if mean == best else close)
    return words
