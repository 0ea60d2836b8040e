"""What a terminal shows after a program has moved its cursor and erased what it wrote."""

import io
import re


def what_remains(text: str) -> list[str]:
    """Return the lines that stand on a terminal after all of `text` was written to it."""
    lines, row, column, remembered = [""], 0, 0, (0, 0)
    pattern = r"\x1b\[([0-9;?]*)([A-Za-z])|(?:\x1b([78]))|([^\x1b])"
    for count, code, cursor, char in re.findall(pattern, text):
        if cursor == "7":
            remembered = row, column
        elif cursor == "8":
            row, column = remembered
        elif code == "A":
            row -= int(count or 1)
        elif code in ("C", "D"):
            column = max(0, column + int(count or 1) * (1 if code == "C" else -1))
        elif char == "\b":
            column -= 1
        elif code in ("J", "K"):
            lines[row] = lines[row][:column]
            lines[row + 1 :] = [] if code == "J" else lines[row + 1 :]
        elif char == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif char == "\r":
            column = 0
        elif char:
            lines[row] = lines[row][:column].ljust(column) + char + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines if line.strip()]


class EditorShell(io.TextIOBase):
    """The shell window of an editor, as IDLE's: a terminal by its word, without a descriptor."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)
