"""Settings in YAML files: the configs that people write, and the `settings.yaml` of a run.

A config holds only what differs from the defaults. YAML's own guesses are a trap here (`1e-4` is
text to it, `no` a boolean, `1:30` a number), so every plain value is taken as the text that was
written and read by the declaration, just as a flag's is.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

import yaml

from nn.errors import SettingError
from nn.settings.checking import Given, nearest_hint, shorten
from nn.settings.declaration import SETTINGS, Settings
from nn.settings.setting import GroupName
from nn.whole_file import write_whole

LARGEST_CONFIG = 100_000  # bytes; a config is a page, and PyYAML needs a second for this much
NOT_IN_SETTINGS_FILE = ("name", "save_dir")  # where a run lies is no part of what it does
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}


class _TextLoader(yaml.SafeLoader):
    """A safe loader to which every scalar is text, and an alias (a bomb's fuse) an error."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own way to say it)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Build a node of the tree, unless it is one that was built before."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias; write it out", problem_mark=mark)
        return super().compose_node(parent, index)


def read_config(path: Path) -> dict[str, Given]:
    """Return what a YAML file says, each value with the line it stands on.

    Values are not checked here, since a flag may win over them; `check_settings` does it.

    Raises:
        SettingError: the file cannot be read, is not YAML, is not a mapping, or holds a key
            that is no setting.
    """
    given: dict[str, Given] = {}
    try:
        root = _mapping(path)
        for key_node, value_node in root.value:
            key = _plain(key_node)
            place = f"{path}, line {key_node.start_mark.line + 1}: {key}"
            if not isinstance(key, str) or key not in SETTINGS:
                hint = nearest_hint(str(key), SETTINGS)
                raise SettingError(
                    f"{path}, line {key_node.start_mark.line + 1}: "
                    f"{shorten(key)} is no setting{hint}"
                )
            if key in given:
                raise SettingError(f"{place} is given twice")
            given[key] = Given(_plain(value_node), place)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SettingError(f"{path}{line}: cannot be read as YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        reason = shorten(str(error).partition("\n")[0], 80)
        raise SettingError(f"{path}: cannot be read as YAML: {reason}") from None
    except RecursionError:
        raise SettingError(f"{path}: nested too deeply for a config") from None
    return given


def _mapping(path: Path) -> yaml.MappingNode:
    """Return the tree of a config file, which must be a mapping that is not empty."""
    root = yaml.compose(_text_of(path), Loader=_TextLoader)
    if not isinstance(root, yaml.MappingNode) or not root.value:
        kinds = {"SequenceNode": "a list", "ScalarNode": "a single value"}
        kind = kinds.get(type(root).__name__, "empty")
        raise SettingError(
            f"{path}: it is {kind}; a config has lines like 'epochs: 5'"
            " (for the defaults alone there is --defaults)"
        )
    _refuse_tag(root)
    return root


def _text_of(path: Path) -> str:
    """Return the text of a config file that exists, is a file, small, and UTF-8."""
    try:
        with open(path, "rb") as stream:
            content = stream.read(LARGEST_CONFIG + 1)
    except FileNotFoundError:
        raise SettingError(f"{path}: there is no such file{_nearest_file(path)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingError(f"{path}: cannot be read: {reason}") from None
    if len(content) > LARGEST_CONFIG:
        raise SettingError(f"{path}: larger than the {LARGEST_CONFIG:,} bytes a config may have")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingError(f"{path}, line {line}: not UTF-8 text") from None


def _nearest_file(path: Path) -> str:
    """Hint at the YAML file of that folder whose name is most like the missing one's."""
    try:
        names = [file.name for file in path.parent.iterdir() if file.suffix in {".yaml", ".yml"}]
    except OSError:
        return ""
    return nearest_hint(path.name, names)


def _plain(node: yaml.Node) -> Any:
    """Return a node as text, or as lists and dictionaries of text."""
    _refuse_tag(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        pairs = [(str(_plain(key)), _plain(value)) for key, value in node.value]
        if len(dict(pairs)) < len(pairs):
            raise yaml.MarkedYAMLError(problem="a key given twice", problem_mark=node.start_mark)
        return dict(pairs)
    return node.value


def _refuse_tag(node: yaml.Node) -> None:
    """Raise at `!!python/object` and all its kin: a config is data and builds nothing."""
    if node.tag not in _PLAIN_TAGS:
        problem = f"the tag {shorten(node.tag)} is not taken"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def write_settings(path: Path, settings: Settings, notes: Iterable[str] = ()) -> None:
    """Write a run's `settings.yaml`: all that is needed to repeat it, as one whole file.

    Every setting but `name` and `save_dir` is written, grouped, below a comment that explains it.

    Args:
        path: the file; reading it back gives equal settings.
        settings: what to write.
        notes: lines for the comment at the top, such as which data were used.

    Raises:
        OSError: the folder cannot be written or the disk is full.
    """
    lines = [f"# {_printable(note)}" for note in notes]
    for group in get_args(GroupName):
        lines += ["", f"# {group}", ""]
        for setting in SETTINGS.values():
            if setting.group == group and setting.name not in NOT_IN_SETTINGS_FILE:
                lines += [
                    f"# {setting.help} ({setting.expected})",
                    yaml_line(setting.name, getattr(settings, setting.name)),
                ]
    write_whole(path, "\n".join(lines).lstrip() + "\n")


def yaml_line(name: str, value: object) -> str:
    """Return `name: value` as YAML, with `yes` and `no` for booleans."""
    if isinstance(value, bool):
        return f"{name}: {SETTINGS[name].show(value)}"
    # PyYAML writes some line breaks (U+0085) as they are and reads them as blanks.
    readable = str(value).isprintable()
    return yaml.safe_dump({name: value}, allow_unicode=readable, width=float("inf")).rstrip("\n")


def _printable(note: str) -> str:
    """Return a note on one line, so that no file name in it can add a line of YAML."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in note)
