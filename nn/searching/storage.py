"""The storage of a study: a journal file or a database, through Optuna.

Only searches need Optuna; all other programs run without it.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from nn.errors import ProgramError, SettingError
from nn.installation import install_command
from nn.wording import shorten

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

INSTALL = install_command("search")


class StudyError(ProgramError):
    """A study cannot be read, or its plan differs from the requested one."""

    exit_code = 6


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


def open_storage(storage: str, folder: Path) -> "BaseStorage":
    """Open the storage of a search.

    Args:
        storage: A database URL or a journal file's path; empty for `study.journal`.
        folder: The study's folder, which contains `study.journal`.

    Raises:
        SettingError: the storage cannot be reached.
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
    except (ValueError, KeyError):  # the file is not a journal
        reason = "it is not the journal of a study"
    raise SettingError(f"--storage: {path} cannot be used: {reason}")


def _open_database(url: str) -> "BaseStorage":
    from optuna.exceptions import OptunaError
    from optuna.storages import RDBStorage, get_storage
    from sqlalchemy.exc import SQLAlchemyError

    shown = without_password(url)
    try:
        # A connection may be lost while it is idle for an epoch.
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
    """Close the connections to a database; a journal has none."""
    storage.remove_session()
    engine = getattr(getattr(storage, "_backend", None), "engine", None)
    if engine is not None:
        engine.dispose()


def without_password(url: str) -> str:
    """Return a database URL without its password, for printing."""
    scheme, separator, rest = url.partition("://")
    login, at, host = rest.rpartition("@")
    if not at:
        return url
    user, colon, _ = login.partition(":")
    return f"{scheme}{separator}{user}{':***' if colon else ''}@{host}"
