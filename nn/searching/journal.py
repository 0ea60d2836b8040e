"""Studies of earlier versions, which kept them in a journal file, become a database once."""

import os
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from nn.searching.status import RESULT


def convert_journal(journal: Path, database: Path) -> None:
    """Write the studies of a journal to a new SQLite file, completely or not at all.

    Raises:
        OSError: a file cannot be read or written.
        ValueError: the file is not a journal.
    """
    part = database.with_name(f".{database.name}.{os.getpid():08x}.part")
    try:
        old = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
        new = optuna.storages.RDBStorage(f"sqlite:///{part}")
        for study in old.get_all_studies():
            name, direction = study.study_name, study.direction
            copy = optuna.create_study(storage=new, study_name=name, direction=direction)
            for key, value in study.user_attrs.items():
                copy.set_user_attr(key, value)
            copy.add_trials(_converted(old.get_all_trials(study._study_id)))
        new.engine.dispose()
        with suppress(FileExistsError):  # another process was faster
            os.link(part, database)
    except (KeyError, ValueError):
        raise ValueError("it is not the journal of a study") from None
    finally:
        part.unlink(missing_ok=True)


def _converted(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """Return one trial for each place of the search; one that had not ended waits."""
    places: dict[int, FrozenTrial] = {}
    for trial in trials:
        place = trial.user_attrs.pop("place", None)
        if place is None or (place in places and places[place].state != TrialState.WAITING):
            continue
        noted = trial.user_attrs
        if "epochs" not in noted:  # settings that exclude each other
            noted = {"outcome": "impossible", "reason": noted.get("outcome", "")}
        waiting = create_trial(state=TrialState.WAITING)
        places[place] = waiting
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
            trial.user_attrs = {RESULT: noted}
            places[place] = trial
    return [trial for _, trial in sorted(places.items())]
