"""Compare finished runs in one picture and one table."""

import sys
from pathlib import Path

from nn.console.program import run_program, say


def main() -> int:
    """Run the program and return its exit code."""
    return run_program(_compare)


def _compare() -> None:
    """Choose runs, compare them, print the table, and say where tables and pictures are."""
    from nn.settings.checking import check_settings
    from nn.settings.flags import FlagParser, add_setting_flags, given_settings

    parser = FlagParser("compare")
    parser.add_argument(
        "--runs", metavar="RUN", nargs="+", default=[], help="runs' names or their folders' paths"
    )
    parser.add_argument(
        "--study", metavar="NAME", default="", help="all runs of a study, a folder in save_dir"
    )
    parser.add_argument(
        "--name", default="", help="name of the comparison (default: date and time)"
    )
    parser.add_argument(
        "--weights", action="store_true", help="also draw first_layer.png for runs that lack it"
    )
    add_setting_flags(parser, ["save_dir"])
    found = parser.parse(sys.argv[1:])
    settings = check_settings(given_settings(found))
    save_dir = Path(settings.save_dir)

    # Only now, so that a wrong flag is reported at once.
    from nn.comparing.compare import compare
    from nn.comparing.compared_run import read_runs
    from nn.console.comparing import show_comparison
    from nn.console.run_choice import choose_runs

    folders = choose_runs(found["runs"], found["study"], save_dir, report=say)
    comparison = compare(read_runs(folders, report=say))
    show_comparison(
        comparison, save_dir, settings.name or found["study"], weights="weights" in found
    )
