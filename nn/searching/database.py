"""Optuna's storage with patience, with slots for the trials, and with few statements per trial.

Optuna creates a trial for everybody who asks, and writes each value by itself. Its heartbeats miss
trials whose process died before the first one, and take every trial for dead after a suspended
machine wakes up.
"""

import json
import time
from contextlib import suppress
from datetime import datetime, timezone
from functools import wraps
from itertools import count
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import Table, bindparam, delete, event, func, insert, select, text, update

from nn.searching.patience import Patience

_RUNNING = TrialState.RUNNING
_TABLES: dict[str, Table] = models.BaseModel.metadata.tables
_TRIALS, _BEATS = _TABLES["trials"], _TABLES["trial_heartbeats"]
_NOTES = _TABLES["trial_system_attributes"]
# A trial's note of the slot it fills and of how many slots had begun; of one that is repeated.
SLOT, EARLIER_SLOT = "slot", "earlier_slot"
# A change that changes nothing locks the row in every kind of database.
_LOCK = text("UPDATE studies SET study_name = study_name WHERE study_id = :study")
_LAST_AND_FAILED = text(
    "SELECT trials.trial_id, number, state, value_json FROM trials "
    "JOIN trial_system_attributes AS note ON note.trial_id = trials.trial_id "
    "WHERE study_id = :study AND note.key = 'slot' AND (state = 'FAIL' OR trials.trial_id = "
    "(SELECT max(trial_id) FROM trials WHERE study_id = :study)) ORDER BY trials.trial_id"
)
_CHANGE = update(_TRIALS).where(
    _TRIALS.c.trial_id == bindparam("trial"), _TRIALS.c.state == bindparam("before")
)


class UnneededError(Exception):
    """Nobody needs this trial: no slot is free, or another process repeats it."""


