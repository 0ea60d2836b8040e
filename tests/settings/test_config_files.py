import os
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from nn.errors import SettingError
from nn.settings.checking import check_settings
from nn.settings.config_files import LARGEST_CONFIG, read_config, write_settings, yaml_line
from nn.settings.declaration import SETTINGS, Settings


@pytest.fixture
def config(tmp_path):
    """Return a function that writes a config and reads it back as settings."""

    def read(content):
        path = tmp_path / "run.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return check_settings(read_config(path))

    return read


def test_a_config_holds_only_what_differs(config):
    assert config("epochs: 3\nlearning_rate: 1e-4\n") == Settings(epochs=3, learning_rate=1e-4)


def test_the_program_s_own_configs_go_by_name_where_no_file_has_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "learning_rate" in read_config(Path("002_relu_1000"))
    (tmp_path / "002_relu_1000").write_text("epochs: 3\n")
    assert read_config(Path("002_relu_1000")).keys() == {"epochs"}
    with pytest.raises(SettingError, match=r"no such file. Did you mean 002_relu_1000\?"):
        read_config(Path("002_rely_1000"))


def test_off_is_false_only_where_a_setting_is_yes_or_no(config):
    assert config("l1: on\nname: off\n") == Settings(l1=True, name="off")
    assert config("name: 2024-01-01\n").name == "2024-01-01"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(config):
    assert config(b"\xef\xbb\xbfepochs: 3\r\nl1: y\r\n") == Settings(epochs=3, l1=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is empty"),
        ("# nothing\n", "it is empty"),
        ("{}", "it is empty"),
        ("- epochs\n", "it is a list"),
        ("epochs", "it is a single value"),
        ("\nepoch: 3\n", r"line 2: unknown setting 'epoch'. Did you mean epochs\?"),
        ("? [a, b]\n: 3\n", "unknown setting"),
        ("epochs: 3\nepochs: 4\n", "line 2: epochs is given twice"),
        ("epochs: {a: 1, a: 2}\n", "line 1: .* a duplicate key"),
        ("a: &a [1]\nepochs: *a\n", "line 2: .* aliases are not"),
        ("epochs: &a 3\nhidden_units: *a\n", "line 2: .* aliases are not"),
        ("epochs: !!python/object/apply:os.system ['true']\n", "line 1: .* the tag"),
        ("!!python/object:os.system {epochs: 3}\n", "line 1: .* the tag"),
        ("epochs: !!int 3\n", "the tag"),
        ("epochs: [1\n", "line 2: cannot be read as YAML"),
        ("epochs: 3\n---\nepochs: 4\n", "cannot be read as YAML"),
        ("epochs: ten\n", "line 1: epochs is 'ten'; expected a whole number from 1"),
        ("l1: 1\n", "line 1: l1 is '1'; expected yes"),
        ("epochs:\n", "line 1: epochs is ''"),
        ("epochs: [3]\n", r"line 1: epochs is \['3'\]"),
        ("epochs: {a: 3}\n", "line 1: epochs is"),
        (b"epochs: 3\nname: \xff\n", "line 2: not UTF-8"),
        (b"epochs: 3\x00", "cannot be read as YAML"),
        ("epochs: " + "[" * 5000, "nested too deeply"),
        ("epochs: " + "{a: " * 400 + "b" + "}" * 400, "nested too deeply|line 1: epochs is"),
        # A mapping in a key in a key: as text, each doubles the quotes of the one before.
        ("epochs: " + "{? " * 40 + "a" + " : b}" * 40, "line 1: .*a key that is not text"),
        ("{a: b}: c", "line 1: .*unknown setting"),
        ("? [a]\n: c", "line 1: .*unknown setting"),
        ("a: &x [1,1]\nb: &y [*x,*x]\n", "line 1: unknown setting 'a'|aliases"),
        ("epochs: " + "9" * 90_000, "line 1: epochs is '999"),
        ("epochs: " + "9" * 400, "line 1: epochs is '999"),
        ("seed: " + "9" * 5000, "line 1: seed is '999"),
        ("validation_size: " + "9" * 400, "line 1: validation_size is '999"),
        ("layers: [{dense: 0}]", "line 1: layers, layer 1 .dense.: units is '0'"),
        ("epochs: !" + "x" * 5000 + "!y 3\n", "line 1: .*undefined tag handle"),
        ("data_dir: " + "x" * 5000 + "\n", "line 1: data_dir is 'xxx.*expected a folder's path"),
        ("#" * (LARGEST_CONFIG + 1), "larger than"),
        ('name: "\\UFFFFFFFF"', "cannot be read as YAML"),
        ("%YAML " + "9" * 5000 + ".1\n--- {epochs: 3}", "cannot be read as YAML"),
    ],
)
def test_a_damaged_or_hostile_config_is_named_in_the_error(config, content, message):
    with pytest.raises(SettingError, match=message) as error:
        config(content)
    assert "run.yaml" in str(error.value)
    assert len(str(error.value).replace("\n", "")) < 400
    assert "\n" not in str(error.value)


