"""Where the programs run that the tests start."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def quiet_environment() -> dict[str, str]:
    """Return an environment without a display and without anyone's colour preferences."""
    unwanted = {"DISPLAY", "WAYLAND_DISPLAY", "NO_COLOR", "MPLBACKEND", "COLUMNS", "LINES"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
