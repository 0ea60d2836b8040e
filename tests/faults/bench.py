"""A place to do harm in: small data, runs to compare with, and the checks after every fault."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.folders import Contents, check_whole, contents, numbers, parts
from tests.made_up_data import write_small_data
from tests.programs import Order, Program

RUN = ("--defaults", "--name", "run", "--hidden-units", "16", "--epochs", "5")
RUN += ("--learning-rate", "0.01", "--checkpoint-steps", "100")
OTHERS = {
    "predict.py": ("--run", "older"),
    "compare.py": ("--runs", "older", "--name", "comparison"),
    "search.py": (
        "--defaults", "--vary", "learning_rate: 0.003..0.3 log", "--trials", "6", "--workers", "2",
        "--study", "s", "--epochs", "3", "--hidden-units", "8",
    ),
}  # fmt: skip
ADDED = ("gallery.png", "predictions.csv")  # to a run, by predict.py
DEBRIS = re.compile(r"Traceback|Exception ignored|Error in |Fatal Python")


class MissedError(Exception):
    """The fault missed its moment."""


class SkippedError(Exception):
    """This system does not allow the fault; the message says why."""


class Bench:
    """Data, and runs that nothing happened to.

    Args:
        place: An empty folder for everything.
        fresh: Whether every program is started by a Python of its own.
        before: What every other program calls first, unless told otherwise.
    """

    def __init__(
        self, place: Path, *, fresh: bool, before: Callable[[Any], None] | None = None
    ) -> None:
        self.place = place
        self.fresh = fresh
        self.before = before
        self.data = write_small_data(place / "data", shape=(10, 10), training=3000, test=300)
        self._places = 0
        undisturbed = self.new_place(older=False)
        for flags in (RUN, (*RUN, "--name", "older", "--epochs", "1")):
            program = undisturbed.train(*flags)
            assert program.wait() == 0, program.errors
        self.reference = undisturbed.runs / "run"
        self.older = undisturbed.runs / "older"

    def new_place(self, *, older: bool = True) -> "Place":
        """Make a working folder that holds one finished run."""
        self._places += 1
        place = Place(self, self.place / f"{self._places:04d}")
        place.runs.mkdir(parents=True)
        if older:
            shutil.copytree(self.older, place.runs / "older")
            place.before = contents(place.runs / "older")
        return place


@dataclass
class Place:
    """A working folder in which programs run and faults happen.

    Attributes:
        bench: Whose it is.
        folder: The folder.
        before: What the run in it holds that is older than all faults.
    """

    bench: Bench
    folder: Path
    before: Contents = field(default_factory=dict)
    _programs: int = 0

    @property
    def runs(self) -> Path:
        """The save folder."""
        return self.folder / "saved_files"

    @property
    def run(self) -> Path:
        """The folder of the run that suffers."""
        return self.runs / "run"

    def start(self, script: str, *flags: object, **how: Any) -> Program:
        """Start a script; other words are those of an `Order`."""
        self._programs += 1
        words = tuple(map(str, flags))
        how = {"fresh": self.bench.fresh, "before": self.bench.before} | how
        return Program(Order(script, words, self.folder, self._programs, **how))

    def train(self, *flags: object, **how: Any) -> Program:
        """Start train.py on the small data."""
        return self.start("train.py", "--data-dir", self.bench.data, *flags, **how)

    def resume(self, *flags: object, **how: Any) -> Program:
        """Start `train.py --resume`."""
        return self.start("train.py", "--resume", *flags, **how)

    def start_another(self, script: str, **how: Any) -> Program:
        """Start predict.py, compare.py or search.py on what there is."""
        data = () if script == "compare.py" else ("--data-dir", self.bench.data)
        return self.start(script, *data, *OTHERS[script], **how)

    # What must be so, whatever happened ----------------------------------------------------------

    def check(self, *programs: Program, stopped: bool = False) -> None:
        """Make sure that no program left debris, and that all files there are whole ones."""
        for program in programs:
            found = DEBRIS.search(program.errors) or DEBRIS.search(program.said)
            assert not found, f"{program}:\n{program.said}{program.errors}"
        if self.before:
            assert contents(self.runs / "older") == self.before, "an earlier run was touched"
        for folder in self.runs.iterdir():
            if folder.is_dir() and folder.name != "older":
                check_whole(folder, self.bench.reference, stopped=stopped)

    def check_refused(self, program: Program, *, parts_may_stay: bool = False) -> str:
        """Make sure that a program said in one line what it could not write, and left no part.

        Returns:
            The file that it names.
        """
        self.check(program)
        assert re.fullmatch(
            r"error: .*(No space|Permission|too large|Read-only).*\n", program.errors
        ), f"{program}: {program.errors}"
        if self.run.exists() and not parts_may_stay:
            assert not list(self.run.glob(".*.part")), "a part was left"
        found = re.search(r"run/([a-z_0-9]+\.[a-z]+)|(pictures)", program.errors)
        return (found[1] or found[2]) if found else "run's folder"

    def check_next_start(self) -> None:
        """Make sure that the next start says what it found, as it reads the data."""
        damaged = self.folder / "damaged"
        damaged.mkdir(exist_ok=True)
        for path in self.bench.data.iterdir():
            (damaged / path.name).write_bytes(b"\x1f\x8b")
        program = self.start("train.py", "--defaults", "--data-dir", damaged)
        assert program.wait() == 3, program.errors
        self.check_says(program)

    def check_says(self, program: Program) -> None:
        """Make sure that a program said which run is unfinished, if one is, and no other."""
        line = r"saved_files/run is unfinished.*--resume run\n"
        found = re.search(line, program.said)
        assert bool(found) == self.is_unfinished, program.said + program.errors

    @property
    def is_unfinished(self) -> bool:
        """Whether the run has begun and its last file is missing."""
        begun = (self.run / "settings.yaml").exists()
        return begun and not (self.run / "report.html").exists()

    def finish(self) -> None:
        """Resume the run, or train it again where nothing is left; it must end the same."""
        begun = (self.run / "settings.yaml").exists()
        program = self.resume("run") if begun else self.train(*RUN)
        code = program.wait()
        self.check(program)
        assert code == 0, f"{program}: {program.said}{program.errors}"
        folder = self.run
        if not begun and not (self.run / "settings.yaml").exists():
            folder = self.runs / "run-2"
        self.check_same(folder)

    def check_same(self, folder: Path) -> None:
        """Make sure that a run ended as the undisturbed one, and left nothing beside its files."""
        now, then = numbers(folder), numbers(self.bench.reference)
        different = [name for name in now | then if now.get(name) != then.get(name)]
        if folder.name != self.bench.reference.name:  # which the pictures show
            different = [name for name in different if not name.endswith(".png")]
        assert not different, f"{folder}: other files than undisturbed: {different}"
        assert not parts(folder), f"{folder}: {parts(folder)}"

    def check_others(self, program: Program) -> None:
        """Make sure that another program left no debris, and only added whole files."""
        assert not DEBRIS.search(program.errors), f"{program}: {program.errors}"
        older = self.runs / "older"
        check_whole(older, self.bench.reference, stopped=True)
        now = contents(older)
        added = {name for name in now if name in ADDED and name not in self.before}
        different = [name for name in now if now[name] != self.before.get(name)]
        assert set(different) <= added | {"gallery.png"}, different

    def finish_another(self, script: str) -> None:
        """Let another program do its work, undisturbed."""
        program = self.start_another(script)
        assert program.wait() == 0, f"{program}: {program.errors}"
        self.check_others(program)

    def remove(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.folder)
