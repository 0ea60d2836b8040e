"""Walk through one training step: forward, loss, backward, update, each with its numbers."""

import sys
from pathlib import Path

from nn.console.program import run_program, say


def main() -> int:
    """Run the program and return its exit code."""
    return run_program(_explain)


def _explain() -> None:
    """Choose a network and an example, take a step, and show it page by page."""
    from nn.settings.checking import check_settings
    from nn.settings.flags import (
        FlagParser,
        add_run_flag,
        add_setting_flags,
        given_settings,
        whole_number,
    )

    parser = FlagParser("explain")
    add_run_flag(parser)
    parser.add_argument("--tiny", action="store_true", help="explain a tiny network of 2-3-2 units")
    parser.add_argument(
        "--untrained", action="store_true", help="use the run's network as it was before training"
    )
    parser.add_argument(
        "--image", metavar="INDEX", type=whole_number(0), default=0,
        help="index of the test image (default: 0)"
    )  # fmt: skip
    parser.add_argument("--html", action="store_true", help="write a page to read and to print")
    add_setting_flags(parser, ["data_dir", "save_dir"])
    found = parser.parse(sys.argv[1:])
    given = given_settings(found)
    settings = check_settings(given)

    # Only now, so that a wrong flag is reported at once.
    from nn.console.explaining import explain
    from nn.console.run_choice import choose_run
    from nn.explaining.subject import of_run, tiny
    from nn.runs.file_names import EXPLANATION
    from nn.runs.saved_run import load_run, predict_test_set

    folder, subject = Path(), tiny()
    if "tiny" not in found:
        run = load_run(choose_run(found["run"], Path(settings.save_dir)))
        data_dir = settings.data_dir if "data_dir" in given else None
        test = predict_test_set(run, data_dir=data_dir, report=say)
        folder, subject = run.folder.path, of_run(run, test, untrained="untrained" in found)
    explain(subject, found["image"], page=folder / EXPLANATION if "html" in found else None)
