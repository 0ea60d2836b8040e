"""A training step page by page: with keys in a terminal, as a whole in a pipe or a file."""

import sys
import textwrap
from pathlib import Path

from nn.console.program import say
from nn.console.terminal import fitting, has_terminal, is_plain, run_screen
from nn.console.viewer import draw_image, shrunken
from nn.errors import SettingError
from nn.explaining.story import Page, tell
from nn.explaining.subject import Subject
from nn.reports.explanation_page import write_explanation

_NEXT, _BACK = ("right", "n", " ", "\n", "\r"), ("left", "b")


def explain(subject: Subject, index: int, *, page: Path | None) -> None:
    """Explain the step of a network on one example.

    Args:
        subject: The network and its examples.
        index: Of the first example.
        page: Write this page instead; None to show the step.

    Raises:
        SettingError: there is no such example.
        RunFolderError: the page cannot be written.
    """
    if index >= len(subject.labels):
        raise SettingError(f"--image: expected one of 0 to {len(subject.labels) - 1}, got {index}")
    walk = Walk(subject, index)
    if page:
        write_explanation(page, subject, index, walk.pages)
        say(f"Saved {page}")
    elif has_terminal(sys.stdin, sys.stdout):
        run_screen(sys.stdin, sys.stdout, walk.frame, walk.press)
    else:
        for number, one in enumerate([walk.opening(plain=True), *walk.pages]):
            say("\n".join([*([""] if number else []), one.title, "-" * len(one.title), *one.lines]))


class Walk:
    """A position in the story of a step, changed by keys.

    Args:
        subject: The network and its examples.
        index: Of the first example.
    """

    def __init__(self, subject: Subject, index: int) -> None:
        self.subject = subject
        self.index = index
        self.rank = self.number = self.top = 0
        self.finished = False
        self._tell()

    def _tell(self) -> None:
        self.step = self.subject.step(self.index)
        self.pages = tell(self.step, self.rank)

    def press(self, key: str) -> bool:
        """Do what a key means: next, back, another unit, another image, scroll or quit."""
        if key in _NEXT or key in _BACK:
            self.number += 1 if key in _NEXT else -1
            self.number = min(max(self.number, 0), len(self.pages))
            self.top = 0
        elif key in {"up", "down"}:
            self.top = max(0, self.top + (1 if key == "down" else -1))
        elif key == "u":
            self.rank += 1
            self._tell()
        elif key == "i":
            self.index = (self.index + 1) % len(self.subject.labels)
            self._tell()
        elif key == "q":
            self.finished = True
        else:
            return False
        return True

    def opening(self, *, plain: bool, columns: int = 80, rows: int = 24) -> Page:
        """Return the page before the story: the example and the network."""
        subject = self.subject
        example = subject.describe(self.index)
        lines = [example[0].upper() + example[1:], ""]
        if subject.images is not None:
            image = shrunken(subject.images[self.index], columns, 2 * rows)
            lines += [*draw_image(image, plain), ""]
        lines += [f"{number:3}  {layer!r}" for number, layer in enumerate(self.step.layers, 1)]
        if len(self.step.layers) < len(subject.network.layers):
            lines.append("Dropout is left out: its masks are random.")
        if len(self.step.labels) > 1:
            lines.append(
                f"The step uses {len(self.step.labels)} examples, as batch normalization needs; "
                "the numbers shown for a unit are those of the first."
            )
        return Page(f"One training step: {subject.title}", lines)

    def frame(self, columns: int, rows: int) -> list[str] | None:
        """Return what is on the screen; None after `q`."""
        if self.finished:
            return None
        plain = is_plain(sys.stdout)
        layers = len(self.step.layers)
        opening = self.opening(plain=plain, columns=columns, rows=max(2, rows - layers - 9))
        page = [opening, *self.pages][self.number]
        lines = [part for line in page.lines for part in _broken(line, columns)]
        room = max(1, rows - 3)
        self.top = min(self.top, max(0, len(lines) - room))
        more = " (up and down scroll)" if len(lines) > room else ""
        where = f"{self.number + 1} of {len(self.pages) + 1}{more}"
        keys = fitting(
            columns,
            f"n next   b back   u another unit   i another image   q quit   {where}",
            f"n next  b back  u unit  i image  q quit  {where}",
            "n b u i q",
        )
        shown = lines[self.top : self.top + room]
        return [fitting(columns, page.title), "", *shown, keys][-rows:]


def _broken(line: str, columns: int) -> list[str]:
    """Break a long line between words; those of an image fit, but have invisible codes."""
    if "\x1b" in line or len(line) <= columns:
        return [line]
    return textwrap.wrap(line, columns, subsequent_indent="    ", break_on_hyphens=False)
