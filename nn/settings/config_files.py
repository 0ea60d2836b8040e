"""Settings in YAML files: the configs that people write, and the `settings.yaml` of a run.

A config holds only what differs from the defaults. YAML's own guesses are a trap here (it reads
`1e-4` as text, `no` as a boolean, `1:30` as a number), so every plain value is kept as text, which
the declaration interprets as it does a flag's.
"""

from collections.abc import Collection, Iterable
from itertools import takewhile
from pathlib import Path
from typing import get_args

import yaml

from nn.errors import SettingError
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import reading
from nn.files.regular_file import printable, read_regular
from nn.installation import packaged_config, packaged_configs
from nn.settings import SETTINGS_FILE
from nn.settings.checking import Given
from nn.settings.declaration import SETTINGS, SHORTHAND, Settings
from nn.settings.plain_yaml import in_one_line, plain, refuse_tag, tree_of
from nn.settings.setting import GroupName
from nn.wording import nearest_hint, shorten

LARGEST_CONFIG = 100_000  # bytes; a config is a page, and PyYAML needs a second for this much
NOT_IN_SETTINGS_FILE = ("name", "save_dir")  # where a run is saved does not change it


def read_config(path: Path, names: Collection[str] = SETTINGS.keys()) -> dict[str, Given]:
    """Return the settings in a YAML file, each with its line.

    `check_settings` checks the values later, since a flag may override them.

    Args:
        path: The file; if there is none, the config of this name that comes with the program.
        names: The keys that it may have.

    Raises:
        SettingError: The file cannot be read, is not YAML, is not a mapping, or has an unknown key.
    """
    given: dict[str, Given] = {}
    try:
        root = _mapping(path)
        for key_node, value_node in root.value:
            key = plain(key_node)
            source = f"{path}, line {key_node.start_mark.line + 1}: {key}"
            if not isinstance(key, str) or key not in names:
                hint = nearest_hint(str(key), names)
                raise SettingError(
                    f"{path}, line {key_node.start_mark.line + 1}: "
                    f"unknown setting {shorten(key)}{hint}"
                )
            if key in given:
                raise SettingError(f"{source} is given twice")
            given[key] = Given(plain(value_node), source)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SettingError(
            f"{path}{line}: cannot be read as YAML: {str(error.problem)[:100]}"
        ) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        reason = shorten(str(error).partition("\n")[0], 80)
        raise SettingError(f"{path}: cannot be read as YAML: {reason}") from None
    except RecursionError:
        raise SettingError(f"{path}: nested too deeply for a config") from None
    return given


def _mapping(path: Path) -> yaml.MappingNode:
    """Return the tree of a config file, which must be a non-empty mapping."""
    root = tree_of(_text_of(path))
    if not isinstance(root, yaml.MappingNode) or not root.value:
        kinds = {"SequenceNode": "a list", "ScalarNode": "a single value"}
        kind = kinds.get(type(root).__name__, "empty")
        raise SettingError(
            f"{path}: it is {kind}; a config has lines like 'epochs: 5'"
            " (for the defaults alone, use --defaults)"
        )
    refuse_tag(root)
    return root


def _text_of(path: Path) -> str:
    """Return the text of a config file: a regular file, small, in UTF-8."""
    with reading(path, SettingError):
        try:
            own = path.name == SETTINGS_FILE  # a run's, which comes with a folder of its own
            content = read_regular(path, LARGEST_CONFIG + 1, follow_link=not own)
        except FileNotFoundError:
            packaged = packaged_config(path)
            if packaged is None:
                raise SettingError(f"{path}: there is no such file{_nearest_file(path)}") from None
            content = packaged
    if len(content) > LARGEST_CONFIG:
        raise SettingError(f"{path}: larger than the {LARGEST_CONFIG:,} bytes a config may have")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingError(f"{path}, line {line}: not UTF-8 text") from None


def _nearest_file(path: Path) -> str:
    """Hint at a YAML file of that folder, or a config of the program, with a similar name."""
    try:
        names = [file.name for file in path.parent.iterdir() if file.suffix in {".yaml", ".yml"}]
    except OSError:
        names = []
    return nearest_hint(path.name, [*names, *packaged_configs()])


def is_config(path: Path) -> bool:
    """Return whether `read_config` finds a file at this path, or a config of the program."""
    return path.is_file() or packaged_config(path) is not None


def write_settings(path: Path, settings: Settings, notes: Iterable[str] = ()) -> None:
    """Write a run's `settings.yaml`, which holds everything needed to repeat the run.

    All settings but `name` and `save_dir` are written, by group, each below a comment that explains
    it; of `layers` and its shorthand only the one that was used.

    Args:
        path: The file; reading it gives equal settings.
        settings: What to write.
        notes: Lines for the comment at the top, such as which data were used.

    Raises:
        OSError: The folder cannot be written or the disk is full.
    """
    # Each on one line, so that a file name in a note cannot add a line of YAML.
    lines = [f"# {printable(note)}" for note in notes]
    left_out = {*NOT_IN_SETTINGS_FILE, *(SHORTHAND if settings.layers else ["layers"])}
    for group in get_args(GroupName):
        members = [one for one in SETTINGS.values() if one.group == group]
        lines += ["", f"# {group}", ""] if members else []
        for setting in members:
            if setting.name not in left_out:
                lines += [
                    f"# {setting.help} ({setting.expected})",
                    yaml_line(setting.name, getattr(settings, setting.name)),
                ]
    write_atomically(path, "\n".join(lines).lstrip() + "\n")


def read_notes(path: Path) -> list[str]:
    """Return the notes at the top of a `settings.yaml`.

    Raises:
        SettingError: The file cannot be read.
    """
    top = takewhile(lambda line: line.startswith("# "), _text_of(path).split("\n"))
    return [line.removeprefix("# ") for line in top]


def yaml_line(name: str, value: object) -> str:
    """Return `name: value` as YAML, with `yes` and `no` for booleans."""
    if isinstance(value, bool):
        return f"{name}: {SETTINGS[name].show(value)}"
    return f"{name}: {in_one_line(value)}"
