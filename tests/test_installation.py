"""The wheel, and the programs as they run from it; two places hold what pip is told."""

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from nn.installation import (
    PROGRAMS,
    REPOSITORY,
    VERSION,
    command,
    install_command,
    packaged_config,
    packaged_configs,
)
from tests.environment import ROOT
from tests.made_once import make_once
from tests.source_files import SCRIPTS


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Build the wheel as pip does, but with the hatchling that is installed."""

    def make(folder: Path) -> Path:
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
        return next(folder.glob("*.whl"))

    return make_once(tmp_path_factory, "wheel", make)


@pytest.fixture(scope="module")
def metadata(wheel):
    """Return a function that reads a file of the wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        folder = next(name for name in archive.namelist() if ".dist-info/" in name).split("/")[0]
        texts = {
            name: archive.read(f"{folder}/{name}").decode()
            for name in ("METADATA", "entry_points.txt")
        }
    return texts.__getitem__


@pytest.fixture
def from_wheel(wheel, program_environment, tmp_path):
    """Return a function that runs a program out of the wheel, which stays zipped."""

    def run(program, *flags):
        code = f"import sys; from nn.commands.{program} import main; sys.exit(main())"
        return subprocess.run(
            [sys.executable, "-c", code, *flags],
            env=program_environment | {"PYTHONPATH": str(wheel)}, cwd=tmp_path, timeout=60,
            capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return run


def test_each_program_has_a_script_and_a_command_that_call_the_same_function(metadata):
    parser = configparser.ConfigParser()
    parser.read_string(metadata("entry_points.txt"))
    assert dict(parser["console_scripts"]) == {
        f"nn-{program}": f"nn.commands.{program}:main" for program in PROGRAMS
    }
    assert {script.stem for script in SCRIPTS} == set(PROGRAMS)
    for program in PROGRAMS:
        text = (ROOT / f"{program}.py").read_text(encoding="utf-8")
        assert f"from nn.commands.{program} import main" in text


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_says_its_version(run_program, metadata, program):
    done = run_program(f"{program}.py", "--version")
    assert (done.returncode, done.stdout) == (0, f"handwritten-nn {VERSION}\n")
    assert message_from_string(metadata("METADATA"))["Version"] == VERSION


def requirements(extra):
    """Return what a requirements file lists itself, without the files that it includes."""
    lines = (ROOT / f"requirements{extra and '-'}{extra}.txt").read_text(encoding="utf-8")
    lines = (line.split("#")[0].strip() for line in lines.splitlines())
    return {Requirement(line) for line in lines if line and not line.startswith("-r")}


def test_the_extras_are_the_requirements_files(metadata):
    package = message_from_string(metadata("METADATA"))
    extras = {"": set(), **{extra: set() for extra in package.get_all("Provides-Extra")}}
    for line in package.get_all("Requires-Dist"):
        requirement = Requirement(line)
        extra = str(requirement.marker).split('"')[1] if requirement.marker else ""
        requirement.marker = None
        extras[extra].add(requirement)
    assert set(extras) == {"", "compiled", "search", "export", "heic"}
    names = {extra: {str(each).lower() for each in listed} for extra, listed in extras.items()}
    assert names == {extra: {str(each).lower() for each in requirements(extra)} for extra in names}


def test_the_wheel_holds_all_that_the_programs_read_and_no_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    for folder, place in ((ROOT / "nn", "nn"), (ROOT / "configs", "nn/configs")):
        for file in folder.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert f"{place}/{file.relative_to(folder).as_posix()}" in held
    assert "nn/py.typed" in held
    assert {name.split("/")[0] for name in held if ".dist-info/" not in name} == {"nn"}


def test_a_wheel_that_is_still_zipped_trains_a_packaged_config_and_writes_its_page(
    from_wheel, small_data, tmp_path
):
    small_data(tmp_path / "data")
    done = from_wheel("train", "--config", "000_softmax", "--epochs", "1", "--name", "run")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "saved_files" / "run" / "report.html").stat().st_size > 10_000
    assert "Look at it: nn-predict --run saved_files/run\n" in done.stdout
    assert "nn-train --defaults" in (tmp_path / "saved_files/run/report.html").read_text("utf-8")


def test_an_installed_program_has_no_folder_with_data_beside_it(wheel, tmp_path):
    where = "import nn.installation as here; print(here.REPOSITORY, here.command('train'))"
    done = subprocess.run(
        [sys.executable, "-c", where], env=os.environ | {"PYTHONPATH": str(wheel)},
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "None nn-train\n"


def test_data_beside_the_script_is_found_from_any_folder(small_data, run_program, tmp_path):
    elsewhere, here = tmp_path / "elsewhere", tmp_path / "here"
    shutil.copytree(ROOT / "nn", elsewhere / "nn")
    shutil.copy(ROOT / "train.py", elsewhere)
    small_data(elsewhere / "data")
    here.mkdir()
    # It need not train: the data are found before a file is written, which may not grow here.
    words = ("--defaults", "--dataset", "mnist")
    done = run_program(elsewhere / "train.py", *words, cwd=here, fresh=True, largest_file=500)
    assert done.returncode == 4, done.stderr
    assert f"four IDX files in {elsewhere}/data/" in done.stdout
    assert not (here / "data").exists()


def test_in_the_repository_the_commands_are_those_of_the_readme():
    assert REPOSITORY == ROOT
    assert command("train") == "python train.py"
    assert install_command("search") == "pip install -r requirements-search.txt"


@pytest.mark.parametrize(
    "name",
    [
        *("002_relu_1000", "002_relu_1000.yaml", "configs/002_relu_1000.yaml"),
        *("configs/studies/../002_relu_1000.yaml", "studies/../002_relu_1000"),
    ],
)
def test_a_packaged_config_is_found_by_its_name(name):
    expected = (ROOT / "configs" / "002_relu_1000.yaml").read_bytes()
    assert packaged_config(Path(name)) == expected


@pytest.mark.parametrize("name", ["002_relu", "mine/002_relu_1000.yaml", "../train", "", "studies"])
def test_other_names_are_no_packaged_config(name):
    assert packaged_config(Path(name)) is None


def test_studies_are_named_with_their_folder():
    assert {"002_relu_1000", "studies/002_search"} <= packaged_configs().keys()
