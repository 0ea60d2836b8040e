"""Somebody who listens no more: output closed early or from the start, a terminal that is gone."""

import os
import signal
import time
from random import Random

from tests.faults.bench import RUN, Bench
from tests.faults.fault import Fault
from tests.faults.moments import Watch
from tests.faults.terminals import Terminal

CLOSED = {
    "stdin": (0,),
    "stdout": (1,),
    "stderr": (2,),
    "all": (0, 1, 2),
}


def closed_from_the_start(bench: Bench, moment: str, rng: Random) -> str:
    """Start a program without one of its streams, as `>&-` does; it does its work all the same."""
    script, _, which = moment.partition(" ")
    place = bench.new_place()
    if script == "train.py":
        program = place.train(*RUN, closed=CLOSED[which])
        assert program.wait() == 0, program.errors
        place.check(program)
        place.check_same(place.run)
    else:
        program = place.start_another(script, closed=CLOSED[which])
        assert program.wait() == 0, program.errors
        place.check_others(program)
    place.remove()
    return moment


def closed_early(bench: Bench, moment: str, rng: Random) -> str:
    """Close the pipe that a program talks into, as `| head -1` does, after some of its lines."""
    script = moment.partition(" ")[0]
    place = bench.new_place()
    pipe = str(place.folder / "pipe")
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    program = (
        place.train(*RUN, output=pipe)
        if script == "train.py"
        else place.start_another(script, output=pipe)
    )
    program.wait_for(lambda: program.takes_signals)  # it has opened the pipe by then
    time.sleep(rng.uniform(0, 0.3 if script == "train.py" else 0.1) * (4 if bench.fresh else 1))
    os.close(end)
    code = program.wait()
    assert program.errors.count("\n") <= 1, program.errors
    if script == "train.py":
        assert code in (0, 130, 141), f"{code}: {program.errors}"
        place.check(program, stopped=True)
        place.finish()
    else:
        assert code in (0, 141), f"{code}: {program.errors}"
        place.check_others(program)
    place.remove()
    return moment


def terminal_gone_from_training(bench: Bench, moment: str, rng: Random) -> str:
    """Close the terminal that a training was started in, at some moment of it."""
    place = bench.new_place()
    with Terminal() as terminal:
        errors = terminal.path if rng.random() < 0.5 else ""
        flags = RUN
        if moment == "asking":
            flags = tuple(word for word in RUN if word != "--defaults")
        program = place.train(*flags, input=terminal.path, output=terminal.path, errors=errors)
        if moment == "asking":
            asked = rng.randint(1, 7)
            for number in range(1, asked + 1):
                terminal.wait_for(f"[{number}/")
                if number < asked:
                    terminal.type("\r")
            time.sleep(rng.uniform(0, 0.05))
        else:
            watch = Watch(place.run)
            watch.wait(moment, program, rng)
    code = program.wait(30)
    stopped = (place.run / "result.csv").exists()
    hung_up = -signal.SIGHUP if moment == "asking" else 130
    assert code in (0, 130, 141, hung_up), f"{code}: {program.errors}"
    place.check(program, stopped=stopped)
    if moment == "asking":
        assert not place.run.exists()
    place.finish()
    place.remove()
    return moment


def terminal_gone_from_another(bench: Bench, script: str, rng: Random) -> str:
    """Close the terminal in which predict.py shows images or compare.py asks for runs."""
    place = bench.new_place()
    flags = ("--run", "older", "--data-dir", bench.data) if script == "predict.py" else ()
    with Terminal() as terminal:
        errors = terminal.path if rng.random() < 0.5 else ""
        program = place.start(
            script, *flags, input=terminal.path, output=terminal.path, errors=errors
        )
        terminal.wait_for("predicted" if script == "predict.py" else "Which runs?")
        if script == "predict.py":
            for _ in range(rng.randint(0, 3)):
                terminal.type("\x1b[C")
        time.sleep(rng.uniform(0, 0.1))
    code = program.wait(30)
    assert code in (0, 129, 130, 141, -signal.SIGHUP), f"{code}: {program.errors}"
    place.check_others(program)
    place.remove()
    return script


PROGRAMS = ("train.py", "predict.py", "compare.py", "search.py")
STREAMS = tuple(f"{script} {which}" for script in PROGRAMS for which in CLOSED)
WHILE = ("asking", "loading", "training", "saving", "drawing")
FAULTS = [
    Fault(
        "stream closed from the start",
        STREAMS,
        closed_from_the_start,
        ("train.py all",),
    ),
    Fault("output closed early", PROGRAMS, closed_early),
    Fault("terminal gone", WHILE, terminal_gone_from_training, ("asking",)),
    Fault("terminal gone", ("predict.py", "compare.py"), terminal_gone_from_another),
]
