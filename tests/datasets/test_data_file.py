"""Data files as streams: unpacked as gzip does it, and no further than a file can reasonably go."""

import gzip
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nn.datasets.data_file import open_data_file
from nn.errors import DataError


def read(path: Path) -> bytes:
    with open_data_file(path) as stream:
        return stream.read()


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "data"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [b"", b"a", b"\x1f", b"plain text", b"\x1f\x8c" + bytes(9)])
def test_what_is_not_gzipped_is_read_as_it_is(tmp_path: Path, content: bytes) -> None:
    assert read(saved(tmp_path, content)) == content


def test_it_unpacks_what_the_gzip_module_unpacks(tmp_path: Path) -> None:
    """Members of all sizes, some empty, with padding between them, stored and compressed."""
    rng = random.Random(0)
    for _ in range(150):
        members = [
            gzip.compress(
                rng.randbytes(rng.choice([0, 1, 70_000])) + bytes(rng.choice([0, 3, 300_000])),
                compresslevel=rng.choice([0, 1, 9]),
            )
            + bytes(rng.choice([0, 0, 5, 70_000]))
            for _ in range(rng.choice([1, 2, 3]))
        ]
        content = b"".join(members)
        assert read(saved(tmp_path, content)) == gzip.decompress(content)


def test_damage_is_never_taken_for_data(tmp_path: Path) -> None:
    """Cut or changed anywhere, a file ends in an error wherever the gzip module raises one."""
    rng = random.Random(1)
    whole = gzip.compress(rng.randbytes(300) + bytes(300)) + gzip.compress(b"second")
    for place in range(2, len(whole)):
        changed = whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :]
        for damaged in (whole[:place], changed):
            path = saved(tmp_path, damaged)
            try:
                expected = gzip.decompress(damaged)
            except (OSError, EOFError, ValueError, gzip.zlib.error):
                with pytest.raises(DataError, match=r"data: .*(damaged|too early)"):
                    read(path)
            else:
                # zlib refuses a header with flags that mean nothing; the module reads on.
                try:
                    assert read(path) == expected
                except DataError:
                    assert place < 10 or whole[place:].startswith(gzip.compress(b"second")[3:4])


@pytest.mark.parametrize("size", [1 << 25, 1 << 40])
def test_a_hole_behind_a_member_is_not_walked_through(tmp_path: Path, size: int) -> None:
    path = saved(tmp_path, gzip.compress(b"abc"))
    with path.open("r+b") as stream:
        stream.truncate(size)
    with pytest.raises(DataError, match="more than 16,777,216 bytes in a row without data"):
        read(path)


def test_many_members_are_refused_even_if_they_are_empty(tmp_path: Path) -> None:
    """Twenty million of them, 400 MB, would take a minute."""
    few = saved(tmp_path, gzip.compress(b"", mtime=0) * 99_999 + gzip.compress(b"abc"))
    assert read(few) == b"abc"
    for member in (gzip.compress(b"", mtime=0), gzip.compress(b"a", mtime=0)):
        with pytest.raises(DataError, match="more than 100,000 members"):
            read(saved(tmp_path, member * 100_001))


def test_a_member_of_empty_blocks_is_refused(tmp_path: Path) -> None:
    header, block, end = gzip.compress(b"", mtime=0)[:10], b"\0\0\0\xff\xff", b"\1\0\0\xff\xff"
    assert read(saved(tmp_path, header + block * 1_000_000 + end + bytes(8))) == b""
    with pytest.raises(DataError, match="more than 16,777,216 bytes in a row without data"):
        read(saved(tmp_path, header + block * 4_000_000 + end + bytes(8)))


def test_a_large_file_is_read_as_long_as_it_has_data(tmp_path: Path) -> None:
    content = random.Random(2).randbytes(17_000_000)  # more than may be in a row without data
    assert read(saved(tmp_path, gzip.compress(content, compresslevel=0))) == content


def test_a_long_name_in_the_header_is_passed_over_quickly(tmp_path: Path) -> None:
    """The gzip module reads it letter by letter."""
    plain = gzip.compress(b"abc", mtime=0)
    named = plain[:3] + b"\x08" + plain[4:10] + b"n" * 3_000_000 + b"\0" + plain[10:]
    path = saved(tmp_path, named)
    assert processor_time(lambda: read(path)) < processor_time(lambda: gzip.decompress(named)) / 4
    assert read(path) == b"abc"


def test_nothing_is_unpacked_that_nobody_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path, gzip.compress(bytes(1 << 26), 1))

    def read_ten() -> None:
        with open_data_file(path) as stream:
            assert stream.read(10) == bytes(10)

    assert processor_time(read_ten) < processor_time(lambda: read(path)) / 4


def processor_time(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (EOFError(), "ends too early"),
        (MemoryError(), "not enough memory"),
        (OSError(5, "Input/output error"), "cannot be read .Input/output error"),
    ],
)
def test_whatever_goes_wrong_in_reading_names_the_file(
    tmp_path: Path, error: Exception, words: str
) -> None:
    path = saved(tmp_path, b"abc")
    with pytest.raises(DataError, match=words) as caught, open_data_file(path):
        raise error
    assert str(path) in str(caught.value)
