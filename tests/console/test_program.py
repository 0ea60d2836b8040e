import errno
import gc
import importlib
import io
import math
import os
import signal
import subprocess
import sys
import weakref
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nn.console import program
from nn.console.asker import open_asker
from nn.console.plain_questions import PlainAsker
from nn.console.program import fit, run_program, say
from nn.console.progress import Progress
from nn.console.showing import print_answer
from nn.console.terminal import has_terminal
from nn.errors import DataError, ProgramError, RunFolderError, SettingError, StoppedError
from nn.runs.picture_reading import PictureReading
from tests.screens import EditorShell

ROOT = Path(__file__).parents[2]


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _signals_as_before():
    """Take signals again: a program that has ended takes none."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def raising(error):
    def main():
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingError("x"), 2),
        (DataError("x"), 3),
        (RunFolderError("x"), 4),
        (ProgramError("x"), 1),
        (StoppedError("x"), 130),
        (KeyboardInterrupt(), 130),
        (MemoryError(), 1),
        (SystemExit(0), 0),
        (SystemExit(7), 7),
        (OSError(errno.ENOSPC, "No space left on device", "out.csv"), 1),
        (PermissionError(errno.EACCES, "Permission denied", "out.csv"), 1),
    ],
)
def test_every_mistake_has_its_exit_code_and_one_line(capsys, error, code):
    assert run_program(raising(error)) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (0 if isinstance(error, SystemExit) else 1)


def test_success_is_silent(capsys):
    assert run_program(lambda: None) == 0
    assert capsys.readouterr() == ("", "")


def test_a_program_that_ends_does_not_look_for_garbage(monkeypatch):
    at_exit = []
    monkeypatch.setattr(program.atexit, "register", at_exit.append)
    run_program(lambda: None)
    assert at_exit == [gc.freeze]


def test_an_unknown_backend_of_matplotlib_is_passed_over_with_a_line(monkeypatch, capsys):
    """As in a notebook, which hands its own to `!python train.py`."""
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    assert run_program(lambda: None) == 0
    said = "MPLBACKEND=nonsense is ignored: matplotlib has no such backend.\n"
    assert capsys.readouterr().err == said
    assert "MPLBACKEND" not in os.environ


def test_the_shell_window_of_an_editor_is_used_like_a_dumb_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    shell = EditorShell()
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, shell)
    kinds = []

    def main():
        with open_asker() as asker:
            kinds.append(type(asker))
        with closing(Progress()) as progress:
            progress.on_epoch_start(1, 1, 10)
            progress.on_progress(5, 0.5, 0.9)
        seen, sure = np.zeros((1, 1, 2), np.uint8), np.array([[0.75, 0.25]])
        print_answer("a.png", PictureReading(seen, sure, np.array([True])))
        kinds.append(has_terminal(sys.stdin, sys.stdout))
        raise DataError("as an example")

    assert run_program(main) == DataError.exit_code
    assert kinds == [PlainAsker, False]
    assert "\x1b" not in shell.text
    assert "\r" not in shell.text
    assert shell.text.splitlines()[1:] == [
        "a.png: 0 (75.00%)",
        "less likely: 1 25.00%",
        "error: as an example",
    ]


def test_the_file_that_could_not_be_written_is_named(capsys):
    run_program(raising(OSError(errno.ENOSPC, "No space left on device", "weights_1.csv")))
    assert capsys.readouterr().err == "error: weights_1.csv: No space left on device\n"


def test_being_stopped_is_no_error(capsys):
    run_program(raising(StoppedError("nothing was written")))
    assert capsys.readouterr().err == "nothing was written\n"


def test_control_codes_in_a_message_do_not_reach_the_terminal(capsys):
    run_program(raising(SettingError("a\n\x1b[2Jb")))
    assert capsys.readouterr().err == "error: a\\n\\x1b[2Jb\n"


@pytest.mark.parametrize("error", [ValueError("x"), FileNotFoundError(errno.ENOENT, "x", "y")])
def test_a_defect_keeps_its_traceback(monkeypatch, error):
    monkeypatch.setattr(program.interrupt, "last", -math.inf)
    with pytest.raises(type(error)):
        run_program(raising(error))


@pytest.mark.parametrize("error", [TypeError("x"), type("Panic", (BaseException,), {})("x")])
def test_what_a_library_makes_of_a_signal_is_no_error(capsys, monkeypatch, error):
    monkeypatch.setattr(program.interrupt, "last", -math.inf)

    def main():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise error from None

    assert run_program(main) == 130
    assert capsys.readouterr().err == "stopped\n"
    monkeypatch.setattr(program, "_RELATED", 0.0)  # long after a signal it is one
    with pytest.raises(type(error)):
        run_program(raising(error))


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_waits_until_a_module_is_imported(tmp_path, monkeypatch, capsys, number):
    monkeypatch.setattr(program.interrupt, "last", -math.inf)
    (tmp_path / "slow_module.py").write_text(f"import signal\nsignal.raise_signal({int(number)})\n")
    monkeypatch.syspath_prepend(tmp_path)
    later = []

    def main():
        later.append(importlib.import_module("slow_module"))
        signal.pause()  # until the signal is sent again
        later.append("not stopped")

    try:
        assert run_program(main) == 130
    finally:
        sys.modules.pop("slow_module", None)
    assert capsys.readouterr().err == "stopped\n"
    assert len(later) == 1


def test_a_signal_that_meets_the_callback_of_a_weak_reference_is_not_lost(monkeypatch, capsys):
    monkeypatch.setattr(program.interrupt, "last", -math.inf)
    later = []

    def main():
        image = np.zeros(1)
        reference = weakref.ref(image, lambda dead: signal.raise_signal(signal.SIGINT))
        del image
        later.append(reference)
        signal.pause()  # until the signal is sent again
        later.append("not stopped")

    assert run_program(main) == 130
    assert capsys.readouterr().err == "stopped\n"
    assert len(later) == 1


def test_a_program_that_is_imported_can_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(program.interrupt, "last", -math.inf)
    (tmp_path / "started.py").write_text(
        "import signal\nfrom nn.console.program import run_program\n"
        "code = run_program(lambda: signal.raise_signal(signal.SIGINT))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.import_module("started").code == 130
    del sys.modules["started"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "half is saved\n"),
        (DataError("no images"), "error: no images\n"),
        (OSError(errno.ENOSPC, "No space left on device", "a.png"), "error: a.png: No space"),
    ],
)
def test_a_stop_says_what_is_saved_and_other_errors_stay(capsys, error, said):
    def main():
        with program.when_stopped(lambda: "half is saved"):
            raise error

    assert run_program(main) == (
        130 if isinstance(error, KeyboardInterrupt) else run_program(raising(error))
    )
    assert capsys.readouterr().err.startswith(said)


PRINTER = """
import sys, time
from nn.console.program import fit, run_program, say
def main():
    for line in range({lines}):
        print("line", line, flush={flush})
        if {flush}: time.sleep(0.001)
