"""Settings as command-line flags, one for each, made from the declaration.

Python's argparse splits the line into flags and values; the declaration interprets the values, so
`--activation ReLU` and `activation: ReLU` in a YAML file mean the same.
"""

import argparse
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, get_args

from nn.errors import SettingError
from nn.installation import NAME, PROGRAMS, VERSION, command
from nn.settings.checking import Given
from nn.settings.declaration import SETTINGS, TRAINING
from nn.settings.setting import Declaration, GroupName, Setting
from nn.wording import nearest_hint, shorten


class _WholeWords(argparse.HelpFormatter):
    """Breaks the lines of `--help` at blanks only, never within a flag."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in self._split_lines(text, width))


class FlagParser(argparse.ArgumentParser):
    """A parser whose errors are `SettingError`s that name the nearest flag.

    Args:
        program: Its name in `PROGRAMS`.
        more: What `--help` adds to the program's purpose.
    """

    def __init__(self, program: str, more: str = "") -> None:
        super().__init__(
            prog=command(program),
            usage=f"{command(program)} [flags]",
            description=f"{PROGRAMS[program]} {more}",
            allow_abbrev=False,
            formatter_class=_WholeWords,
            argument_default=argparse.SUPPRESS,
        )
        self.add_argument("--version", action="version", version=f"{NAME} {VERSION}")

    def error(self, message: str) -> NoReturn:
        """Raise argparse's complaint instead of printing its usage and exiting."""
        raise SettingError(
            message.removeprefix("argument ")
            .replace("expected one argument", "needs a value")
            .replace("expected at least one argument", "needs at least one value")
        )

    def parse(self, words: Sequence[str]) -> dict[str, Any]:
        """Return the value of each given flag, by the flag's name with underscores.

        Raises:
            SettingError: A flag is unknown or lacks its value.
        """
        namespace, unknown = self.parse_known_args(words)
        if unknown:
            written = unknown[0].partition("=")[0]
            if not written.startswith("-"):
                raise SettingError(
                    f"unexpected argument {shorten(written)}: it follows no flag; see --help"
                )
            hint = nearest_hint(written, self._option_string_actions)
            raise SettingError(f"unknown flag {shorten(written)}{hint or '; see --help'}")
        return vars(namespace)


@dataclass(frozen=True)
class CommandLine:
    """The parsed command line of train.py.

    Attributes:
        given: The settings that have a flag, as written.
        config: The YAML file of `--config`, if given.
        resume: The run that `--resume` names, empty if it names none; None without that flag.
        defaults: Whether `--defaults` is given.
        chart: Whether to draw a chart under the progress bar.
        live_plot: Whether to draw the curves in a window during training.
    """

    given: dict[str, Given]
    config: Path | None
    resume: str | None
    defaults: bool
    chart: bool
    live_plot: bool


def parse_command_line(words: Sequence[str]) -> CommandLine:
    """Parse the words after `train.py`.

    Raises:
        SettingError: A flag is unknown or lacks its value.
        SystemExit: `--help` was among them and has been printed.
    """
    parser = FlagParser("train", "Asks for the settings without a flag.")
    ways = parser.add_argument_group("run without questions")
    ways.add_argument(
        "--config",
        metavar="FILE",
        help="settings from a YAML file, or from a config of this name in configs/; flags override "
        "it",
    )
    ways.add_argument(
        "--defaults", action="store_true", help="use the defaults for everything else"
    )
    ways.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="RUN",
        help="resume a killed or stopped run, given by its name or its folder's path; without "
        "RUN, the newest one; with a larger --epochs, extend a finished run",
    )
    # These are not settings, since they change nothing in the run.
    screen = parser.add_argument_group("on the screen")
    screen.add_argument(
        "--no-chart", action="store_true", help="no chart of the curves under the progress bar"
    )
    screen.add_argument(
        "--live-plot", action="store_true", help="show the curves in a window during training"
    )
    add_setting_flags(parser)
    found = parser.parse(words)
    config = Path(found["config"]) if "config" in found else None
    return CommandLine(
        given_settings(found),
        config,
        resume=found.get("resume"),
        defaults="defaults" in found,
        chart="no_chart" not in found,
        live_plot="live_plot" in found,
    )


def add_run_flag(parser: FlagParser) -> None:
    """Add `--run`: a run's name or path; empty for the newest run, None for a list of them."""
    parser.add_argument(
        "--run", metavar="RUN", nargs="?", default="", help="a run's name or its folder's path; "
        "--run alone shows a list to choose from (default: the newest run)"
    )  # fmt: skip


def add_setting_flags(
    parser: argparse.ArgumentParser,
    names: Iterable[str] = SETTINGS,
    declared: Declaration[Any] = TRAINING,
) -> None:
    """Add the flags of the named settings, under the headings of their groups."""
    wanted = [declared.settings[name] for name in names]
    for group in get_args(GroupName):
        heading = parser.add_argument_group(group)
        for setting in wanted:
            if setting.group == group:
                _add_flag(heading, setting)


def given_settings(
    found: dict[str, Any], declared: Declaration[Any] = TRAINING
) -> dict[str, Given]:
    """Return the settings among the parsed flags, each with its flag as its source."""
    settings = declared.settings
    return {
        name: Given(value, settings[name].flag) for name, value in found.items() if name in settings
    }


def _add_flag(heading: argparse._ArgumentGroup, setting: Setting) -> None:
    """Add `--name VALUE`; a yes-or-no setting has `--name`, `--name no` and `--no-name`."""
    default = setting.show(setting.default) or "none"
    text = f"{setting.help}: {setting.expected} (default: {default})".replace("%", "%%")
    if setting.kind is not bool:
        heading.add_argument(setting.flag, dest=setting.name, metavar="VALUE", help=text)
        return
    off = "--no-" + setting.flag.removeprefix("--")
    heading.add_argument(
        setting.flag, dest=setting.name, nargs="?", const="yes", metavar="no", help=text
    )
    heading.add_argument(
        off, dest=setting.name, action="store_const", const="no", help=f"{setting.flag} no"
    )


def whole_number(lowest: int) -> Callable[[str], int]:
    """Return a function that reads a flag's value, a whole number of at least `lowest`."""

    def read(word: str) -> int:
        if not (word.isascii() and word.isdigit() and len(word) < 10 and int(word) >= lowest):
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {lowest} up, got {word!r}"
            )
        return int(word)

    return read
