"""The source files, and what each imports: read from the syntax tree, without running any of it.

So imports inside functions and those for type checkers alone are found like any other.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted(ROOT.glob("*.py"))
PACKAGE = sorted((ROOT / "nn").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


class Import(NamedTuple):
    module: str
    line: int
    late: bool  # In a function, or for type checkers alone.


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Return the part of a module's name that says its room: "layers" of nn.layers.dense."""
    return module.split(".")[1] if "." in module else ""


# An import is a statement, and statements stand in these lists of others.
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

MODULES = {module_name(path): path for path in PACKAGE}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def imports_of(path: Path) -> list[Import]:
    return list(
        find_imports(tree_of(path), module_name(path), path.name == "__init__.py", late=False)
    )


def find_imports(node: ast.AST, module: str, package: bool, *, late: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, late) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = module.split(".")[: len(module.split(".")) - node.level + package]
            base = ".".join([*above, *filter(None, [base])])
        # `from nn import errors` imports nn.errors; `from nn.errors import X` nothing below it.
        below = [f"{base}.{alias.name}" for alias in node.names]
        names = dict.fromkeys(name if name in MODULES else base for name in below)
        yield from (Import(name, node.lineno, late) for name in names)
    inside = late or isinstance(node, _FUNCTIONS)
    for block in _BLOCKS:
        for_types = (
            block == "body"
            and isinstance(node, ast.If)
            and ast.unparse(node.test).endswith("TYPE_CHECKING")
        )
        for child in getattr(node, block, ()):
            yield from find_imports(child, module, package, late=inside or for_types)
