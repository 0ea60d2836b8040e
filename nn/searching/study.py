"""A study: trials whose settings a sampler chooses, run by any number of processes at a time.

Optuna's `study.optimize` creates the trials, one after the other. The search needs to know which of
its slots, numbered from 0, a trial fills. No process assigns slots: they follow from the storage.

- A trial that no other trial repeats fills the next slot. Optuna numbers trials under a lock, so
  all processes count the same.
- A trial that repeats another one fills its slot. If several repeat it, the first counts.

So no slot is filled twice, and none is lost: whoever finds a slot whose last trial failed adds one
that repeats it.
"""

import copy
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from nn.searching.plan import SearchPlan
from nn.searching.status import StudyStatus, attempts_of
from nn.searching.storage import StudyError, close_storage, open_storage, require_optuna
from nn.settings.search_space import Range
from nn.wording import shorten

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

_ENOUGH = 3  # trials that must have reached an epoch before one of them is stopped there


class Study:
    """The study of a plan, in its storage.

    Args:
        plan: The plan of the search.
        on_wait: Called with the database's message when it does not answer.
        check: Called before the database is asked again; may raise an error that ends the wait.
        create: Whether to create the storage if necessary.

    Raises:
        SettingError: the storage cannot be used.
        DatabaseGoneError: the database does not answer.
        StudyError: Optuna is missing, or the study of that name has another plan.
    """

    def __init__(
        self,
        plan: SearchPlan,
        on_wait: Callable[[str], None] = lambda reason: None,
        check: Callable[[], None] = lambda: None,
        *,
        create: bool = True,
    ) -> None:
        require_optuna()
        from nn.searching.database import Patience

        self.plan = plan
        search = plan.search
        patience = Patience(search.database_wait, on_wait, check)
        self.storage = open_storage(
            search.storage, plan.folder, patience, search.dead_after, create=create
        )
        try:
            self.optuna = self._join()
            self._agree("plan", plan.identity())
        except BaseException:
            self.close()
            raise

    def _join(self) -> "optuna.Study":
        """Open the study, or create it."""
        import optuna

        return optuna.create_study(
            storage=self.storage,
            study_name=self.plan.name,
            direction=self.plan.direction,
            pruner=_pruner() if self.plan.search.pruning else optuna.pruners.NopPruner(),
            load_if_exists=True,
        )

    def close(self) -> None:
        """Close the storage."""
        close_storage(self.storage)

    def _agree(self, what: str, wanted: dict[str, str]) -> None:
        """Note what all processes of the study must agree on, or compare it with the note."""
        if what not in self.optuna.user_attrs:
            self.optuna.set_user_attr(what, json.dumps(wanted))
        found = json.loads(self.optuna.user_attrs[what])  # perhaps another process was first
        differing = [n for n in {**found, **wanted} if found.get(n, "") != wanted.get(n, "")]
        if differing:
            first = differing[0]
            raise StudyError(
                f"the study {self.plan.name} differs: {first} is "
                f"{shorten(found.get(first, 'not set'), 80)} there, "
                f"{shorten(wanted.get(first, 'not set'), 80)} here. "
                "Choose another name with --study"
            )

    def agree_on_data(self, crc32: int) -> None:
        """Check that all trials of the study use the same images.

        Raises:
            StudyError: other trials used other images.
        """
        self._agree("data", {"the checksum of the images": f"{crc32:08x}"})

    # Slots -------------------------------------------------------------------------------------

    def status(self) -> "StudyStatus":
        """Return the current status of the study."""
        trials = self.optuna.get_trials(deepcopy=False)
        return StudyStatus(self.plan, attempts_of(trials)[: self.plan.slots])

    def needs_trial(self) -> bool:
        """Return whether a process should ask for a trial now.

        If a slot's last trial failed, or the winner was stopped early, a waiting trial is added.
        """
        import optuna

        optuna.storages.fail_stale_trials(self.optuna)
        status = self.status()
        states = optuna.trial.TrialState
        again = [trial for trial in status.trials.values() if trial.state == states.FAIL]
        if status.unfinished_winner is not None:
            again = [status.unfinished_winner]
        retry = optuna.storages.RetryHeartbeatStaleTrialCallback()
        for trial in again:
            retry(self.optuna, copy.deepcopy(trial))
        waiting = any(trial.state == states.WAITING for trial in status.trials.values())
        return bool(again) or waiting or len(status.attempts) < self.plan.slots

    def attempts_with(self, trial: "optuna.Trial") -> "tuple[int, list[FrozenTrial]] | None":
        """Return the slot that a trial fills, and its earlier trials; None if nobody needs it."""
        attempts = attempts_of(self.optuna.get_trials(deepcopy=False))[: self.plan.slots]
        for slot, chain in reversed(list(enumerate(attempts))):
            if chain[-1].number == trial.number:
                return slot, chain[:-1]
        return None

    def choose_values(self, trial: "optuna.Trial", slot: int) -> None:
        """Choose a trial's values; a trial that repeats another one keeps its values."""
        trial.study.sampler = self._sampler(slot)
        for key, dimension in self.plan.space.items():
            if not isinstance(dimension, Range):
                trial.suggest_categorical(key, dimension.labels)
            elif dimension.whole:
                low, high = int(dimension.low), int(dimension.high)
                trial.suggest_int(key, low, high, log=dimension.log)
            else:
                trial.suggest_float(key, dimension.low, dimension.high, log=dimension.log)

    def _sampler(self, slot: int) -> "optuna.samplers.BaseSampler":
        """Return a sampler with a separate random stream for each slot.

        With a common stream all processes would draw the same values.
        """
        from optuna.samplers import PartialFixedSampler, RandomSampler, TPESampler

        seed = (self.plan.search.sampler_seed * 1_000_003 + slot) % 2**32
        if self.plan.search.sampler == "tpe":
            # Running trials count as bad ones, so that two processes do not try the same values.
            return TPESampler(seed=seed, multivariate=True, constant_liar=True)
        point = self.plan.points[slot] if self.plan.search.sampler == "grid" else {}
        return PartialFixedSampler(point, RandomSampler(seed=seed))

    def abandon(self, trial_id: int) -> None:
        """Mark the trial of a process that died as failed, so that it is repeated."""
        import optuna

        try:
            self.storage.set_trial_state_values(trial_id, optuna.trial.TrialState.FAIL)
        except (optuna.exceptions.UpdateFinishedTrialError, KeyError):
            return

    def is_running(self, trial_id: int) -> bool:
        """Return whether a trial has neither ended nor been given to another process."""
        from optuna.trial import TrialState

        return self.storage.get_trial(trial_id).state == TrialState.RUNNING


def _pruner() -> "optuna.pruners.BasePruner":
    """Return successive halving that stops nobody before there are others to compare with."""
    import optuna

    class Halving(optuna.pruners.SuccessiveHalvingPruner):
        def prune(self, study: "optuna.Study", trial: "FrozenTrial") -> bool:
            others = study.get_trials(deepcopy=False)
            epoch = trial.last_step or 0
            reached = sum((one.last_step or -1) >= epoch for one in others)
            return super().prune(study, trial) and reached >= _ENOUGH

    return Halving(min_resource=1, reduction_factor=3)
