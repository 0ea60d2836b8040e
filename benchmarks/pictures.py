"""The README's pictures, from a session of train.py in tmux and its report in Chromium.

    python -m benchmarks.pictures --data-dir DIR

writes `docs/session.png`, `docs/session.txt` (the same session as text, which a test compares with
the program) and `docs/report.png`. It needs tmux, Chromium and Playwright.
"""

import argparse
import html
import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
EPOCHS = "3"
_COLUMNS, _ROWS = 100, 45
_MOST_SECONDS = 120
_PAGE = """<style>body { margin: 0; background: #1d2026 } pre { margin: 0; padding: 14px 18px;
font: 15px/1.35 "DejaVu Sans Mono", monospace; color: #d8dce4; display: inline-block }</style>"""
_COLOURS = ["#555", "#f07178", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dce4"]
# A handwritten 3 on the report's drawing area, in fractions of its side.
_THREE = ((0.3, 0.25), (0.5, 0.15), (0.68, 0.28), (0.6, 0.43), (0.45, 0.48), (0.62, 0.53))
_THREE += ((0.7, 0.68), (0.55, 0.83), (0.3, 0.77))


def record(folder: Path, data_dir: Path, *flags: str) -> str:
    """Train in a terminal with the default answers and return the screen, with escape sequences.

    Args:
        folder: An empty folder to train in; the run is saved there.
        data_dir: The folder of the images.
        flags: For train.py.
    """
    (folder / "data").symlink_to(data_dir.resolve())
    environment = {"PYTHONIOENCODING": "utf-8", "TERM": "tmux-256color", "PYTHONPATH": str(ROOT)}
    variables = [word for one in environment.items() for word in ("-e", "=".join(one))]
    program = [sys.executable, str(ROOT / "train.py"), *flags]

    def tmux(*words: str) -> str:
        command = ["tmux", "-u", "-S", str(folder / "socket"), "-f", "/dev/null", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def wait_for(pattern: str) -> None:
        until = time.monotonic() + _MOST_SECONDS
        while not re.search(pattern, tmux("capture-pane", "-p")):
            if time.monotonic() > until:
                raise TimeoutError(f"no {pattern} in {tmux('capture-pane', '-p')}")
            time.sleep(0.05)

    size = ["-x", str(_COLUMNS), "-y", str(_ROWS), "-c", str(folder)]
    # The shell waits at the end, for the screen to be read.
    shell = f"{subprocess.list2cmdline(program)}; read line"
    tmux("new-session", "-d", *size, *variables, "sh", "-c", shell)
    try:
        for number in range(1, 9):
            wait_for(rf"\[{number}/8\]")
            tmux("send-keys", *([EPOCHS] if number == 8 else []), "Enter")
        wait_for(r"Ready\?")
        tmux("send-keys", "Enter")
        wait_for(r"predict\.py")
        return "$ python train.py\n" + tmux("capture-pane", "-p", "-e").rstrip() + "\n"
    finally:
        tmux("kill-server")


def without_escapes(screen: str) -> str:
    """Return a screen as plain text."""
    return re.sub(r"\x1b\[[0-9;]*m|\x0f", "", screen)


def as_html(screen: str) -> str:
    """Return a screen as HTML, with its bold and coloured text."""
    first, *rest = re.split(r"\x1b\[([0-9;]*)m", screen.replace("\x0f", ""))
    parts, bold, colour = [html.escape(first)], "", ""
    for codes, text in zip(rest[::2], rest[1::2], strict=True):
        if codes in ("", "0"):
            bold = colour = ""
        elif codes == "1":
            bold = "font-weight: bold; "
        elif codes == "39":
            colour = ""
        elif codes.startswith(("3", "38;5;")) and not codes.startswith("38;2"):
            colour = f"color: {_colour(int(codes.removeprefix('38;5;').removeprefix('3')))}"
        parts.append(f'<span style="{bold}{colour}">{html.escape(text)}</span>')
    return f"{_PAGE}<pre>{''.join(parts)}</pre>"


def _colour(number: int) -> str:
    """Return one of a terminal's 256 colours in CSS."""
    if number < 16:
        return _COLOURS[number % 8]
    if number >= 232:
        return f"rgb({', '.join([str(10 * number - 2312)] * 3)})"
    levels = (0, 95, 135, 175, 215, 255)
    red, green, blue = (levels[(number - 16) // share % 6] for share in (36, 6, 1))
    return f"rgb({red}, {green}, {blue})"


def draw_session(page: Any, screen: str, path: Path) -> None:
    """Save a screen as a picture."""
    page.set_content(as_html(screen))
    _save(page.locator("pre").screenshot(), path)


def draw_report(page: Any, report: Path, path: Path) -> None:
    """Draw a digit on a run's report and save what the page shows."""
    page.goto(report.as_uri())
    area = page.locator("#pad").bounding_box()
    places = [(area["x"] + area["width"] * x, area["y"] + area["height"] * y) for x, y in _THREE]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    page.wait_for_timeout(500)
    _save(page.screenshot(), path)


def _save(content: bytes, path: Path) -> None:
    """Save a screenshot with few colours, in a fraction of its size."""
    Image.open(io.BytesIO(content)).convert("RGB").quantize(128).save(path, optimize=True)


def main() -> None:
    """Record a session and draw both pictures."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="folder of MNIST")
    data_dir = parser.parse_args().data_dir
    docs = ROOT / "docs"
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        screen = record(Path(name), data_dir)
        (docs / "session.txt").write_text(without_escapes(screen), encoding="utf-8")
        (report,) = Path(name).glob("saved_files/*/report.html")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1100, "height": 1320}, device_scale_factor=1.5)
        draw_session(page, screen, docs / "session.png")
        draw_report(page, report, docs / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
