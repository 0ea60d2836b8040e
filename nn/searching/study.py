"""A study: trials whose settings a sampler chooses, run by any number of processes at a time.

A study has numbered slots, one for each trial. A slot is a waiting trial in Optuna's storage; the
storage decides which process sets it to running first and so owns it. If a trial is abandoned or
its process dies, its slot gets another waiting trial with the same values. So no slot is lost, none
is filled twice, and a study can be interrupted and continued at any moment.

If two processes create a trial for the same slot at the same time, the lower trial number counts,
and the process that claims the other one drops it.
"""

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nn.searching.plan import SearchPlan
from nn.searching.storage import StudyError, close_storage, open_storage, require_optuna
from nn.settings.search_space import Range
from nn.wording import shorten

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial


# Names of notes in the storage; an earlier version chose them, and its studies can be continued.
SLOT, HEARTBEAT = "place", "sign_of_life"


class Study:
    """The study of a plan, in its storage.

    Args:
        plan: The plan of the search.

    Raises:
        SettingError: the storage cannot be reached.
        StudyError: Optuna is missing, or the study of that name has another plan.
    """

    def __init__(self, plan: SearchPlan) -> None:
        require_optuna()
        self.plan = plan
        self._storage = open_storage(plan.search.storage, plan.folder)
        try:
            self.optuna = self._join()
            self._study_id = self._storage.get_study_id_from_name(plan.name)
            self._agree("plan", plan.identity())
        except BaseException:
            self.close()
            raise

    def _join(self) -> "optuna.Study":
        """Open the study, or create it."""
        import optuna

        # At each check the first two trials are stopped, however good: without others to compare
        # them with Optuna would let them finish, and the first values are the least informed.
        halving = optuna.pruners.SuccessiveHalvingPruner(
            min_resource=1, reduction_factor=3, bootstrap_count=2
        )
        return optuna.create_study(
            storage=self._storage,
            study_name=self.plan.name,
            direction=self.plan.direction,
            pruner=halving if self.plan.search.pruning else optuna.pruners.NopPruner(),
            load_if_exists=True,
        )

    def close(self) -> None:
        """Close the storage."""
        close_storage(self._storage)

    def _agree(self, what: str, wanted: dict[str, str]) -> None:
        """Note what all processes of the study must agree on, or compare it with the note."""
        noted = self.optuna.user_attrs.get(what)
        if noted is None:
            self.optuna.set_user_attr(what, json.dumps(wanted))
            return
        found = json.loads(noted)
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

    def trials(self) -> dict[int, "FrozenTrial"]:
        """Return the trial of each slot, without abandoned trials."""
        from optuna.trial import TrialState

        found: dict[int, FrozenTrial] = {}
        for trial in self._all():
            slot = trial.user_attrs.get(SLOT)
            if slot is not None and trial.state != TrialState.FAIL:
                found.setdefault(slot, trial)
        return found

    def _all(self) -> list["FrozenTrial"]:
        return self._storage.get_all_trials(self._study_id, deepcopy=False)

    def abandoned(self, slot: int) -> list["FrozenTrial"]:
        """Return the abandoned trials of a slot, including those whose process died."""
        from optuna.trial import TrialState

        return [
            trial
            for trial in self._all()
            if trial.user_attrs.get(SLOT) == slot and trial.state == TrialState.FAIL
        ]

    def fill_slots(self) -> None:
        """Create a waiting trial for each slot without one, with the values of its former trial."""
        taken = self.trials()
        for slot in range(self.plan.slots):
            if slot not in taken:
                before = [trial.params for trial in self.abandoned(slot) if trial.params]
                point = self.plan.points[slot] if self.plan.search.sampler == "grid" else {}
                self.optuna.enqueue_trial(before[-1] if before else point, user_attrs={SLOT: slot})

    def claim(self, holder: str = "") -> "optuna.Trial | None":
        """Take the waiting trial of the lowest slot and choose its values; None if none waits.

        Args:
            holder: The name of the process that takes it.
        """
        import optuna
        from optuna.trial import TrialState

        waiting = [trial for trial in self._all() if trial.state == TrialState.WAITING]
        waiting = [trial for trial in waiting if SLOT in trial.user_attrs]
        for one in sorted(waiting, key=lambda trial: int(trial.user_attrs[SLOT])):
            try:
                if not self._storage.set_trial_state_values(one._trial_id, TrialState.RUNNING):
                    continue  # another process was first
            except optuna.exceptions.UpdateFinishedTrialError:
                continue
            slot = int(one.user_attrs[SLOT])
            if self.trials()[slot].number != one.number:
                self.abandon(one._trial_id)
                continue
            self.note(one._trial_id, holder=holder)
            self.optuna.sampler = self._sampler(slot)
            trial = optuna.Trial(self.optuna, one._trial_id)
            for key, dimension in self.plan.space.items():
                if not isinstance(dimension, Range):
                    trial.suggest_categorical(key, dimension.labels)
                elif dimension.whole:
                    low, high = int(dimension.low), int(dimension.high)
                    trial.suggest_int(key, low, high, log=dimension.log)
                else:
                    trial.suggest_float(key, dimension.low, dimension.high, log=dimension.log)
            return trial
        return None

    def _sampler(self, slot: int) -> "optuna.samplers.BaseSampler":
        """Return a sampler with a separate random stream for each slot.

        With a common stream all processes would draw the same values.
        """
        import optuna

        seed = self.plan.search.sampler_seed * 1_000_003 + slot
        if self.plan.search.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed % 2**32)
        # Running trials count as bad ones, so that two processes do not try the same values.
        return optuna.samplers.TPESampler(seed=seed % 2**32, constant_liar=True)

    def abandon(self, trial_id: int) -> bool:
        """Mark a trial as abandoned, so that its slot is filled again; False if it has ended."""
        import optuna
        from optuna.trial import TrialState

        try:
            self._storage.set_trial_state_values(trial_id, TrialState.FAIL)
        except optuna.exceptions.UpdateFinishedTrialError:
            return False
        return True

    def note(self, trial_id: int, **notes: Any) -> None:
        """Write notes to a trial."""
        for name, value in notes.items():
            self._storage.set_trial_user_attr(trial_id, name, value)

    def is_running(self, trial_id: int) -> bool:
        """Return whether a trial has neither ended nor been abandoned."""
        from optuna.trial import TrialState

        return self._storage.get_trial(trial_id).state == TrialState.RUNNING

    def status(self) -> "StudyStatus":
        """Return the current status of the study."""
        return StudyStatus(self.plan, self.trials())


