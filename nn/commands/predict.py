"""Show what the network of a run reads in the test images, or in pictures of your own."""

import sys

from nn.console.program import run_program, say


def main() -> int:
    """Run the program and return its exit code."""
    return run_program(_predict)


def _predict() -> None:
    """Find a run, rebuild its network, and show what it reads in images."""
    from nn.console.predict_flags import parse_predict_line

    line = parse_predict_line(sys.argv[1:])

    # Only now, so that a wrong flag is reported at once.
    from contextlib import closing

    from nn.console.progress import DownloadProgress
    from nn.console.run_choice import choose_run
    from nn.console.showing import answer_pictures, show_committee, show_predictions
    from nn.runs.saved_run import load_run, predict_test_set

    if line.runs:
        show_committee(line.runs, line.save_dir, line.data_dir, line.view)
        return
    run = load_run(choose_run(line.run, line.save_dir))
    say(f"Run {run.folder.name}: {run.network!r}")
    if line.export is not None:
        from nn.runs.export import export_network

        say(f"Saved {export_network(run, line.export)}")
        return
    if line.submission:
        from nn.runs.submission import write_submission

        say(f"Saved {write_submission(run, line.data_dir)}")
        return
    if line.images:
        answer_pictures(run, line.images)
        return
    with closing(DownloadProgress()) as download:
        predictions = predict_test_set(
            run, data_dir=line.data_dir, report=say, on_download=download
        )
    say(f"Test accuracy {predictions.accuracy:.2%} ({len(predictions.true):,} images)")
    show_predictions(predictions, run.folder.path, line.view)
