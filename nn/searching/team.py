"""The processes of this machine that work on a study, and the process that manages them."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from nn.errors import ProgramError, StoppedError

if TYPE_CHECKING:
    from nn.searching.plan import SearchPlan
    from nn.searching.study import Study, StudyStatus

# Seconds between two looks at the study: longer when nothing happens, for the database's sake.
_PAUSE, _LONGEST_PAUSE = 0.3, 3.0
_PATIENCE = 20.0  # seconds that a process has to end
# Deaths without a finished trial in between; this many are no accident.
_MOST_DEATHS = 20
# Where the system can copy a process, the imports are done once.
_AHEAD = ["nn.searching.worker", "alembic.command", "sqlalchemy.dialects.sqlite"]
_START = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def import_ahead() -> None:
    """Begin the imports of the processes now, in one that they will be copies of."""
    if _START == "forkserver":
        from multiprocessing import forkserver  # not everywhere

        # Before Python 3.13 that process does not look where this one does, and says nothing.
        os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
        forkserver.set_forkserver_preload(_AHEAD)
        with _ignoring_ctrl_c():
            forkserver.ensure_running()


def run_search(study: "Study", on_check: "Callable[[StudyStatus], None]") -> "StudyStatus":
    """Work on a study until it is complete, together with other processes, if any.

    Args:
        study: The study.
        on_check: Called with the study's status a few times a second.

    Returns:
        The status of the complete study.

    Raises:
        StoppedError: Ctrl-C; the running trials were given back and will be repeated.
        ProgramError: trials cannot be run on this machine.
    """
    plan, status = study.plan, study.status()
    done, deaths, pause = len(status.finished), 0, _PAUSE
    count = min(plan.workers, plan.trials - done)
    errors, sender = multiprocessing.Pipe(duplex=False)
    with _team() as workers:
        while not status.is_complete:
            while len(workers) < count:
                workers.append(_start(plan, sender))
            on_check(status)
            wait([one.sentinel for one in workers], pause)
            pause = min(1.2 * pause, _LONGEST_PAUSE)
            if errors.poll():  # all other processes would have this error, too
                code, message = errors.recv()
                error = ProgramError(message)
                error.exit_code = code
                raise error
            dead = [one for one in workers if not one.is_alive()]
            workers[:] = [one for one in workers if one not in dead]
            deaths += sum(one.exitcode != 0 for one in dead)
            status = study.status()
            if len(status.finished) > done:
                done, deaths, pause = len(status.finished), 0, _PAUSE
            if deaths >= _MOST_DEATHS:
                raise ProgramError(
                    f"{deaths} processes of the search died one after the other and no trial "
                    "finished; is there enough memory?"
                )
    on_check(status)
    return status


@contextmanager
def _team() -> Iterator[list[BaseProcess]]:
    """Yield a list for the processes; end them all after the block."""
    workers: list[BaseProcess] = []
    try:
        yield workers
    except KeyboardInterrupt:
        raise StoppedError("the search was stopped; the same command continues it.") from None
    finally:
        for process in workers:
            process.terminate()
        for process in workers:
            process.join(_PATIENCE)
            process.kill()  # does nothing to one that has ended
            process.join()


def _start(plan: "SearchPlan", errors: Connection) -> BaseProcess:
    context: Any = multiprocessing.get_context(_START)
    process: BaseProcess = context.Process(target=_work, args=(plan, errors), daemon=True)
    with _ignoring_ctrl_c():
        process.start()
    return process


@contextmanager
def _ignoring_ctrl_c() -> Iterator[None]:
    """Let processes that start in the block ignore Ctrl-C: this one tells them when to end."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(*given: Any) -> None:
    from nn.searching.worker import work  # this process need not import what that one needs

    work(*given)
