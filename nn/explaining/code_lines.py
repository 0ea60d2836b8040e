"""Where the program computes something: the line itself, with its file and number."""

import inspect
from collections.abc import Callable
from typing import Any


def code_line(function: Callable[..., Any], part: str) -> str:
    """Return a line of a function as `nn/layers/dense.py:56  return inputs @ ...`.

    Args:
        function: Contains the line.
        part: Part of the line; the first line with it is meant.

    Raises:
        ValueError: no line of the function has this part.
    """
    lines, start = inspect.getsourcelines(function)
    file = f"{function.__module__.replace('.', '/')}.py"
    for number, line in enumerate(lines, start):
        if part in line:
            return f"{file}:{number}  {line.strip()}"
    raise ValueError(f"{function.__qualname__} has no line with {part!r}")
