"""Waiting for a database that may be away for a while. Optuna itself ends at a lost connection."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import exc

from nn.errors import StoppedError, StudyError
from nn.wording import shorten

_T = TypeVar("_T")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # seconds between two attempts
_BRIEF = 1.0  # seconds of waiting that are not worth a word
_HOPELESS = ("authentication", "password", "denied", "does not exist", "unknown database")
# SQLite's lock, and tables that another process has just created; all else waiting does not help.
_PASSING = ("locked", "busy", "already exists", "unique", "duplicate")


class DatabaseGoneError(StudyError):
    """The database does not answer, and the wait for it is over."""


@dataclass
class Patience:
    """Repeats calls while the database does not answer.

    Attributes:
        seconds: How long to wait in one go.
        on_wait: Called once for each wait, with the database's message.
        should_end: Returns whether to wait no longer.
        ended: The error that ended a wait; later calls do not wait.
    """

    seconds: float
    on_wait: Callable[[str], object] = lambda reason: None
    should_end: Callable[[], bool] = lambda: False
    ended: Exception | None = None

    def __call__(self, call: Callable[[], _T]) -> _T:
        """Return what `call` returns, once it does not fail for want of a database.

        Raises:
            DatabaseGoneError: the wait is over; all later calls are made only once.
            StoppedError: the process should end; the same.
        """
        began, pause, was_said = time.monotonic(), _FIRST_PAUSE, False
        while True:
            try:
                return call()
            except Exception as error:
                if not is_outage(error):
                    raise
                reason = first_line(error)
            waited = time.monotonic() - began
            if self.ended is None and self.should_end():
                self.ended = StoppedError("")
            elif self.ended is None and waited >= self.seconds:
                self.ended = DatabaseGoneError(
                    f"the database does not answer ({reason}); what is finished is kept, and "
                    "the same command continues the search"
                )
            if self.ended is not None:
                raise self.ended
            if waited >= _BRIEF and not was_said:
                was_said = True
                self.on_wait(reason)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def is_outage(error: BaseException) -> bool:
    """Return whether an error may pass when the same is tried again later."""
    while not isinstance(error, exc.DBAPIError):
        if error.__cause__ is None:  # Optuna may have gone on with a connection that is lost
            return isinstance(error, exc.PendingRollbackError)
        error = error.__cause__
    words = str(error.orig).lower()
    if any(word in words for word in _PASSING):
        return True
    of_connection = isinstance(error, exc.OperationalError | exc.InterfaceError)
    lost = error.connection_invalidated or of_connection
    hopeless = isinstance(error.orig, sqlite3.Error) or any(word in words for word in _HOPELESS)
    return lost and not hopeless


def first_line(error: BaseException) -> str:
    """Return what the database's driver said, short and in one line."""
    while (cause := getattr(error, "orig", None) or error.__cause__) is not None:
        error = cause
    return shorten(" ".join(str(error).split()), 80)
