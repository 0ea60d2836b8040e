"""A folder that may not be written in: said in one line, and nothing is lost."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.faults.bench import OTHERS, RUN, Bench, MissedError, SkippedError
from tests.faults.fault import Fault
from tests.faults.moments import MOMENTS, Watch


def read_only(bench: Bench, moment: str, rng: Random) -> str:
    """Forbid writing at some moment of a training, and allow it again after."""
    place = bench.new_place()
    watch = Watch(place.run)
    if moment == "loading":
        with forbidden(place.runs):
            program = place.train(*RUN)
            code = program.wait()
    else:
        program = place.train(*RUN)
        watch.wait(moment, program, rng)
        if not place.run.exists() or program.code is not None:
            raise MissedError("no run is being written")
        with forbidden(place.run):
            code = program.wait()
    if code == 0:
        raise MissedError("everything was already written")
    assert code in (1, 4), f"{code}: {program.errors}"
    place.check_refused(program, parts_may_stay=True)
    place.finish()
    place.remove()
    return moment


def read_only_for_another(bench: Bench, script: str, rng: Random) -> str:
    """Let another program work where it may not write."""
    place = bench.new_place()
    with forbidden(place.runs):
        program = place.start_another(script)
        code = program.wait()
    assert code in (1, 2, 4), f"{code}: {program.errors}"
    assert re.fullmatch(r"error: .*(Read-only|ermission denied).*\n", program.errors)
    place.check_others(program)
    place.remove()
    return script


@contextmanager
def forbidden(folder: Path) -> Iterator[None]:
    """Forbid to write in a folder; root, whom permissions do not bind, by a mount."""
    if os.geteuid():
        folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        for path in folders:
            path.chmod(0o555)
        yield
        for path in folders:
            path.chmod(0o755)
        return
    if subprocess.run(
        ["mount", "--bind", folder, folder], check=False, capture_output=True
    ).returncode:
        raise SkippedError("root ignores permissions, and cannot mount here")
    try:
        remount = ["mount", "-o", "remount,ro,bind", folder]
        for _ in range(1000):  # it is refused as long as a file is open for writing
            if not subprocess.run(remount, check=False, capture_output=True).returncode:
                break
        else:
            raise MissedError("a file was being written at every attempt")
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


FAULTS = [
    Fault("read-only folder", MOMENTS, read_only, ("training",)),
    Fault("read-only folder", tuple(OTHERS), read_only_for_another),
]
