"""Lines of a CSV file with many float32 numbers, each as `%.9g` writes it, byte for byte.

Number by number, a layer of 50 million weights would take 15 seconds. Nearly all weights lie
between 0.0001 and 1, where the text is "0." and at most twelve digits. Those digits are computed
for thousands of numbers at once, and only the other numbers are formatted one by one.
"""

from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

NUMBER_FORMAT = "%.9g"
_AT_ONCE = 2**16  # numbers; more would not stay in the processor's cache

# By how many zeros follow the point: the factor that leaves nine digits before the point, and the
# one from there to all twelve.
_TO_NINE = np.array([1e9, 1e10, 1e11, 1e12])
_TO_TWELVE = np.array([1e3, 1e2, 1e1, 1.0])
_EXACT = 0.49999  # distances from a whole number at which float64 surely rounds as decimals do

# A number's field has 16 bytes: what ends the number before, a sign, "0.", and twelve digits.
_WIDTH = 16
_START = np.frombuffer(b",-0.", np.uint32)
_FOUR_DIGITS = np.frombuffer("".join(f"{n:04d}" for n in range(10_000)).encode(), np.uint32)


def _kept() -> NDArray[np.void]:
    """Return which bytes of a field are written, by its sign and by its zeros at the end."""
    kept = np.ones((2, 12, _WIDTH), bool)
    kept[0, :, 1] = False  # no sign
    for zeros in range(12):
        kept[:, zeros, _WIDTH - zeros :] = False
    return kept.reshape(24, _WIDTH).view("V16").ravel()


_KEPT = _kept()


def number_lines(numbers: NDArray[np.float32]) -> Iterator[bytes]:
    """Yield the lines of a table of numbers, many lines at once.

    Args:
        numbers: Shape (rows, columns).
    """
    rows = max(1, _AT_ONCE // max(1, numbers.shape[1]))
    for start in range(0, len(numbers), rows):
        yield _lines(numbers[start : start + rows])


def _lines(table: NDArray[np.float32]) -> bytes:
    numbers = table.ravel()
    with np.errstate(invalid="ignore"):  # infinite numbers and NaN
        size = np.abs(numbers).astype(np.float64)
        zeros = sum(((size < limit).view(np.int8) for limit in (0.1, 0.01, 0.001)), np.int8(0))
        scaled = size * _TO_NINE.take(zeros)
        digits = np.rint(scaled)
        usual = (np.abs(scaled - digits) < _EXACT) & (size >= 1e-4) & (size < 0.99)
    others = np.flatnonzero(~usual)
    digits *= _TO_TWELVE.take(zeros)
    digits[others] = 0

    fields = np.empty((len(numbers), _WIDTH), np.uint8)
    words = fields.view(np.uint32)
    words[:, 0] = _START
    fields[:: table.shape[1], 0] = ord("\n")
    twelve = digits.astype(np.int64)
    eight = twelve % 10**8
    for word, four in enumerate((twelve // 10**8, eight // 10**4, eight % 10**4), 1):
        words[:, word] = _FOUR_DIGITS.take(four)

    last_zeros = np.zeros(len(numbers), np.int8)
    ends = np.flatnonzero(fields[:, -1] == ord("0"))
    for column in range(_WIDTH - 2, 3, -1):
        last_zeros[ends] += 1
        ends = ends[fields[ends, column] == ord("0")]
    kept = _KEPT.take(last_zeros + 12 * (numbers < 0)).view(bool).reshape(-1, _WIDTH)

    # The place of each other number is held by a zero byte.
    kept[others, 1:] = False
    kept[others, 1], fields[others, 1] = True, 0
    pieces = fields[kept].tobytes().split(b"\0")
    formatted = [NUMBER_FORMAT.encode() % number for number in numbers[others].tolist()]
    joined = b"".join(chain.from_iterable(zip(pieces, [*formatted, b""], strict=True)))
    return joined[1:] + b"\n"
