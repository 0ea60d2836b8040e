"""Which run is looked at: the newest, the one that was named, or one chosen from a list."""

import sys
from pathlib import Path

from nn.console.gather import is_terminal
from nn.errors import RunFolderError
from nn.runs.run_folder import RunFolder, find_run, finished_runs
from nn.settings.setting import Choice


def choose_run(wanted: str | None, save_dir: Path) -> RunFolder:
    """Return the run that a person wants to see.

    Args:
        wanted: A run's name or its folder's path; None for a list to choose from, or for the
            newest run where there is no terminal to choose in; empty for the newest run.
        save_dir: The folder that holds the runs.

    Raises:
        RunFolderError: there is no such finished run, or none at all.
        StoppedError: the person stopped at the list.
    """
    if wanted is not None or not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        return find_run(wanted or "", save_dir)
    find_run("", save_dir)  # says what to do where there is no run at all
    choices = [Choice(run.name, explain=_explain(run)) for run in finished_runs(save_dir)]
    from nn.console.questions import TerminalAsker, open_terminal

    with open_terminal():
        name = TerminalAsker().choose("Which run?", choices, choices[0].value)
    return find_run(name if isinstance(name, str) else "", save_dir)


def _explain(run: RunFolder) -> str:
    try:
        result = run.read_result()
    except RunFolderError as error:
        return str(error)
    return f"test accuracy {result.test_accuracy:.2%} after {result.epochs} epochs"
