"""Where somebody else's config or run may lead the program: to look, but not to write."""

from pathlib import Path

import pytest

from nn.errors import SettingError
from nn.runs.write_scope import check_write_scope, is_below_working_folder
from nn.settings.checking import Given


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("where", ["data", "a/b", "./a", "a/../b", ".", "", "x.journal"])
def test_below_the_working_folder_a_file_may_lead_anywhere(where: str) -> None:
    assert is_below_working_folder(where)


@pytest.mark.parametrize(
    "where",
    ["..", "../up", "a/../../up", "/etc", "~/x", "sqlite:///x.db", "postgresql://host/db", "a\0b"],
)
def test_out_of_it_a_file_may_not_lead(where: str) -> None:
    assert not is_below_working_folder(where)


def test_a_path_in_full_that_stays_below_is_taken(here: Path) -> None:
    assert is_below_working_folder(str(here / "runs"))
    assert not is_below_working_folder(str(here) + "-not")


def test_links_are_followed_before_a_path_is_judged(here: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (here / "out").symlink_to(tmp_path / "elsewhere" / "deep")
    (here / "within").symlink_to(here)
    for where in ("out", "out/x", "out/../x"):
        assert not is_below_working_folder(where)
    assert is_below_working_folder("within/x")


@pytest.mark.parametrize("name", ["save_dir", "storage", "data_dir"])
def test_what_is_refused_from_a_file_is_accepted_from_a_flag(name: str) -> None:
    flag = "--" + name.replace("_", "-")
    with pytest.raises(SettingError, match=rf"a\.yaml, line 2: {name} is '/x'.*{flag}"):
        check_write_scope({name: Given("/x", f"a.yaml, line 2: {name}")})
    check_write_scope({name: Given("/x", flag)})
    check_write_scope({name: Given("x", f"a.yaml, line 2: {name}")})
    check_write_scope({})


@pytest.mark.parametrize(
    "names",
    [
        ["mnist.pkl.gz"],
        ["mnist_train.csv", "mnist_test.csv"],
        ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte", "t10k-images.idx3-ubyte",
         "t10k-labels-idx1-ubyte"],
    ],
)  # fmt: skip
def test_images_that_lie_elsewhere_may_be_looked_at(tmp_path: Path, names: list[str]) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    given = {"data_dir": Given(str(elsewhere), "a.yaml, line 1: data_dir")}
    with pytest.raises(SettingError, match="outside the working folder and without images"):
        check_write_scope(given)
    for name in names:
        (elsewhere / name).touch()
        check_write_scope(given)


def test_digits_the_program_has_kept_elsewhere_count_as_images(tmp_path: Path) -> None:
    from nn.datasets.drawn_digits import cached_files

    (tmp_path / "kept").mkdir()
    for path in cached_files(tmp_path / "kept"):
        path.touch()
    check_write_scope({"data_dir": Given(str(tmp_path / "kept"), "a.yaml: data_dir")})
