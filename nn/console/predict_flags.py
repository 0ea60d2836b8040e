"""The command line of predict.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nn.errors import SettingError
from nn.runs.predictions import View
from nn.settings.checking import check_settings
from nn.settings.flags import (
    FlagParser,
    add_run_flag,
    add_setting_flags,
    given_settings,
    whole_number,
)


@dataclass(frozen=True)
class PredictLine:
    """What a command line asks for.

    Attributes:
        run: A run's name or its folder's path; empty for the newest, None for a list.
        runs: Of a committee, which answers instead; none for a single run.
        images: The user's own pictures, and folders of pictures, to classify instead of the test
            images.
        export: The file format to write the network in instead; None for none.
        submission: Whether to answer images without labels instead, for Kaggle.
        view: Which test images to show.
        data_dir: The folder of the test images; None for the one that the run used.
        save_dir: The folder of the runs.
    """

    run: str | None
    runs: list[str]
    images: list[str]
    export: str | None
    submission: bool
    view: View
    data_dir: str | None
    save_dir: Path


def parse_predict_line(words: Sequence[str]) -> PredictLine:
    """Return what the arguments of `predict.py` ask for.

    Raises:
        SettingError: a flag is unknown, its value is missing or wrong, or two do not fit together.
        SystemExit: `--help` was given; the help has been printed.
    """
    parser = FlagParser("predict")
    add_run_flag(parser)
    parser.add_argument(
        "--runs", metavar="RUN", nargs="+",
        help="let several runs predict as a committee: the mean of their probabilities"
    )  # fmt: skip
    parser.add_argument(
        "--top-mistakes", metavar="N", type=whole_number(1),
        help="show the N most confident mistakes first"
    )  # fmt: skip
    parser.add_argument(
        "--digit", metavar="D", type=whole_number(0), help="show only this digit (or class) first"
    )
    parser.add_argument(
        "--image", metavar="PICTURE", nargs="+", action="extend",
        help="classify your own pictures, or all pictures in a folder, instead"
    )  # fmt: skip
    parser.add_argument(
        "--submission", action="store_true",
        help="write submission.csv instead: predictions for a test.csv without labels, as on Kaggle"
    )  # fmt: skip
    parser.add_argument(
        "--export",
        metavar="FORM",
        help="write the network to a file for other programs instead: onnx or npz",
    )
    add_setting_flags(parser, ["data_dir", "save_dir"])
    found = parser.parse(words)
    single = [f"--{name}" for name in ("image", "submission", "export") if name in found]
    single += ["--run"] if found["run"] != "" else []
    if "runs" in found and single:
        raise SettingError(
            f"--runs predicts test images only; {single[0]} needs a single run, named with --run"
        )
    given = given_settings(found)
    settings = check_settings(given)
    top = found.get("top_mistakes")
    return PredictLine(
        run=found["run"],
        runs=found.get("runs", []),
        images=found.get("image", []),
        export=found.get("export"),
        submission=found.get("submission", False),
        view=View(only_mistakes=top is not None, digit=found.get("digit"), surest=top),
        data_dir=settings.data_dir if "data_dir" in given else None,
        save_dir=Path(settings.save_dir),
    )
