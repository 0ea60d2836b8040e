"""The old file or the new one, whatever happens; and nothing beside it."""

import os
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nn.files.atomic_write import open_atomically, remove_left_parts, write_atomically

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions and limits of POSIX systems")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Return a file that holds "old", and make sure that nothing lies beside it afterwards."""
    path = tmp_path / "weights_1.csv"
    path.write_text("old")
    yield path
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_text_is_written_as_utf8_and_bytes_as_they_are(path: Path) -> None:
    write_atomically(path, "größer\n")
    assert path.read_bytes() == b"gr\xc3\xb6\xc3\x9fer\n"
    write_atomically(path, b"\x00\r\n\xff")
    assert path.read_bytes() == b"\x00\r\n\xff"


def test_no_descriptor_stays_open(path: Path) -> None:
    def next_free() -> list[int]:
        descriptors = [os.open(path.parent, os.O_RDONLY) for _ in range(5)]
        for descriptor in descriptors:
            os.close(descriptor)
        return descriptors

    before = next_free()
    write_atomically(path, "new")
    assert next_free() == before


def test_a_new_file_is_made(tmp_path: Path) -> None:
    write_atomically(tmp_path / "new.csv", "1,2\n")
    assert [entry.name for entry in tmp_path.iterdir()] == ["new.csv"]


