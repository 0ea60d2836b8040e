"""Whether the process that runs a trial still lives, on this machine or on another one."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nn.searching.machine import this_machine
from nn.searching.study import Study, StudyStatus

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def holder() -> str:
    """Return what names this process among all of all machines."""
    return f"{this_machine()}:{os.getpid()}:{_started(os.getpid())}"


def _is_gone(named: str) -> bool:
    """Return whether a process is one of this machine's that has ended."""
    machine, _, process = named.rpartition(":")[0].rpartition(":")
    started = named.rpartition(":")[2]
    if machine != this_machine():
        return False
    return _started(int(process)) != started


def _started(process: int) -> str:
    """Return when a process was started, in the system's own units; nothing if there is none."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
        with suppress(OSError):  # a system without /proc
            os.kill(process, 0)
            return "running"
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


class HeartbeatMonitor:
    """Notices trials whose process died, and gives them up.

    A process of this machine is looked for. One of another machine counts as dead when its trial
    has shown no new sign of life for so long by the clock of this machine; clocks of different
    machines are never compared.

    Args:
        study: Whose trials are watched.
        dead_after: Seconds of silence.
        clock: What tells the seconds.
    """

    def __init__(
        self, study: Study, dead_after: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._study = study
        self._dead_after = dead_after
        self._clock = clock
        self._seen: dict[int, tuple[object, float]] = {}

    def look(self) -> StudyStatus:
        """Give up the trials of the dead, fill their places, and return how the study stands."""
        from optuna.trial import TrialState

        standing = self._study.standing()
        running = [t for t in standing.trials.values() if t.state == TrialState.RUNNING]
        dead = [trial for trial in running if self._is_dead(trial)]
        given_up = sum(self._study.give_up(trial._trial_id) for trial in dead)
        if given_up or len(standing.trials) < self._study.plan.places:
            self._study.fill_places()
            return self._study.standing()
        return standing

    def _is_dead(self, trial: "FrozenTrial") -> bool:
        named = trial.user_attrs.get("holder")
        if named and _is_gone(named):
            return True
        sign = trial.user_attrs.get("sign_of_life")
        before, since = self._seen.get(trial._trial_id, (None, -1.0))
        if since < 0 or before != sign:
            self._seen[trial._trial_id] = (sign, self._clock())
            return False
        return self._clock() - since > self._dead_after
