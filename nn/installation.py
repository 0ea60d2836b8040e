"""The programs, the version, and what depends on where they run: in the repository or installed.

In the repository the scripts lie beside the package, and so do `configs/` and `data/`. A wheel has
commands instead of scripts (`nn-train`), and its configs are inside the package.
"""

from importlib.resources import files
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Traversable

NAME = "handwritten-nn"
VERSION = "0.1.0"  # pyproject.toml takes it from here

PROGRAMS = {
    "train": "Train a network that reads handwritten digits.",
    "predict": "Show test images, or your own, with their predicted and true labels.",
    "search": "Search for the settings that train the best network.",
    "compare": "Compare finished runs in one picture and one table.",
    "explain": "Walk through one training step with all its numbers.",
}
"""What each program is for. Its code is in `nn/commands`."""

_CONFIGS_IN_WHEEL = files("nn") / "configs"
REPOSITORY = None if _CONFIGS_IN_WHEEL.is_dir() else Path(__file__).resolve().parents[1]
"""The folder of train.py; None if the package was installed from a wheel."""


def command(program: str) -> str:
    """Return the command that starts a program: `python train.py`, or `nn-train` if installed."""
    return f"python {program}.py" if REPOSITORY else f"nn-{program}"


def install_command(extra: str) -> str:
    """Return the command that installs an extra: `compiled`, `search`, `export` or `heic`."""
    if REPOSITORY:
        return f"pip install -r requirements-{extra}.txt"
    return f'pip install "{NAME}[{extra}]"'


def packaged_configs() -> "dict[str, Traversable]":
    """Return the configs that come with the program by name, as in `studies/003_table`."""
    folder = REPOSITORY / "configs" if REPOSITORY else _CONFIGS_IN_WHEEL
    if not folder.is_dir():
        return {}
    found = [("", file) for file in folder.iterdir()]
    found += [("studies/", file) for file in (folder / "studies").iterdir()]
    return {
        parent + file.name.removesuffix(".yaml"): file
        for parent, file in found
        if file.name.endswith(".yaml")
    }


def packaged_config(path: Path) -> bytes | None:
    """Return the content of the config of this name that comes with the program, or None.

    Args:
        path: The name as in `002_relu_1000`, or its file's as in `configs/002_relu_1000.yaml`.
    """
    name = Path(normpath(path)).as_posix().removeprefix("configs/").removesuffix(".yaml")
    file = packaged_configs().get(name)
    return file.read_bytes() if file else None
