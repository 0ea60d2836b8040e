"""Which runs are looked at: the newest, those that were named, or those chosen from a list."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from nn.console.asker import is_terminal, open_asker
from nn.console.interview import BACK
from nn.console.piped_answers import read_lines
from nn.errors import RunFolderError, StoppedError
from nn.runs.find_run import find_folder, find_run, finished_runs
from nn.runs.run_folder import RunFolder
from nn.settings.setting import Choice
from nn.wording import counted

_LONGEST_INPUT = 1_000_000  # bytes; thousands of names


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
        return RunFolder(find_run(wanted or "", save_dir))
    find_run("", save_dir)  # says what to do where there is no run at all
    runs = {run.name: run for run in map(RunFolder, finished_runs(save_dir))}
    choices = [Choice(name, explain=_explain(run)) for name, run in runs.items()]
    with open_asker() as asker:
        name = asker.choose("Which run?", choices, choices[0].value)
    return runs[name]


def choose_runs(
    wanted: Sequence[str], study: str, save_dir: Path, report: Callable[[str], None]
) -> list[RunFolder]:
    """Return the runs that a person wants to compare, each once, in the order they were named.

    Args:
        wanted: Runs' names or their folders' paths.
        study: The name of a folder in `save_dir` whose runs are meant; empty for none.
        save_dir: The folder that holds the runs; where neither `wanted` nor `study` says which,
            they are ticked in a list of them, or read from standard input, one a line.
        report: Called with each message.

    Raises:
        RunFolderError: there is no such finished run, or none at all.
        SettingError: the lines of standard input are not text.
        StoppedError: the person stopped at the list.
    """
    chosen = [find_run(name, save_dir) for name in wanted]
    if study:
        folder = find_folder(study, save_dir, "study")
        of_study = finished_runs(folder)
        if not of_study:
            raise RunFolderError(f"{folder}: there is no finished run in it.")
        chosen += of_study
    if not chosen:
        find_run("", save_dir)  # says what to do where there is no run at all
        if is_terminal(sys.stdin) and is_terminal(sys.stdout):
            chosen = _tick(finished_runs(save_dir))
        else:
            chosen = [find_run(name, save_dir) for name in _piped_names()]
    if not chosen:
        chosen = finished_runs(save_dir)
        report(f"No runs named on standard input: comparing all {len(chosen):,} of {save_dir}.")
    return [RunFolder(path) for path in {path.resolve(): path for path in chosen}.values()]


def _piped_names() -> list[str]:
    """Return the lines of standard input; none where it is closed or a keyboard."""
    if sys.stdin is None or is_terminal(sys.stdin):
        return []
    lines = read_lines(sys.stdin.buffer, "the names of runs, one a line", _LONGEST_INPUT)
    return [line.strip() for line in lines if line.strip()]


def _tick(paths: Sequence[Path]) -> list[Path]:
    """Return the folders of the runs that were ticked in a list."""
    runs = [RunFolder(path) for path in paths]
    choices = [Choice(run.name, explain=_explain(run)) for run in runs]
    with open_asker() as asker:
        ticked = asker.tick("Which runs?", choices)
    if ticked is BACK:
        raise StoppedError("stopped at the list; nothing was written")
    return [run.path for run in runs if run.name in ticked]


def _explain(run: RunFolder) -> str:
    try:
        result = run.read_result()
    except RunFolderError as error:
        return str(error)
    return f"test accuracy {result.test_accuracy:.2%} after {counted(result.epochs, 'epoch')}"
