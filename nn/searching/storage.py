"""The storage of a study: an SQLite file or a database server, through Optuna.

Only searches need Optuna; all other programs run without it.
"""

import ctypes
import re
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nn.errors import SettingError, StudyError
from nn.installation import install_command
from nn.searching.plan import SearchPlan

if TYPE_CHECKING:
    from nn.searching.database import PatientStorage
    from nn.searching.patience import Patience

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


def open_storage(plan: SearchPlan, patience: "Patience", *, create: bool) -> "PatientStorage":
    """Open the storage of a search: a database URL, an SQLite file, or `study.db` in its folder.

    Args:
        plan: The plan of the search.
        patience: Repeats what the database could not do.
        create: Whether to create its tables if necessary, and check them.

    Raises:
        SettingError: the storage cannot be used.
        DatabaseGoneError: the database does not answer.
    """
    from optuna.exceptions import OptunaError
    from sqlalchemy.exc import SQLAlchemyError

    from nn.searching.database import PatientStorage
    from nn.searching.journal import convert_journal
    from nn.searching.patience import first_line

    url, dead_after = plan.search.storage, plan.search.dead_after
    shown = without_password(url)
    try:
        if "://" not in url:
            path = Path(url or plan.folder / FILE)
            if path.suffix == JOURNAL:
                path = path.with_suffix(".db")
            shown, url = str(path), f"sqlite:///{path}"
            path.parent.mkdir(parents=True, exist_ok=True)
            if (journal := path.with_suffix(JOURNAL)).is_file() and not path.exists():
                convert_journal(journal, path)
            path.touch()  # says what is wrong better than SQLite does
        return patience(
            lambda: PatientStorage(url, patience, dead_after, plan.trials, create=create)
        )
    except ImportError as error:
        raise SettingError(
            f"--storage: {shown} needs a driver that is not installed ({error.name}): {INSTALL} "
            "has the one for postgresql+psycopg://"
        ) from None
    except (OSError, SQLAlchemyError, OptunaError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        reason = reason.replace(password_of(url) or "\n", "***")
        raise SettingError(f"--storage: {shown} cannot be used: {reason}") from None


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
