"""Real keystrokes through prompt_toolkit's own parser."""

import re
from types import SimpleNamespace

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.output.vt100 import Vt100_Output

from nn.console import questions
from nn.console.interview import BACK, interview
from nn.console.questions import TerminalAsker
from nn.errors import StoppedError
from nn.settings.checking import Given, check_settings
from nn.settings.declaration import ASKED, SETTINGS, Settings
from nn.settings.setting import Choice
from tests.screens import what_remains

UP, DOWN, ENTER, BACKSPACE = "\x1b[A", "\x1b[B", "\r", "\x7f"
ESCAPE, SHIFT_TAB, CTRL_C, CTRL_D, CTRL_U = "\x1b", "\x1b[Z", "\x03", "\x04", "\x15"
CTRL_A = "\x01"

PREVIEW = SimpleNamespace(layers=[("dense", "64")], parameters=650, seconds=5.0, compiled=None)


@pytest.fixture
def press():
    """Return a function that presses keys for the questions to come."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe.send_text


def choose(name, suggested=None):
    setting = SETTINGS[name]
    choices = setting.choices
    return TerminalAsker().choose("?", choices, setting.default if suggested is None else suggested)


def ask(given=None, last=None):
    return interview(
        TerminalAsker(), check_settings(given or {}), last or {}, lambda settings, report: PREVIEW
    )


def test_enter_alone_takes_the_suggestion(press):
    press(ENTER)
    assert choose("hidden_layers", suggested=2) == 2


@pytest.mark.parametrize(
    ("keys", "value"), [(DOWN, 2), (UP, 0), (DOWN + DOWN, 0), (UP + UP, 2), (UP + DOWN, 1)]
)
def test_arrows_move_through_the_list_and_around_it(press, keys, value):
    press(keys + ENTER)
    assert choose("hidden_layers") == value


@pytest.mark.parametrize(
    "setting",
    [*ASKED[:2], *(pytest.param(one, marks=pytest.mark.long) for one in ASKED[2:-1])],
    ids=lambda setting: setting.name,
)
def test_every_spelling_can_be_typed_in_any_case(press, setting):
    choices = [choice for choice in setting.choices if choice.asked]
    for choice, other in zip(choices, [*choices[1:], choices[0]], strict=True):
        for spelling in choice.spellings:
            press(f" {spelling.title()} {ENTER}")
            assert choose(setting.name, suggested=other.value) == choice.value


def test_typing_the_beginning_is_enough(press):
    press("sig" + ENTER)
    assert choose("activation") == "sigmoid"


def test_what_matches_no_choice_is_not_accepted(press):
    press("sdg" + ENTER + CTRL_U + "sgd" + ENTER)
    assert choose("optimizer") == "sgd"
    press("adan" + ENTER + BACKSPACE * 4 + ENTER)
    assert choose("optimizer") == "momentum"


@pytest.mark.parametrize(("name", "typed"), [("initialization", "HE"), ("optimizer", "ad")])
def test_what_flags_accept_is_accepted_here_too_and_shown_when_it_is_typed(press, name, typed):
    press(typed + ENTER)
    value = choose(name)
    assert value == {"initialization": "he", "optimizer": "adam"}[name]
    press(ENTER)
    assert choose(name, suggested=value) == value


def test_the_answers_of_the_last_time_and_the_defaults_are_marked():
    assert "> 1 (default)" in written(80, CTRL_C)
    assert "10 (default)" in written(80, ENTER * 7 + CTRL_C)


def test_tab_takes_all_defaults(press):
    press("two" + ENTER + "\t" + ENTER)
    assert ask(last={"optimizer": "sgd"})[0] == Settings(hidden_layers=2)


def test_pasted_text_counts_as_typed(press):
    press("\x1b[200~sgd\n\x1b[201~" + ENTER)
    assert choose("optimizer") == "sgd"


@pytest.mark.parametrize("back", [ESCAPE, SHIFT_TAB])
def test_back_leaves_a_question_unanswered(press, back):
    press(back)
    assert TerminalAsker().choose("?", SETTINGS["l1"].choices, False, [BACK]) is BACK
    press(back)
    assert TerminalAsker().type_in("?", SETTINGS["epochs"], 10, [BACK]) is BACK


def test_the_first_question_has_no_way_back_and_does_not_offer_one(press):
    for key in (SHIFT_TAB, ESCAPE):
        press(key + "2" + ENTER)
        assert choose("hidden_layers") == 2
    assert "Esc" not in written(120, CTRL_C)
    assert "Esc: back" in written(120, ENTER + CTRL_C)


def test_epochs_are_typed_and_the_suggestion_does_not_get_in_the_way(press):
    asker = TerminalAsker()
    press("5" + ENTER)
    assert asker.type_in("?", SETTINGS["epochs"], 10) == 5
    press(ENTER)
    assert asker.type_in("?", SETTINGS["epochs"], 10) == 10


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "²", "ten", "nan"])
def test_wrong_epochs_are_refused_at_once(press, wrong):
    press(wrong + ENTER + BACKSPACE * len(wrong) + "7" + ENTER)
    assert TerminalAsker().type_in("?", SETTINGS["epochs"], 10) == 7


@pytest.mark.parametrize("answered", [0, pytest.param(3, marks=pytest.mark.long), 8])
def test_ctrl_c_at_any_question_stops(press, answered):
    press(ENTER * answered + CTRL_C)
    with pytest.raises(StoppedError):
        ask()


def test_ctrl_d_stops_too(press):
    press(CTRL_D)
    with pytest.raises(StoppedError):
        choose("l1")
    press(CTRL_D)
    with pytest.raises(StoppedError):
        TerminalAsker().type_in("?", SETTINGS["epochs"], 10)


def test_all_defaults_and_train(press):
    press(ENTER * 9)
    settings, answers = ask()
    assert settings == Settings()
    assert list(answers) == [setting.name for setting in ASKED]


def test_all_eight_answers_typed(press):
    words = ["two", "Normal", "GAUSS", "Sigmoid", "y", "Yes", "sgd", "3", "train"]
    press(ENTER.join(words) + ENTER)
    assert ask()[0] == Settings(
        hidden_layers=2,
        normalization="normal",
        initialization="gauss",
        activation="sigmoid",
        l1=True,
        learning_rate_decay=True,
        optimizer="sgd",
        epochs=3,
    )


def test_what_a_flag_gave_is_not_asked(press):
    press("sgd" + ENTER + ENTER * 2)
    given = {one.name: Given(str(one.default), one.flag) for one in ASKED[:4]}
    given |= {"l1": Given("y", "--l1"), "learning_rate_decay": Given("n", "--no-...")}
    settings, answers = ask(given)
    assert settings == Settings(l1=True, optimizer="sgd")
    assert answers == {"optimizer": "sgd", "epochs": 10}


class Screen(Vt100_Output):
    """Keeps what is written to a terminal of a given width."""

    def __init__(self, columns, term="xterm"):
        self.text = ""
        super().__init__(self, lambda: Size(rows=40, columns=columns), term=term, enable_cpr=False)

    def write(self, text):
        self.text += text

    def write_raw(self, text):
        self.text += text

    def flush(self):
        pass

    encoding = "utf-8"


def written(columns, keys, ask=ask):
    """Return what is written to a terminal until the keys end the questions."""
    screen = Screen(columns)
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=screen):
        pipe.send_text(keys)
        with pytest.raises(StoppedError):
            ask()
    return screen.text


def test_the_question_has_a_counter_and_the_highlighted_line_its_explanation():
    text = written(80, CTRL_C)
    assert "[1/8] How many hidden layers?" in text
    assert "one layer of hidden units between pixels and outputs" in text


def screen_of(columns, keys):
    """Return in one line what stands on the screen when the keys have been typed."""
    return " ".join(" ".join(what_remains(written(columns, keys))).split())


def test_the_questions_are_counted_once_however_many_there_turn_out_to_be():
    counters = re.findall(r"\[./.\]", screen_of(80, "0" + ENTER + ENTER * 2 + CTRL_C))
    assert counters == ["[1/7]", "[2/7]", "[3/7]", "[4/7]"]


@pytest.mark.parametrize("columns", [pytest.param(80, marks=pytest.mark.long), 30])
def test_an_answer_that_is_taken_back_is_erased(columns):
    text = screen_of(columns, "2" + ENTER + "normal" + ENTER + ESCAPE + CTRL_C)
    assert text.startswith("? [1/8] How many hidden layers? 2 ? [2/8] How should pixels be scaled?")
    assert text.count("[2/8]") == 1
    assert "[3/8]" not in text


@pytest.mark.parametrize("columns", [pytest.param(80, marks=pytest.mark.long), 30])
def test_a_question_mark_explains_a_question_until_it_is_answered(columns):
    text = screen_of(columns, ENTER + "?" + CTRL_C)
    assert "? [1/8] How many hidden layers? 1 Pixels arrive as numbers" in text
    assert text.count("Recommended:") == text.count("[2/8]") == 1
    assert "?: explain, Tab: defaults, Esc: back" in text
    assert "Recommended:" not in screen_of(columns, ENTER + "??" + CTRL_C)
    assert "Recommended:" not in screen_of(columns, ENTER + "?" + ENTER + CTRL_C)
    text = screen_of(columns, ENTER * 7 + "?" + CTRL_C)
    assert "One epoch shows every training image" in text
    assert "[8/8] How many epochs?" in text


def test_a_changed_answer_replaces_the_old_one_and_the_old_review():
    change = DOWN + ENTER + "optimizer" + ENTER + "sgd" + ENTER
    text = screen_of(80, ENTER * 8 + change + CTRL_C)
    assert "[7/8] Which optimizer? sgd" in text
    assert "momentum" not in text
    assert text.count("650 parameters") == text.count("Ready?") == 1


def lines_of(text):
    """Return the printed lines; a step downwards is a new line."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "").split("\n")


