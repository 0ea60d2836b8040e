"""Each fault once at each moment; `python -m tests.faults` injects it as often as wanted."""

import multiprocessing
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.faults.bench import Bench, MissedError, SkippedError
from tests.faults.catalogue import FAULTS, inject
from tests.faults.fault import Fault
from tests.made_once import make_once
from tests.programs import end_all, sketch, start_branching

pytestmark = pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(),
    reason="signals, limits and terminals of POSIX systems",
)
CASES = [
    pytest.param(
        fault,
        moment,
        id=f"{fault.name}, {moment}",
        marks=[] if moment in fault.fast else [pytest.mark.long],
    )
    for fault in FAULTS
    for moment in fault.moments
]


@pytest.fixture(scope="session")
def bench_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Bench]:
    """Return a function that returns the bench of the quick tests, or that of the long ones.

    Pictures of the quick ones are tiny. Kills while pictures are drawn are among the long ones.
    """
    start_branching()

    @cache
    def made(quick: bool) -> Bench:
        how = {"fresh": False, "before": sketch if quick else None}
        bench = make_once(tmp_path_factory, f"bench-{quick}", lambda place: Bench(place, **how))
        bench.place = tmp_path_factory.mktemp("faults")
        return bench

    return made


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    yield
    end_all()


@pytest.mark.parametrize(("fault", "moment"), CASES)
def test_a_fault_breaks_no_promise(fault: Fault, moment: str, bench_of, seed: int) -> None:
    try:
        inject(fault, bench_of(moment in fault.fast), moment, str(seed))
    except (SkippedError, MissedError) as error:
        pytest.skip(str(error))
