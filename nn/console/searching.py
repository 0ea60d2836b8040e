"""search.py: its command line and questions, its progress, and its result."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nn.console.asker import is_terminal, open_asker
from nn.console.interview import Review, hold_interview
from nn.console.piped_answers import read_answers
from nn.console.program import say
from nn.console.review import about
from nn.console.vary_choice import choose_what_varies
from nn.installation import command
from nn.runs.write_scope import check_write_scope
from nn.searching.plan import SearchPlan, plan_search
from nn.searching.storage import require_optuna, without_password
from nn.settings.checking import Given, check_given
from nn.settings.config_files import is_config, read_config
from nn.settings.declaration import SETTINGS
from nn.settings.flags import FlagParser, add_setting_flags, given_settings
from nn.settings.repeat_command import repeat_command
from nn.settings.search_declaration import SEARCH, SearchSettings
from nn.settings.search_space import Range, read_space, show_space

if TYPE_CHECKING:
    from nn.searching.study import StudyStatus


def gather_plan(words: Sequence[str]) -> SearchPlan:
    """Return the plan of a search, asking for what the command line leaves open.

    Args:
        words: the arguments of `search.py`.

    Raises:
        SettingError: a flag, an answer or the config file is wrong.
        StoppedError: the person stopped at a question.
        SystemExit: the person chose to quit, or asked for `--help`.
    """
    parser = FlagParser("search")
    ways = parser.add_argument_group("run without questions")
    ways.add_argument(
        "--config", metavar="FILE",
        help="a study in a YAML file, or one of this name in configs/, as in studies/002_search; "
        "flags override it",
    )  # fmt: skip
    ways.add_argument(
        "--defaults", action="store_true", help="use the defaults for everything else"
    )
    add_setting_flags(parser, SEARCH.settings, SEARCH)
    add_setting_flags(parser)
    found = parser.parse(words)
    require_optuna()
    given = {**given_settings(found, SEARCH), **given_settings(found)}
    if "config" in found:
        path = Path(found["config"])
        written = read_config(path, [*SEARCH.settings, *SETTINGS])
        named = {"study": Given(path.stem, f"{path}")}
        given = {**named, **_beside(path, written), **given}
        check_write_scope(given)
    of_search = {name: one for name, one in given.items() if name in SEARCH.settings}
    of_runs = {name: one for name, one in given.items() if name in SETTINGS}
    search = check_given(of_search, SEARCH)
    if not ("config" in found or "defaults" in found):
        search = _ask(search, of_runs)
    return plan_search(search, of_runs, given["start"].source if "start" in given else "start")


def _beside(config: Path, written: Mapping[str, Given]) -> dict[str, Given]:
    """Return a config's values; its `start` may be a path relative to the config."""
    start = written.get("start")
    if start is not None and is_config(config.parent / str(start.value)):
        return {**written, "start": Given(str(config.parent / str(start.value)), start.source)}
    return dict(written)


def _ask(given: SearchSettings, of_runs: Mapping[str, Given]) -> SearchSettings:
    """Return the settings of the search, from a terminal or from piped lines."""
    if is_terminal(sys.stdin) and is_terminal(sys.stdout):
        with open_asker(SEARCH) as asker:
            if "vary" not in given.model_fields_set and (vary := choose_what_varies(asker)):
                given = given.model_copy(update={"vary": show_space(read_space(vary, "vary"))})
            return hold_interview(
                asker, SEARCH, given, {}, lambda search: _review(plan_search(search, of_runs))
            )[0]
    answers = {}
    if not is_terminal(sys.stdin):
        answers = read_answers(getattr(sys.stdin, "buffer", None), given, SEARCH)
    if not answers:
        print("No answers on standard input: every setting not given has its default.")
    return given.model_copy(update=answers)


