"""Several programs at the same time in the same place."""

import signal
from contextlib import suppress
from pathlib import Path
from random import Random

from nn.errors import RunFolderError
from nn.runs.find_run import find_run
from nn.runs.run_folder import Result, RunFolder
from nn.runs.saved_run import load_run
from tests.faults.bench import RUN, Bench, MissedError, Place
from tests.faults.fault import Fault
from tests.faults.moments import Watch


def same_name(bench: Bench, _moment: str, rng: Random) -> str:
    """Start two trainings of one name in the same instant: each gets a folder of its own."""
    place = bench.new_place()
    both = [place.train(*RUN) for _ in "12"]
    codes = [program.wait() for program in both]
    place.check(*both)
    assert codes == [0, 0], [program.errors for program in both]
    for name in ("run", "run-2"):
        place.check_same(place.runs / name)
    assert sorted(path.name for path in place.runs.iterdir()) == ["older", "run", "run-2"]
    place.remove()
    return "train.py"


def resume_twice(bench: Bench, _moment: str, rng: Random) -> str:
    """Resume one run twice in the same instant: one program does, the other says why not."""
    place = bench.new_place()
    program = place.train(*RUN)
    Watch(place.run).wait("training", program, rng)
    program.send(signal.SIGKILL)
    program.wait()
    both = [place.resume("run") for _ in "12"]
    codes = [program.wait() for program in both]
    place.check(*both)
    # One may come when the other has finished.
    refused = [program for program in both if "another program" in program.errors]
    late = [program for program in both if "complete after 5 epochs" in program.said]
    assert len(refused) == 1 or (not refused and late), [
        program.said + program.errors for program in both
    ]
    assert sorted(codes) == [0, 4 if refused else 0]
    place.check_same(place.run)
    place.remove()
    return "train.py --resume"


def read_while_written(bench: Bench, script: str, rng: Random) -> str:
    """Read a stopped run again and again while it is resumed: it is the old one or the new one."""
    place = bench.new_place()
    program = place.train(*RUN)
    Watch(place.run).wait("training", program, rng)
    program.send(signal.SIGTERM)
    if program.wait() != 130:
        raise MissedError(f"it ended by itself: {program.errors}")
    whole, seen = [_read_run(place.run)], []
    writer = place.resume("run")
    while writer.code is None:
        if script == "load_run":
            with suppress(RunFolderError):  # which says that the run is unfinished
                seen.append(_read_run(place.run))
        else:
            _read(place, script)
    assert writer.wait() == 0, writer.errors
    whole.append(_read_run(place.run))
    mixed = [result for result, weights in seen if (result, weights) not in whole]
    assert not mixed, f"{len(mixed)} of {len(seen)} readers saw files of two states as one run"
    place.remove()
    return script


def _read_run(folder: Path) -> tuple[Result, bytes]:
    """Return a run's result and its network, as predict.py reads them."""
    run = RunFolder(find_run(str(folder), folder.parent))
    result = run.read_result()
    return result, load_run(run).network.parameters.values.tobytes()


def _read(place: Place, script: str) -> None:
    flags = {"predict.py": ("--run", "run"), "compare.py": ("--runs", "run", "--name", "c")}
    reader = place.start(script, *flags[script])
    code = reader.wait()
    assert code in (0, 4), f"{code}: {reader.errors}"
    try:
        place.check(reader, stopped=True)
    except RunFolderError as error:  # what is checked here is being written, too
        if "resumed while it was read" not in str(error):
            raise


READERS = ("load_run", "predict.py", "compare.py")
FAULTS = [
    Fault("two at the same time", ("train.py",), same_name),
    Fault("two at the same time", ("--resume",), resume_twice),
    Fault("read while written", READERS, read_while_written),
]
