"""Studies for the tests of searching: in an SQLite file, and in the long tests on servers.

PostgreSQL is started by the tests. MySQL or MariaDB has to run, and `MYSQL_URL` to name an empty
database.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nn.searching.plan import plan_search
from nn.settings.checking import Given
from nn.settings.search_declaration import SearchSettings
from tests.searching.quick_studies import read_migrations_once

if TYPE_CHECKING:
    from nn.searching.study import Study

VARY = "learning_rate: 0.001..1 log, hidden_units: [4, 8]"


@pytest.fixture(scope="session", autouse=True)
def _quick_studies() -> None:
    read_migrations_once()


@pytest.fixture(
    params=[
        "sqlite",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("postgresql", "mysql")),
    ]
)
def storage(request: pytest.FixtureRequest) -> str:
    if request.param == "mysql":
        return os.environ.get("MYSQL_URL") or pytest.skip("MYSQL_URL names no database")
    return "" if request.param == "sqlite" else request.getfixturevalue("postgresql").url


@pytest.fixture
def make(storage: str, tmp_path: Path) -> Iterator[Callable[..., "Study"]]:
    """Return a function that opens the test's study, each time as another process would."""
    from nn.searching.patience import Patience  # needs Optuna, which not everybody has
    from nn.searching.study import Study

    opened = []

    def open_study(fixed=None, **search) -> "Study":
        settings = SearchSettings(
            **{
                "vary": VARY,
                "storage": storage,
                "trials": 4,
                "study": tmp_path.name[:50],
            }
            | search
        )
        fixed = {"save_dir": str(tmp_path)} | (fixed or {})
        given = {name: Given(value, f"--{name}") for name, value in fixed.items()}
        opened.append(Study(plan_search(settings, given), Patience(settings.database_wait)))
        return opened[-1]

    yield open_study
    for study in opened:
        study.close()