@dataclass(frozen=True)
class StudyStatus:
    """The status of a study at one moment.

    Attributes:
        plan: The plan of the search.
        trials: The trial of each slot, without abandoned trials.
    """

    plan: SearchPlan
    trials: dict[int, "FrozenTrial"]

    @property
    def finished(self) -> dict[int, "FrozenTrial"]:
        """The trials that have ended, including pruned ones."""
        return {slot: trial for slot, trial in self.trials.items() if trial.state.is_finished()}

    @property
    def is_complete(self) -> bool:
        """Whether the trial of every slot has ended."""
        return self.plan.slots <= len(self.trials) == len(self.finished)

    @property
    def best(self) -> "tuple[int, FrozenTrial] | None":
        """The slot and the trial with the best objective, of those that completed all epochs."""
        from optuna.trial import TrialState

        sign = -1 if self.plan.search.objective == "validation_loss" else 1
        complete = [(s, t) for s, t in self.finished.items() if t.state == TrialState.COMPLETE]
        return max(complete, key=lambda pair: sign * (pair[1].value or 0.0), default=None)

    def importance(self) -> dict[str, float]:
        """Return how important each dimension is for a trial to be a good one.

        Shares that sum to 1; empty if there are too few trials. A trial that was stopped early
        counts with its last value.

        Reference:
            Watanabe et al. (2023), PED-ANOVA: efficiently quantifying hyperparameter importance
            in arbitrary subspaces.
        """
        import optuna

        judged = optuna.create_study(direction=self.plan.direction)
        for trial in self.finished.values():
            value = last_value(trial)
            if value is not None:
                judged.add_trial(
                    optuna.trial.create_trial(
                        params=trial.params, distributions=trial.distributions, value=value
                    )
                )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)  # too few trials
                found = optuna.importance.get_param_importances(
                    judged, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
                )
        except (ValueError, RuntimeError, UserWarning):
            return {}
        total = sum(found.values())
        return {key: value / total for key, value in found.items()} if total > 0 else {}


def last_value(trial: "FrozenTrial") -> float | None:
    """Return a trial's objective; if it was stopped early, the last known one, if any."""
    known = trial.intermediate_values
    return trial.value if trial.value is not None else known[max(known)] if known else None
