"""Optuna's storage in a database that may be away for a while: calls wait and are repeated.

Optuna itself ends a worker at the first lost connection. Its heartbeats also miss trials whose
process died before the first one, and take every trial for dead after a suspended machine wakes up.
"""

import copy
import sqlite3
import time
from collections.abc import Callable, Container
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar

from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy import Engine, exc, func, select, update

from nn.errors import StudyError
from nn.wording import shorten

_T = TypeVar("_T")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0  # seconds between two attempts
_BRIEF = 1.0  # seconds of waiting that are not worth a word
_HOPELESS = ("authentication", "password", "denied", "does not exist", "unknown database")
# SQLite's lock, and tables that another process has just created; all else waiting does not help.
_PASSING = ("locked", "busy", "already exists", "unique", "duplicate")


class DatabaseGoneError(StudyError):
    """The database does not answer, and the wait for it is over."""


class Patience:
    """Repeats calls while the database does not answer.

    Args:
        seconds: How long to wait in one go.
        on_wait: Called once for each wait, with the database's message.
        check: Called before each attempt; may raise an error that ends the wait.
        clock: Returns the time in seconds.
        pause: Waits for a number of seconds.

    Attributes:
        ended: The error that ended a wait; later calls do not wait.
    """

    def __init__(
        self,
        seconds: float,
        on_wait: Callable[[str], None] = lambda reason: None,
        check: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds = seconds
        self._on_wait = on_wait
        self._check = check
        self._clock = clock
        self._pause = pause
        self.ended: Exception | None = None

    def __call__(self, call: Callable[[], _T]) -> _T:
        """Return what `call` returns, once it does not fail for want of a database.

        Raises:
            DatabaseGoneError: the wait is over; all later calls are made only once.
        """
        began, pause, was_said = self._clock(), _FIRST_PAUSE, False
        while True:
            try:
                return call()
            except Exception as error:
                if not is_outage(error):
                    raise
                reason = first_line(error)
            waited = self._clock() - began
            try:
                if self.ended is not None:
                    raise self.ended
                self._check()
                if waited >= self._seconds:
                    raise DatabaseGoneError(
                        f"the database does not answer ({reason}); what is finished is kept, and "
                        "the same command continues the search"
                    )
            except Exception as error:
                self.ended = error
                raise
            if waited >= _BRIEF and not was_said:
                was_said = True
                self._on_wait(reason)
            self._pause(pause)
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
    lost = error.connection_invalidated or isinstance(
        error, exc.OperationalError | exc.InterfaceError
    )
    hopeless = isinstance(error.orig, sqlite3.Error) or any(word in words for word in _HOPELESS)
    return lost and not hopeless


def first_line(error: BaseException) -> str:
    """Return what the database's driver said, short and in one line."""
    while (cause := getattr(error, "orig", None) or error.__cause__) is not None:
        error = cause
    return shorten(" ".join(str(error).split()), 80)


class PatientStorage(RDBStorage):
    """Optuna's storage with patience, and heartbeats that survive outages and suspended machines.

    Args:
        url: The database.
        patience: Repeats what the database could not do.
        dead_after: Seconds without a heartbeat after which a trial's process counts as dead.
        options: Further arguments of `RDBStorage`.
    """

    def __init__(self, url: str, patience: Patience, dead_after: float, **options: Any) -> None:
        interval = max(1, round(dead_after / 4))
        try:
            super().__init__(
                url.replace("{", "{{").replace("}", "}}"),  # Optuna formats it
                heartbeat_interval=interval,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
                **options,
            )
        except Exception:
            if hasattr(self, "engine"):  # its connections would stay open
                self.engine.dispose()
            raise
        self.patience = patience
        self._interval, self._dead_after = interval, dead_after
        self._looked = float("-inf")
        self._suspects: dict[int, float] = {}

    def record_heartbeat(self, trial_id: int) -> None:
        """Try once: if the database is away, the next heartbeat will do."""
        with suppress(Exception):
            super().record_heartbeat(trial_id)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Any = None) -> bool:
        """Change a trial's state, one process at a time.

        If the connection broke off, this may have succeeded before.
        """
        trial, attempts = models.TrialModel, 0
        # SQLite locks a trial only when it is written, which is after Optuna has read its state.
        lock = update(trial).where(trial.trial_id == trial_id).values(state=trial.state)

        def change() -> bool:
            nonlocal attempts
            attempts += 1
            try:
                with _create_scoped_session(self.scoped_session) as session:
                    session.execute(lock)
                    return RDBStorage.set_trial_state_values(self, trial_id, state, values)
            except UpdateFinishedTrialError:
                if attempts > 1 and RDBStorage.get_trial(self, trial_id).state == state:
                    return True
                raise

        return self.patience(change)

    def has_waiting(self, study_id: int) -> bool:
        """Return whether a trial waits for a process."""
        trial = models.TrialModel
        query = select(trial.trial_id).where(trial.study_id == study_id)
        with self.engine.connect() as connection:
            waiting = query.where(trial.state == TrialState.WAITING).limit(1)
            return connection.execute(waiting).first() is not None

    def repeats_before(self, study_id: int, number: int) -> int:
        """Return how many trials with a lower number repeat another one."""
        trial, note = models.TrialModel, models.TrialSystemAttributeModel
        query = select(func.count()).select_from(trial).join(note)
        query = query.where(trial.study_id == study_id, trial.number < number)
        with self.engine.connect() as connection:
            counted = connection.execute(query.where(note.key == "retry_history"))
            return int(counted.scalar_one() or 0)

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        """Return the trials that had no heartbeat at two looks, at least an interval apart.

        In between, a process that was suspended, or lost the database, sends one.
        """
        now = time.monotonic()
        if now - self._looked < self._interval:
            return []
        self._looked = now
        trial, beat = models.TrialModel, models.TrialHeartbeatModel
        with self.scoped_session() as session:
            query = session.query(trial.trial_id, beat.heartbeat, func.now()).outerjoin(beat)
            running = query.filter(trial.study_id == study_id, trial.state == TrialState.RUNNING)
            ages = {
                one: at and (there.replace(tzinfo=None) - at).total_seconds()
                for one, at, there in running.all()
            }
        # A trial without any heartbeat may have begun just now.
        needed = {
            one: self._dead_after if age is None else self._interval
            for one, age in ages.items()
            if age is None or age > self._dead_after
        }
        self._suspects = {one: self._suspects.get(one, now) for one in needed}
        return [one for one, since in self._suspects.items() if now - since >= needed[one]]


