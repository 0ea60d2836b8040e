"""Make docs/learn.ipynb of docs/learn.md: `python -m docs.make_notebook`."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import v4

PAGE = Path(__file__).with_name("learn.md")
_CODE = re.compile(r"```python\n(.*?)```\n", re.S)


def blocks() -> Iterator[tuple[str, str]]:
    """Yield the page's parts: "text", "code", or "quote" (of a file) and "mnist", not to be run."""
    for number, part in enumerate(_CODE.split(PAGE.read_text(encoding="utf-8"))):
        if number % 2 == 0:
            kind = "text"
        elif part.startswith("# nn/"):
            kind = "quote"
        else:
            kind = "mnist" if part.startswith("# with MNIST") else "code"
        if part.strip():
            yield kind, part.strip()


def notebook() -> nbformat.NotebookNode:
    """Return the page as a notebook; what is not to be run stays text."""
    cells = []
    for number, (kind, part) in enumerate(blocks()):
        if kind == "code":
            cells.append(v4.new_code_cell(part, id=f"part-{number}"))
        else:
            text = part if kind == "text" else f"```python\n{part}\n```"
            cells.append(v4.new_markdown_cell(text, id=f"part-{number}"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


if __name__ == "__main__":
    nbformat.write(notebook(), PAGE.with_suffix(".ipynb"))