def _review(plan: SearchPlan) -> Review:
    most = plan.trials * plan.base.epochs
    text = "\n".join(
        [
            "",
            f"  {plan.trials:,} trials of at most {plan.base.epochs:,} epochs, {most:,} in all",
            f"  vary {plan.search.vary}",
            f"  in {plan.folder}",
            f"  {_estimate(plan)}",
        ]
    )
    return Review(text, search_command(plan))


def _estimate(plan: SearchPlan) -> str:
    """Return in words how long the search takes: the mean of its smallest and largest values."""
    from nn.runs.preview import preview_run

    ends = [
        {
            key: (one.low, one.high)[end] if isinstance(one, Range) else one.labels[-end]
            for key, one in plan.space.items()
        }
        for end in (0, 1)
    ]
    seconds = sum(preview_run(plan.settings(end)).seconds for end in ends) / len(ends)
    less = ", less with pruning" if plan.search.pruning else ""
    time = about(plan.trials * seconds / plan.workers)
    return f"{time} with {plan.workers} at a time{less}"


def search_command(plan: SearchPlan) -> str:
    """Return the command that repeats or continues the search."""
    words = [*command("search").split(), "--defaults"]
    for setting in SEARCH.settings.values():
        value = getattr(plan.search, setting.name)
        if setting.name == "storage":
            value = without_password(value)
        if isinstance(value, bool) and value != setting.default:
            words.append(setting.flag if value else setting.flag.replace("--", "--no-", 1))
        elif value != setting.default:
            words += [setting.flag, setting.show(value)]
    for name, given in plan.fixed.items():
        if given.source == SETTINGS[name].flag:  # the others come from the start
            words += [given.source, str(given.value)]
    return shlex.join(words)


def trial_lines(status: "StudyStatus") -> dict[int, str]:
    """Return a line about each trial that has ended, by its number."""
    from nn.reports.study_files import describe
    from nn.searching.study import notes

    lines = {}
    for number, trial in status.finished.items():
        noted = notes(trial)
        words = f"trial {number + 1:{len(str(status.plan.trials))}}  {describe(status, trial)}"
        if "validation_accuracy" not in noted:
            lines[number] = f"{words}  cannot be trained: {noted.get('reason')}"
            continue
        epochs = f"{noted['epochs']} epoch{'' if noted['epochs'] == 1 else 's'}"
        how = "" if noted["outcome"] == "complete" else f", {noted['outcome']}"
        lines[number] = f"{words}  validation {noted['validation_accuracy']:.2%}, {epochs}{how}"
    return lines


def best_so_far(status: "StudyStatus") -> str:
    """Return the best value so far in words; empty if there is none."""
    best = status.best
    if best is None:
        return ""
    value = best.value or 0.0
    accuracy = status.plan.search.objective == "validation_accuracy"
    return f"best {value:.2%}" if accuracy else f"best loss {value:.4f}"


def print_winner(status: "StudyStatus") -> None:
    """Print the best trial, its folder, and the commands that train it and show it."""
    from nn.reports.study_files import describe
    from nn.searching.study import notes

    best = status.best
    if best is None:
        print("No trial could be trained to its last epoch; trials.csv says why.")
        return
    noted = notes(best)
    settings = status.plan.settings(best.params)
    base = status.plan.base
    settings = settings.model_copy(update={"save_dir": base.save_dir, "name": base.name})
    epochs = sum(notes(one).get("epochs") or 0 for one in status.finished.values())
    say(f"{len(status.finished):,} trials, {epochs:,} epochs in all")
    say(f"Best: trial {best.number + 1}, {describe(status, best)}")
    say(f"Validation accuracy {noted['validation_accuracy']:.2%}")
    say(f"Test accuracy {noted['test_accuracy']:.2%}")
    folder = status.plan.folder / str(noted["run"])
    if folder.is_dir():
        say(f"Saved in {folder}")
        say(f"Look at it: {command('predict')} --run {shlex.quote(str(folder))}")
    say(f"Train it again: {repeat_command(settings)}")
