"""What a person wants of predict.py, as the words on its command line say it."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nn.runs.predictions import View
from nn.settings.checking import check_settings
from nn.settings.flags import FlagParser, add_setting_flags, given_settings


@dataclass(frozen=True)
class PredictLine:
    """What a command line asks for.

    Attributes:
        run: A run's name or its folder's path; empty for the newest, None for a list.
        images: Pictures of one's own to read instead of the test images, and folders of such.
        export: The form to write the network in instead; None for none.
        view: Which test images to show.
        data_dir: Where the test images are; None for where the run had them from.
        save_dir: The folder that holds the runs.
    """

    run: str | None
    images: list[str]
    export: str | None
    view: View
    data_dir: str | None
    save_dir: Path


def parse_predict_line(words: Sequence[str]) -> PredictLine:
    """Return what the words after `predict.py` say.

    Raises:
        SettingError: a flag is unknown, lacks its value, or has one that it does not take.
        SystemExit: `--help` was among them and has been printed.
    """
    parser = FlagParser("predict")
    parser.add_argument(
        "--run", metavar="RUN", nargs="?", default="", help="a run's name or its folder's path; "
        "--run alone gives a list to choose from (default: the newest run)"
    )  # fmt: skip
    parser.add_argument(
        "--top-mistakes", metavar="N", type=_at_least(1),
        help="begin with the N mistakes that the network was surest of, the surest first"
    )  # fmt: skip
    parser.add_argument(
        "--digit", metavar="D", type=_at_least(0), help="begin with this digit (or class) only"
    )
    parser.add_argument(
        "--image", metavar="PICTURE", nargs="+", action="extend",
        help="read pictures of your own instead, and all pictures of folders"
    )  # fmt: skip
    parser.add_argument(
        "--export", metavar="FORM", help="write the network for other programs instead: onnx or npz"
    )
    add_setting_flags(parser, ["data_dir", "save_dir"])
    found = parser.parse(words)
    given = given_settings(found)
    settings = check_settings(given)
    top = found.get("top_mistakes")
    return PredictLine(
        run=found["run"],
        images=found.get("image", []),
        export=found.get("export"),
        view=View(only_mistakes=top is not None, digit=found.get("digit"), surest=top),
        data_dir=settings.data_dir if "data_dir" in given else None,
        save_dir=Path(settings.save_dir),
    )


def _at_least(lowest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `lowest` up."""

    def read(word: str) -> int:
        if not (word.isascii() and word.isdigit() and len(word) < 10 and int(word) >= lowest):
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {lowest} up, got {word!r}"
            )
        return int(word)

    return read
