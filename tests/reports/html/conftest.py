"""Where the report's scripts run: Node for single functions, Chromium for the whole page."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nn.datasets.drawn_digits import draw_digits
from nn.datasets.idx import write_idx
from nn.reports.html_report import write_html_report
from nn.runs.experiment import FinishedRun, run_experiment
from nn.runs.saved_run import load_run
from nn.settings.declaration import Settings
from tests.made_once import make_once
from tests.reports.html.on_page import opened

SOURCES = Path(__file__).resolve().parents[3] / "nn" / "reports" / "html"
# No screen, and no word to its makers: whatever leaves the browser must have come from the page.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
NO_BROWSER = "install Chromium (Debian: apt-get install chromium) and pip install playwright"


_RUNNING = ExitStack()  # Chromium, and the page that tests share


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End Chromium when tests of other folders follow.

    Playwright has an event loop of its own running meanwhile, which the questions' tests could not
    start theirs beside.
    """
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        _chromium.cache_clear()
        _shared_page.cache_clear()
        _RUNNING.close()


@cache
def _chromium(path: str) -> Any:
    from playwright.sync_api import sync_playwright

    started = _RUNNING.enter_context(sync_playwright())
    return _RUNNING.enter_context(started.chromium.launch(executable_path=path, args=list(FLAGS)))


@pytest.fixture(scope="module")
def browser() -> Any:
    """Return a running Chromium, or skip the test where there is none."""
    pytest.importorskip("playwright.sync_api", reason=NO_BROWSER)
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    path = next(found, None)
    if not path:
        pytest.skip(NO_BROWSER)
    return _chromium(path)


@pytest.fixture(scope="module")
def run_script(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return a function that calls a JavaScript function and gives back its result as JSON.

    `scripts` is a file of the report's or several, `function` an expression that is one function.
    """
    node = shutil.which("node")

    def paths(scripts: str | tuple[str, ...]) -> list[Path]:
        return [SOURCES / name for name in ((scripts,) if isinstance(scripts, str) else scripts)]

    def in_node(scripts: str | tuple[str, ...], function: str, argument: Any) -> Any:
        source = "\n".join(path.read_text(encoding="utf-8") for path in paths(scripts))
        call = f"console.log(JSON.stringify(({function})({json.dumps(argument)})));"
        done = subprocess.run(
            [str(node), "-"], input=f"{source}\n{call}", capture_output=True, encoding="utf-8",
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def in_browser(scripts: str | tuple[str, ...], function: str, argument: Any) -> Any:
        page = request.getfixturevalue("browser").new_page()
        for path in paths(scripts):
            page.add_script_tag(path=path)
        result = page.evaluate(function, argument)
        page.close()
        return result

    return in_node if node else in_browser


@dataclass(frozen=True)
class Reported:
    """A run that reads digits well enough to be asked, and its page."""

    run: FinishedRun
    page: Path


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """Train a network on a few drawn digits, in two seconds, and write its page."""

    def make(place: Path) -> Reported:
        for stem, count, seed in (("train", 4000, 1), ("t10k", 1200, 2)):
            digits = draw_digits(count, np.random.default_rng(seed))
            write_idx(place / f"{stem}-images-idx3-ubyte.gz", digits.images)
            write_idx(place / f"{stem}-labels-idx1-ubyte.gz", digits.labels.astype(np.uint8))
        settings = Settings(
            data_dir=str(place), dataset="mnist", save_dir=str(place / "runs"), name="digits",
            split="official", validation_size=500, optimizer="adam", batch_size=32, epochs=6,
        )  # fmt: skip
        run = run_experiment(settings, snapshots=True)
        return Reported(run, write_html_report(load_run(run.folder), run.result, run.predictions))

    return make_once(tmp_path_factory, "reported", make)


Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, reported: Reported) -> Iterator[Open]:
    """Return a function that opens the report in a window of its own."""
    with ExitStack() as stack:
        address = reported.page.as_uri()
        yield lambda *size, **words: stack.enter_context(opened(browser, address, *size, **words))


@cache
def _shared_page(browser: Any, address: str) -> Any:
    return _RUNNING.enter_context(opened(browser, address))


@pytest.fixture
def page(browser: Any, reported: Reported) -> Any:
    """Return the report in the window of all tests, in its first size, with nothing drawn.

    Opening it takes two seconds.
    """
    shared = _shared_page(browser, reported.page.as_uri())
    shared.set_viewport_size({"width": 1200, "height": 900})
    shared.evaluate("document.activeElement.blur(); byId('one-image').close()")
    shared.evaluate("byId('clear').click()")
    shared.wait_for_function("() => byId('answer').textContent === ''")
    return shared
