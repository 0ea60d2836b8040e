"""The status of a study at one moment: which trials fill its slots, and which is the best."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from nn.errors import StudyError
from nn.searching.database import EARLIER_SLOT, SLOT
from nn.searching.plan import SearchPlan

RESULT = "result"  # what is noted of a trial when it has ended


@dataclass(frozen=True)
class StudyStatus:
    """The status of a study at one moment.

    Attributes:
        plan: The plan of the search.
        created: All trials of the study.
    """

    plan: SearchPlan
    created: Sequence[FrozenTrial]

    @cached_property
    def attempts(self) -> list[list[FrozenTrial]]:
        """The trials of each slot that has any, the last one of a slot last.

        Raises:
            StudyError: an earlier version of the program created a trial, without a slot.
        """
        attempts: dict[int, list[FrozenTrial]] = {}
        for trial in self.created:
            notes = trial.system_attrs
            if not notes.keys() & {SLOT, EARLIER_SLOT}:
                raise StudyError(
                    f"the study {self.plan.name} was begun by an earlier version of this program, "
                    "which numbered its trials in another way. Choose another name with --study; "
                    "compare.py still shows the old runs"
                )
            slot, _ = notes.get(SLOT) or notes[EARLIER_SLOT]
            attempts.setdefault(slot, []).append(trial)
        return [attempts[slot] for slot in sorted(attempts)[: self.plan.slots]]

    @property
    def trials(self) -> dict[int, FrozenTrial]:
        """The last trial of each slot that has one."""
        return {slot: chain[-1] for slot, chain in enumerate(self.attempts)}

    @property
    def finished(self) -> dict[int, FrozenTrial]:
        """The trials that have ended, including pruned ones."""
        ended = (TrialState.COMPLETE, TrialState.PRUNED)
        return {slot: trial for slot, trial in self.trials.items() if trial.state in ended}

    @property
    def is_complete(self) -> bool:
        """Whether the trial of every slot has ended, and one of them went through all epochs."""
        return len(self.finished) == self.plan.slots and self.unfinished_winner is None

    @property
    def best(self) -> tuple[int, FrozenTrial] | None:
        """The slot and the trial with the best objective, of those that completed all epochs."""
        complete = [(s, t) for s, t in self.finished.items() if t.state == TrialState.COMPLETE]
        return max(complete, key=lambda pair: self._goodness(pair[1]), default=None)

    @property
    def unfinished_winner(self) -> FrozenTrial | None:
        """The best trial of a search in which all were stopped early; it is then repeated in full.

        This happens if those that went on diverged.
        """
        if len(self.finished) < self.plan.slots or self.best is not None:
            return None
        pruned = [trial for trial in self.finished.values() if outcome(trial) == "pruned"]
        return max(pruned, key=self._goodness, default=None)

    def _goodness(self, trial: FrozenTrial) -> float:
        value = last_value(trial) or 0.0
        return -value if self.plan.direction == "minimize" else value


def last_value(trial: FrozenTrial) -> float | None:
    """Return a trial's objective; if it was stopped early, the last known one, if any."""
    known = trial.intermediate_values
    return trial.value if trial.value is not None else known[max(known)] if known else None


def notes(trial: FrozenTrial) -> dict[str, Any]:
    """Return what was noted of a trial when it ended: its run, its outcome, its figures."""
    return dict(trial.user_attrs.get(RESULT, {}))


def outcome(trial: FrozenTrial) -> str:
    """Return how a trial ended: complete, pruned, diverged, or why it could not be trained."""
    return str(notes(trial).get("outcome", ""))
