"""A clock that jumps back while a program runs, as when a laptop wakes and asks for the time."""

import re
from random import Random
from typing import Any

from tests.faults.bench import RUN, Bench
from tests.faults.fault import Fault
from tests.faults.terminals import Terminal


def turn_back(seconds: Any) -> None:
    """Let the wall clock jump back every few looks at it; the steady clock goes on."""
    import datetime
    import importlib
    import time

    looks = 0
    now = time.time

    def jumping() -> float:
        nonlocal looks
        looks += 1
        return now() - seconds * (looks // 3)

    class Jumping(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(jumping(), tz)

    time.time = jumping
    time.time_ns = lambda: int(jumping() * 1e9)
    datetime.datetime = Jumping
    for module, name in (("tqdm.std", "time"), ("nn.runs.experiment", "datetime")):
        setattr(importlib.import_module(module), name, {"time": jumping, "datetime": Jumping}[name])


def jump_back(bench: Bench, moment: str, rng: Random) -> str:
    """Train on a terminal under a clock that jumps; time left and seconds are never negative."""
    place = bench.new_place()
    seconds = rng.choice((2, 3600, 4 * 365 * 86400))
    with Terminal() as terminal:
        program = place.train(
            *RUN, input=terminal.path, output=terminal.path, errors=terminal.path,
            before=turn_back, argument=seconds,
        )  # fmt: skip
        code = program.wait(meanwhile=terminal.read)
        text = terminal.text
    assert code == 0, text
    place.check(program)
    assert not re.search(r"-\d+:\d|-\d+\.\d s|-\d+\.\d+[kM]?B/s", text), text
    assert "left" in text
    place.check_same(place.run)
    # Names that the clock gives twice get a number.
    flags = [word for word in RUN if word not in ("--name", "run")]
    for _ in "12" if bench.fresh else "":
        again = place.train(*flags, "--epochs", 1, before=turn_back, argument=seconds)
        assert again.wait() == 0, again.errors
        place.check(again, stopped=True)  # it is a shorter run
    shown = place.start("predict.py", before=turn_back, argument=seconds)
    assert shown.wait() == 0, shown.errors
    place.remove()
    return moment


FAULTS = [Fault("clock jumps back", ("training",), jump_back)]
