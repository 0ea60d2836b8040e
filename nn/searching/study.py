"""A study: trials whose settings a sampler chooses, run by any number of processes at a time.

Optuna's `study.optimize` begins the trials, one after the other. A trial that fails is repeated
with the same number and values, so a study never has more trials than were asked for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import optuna
from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler, PartialFixedSampler, RandomSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from nn.errors import StudyError
from nn.searching.patience import Patience
from nn.searching.plan import SearchPlan
from nn.searching.storage import RESULT, open_storage, require_optuna
from nn.settings.search_space import Range
from nn.wording import shorten

_SHARE = 3  # one in so many trials continues; fewer are not compared
_CHECKS = {_SHARE**power for power in range(40)}  # the epochs after which trials are compared


class Halving(BasePruner):
    """Successive halving that stops nobody before a trial is complete: there will be a winner."""

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Return whether a trial is not in the best third of those that reached its epoch."""
        epoch = trial.last_step or 0
        if epoch not in _CHECKS:
            return False
        study._storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)  # is written
        trials = study.get_trials(deepcopy=False)
        if not any(one.state == TrialState.COMPLETE for one in trials):
            return False
        reports = [one.intermediate_values for one in trials]
        highest_first = study.direction == StudyDirection.MAXIMIZE
        reached = sorted((one[epoch] for one in reports if epoch in one), reverse=highest_first)
        best = reached[: len(reached) // _SHARE]
        return bool(best) and trial.intermediate_values[epoch] not in best


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
                "which repeated trials in another way. Choose another name with --study"
            )
        ended = [trial for trial in self.created if trial.state.is_finished()]
        return {trial.number: trial for trial in ended if trial.number < self.plan.trials}

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


class Study:
    """The study of a plan, in its storage.

    Args:
        plan: The plan of the search.
        patience: Repeats what the database could not do.

    Raises:
        SettingError: the storage cannot be used.
        DatabaseGoneError: the database does not answer.
        StudyError: the study of that name has another plan.
    """

    def __init__(self, plan: SearchPlan, patience: Patience) -> None:
        require_optuna()
        self.plan, self.patience = plan, patience
        self.storage = open_storage(plan, patience)
        try:
            self.optuna = optuna.create_study(
                storage=self.storage,
                study_name=plan.name,
                direction=plan.direction,
                pruner=Halving() if plan.search.pruning else NopPruner(),
                load_if_exists=True,
            )
            # The storage takes trials that wait, under a lock.
            self.optuna._pop_waiting_trial_id = lambda: None  # type: ignore[method-assign]
            self.agree("plan", plan.identity())
        except BaseException:
            self.storage.close()
            raise

    def close(self) -> None:
        """Close the storage."""
        self.storage.close()

    def agree(self, what: str, wanted: dict[str, str]) -> None:
        """Note what all processes of the study must agree on, or compare it with the note.

        Raises:
            StudyError: it differs from the note.
        """
        if what not in self.optuna.user_attrs:
            self.optuna.set_user_attr(what, json.dumps(wanted))
        found = json.loads(self.optuna.user_attrs[what])  # perhaps another process was first
        for name in {**found, **wanted}:
            there, here = (shorten(one.get(name) or "not set", 80) for one in (found, wanted))
            if found.get(name, "") != wanted.get(name, ""):
                raise StudyError(
                    f"the study {self.plan.name} differs: {name} is {there} there, {here} here. "
                    "Choose another name with --study"
                )

    def status(self) -> StudyStatus:
        """Return the current status of the study."""
        return StudyStatus(self.plan, self.optuna.get_trials(deepcopy=False))

    def choose_values(self, trial: Trial) -> None:
        """Choose a trial's values; one that is repeated keeps its values."""
        trial.study.sampler = self._sampler(trial.number)
        for key, dimension in self.plan.space.items():
            if not isinstance(dimension, Range):
                trial.suggest_categorical(key, dimension.labels)
            elif dimension.whole:
                low, high = int(dimension.low), int(dimension.high)
                trial.suggest_int(key, low, high, log=dimension.log)
            else:
                trial.suggest_float(key, dimension.low, dimension.high, log=dimension.log)
        if self.plan.search.sampler == "tpe":  # which compares with running trials
            self.storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)

    def _sampler(self, number: int) -> BaseSampler:
        """Return a sampler with a separate random stream for each trial.

        With a common stream all processes would draw the same values.
        """
        seed = (self.plan.search.sampler_seed * 1_000_003 + number) % 2**32
        if self.plan.search.sampler == "tpe":
            # Running trials count as bad ones, so that two processes do not try the same values.
            return TPESampler(seed=seed, multivariate=True, constant_liar=True)
        point = self.plan.points[number] if self.plan.search.sampler == "grid" else {}
        return PartialFixedSampler(point, RandomSampler(seed=seed))
