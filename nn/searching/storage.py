"""Where a study is kept: Optuna's own storages, a journal file or a database.

Only here and beside here Optuna is needed; everything else of the program runs without it.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from nn.errors import ProgramError, SettingError
from nn.installation import install_command
from nn.settings.checking import shorten

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

INSTALL = install_command("search")


class StudyError(ProgramError):
    """A study cannot be read, or is another one than was asked for."""

    exit_code = 6


def require_optuna() -> None:
    """Make sure that Optuna is installed, and that it prints nothing of its own.

    Raises:
        StudyError: it is not; says how to install it.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise StudyError(
            f"a search needs {error.name}, which is not installed: {INSTALL}"
        ) from None

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def open_storage(storage: str, folder: Path) -> "BaseStorage":
    """Open the storage that a search names.

    Args:
        storage: A database URL, a journal file's path, or nothing for `study.journal`.
        folder: The study's folder, where that file is.

    Raises:
        SettingError: it cannot be reached.
    """
    if "://" in storage:
        return _open_database(storage)
    from optuna.storages import JournalStorage

    from nn.searching.journal_lock import WholeLinesBackend

    path = Path(storage) if storage else folder / "study.journal"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(WholeLinesBackend(path))
    except OSError as error:
        reason = error.strerror
    except (ValueError, KeyError):  # what a file holds that is no journal
        reason = "it is no journal of a study"
    raise SettingError(f"--storage: {path} cannot be used: {reason}")


def _open_database(url: str) -> "BaseStorage":
    from optuna.exceptions import OptunaError
    from optuna.storages import RDBStorage, get_storage
    from sqlalchemy.exc import SQLAlchemyError

    shown = without_password(url)
    try:
        # A connection that was idle for an epoch may be gone by then.
        return get_storage(RDBStorage(url, engine_kwargs={"pool_pre_ping": True}))
    except ImportError as error:
        raise SettingError(
            f"--storage: {shown} needs a driver that is not installed ({error.name}): {INSTALL} "
            "has the one for postgresql+psycopg://"
        ) from None
    except (SQLAlchemyError, OptunaError, ValueError, OSError) as error:
        cause = error.__cause__ or error
        reason = shorten(" ".join(str(cause).split()), 150)
        raise SettingError(f"--storage: {shown} cannot be reached: {reason}") from None


def close_storage(storage: "BaseStorage") -> None:
    """Close a database's connections; a journal has none."""
    storage.remove_session()
    engine = getattr(getattr(storage, "_backend", None), "engine", None)
    if engine is not None:
        engine.dispose()


def without_password(url: str) -> str:
    """Return a database URL as it may be printed."""
    scheme, separator, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    if not at:
        return url
    user, colon, _ = login.partition(":")
    return f"{scheme}{separator}{user}{':***' if colon else ''}@{place}"
