"""The rooms of the house: who imports whom, where each library is used, how long a file may be."""

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.source_files import (
    MODULES,
    PACKAGE,
    ROOT,
    SCRIPTS,
    TESTS,
    find_imports,
    imports_of,
    module_name,
    room_of,
    tree_of,
)

# Which rooms (folders and modules of nn) each room may import, besides itself. A new room needs
# a line here: that is the moment to think about where it stands.
MATHS = {
    *("initializers", "layers", "losses", "network", "gradients", "optimizers"),
    *("regularizers", "schedules"),
}
BELOW_RUNS = {
    *("errors", "installation", "wording", "files", "architecture", "engines"),
    *("training", "datasets"),
    *MATHS,
}
BELOW_PAGES = {*BELOW_RUNS, "settings", "runs", "resuming", "searching", "comparing", "explaining"}
MAY_IMPORT: dict[str, set[str]] = {
    "": {"library"},
    "library": {*BELOW_RUNS, "runs", "console"},
    "__main__": {"installation"},
    "errors": set(),
    "installation": set(),
    "wording": set(),
    "files": {"errors"},
    "initializers": set(),
    "schedules": set(),
    "layers": {"initializers"},
    "losses": {"layers"},
    "regularizers": {"layers"},
    "network": {"initializers", "layers"},
    "gradients": {"initializers", "layers", "network"},
    "optimizers": {"layers", "regularizers"},
    "architecture": {"errors", "wording", *MATHS},
    "engines": MATHS,
    "training": {"errors", *MATHS, "engines"},
    "datasets": {"errors", "installation", "files"},
    "settings": {"errors", "installation", "wording", "files", "architecture"},
    "runs": {*BELOW_RUNS, "settings"},
    "resuming": {*BELOW_RUNS, "settings", "runs"},
    "searching": {*BELOW_RUNS, "settings", "runs"},
    "comparing": {*BELOW_RUNS, "settings", "runs"},
    "explaining": {*BELOW_RUNS, "settings", "runs"},
    "reports": BELOW_PAGES,
    "console": {*BELOW_PAGES, "reports"},
    "commands": {*BELOW_PAGES, "reports", "console"},
}

# The only modules that may import a library: each can then be replaced in one place, and the
# heavy ones are loaded only where they are used.
HOME_OF = {
    "matplotlib": {
        *("nn.reports.figure", "nn.reports.image_grid", "nn.reports.confusion_plots"),
        *("nn.reports.history_plots", "nn.reports.comparison_plots", "nn.reports.study_plots"),
        *("nn.reports.window", "nn.reports.live_plot", "nn.reports.layers_plot"),
    },
    "questionary": {"nn.console.questions", "nn.console.choice_list"},
    "prompt_toolkit": {"nn.console.questions", "nn.console.choice_list"},
    "tqdm": {"nn.console.progress", "nn.console.notebook_progress"},
    "PIL": {
        *("nn.datasets.framing", "nn.datasets.picture", "nn.datasets.picture_file"),
        *("nn.datasets.sheet", "nn.reports.image_sprite"),
    },
    "pillow_heif": {"nn.datasets.picture_file"},
    "jinja2": {"nn.reports.pages"},
    "onnx": {"nn.runs.export"},
    "pickle": {"nn.datasets.array_pickle"},
    "random": set(),  # Randomness is a NumPy generator, handed over as `rng`.
    "threadpoolctl": {"nn.engines.threads"},
    "numba": {"nn.engines.compiling", "nn.engines.compiled_tiles"},
    "llvmlite": {"nn.engines.compiling", "nn.engines.compiled_tiles"},
    "fcntl": {"nn.files.lock"},
    "optuna": {
        *("nn.searching.storage", "nn.searching.database", "nn.searching.study"),
        *("nn.searching.worker", "nn.reports.study_files"),
    },
    "sqlalchemy": {"nn.searching.storage", "nn.searching.database", "nn.searching.patience"},
}
# Tables of data may be longer than code.
TABLES = {"nn.datasets.digit_shapes"}
# A Protocol and a list of names: nothing in them computes anything that a test could hold.
DECLARATIONS_ONLY = {"nn.engines.engine", "nn.runs.file_names"}

# Numba's cache notices a change of one file only (docs/decisions.md, Engines). A module that is
# short enough fails the test until its name is removed.
LONGER_FOR_A_REASON = {"nn.engines.compiled_loops", "nn.engines.compiled_tiles"}

# What these read, this program or the system has written.
OWN_FILES = {"nn.files.training_lock", "nn.settings.documentation"}
# Slow to import: in functions only, or the first question waits.
LATE_ONLY = {"matplotlib", "PIL", "jinja2", "onnx"}
MATHS_LIBRARIES = {"numpy", "scipy"}

# What a distribution is called where it is installed and where it is imported.
IMPORT_NAMES = {"pyyaml": "yaml", "pillow": "PIL", "pydantic-settings": "pydantic_settings"}


