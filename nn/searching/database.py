"""Optuna's storage with patience, without a trial too many, and with few statements per trial.

Optuna creates a trial for everybody who asks, and writes each value by itself. Its heartbeats miss
trials whose process died before the first one, and take every trial for dead after a suspended
machine wakes up.
"""

import json
import sqlite3
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import wraps
from itertools import groupby
from operator import itemgetter
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from nn.searching.patience import Patience
from nn.searching.plan import SearchPlan

_RUNNING, _WAITING = TrialState.RUNNING, TrialState.WAITING
_TABLES: dict[str, Table] = models.BaseModel.metadata.tables
_STUDIES, _TRIALS, _BEATS = map(_TABLES.__getitem__, ("studies", "trials", "trial_heartbeats"))
_OF_ATTEMPT = ("trial_heartbeats", "trial_intermediate_values", "trial_user_attributes")
_ATTEMPT = "attempt"  # a trial's note of how often it has begun, if more than once
_SECOND, _FAR = timedelta(seconds=1), datetime(9999, 1, 1)
# The process that repeats a trial begins at least two seconds later, so that MySQL, which rounds
# times to seconds, tells the two apart.
_CHANGE = update(_TRIALS).where(
    _TRIALS.c.trial_id == bindparam("trial"),
    _TRIALS.c.state == _RUNNING,
    _TRIALS.c.datetime_start < bindparam("until"),
)


