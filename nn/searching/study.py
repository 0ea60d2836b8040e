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

from nn.errors import StudyError
from nn.searching.plan import SearchPlan
from nn.searching.status import StudyStatus, attempts_of
from nn.searching.storage import close_storage, open_storage, require_optuna
from nn.settings.search_space import Range
from nn.wording import shorten

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

_SHARE = 3  # one in so many trials continues; fewer are not compared
_CHECKS = {_SHARE**power for power in range(40)}  # the epochs after which trials are compared


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
        self._has_more = False  # whether there were untouched slots when the last trial began
        search = plan.search
        self.patience = Patience(search.database_wait, on_wait, check)
        self.storage = open_storage(
            search.storage, plan.folder, self.patience, search.dead_after, create=create
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

    def status(self) -> StudyStatus:
        """Return the current status of the study."""
        trials = self.optuna.get_trials(deepcopy=False)
        return StudyStatus(self.plan, attempts_of(trials)[: self.plan.slots])

    def is_complete(self) -> bool:
        """Return whether the search is over."""
        return not self._has_more and self.status().is_complete

    def needs_trial(self) -> bool:
        """Return whether a process should ask for a trial now.

        If a slot's last trial failed, or the winner was stopped early, a waiting trial is added.
        """
        import optuna

        if self._has_more:  # as it was when the last trial began
            return True
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

    def slot_of(self, trial: "optuna.Trial") -> "tuple[int, list[FrozenTrial]] | None":
        """Return the slot that a trial fills, and its earlier trials; None if nobody needs it."""
        self._has_more = False
        if trial._cached_frozen_trial.system_attrs.get("retry_history"):  # as read at its start
            for slot, chain in enumerate(self.status().attempts):
                if chain[-1].number == trial.number:
                    return slot, chain[:-1]
            return None
        slot = trial.number - self.storage.repeats_before(trial)
        self._has_more = slot + 1 < self.plan.slots
        return (slot, []) if slot < self.plan.slots else None

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

        self._has_more = False  # look again
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

    class Halving(optuna.pruners.BasePruner):
        def prune(self, study: "optuna.Study", trial: "FrozenTrial") -> bool:
            epoch = trial.last_step or 0
            if epoch not in _CHECKS:
                return False
            value = trial.intermediate_values[epoch]
            trials = study.get_trials(deepcopy=False)
            others = [one for one in trials if one.number != trial.number]
            known = [one.intermediate_values.get(epoch) for one in others]
            reached = sorted([value, *(one for one in known if one is not None)])
            if study.direction == optuna.study.StudyDirection.MAXIMIZE:
                reached.reverse()
            return len(reached) >= _SHARE and value not in reached[: len(reached) // _SHARE]

    return Halving()
