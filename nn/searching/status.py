"""The status of a study at one moment: which trials have ended, and which is the best."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from nn.errors import StudyError
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
    def finished(self) -> dict[int, FrozenTrial]:
        """The trials of the search that have ended, including pruned ones, by their numbers.

        Raises:
            StudyError: an earlier version of the program created the trials.
        """
        if any(trial.state == TrialState.FAIL for trial in self.created):
            raise StudyError(
                f"the study {self.plan.name} was begun by an earlier version of this program, "
                "which repeated trials in another way. Choose another name with --study; "
                "compare.py still shows the old runs"
            )
        trials = {trial.number: trial for trial in self.created if trial.state.is_finished()}
        return {number: trials[number] for number in sorted(trials) if number < self.plan.trials}

    @property
    def is_complete(self) -> bool:
        """Whether all trials have ended."""
        return len(self.finished) == self.plan.trials

    @property
    def best(self) -> FrozenTrial | None:
        """The trial with the best objective, of those that completed all epochs."""
        sign = -1 if self.plan.direction == "minimize" else 1
        complete = [one for one in self.finished.values() if one.state == TrialState.COMPLETE]
        return max(complete, key=lambda trial: sign * (trial.value or 0.0), default=None)


def notes(trial: FrozenTrial) -> dict[str, Any]:
    """Return what was noted of a trial when it ended: its run, its outcome, its figures."""
    return dict(trial.user_attrs.get(RESULT, {}))
