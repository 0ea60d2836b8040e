"""OpenBLAS is told about the processors it mistakes, and about no others."""

import subprocess
import sys
from pathlib import Path

import pytest

from nn.processor import name_the_processor

ZEN_5 = {
    "vendor_id": "AuthenticAMD",
    "cpu family": "26",
    "flags": "fpu avx2 fma avx512f avx512dq avx512cd avx512bw avx512vl",
}


@pytest.fixture(autouse=True)
def _before_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numpy")


def named(folder: Path, facts: dict[str, str], **environment: str) -> dict[str, str]:
    cpuinfo = folder / "cpuinfo"
    core = "".join(f"{name}\t: {value}\n" for name, value in facts.items())
    cpuinfo.write_text(core + "\n" + core)
    name_the_processor(environment, cpuinfo)
    return environment


def test_zen_5_is_named(tmp_path: Path) -> None:
    assert named(tmp_path, ZEN_5) == {"OPENBLAS_CORETYPE": "SkylakeX"}


@pytest.mark.parametrize(
    "other",
    [
        {"cpu family": "25"},
        {"vendor_id": "GenuineIntel"},
        {"flags": "fpu avx2 fma avx512f avx512dq avx512cd avx512bw"},
        {"flags": "fpu avx2 fma"},
        {"flags": ""},
    ],
    ids=["Zen 4", "Intel", "no avx512vl", "no AVX-512", "nothing known"],
)
def test_all_others_are_left_to_openblas(tmp_path: Path, other: dict[str, str]) -> None:
    assert named(tmp_path, ZEN_5 | other) == {}


def test_a_choice_made_already_stands(tmp_path: Path) -> None:
    assert named(tmp_path, ZEN_5, OPENBLAS_CORETYPE="Haswell") == {"OPENBLAS_CORETYPE": "Haswell"}


def test_after_numpy_it_is_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", object())
    assert named(tmp_path, ZEN_5) == {}


def test_a_system_without_cpuinfo_is_left_alone(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    name_the_processor(environment, tmp_path / "none")
    assert environment == {}


def test_a_file_that_is_no_cpuinfo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_bytes(b"\xff\xfe: :: \n:\n")
    environment: dict[str, str] = {}
    name_the_processor(environment, tmp_path / "cpuinfo")
    assert environment == {}


def test_the_package_says_it_before_numpy_is_there() -> None:
    code = "import sys, nn; assert 'numpy' not in sys.modules and 'nn.processor' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])