def test_a_missing_config_brings_the_nearest_name(tmp_path):
    (tmp_path / "default.yaml").write_text("epochs: 3")
    with pytest.raises(SettingError, match=r"no such file. Did you mean default.yaml\?"):
        read_config(tmp_path / "defualt.yaml")


def test_a_folder_is_no_config(tmp_path):
    with pytest.raises(SettingError, match="cannot be read"):
        read_config(tmp_path)


SOME_SETTINGS = st.builds(
    Settings,
    hidden_layers=st.sampled_from([0, 1, 2]),
    l1=st.booleans(),
    epochs=st.integers(1, 10**12),
    learning_rate=st.floats(1e-300, 1e300),
    validation_size=st.one_of(st.integers(1, 10**9), st.floats(1e-9, 0.999)),
    data_dir=st.text(min_size=1).filter(lambda text: text.strip() and "\0" not in text),
    seed=st.integers(0, 2**64),
    dataset=st.sampled_from(["auto", "mnist", "built-in"]),
)


@hypothesis.settings(deadline=None)  # a disk may be slow
@example(settings=Settings(data_dir="a\x85b"), note="\x85epochs: 3")
@given(settings=SOME_SETTINGS, note=st.text())
def test_what_is_written_reads_back_equal(tmp_path_factory, settings, note):
    path = tmp_path_factory.mktemp("run") / "settings.yaml"
    write_settings(path, settings, [note])
    assert check_settings(read_config(path)) == settings


def test_settings_yaml_holds_every_setting_but_the_place_of_the_run(tmp_path):
    path = tmp_path / "settings.yaml"
    write_settings(path, Settings(name="here", save_dir="there"), ["data: MNIST"])
    text = path.read_text()
    assert text.startswith("# data: MNIST\n")
    assert set(yaml.safe_load(text)) == set(SETTINGS) - {"name", "save_dir", "layers"}
    assert all(SETTINGS[name].help in text for name in yaml.safe_load(text))
    for heading in ("# network", "# training", "# data", "# files"):
        assert f"\n{heading}\n" in text


def test_settings_yaml_holds_layers_in_place_of_their_shorthand(tmp_path):
    path = tmp_path / "settings.yaml"
    settings = Settings(layers=["flatten", {"dense": "128"}, "ReLU"])
    write_settings(path, settings)
    written = yaml.safe_load(path.read_text())
    assert written["layers"] == ["flatten", {"dense": 128}, "relu"]
    assert not {"hidden_layers", "hidden_units", "activation"} & set(written)
    assert check_settings(read_config(path)) == settings


def test_other_yaml_readers_see_numbers_and_booleans():
    assert yaml.safe_load(yaml_line("l1_strength", 1e-5)) == {"l1_strength": 1e-5}
    assert yaml.safe_load(yaml_line("l1", True)) == {"l1": True}


PIECES = st.sampled_from(
    [
        *SETTINGS,
        ": ",
        "\n",
        "- ",
        "3",
        "yes",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "!!python/name:os.system",
        "'",
        '"',
        "|",
        "---",
        "%",
        "\t",
        "#",
        "? ",
    ]
)


@hypothesis.settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=5))).map("".join)
    )
)
def test_any_bytes_end_in_settings_or_in_a_setting_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "run.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    with suppress(SettingError):
        assert isinstance(check_settings(read_config(path)), Settings)


@pytest.mark.timeout(10)
def test_a_pipe_and_a_device_are_no_configs(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zeros.yaml").symlink_to("/dev/zero")
    for name in ("pipe.yaml", "zeros.yaml"):
        with pytest.raises(SettingError, match=f"{name}: cannot be read .a pipe or a device"):
            read_config(tmp_path / name)