class _QuickConnection(sqlite3.Connection):
    """Lets readers of an SQLite file not wait for its writer, and waits for the disk less often.

    If the power fails, the last trials may be missing in the file; their runs are found again.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        with suppress(sqlite3.Error):  # if the file is wrong, the first query says so
            self.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")


class UnneededError(Exception):
    """Every trial of the search is finished or running."""


class PatientStorage(_CachedStorage):
    """Optuna's storage with patience. A trial that fails waits until a process repeats it.

    A trial is written when it begins and when it ends. In between, Optuna's own copy holds what it
    reports.
    """

    _backend: RDBStorage

    def __init__(self, url: str, plan: SearchPlan, patience: Patience) -> None:
        """Open the database of a search; create its tables if necessary, and check them."""
        self._plan, self._patience = plan, patience
        self.attempt = 1  # how often the current trial has begun
        self._interval = max(1, round(plan.search.dead_after / 4))
        self._current: FrozenTrial | None = None
        self._written = 0  # rows of the current trial
        self._looked, self._silent = float("-inf"), set[int]()
        options: dict[str, Any] = {"pool_size": 1, "max_overflow": 1}
        if url.startswith("sqlite"):
            options = {"connect_args": {"timeout": 30, "factory": _QuickConnection}}
        super().__init__(RDBStorage.__new__(RDBStorage))
        try:
            self._backend.__init__(  # type: ignore[misc]
                url.replace("{", "{{").replace("}", "}}"),  # Optuna formats it
                options,
                heartbeat_interval=self._interval,
                grace_period=round(plan.search.dead_after),
            )
        except Exception:
            with suppress(AttributeError):  # it may have failed without an engine
                self.close()
            raise

    def close(self) -> None:
        """Close the connections to the database."""
        self._backend.remove_session()
        self._backend.engine.dispose()

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Take the first trial that waits to be repeated, or create the next one.

        Raises:
            UnneededError: there is none.
        """
        of_study, wanted, start = _TRIALS.c.study_id == study_id, self._plan.trials, _now()
        with self._backend.engine.begin() as connection:
            # A change that changes nothing locks the row in every kind of database.
            change = update(_STUDIES).values(study_name=_STUDIES.c.study_name)
            connection.execute(change.where(_STUDIES.c.study_id == study_id))
            needed = of_study & (_TRIALS.c.state == _WAITING) & (_TRIALS.c.number < wanted)
            waiting = select(_TRIALS.c.trial_id, _TRIALS.c.datetime_start).order_by("number")
            failed = connection.execute(waiting.where(needed)).first()
            if failed:
                trial_id, before = failed
                start = max(start, before + 2 * _SECOND) if before else start
                change = update(_TRIALS).where(_TRIALS.c.trial_id == trial_id)
                connection.execute(change.values(state=_RUNNING, datetime_start=start))
                for table in map(_TABLES.__getitem__, _OF_ATTEMPT):
                    connection.execute(delete(table).where(table.c.trial_id == trial_id))
            else:
                number = connection.scalar(select(func.count()).where(of_study)) or 0
                if number >= wanted:
                    raise UnneededError
                row = {"study_id": study_id, "number": number, "state": _RUNNING}
                made = connection.execute(insert(_TRIALS), row | {"datetime_start": start})
                trial_id = made.inserted_primary_key[0]  # type: ignore[index]
            connection.execute(insert(_BEATS), {"trial_id": trial_id})
        if failed:
            self._current = trial = self._backend.get_trial(trial_id)
            self.attempt = trial.system_attrs.get(_ATTEMPT, 1) + 1
            self._backend.set_trial_system_attr(trial_id, _ATTEMPT, self.attempt)
        else:
            self._current = trial = create_trial(state=_RUNNING)
            trial.number, trial._trial_id, trial.datetime_start = number, trial_id, start
            self.attempt = 1
        self._written = len(trial.params)
        return trial._trial_id

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial; the current one as Optuna knows it here."""
        if self._current is not None and self._current._trial_id == trial_id:
            return self._current
        return super().get_trial(trial_id)

    def _remember(self, trial_id: int, *_: Any, **__: Any) -> None:
        """Write nothing: Optuna keeps the same in its copy of the current trial."""

    set_trial_param = set_trial_user_attr = set_trial_intermediate_value = _remember

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Any = None) -> bool:
        """End a trial or, with `RUNNING`, keep it; write what it has reported since the last time.

        Raises:
            UpdateFinishedTrialError: it has ended, or another process repeats it.
        """
        mine = self._current if self._current and self._current._trial_id == trial_id else None
        rows = _rows(mine, values) if mine else []
        until = mine.datetime_start + _SECOND if mine and mine.datetime_start else _FAR
        state = _WAITING if state == TrialState.FAIL else state
        end = {"state": state, "datetime_complete": _now() if state.is_finished() else None}
        # If a connection broke off, the rows may have been written nevertheless.
        with suppress(IntegrityError), self._backend.engine.begin() as connection:
            if not connection.execute(_CHANGE, {"trial": trial_id, "until": until, **end}).rowcount:
                raise UpdateFinishedTrialError
            for name, some in groupby(rows[self._written :], itemgetter(0)):
                columns = _TABLES[name].columns.keys()[1:]  # the first one is the row's own number
                cells = [dict(zip(columns, (trial_id, *row[1:]), strict=True)) for row in some]
                connection.execute(insert(_TABLES[name]), cells)
        if mine:
            self._current, self._written = (mine if state == _RUNNING else None), len(rows)
        return True

    def record_heartbeat(self, trial_id: int) -> None:
        """Send a heartbeat; if that fails, the next one will do."""
        beat = update(_BEATS).where(_BEATS.c.trial_id == trial_id).values(heartbeat=func.now())
        with suppress(Exception), self._backend.engine.begin() as connection:
            connection.execute(beat)

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        """Return the trials without a recent heartbeat at two looks, at least an interval apart.

        In between, a process that was suspended, or lost the database, sends one.
        """
        now = time.monotonic()
        if now - self._looked < self._interval:
            return []
        before, self._silent = self._silent, set(super()._get_stale_trial_ids(study_id))
        self._looked = now
        return sorted(self._silent & before)


def _rows(trial: FrozenTrial, values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of what a trial has reported, each after its table; later ones come last."""
    report = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr
    objective = models.TrialValueModel.value_to_stored_repr
    choices, reports = trial.distributions.items(), trial.intermediate_values.items()
    params = {name: kind.to_internal_repr(trial.params[name]) for name, kind in choices}
    return [
        *(
            ("trial_params", name, params[name], distribution_to_json(kind))
            for name, kind in choices
        ),
        *(("trial_intermediate_values", step, *report(value)) for step, value in reports),
        *(("trial_user_attributes", key, json.dumps(one)) for key, one in trial.user_attrs.items()),
        *(("trial_values", 0, *objective(value)) for value in values or ()),
    ]


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)  # machines may be in different zones


def _patient(method: Any) -> Any:
    return wraps(method)(
        lambda self, *values, **words: self._patience(lambda: method(self, *values, **words))
    )


for _name in BaseStorage.__abstractmethods__ | {"_get_stale_trial_ids"}:
    setattr(PatientStorage, _name, _patient(getattr(PatientStorage, _name)))