sys.exit(run_program(main))
"""


# Buffered output fails at other moments than output that is written at once.
BUFFERED = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}


def shell(command):
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        env={**BUFFERED, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("lines", "flush"), [(100_000, False), (1000, True)])
def test_output_closed_early_ends_quietly(tmp_path, lines, flush):
    (tmp_path / "p.py").write_text(PRINTER.format(lines=lines, flush=flush))
    done = shell(f"{sys.executable} {tmp_path}/p.py | head -1; echo ${{PIPESTATUS[0]}}")
    assert done.stdout == "line 0\n141\n"
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_to_a_full_disk_is_one_line(tmp_path):
    (tmp_path / "p.py").write_text(PRINTER.format(lines=1, flush=False))
    done = shell(f"{sys.executable} {tmp_path}/p.py > /dev/full")
    assert (done.returncode, done.stderr) == (
        1,
        "error: standard output: No space left on device\n",
    )


def test_closed_output_and_errors_do_no_harm(tmp_path):
    (tmp_path / "p.py").write_text(PRINTER.format(lines=1, flush=False))
    assert shell(f"{sys.executable} {tmp_path}/p.py >&- 2>&-").returncode == 0


def test_what_is_closed_leads_nowhere_and_its_descriptor_is_no_files(tmp_path):
    (tmp_path / "p.py").write_text(
        "import os, sys\nfrom nn.console.program import run_program\n"
        "def main():\n"
        "    with open('file', 'w') as file:\n"
        "        file.write(str([sys.stdin.read(), file.fileno() > 2, sys.stderr.write('x')]))\n"
        "    os.write(1, b'not into the file')\n"
        "sys.exit(run_program(main))\n"
    )
    done = shell(f"cd {tmp_path}; {sys.executable} p.py <&- >&- 2>&-; echo $?; cat file")
    assert done.stdout == "0\n['', True, 1]"


STOPPED = """
import os, signal, sys
from nn.console.program import run_program
class Stubborn:
    def __enter__(self): pass
    def __exit__(self, *error):
        os.kill(os.getpid(), {second}); os.kill(os.getpid(), {second})
        print("cleaned up", end="")