def add_missing_indexes(engine: Engine) -> None:
    """Complete tables whose creation was interrupted; without an index, two studies get one name.

    SQLite's driver creates each table and each index by itself, and Optuna never looks again.
    """
    for table in models.BaseModel.metadata.sorted_tables:
        for index in table.indexes:
            index.create(engine, checkfirst=True)


class QuickStorage(_CachedStorage):
    """Optuna's cache in front of the storage, without reading all trials for each new one."""

    _backend: PatientStorage
    known: FrozenTrial | None = None  # what the next reading would find

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Create a trial, and remember a new one: Optuna reads it next."""
        trial_id = super().create_new_trial(study_id, template_trial)
        if template_trial is None:
            study_id, number = self._trial_id_to_study_id_and_number[trial_id]
            self.known = copy.deepcopy(self._studies[study_id].trials[number])
        return trial_id

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial."""
        known, self.known = self.known, None
        if known is not None and known._trial_id == trial_id:
            return known
        return super().get_trial(trial_id)

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: "Container[TrialState] | None" = None,
    ) -> list[FrozenTrial]:
        """Return the trials; if only waiting ones are wanted, look first whether there are any."""
        if states == (TrialState.WAITING,) and not self._backend.has_waiting(study_id):
            return []
        return super().get_all_trials(study_id, deepcopy, states)

    def repeats_before(self, trial: "Trial") -> int:
        """Return how many trials that were created before this one repeat another one."""
        study_id, number = self._trial_id_to_study_id_and_number[trial._trial_id]
        return self._backend.repeats_before(study_id, number)


def _patient(name: str) -> Any:
    method = getattr(PatientStorage, name)

    @wraps(method)
    def call(self: PatientStorage, *values: Any, **words: Any) -> Any:
        return self.patience(lambda: method(self, *values, **words))

    return call


for _name in (
    "create_new_study", "get_study_id_from_name", "get_study_name_from_id", "get_study_directions",
    "set_study_user_attr", "get_study_user_attrs", "set_study_system_attr",
    "get_study_system_attrs", "_create_new_trial", "_set_trial_param", "get_trial", "_get_trials",
    "get_trial_id_from_study_id_trial_number", "get_trial_user_attrs", "get_trial_system_attrs",
    "set_trial_user_attr", "set_trial_system_attr", "set_trial_intermediate_value",
    "_get_stale_trial_ids", "has_waiting", "repeats_before",
):  # fmt: skip
    setattr(PatientStorage, _name, _patient(_name))