def test_the_old_content_stays_until_the_block_ends(path: Path) -> None:
    with open_atomically(path) as stream:
        stream.write(b"new" * 100_000)
        stream.flush()
        assert path.read_text() == "old"
        # On another disk the part could not be renamed, so it lies in the same folder.
        assert len(list(path.parent.iterdir())) == 2
    assert path.read_text() == "new" * 100_000


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_block_left_by_an_exception_changes_nothing(
    path: Path, error: type[BaseException]
) -> None:
    def write_half() -> None:
        with open_atomically(path) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_system_call_that_fails_changes_nothing(
    path: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"


def test_the_content_is_on_the_disk_before_it_takes_the_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        folder = stat.S_ISDIR(status.st_mode)
        calls.append("folder" if folder else f"{status.st_size} bytes")
        fsync(descriptor)

    def watched_replace(old: str, new: Path) -> None:
        calls.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    write_atomically(path, "new content")
    assert calls == ["11 bytes", "rename", "folder"]


def test_a_folder_that_cannot_be_synced_is_no_failure(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_atomically(path, "new")
    assert path.read_text() == "new"


def test_a_system_without_folder_descriptors_does_without(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_DIRECTORY", raising=False)
    write_atomically(path, "new")
    assert path.read_text() == "new"


def test_a_reader_never_sees_half_a_file(path: Path) -> None:
    whole = {letter.encode() * 300_000 for letter in "ab"}
    write_atomically(path, b"a" * 300_000)
    done = threading.Event()

    def write_again_and_again() -> None:
        try:
            for letter in (b"b", b"a") * 30:
                write_atomically(path, letter * 300_000)
        finally:
            done.set()

    writer = threading.Thread(target=write_again_and_again)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= whole


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )


@POSIX
def test_a_full_disk_changes_nothing(path: Path) -> None:
    ended = run_python(
        """
        import resource, sys
        from pathlib import Path
        from nn.files.atomic_write import write_atomically
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_atomically(Path(sys.argv[1]), "x" * 5000)
        except OSError as error:
            print(type(error).__name__, error.errno)
        """,
        path,
    )
    assert ended.stdout.startswith("OSError"), ended.stderr
    assert path.read_text() == "old"


@POSIX
def test_a_process_killed_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    ended = run_python(
        """
        import os, signal, sys
        from pathlib import Path
        from nn.files.atomic_write import open_atomically
        with open_atomically(Path(sys.argv[1])) as stream:
            stream.write(b"half")
            stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        path,
    )
    assert ended.returncode == -9
    assert path.read_text() == "old"
    # The part is hidden, and its name says what it is.
    assert all(
        entry == path or (entry.name.startswith(".file.") and entry.suffix == ".part")
        for entry in tmp_path.iterdir()
    )


@POSIX
def test_the_part_that_a_killed_program_left_is_removed_and_no_other(path: Path) -> None:
    left = path.parent / f".{path.name}.ab_d1234.part"
    others = [f".{path.name}.former.part", f".other.{path.name}.abcd1234.part", ".abcd1234.part"]
    for part in (left, *(path.parent / name for name in others)):
        part.write_text("half")
    with open_atomically(path) as one:
        one.write(b"first")
        with open_atomically(path) as another:  # which must not take the first one's part for left
            another.write(b"second")
    assert path.read_text() == "first"
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, *others}
    for name in others:
        (path.parent / name).unlink()


@POSIX
def test_what_is_being_written_in_a_folder_is_not_removed_with_what_was_left(path: Path) -> None:
    (path.parent / ".other.csv.former.part").write_text("half")
    (path.parent / ".link.part").symlink_to(path)
    (path.parent / ".folder.part").mkdir()
    with open_atomically(path) as stream:
        stream.write(b"new")
        remove_left_parts(path.parent)
        assert len([*path.parent.iterdir()]) == 3  # the file, its part, the folder
    (path.parent / ".folder.part").rmdir()
    assert path.read_text() == "new"


@POSIX
def test_a_part_made_again_under_the_same_name_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / ".file.abcd1234.part"
    part.write_text("left by a killed program")

    def made_again(descriptor: int, **options: object) -> None:
        part.unlink()
        part.write_text("new")

    monkeypatch.setattr("nn.files.atomic_write.take_lock", made_again)
    remove_left_parts(tmp_path)
    assert part.read_text() == "new"


@POSIX
def test_writers_of_one_file_do_not_disturb_each_other(path: Path) -> None:
    errors: list[BaseException] = []

    def write_often() -> None:
        try:
            for _ in range(150):
                write_atomically(path, "whole")
        except OSError as error:
            errors.append(error)

    writers = [threading.Thread(target=write_often) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []


@POSIX
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_permissions_follow_the_umask(path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_atomically(path, "new")
        left = os.umask(umask)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert left == umask


@POSIX
def test_a_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    real, link = folder / "real.yaml", tmp_path / "link.yaml"
    real.write_text("old")
    link.symlink_to(real)
    write_atomically(link, "new")
    assert not link.is_symlink()
    assert link.read_text() == "new"
    assert real.read_text() == "old"


@POSIX
def test_a_link_to_a_folder_leads_into_it(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real, target_is_directory=True)
    write_atomically(link / "file", "new")
    assert (real / "file").read_text() == "new"
    write_atomically(link, "new")
    assert not link.is_symlink()
    assert [entry.name for entry in real.iterdir()] == ["file"]


def test_a_missing_folder_or_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "new", "new")
    with pytest.raises((NotADirectoryError, FileNotFoundError)):
        write_atomically(tmp_path / "file" / "new", "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@POSIX
def test_a_read_only_folder_is_an_error() -> None:
    """In a process and a folder of their own, because root has to become someone else for it."""
    ended = run_python(
        """
        import os, tempfile
        from pathlib import Path
        from nn.files.atomic_write import write_atomically
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "file")
            path.write_text("old")
            Path(folder).chmod(0o555)
            if os.geteuid() == 0:
                os.seteuid(65534)
            try:
                write_atomically(path, "new")
            except PermissionError:
                print("refused,", path.read_text())
            finally:
                os.seteuid(os.getuid())
                Path(folder).chmod(0o755)
            print(*os.listdir(folder))
        """
    )
    assert ended.stdout == "refused, old\nfile\n", ended.stderr


def test_a_relative_path_is_one_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically(Path("here.csv"), "new")
    assert (tmp_path / "here.csv").read_text() == "new"
