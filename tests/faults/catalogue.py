"""All faults there are."""

from random import Random

from tests.faults import clock, downloads, full_disk, kills, read_only, signals, together, vanishing
from tests.faults.bench import Bench, MissedError
from tests.faults.fault import Fault

MODULES = (kills, downloads, signals, full_disk, read_only, together, clock, vanishing)
FAULTS: list[Fault] = [fault for module in MODULES for fault in module.FAULTS]
_ATTEMPTS = 6


def inject(fault: Fault, bench: Bench, moment: str, seed: str) -> str:
    """Inject a fault once; where it misses its moment, try again.

    Returns:
        The moment that it really was.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return fault.inject(bench, moment, Random(f"{seed} {fault.name} {moment} {attempt}"))
        except MissedError as error:
            missed = error
    raise missed
