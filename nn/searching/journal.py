"""Studies of earlier versions, which kept them in a journal file, become a database once."""

import os
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from nn.searching.database import SLOT
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
            copy.add_trials(_one_per_slot(old.get_all_trials(study._study_id)))
        new.engine.dispose()
        with suppress(FileExistsError):  # another process was faster
            os.link(part, database)
    except (KeyError, ValueError):
        raise ValueError("it is not the journal of a study") from None
    finally:
        part.unlink(missing_ok=True)


def _one_per_slot(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """Return one trial for each slot, in their order; one that had not ended counts as failed."""
    slots: dict[int, FrozenTrial] = {}
    for trial in trials:
        slot = trial.user_attrs.pop("place", None)
        if slot is None or (slot in slots and slots[slot].state != TrialState.FAIL):
            continue
        noted = trial.user_attrs
        if "epochs" not in noted:  # settings that exclude each other
            noted = {"outcome": "impossible", "reason": noted.get("outcome", "")}
        ended = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
        slots[slot] = create_trial(
            state=trial.state if ended else TrialState.FAIL,
            value=trial.value if ended else None,
            params=trial.params,
            distributions=trial.distributions,
            user_attrs={RESULT: noted} if ended else {},
            system_attrs={SLOT: [slot, slot + 1]},
            intermediate_values=trial.intermediate_values if ended else {},
        )
    return [trial for _, trial in sorted(slots.items())]
