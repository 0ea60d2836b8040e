"""A fault, as the tests and `python -m tests.faults` inject it."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.faults.bench import Bench


@dataclass(frozen=True)
class Fault:
    """Something that happens to a program.

    Attributes:
        name: Its name in the table of the long form.
        moments: When it may happen.
        inject: Injects it once at the given moment and checks every promise; returns the actual
            moment. Raises MissedError if it came too late or too early, SkippedError if the system
            does not allow it, AssertionError if a promise was broken.
        fast: The moments at which the fast tests inject it; the long ones inject it at all others.
    """

    name: str
    moments: tuple[str, ...]
    inject: Callable[[Bench, str, Random], str]
    fast: tuple[str, ...] = ()
