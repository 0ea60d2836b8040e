"""How functions are compiled: when they are first called, and kept on disk for later runs.

The only liberties that the compiler has (`fastmath`) are to multiply and add in one go, and to add
in an order that suits the processor. The result depends only on the processor, so a run repeats
byte for byte.
"""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from llvmlite.binding import get_host_cpu_features
from numba import config, njit

# Vectors of 16 numbers where the processor has them: LLVM keeps to 8 on Intel's, which makes a step
# of 784-64-10 and one of LeNet-5 take a tenth longer.
_FEATURES = get_host_cpu_features()
if _FEATURES.get("avx512f"):
    os.environ.setdefault("NUMBA_CPU_FEATURES", f"{_FEATURES.flatten()},-prefer-256-bit")
    config.reload_config()  # type: ignore[no-untyped-call]

_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc"},
    "nogil": True,  # so that threads can share the work
}
# Compiling a file's loops takes this many times longer than Python takes to compile the file.
_COMPILATION = 1600
_Function = TypeVar("_Function", bound=Callable[..., object])


def compiled(function: _Function) -> _Function:
    """Compile a function when it is called."""
    return cast(_Function, njit(function, **_OPTIONS))


def compiled_once(function: _Function) -> _Function:
    """Compile a function when it is first called, and keep that on disk for later runs.

    That is where Python keeps its own compiled files, or else in the user's cache.
    """
    try:
        kept = njit(function, cache=True, **_OPTIONS)
    except RuntimeError:  # Neither folder is writable.
        return compiled(function)
    return cast(_Function, kept)


def expected_compilation(functions: Iterable[Any]) -> float:
    """Return how many seconds it takes to compile those of the functions that are not kept.

    Args:
        functions: As `compiled_once` returns them.
    """
    sources = {_source(function) for function in functions if not _is_kept(function)}
    started = time.perf_counter()
    for source in sources:
        compile(source.read_text(encoding="utf-8"), source.name, "exec")
    return _COMPILATION * (time.perf_counter() - started) if sources else 0.0


def note_compiled(functions: Iterable[Any]) -> None:
    """Note on disk that these functions need not be compiled again, after they have been called.

    Numba compares a file's text, not its date: code stays valid when a file is installed again.
    """
    for function in functions:
        for file in _kept(function):
            with suppress(OSError):
                file.touch()


def _is_kept(function: Any) -> bool:
    """Return whether a function has been compiled since its file was last changed."""
    changed = _source(function).stat().st_mtime
    return any(file.stat().st_mtime >= changed for file in _kept(function))


def _kept(function: Any) -> list[Path]:
    """Return the files that hold the compiled code of a function, of whatever age."""
    folder = function.stats.cache_path
    pattern = f"{_source(function).stem}.{function.__name__}-*.nbi"
    return list(Path(folder).glob(pattern)) if folder else []


def _source(function: Any) -> Path:
    """Return the file in which a function is written."""
    return Path(function.py_func.__code__.co_filename)
