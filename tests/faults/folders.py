"""What may be in a folder at any moment, whatever happened to who was writing in it."""

from pathlib import Path

import numpy as np
from PIL import Image

from nn.runs.checkpoint_numbers import read_numbers
from nn.runs.run_folder import HISTORIES, RunFolder
from nn.runs.saved_run import load_run, predict_test_set

Contents = dict[str, bytes]
_OWN = ("name", "data_dir", "epochs")  # settings in which a test's runs may differ


def contents(folder: Path) -> Contents:
    """Return every file below a folder, by its path there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def shown(folder: Path) -> Contents:
    """Return the files that a person sees in a folder."""
    names = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return {path.name: path.read_bytes() for path in names if path.is_file()}


def numbers(folder: Path) -> Contents:
    """Return the CSV files and pictures of a run, which are the same whenever it is repeated."""
    found = shown(folder)
    return {name: found[name] for name in found if name.endswith((".csv", ".png"))}


def parts(folder: Path) -> list[str]:
    """Return the names of files that were being written when a program was killed."""
    return [path.name for path in folder.glob(".*.part")]


def check_whole(folder: Path, reference: Path, *, stopped: bool = False) -> None:
    """Make sure that every file of a run, finished or not, is one that a reader may take.

    Args:
        folder: The run's.
        reference: The same run, undisturbed.
        stopped: Whether it was stopped before its last epoch and saved as it was then.
    """
    expected = contents(reference)
    for name, content in shown(folder).items():
        whole = name in expected or name in ("gallery.png", "predictions.csv")
        if name == "predictions.csv":
            test_images = RunFolder(folder).read_result().test_images
            whole = content.count(b"\n") == test_images + 1 and content.endswith(b"\n")
        elif name in HISTORIES:
            whole = expected[name].startswith(content) and content.endswith(b"\n")
        elif name == "settings.yaml":
            now, then = (RunFolder(path).read_settings() for path in (folder, reference))
            whole = now == then.model_copy(update={key: getattr(now, key) for key in _OWN})
        elif name == "checkpoint.npz":
            read_numbers(folder / name)
            with np.load(folder / name) as arrays:
                whole = all(arrays[key] is not None for key in arrays.files)
        elif name == "seconds.txt":
            whole = RunFolder(folder).read_seconds() is not None
        elif name == "report.html":
            whole = content.rstrip().endswith(b"</html>")
        elif name.endswith(".png"):
            with Image.open(folder / name) as picture:
                picture.load()
        if whole and name in expected and name.endswith((".csv", ".png")) and not stopped:
            # Of another name, which pictures show, they are other pictures.
            comparable = name.endswith(".csv") or folder.name == reference.name
            whole = name in HISTORIES or content == expected[name] or not comparable
        assert whole, f"{folder / name} is neither what it was nor what it is to be"
    if (folder / "report.html").exists() and not stopped:  # which says that it is at its end
        assert expected.keys() <= shown(folder).keys(), f"{folder}: files are missing"
    if (folder / "result.csv").exists():
        check_answers(RunFolder(folder))


def check_answers(folder: RunFolder) -> None:
    """Make sure that a finished run's network is the one that its result tells of."""
    result = folder.read_result()
    predictions = predict_test_set(load_run(folder))
    given = predictions.probabilities[np.arange(len(predictions.true)), predictions.true]
    assert abs(-np.log(given).mean() - result.test_loss) < 1e-4, f"{folder.path}: another network"
