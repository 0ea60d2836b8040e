"""Heartbeats: whether the process that runs a trial is alive, on this machine or another one."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nn.searching.machine import this_machine
from nn.searching.study import HEARTBEAT, Study, StudyStatus

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def holder() -> str:
    """Return a name of this process that is unique among all machines."""
    return f"{this_machine()}:{os.getpid()}:{_started(os.getpid())}"


def _is_gone(named: str) -> bool:
    """Return whether a process belongs to this machine and has ended."""
    machine, _, process = named.rpartition(":")[0].rpartition(":")
    started = named.rpartition(":")[2]
    if machine != this_machine():
        return False
    return _started(int(process)) != started


def _started(process: int) -> str:
    """Return when a process was started, in the system's units; empty if it does not exist."""
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
    """Finds trials whose process has died, and abandons them.

    A process of this machine can be looked up. A process of another machine counts as dead if its
    trial has had no new heartbeat for `dead_after` seconds on this machine's clock; clocks of
    different machines are never compared.

    Args:
        study: The study whose trials are watched.
        dead_after: Seconds without a heartbeat.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, study: Study, dead_after: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._study = study
        self._dead_after = dead_after
        self._clock = clock
        self._seen: dict[int, tuple[object, float]] = {}

    def check(self) -> StudyStatus:
        """Abandon trials of dead processes, fill their slots, and return the study's status."""
        from optuna.trial import TrialState

        status = self._study.status()
        running = [t for t in status.trials.values() if t.state == TrialState.RUNNING]
        dead = [trial for trial in running if self._is_dead(trial)]
        abandoned = sum(self._study.abandon(trial._trial_id) for trial in dead)
        if abandoned or len(status.trials) < self._study.plan.slots:
            self._study.fill_slots()
            return self._study.status()
        return status

    def _is_dead(self, trial: "FrozenTrial") -> bool:
        named = trial.user_attrs.get("holder")
        if named and _is_gone(named):
            return True
        heartbeat = trial.user_attrs.get(HEARTBEAT)
        before, since = self._seen.get(trial._trial_id, (None, -1.0))
        if since < 0 or before != heartbeat:
            self._seen[trial._trial_id] = (heartbeat, self._clock())
            return False
        return self._clock() - since > self._dead_after
