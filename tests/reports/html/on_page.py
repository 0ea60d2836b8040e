"""What a person does on a page of the reports, and what they see there."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nn.datasets.digit_shapes import Point

SEVEN = [(0.28, 0.22), (0.45, 0.22), (0.72, 0.23), (0.6, 0.45), (0.5, 0.65), (0.44, 0.85)]
ONE = [(0.5, 0.15), (0.5, 0.4), (0.5, 0.6), (0.5, 0.85)]


def draw(page: Any, points: Sequence[Point], steps: int = 4) -> None:
    """Draw one line on the pad with the mouse; points are shares of its sides."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=steps)
    page.mouse.up()


def wait_for_text(page: Any, selector: str, pattern: str) -> None:
    script = "([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent)"
    page.wait_for_function(script, arg=[selector, pattern])


def pixels(page: Any, selector: str) -> np.ndarray:
    """Return the grey of a canvas, (H, W)."""
    height, width, numbers = page.evaluate(
        """(selector) => {
            const canvas = document.querySelector(selector);
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.height, canvas.width, Array.from(data).filter((_, n) => n % 4 === 0)];
        }""",
        selector,
    )
    return np.array(numbers).reshape(height, width)
