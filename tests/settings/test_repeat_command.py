import shlex

from hypothesis import given
from hypothesis import strategies as st

from nn.settings.checking import check_settings
from nn.settings.declaration import SETTINGS, Settings
from nn.settings.flags import parse_command_line
from nn.settings.repeat_command import repeat_command


def test_only_what_differs_is_written():
    assert repeat_command(Settings()) == "python train.py --defaults"
    settings = Settings(hidden_layers=2, l1=True, shuffle_split=False, name="my run")
    assert repeat_command(settings) == (
        "python train.py --defaults --no-shuffle-split --hidden-layers 2 --l1 --name 'my run'"
    )


@given(
    st.builds(
        Settings,
        hidden_layers=st.sampled_from([0, 1, 2]),
        l1=st.booleans(),
        shuffle_split=st.booleans(),
        learning_rate=st.floats(1e-300, 1e300),
        data_dir=st.text(min_size=1).filter(lambda text: text.strip() and "\0" not in text),
        dataset=st.sampled_from([choice.value for choice in SETTINGS["dataset"].choices]),
    )
)
def test_the_command_gives_the_same_settings_and_asks_nothing(settings):
    line = parse_command_line(shlex.split(repeat_command(settings))[2:])
    assert check_settings(line.given) == settings
    assert line.defaults
