"""What a person does on a page of the reports, and what they see there.

Every page that is opened must ask for nothing but its own file, and may not say a word to the
browser's console.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from nn.datasets.digit_shapes import Point

SEVEN = [(0.28, 0.22), (0.45, 0.22), (0.72, 0.23), (0.6, 0.45), (0.5, 0.65), (0.44, 0.85)]
ONE = [(0.5, 0.15), (0.5, 0.4), (0.5, 0.6), (0.5, 0.85)]


@contextmanager
def opened(
    browser: Any, address: str, width: int = 1200, height: int = 900, **words: Any
) -> Iterator[Any]:
    """Open a page in a window of its own; `words` are those of a browser's context."""
    said, asked = [], []
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, reduced_motion="reduce", **words)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("html[data-ready=true]")
    yield page
    context.close()
    assert said == []
    assert [url for url in asked if url != address and not url.startswith("data:")] == []


def draw(page: Any, points: Sequence[Point]) -> None:
    """Draw one line on the pad with the mouse; points are shares of its sides."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


def wait_for_text(page: Any, selector: str, pattern: str) -> None:
    script = "([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent)"
    page.wait_for_function(script, arg=[selector, pattern])


def names(page: Any, selector: str) -> list[str]:
    """Return what a screen reader calls each of some elements."""
    found = page.locator(selector).evaluate_all("all => all.map((each) => each.ariaLabel)")
    return [str(name) for name in found]


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


def width_at(page: Any, width: int) -> int:
    """Return how wide a page is in a window of this width, once its charts are drawn again."""
    page.set_viewport_size({"width": width, "height": 844})
    page.evaluate("new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))")
    return int(page.evaluate("document.documentElement.scrollWidth"))
