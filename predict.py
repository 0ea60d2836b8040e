"""Show what a trained network reads: `python predict.py`."""

import sys
from pathlib import Path

from nn.console.program import run_program


def main() -> None:
    """Find a run, rebuild its network, and show what it makes of images."""
    from nn.settings.checking import check_settings
    from nn.settings.flags import FlagParser, add_setting_flags, given_settings

    parser = FlagParser("predict.py", "Show test images with their predicted and true labels.")
    parser.add_argument(
        "--run", metavar="RUN", nargs="?", default="", help="a run's name or its folder's path; "
        "--run alone gives a list to choose from (default: the newest run)"
    )  # fmt: skip
    parser.add_argument("--image", metavar="FILE", help="read a picture of your own instead")
    parser.add_argument(
        "--export", metavar="FORM", help="write the network for other programs instead: onnx or npz"
    )
    add_setting_flags(parser, ["data_dir", "save_dir"])
    found = parser.parse(sys.argv[1:])
    given = given_settings(found)
    settings = check_settings(given)

    # Only now, so that a wrong flag is said at once.
    from contextlib import closing

    from nn.console.progress import DownloadProgress
    from nn.console.run_choice import choose_run
    from nn.console.showing import print_answer, show_predictions
    from nn.runs.saved_run import load_run, predict_picture, predict_test_set

    run = load_run(choose_run(found["run"], Path(settings.save_dir)))
    print(f"Run {run.folder.name}: {run.network!r}")
    if "export" in found:
        from nn.runs.export import export_network

        print(f"Saved {export_network(run, found['export'])}")
        return
    if "image" in found:
        print_answer(found["image"], *predict_picture(run, Path(found["image"])))
        return
    data_dir = settings.data_dir if "data_dir" in given else None
    with closing(DownloadProgress()) as download:
        predictions = predict_test_set(run, data_dir=data_dir, report=print, on_download=download)
    print(f"Test accuracy {predictions.accuracy:.2%} ({len(predictions.true):,} images)")
    show_predictions(predictions, run.folder.path)


if __name__ == "__main__":
    sys.exit(run_program(main))
