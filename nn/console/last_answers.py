"""The answers of the last time, saved in the save folder and suggested the next time.

They are only a convenience, so a file that is damaged or cannot be written is ignored.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nn.errors import SettingError
from nn.files.atomic_write import write_atomically
from nn.settings.checking import check_settings

FILE_NAME = ".last_answers.yaml"


def read_last_answers(save_dir: str) -> dict[str, Any]:
    """Return the last answers; empty if there are none or they cannot be read."""
    path = Path(save_dir) / FILE_NAME
    with suppress(SettingError, OSError, ValueError):
        if not path.exists():
            return {}
        from nn.settings.config_files import read_config  # PyYAML delays the first question

        given = read_config(path)
        return check_settings(given).model_dump(include=set(given))
    return {}


def write_last_answers(save_dir: str, answers: Mapping[str, Any]) -> None:
    """Save the answers in the save folder, if possible."""
    from nn.settings.config_files import yaml_line

    lines = ["# The last answers, suggested the next time; safe to delete."]
    lines += [yaml_line(name, value) for name, value in answers.items()]
    with suppress(OSError, ValueError):
        Path(save_dir).mkdir(parents=True, exist_ok=True)
        write_atomically(Path(save_dir) / FILE_NAME, "\n".join(lines) + "\n")
