"""The tables of settings in `docs/settings.md`, made from the declarations.

`python -m nn.settings.documentation docs/settings.md` updates both, each between its markers.
"""

import sys
from pathlib import Path
from typing import Any

from nn.files.atomic_write import write_atomically
from nn.settings.declaration import TRAINING
from nn.settings.search_declaration import SEARCH
from nn.settings.setting import Declaration, Setting

START = "<!-- settings: written by `python -m nn.settings.documentation docs/settings.md` -->"
SEARCH_START = START.replace("settings:", "settings of a search:")
END = "<!-- end of settings -->"


def settings_table(declared: Declaration[Any] = TRAINING) -> str:
    """Return the table of all settings of a declaration in Markdown."""
    rows = ["| setting | values | default | meaning |", "|---|---|---|---|"]
    return "\n".join(rows + [_row(setting) for setting in declared.settings.values()])


def _row(setting: Setting) -> str:
    default = setting.show(setting.default)
    cells = [
        f"`{setting.name}`",
        setting.expected,
        f"`{default}`" if default else "",
        setting.help,
    ]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def with_current_tables(text: str) -> str:
    """Return a document with both tables updated, each between its markers.

    Raises:
        ValueError: the document does not have the markers.
    """
    for start, declared in ((START, TRAINING), (SEARCH_START, SEARCH)):
        before, found, rest = text.partition(start)
        _, end, after = rest.partition(END)
        if not (found and end):
            raise ValueError(f"the document needs the lines {start!r} and {END!r}")
        text = f"{before}{start}\n{settings_table(declared)}\n{END}{after}"
    return text


if __name__ == "__main__":
    document = Path(sys.argv[1])
    write_atomically(document, with_current_tables(document.read_text(encoding="utf-8")))
