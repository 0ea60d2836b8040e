"""The pictures and the page that a run gets after training."""

from nn.reports.html_report import write_html_report
from nn.reports.run_pictures import draw_run
from nn.runs.experiment import FinishedRun
from nn.runs.saved_run import load_run


def write_reports(run: FinishedRun) -> None:
    """Draw the pictures of a run and write its `report.html`.

    The page is made from the saved files, so it answers with the saved weights.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    draw_run(run.folder.path, run.predictions.title)
    write_html_report(load_run(run.folder), run.result, run.predictions, run.verdict)
