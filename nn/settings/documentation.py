"""The README's table of settings, made from the declaration so that it cannot fall behind.

`python -m nn.settings.documentation README.md` writes it anew between the two markers.
"""

import sys
from pathlib import Path

from nn.settings.declaration import SETTINGS
from nn.settings.setting import Setting
from nn.whole_file import write_whole

START = "<!-- settings: written by `python -m nn.settings.documentation README.md` -->"
END = "<!-- end of settings -->"


def settings_table() -> str:
    """Return the table of all settings in Markdown."""
    rows = ["| setting | takes | default | what it is |", "|---|---|---|---|"]
    return "\n".join(rows + [_row(setting) for setting in SETTINGS.values()])


def _row(setting: Setting) -> str:
    default = setting.show(setting.default)
    cells = [
        f"`{setting.name}`",
        setting.expected,
        f"`{default}`" if default else "",
        setting.help,
    ]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def with_current_table(text: str) -> str:
    """Return a document with the table between its two markers made anew.

    Raises:
        ValueError: the document does not have both markers.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"the document needs the lines {START!r} and {END!r}")
    return f"{before}{START}\n{settings_table()}\n{END}{after}"


if __name__ == "__main__":
    document = Path(sys.argv[1])
    write_whole(document, with_current_table(document.read_text(encoding="utf-8")))
