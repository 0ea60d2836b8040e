"""The pictures and the page that a run gets after training."""

from collections.abc import Callable

from nn.reports.html_report import write_html_report
from nn.reports.run_pictures import draw_run
from nn.runs.experiment import FinishedRun
from nn.runs.file_names import REPORT
from nn.runs.saved_run import load_run


def write_reports(run: FinishedRun, on_file: Callable[[str], None] = lambda name: None) -> None:
    """Draw the pictures of a run and write its `report.html`.

    The network is not read again, which takes longer than all else here if it is large.

    Args:
        run: The run.
        on_file: Told the name of each picture and of the page before it is made.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    saved = load_run(run.folder, run.network)
    draw_run(
        run.folder.path, run.predictions.title, on_file, run.network, loss_unit=saved.loss.unit
    )
    on_file(REPORT)
    write_html_report(saved, run.result, run.predictions, run.verdict)
