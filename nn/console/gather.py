"""From a terminal, piped lines, flags or a YAML file to settings, or to a run to resume."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from nn.console.asker import is_terminal, open_asker
from nn.console.interview import interview
from nn.console.last_answers import read_last_answers, write_last_answers
from nn.console.piped_answers import read_answers
from nn.console.program import say
from nn.console.review import Preview
from nn.console.unfinished_runs import mention_unfinished_runs, offer_unfinished_run
from nn.settings.checking import Given, check_settings
from nn.settings.declaration import ASKED, Settings
from nn.settings.flags import CommandLine


@dataclass(frozen=True)
class Resume:
    """A run to resume.

    Attributes:
        run: Its name or its folder's path; empty for the newest unfinished one.
        save_dir: The folder that holds the runs.
        given: The settings that are given as well.
    """

    run: str
    save_dir: Path
    given: Mapping[str, Given]


def gather_settings(
    line: CommandLine,
    stdin: TextIO | None,
    screens: Sequence[TextIO | None],
    preview: Callable[[Settings, Callable[[object], None]], Preview],
) -> Settings | Resume:
    """Return the settings of a new run, or a run to resume; ask for what is not given.

    Args:
        line: The parsed command line.
        stdin: Where answers come from; None if it is closed.
        screens: Standard output and standard error; questions are asked if one is a terminal.
        preview: Computes what the review before training shows, and reports what it is doing.

    Raises:
        SettingError: A flag, an answer or the config file is wrong.
        StoppedError: The user stopped at a question.
        SystemExit: The user chose to quit.
    """
    given = line.given
    if line.config is not None:
        from nn.runs.write_scope import check_write_scope
        from nn.settings.config_files import read_config  # PyYAML takes time; rarely needed

        given = {**read_config(line.config), **given}
        check_write_scope(given)
    settings = check_settings(given)
    save_dir = Path(settings.save_dir)
    if settings.start_from:
        from nn.runs.starting_network import network_settings  # NumPy takes time; rarely needed

        taken = network_settings(settings.start_from, save_dir)
        source = f"--start-from {settings.start_from}"
        given = {**{name: Given(value, source) for name, value in taken.items()}, **given}
        settings = check_settings(given)
    if line.resume is not None:
        return Resume(line.resume, save_dir, given)
    if line.config or line.defaults or all(setting.name in given for setting in ASKED):
        mention_unfinished_runs(save_dir)
        return settings
    if is_terminal(stdin) and any(is_terminal(screen) for screen in screens):
        return _ask(settings, given, preview)
    mention_unfinished_runs(save_dir)
    # A keyboard without a screen is not read: nobody would know that an answer is expected.
    answers = {} if is_terminal(stdin) else read_answers(getattr(stdin, "buffer", None), settings)
    if not answers:
        say("No answers on standard input: every setting not given has its default.")
    return settings.model_copy(update=answers)


def _ask(
    settings: Settings,
    given: Mapping[str, Given],
    preview: Callable[[Settings, Callable[[object], None]], Preview],
) -> Settings | Resume:
    last_answers = read_last_answers(settings.save_dir)
    with open_asker() as asker:
        left = offer_unfinished_run(asker, Path(settings.save_dir))
    if left is not None:
        return Resume(str(left), Path(settings.save_dir), given)
    with open_asker() as asker:
        answered, answers = interview(asker, settings, last_answers, preview)
    write_last_answers(settings.save_dir, {**last_answers, **answers})
    return answered