@pytest.mark.parametrize("columns", [20, 33, 40])
def test_a_narrow_terminal_shows_whole_words(columns):
    words = {
        word.strip("(") for line in lines_of(written(columns, CTRL_C)) for word in line.split()
    }
    assert {"between", "hidden", "layers?", "arrow", "pixels"} <= words


def test_every_colour_can_be_read_on_black_and_on_white():
    for colour in re.findall("#[0-9a-f]{6}", " ".join(questions._STYLES.values())):
        light = luminance(colour)
        assert min(1.05 / (light + 0.05), (light + 0.05) / 0.05) >= 4.5
    assert "fg:#00875f" in questions._STYLES["answer"]


def luminance(colour):
    """Return the relative luminance of a colour, 0 to 1, as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# Ticking ---------------------------------------------------------------------------------------

TICKABLE = [Choice(name, explain=f"about {name}") for name in ("red", "green", "blue")]


@pytest.mark.parametrize(
    ("keys", "ticked"),
    [
        (" " + ENTER, ["red"]),
        (" " + DOWN + DOWN + " " + ENTER, ["red", "blue"]),
        (CTRL_A + ENTER, ["red", "green", "blue"]),
        ("gre" + " " + ENTER, ["green"]),
        (ENTER + DOWN + " " + ENTER, ["green"]),  # none at first: asks on
        ("  " + DOWN + " " + ENTER, ["green"]),
    ],
    ids=repr,
)
def test_several_lines_are_ticked(press, keys, ticked):
    press(keys)
    assert TerminalAsker().tick("?", TICKABLE) == ticked


def test_enter_without_a_tick_says_how_to_tick():
    def ask():
        TerminalAsker().tick("?", TICKABLE)

    assert "select at least one with Space" not in written(80, CTRL_C, ask)
    assert "select at least one with Space" in written(80, ENTER + CTRL_C, ask)


def test_the_list_to_tick_has_the_keys_of_every_question(press):
    press(ESCAPE)
    assert TerminalAsker().tick("?", TICKABLE) is BACK
    press(CTRL_C)
    with pytest.raises(StoppedError):
        TerminalAsker().tick("?", TICKABLE)


def test_the_last_question_says_what_an_epoch_is():
    text = " ".join(written(80, ENTER * 7 + CTRL_C).split())
    assert "passes over the training images" in text


def test_an_explanation_begins_with_words_and_not_with_a_formula():
    explanations = [choice.explain for setting in ASKED for choice in setting.choices]
    assert [text for text in explanations if re.match(r"[^:]*[(/=]", text)] == []


def test_the_list_to_tick_shows_whole_words_in_a_narrow_terminal():
    runs = [Choice("a-run", explain="test accuracy 98.08% after 10 epochs")]
    text = written(40, CTRL_C, lambda: TerminalAsker().tick("Which runs?", runs))
    words = {word for line in lines_of(text) for word in line.split()}
    assert {"all,", "filter,", "done)", "98.08%", "after", "10"} <= words
