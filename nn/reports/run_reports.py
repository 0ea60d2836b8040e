"""Everything to look at that a training leaves beside its numbers."""

from nn.reports.html_report import write_html_report
from nn.reports.run_pictures import draw_run
from nn.runs.experiment import FinishedRun
from nn.runs.saved_run import load_run


def write_reports(run: FinishedRun) -> None:
    """Draw the pictures of a run and write its `report.html`.

    The report is made of what the folder holds, so what it answers with is what was saved.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    draw_run(run.folder.path, run.predictions.title)
    write_html_report(load_run(run.folder), run.result, run.predictions)
