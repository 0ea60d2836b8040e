"""A disk that is full: nothing more is written, what is there stays, and the next start goes on."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.faults.bench import OTHERS, RUN, Bench, MissedError, SkippedError
from tests.faults.fault import Fault
from tests.faults.folders import contents
from tests.faults.moments import DRAWN, SAVED, Watch


def no_room_for_a_file(bench: Bench, moment: str, rng: Random) -> str:
    """Let a disk have room for so many files only; then make room and go on."""
    place = bench.new_place()
    with small_disk(place.runs) as resize:
        resize(int(moment.split(maxsplit=1)[0]))
        program = place.train(*RUN)
        code = program.wait()
        assert code in (1, 4), f"{code}: {program.said}{program.errors}"
        hit = place.check_refused(program)
        resize(1000)
        place.check_next_start()
        place.finish()
    place.remove()
    return hit


@contextmanager
def small_disk(folder: Path) -> Iterator:
    """Put a small disk in a folder's place, and give a function that sets how many files it holds.

    It keeps what was in the folder.
    """
    before = contents(folder)
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        raise SkippedError("this user cannot mount a disk")
    try:
        for name, content in before.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        taken = sum(1 for _ in folder.rglob("*")) + 1

        def resize(files: int) -> None:
            words = f"remount,nr_inodes={taken + files}"
            subprocess.run(["mount", "-o", words, str(folder)], check=True, capture_output=True)

        yield resize
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def no_bytes_for_a_file(bench: Bench, name: str, rng: Random) -> str:
    """Refuse all further bytes when a file is begun; then let them pass and go on."""
    import resource

    place = bench.new_place()
    watch = Watch(place.run)
    program = place.train(*RUN)
    program.wait_for(lambda: watch.is_begun(name))
    if program.code is None:
        resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    code = program.wait()
    place.check(program)
    if code == 0 or program.errors == "":  # it could not even say so: errors go to a file, too
        assert code in (0, 1, 4), f"{code}: {program.said}"
    place.check_next_start()
    place.finish()
    place.remove()
    if code == 0:
        raise MissedError("everything was already written")
    return name


def other_program(bench: Bench, script: str, rng: Random) -> str:
    """Refuse long files to predict.py, compare.py and search.py; then let them do their work."""
    place = bench.new_place()
    program = place.start_another(script, largest_file=rng.randrange(200, 5000))
    code = program.wait()
    if code == 0:
        raise MissedError("all files are shorter than the limit")
    assert program.errors.count("\n") == 1, program.errors
    place.check_others(program)
    assert not list(place.runs.rglob(".*.part")), "a part file was left on a full disk"
    place.finish_another(script)
    place.remove()
    return script


def nowhere_to_say_it(bench: Bench, script: str, rng: Random) -> str:
    """Let what is said go to a full disk; the work is done or can be gone on with."""
    if not Path("/dev/full").exists():
        raise SkippedError("there is no /dev/full")
    place = bench.new_place()
    if script == "train.py":
        program = place.train(*RUN, output="/dev/full")
        program.wait()
        place.check(program)
        assert program.errors.count("\n") == 1, program.errors
        place.finish()
    else:
        program = place.start_another(script, output="/dev/full")
        code = program.wait()
        place.check_others(program)
        assert code == 1, program.errors
    assert "standard output: No space left" in program.errors, program.errors
    place.remove()
    return script


FILES = tuple(f"{files} files" for files in range(1, 22))  # of the 21 that a run writes
FAULTS = [
    Fault("full disk", FILES, no_room_for_a_file, ("12 files",)),
    Fault("full disk", ("checkpoint.npz", *SAVED, *DRAWN), no_bytes_for_a_file),
    Fault("full disk", tuple(OTHERS), other_program),
    Fault("full disk for output", ("train.py", *OTHERS), nowhere_to_say_it, ("predict.py",)),
]
