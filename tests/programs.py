"""The scripts in processes of their own, started in two ways.

`fresh` starts a new Python, as a person does. Otherwise the process is forked from one that has
already imported everything and does not wait for the disk (`tests/preloaded.py`). This saves most
of the time of a short run; whatever happens after the imports is the same.
"""

import fcntl
import multiprocessing
import os
import pickle
import pty
import runpy
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pexpect
from pexpect.fdpexpect import fdspawn

from tests.environment import ROOT, quiet_environment

PATIENCE = 90.0  # seconds until a program counts as hanging
# One thread a program, so that two programs on two cores do not wait for each other.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "no_proxy": "*"}


@dataclass(frozen=True)
class Order:
    """How a program is to be started.

    Attributes:
        script: `train.py` or another, or the path of a test's own script.
        flags: Its words.
        folder: Where it runs, and where what it says is kept.
        number: Tells it from others of that folder.
        closed: File descriptors that are closed when it starts.
        largest_file: Bytes that a file may have; more is refused as on a full disk.
        user: Who it becomes before it starts.
        input: What it reads.
        output: Where its output goes; empty for a file of its own.
        errors: Where its errors go, likewise.
        env: Environment variables that differ from the usual ones.
        fresh: Whether Python is started anew.
        before: A function of one argument that is called with `argument` first, in its process.
    """

    script: str
    flags: tuple[str, ...]
    folder: Path
    number: int
    closed: tuple[int, ...] = ()
    largest_file: int | None = None
    user: int | None = None
    input: str = os.devnull
    output: str = ""
    errors: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    fresh: bool = False
    before: Callable[[Any], None] | None = None
    argument: Any = None

    @property
    def out(self) -> Path:
        return Path(self.output) if self.output else self.folder / f".said-{self.number}.out"

    @property
    def err(self) -> Path:
        return Path(self.errors) if self.errors else self.folder / f".said-{self.number}.err"


# What takes most of the time of a small program, and can be left out before it starts -------------


def draw_nothing(_: object) -> None:
    """Leave out the pictures of a run."""
    from nn.reports import run_reports

    run_reports.draw_run = lambda *values, **words: None


def sketch(_: object) -> None:
    """Write pictures of one pixel."""
    from nn.files.atomic_write import write_atomically
    from nn.reports import figure, image_sprite

    pixel = image_sprite.encode_png(np.zeros((1, 1, 3), np.uint8))
    figure._write_png = lambda path, canvas: write_atomically(path, pixel)


def obey(order: Order) -> None:
    """Run a script here and now, as its order says."""
    import resource

    os.setsid()
    os.chdir(order.folder)
    os.environ.update(order.env)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    places = {0: (order.input, os.O_RDWR if order.input.startswith("/dev/pts") else os.O_RDONLY)}
    places |= {1: (str(order.out), os.O_WRONLY | os.O_CREAT | os.O_APPEND)}
    places |= {2: (str(order.err), os.O_WRONLY | os.O_CREAT | os.O_APPEND)}
    for descriptor, (path, mode) in places.items():
        opened = os.open(path, mode, 0o666)  # a terminal becomes that of the session
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
    if order.user is not None:
        os.setgroups([])
        os.setgid(order.user)
        os.setuid(order.user)
    if order.largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.largest_file, resource.RLIM_INFINITY))
    for descriptor in order.closed:
        os.close(descriptor)
    line = [str(ROOT / order.script), *order.flags]
    if order.fresh and order.before is None:
        os.execv(sys.executable, [sys.executable, *line])
    # What Python makes of descriptors when it starts.
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = None
        if descriptor not in order.closed:
            errors = "backslashreplace" if descriptor == 2 else "strict"
            stream = open(  # noqa: SIM115 - it is the process's own
                descriptor, mode, encoding=os.environ["PYTHONIOENCODING"], errors=errors,
                closefd=False, buffering=1 if descriptor == 2 or os.isatty(descriptor) else -1,
            )  # fmt: skip
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = line
    if order.before is not None:
        order.before(order.argument)
    runpy.run_path(sys.argv[0], run_name="__main__")


