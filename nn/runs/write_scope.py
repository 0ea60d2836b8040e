"""Where a config or a run from somebody else may lead the program: to look, but not to write.

A config says what to train, and a run's `settings.yaml` where its images were. Whoever starts a
config of a stranger's expects that everything it makes lies below the folder they are in. Flags
are the person's own words and lead anywhere.
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
    """Refuse settings by which a file leads the program's writing out of the working folder.

    `save_dir` and a search's `storage` are written to. `data_dir` is, too, where there are no
    images in it: MNIST is downloaded into it, or the built-in digits are kept there.

    Args:
        given: settings as they were written; those of flags are not looked at.

    Raises:
        SettingError: one leads elsewhere; says which flag allows it.
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
            f"{one.source} is {shorten(where)}, a place outside the folder you are in{missing}; "
            f"a file may not lead there. If you mean it, say it yourself with {flag}"
        )


def check_data_dir(folder: Path, settings: Settings) -> None:
    """Refuse what a run's `settings.yaml` says of its images, if it leads the writing elsewhere.

    Raises:
        SettingError: it does.
    """
    place = f"{folder / SETTINGS}: data_dir"
    check_write_scope({"data_dir": Given(settings.data_dir, place)})


def is_below_working_folder(where: str) -> bool:
    """Return whether a path, as it is written, stays in the folder the program was started in."""
    if "://" in where or "\0" in where or where.startswith("~"):
        return False
    here = Path.cwd()
    # By its words: what a link in one's own folder leads to is one's own affair.
    return Path(os.path.normpath(here / where)).is_relative_to(here)
