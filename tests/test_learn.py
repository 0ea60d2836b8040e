"""docs/learn.md runs, quotes lines that stand in the program, and is the notebook beside it."""

import re
import textwrap
from pathlib import Path

import nbformat
import numpy as np
import pytest

from docs.make_notebook import PAGE, blocks, notebook
from nn import library
from nn.datasets.idx import read_idx, write_idx
from tests.environment import ROOT

NOTEBOOK = PAGE.with_suffix(".ipynb")
QUOTES = [code for kind, code in blocks() if kind == "quote"]


@pytest.mark.parametrize("quote", QUOTES)
def test_every_quoted_line_stands_in_its_file_in_this_order(quote: str) -> None:
    path, *lines = quote.splitlines()
    source = (ROOT / path.removeprefix("# ")).read_text(encoding="utf-8")
    for line in lines:
        assert f"{line}\n" in source, f"{path}: {line}"
        source = source.partition(f"{line}\n")[2]


def test_every_block_of_python_runs_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for kind, code in blocks():
        if kind == "code":
            exec(compile(code, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert "0.69314718" in printed  # log 2, as the page says
    assert "[[0.65900114 0.24243297 0.09856589]]" in printed


@pytest.mark.long
def test_the_block_with_mnist_runs_where_mnist_is(
    mnist_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (code,) = (code for kind, code in blocks() if kind == "mnist")
    (tmp_path / "data").symlink_to(mnist_dir)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec("import numpy as np\nfrom nn import Dense, Network, ReLU, train", names)
    exec(code.replace("epochs=3", "epochs=1"), names)
    answers = names["network"].predict(names["test_images"])
    assert np.mean(answers == names["test_digits"]) > 0.9


def test_the_notebook_is_the_page() -> None:
    written = nbformat.read(NOTEBOOK, as_version=4)
    assert [cell.source for cell in written.cells] == [cell.source for cell in notebook().cells], (
        "update it: python -m docs.make_notebook"
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_notebook_runs_with_a_bar(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    ran = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(
        ran, timeout=100, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    shown = "".join(str(output) for cell in ran.cells for output in cell.get("outputs", []))
    assert "epoch 40/40" in shown
    assert re.search(r"validation 0\.\d{4} \(\d+\.\d\d%\)", shown)


def test_the_readmes_ten_lines_run_and_are_the_librarys(
    mnist_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys
) -> None:
    """On the first images of each file."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(from nn import.*?)```", readme, re.S)
    assert textwrap.indent(code, "    ") in str(library.__doc__)
    (tmp_path / "data").mkdir()
    for part, count in (("train", 6000), ("t10k", 1000)):
        for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"):
            first = read_idx(mnist_dir / f"{name}.gz", 3 if "images" in name else 1)[:count]
            write_idx(tmp_path / "data" / name, first)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert float(capsys.readouterr().out.splitlines()[-1]) > 0.8
