"""Each fault once at each moment; `python -m tests.faults` injects it as often as wanted."""

import multiprocessing
from collections.abc import Iterator

import pytest

from tests.faults.bench import Bench, MissedError, SkippedError
from tests.faults.catalogue import FAULTS, inject
from tests.faults.fault import Fault
from tests.made_once import make_once
from tests.programs import end_all, start_branching

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
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    start_branching()
    bench = make_once(tmp_path_factory, "bench", lambda folder: Bench(folder, fresh=False))
    bench.place = tmp_path_factory.mktemp("faults")
    return bench


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    yield
    end_all()


@pytest.mark.parametrize(("fault", "moment"), CASES)
def test_a_fault_breaks_no_promise(fault: Fault, moment: str, bench: Bench, seed: int) -> None:
    try:
        inject(fault, bench, moment, str(seed))
    except (SkippedError, MissedError) as error:
        pytest.skip(str(error))
