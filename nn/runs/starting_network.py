"""Starting from another run's network instead of random weights.

What that network has learned is kept, and a few images of a new kind are enough to adapt it.
"""

from collections.abc import Mapping
from pathlib import Path

from nn.datasets.images import ImageData
from nn.errors import SettingError
from nn.runs.data_facts import DataFacts
from nn.runs.find_run import find_run
from nn.runs.run_folder import RunFolder
from nn.runs.saved_run import SavedRun, load_run
from nn.settings.declaration import SHORTHAND, Settings
from nn.settings.effect import effective, has_effect
from nn.training.state import TrainingState

TAKEN_OVER = ("layers", *SHORTHAND, "normalization")
"""The settings that make a network what it is, and decide how its inputs are scaled."""


def network_settings(start_from: str, save_dir: Path) -> Mapping[str, object]:
    """Return the settings that a run which starts from another takes over.

    Args:
        start_from: The other run's name or its folder's path.
        save_dir: The folder that holds the runs.

    Raises:
        RunFolderError: There is no such run.
        SettingError: Its `settings.yaml` is missing or damaged.
    """
    settings = RunFolder(find_run(start_from, save_dir)).read_settings()
    return {name: getattr(settings, name) for name in TAKEN_OVER if has_effect(name, settings)}


def starting_run(settings: Settings, save_dir: Path) -> SavedRun | None:
    """Return the run whose network the training starts from; None for random weights.

    Args:
        settings: Those of the new run.
        save_dir: The folder that holds the runs.

    Raises:
        RunFolderError: There is no such run, or it is damaged.
        SettingError: Its network has other layers, or inputs scaled another way.
    """
    if not settings.start_from:
        return None
    run = load_run(RunFolder(find_run(settings.start_from, save_dir)))
    theirs, ours = effective(run.settings), effective(settings)
    for name in TAKEN_OVER:
        if theirs.get(name) != ours.get(name):
            raise SettingError(
                f"start_from: {run.folder.path} has {name} {theirs.get(name, 'unset')}, but here "
                f"it is {ours.get(name, 'unset')}. A run has the {name} of the network that it "
                "starts from."
            )
    return run


def adopt(start: SavedRun, state: TrainingState, images: ImageData) -> None:
    """Give a new training all numbers of the network that it starts from.

    Args:
        start: The run that it starts from.
        state: Before its first step; its network has the same layers.
        images: What it will be trained on.

    Raises:
        SettingError: The images have another size or another number of classes.
    """
    facts = DataFacts.of(images)
    if facts.size != start.facts.size:
        raise SettingError(
            f"start_from: {start.folder.path} was trained on images of {start.facts.size}, but "
            f"these are images of {facts.size}."
        )
    for network in (state.network, state.judged):
        network.restore(start.network.arrays)


def remark_on_pictures(start: SavedRun, settings: Settings) -> str:
    """Return what to say of scaled pictures if the network learned from others; else nothing.

    Photographs of digits are dark on light, so a network that learned MNIST reads none of them.
    """
    scaled = ("pictures", "scale")
    before, now = ((one.dataset, one.prepare) for one in (start.settings, settings))
    if now != scaled or before == scaled:
        return ""
    return (
        f"These pictures are scaled as a whole, and {start.folder.name} learned from others. For "
        "photographs of digits, use --prepare digit, which cuts the digits out."
    )
