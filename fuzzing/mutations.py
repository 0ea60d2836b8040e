"""Inputs made by hypothesis: valid ones, damaged in the ways that files are damaged or forged."""

from collections.abc import Callable, Iterable

from hypothesis import strategies as st

# Numbers at which counters overflow and checks for size are off by one, as they stand in headers.
_NUMBERS = tuple(
    number.to_bytes(size, order, signed=False)
    for size in (1, 2, 4, 8)
    for number in (0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1)
    for order in ("big", "little")
)


def inputs(tokens: Iterable[bytes], seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy for inputs: mostly one or several changes to a valid one, the seeds."""
    pieces = st.sampled_from((*tokens, *_NUMBERS, b"9" * 5000)) | st.binary(max_size=8)
    change = st.builds(
        lambda how, at, length, piece: lambda old: how(old, at, length, piece),
        st.sampled_from([_cut, _insert, _overwrite, _remove, _repeat, _flip]),
        st.floats(0, 1),
        st.integers(0, 64),
        pieces,
    )
    damaged = st.builds(_changed, st.sampled_from(seeds), st.lists(change, max_size=6))
    spliced = st.builds(
        lambda first, second, at: first[: int(at * len(first))] + second[int(at * len(second)) :],
        damaged,
        st.sampled_from(seeds),
        st.floats(0, 1),
    )
    return st.one_of(damaged, spliced, st.lists(pieces, max_size=30).map(b"".join))


def _changed(content: bytes, changes: list[Callable[[bytes], bytes]]) -> bytes:
    for change in changes:
        content = change(content)
    return content


def _cut(old: bytes, at: float, length: int, piece: bytes) -> bytes:
    return old[: int(at * len(old))]


def _insert(old: bytes, at: float, length: int, piece: bytes) -> bytes:
    place = int(at * len(old))
    return old[:place] + piece + old[place:]


def _overwrite(old: bytes, at: float, length: int, piece: bytes) -> bytes:
    place = int(at * len(old))
    return old[:place] + piece + old[place + len(piece) :]


def _remove(old: bytes, at: float, length: int, piece: bytes) -> bytes:
    place = int(at * len(old))
    return old[:place] + old[place + length :]


def _repeat(old: bytes, at: float, length: int, piece: bytes) -> bytes:
    place = int(at * len(old))
    return old[:place] + old[place : place + length] * 3 + old[place + length :]


def _flip(old: bytes, at: float, length: int, piece: bytes) -> bytes:
    place = int(at * (len(old) - 1)) if old else 0
    return old[:place] + bytes([old[place] ^ 1 << length % 8]) + old[place + 1 :] if old else old
