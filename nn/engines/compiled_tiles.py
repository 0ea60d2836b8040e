"""Convolution as loops that Numba compiles, on vectors of the processor.

Images have their batch axis last in memory, (C, H, W, N), as in `nn.layers.windows`. So the numbers
that a weight of a kernel is multiplied with, over a row of stops, are one piece of memory, and so
are the outputs. A tile, a few vectors of such a row for several filters, stays in the processor's
registers until all taps have been added: a tap is one weight of a kernel, of one channel. The
matrix of windows, which `nn.layers.convolution` multiplies, is never made.

The tiles are written as instructions on vectors, in LLVM's terms. As loops over numbers, the same
sums take twice the time, because the compiler then moves them between registers and memory.

Below, a target is a channel that is computed: forward an output's, backward an input's.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from nn.engines.compiling import compiled_once
from nn.layers.layer import Array

Integers = NDArray[np.int64]

# Tiles are as large as the registers: 32 of 16 numbers with AVX-512, else 16 of 8.
_WIDE = get_host_cpu_features().get("avx512f", False)
_LANES = 16 if _WIDE else 8  # numbers in a vector
_VECTORS = 4 if _WIDE else 2  # of a tile, side by side
_COLUMNS = _VECTORS * _LANES
_TARGETS = 6 if _WIDE else 4  # of a tile, at most
_TAPS = 5 if _WIDE else 2  # of a tile of gradients
_FILTERS = 4  # of a tile of gradients, at most
_TOGETHER = 16 * _TAPS  # whose sums of gradients fit the processor's nearest cache

_FLOAT, _INTEGER, _INDEX = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_VECTOR, _INTEGERS = ir.VectorType(_FLOAT, _LANES), ir.VectorType(_INTEGER, _LANES)
_INDICES = ir.VectorType(_INDEX, _LANES)


class _Emitter:
    """Writes the instructions of a tile; its `arguments` are arrays or numbers."""

    def __init__(self, context: Any, builder: Any, signature: Any, values: Any) -> None:
        self.builder = builder
        self.arguments = [
            context.make_array(kind)(context, builder, value)
            if isinstance(kind, types.Array)
            else value
            for kind, value in zip(signature.args, values, strict=True)
        ]

    def at(self, pointer: Any, distance: Any) -> Any:
        """Return the address that lies so many numbers further."""
        distance = _INTEGER(distance) if isinstance(distance, int) else distance
        return self.builder.gep(pointer, [distance])

    def number(self, pointer: Any, distance: Any) -> Any:
        """Return the number there."""
        return self.builder.load(self.at(pointer, distance))

    def length(self, array: Any, axis: int) -> Any:
        """Return the length of an array's axis."""
        return self.builder.extract_value(array.shape, axis)

    def row(self, matrix: Any, number: int) -> Any:
        """Return the address of a matrix's row."""
        bytes_apart = self.builder.extract_value(matrix.strides, 0)
        apart = self.builder.sdiv(bytes_apart, _INTEGER(4))
        return self.at(matrix.data, self.builder.mul(apart, _INTEGER(number)))

    def spread(self, number: Any, kind: Any = _VECTOR) -> Any:
        """Return a vector with the same number in every lane."""
        undefined = kind(ir.Undefined)
        first = self.builder.insert_element(undefined, number, _INDEX(0))
        return self.builder.shuffle_vector(first, undefined, _INDICES([0] * _LANES))

    def load(self, pointer: Any) -> Any:
        """Return the vector at an address."""
        vector = self.builder.load(self.builder.bitcast(pointer, _VECTOR.as_pointer()))
        vector.align = 4
        return vector

    def store(self, vector: Any, pointer: Any) -> None:
        """Write a vector to an address."""
        place = self.builder.bitcast(pointer, _VECTOR.as_pointer())
        self.builder.store(vector, place).align = 4

    def add_products(self, pairs: list[tuple[Any, Any]], totals: list[Any]) -> list[Any]:
        """Return each total plus the product of a pair."""
        add, multiply = (
            partial(instruction, flags=("contract",))  # in one go
            for instruction in (self.builder.fadd, self.builder.fmul)
        )
        return [add(total, multiply(*pair)) for total, pair in zip(totals, pairs, strict=True)]

    def each_size(self, size: Any, largest: int) -> Iterator[int]:
        """Yield every size from 1, to write the instructions for it; they run if it is `size`."""
        end = self.builder.append_basic_block()
        switch = self.builder.switch(size, end)
        for number in range(1, largest + 1):
            block = self.builder.append_basic_block()
            switch.add_case(_INTEGER(number), block)
            self.builder.position_at_end(block)
            yield number
            self.builder.branch(end)
        self.builder.position_at_end(end)

    def repeat(
        self, times: Any, totals: list[Any], body: Callable[[Any, list[Any]], list[Any]]
    ) -> list[Any]:
        """Return what the totals are after `totals = body(i, totals)` for i below `times`."""
        builder, before = self.builder, self.builder.block
        loop, end = builder.append_basic_block(), builder.append_basic_block()
        builder.cbranch(builder.icmp_signed("<", _INTEGER(0), times), loop, end)
        builder.position_at_end(loop)
        i, *phis = [builder.phi(kind) for kind in (_INTEGER, *[_VECTOR] * len(totals))]
        following, *results = [builder.add(i, _INTEGER(1)), *body(i, phis)]
        latch = builder.block  # another than `loop` if the body has loops of its own
        builder.cbranch(builder.icmp_signed("<", following, times), loop, end)
        builder.position_at_end(end)
        finals = [builder.phi(_VECTOR) for _ in totals]
        for phi, start, later in zip(
            [i, *phis, *finals],
            [_INTEGER(0), *totals, *totals],
            [following, *results, *results],
            strict=True,
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(later, latch)
        return finals


def _instructions(write: Callable[..., None], *arguments: Any) -> Any:
    """Return what Numba asks of a function written as instructions: its type, and who writes it."""

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        emitter = _Emitter(context, builder, signature, values)
        write(emitter, *emitter.arguments)
        return context.get_dummy_value()

    return types.void(*arguments), emit


def _add_tiles(
    context: Any,
    source: Any,
    start: Any,
    examples: Any,
    offsets: Any,
    weights: Any,
    biases: Any,
    targets: Any,
) -> Any:
    """targets[t, v] = biases[t] + sum over k of weights[t, k] source[start + offsets[k] * N + v].

    There source is flat, examples is N, and there are at least _COLUMNS columns v. Neither start
    nor an offset alone need lie in the source.
    """
    arguments = source, start, examples, offsets, weights, biases, targets
    return _instructions(_write_tiles, *arguments)


def _write_tiles(write: _Emitter, *arguments: Any) -> None:
    """Write the instructions of `_add_tiles`, for every number of targets."""
    source, start, examples, offsets, weights, biases, targets = arguments
    builder, width = write.builder, write.length(targets, 1)
    tiles = builder.sdiv(builder.add(width, _INTEGER(_COLUMNS - 1)), _INTEGER(_COLUMNS))
    for size in write.each_size(write.length(targets, 0), _TARGETS):
        rows = [write.row(weights, t) for t in range(size)]
        places = [write.row(targets, t) for t in range(size)]
        firsts = [write.spread(write.number(biases.data, t)) for t in range(size)]

        def add_tile(i: Any, _: list[Any], rows: Any, places: Any, firsts: Any) -> list[Any]:
            # The last tile begins where a whole one fits: some numbers are computed twice.
            column, last = (
                builder.mul(i, _INTEGER(_COLUMNS)),
                builder.sub(width, _INTEGER(_COLUMNS)),
            )
            column = builder.select(builder.icmp_signed("<", column, last), column, last)
            begin = write.at(source.data, builder.add(start, column))

            def add_tap(k: Any, totals: list[Any]) -> list[Any]:
                first = write.at(begin, builder.mul(write.number(offsets.data, k), examples))
                numbers = [write.load(write.at(first, v * _LANES)) for v in range(_VECTORS)]
                factors = [write.spread(write.number(row, k)) for row in rows]
                pairs = [(factor, number) for factor in factors for number in numbers]
                return write.add_products(pairs, totals)

            totals = [first for first in firsts for _ in range(_VECTORS)]
            totals = write.repeat(write.length(offsets, 0), totals, add_tap)
            for number, total in enumerate(totals):
                place = write.at(places[number // _VECTORS], column)
                write.store(total, write.at(place, number % _VECTORS * _LANES))
            return []

        write.repeat(tiles, [], partial(add_tile, rows=rows, places=places, firsts=firsts))


def _add_gradient_tile(
    context: Any, source: Any, examples: Any, offsets: Any, d_targets: Any, sums: Any
) -> Any:
    """sums[k, t, lane] += sum over v of source[offsets[k] * N + v] d_targets[t, v].

    Every lane of a vector has a sum of its own, over every _LANES-th v. The memory behind
    d_targets must be readable.
    """
    return _instructions(_write_gradient_tile, source, examples, offsets, d_targets, sums)


def _write_gradient_tile(
    write: _Emitter, source: Any, examples: Any, offsets: Any, d_targets: Any, sums: Any
) -> None:
    """Write the instructions of `_add_gradient_tile`, for every number of targets."""
    builder, width = write.builder, write.length(d_targets, 1)
    vectors = builder.sdiv(builder.add(width, _INTEGER(_LANES - 1)), _INTEGER(_LANES))
    starts = [
        write.at(source.data, builder.mul(write.number(offsets.data, k), examples))
        for k in range(_TAPS)
    ]
    for size in write.each_size(write.length(d_targets, 0), _FILTERS):
        rows = [write.row(d_targets, t) for t in range(size)]

        def add_vector(i: Any, totals: list[Any], rows: list[Any] = rows) -> list[Any]:
            v = builder.mul(i, _INTEGER(_LANES))
            left = write.spread(builder.sub(width, v), _INTEGERS)
            inside = builder.icmp_signed("<", _INTEGERS(list(range(_LANES))), left)
            zeros = _VECTOR([0.0] * _LANES)
            gradients = [builder.select(inside, write.load(write.at(r, v)), zeros) for r in rows]
            numbers = [write.load(write.at(start, v)) for start in starts]
            pairs = [(number, gradient) for number in numbers for gradient in gradients]
            return write.add_products(pairs, totals)

        places = [write.at(sums.data, i * _LANES) for i in range(_TAPS * size)]
        totals = [write.load(place) for place in places]
        totals = write.repeat(vectors, totals, add_vector)
        for total, place in zip(totals, places, strict=True):
            write.store(total, place)


_tiles = cast("Callable[..., None]", intrinsic(_add_tiles))
_gradient_tile = cast("Callable[..., None]", intrinsic(_add_gradient_tile))


def taps_items(targets: int, runs: int) -> int:
    """Return in how many parts `add_taps` may be shared: runs for a few targets each."""
    return -(-targets // _TARGETS) * runs


def gradient_items(taps: int, targets: int) -> int:
    """Return in how many parts `add_gradients` may be shared: some taps of a few targets each."""
    return -(-taps // _TOGETHER) * -(-targets // _FILTERS)


@compiled_once
def add_taps(
    first_item: int,
    last_item: int,
    source: Array,
    examples: int,
    runs: Integers,
    offsets: Integers,
    weights: Array,
    biases: Array,
    targets: Array,
) -> None:
    """targets[t, i] = biases[t] + sum over k of weights[t, k] source[start + offsets[k] + i].

    Args:
        first_item: The first of the items to be done; there are `taps_items` of them.
        last_item: The one behind the last.
        source: Pixels of N numbers each, flat, with room behind them.
        examples: N.
        runs: Shape (R, 5): start, place in the targets, length, first and last tap; see
            `nn.engines.compiled_convolution.Plan`.
        offsets: Shape (K,), in pixels.
        weights: Shape (T, K).
        biases: Shape (T,).
        targets: Shape (T, pixels * N), written to.
    """
    blocks = (len(weights) + _TARGETS - 1) // _TARGETS
    for item in range(first_item, last_item):
        block, run = item // len(runs), item % len(runs)
        t, end = len(weights) * block // blocks, len(weights) * (block + 1) // blocks
        start, place, length, first, last = runs[run]
        width = length * examples
        some = np.empty((end - t, _COLUMNS), np.float32)
        sums = targets[t:end, place * examples : place * examples + width]
        steps, factors, firsts = offsets[first:last], weights[t:end, first:last], biases[t:end]
        tiles = sums if width >= _COLUMNS else some[:, :_COLUMNS]
        _tiles(source, start * examples, examples, steps, factors, firsts, tiles)
        if width < _COLUMNS:
            for row in range(len(some)):
                for i in range(width):
                    sums[row, i] = some[row, i]


@compiled_once
def add_gradients(
    first_item: int,
    last_item: int,
    source: Array,
    examples: int,
    runs: Integers,
    offsets: Integers,
    d_targets: Array,
    d_weights: Array,
) -> None:
    """d_weights[k, t] = sum over runs, i of source[start + offsets[k] + i] d_targets[t, place + i].

    Args:
        first_item: The first of the items to be done; there are `gradient_items` of them.
        last_item: The one behind the last.
        source: As `add_taps` read it.
        examples: N.
        runs: As `add_taps` read them; all with all taps.
        offsets: Shape (K,), in pixels.
        d_targets: Shape (T, pixels * N), with room behind them.
        d_weights: Shape (K, T), written to.
    """
    taps, targets = d_weights.shape
    blocks = (targets + _FILTERS - 1) // _FILTERS
    for item in range(first_item, last_item):
        part, block = item // blocks, item % blocks
        t, end = targets * block // blocks, targets * (block + 1) // blocks
        first, last = part * _TOGETHER, min((part + 1) * _TOGETHER, taps)
        steps = np.zeros(_TOGETHER, np.int64)  # A tap that is missing reads what nobody uses.
        steps[: last - first] = offsets[first:last]
        sums = np.zeros((_TOGETHER * (end - t), _LANES), np.float32)
        for run in range(len(runs)):
            start, place, length = runs[run, 0], runs[run, 1], runs[run, 2]
            numbers = source[start * examples :]
            d_tile = d_targets[t:end, place * examples : (place + length) * examples]
            for k in range(0, last - first, _TAPS):
                tile = sums[k * (end - t) :]
                _gradient_tile(numbers, examples, steps[k:], d_tile, tile)
        for k in range(first, last):
            for target in range(t, end):
                d_weights[k, target] = sums[(k - first) * (end - t) + target - t].sum()
