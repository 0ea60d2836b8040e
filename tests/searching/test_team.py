"""The processes of a search: how many there are, what their deaths mean, how all of them end."""

import multiprocessing
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("optuna")

from nn.errors import ProgramError, StoppedError
from nn.searching import team
from tests.environment import ROOT

ENDED = ["terminate", "join", "kill", "join"]


class Process:
    """A process that ends when it is told to, or only when it is killed."""

    def __init__(self, exitcode: int | None = None, *, stubborn: bool = False) -> None:
        self.exitcode = exitcode
        self.sentinel = -1
        self.stubborn = stubborn
        self.told: list[str] = []

    def is_alive(self) -> bool:
        return self.exitcode is None

    def terminate(self) -> None:
        self.told.append("terminate")
        if not self.stubborn:
            self.exitcode = 0

    def join(self, timeout: float | None = None) -> None:
        self.told.append("join")

    def kill(self) -> None:
        self.told.append("kill")
        self.exitcode = -9 if self.exitcode is None else self.exitcode


def test_a_process_that_does_not_end_is_killed() -> None:
    quick, stubborn = Process(), Process(stubborn=True)
    with team._team() as workers:
        workers += [quick, stubborn]
    assert quick.told == stubborn.told == ENDED
    assert (quick.exitcode, stubborn.exitcode) == (0, -9)


@pytest.fixture
def search(monkeypatch):
    """Return a function that runs a search whose checks give scripted numbers of finished trials.

    It returns the processes that were started and the numbers that `on_check` was given.
    """

    def run(finished, exitcode=None, trials=4, workers=2, error=None):
        started: list[Process] = []
        numbers = iter(finished)

        def status():
            done = next(numbers)
            return SimpleNamespace(finished=range(done), is_complete=done == trials)

        def start(plan, errors):
            started.append(Process(exitcode))
            if error:
                errors.send(error)
            return started[-1]

        monkeypatch.setattr(team, "wait", lambda sentinels, pause: None)
        monkeypatch.setattr(team, "_start", start)
        plan = SimpleNamespace(workers=workers, trials=trials)
        seen: list[int] = []
        study = SimpleNamespace(plan=plan, status=status)
        try:
            team.run_search(study, lambda status: seen.append(len(status.finished)))
        finally:
            run.started = started
        return started, seen

    return run


def test_processes_work_until_every_trial_has_ended_and_are_then_told_to_end(search) -> None:
    started, seen = search([0, 1, 1, 3, 4])
    assert seen == [0, 1, 1, 3, 4]
    assert [process.told for process in started] == [ENDED] * 2


@pytest.mark.parametrize(("done", "processes"), [(0, 4), (3, 1), (4, 0)])
def test_there_are_no_more_processes_than_trials_left(search, done, processes) -> None:
    started, _ = search([done, 4], workers=9)
    assert len(started) == processes


def test_a_dead_process_is_replaced_until_too_many_have_died(search) -> None:
    with pytest.raises(ProgramError, match="20 processes of the search died"):
        search([0] * 100, exitcode=-9)
    assert len(search.started) == 20


def test_a_process_that_ends_as_wanted_is_no_death(search) -> None:
    started, _ = search([0] * 50 + [4], exitcode=0)
    assert len(started) == 2 * 50


def test_an_error_that_all_others_would_have_ends_the_search_with_its_own_code(search) -> None:
    with pytest.raises(ProgramError, match="no data") as caught:
        search([0] * 9, error=(4, "no data"))
    assert caught.value.exit_code == 4


def test_a_finished_trial_shows_that_deaths_are_accidents(search) -> None:
    started, _ = search([0] * 10 + [1] * 10 + [4], exitcode=-9)
    assert len(started) == 2 * 20


def test_ctrl_c_stops_the_search_and_its_processes(search) -> None:
    def interrupted():
        yield 0
        raise KeyboardInterrupt

    with pytest.raises(StoppedError, match="the same command continues it"):
        search(interrupted())
    assert [process.told for process in search.started] == [ENDED] * 2


def test_a_process_is_started_without_hearing_ctrl_c(monkeypatch) -> None:
    seen = []

    class Started(Process):
        def __init__(self, target, args, daemon) -> None:
            super().__init__()
            self.arguments = args

        def start(self) -> None:
            seen.append(signal.getsignal(signal.SIGINT))

    context = SimpleNamespace(
        Process=Started,
    )
    monkeypatch.setattr(multiprocessing, "get_context", lambda method: context)
    before = signal.getsignal(signal.SIGINT)
    process = team._start("plan", "errors")
    assert seen == [signal.SIG_IGN]
    assert signal.getsignal(signal.SIGINT) is before
    assert process.arguments == ("plan", "errors")


@pytest.mark.skipif(team._START != "forkserver", reason="only there are processes copied")
def test_imports_ahead_are_found_from_any_folder(tmp_path) -> None:
    """Before Python 3.13, the process that others are copies of silently imports nothing."""
    code = f"""import multiprocessing, sys
sys.path.insert(0, {str(ROOT)!r})
from nn.searching import team
team._AHEAD = ["nn.errors"]
team.import_ahead()
look = "import sys; sys.exit('nn.errors' not in sys.modules)"
process = multiprocessing.get_context("forkserver").Process(target=exec, args=(look,))
process.start()
process.join()
sys.exit(process.exitcode)"""
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0


def test_imports_ahead_begin_before_this_process_imports_anything_slow() -> None:
    code = "import sys, nn.searching.team; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
