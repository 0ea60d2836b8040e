"""What several test modules share: real and made-up data, and the programs in a process."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
SmallData = Callable[..., Path]
RunProgram = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return the folder of the four official files, or skip the test where there is none."""
    folder = os.environ.get("MNIST_DIR")
    if not folder:
        pytest.skip("set MNIST_DIR to the folder of the four official MNIST files")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def small_data() -> SmallData:
    """Return a function that writes a small data set in IDX form, made anew at every call.

    Each class is a bright blot at a place of its own in a noisy image, so a network learns them
    in a blink, and still makes a mistake here and there.
    """

    def write(
        folder: Path,
        *,
        shape: tuple[int, int] = (8, 8),
        classes: int = 4,
        training: int = 400,
        test: int = 100,
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([*shape, classes, training, test])
        pixels = shape[0] * shape[1]
        blot = min(8, pixels // classes)
        places = rng.choice(pixels, size=(classes, blot), replace=False)
        for stem, count in (("train", training), ("t10k", test)):
            labels = rng.permutation(np.arange(count) % classes).astype(np.uint8)
            images = rng.integers(0, 130, (count, pixels))
            images[np.arange(count)[:, None], places[labels]] += rng.integers(0, 120, (count, blot))
            write_idx(folder / f"{stem}-images-idx3-ubyte.gz", images.reshape(-1, *shape))
            write_idx(folder / f"{stem}-labels-idx1-ubyte.gz", labels)
        return folder

    return write


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write bytes as the description of the format has it, without the program's own writer."""
    header = b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes(), 1, mtime=0))


@pytest.fixture(scope="session")
def program_environment() -> dict[str, str]:
    """Return an environment without a display and without anyone's colour preferences."""
    unwanted = {"DISPLAY", "WAYLAND_DISPLAY", "NO_COLOR", "MPLBACKEND", "COLUMNS", "LINES"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(scope="session")
def run_program(program_environment: dict[str, str]) -> RunProgram:
    """Return a function that runs a script of the project to its end, as a shell would.

    `typed` is what arrives on its standard input; other words go to `subprocess.run`.
    """

    def run(
        script: str,
        *flags: object,
        typed: str = "",
        env: dict[str, str] | None = None,
        **words: Any,
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, str(ROOT / script), *map(str, flags)],
            input=typed,
            env=program_environment | (env or {}),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            **words,
        )

    return run
