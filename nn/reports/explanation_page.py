"""The explanation of a training step as a page to read and to print."""

import base64
from collections.abc import Sequence
from pathlib import Path

from nn.explaining.story import Page
from nn.explaining.subject import Subject
from nn.files.atomic_write import write_atomically
from nn.files.file_errors import writing
from nn.files.regular_file import printable
from nn.reports.image_sprite import make_sprite
from nn.reports.pages import content_policy, page_source, render_page


def write_explanation(path: Path, subject: Subject, index: int, pages: Sequence[Page]) -> None:
    """Write a page about the step on one example.

    Args:
        path: The file to write.
        subject: Whose step it is.
        index: Of the example.
        pages: The story.

    Raises:
        RunFolderError: The file cannot be written.
    """
    style = page_source("explanation.css")
    image = ""
    if subject.images is not None:
        image = base64.b64encode(make_sprite(subject.images[index : index + 1])[0]).decode("ascii")
    with writing(path):
        page = render_page(
            "explanation.html",
            title=printable(subject.title),
            policy=content_policy(style),
            style=style,
            image=image,
            example=printable(subject.describe(index)),
            pages=pages,
        )
        write_atomically(path, page)