class Program:
    """A script of the project while it runs, and what it said.

    Args:
        order: How it is started.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self._process: Any
        if order.fresh:
            code = "import pickle, sys; import tests.programs as programs; " + (
                "programs.obey(pickle.load(sys.stdin.buffer))"
            )
            self._process = subprocess.Popen(
                [sys.executable, "-c", code], stdin=subprocess.PIPE, cwd=ROOT,
                env=quiet_environment() | ENVIRONMENT | {"PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            pickle.dump(order, self._process.stdin)
            self._process.stdin.close()
        else:
            self._process = branches().Process(target=obey, args=(order,))
            self._process.start()
        self.pid: int = self._process.pid
        _running[:] = [*(program for program in _running if program.code is None), self]

    @property
    def code(self) -> int | None:
        """The exit code; that of a signal is negative; None while it runs."""
        if isinstance(self._process, subprocess.Popen):
            return self._process.poll()
        return self._process.exitcode

    def wait(
        self, seconds: float = PATIENCE, meanwhile: Callable[[], object] = lambda: None
    ) -> int:
        """Return the exit code when it has ended."""
        deadline = time.monotonic() + seconds
        while self.code is None and time.monotonic() < deadline:
            meanwhile()
            time.sleep(0.002)
        code = self.code
        if code is None:
            self.send(signal.SIGKILL)
            raise AssertionError(f"{self} does not end. {self.said}{self.errors}")
        return code

    def wait_for(self, condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Wait until something is so; return False if the program has ended before."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.code is not None or time.monotonic() > deadline:
                return bool(condition())
            time.sleep(0.0005)
        return True

    def send(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.code is None:
            with suppress(ProcessLookupError):  # It may end right now.
                os.kill(self.pid, number)

    @property
    def takes_signals(self) -> bool:
        """Whether it has begun to catch SIGTERM, which is the first thing that a script does."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return False
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        return bool(caught >> (signal.SIGTERM - 1) & 1)

    @property
    def said(self) -> str:
        """What is on its output so far."""
        return self.order.out.read_text(errors="replace") if not self.order.output else ""

    @property
    def errors(self) -> str:
        """What is on its standard error so far."""
        own = not self.order.errors and self.order.err.exists()
        return self.order.err.read_text(errors="replace") if own else ""

    def __str__(self) -> str:
        return f"{self.order.script} {' '.join(self.order.flags)}"


class OnTerminal(fdspawn):  # type: ignore[misc]
    """A script on a pseudo-terminal, with pexpect's methods to type and to wait for words.

    Args:
        order: How it is started; output and errors may go elsewhere.
        columns: Width of the terminal.
        rows: Its height.
    """

    def __init__(self, order: Order, columns: int = 100, rows: int = 40) -> None:
        ours, self._theirs = pty.openpty()
        super().__init__(ours, timeout=PATIENCE, encoding="utf-8")
        self.setwinsize(rows, columns)
        name = os.ttyname(self._theirs)
        streams = {"output": order.output or name, "errors": order.errors or name}
        self.program = Program(replace(order, input=name, **streams))
        self.exitstatus: int | None = None

    def read_nonblocking(self, size: int = 1, timeout: float | None = -1) -> str:
        """Read what is shown; the terminal ends with its program."""
        seconds = PATIENCE if timeout in (-1, None) else timeout
        deadline = time.monotonic() + seconds
        while True:
            try:
                return str(super().read_nonblocking(size, 0.01))
            except pexpect.TIMEOUT:
                if self._theirs >= 0 and self.program.code is not None:
                    os.close(self._theirs)
                    self._theirs = -1
                elif time.monotonic() > deadline:
                    raise

    def setwinsize(self, rows: int, columns: int) -> None:
        """Resize the terminal."""
        fcntl.ioctl(self.child_fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def sendintr(self) -> None:
        """Press Ctrl-C."""
        self.send("\x03")

    def wait(self) -> int:
        """Return the exit code when the program has ended."""
        self.exitstatus = self.program.wait()
        return self.exitstatus

    def close(self) -> None:
        """End the program, if it has not ended, and take the terminal away."""
        self.program.send(signal.SIGKILL)
        self.wait()
        if self._theirs >= 0:
            os.close(self._theirs)
            self._theirs = -1
        super().close()


_running: list[Program] = []


def end_all() -> None:
    """Kill what still runs."""
    while _running:
        program = _running.pop()
        if program.code is None:
            program.send(signal.SIGKILL)
            program.wait()


def branches() -> Any:
    """Return where processes branch off from one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
    return context


def start_branching() -> None:
    """Start the process that others branch off from, in an environment that is known."""
    from multiprocessing.forkserver import ensure_running

    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(quiet_environment() | ENVIRONMENT)
    try:
        branches()
        ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(kept)
