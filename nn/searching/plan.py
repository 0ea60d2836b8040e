"""The plan of a search: built from its settings and checked before anything starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from nn.errors import RunFolderError, SettingError
from nn.runs.file_names import SETTINGS
from nn.runs.find_run import find_folder
from nn.runs.write_scope import check_write_scope
from nn.settings.checking import Given, check_settings
from nn.settings.config_files import is_config, read_config
from nn.settings.declaration import SHORTHAND, Settings
from nn.settings.effect import effective
from nn.settings.search_declaration import SearchSettings
from nn.settings.search_space import Range, Space, grid, read_space, settings_of

# What stays the same for the whole study; a process that joins it must have the same values.
_IDENTITY = ("vary", "sampler", "pruning", "objective", "sampler_seed")


@dataclass(frozen=True)
class SearchPlan:
    """The checked plan of a search: what varies, and what all trials have in common.

    Attributes:
        search: The settings of the search.
        fixed: The settings of the runs that do not vary, as written.
    """

    search: SearchSettings
    fixed: dict[str, Given]

    @cached_property
    def space(self) -> Space:
        """The dimensions that vary."""
        return read_space(self.search.vary, "vary")

    @cached_property
    def base(self) -> Settings:
        """The settings of the runs that do not vary."""
        return check_settings(self.fixed)

    @property
    def name(self) -> str:
        """The study's name; by default made from the settings that vary."""
        if self.search.study:
            return self.search.study
        words = [name for dimension in self.space.values() for name in dimension.names]
        return "-".join([self.search.sampler, *words])[:60].rstrip("-_ ")

    @property
    def folder(self) -> Path:
        """The folder of the trials' runs."""
        return Path(self.base.save_dir) / self.name

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """Whether a better trial has a higher or a lower objective."""
        return "minimize" if self.search.objective == "validation_loss" else "maximize"

    @cached_property
    def points(self) -> list[dict[str, Any]]:
        """For a grid, the values of each trial; combinations with the same effect count once."""
        points: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
        for point in grid(self.space):
            key = tuple(effective(self.settings(point)).items())
            points.setdefault(key, point)
        return list(points.values())

    @property
    def trials(self) -> int:
        """The number of trials of the search."""
        return len(self.points) if self.search.sampler == "grid" else self.search.trials

    @property
    def workers(self) -> int:
        """The number of processes on this machine."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return self.search.workers or cores or 1

    def settings(self, point: Mapping[str, Any], name: str = "") -> Settings:
        """Return the settings of the run at one point of the space.

        Raises:
            SettingError: these settings exclude each other.
        """
        values = settings_of(self.space, point).items()
        varied = {name: Given(value, f"vary: {name}") for name, value in values}
        folder = {"save_dir": Given(str(self.folder), "save_dir"), "name": Given(name, "name")}
        return check_settings({**override(self.fixed, varied), **folder})

    def identity(self) -> dict[str, str]:
        """Return what must be the same for all processes that work on the study."""
        same = {name: str(getattr(self.search, name)) for name in _IDENTITY}
        varied = {name for dimension in self.space.values() for name in dimension.names}
        if "layers" in varied:
            varied |= set(SHORTHAND)
        fixed = effective(self.base).items()
        return same | {f"--{name}": value for name, value in fixed if name not in varied}


def plan_search(
    search: SearchSettings, given: Mapping[str, Given], start_source: str = "start"
) -> SearchPlan:
    """Build the plan of a search and check everything that can be checked before it starts.

    Args:
        search: The settings of the search.
        given: Settings of the runs, from flags and config; they override those of `start`.
        start_source: Where `start` was written.

    Raises:
        SettingError: `start` is neither a config nor a run, a value is wrong, or settings
            exclude each other.
    """
    save_dir = Path(check_settings(given).save_dir)
    start = _started_from(search.start, save_dir, start_source)
    check_write_scope({name: one for name, one in start.items() if name not in given})
    plan = SearchPlan(search, override(start, given))
    for dimension in plan.space.values():
        for name in dimension.names:
            if name in given:
                raise SettingError(f"{given[name].source} is fixed, and vary names it too")
            if name == "loss" and plan.direction == "minimize":
                raise SettingError(
                    "objective: validation_loss cannot compare networks of different losses, and "
                    "vary names loss; expected validation_accuracy"
                )
    if search.sampler == "grid":
        _ = plan.points  # checks every combination
    else:
        lowest = {
            key: dimension.low if isinstance(dimension, Range) else dimension.labels[0]
            for key, dimension in plan.space.items()
        }
        plan.settings(lowest)
    return plan


def override(first: Mapping[str, Given], second: Mapping[str, Given]) -> dict[str, Given]:
    """Return both, the second overriding; a list of layers and its shorthand replace each other."""
    gone = set(SHORTHAND) if "layers" in second else set()
    if any(name in second for name in SHORTHAND):
        gone = {"layers"}
    return {**{name: value for name, value in first.items() if name not in gone}, **second}


def _started_from(start: str, save_dir: Path, source: str) -> dict[str, Given]:
    """Return the settings of a config or of a run."""
    if start == "defaults":
        return {}
    if is_config(Path(start)):
        return read_config(Path(start))
    try:
        return read_config(find_folder(start, save_dir) / SETTINGS)
    except RunFolderError as error:
        raise SettingError(f"{source} names no config, and {error}") from None
