"""Studies of earlier versions, which kept them in a journal file, become a database once."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nn.searching.status import RESULT

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

_SLOT = "place"  # the old note of a trial's slot


def convert_journal(journal: Path, database: Path) -> None:
    """Write the studies of a journal to a new SQLite file, completely or not at all.

    Raises:
        OSError: a file cannot be read or written.
        ValueError: the file is not a journal.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend

    part = database.with_name(f".{database.name}.{os.getpid():08x}.part")
    try:
        old = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
        new = optuna.storages.RDBStorage(f"sqlite:///{part}")
        for study in (optuna.load_study(study_name=n, storage=old) for n in _names(old)):
            copy = optuna.create_study(
                storage=new, study_name=study.study_name, direction=study.direction
            )
            for key, value in study.user_attrs.items():
                copy.set_user_attr(key, value)
            copy.add_trials(_trials_of_slots(study.get_trials(deepcopy=False)))
        new.engine.dispose()
        with suppress(FileExistsError):  # another process was faster
            os.link(part, database)
    except (KeyError, ValueError):
        raise ValueError("it is not the journal of a study") from None
    finally:
        part.unlink(missing_ok=True)


def _names(storage: "BaseStorage") -> list[str]:
    return [study.study_name for study in storage.get_all_studies()]


def _trials_of_slots(trials: "list[FrozenTrial]") -> "list[FrozenTrial]":
    """Return one trial for each slot, in their order; one that had not ended counts as failed."""
    from optuna.trial import TrialState, create_trial

    slots: dict[int, FrozenTrial] = {}
    for trial in trials:
        slot = trial.user_attrs.get(_SLOT)
        if slot is not None and (slot not in slots or slots[slot].state == TrialState.FAIL):
            slots[slot] = trial
    found = []
    for _, trial in sorted(slots.items()):
        ended = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
        noted = {name: note for name, note in trial.user_attrs.items() if name != _SLOT}
        if "epochs" not in noted:  # settings that exclude each other
            noted = {"outcome": "impossible", "reason": noted.get("outcome", "")}
        found.append(
            create_trial(
                state=trial.state if ended else TrialState.FAIL,
                value=trial.value if ended else None,
                params=trial.params,
                distributions=trial.distributions,
                user_attrs={RESULT: noted} if ended else {},
                intermediate_values=trial.intermediate_values if ended else {},
            )
        )
    return found
