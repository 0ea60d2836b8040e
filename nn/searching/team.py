"""The processes of this machine that work on a study, and the one that looks after them."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from nn.errors import ProgramError, StoppedError
from nn.searching.heartbeat import HeartbeatMonitor
from nn.searching.plan import SearchPlan
from nn.searching.study import Study, StudyStatus
from nn.searching.worker import work

_PAUSE = 0.3  # seconds between two looks at the study
_PATIENCE = 20.0  # seconds that a process has to leave in
# Deaths with no trial coming to its end in between, after which it is no accident any more.
_MOST_DEATHS = 20
# One thread a process: each core has a trial, and the bits do not depend on the number of cores.
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


@dataclass
class _Worker:
    process: SpawnProcess
    errors: "Connection"


def run_search(study: Study, on_look: Callable[[StudyStatus], None]) -> None:
    """Work on a study until it is complete, whoever else works on it.

    Args:
        study: The study of a plan.
        on_look: Told a few times a second how the study stands.

    Raises:
        StoppedError: Ctrl-C; the trials under way were given up and will be run again.
        ProgramError: trials cannot be run on this machine.
    """
    plan = study.plan
    study.fill_places()
    watch = HeartbeatMonitor(study, plan.search.dead_after)
    standing = watch.look()
    on_look(standing)
    done, deaths = len(standing.finished), 0
    count = min(plan.search.workers or _cores(), max(1, plan.places - done))
    with _team() as workers:
        while not standing.is_complete:
            while len(workers) < count:
                workers.append(_start(plan))
            time.sleep(_PAUSE)
            deaths += _reap(workers)
            standing = watch.look()
            on_look(standing)
            if len(standing.finished) > done:
                done, deaths = len(standing.finished), 0
            if deaths >= _MOST_DEATHS:
                raise ProgramError(
                    f"{deaths} processes of the search died one after the other and no trial came "
                    "to its end; is there enough memory?"
                )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _team() -> Iterator[list[_Worker]]:
    """Give a list for the processes, and end them all when the block is left."""
    workers: list[_Worker] = []
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave as on Ctrl-C
    try:
        yield workers
    except KeyboardInterrupt:
        raise StoppedError(
            "the search was stopped; the same command goes on where it was."
        ) from None
    finally:
        signal.signal(signal.SIGTERM, before)
        _end(workers)


def _start(plan: SearchPlan) -> _Worker:
    """Start a process, which Ctrl-C does not reach: it is told to leave by this one."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(plan, sender), daemon=True)
    os.environ.update(ONE_THREAD)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)
    sender.close()
    return _Worker(process, receiver)


def _reap(workers: list[_Worker]) -> int:
    """Remove the processes that have ended; return how many of them did not mean to.

    Raises:
        ProgramError: one has ended by a mistake that all others would make too.
    """
    deaths = 0
    for worker in [one for one in workers if not one.process.is_alive()]:
        workers.remove(worker)
        if worker.errors.poll():
            try:
                code, message = worker.errors.recv()
            except EOFError:
                pass
            else:
                error = ProgramError(message)
                error.exit_code = code
                raise error
        deaths += worker.process.exitcode != 0
    return deaths


def _end(workers: list[_Worker]) -> None:
    """Tell all processes to leave, and wait; whoever does not is killed."""
    for worker in workers:
        worker.process.terminate()
    deadline = time.monotonic() + _PATIENCE
    for worker in workers:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
