"""Where configs and runs from others may make the program write: below the working folder only.

A config says what to train, and a run's `settings.yaml` where its images were. Users of a config
from a stranger expect that everything it creates is below their working folder. Flags are the
user's own choice and may name any folder.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from nn.datasets.sources import holds_images
from nn.errors import SettingError
from nn.runs.file_names import SETTINGS
from nn.settings.checking import Given
from nn.settings.declaration import Settings
from nn.wording import shorten

_WRITTEN_TO = ("save_dir", "storage")


def check_write_scope(given: Mapping[str, Given]) -> None:
    """Reject settings in files that would make the program write outside the working folder.

    It writes to `save_dir` and to a search's `storage`; and to `data_dir`, if that has no images:
    MNIST is downloaded into it, or the built-in digits are kept there.

    Args:
        given: Settings as written; those of flags are not checked.

    Raises:
        SettingError: One is outside; the message says which flag allows it.
    """
    for name in (*_WRITTEN_TO, "data_dir"):
        one = given.get(name)
        flag = "--" + name.replace("_", "-")
        if one is None or one.source == flag:
            continue
        where = str(one.value)
        if is_below_working_folder(where) or (name == "data_dir" and holds_images(Path(where))):
            continue
        missing = " and without images" if name == "data_dir" else ""
        raise SettingError(
            f"{one.source} is {shorten(where)}, outside the working folder{missing}, which a file "
            f"may not choose. If you want this, pass it explicitly with {flag}"
        )


def check_data_dir(folder: Path, settings: Settings) -> None:
    """Reject the `data_dir` of a run's `settings.yaml` if it has no images and is outside.

    Raises:
        SettingError: It does not pass `check_write_scope`.
    """
    source = f"{folder / SETTINGS}: data_dir"
    check_write_scope({"data_dir": Given(settings.data_dir, source)})


def is_below_working_folder(where: str) -> bool:
    """Return whether a path leads below the working folder, all links followed."""
    if "://" in where or "\0" in where or where.startswith("~"):
        return False
    here = os.path.realpath(Path.cwd())
    return Path(os.path.realpath(where)).is_relative_to(here)
