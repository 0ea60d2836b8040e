"""`kill -9`: the program is gone from one instruction to the next, and cleans up nothing."""

import signal
from pathlib import Path
from random import Random

from tests.faults.bench import RUN, Bench, MissedError
from tests.faults.fault import Fault
from tests.faults.moments import MOMENTS, Watch
from tests.programs import Program


def kill_and_resume(bench: Bench, moment: str, rng: Random) -> str:
    """Kill a training; now and then its resumption, too; and resume it to the end."""
    place = bench.new_place()
    hit = _kill(place.run, place.train(*RUN), moment, rng)
    place.check()
    while (place.run / "settings.yaml").exists() and rng.random() < 0.3:
        again = rng.choice(MOMENTS)
        try:
            _kill(place.run, place.resume("run"), again, rng)
        except MissedError:
            break
        place.check()
    if bench.fresh or rng.random() < 0.3:
        place.check_next_start()
    place.finish()
    place.remove()
    return hit


def kill_extension(bench: Bench, moment: str, rng: Random) -> str:
    """Kill the extension of a finished run, which stays as it is; and resume it to the end."""
    place = bench.new_place()
    extend = ("older", "--epochs", "5")
    extended = place.runs / "older-2"
    hit = _kill(extended, place.resume(*extend), moment, rng)
    place.check()
    begun = (extended / "settings.yaml").exists()
    program = place.resume("older-2") if begun else place.resume(*extend)
    code = program.wait()
    place.check(program)
    assert code == 0, f"{program}: {program.said}{program.errors}"
    place.check_same(max(place.runs.glob("older-*")))
    place.remove()
    return hit


def _kill(folder: Path, program: Program, moment: str, rng: Random) -> str:
    watch = Watch(folder)
    watch.wait(moment, program, rng)
    program.send(signal.SIGKILL)
    code = program.wait()
    if code != -signal.SIGKILL:
        raise MissedError(f"{moment}: it had already ended, with {code}: {program.errors}")
    return watch.moment


FAULTS = [
    Fault("kill -9", MOMENTS, kill_and_resume, fast=("saving",)),
    Fault("kill -9 of an extension", MOMENTS, kill_extension),
]
