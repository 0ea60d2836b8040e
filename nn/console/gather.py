"""The four ways in: a terminal, piped lines, flags, a YAML file; all end in the same settings."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from nn.console.interview import interview
from nn.console.last_answers import read_last_answers, write_last_answers
from nn.console.piped_answers import read_answers
from nn.console.plain_questions import PlainAsker
from nn.console.review import Preview
from nn.settings.checking import Given, check_settings
from nn.settings.declaration import ASKED, Settings
from nn.settings.flags import CommandLine


def gather_settings(
    line: CommandLine,
    stdin: TextIO | None,
    screens: Sequence[TextIO | None],
    preview: Callable[[Settings], Preview],
) -> Settings:
    """Return the settings of a run, asking for what the command line leaves open.

    Args:
        line: what the command line says.
        stdin: where answers come from; None if it is closed.
        screens: standard output and standard error; questions are asked if one is a terminal.
        preview: works out what the review before a training shows.

    Raises:
        SettingError: an answer or the config file is wrong.
        StoppedError: the person stopped at a question.
        SystemExit: the person chose to quit.
    """
    given = line.given
    if line.config is not None:
        from nn.settings.config_files import read_config  # PyYAML takes time; rarely needed

        given = {**read_config(line.config), **given}
    if line.config or line.defaults or all(setting.name in given for setting in ASKED):
        return check_settings(given)
    if is_terminal(stdin) and any(is_terminal(screen) for screen in screens):
        return _ask(given, preview)
    # A keyboard without a screen is not read: nobody would know that an answer is waited for.
    answers = {} if is_terminal(stdin) else read_answers(getattr(stdin, "buffer", None), given)
    if not answers:
        print("No answers on standard input: every setting not given has its default.")
    return check_settings({**given, **answers})


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is open and a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def _ask(given: Mapping[str, Given], preview: Callable[[Settings], Preview]) -> Settings:
    save_dir = check_settings(given).save_dir
    last_answers = read_last_answers(save_dir)
    if os.environ.get("TERM") == "dumb":
        settings, answers = interview(PlainAsker(), given, last_answers, preview)
    else:
        from nn.console.questions import (
            TerminalAsker,
            open_terminal,
        )  # slow; piped input needs none

        with open_terminal():
            settings, answers = interview(TerminalAsker(), given, last_answers, preview)
    write_last_answers(save_dir, {**last_answers, **answers})
    return settings
