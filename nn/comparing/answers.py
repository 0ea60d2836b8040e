"""What compared runs answer for the same test images, to see on which they differ.

Two networks of the same accuracy are often wrong about different images.
"""

import math
from collections.abc import Callable

from nn.comparing.compare import Comparison
from nn.errors import ProgramError
from nn.runs.committee import has_same_images
from nn.runs.predictions import Predictions
from nn.runs.saved_run import load_run, predict_test_set

MOST_RUNS = 8
"""Runs that are asked: each must be read, and must see all test images."""


def answers_of_best(
    comparison: Comparison, report: Callable[[str], None] = lambda message: None
) -> dict[str, Predictions]:
    """Let the first run of each of the best groups predict its test images, then other seeds.

    Only groups on the data of the first one are asked, since others saw other images. A run whose
    images are not those it was tested with is left out.

    Args:
        comparison: The comparison.
        report: Told why a run cannot answer.

    Returns:
        The answers by the name of the run's folder; empty for a single run.
    """
    if len(comparison.runs) < 2:
        return {}
    data = comparison.groups[0].runs[0].data
    groups = [group.runs for group in comparison.groups if group.runs[0].data == data]
    runs = [group[0] for group in groups] + [run for group in groups for run in group[1:]]
    answers: dict[str, Predictions] = {}
    for run in runs[:MOST_RUNS]:
        try:
            predictions = predict_test_set(load_run(run.folder))
        except ProgramError as error:
            report(f"The page leaves out {run.folder.name}: {error}")
            continue
        if not math.isclose(predictions.accuracy, run.result.test_accuracy, abs_tol=1e-6):
            report(
                f"The page leaves out {run.folder.name}: its test images are no longer where they "
                "were."
            )
        elif answers and not has_same_images(next(iter(answers.values())), predictions):
            report(f"The page leaves out {run.folder.name}: its seed has other test images.")
        else:
            answers[run.folder.name] = predictions
    return answers
