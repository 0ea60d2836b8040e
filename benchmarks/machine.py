"""The machine and the library versions: without them, a figure means nothing."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

OVERRULE = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_DEBUG_CPU_TYPE")
PACKAGES = ("numpy", "scipy", "numba", "torch", "jax", "scikit-learn")


def description() -> list[str]:
    """Return some lines about the machine, its load and the installed versions."""
    versions = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} not installed")
    lines = [
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        ", ".join(versions),
    ]
    # OpenBLAS holds several versions of each product; these variables overrule its choice.
    chosen = [f"{name}={value}" for name, value in os.environ.items() if name in OVERRULE]
    if chosen:
        lines.append("environment: " + ", ".join(chosen))
    if hasattr(os, "getloadavg"):
        lines.append(f"load average at the start: {os.getloadavg()[0]:.2f}")
    return lines


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"
