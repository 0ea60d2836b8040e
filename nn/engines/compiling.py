"""How functions are compiled: when they are first called, and kept on disk for later runs.

The only liberties that the compiler has (`fastmath`) are to multiply and add in one go, and to add
in an order that suits the processor. The result depends only on the processor, so a run repeats
byte for byte.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc"},
    "nogil": True,  # so that threads can share the work
}
# Compiling a file's loops takes this many times longer than Python takes to compile the file.
_COMPILATION = 3000
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
    sources = {Path(f.py_func.__code__.co_filename) for f in functions if not _is_kept(f)}
    started = time.perf_counter()
    for source in sources:
        compile(source.read_text(encoding="utf-8"), source.name, "exec")
    return _COMPILATION * (time.perf_counter() - started) if sources else 0.0


def _is_kept(function: Any) -> bool:
    """Return whether a function has been compiled since its file was last changed."""
    source, folder = Path(function.py_func.__code__.co_filename), function.stats.cache_path
    kept = Path(folder).glob(f"{source.stem}.{function.__name__}-*.nbi") if folder else []
    return any(file.stat().st_mtime >= source.stat().st_mtime for file in kept)