def main():
    with Stubborn():
        os.kill(os.getpid(), {first})
code = run_program(main)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    os.kill(os.getpid(), number)
sys.exit(code)
"""


@pytest.mark.parametrize("first", SIGNALS)
@pytest.mark.parametrize("second", [0, *SIGNALS])
def test_signals_end_a_program_in_order_however_many_come(tmp_path, first, second):
    (tmp_path / "p.py").write_text(STOPPED.format(first=int(first), second=int(second)))
    done = shell(f"{sys.executable} {tmp_path}/p.py")
    assert (done.returncode, done.stdout, done.stderr) == (130, "cleaned up", "stopped\n")


def test_a_signal_that_is_ignored_stays_ignored(tmp_path):
    (tmp_path / "p.py").write_text(
        "import os, sys\nfrom nn.console.program import run_program\n"
        "sys.exit(run_program(lambda: os.kill(os.getpid(), 1)))\n"
    )
    done = shell(f"trap '' HUP; {sys.executable} {tmp_path}/p.py")
    assert (done.returncode, done.stderr) == (0, "")


def test_letters_that_a_terminal_lacks_are_written_another_way(tmp_path):
    (tmp_path / "p.py").write_text(
        "import sys\nfrom nn.console.program import run_program\n"
        "sys.exit(run_program(lambda: print('\\u2580')))\n"
    )
    done = shell(f"PYTHONIOENCODING=ascii {sys.executable} {tmp_path}/p.py")
    assert (done.returncode, done.stdout) == (0, "\\u2580\n")


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of 20 columns."""
    stream = io.StringIO()
    stream.isatty, stream.fileno = lambda: True, lambda: 1
    monkeypatch.setattr(os, "get_terminal_size", lambda descriptor: os.terminal_size((20, 24)))
    return stream


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("just twenty letters.", ["just twenty letters."]),
        ("a line of more than twenty letters", ["a line of more than", "twenty letters"]),
        ("a-word/of-more-than/twenty letters", ["a-word/of-more-than/twenty", "letters"]),
        (
            "To resume it: python train.py --resume x",
            ["To resume it:", "python train.py --resume x"],
        ),
        (
            "Install it: pip install -r a.txt (or not)",
            ["Install it:", "pip install -r a.txt", "(or not)"],
        ),
    ],
)
def test_a_line_is_broken_between_words_but_not_within_a_command(narrow, line, expected):
    assert fit(line, narrow) == "\n".join(expected)


def test_an_error_in_a_terminal_is_broken_between_words(narrow, monkeypatch):
    monkeypatch.setattr(sys, "stderr", narrow)
    monkeypatch.setenv("NO_COLOR", "1")
    run_program(raising(SettingError("it is longer than the line")))
    assert narrow.getvalue() == "error: it is longer\nthan the line\n"


def test_what_is_said_in_a_terminal_is_broken_between_words(narrow, monkeypatch):
    monkeypatch.setattr(sys, "stdout", narrow)
    say("it is much longer than the line\nshort")
    assert narrow.getvalue() == "it is much longer\nthan the line\nshort\n"


def test_a_file_gets_each_line_unbroken(tmp_path):
    with (tmp_path / "log").open("w") as stream:
        assert (
            fit("a line of more than twenty letters", stream)
            == "a line of more than twenty letters"
        )


def test_what_is_said_cannot_work_the_terminal(capsys):
    say("Run \x1b]0;title\x07\x1b[2J\r\x9b1m\u202e\nnext line")
    assert capsys.readouterr().out == r"Run \x1b]0;title\x07\x1b[2J\r\x9b1m\u202e" + "\nnext line\n"