def each_of(paths: list[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Turn a rule about one file into one test that holds every file to it."""

    def decorate(rule: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            broken = []
            for path in paths:
                try:
                    rule(path)
                except AssertionError as error:
                    broken.append(f"{module_name(path)}: {error}")
            if broken:
                pytest.fail("\n".join(broken), pytrace=False)

        test.__doc__ = rule.__doc__
        return test

    return decorate


@each_of(PACKAGE)
def test_imports_point_the_right_way(path: Path) -> None:
    module = module_name(path)
    room = room_of(module)
    assert room in MAY_IMPORT, f"nn.{room} is new: say in MAY_IMPORT what it may import"
    for imported in imports_of(path):
        if imported.module.split(".")[0] != "nn":
            continue
        other = room_of(imported.module)
        assert other in MAY_IMPORT[room] | {room}, (
            f"{module}:{imported.line} imports {imported.module}, but nn.{room or '__init__'} may "
            f"import only {sorted(MAY_IMPORT[room])}"
        )


def test_no_two_rooms_may_import_each_other() -> None:
    """The table itself is free of circles: whoever is imported stands strictly below."""
    below = {room: allowed - {room} for room, allowed in MAY_IMPORT.items()}
    while below:
        lowest = {room for room, allowed in below.items() if not allowed & below.keys()}
        assert lowest, f"these import each other in a circle: {sorted(below)}"
        below = {room: allowed for room, allowed in below.items() if room not in lowest}


def test_no_modules_import_each_other_in_a_cycle() -> None:
    """Every import counts: those at the top, in functions, and for type checkers alone."""
    below = {
        module: {imported.module for imported in imports_of(path)} & MODULES.keys() - {module}
        for module, path in MODULES.items()
    }
    above = {
        module: {other for other, imported in below.items() if module in imported}
        for module in below
    }
    # Whatever imports nothing that is left, or is imported by nothing that is left, is in no cycle.
    for imported in (below, above):
        while free := {module for module in below if not imported[module] & below.keys()}:
            below = {module: names for module, names in below.items() if module not in free}
    assert sorted(below) == []


@each_of(SCRIPTS + PACKAGE)
def test_no_module_imports_a_script_or_a_test(path: Path) -> None:
    forbidden = {script.stem for script in SCRIPTS} | {"tests", "benchmarks", "docs", "fuzzing"}
    for imported in imports_of(path):
        assert imported.module.split(".")[0] not in forbidden, f"line {imported.line}"


@each_of(SCRIPTS + PACKAGE)
def test_libraries_stay_at_home(path: Path) -> None:
    module = module_name(path)
    for imported in imports_of(path):
        library = imported.module.split(".")[0]
        assert module in HOME_OF.get(library, {module}), (
            f"{module}:{imported.line} imports {library}, which only {HOME_OF[library]} may"
        )
        assert imported.late or library not in LATE_ONLY, (
            f"{module}:{imported.line} imports {library} at once, not in the function that needs it"
        )


@each_of([path for path in PACKAGE if room_of(module_name(path)) in MATHS | {"training"}])
def test_layers_and_maths_are_written_from_scratch(path: Path) -> None:
    for imported in imports_of(path):
        library = imported.module.split(".")[0]
        at_home = HOME_OF.get(library) == {module_name(path)}
        from_scratch = {"nn", *MATHS_LIBRARIES, *sys.stdlib_module_names}
        assert at_home or library in from_scratch, f"{imported}"


def required(file: str) -> set[str]:
    """Return the import names of the distributions that a requirements file names."""
    names = set()
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        requirement = line.split("#")[0].strip()
        if requirement.startswith("-r"):
            names |= required(requirement[2:].strip())
        elif requirement:
            name = re.match(r"[A-Za-z0-9._-]+", requirement)
            assert name, f"{file}: {line!r}"
            distribution = name[0].lower().replace("_", "-")
            names.add(IMPORT_NAMES.get(distribution, distribution.replace("-", "_")))
    return names


def third_party(paths: list[Path]) -> dict[str, str]:
    """Return each library that is imported, with a place that does so."""
    found = {}
    for path in paths:
        for imported in imports_of(path):
            library = imported.module.split(".")[0]
            if library not in {
                "nn",
                "tests",
                "benchmarks",
                "docs",
                "fuzzing",
                *sys.stdlib_module_names,
            }:
                found[library] = f"{module_name(path)}:{imported.line}"
    return found


def test_every_library_the_program_imports_is_required() -> None:
    # questionary is made of prompt_toolkit and Optuna of sqlalchemy; they come together.
    allowed = {"prompt_toolkit", "sqlalchemy"}
    for path in ROOT.glob("requirements*.txt"):
        if path.name != "requirements-dev.txt":
            allowed |= required(path.name)
    missing = {
        name: at for name, at in third_party(SCRIPTS + PACKAGE).items() if name not in allowed
    }
    assert missing == {}


def test_every_library_the_program_requires_is_imported() -> None:
    assert required("requirements.txt") - set(third_party(SCRIPTS + PACKAGE)) == set()


def test_every_library_the_tests_import_is_required_for_development() -> None:
    # The last three come with questionary, Optuna and pytest.
    allowed = required("requirements-dev.txt") | {"prompt_toolkit", "alembic", "packaging"}
    missing = {name: at for name, at in third_party(TESTS).items() if name not in allowed}
    assert missing == {}


@each_of(SCRIPTS + PACKAGE + TESTS)
def test_no_file_is_a_drawer_for_leftovers(path: Path) -> None:
    words = set(re.split(r"[._]", module_name(path).lower()))
    leftovers = {"util", "utils", "helper", "helpers", "common", "misc", "tools", "stuff"}
    assert not words & leftovers


def is_longer(path: Path, lines: int) -> bool:
    return path.read_text(encoding="utf-8").count("\n") > lines


def test_no_module_is_longer_than_300_lines_except_tables_of_data() -> None:
    too_long = {module for module, path in MODULES.items() if is_longer(path, 300)}
    assert too_long - TABLES == LONGER_FOR_A_REASON


def test_no_script_is_longer_than_60_lines_and_no_test_file_than_400() -> None:
    assert [path.name for path in SCRIPTS if is_longer(path, 60)] == []
    assert [path.name for path in TESTS if is_longer(path, 400)] == []


def test_each_module_has_its_test_file_at_the_same_place_below_tests() -> None:
    without = set()
    for module, path in MODULES.items():
        place = ROOT / "tests" / path.relative_to(ROOT / "nn").with_name(f"test_{path.name}")
        if path.name != "__init__.py" and not place.exists():
            without.add(module)
    assert without == DECLARATIONS_ONLY


@each_of(PACKAGE)
def test_files_are_written_whole_or_not_at_all(path: Path) -> None:
    """Only nn.files.atomic_write opens a file for writing."""
    if module_name(path) == "nn.files.atomic_write":
        return
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        assert name not in {"write_text", "write_bytes"}, f"line {node.lineno}: {name}"
        if name == "open":
            beside_path = node.args[isinstance(node.func, ast.Name) :]
            words = [*beside_path, *(each.value for each in node.keywords if each.arg == "mode")]
            modes = [word.value for word in words if isinstance(word, ast.Constant)]
            writing = [mode for mode in modes if re.fullmatch(r"[rwaxbt+]*[wax+][bt+]*", str(mode))]
            assert not writing, f"line {node.lineno}: open with mode {writing[0]!r}"


@each_of(
    [path for path in PACKAGE if room_of(module_name(path)) in {"datasets", "settings", "runs"}]
)
def test_what_others_made_is_opened_in_one_place(path: Path) -> None:
    """Only nn.files.regular_file opens it; it waits for no pipe and reads from no device."""
    if module_name(path) in OWN_FILES:
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            owner = ast.unparse(node.func)
            assert name not in {"read_text", "read_bytes", "loadtxt", "fromfile"} or (
                owner == "np.loadtxt"  # of texts that have been read
            ), f"line {node.lineno}: {owner}"
            if name == "open" and ast.unparse(node.args[0]) != "os.devnull":
                # A picture or an archive's member: of a file that has been opened.
                assert owner in {"Image.open", "archive.open", "_opener().open"}, (
                    f"line {node.lineno}: {owner}"
                )


@each_of([path for path in PACKAGE if room_of(module_name(path)) not in {"console", "__main__"}])
def test_only_the_console_talks(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id
        assert called not in {"print", "input"}, f"line {node.lineno}"


@each_of(PACKAGE)
def test_users_mistakes_are_errors_and_not_assertions(path: Path) -> None:
    """`python -O` removes assertions; what they guard would then pass."""
    asserts = [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Assert)]
    assert asserts == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import nn.runs.experiment", [("nn.runs.experiment", False)]),
        ("from nn import runs, errors", [("nn.runs", False), ("nn.errors", False)]),
        ("from nn import Network", [("nn", False)]),
        ("from nn.runs import x", [("nn.runs", False)]),
        ("from . import trainer", [("nn.training.trainer", False)]),
        ("from nn.training import trainer", [("nn.training.trainer", False)]),
        ("from ..runs import x", [("nn.runs", False)]),
        ("from .. import runs", [("nn.runs", False)]),
        ("def f():\n    import matplotlib.pyplot as plt", [("matplotlib.pyplot", True)]),
        ("if TYPE_CHECKING:\n    import matplotlib", [("matplotlib", True)]),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import tqdm", [("tqdm", False)]),
        ("class A:\n    import tqdm", [("tqdm", False)]),
        ("try:\n    import tqdm\nexcept ImportError:\n    pass", [("tqdm", False)]),
    ],
)
def test_imports_are_found_wherever_they_stand(
    source: str, expected: list[tuple[str, bool]]
) -> None:
    found = find_imports(ast.parse(source), "nn.training.evaluation", package=False, late=False)
    assert [(each.module, each.late) for each in found] == expected
