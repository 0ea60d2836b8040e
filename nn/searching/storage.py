"""The storage of a study: an SQLite file or a database server, through Optuna.

Only searches need Optuna; all other programs run without it.
"""

import ctypes
import logging
import os
import re
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
RESULT = "result"  # what is noted of a trial when it has ended


def require_optuna() -> None:
    """Check that Optuna is installed, and silence its messages and those of the driver.

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
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # a lost connection is no news to us
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def open_storage(plan: SearchPlan, patience: "Patience") -> "PatientStorage":
    """Open the storage of a search: a database URL, an SQLite file, or `study.db` in its folder.

    Args:
        plan: The plan of the search.
        patience: Repeats what the database could not do.

    Raises:
        SettingError: the storage cannot be used.
        DatabaseGoneError: the database does not answer.
    """
    from optuna.exceptions import OptunaError
    from sqlalchemy.exc import SQLAlchemyError

    from nn.searching.database import PatientStorage
    from nn.searching.patience import first_line

    url = plan.search.storage
    shown = without_password(url)
    try:
        if "://" not in url:
            path = Path(url or plan.folder / "study.db")
            journal = path.with_suffix(".journal")
            path = path.with_suffix(".db") if path == journal else path
            shown, url = str(path), f"sqlite:///{path}"
            path.parent.mkdir(parents=True, exist_ok=True)
            if journal.is_file() and not path.exists():
                convert_journal(journal, path)
            path.touch()  # says what is wrong better than SQLite does
        return patience(lambda: PatientStorage(url, plan, patience))
    except (ImportError, OSError, SQLAlchemyError, OptunaError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        reason = reason.replace(password_of(url) or "\n", "***")
        if isinstance(error, ImportError):
            reason += f". {INSTALL} has the driver for postgresql+psycopg://"
        raise SettingError(f"--storage: {shown} cannot be used: {reason}") from None


def convert_journal(journal: Path, database: Path) -> None:
    """Write the studies of a journal to a new SQLite file, completely or not at all.

    Earlier versions kept studies in journals, with a trial for each place of the search.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import TrialState

    part = database.with_name(f".{database.name}.{os.getpid():08x}.part")
    try:
        old = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
        new = optuna.storages.RDBStorage(f"sqlite:///{part}")
        for study in old.get_all_studies():
            name, direction = study.study_name, study.direction
            copy = optuna.create_study(storage=new, study_name=name, direction=direction)
            for key, value in study.user_attrs.items():
                copy.set_user_attr(key, value)
            places: dict[int, optuna.trial.FrozenTrial] = {}
            for trial in old.get_all_trials(study._study_id):
                noted = trial.user_attrs
                place = noted.pop("place")
                places.setdefault(place, optuna.trial.create_trial(state=TrialState.WAITING))
                if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
                    if "epochs" not in noted:  # settings that exclude each other
                        noted = {"outcome": "impossible", "reason": noted.get("outcome", "")}
                    trial.user_attrs = {RESULT: noted}
                    places[place] = trial
            copy.add_trials([trial for _, trial in sorted(places.items())])
        new.engine.dispose()
        with suppress(FileExistsError):  # another process was faster
            os.link(part, database)
    except (KeyError, ValueError):
        raise ValueError("it is not the journal of a study") from None
    finally:
        part.unlink(missing_ok=True)


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
    if not secrets:
        return
    with suppress(OSError, ValueError, IndexError):
        fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        start, end = map(int, fields.rpartition(")")[2].split()[45:47])  # see proc(5)
        line = ctypes.string_at(start, end - start)
        for secret in secrets:
            line = line.replace(secret.encode(), b"*" * len(secret.encode()))
        ctypes.memmove(start, line, len(line))
