"""How many threads share a step's work: one, unless the setting `threads` asks for more.

Only compiled steps are shared, in parts that do not depend on each other, so the number of threads
changes no bit of a result.

BLAS, the library behind NumPy's products, always keeps to one thread. It could share a product
itself, but its threads ask again and again whether the others are done, and keep the cores from
everything else, other threads of the same step included: on two cores, a step of 784-256-10 took
eight times as long. It also adds in another order for each number of threads.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from itertools import pairwise
from queue import SimpleQueue
from threading import Thread

from threadpoolctl import ThreadpoolController

WORTH_SHARING = 2_000_000
"""Waking a thread and waiting for it takes as long as so many multiplications in vectors."""


class _Helper(Thread):
    """A thread that works beside the one that made it; it starts with its first work."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def begin(self, work: Callable[[], None]) -> None:
        """Begin the work."""
        if self.ident is None:
            self.start()
        self._work.put(work)

    def wait(self) -> None:
        """Wait until the work has ended; raise what it raised."""
        if error := self._ended.get():
            raise error

    def end(self) -> None:
        """End the thread after the work that it has begun."""
        if self.ident is not None:
            self._work.put(None)
            self.join()

    def run(self) -> None:
        """Do one work after the other."""
        while work := self._work.get():
            try:
                work()
                self._ended.put(None)
            except BaseException as error:
                self._ended.put(error)


_helpers: ContextVar[tuple[_Helper, ...]] = ContextVar("_helpers", default=())


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Return a context in which `share` uses this many threads, from 1, and BLAS one."""
    helpers = tuple(_Helper() for _ in range(threads - 1))
    before = _helpers.set(helpers)
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _helpers.reset(before)
        for helper in helpers:
            helper.end()


def share(
    function: Callable[..., None], parts: int, *arguments: object, multiplications: int
) -> None:
    """Call a function for parts of its work: `function(first, last, *arguments)`.

    Args:
        function: Does the parts from `first` up to, not including, `last`. It holds no lock of
            Python's (Numba: `nogil`), and no part depends on another.
        parts: How many there are.
        arguments: The same for all parts.
        multiplications: How many all parts together take, to judge whether sharing pays.
    """
    most = max(1, parts) if multiplications >= WORTH_SHARING else 1
    helpers = _helpers.get()[: most - 1]
    threads = 1 + len(helpers)
    bounds = [parts * number // threads for number in range(threads + 1)]
    for helper, (first, last) in zip(helpers, pairwise(bounds[1:]), strict=True):
        helper.begin(partial(function, first, last, *arguments))
    function(0, bounds[1], *arguments)
    for helper in helpers:
        helper.wait()


@cache
def _controller() -> ThreadpoolController:
    """Look for the libraries once: that takes half a millisecond."""
    return ThreadpoolController()
