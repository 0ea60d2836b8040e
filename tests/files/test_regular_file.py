"""Opening what is a file, and waiting for nothing else."""

import itertools
import os
import socket
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from nn.files.regular_file import listed, open_regular, read_regular

pytestmark = pytest.mark.timeout(10)  # a pipe that is waited for is waited for without end


def test_a_file_is_read_from_its_beginning_and_no_further_than_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    assert read_regular(tmp_path / "file", 3) == b"con"
    assert read_regular(tmp_path / "file", 100) == b"content"
    with open_regular(tmp_path / "file") as stream:
        assert stream.read() == b"content"


def test_memory_is_taken_for_what_there_is_and_not_for_what_may_be(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9_000
    (tmp_path / "a").write_bytes(content)
    tracemalloc.start()
    assert read_regular(tmp_path / "a", 1 << 28) == content
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * len(content)


def test_a_link_to_a_file_is_followed_unless_it_may_not_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link", 100) == b"content"
    with pytest.raises(OSError, match="a link to another file") as caught:
        read_regular(tmp_path / "link", 100, follow_link=False)
    assert caught.value.filename == str(tmp_path / "link")
    assert read_regular(tmp_path / "file", 100, follow_link=False) == b"content"


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="a pipe or a device, not a file") as caught:
        open_regular(tmp_path / "pipe")
    assert caught.value.filename == str(tmp_path / "pipe")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_devices_are_refused_also_behind_a_link(tmp_path: Path, device: str) -> None:
    if not Path(device).exists():
        pytest.skip(f"there is no {device}")
    (tmp_path / "link").symlink_to(device)
    with pytest.raises(OSError, match=r"a pipe or a device|No such device"):
        open_regular(tmp_path / "link")


def test_a_socket_a_folder_and_nothing_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(OSError, match=r"No such device|not a file"):
            open_regular(Path("socket"))
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "nothing")


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(OSError, match="symbolic links"):
        open_regular(tmp_path / "round")


def test_what_is_refused_leaves_nothing_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    opened = Path("/proc/self/fd")  # empty where there is no such folder
    before = sum(1 for _ in opened.glob("*"))
    for name in ("pipe", "."):
        for _ in range(5):
            with pytest.raises(OSError, match=r"."):
                open_regular(tmp_path / name)
    assert sum(1 for _ in opened.glob("*")) == before


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of a stream that nobody has got yet
def test_a_ctrl_c_at_any_moment_is_no_other_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()

    def interrupt(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        frame.f_trace_opcodes = True
        if event == "opcode" and next(passed) == moment:
            raise KeyboardInterrupt
        return interrupt

    traced, moment, passed = sys.gettrace(), -1, itertools.count()
    while next(passed) > moment:
        moment, passed = moment + 1, itertools.count()
        sys.settrace(interrupt)
        try:  # noqa: SIM105 - contextlib would be interrupted, too
            open_regular(path)
        except KeyboardInterrupt:
            pass
        sys.settrace(traced)
    assert moment > 20


def test_a_message_lists_few_names_and_cuts_long_ones() -> None:
    assert listed(["a", "b\n"]) == r"a, b\n"
    assert listed([str(number) for number in range(1234)]) == "0, 1, 2, 3, 4 and 1,229 more"
    assert listed(["\udcff" * 255]) == r"\udcff" * 10 + "..."