class PatientStorage(_CachedStorage):
    """Optuna's storage with patience and slots. A trial is written when it begins and ends.

    A long trial is also written at the interval of its heartbeats. In between, Optuna's own copy of
    the trial holds what it reports.
    """

    _backend: RDBStorage

    def __init__(
        self, url: str, patience: Patience, dead_after: float, slots: int, *, create: bool
    ) -> None:
        """Open a database; unless `create`, its tables are there."""
        self._patience, self._dead_after, self._slots = patience, dead_after, slots
        self._interval = max(1, round(dead_after / 4))
        self._current: FrozenTrial | None = None
        self._stored: dict[str, list[dict[str, Any]]] = {}  # of the current trial
        self._saved = self._looked = float("-inf")
        self._beating = -1  # the trial of the last heartbeat
        self._suspects: dict[int, float] = {}
        is_file = url.startswith("sqlite")
        pool = {"pool_size": 1, "max_overflow": 1}
        super().__init__(RDBStorage.__new__(RDBStorage))
        try:
            self._backend.__init__(  # type: ignore[misc]
                url.replace("{", "{{").replace("}", "}}"),  # Optuna formats it
                {"connect_args": {"timeout": 30}} if is_file else pool,
                not create,
                heartbeat_interval=self._interval,
                skip_table_creation=not create,
            )
            # SQLite's driver creates each index separately. If that is interrupted, Optuna never
            # looks again, and without an index two studies get one name.
            for table in _TABLES.values() if create else ():
                for index in table.indexes:
                    index.create(self._backend.engine, checkfirst=True)
        except Exception:
            with suppress(AttributeError):  # it may have failed without an engine
                self.close()
            raise
        if is_file:
            event.listen(self._backend.engine, "connect", _make_quick)
            self._backend.engine.dispose()

    def close(self) -> None:
        """Close the connections to the database."""
        self._backend.remove_session()
        self._backend.engine.dispose()

    # One trial ----------------------------------------------------------------------------------

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Create a trial for the first free slot: one whose last trial failed, or the next one.

        Raises:
            UnneededError: no slot is free.
        """
        trial = create_trial(state=_RUNNING)
        with self._backend.engine.begin() as connection:
            connection.execute(_LOCK, {"study": study_id})
            found = connection.execute(_LAST_AND_FAILED, {"study": study_id}).all()
            trial.number = found[-1].number + 1 if found else 0
            begun = json.loads(found[-1].value_json)[1] if found else 0
            failed = {
                json.loads(one.value_json)[0]: one.trial_id for one in found if one.state == "FAIL"
            }
            slot = min([begun, *failed])
            if slot >= self._slots:
                raise UnneededError
            if slot in failed:
                earlier = self._backend.get_trial(failed[slot])
                trial.system_attrs["fixed_params"] = earlier.params  # Optuna takes these
                note = update(_NOTES).where(_NOTES.c.trial_id == earlier._trial_id)
                connection.execute(note.where(_NOTES.c.key == SLOT).values(key=EARLIER_SLOT))
            row = {"study_id": study_id, "number": trial.number, "state": trial.state}
            made = connection.execute(insert(_TRIALS), row | {"datetime_start": _now()})
            trial._trial_id = made.inserted_primary_key[0]  # type: ignore[index]
            trial.system_attrs[SLOT] = [slot, max(begun, slot + 1)]
            row = {"key": SLOT, "value_json": json.dumps(trial.system_attrs[SLOT])}
            connection.execute(insert(_NOTES), row | {"trial_id": trial._trial_id})
        self._stored = {}
        self._current, self._saved = trial, time.monotonic()
        return trial._trial_id

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial; the current one as Optuna knows it here."""
        if self._current is not None and self._current._trial_id == trial_id:
            return self._current
        return super().get_trial(trial_id)

    def _save_later(self, trial_id: int, *_: Any, **__: Any) -> None:
        if time.monotonic() - self._saved >= self._interval:
            self.set_trial_state_values(trial_id, _RUNNING)

    # Optuna keeps the same in its copy of the current trial.
    set_trial_param = set_trial_user_attr = set_trial_intermediate_value = _save_later

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Any = None, before: TrialState = _RUNNING
    ) -> bool:
        """Change a trial's state and write what it has reported; it may also stay running.

        Raises:
            UpdateFinishedTrialError: its state is not the one from before.
        """
        known, self._saved, attempts = self._current, time.monotonic(), count()
        rows = _rows(known, values) if known and known._trial_id == trial_id else {}
        rows = {name: added for name, added in rows.items() if added != self._stored.get(name, [])}
        self._current = known if state == _RUNNING else None
        ended = _now() if state.is_finished() else None
        change = {"trial": trial_id, "before": before, "state": state, "datetime_complete": ended}

        def write() -> None:
            is_first = next(attempts) == 0
            with self._backend.engine.begin() as connection:
                if connection.execute(_CHANGE, change).rowcount:
                    for name, added in rows.items():
                        table = _TABLES[name]
                        if name in self._stored or not is_first:
                            connection.execute(delete(table).where(table.c.trial_id == trial_id))
                        connection.execute(insert(table), added)
                    return
            # If the connection broke off, the first attempt may have succeeded.
            if is_first or self._backend.get_trial(trial_id).state != state:
                raise UpdateFinishedTrialError

        self._patience(write)
        self._stored |= rows
        return True

    def is_running(self, trial_id: int) -> bool:
        """Return whether a trial has neither ended nor been given to another process."""
        return self._patience(lambda: self._backend.get_trial(trial_id).state) == _RUNNING

    # All trials ---------------------------------------------------------------------------------

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Any = None
    ) -> list[FrozenTrial]:
        """Return the trials. None ever waits, so Optuna need not look for those."""
        if states == (TrialState.WAITING,):
            return []
        return super().get_all_trials(study_id, deepcopy, states)

    def record_heartbeat(self, trial_id: int) -> None:
        """Send a heartbeat, but not when a trial begins; if that fails, the next one will do."""
        is_first, self._beating = self._beating != trial_id, trial_id
        if not is_first:
            with suppress(Exception):
                super().record_heartbeat(trial_id)

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        """Return the trials that had no heartbeat at two looks, at least an interval apart.

        In between, a process that was suspended, or lost the database, sends one.
        """
        now = time.monotonic()
        if now - self._looked < self._interval:
            return []
        self._looked = now
        query = select(_TRIALS.c.trial_id, _BEATS.c.heartbeat, func.now())
        query = query.select_from(_TRIALS.outerjoin(_BEATS)).where(_TRIALS.c.study_id == study_id)
        with self._backend.engine.connect() as connection:
            found = connection.execute(query.where(_TRIALS.c.state == _RUNNING))
            ages = {
                trial: beat and (there.replace(tzinfo=None) - beat).total_seconds()
                for trial, beat, there in found
            }
        # The first heartbeat comes an interval after a trial's start.
        needed = {
            trial: self._interval + (self._dead_after if age is None else 0)
            for trial, age in ages.items()
            if age is None or age > self._dead_after
        }
        self._suspects = {trial: self._suspects.get(trial, now) for trial in needed}
        return [one for one, since in self._suspects.items() if now - since >= needed[one]]


def _rows(trial: FrozenTrial, values: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of what a trial has reported, by table."""
    stored_report = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr
    stored_value = models.TrialValueModel.value_to_stored_repr
    choices, reports = trial.distributions.items(), trial.intermediate_values.items()
    cells: dict[str, list[tuple[Any, ...]]] = {
        "trial_params": [
            (key, one.to_internal_repr(trial.params[key]), distribution_to_json(one))
            for key, one in choices
        ],
        "trial_user_attributes": [(key, json.dumps(one)) for key, one in trial.user_attrs.items()],
        "trial_intermediate_values": [(step, *stored_report(one)) for step, one in reports],
        "trial_values": [(0, *stored_value(one)) for one in values or ()],
    }
    # The first column is the row's own number.
    columns = {name: _TABLES[name].columns.keys()[1:] for name in cells}
    return {
        name: [dict(zip(columns[name], (trial._trial_id, *row), strict=True)) for row in rows]
        for name, rows in cells.items()
    }


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)  # as Optuna writes it


def _make_quick(connection: Any, record: object) -> None:
    """Let readers of an SQLite file not wait for its writer, and wait for the disk less often.

    If the power fails, the last trials may be missing in the file; their runs are found again.
    """
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _patient(method: Any) -> Any:
    @wraps(method)
    def call(self: PatientStorage, *values: Any, **words: Any) -> Any:
        return self._patience(lambda: method(self, *values, **words))

    return call


for _name in BaseStorage.__abstractmethods__ | {"_get_stale_trial_ids"}:
    setattr(PatientStorage, _name, _patient(getattr(PatientStorage, _name)))
