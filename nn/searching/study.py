"""A search: many runs whose settings a sampler chooses, any number of processes at a time.

A study has numbered places, one for each trial that it is to hold. A place is a waiting trial in
Optuna's storage; whoever sets it to running first has it, which the storage decides. A place whose
trial was given up, or whose process died, gets another waiting trial with the same values. So no
place is lost, none is filled twice, and a study may be left and taken up again at any moment.

Where two processes make a trial for one place in the same instant, the lower number counts, and
whoever comes upon the other drops it.
"""

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nn.searching.plan import SearchPlan
from nn.searching.storage import StudyError, close_storage, open_storage, require_optuna
from nn.settings.checking import shorten
from nn.settings.search_space import Range

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial


class Study:
    """The study of a plan in its storage.

    Args:
        plan: What is searched.

    Raises:
        SettingError: the storage cannot be reached.
        StudyError: Optuna is missing, or the storage holds another study of that name.
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
        """Open the study, or begin it."""
        import optuna

        # The first two at each look are stopped, however good: with nobody to compare them with,
        # Optuna would let them go on to the end, and the first values are the least informed.
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
        """Leave the storage; a database's connections are closed."""
        close_storage(self._storage)

    def _agree(self, what: str, wanted: dict[str, str]) -> None:
        """Note down what all who work on the study must agree on, or compare it."""
        noted = self.optuna.user_attrs.get(what)
        if noted is None:
            self.optuna.set_user_attr(what, json.dumps(wanted))
            return
        found = json.loads(noted)
        differing = [n for n in {**found, **wanted} if found.get(n, "") != wanted.get(n, "")]
        if differing:
            first = differing[0]
            raise StudyError(
                f"the study {self.plan.name} is another one: there {first} is "
                f"{shorten(found.get(first, 'not said'), 80)}, here "
                f"{shorten(wanted.get(first, 'not said'), 80)}. Choose another name with --study"
            )

    def agree_on_data(self, crc32: int) -> None:
        """Make sure that all trials of the study see the same images.

        Raises:
            StudyError: other trials saw other images.
        """
        self._agree("data", {"the checksum of the images": f"{crc32:08x}"})

    # Places ------------------------------------------------------------------------------------

    def trials(self) -> dict[int, "FrozenTrial"]:
        """Return the trial of each place that has one which was not given up."""
        from optuna.trial import TrialState

        found: dict[int, FrozenTrial] = {}
        for trial in self._all():
            place = trial.user_attrs.get("place")
            if place is not None and trial.state != TrialState.FAIL:
                found.setdefault(place, trial)
        return found

    def _all(self) -> list["FrozenTrial"]:
        return self._storage.get_all_trials(self._study_id, deepcopy=False)

    def given_up(self, place: int) -> list["FrozenTrial"]:
        """Return the trials of a place that were given up, or whose process died."""
        from optuna.trial import TrialState

        return [
            trial
            for trial in self._all()
            if trial.user_attrs.get("place") == place and trial.state == TrialState.FAIL
        ]

    def fill_places(self) -> None:
        """Make a waiting trial for each place without one, with the values it had before."""
        taken = self.trials()
        for place in range(self.plan.places):
            if place not in taken:
                before = [trial.params for trial in self.given_up(place) if trial.params]
                point = self.plan.points[place] if self.plan.search.sampler == "grid" else {}
                self.optuna.enqueue_trial(
                    before[-1] if before else point, user_attrs={"place": place}
                )

    def claim(self, holder: str = "") -> "optuna.Trial | None":
        """Take the waiting trial of the lowest place; None if no trial waits.

        Its values are chosen on the way.

        Args:
            holder: What names the process that takes it.
        """
        import optuna
        from optuna.trial import TrialState

        waiting = [trial for trial in self._all() if trial.state == TrialState.WAITING]
        waiting = [trial for trial in waiting if "place" in trial.user_attrs]
        for one in sorted(waiting, key=lambda trial: int(trial.user_attrs["place"])):
            try:
                if not self._storage.set_trial_state_values(one._trial_id, TrialState.RUNNING):
                    continue  # another process was first
            except optuna.exceptions.UpdateFinishedTrialError:
                continue
            place = int(one.user_attrs["place"])
            if self.trials()[place].number != one.number:
                self.give_up(one._trial_id)
                continue
            self.note(one._trial_id, holder=holder)
            self.optuna.sampler = self._sampler(place)
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

    def _sampler(self, place: int) -> "optuna.samplers.BaseSampler":
        """Return a sampler with a stream of its own for each place.

        Processes that began with one and the same stream would draw the same values.
        """
        import optuna

        seed = self.plan.search.sampler_seed * 1_000_003 + place
        if self.plan.search.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed % 2**32)
        # Trials under way count as bad ones, so that two processes do not try the same.
        return optuna.samplers.TPESampler(seed=seed % 2**32, constant_liar=True)

    def give_up(self, trial_id: int) -> bool:
        """Mark a trial as given up, so that its place is filled again; False if it has ended."""
        import optuna
        from optuna.trial import TrialState

        try:
            self._storage.set_trial_state_values(trial_id, TrialState.FAIL)
        except optuna.exceptions.UpdateFinishedTrialError:
            return False
        return True

    def note(self, trial_id: int, **notes: Any) -> None:
        """Write notes beside a trial."""
        for name, value in notes.items():
            self._storage.set_trial_user_attr(trial_id, name, value)

    def is_running(self, trial_id: int) -> bool:
        """Return whether a trial has neither ended nor been given up."""
        from optuna.trial import TrialState

        return self._storage.get_trial(trial_id).state == TrialState.RUNNING

    def standing(self) -> "StudyStatus":
        """Return how the study stands now."""
        return StudyStatus(self.plan, self.trials())


@dataclass(frozen=True)
class StudyStatus:
    """How a study stands at one moment.

    Attributes:
        plan: What is searched.
        trials: The trial of each place that has one which was not given up.
    """

    plan: SearchPlan
    trials: dict[int, "FrozenTrial"]

    @property
    def finished(self) -> dict[int, "FrozenTrial"]:
        """The trials that have come to their end, pruned ones among them."""
        return {place: trial for place, trial in self.trials.items() if trial.state.is_finished()}

    @property
    def is_complete(self) -> bool:
        """Whether every place has a trial that has come to its end, and no trial is under way."""
        return self.plan.places <= len(self.trials) == len(self.finished)

    @property
    def best(self) -> "tuple[int, FrozenTrial] | None":
        """The place and the trial with the best value, of those that had all of their epochs."""
        from optuna.trial import TrialState

        sign = -1 if self.plan.search.objective == "validation_loss" else 1
        whole = [(p, t) for p, t in self.finished.items() if t.state == TrialState.COMPLETE]
        return max(whole, key=lambda pair: sign * (pair[1].value or 0.0), default=None)

    def importance(self) -> dict[str, float]:
        """Return how much each dimension decides whether a trial is among the good ones.

        Shares that sum to 1; none where there are too few trials to tell. A trial that was stopped
        early counts with the value it had by then.

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
                warnings.simplefilter("error", UserWarning)  # so it says that trials are too few
                found = optuna.importance.get_param_importances(
                    judged, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
                )
        except (ValueError, RuntimeError, UserWarning):
            return {}
        total = sum(found.values())
        return {key: value / total for key, value in found.items()} if total > 0 else {}


def last_value(trial: "FrozenTrial") -> float | None:
    """Return a trial's value; of one that was stopped early the last one known, if any."""
    known = trial.intermediate_values
    return trial.value if trial.value is not None else known[max(known)] if known else None
