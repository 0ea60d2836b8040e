"""What README and docs show and say, held to the program: links, names, commands, code, session."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks.pictures import record, without_escapes
from nn.installation import PROGRAMS
from nn.settings.checking import check_settings
from nn.settings.config_files import read_config

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "*/README.md", "docs/*.md", "docs/lessons/*.md")
    for page in ROOT.glob(pattern)
    if not page.parent.name.startswith(".")
)
SCRIPTS = tuple(f"{program}.py" for program in PROGRAMS)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a page in a language, their indentation removed."""
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.M | re.S
    )
    return [re.sub(rf"^{indent}", "", code, flags=re.M) for indent, code in found]


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings}


@each_page
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not link.startswith("https://"):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


@each_page
def test_every_file_of_the_code_that_is_named_exists(page):
    text = page.read_text(encoding="utf-8")
    rooms = "nn|tests|benchmarks|fuzzing|configs|docs"
    named = re.findall(rf"`((?:{rooms})/[\w/.]*\w/?|requirements[\w-]*\.txt)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.fixture(scope="module")
def known_flags(run_program) -> dict[str, set[str]]:
    return {
        script: set(re.findall(r"--[a-z][a-z0-9-]*", run_program(script, "--help").stdout))
        for script in SCRIPTS
    }


@each_page
def test_every_command_names_a_program_with_such_flags(page, known_flags):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    inline = re.findall(r"`(python [^`]*)`", text.replace("\n", " "))
    for line in [*"".join(blocks(page, "sh")).replace("\\\n", "").splitlines(), *inline]:
        words = shlex.split(line, comments=True)
        if words[:2] == ["python", "-m"]:
            assert importlib.util.find_spec(words[2]), line
        elif words[:1] == ["python"]:
            name = Path(words[1]).name
            assert (ROOT / name).exists(), line
            flags = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert flags <= known_flags[name], line
            configs = [word for word in words if word.startswith("configs/")]
            assert all((ROOT / config).exists() for config in configs), line
        elif words[:2] == ["pip", "install"] and "-r" in words:
            assert (ROOT / words[words.index("-r") + 1]).exists(), line


@each_page
def test_every_yaml_file_that_is_shown_is_accepted(page, tmp_path):
    for number, code in enumerate(blocks(page, "yaml")):
        assert yaml.safe_load(code)
        config = tmp_path / f"{number}.yaml"
        config.write_text(code)
        check_settings(read_config(config))


@pytest.mark.long
def test_the_piped_answers_that_the_readme_shows_are_the_defaults(train, tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (answers,) = re.findall(r"printf '([^']*)' \| python train.py", text)
    for name, given in (("piped", {"typed": answers.replace(r"\n", "\n")}), ("flags", {})):
        done = train("--name", name, *([] if given else ["--defaults"]), **given)
        assert done.returncode == 0, done.stderr
    folders = (tmp_path / "saved_files" / name for name in ("piped", "flags"))
    piped, flags = ((folder / "weights_1.csv").read_bytes() for folder in folders)
    assert piped == flags


def test_the_lines_of_python_that_read_a_layer_compute_it(trained_run, tmp_path, monkeypatch):
    shutil.copytree(trained_run.folder, tmp_path / "saved_files" / "my-run")
    monkeypatch.chdir(tmp_path)
    numpy_lines, torch_lines = blocks(ROOT / "docs" / "files.md", "python")
    names = {"inputs": np.random.default_rng(0).random((5, 64))}
    exec(numpy_lines, names)
    assert names["hidden"].shape == (5, 8)
    assert (names["hidden"] >= 0).all()
    torch = pytest.importorskip("torch")
    names["torch"] = torch
    exec(torch_lines, names)
    outputs = names["layer"](torch.tensor(names["inputs"], dtype=torch.float32)).detach().numpy()
    assert np.allclose(np.maximum(outputs, 0), names["hidden"], atol=1e-5)


def shape_of(session: str) -> list[str]:
    """Return the lines of a session without what differs from run to run."""
    text = re.sub(r"saved_files/[\w-]+", "RUN", without_escapes(session).strip())
    text = re.sub(r"^.* \(four IDX", "DATA (four IDX", text, flags=re.M)
    text = re.sub(r"(about .*|under a second) for", "about TIME for", text)
    text = re.sub(r"(^Test accuracy.*$)[^$]+(^Saved in)", r"\1\nVERDICT\n\2", text, flags=re.M)
    return re.sub(r"\d[\d,.]*", "#", text).splitlines()


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is missing (Debian: tmux)")
def test_the_session_that_the_readme_shows_is_the_programs(small_data, tmp_path):
    data = small_data(tmp_path / "images", shape=(28, 28), classes=10, training=3000)
    (tmp_path / "session").mkdir()
    shown = (ROOT / "docs" / "session.txt").read_text(encoding="utf-8")
    recorded = record(tmp_path / "session", data)
    assert shape_of(shown) == shape_of(recorded), "run: python -m benchmarks.pictures"
