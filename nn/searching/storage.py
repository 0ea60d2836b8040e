"""The storage of a study: an SQLite file or a database server, through Optuna.

Only searches need Optuna; all other programs run without it.
"""

import ctypes
import re
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.errors import SettingError, StudyError
from nn.installation import install_command
from nn.searching.journal import convert_journal

if TYPE_CHECKING:
    from nn.searching.database import Patience, QuickStorage

INSTALL = install_command("search")
FILE, JOURNAL = "study.db", ".journal"


def require_optuna() -> None:
    """Check that Optuna is installed, and silence its own messages.

    Raises:
        StudyError: Optuna is missing; the message says how to install it.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise StudyError(
            f"a search needs {error.name}, which is not installed: {INSTALL}"
        ) from None

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def open_storage(
    storage: str, folder: Path, patience: "Patience", dead_after: float, *, create: bool = True
) -> "QuickStorage":
    """Open the storage of a search.

    Args:
        storage: A database URL or the path of an SQLite file; empty for `study.db`.
        folder: The study's folder, which contains `study.db`.
        patience: Repeats what the database could not do.
        dead_after: Seconds without a heartbeat after which a trial's process counts as dead.
        create: Whether to create its tables if necessary, and check them.

    Raises:
        SettingError: the storage cannot be used.
        DatabaseGoneError: the database does not answer.
    """
    from optuna.exceptions import OptunaError
    from sqlalchemy import event, exc

    from nn.searching.database import (
        PatientStorage,
        QuickStorage,
        add_missing_indexes,
        first_line,
    )

    shown = without_password(storage) if "://" in storage else str(_file(storage, folder))
    url = storage if "://" in storage else f"sqlite:///{_file(storage, folder)}"
    engine: dict[str, Any] = {"pool_size": 1, "max_overflow": 1}
    if url.startswith("sqlite"):
        engine = {"connect_args": {"timeout": 30}}
    skip = {"skip_table_creation": not create, "skip_compatibility_check": not create}
    try:
        if "://" not in storage:
            path = _file(storage, folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            if (journal := path.with_suffix(JOURNAL)).is_file() and not path.exists():
                convert_journal(journal, path)
            path.touch()  # says what is wrong better than SQLite does
        opened = patience(
            lambda: PatientStorage(url, patience, dead_after, engine_kwargs=engine, **skip)
        )
        if create:
            patience(lambda: add_missing_indexes(opened.engine))
        if url.startswith("sqlite"):
            event.listen(opened.engine, "connect", _make_quick)
            opened.engine.dispose()
        return QuickStorage(opened)
    except ImportError as error:
        raise SettingError(
            f"--storage: {shown} needs a driver that is not installed ({error.name}): {INSTALL} "
            "has the one for postgresql+psycopg://"
        ) from None
    except OSError as error:
        raise SettingError(f"--storage: {shown} cannot be used: {error.strerror}") from None
    except (exc.SQLAlchemyError, OptunaError, ValueError, RuntimeError) as error:
        reason = first_line(error).replace(password_of(storage) or "\n", "***")
        raise SettingError(f"--storage: {shown} cannot be used: {reason}") from None


def _file(storage: str, folder: Path) -> Path:
    path = Path(storage) if storage else folder / FILE
    return path.with_suffix(".db") if path.suffix == JOURNAL else path


def _make_quick(connection: Any, record: object) -> None:
    """Let readers of an SQLite file not wait for its writer, and wait for the disk less often.

    If the power fails, the last trials may be missing in the file; their runs are found again.
    """
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def close_storage(storage: "QuickStorage") -> None:
    """Close the connections to the database."""
    storage.remove_session()
    storage._backend.engine.dispose()


# Passwords ---------------------------------------------------------------------------------------

_IN_LOGIN = re.compile(r"(?<=://)([^/?#]*?):(.*)(?=@)")
_IN_QUERY = re.compile(r"(?<=[?&])(password|passwd|pwd)=([^&#]*)&?", re.IGNORECASE)


def password_of(url: str) -> str:
    """Return the password in a database URL; empty if there is none."""
    found = _IN_LOGIN.search(url) or _IN_QUERY.search(url)
    return found[2] if found else ""


def without_password(url: str) -> str:
    """Return a database URL without its password, for printing."""
    return _IN_QUERY.sub("", _IN_LOGIN.sub(r"\1", url)).rstrip("?&")


def hide_password(words: list[str]) -> None:
    """Overwrite the passwords of database URLs in what the list of processes shows (Linux)."""
    secrets = [secret for word in words if "://" in word and (secret := password_of(word))]
    if not secrets or not sys.platform.startswith("linux"):
        return
    with suppress(OSError, ValueError, IndexError):
        fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        start, end = map(int, fields.rpartition(")")[2].split()[45:47])  # see proc(5)
        line = ctypes.string_at(start, end - start)
        for secret in secrets:
            line = line.replace(secret.encode(), b"*" * len(secret.encode()))
        ctypes.memmove(start, line, len(line))
