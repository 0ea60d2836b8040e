"""Showing predictions in whatever surroundings the program runs in.

A laptop has windows, a remote connection a terminal, a scheduled job neither.
"""

import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nn.console.viewer import browse_in_terminal, draw_image, has_terminal, is_plain
from nn.reports.gallery import write_gallery
from nn.reports.window import browse_in_window, has_display
from nn.runs.predictions import Predictions


def show_predictions(predictions: Predictions, folder: Path) -> None:
    """Show test images in a window, else in the terminal, else as files in the run's folder.

    Raises:
        OSError: neither window nor terminal is there, and the folder cannot be written.
    """
    if has_display():
        browse_in_window(predictions)
    elif has_terminal(sys.stdin, sys.stdout):
        browse_in_terminal(predictions, sys.stdin, sys.stdout)
    else:
        for path in write_gallery(folder, predictions):
            print(f"Saved {path}")


def print_answer(name: str, image: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> None:
    """Print what the network saw and what it says to it.

    Args:
        name: The picture's name.
        image: What the network was shown, (H, W), 0 to 255.
        probabilities: Its answer, (K,).
    """
    width = os.get_terminal_size().columns if sys.stdout.isatty() else image.shape[1]
    if image.shape[1] <= width:
        print("\n".join(draw_image(image, is_plain(sys.stdout) or not sys.stdout.isatty())))
    order = np.argsort(-probabilities, kind="stable")
    print(f"{name}: {order[0]} ({probabilities[order[0]]:.2%})")
    others = [f"{digit} {probabilities[digit]:.2%}" for digit in order[1:3]]
    print(f"less likely: {', '.join(others)}")
