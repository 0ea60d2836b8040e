"""What a fault is to the tests, and to `python -m tests.faults`."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.faults.bench import Bench


@dataclass(frozen=True)
class Fault:
    """Something that happens to a program.

    Attributes:
        name: What it is called in the table of the long form.
        moments: When it may happen.
        inject: Does it once, given the moment, and checks everything; returns the moment that it
            really was. Raises MissedError if it came too late or too early, SkippedError where the
            system does not allow it, AssertionError if a promise was broken.
        fast: The moments at which the fast tests do it; the long ones do it at all others.
    """

    name: str
    moments: tuple[str, ...]
    inject: Callable[[Bench, str, Random], str]
    fast: tuple[str, ...] = ()
