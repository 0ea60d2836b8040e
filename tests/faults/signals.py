"""Signals that ask a program to end: it ends soon, in order, and says so in a line."""

import signal
import time
from random import Random

from tests.faults.bench import OTHERS, RUN, Bench, MissedError
from tests.faults.fault import Fault
from tests.faults.moments import MOMENTS, Watch
from tests.programs import Program

SIGNALS = {
    "SIGTERM": [signal.SIGTERM],
    "SIGHUP": [signal.SIGHUP],
    "Ctrl-C": [signal.SIGINT],
    "Ctrl-C twice": [signal.SIGINT, signal.SIGINT],
}
SOON = 20.0  # seconds that a program may take to save and draw what it has


def interrupt(bench: Bench, moment: str, rng: Random, *, name: str) -> str:
    """Send a training signals; what it leaves can be used or gone on with."""
    place = bench.new_place()
    program = place.train(*RUN)
    watch = Watch(place.run)
    watch.wait(moment, program, rng)
    if program.code is not None:
        raise MissedError(f"{moment}: it had already ended")
    hit = watch.moment
    send(program, name, rng)
    code = program.wait(SOON)
    stopped = code == 130 and (place.run / "result.csv").exists()
    place.check(program, stopped=stopped)
    check_ending(program, code)
    if place.run.exists():
        assert not list(place.run.glob(".*.part")), "a part was left"
    place.finish()
    place.remove()
    return hit


def send(program: Program, name: str, rng: Random) -> None:
    """Send the signals of a name, one after the other."""
    for number in SIGNALS[name]:
        program.send(number)
        time.sleep(rng.choice((0, rng.uniform(0, 0.02))))


def check_ending(program: Program, code: int) -> None:
    """Make sure that a program has done its work, or says in one line that it did not."""
    if code == 0:
        assert program.errors == "", program.errors
    else:
        assert code == 130, f"{program}: {code}: {program.errors}"
        assert program.errors.count("\n") == 1, program.errors


LONGEST = {"predict.py": 0.12, "compare.py": 0.12, "search.py": 0.6}  # seconds, at least


def interrupt_another(bench: Bench, script: str, rng: Random, *, name: str) -> str:
    """Send signals to another program at any time of its run; started again, it does its work."""
    place = bench.new_place()
    program = place.start_another(script)
    program.wait_for(lambda: program.takes_signals)
    time.sleep(rng.uniform(0, LONGEST[script] * (5 if bench.fresh else 1)))
    if program.code is not None:
        raise MissedError(f"{script} had already ended")
    send(program, name, rng)
    code = program.wait(SOON)
    place.check_others(program)
    check_ending(program, code)
    place.finish_another(script)
    place.remove()
    return script


def _with(name, inject):
    return lambda bench, moment, rng: inject(bench, moment, rng, name=name)


FAST = {"Ctrl-C": ("compare.py",)}
FAULTS = [Fault(n, MOMENTS, _with(n, interrupt)) for n in SIGNALS]
FAULTS += [Fault(n, tuple(OTHERS), _with(n, interrupt_another), FAST.get(n, ())) for n in SIGNALS]
