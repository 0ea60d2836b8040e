"""Compiled code that is kept, and for how long to wait where it is not."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("numba", reason="pip install -r requirements-compiled.txt")

from llvmlite.binding import get_host_cpu_features

from nn.engines import compiling
from nn.engines.compiling import compiled, compiled_once, expected_compilation, note_compiled
from nn.layers.layer import Array


@pytest.fixture
def loops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module with a function to compile, in a folder of its own."""
    path = tmp_path / "loops.py"
    path.write_text(
        "from nn.engines.compiling import compiled_once\n"
        "@compiled_once\ndef twice(number):\n    return 2 * number\n"
    )
    spec = spec_from_file_location("loops", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "loops", module)
    spec.loader.exec_module(module)
    return module


def test_code_that_is_kept_need_not_be_compiled_unless_its_file_has_changed(
    loops: ModuleType,
) -> None:
    assert expected_compilation([loops.twice]) > 0
    assert loops.twice(2) == 4
    assert expected_compilation([loops.twice]) == 0
    source = Path(loops.__file__ or "")
    for kept in source.parent.rglob("*.nbi"):
        os.utime(kept, (0, 0))
    assert expected_compilation([loops.twice]) > 0
    note_compiled([loops.twice])
    assert expected_compilation([loops.twice]) == 0


def test_a_file_counts_once_however_many_of_its_functions_are_missing(
    loops: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(100))
    monkeypatch.setattr(compiling.time, "perf_counter", lambda: next(seconds))
    read: list[Path] = []
    text = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda path, **options: (read.append(path), text(path, **options))[1]
    )
    expected_compilation([loops.twice, loops.twice])
    assert len(read) == 1


def test_where_nothing_can_be_kept_they_are_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = compiling.njit

    def without_a_place(function, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available for file")
        return real(function, **options)

    monkeypatch.setattr(compiling, "njit", without_a_place)
    made = compiled_once(lambda number: number + 1)
    assert made(2) == 3
    assert expected_compilation([made]) > 0


@pytest.mark.skipif(
    not get_host_cpu_features().get("avx512f"), reason="the processor has no vectors of 16 numbers"
)
def test_loops_use_vectors_as_wide_as_the_processor_has() -> None:
    @compiled
    def double(numbers: Array) -> None:
        for i in range(len(numbers)):
            numbers[i] *= 2

    double(np.ones(64, np.float32))
    (code,) = double.inspect_asm().values()  # type: ignore[attr-defined]
    assert "zmm" in code
