"""What several test modules share: where the real MNIST files are."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return the folder of the four official files, or skip the test where there is none."""
    folder = os.environ.get("MNIST_DIR")
    if not folder:
        pytest.skip("set MNIST_DIR to the folder of the four official MNIST files")
    return Path(folder).resolve()
