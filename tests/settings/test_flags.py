import pytest

from nn.errors import SettingError
from nn.settings.checking import check_settings
from nn.settings.declaration import SETTINGS, Settings
from nn.settings.flags import FlagParser, add_setting_flags, given_settings, parse_command_line


def settings_of(*words):
    return check_settings(parse_command_line(words).given)


def test_every_setting_has_a_flag_that_sets_it():
    for setting in SETTINGS.values():
        given = parse_command_line([f"{setting.flag}={setting.show(setting.default)}"]).given
        assert list(given) == [setting.name]
        assert getattr(check_settings(given), setting.name) == setting.default


def test_a_run_to_resume_may_be_named():
    lines = [[], ["--resume"], ["--resume", "my run", "--epochs", "9"], ["--resume=a", "--l1"]]
    assert [parse_command_line(words).resume for words in lines] == [None, "", "my run", "a"]
    assert list(parse_command_line(lines[2]).given) == ["epochs"]


def test_flags_accept_every_spelling():
    assert settings_of("--activation", "ReLU", "--hidden-layers", "two", "--epochs=5") == Settings(
        hidden_layers=2, epochs=5
    )


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--l1"], True),
        (["--l1", "yes"], True),
        (["--l1=off"], False),
        (["--no-l1"], False),
        (["--l1", "--no-l1"], False),
    ],
)
def test_yes_and_no_can_be_said_in_every_usual_way(words, value):
    assert settings_of(*words).l1 is value


def test_a_bare_yes_flag_leaves_the_next_flag_alone():
    assert settings_of("--l1", "--epochs", "3") == Settings(l1=True, epochs=3)


def test_config_and_defaults_are_no_settings():
    line = parse_command_line(["--config", "a.yaml", "--defaults"])
    assert str(line.config) == "a.yaml"
    assert line.defaults
    assert line.given == {}
    assert parse_command_line([]).config is None


def test_how_a_training_is_watched_is_no_setting():
    line = parse_command_line(["--no-chart", "--live-plot"])
    assert line.given == {}
    assert (line.chart, line.live_plot) == (False, True)
    assert (parse_command_line([]).chart, parse_command_line([]).live_plot) == (True, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epoch", "3"], r"unknown flag '--epoch'. Did you mean --epochs\?"),
        (["--no-l2"], r"unknown flag '--no-l2'. Did you mean --no-l1\?"),
        (["--xyzzy=3"], "unknown flag '--xyzzy'; see --help"),
        (["epochs"], "unexpected argument 'epochs': it follows no flag"),
        (["--epochs"], "--epochs: needs a value"),
        (["--config"], "--config: needs a value"),
        (["--epochs", "0"], "--epochs is '0'; expected a whole number from 1"),
        (["--epochs", "-1"], "--epochs is '-1'"),
        (["--l1", "maybe"], "--l1 is 'maybe'; expected yes"),
        (["--no-l1=3"], "--no-l1"),
        (["--name", "../x"], r"--name is '\.\./x'; .* no slashes or dots"),
        (["--initialization", "xaver"], r"Did you mean xavier\?"),
    ],
)
def test_a_wrong_flag_is_named_with_what_is_right(words, message):
    with pytest.raises(SettingError, match=message):
        settings_of(*words)


@pytest.mark.parametrize("columns", [20, 80])
def test_help_shows_every_setting_with_default_and_choices(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit) as end:
        parse_command_line(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    unwrapped = "".join(text.split())
    for setting in SETTINGS.values():
        assert setting.flag in text
        assert "".join(f"{setting.help}: {setting.expected}".split()) in unwrapped
    for heading in ("network:", "training:", "data:", "files:"):
        assert heading in text
    # A word longer than the screen cannot be broken; everything else fits.
    longest = max(len(word) for word in text.split())
    assert max(len(line) for line in text.splitlines()) <= max(columns, longest + 8)


def test_another_script_can_take_a_few_of_the_settings():
    parser = FlagParser("predict")
    add_setting_flags(parser, ["data_dir"])
    assert check_settings(given_settings(parser.parse(["--data-dir", "x"]))).data_dir == "x"
    with pytest.raises(SettingError, match="unknown flag"):
        parser.parse(["--epochs", "3"])


def test_help_is_broken_between_words_only(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit):
        parse_command_line(["--help"])
    words = capsys.readouterr().out.split()
    monkeypatch.setenv("COLUMNS", "20")
    with pytest.raises(SystemExit):
        parse_command_line(["--help"])
    assert capsys.readouterr().out.split() == words
