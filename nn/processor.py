"""A word to OpenBLAS about processors it takes for older ones.

NumPy's matrix products are OpenBLAS's, which holds several versions of each and chooses by the
processor's model number. AMD's Zen 5 (family 26) is missing from its list, and is given the
version for processors without AVX-512, whose registers hold half as much. On such a processor,
784-64-10 takes at batch size 4 24 microseconds a step with that version and 15 with the right
one, at batch size 128 290 and 190.

Known and mended as https://github.com/OpenMathLib/OpenBLAS/issues/6029; once NumPy and SciPy come
with the mended OpenBLAS this module can go.
"""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

_MISTAKEN_FAMILIES = {("AuthenticAMD", "26")}
# All that OpenBLAS's version for AVX-512 makes use of.
_NEEDED = {"avx2", "fma", "avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}


def name_the_processor(
    environment: MutableMapping[str, str] = os.environ, cpuinfo: Path = Path("/proc/cpuinfo")
) -> None:
    """Set OPENBLAS_CORETYPE where OpenBLAS would choose wrongly; whoever has set it is right.

    OpenBLAS reads it when NumPy is imported and never again, so afterwards nothing is done.

    Args:
        environment: The variables that OpenBLAS will read.
        cpuinfo: Where Linux describes the processor; elsewhere OpenBLAS is left alone.
    """
    if "numpy" in sys.modules or "OPENBLAS_CORETYPE" in environment:
        return
    if kernels := _better_kernels(cpuinfo):
        environment["OPENBLAS_CORETYPE"] = kernels


def _better_kernels(cpuinfo: Path) -> str | None:
    """Return OpenBLAS's name for the version it should have chosen, if it chooses another."""
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as file:
            start = file.read(4096)  # The first core's lines; a server has hundreds of cores.
    except OSError:
        return None
    first_core = start.partition("\n\n")[0]
    facts = dict(line.split(":", 1) for line in first_core.splitlines() if ":" in line)
    words = {name.strip(): value.strip() for name, value in facts.items()}
    model = words.get("vendor_id"), words.get("cpu family")
    able = set(words.get("flags", "").split())
    return "SkylakeX" if model in _MISTAKEN_FAMILIES and able >= _NEEDED else None
