"""The image browser on a pseudo-terminal, and questions that are asked quickly."""

import pytest

from tests.console.browser import PROGRAM
from tests.console.quick_keys import make_key_bindings_once
from tests.programs import OnTerminal


@pytest.fixture(scope="session", autouse=True)
def _quick_keys() -> None:
    make_key_bindings_once()


@pytest.fixture
def start_browser(on_terminal, tmp_path):
    """Return a function that starts the program on a pseudo-terminal, 80 x 24."""
    (tmp_path / "program.py").write_text(PROGRAM)

    def start(*arguments: str, **variables: str) -> OnTerminal:
        return on_terminal(tmp_path / "program.py", *arguments, columns=80, rows=24, env=variables)

    return start
