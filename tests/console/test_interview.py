"""The course of the questions, told by an asker that answers from a script."""

from types import SimpleNamespace

import pytest

from nn.console.interview import BACK, CHANGE, DEFAULTS, EXPLAIN, QUIT, TRAIN, interview
from nn.settings.checking import Given, check_settings
from nn.settings.declaration import ASKED, Settings
from nn.settings.explanations import EXPLANATIONS

PREVIEW = SimpleNamespace(layers=[("dense", "64")], parameters=650, seconds=5.0, compiled=None)
ENTER = object()


class Script:
    """Answers each question with the next line of a script; ENTER takes the suggestion."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.suggested = []
        self.shown = []
        self.notes = []

    def show(self, text, to_copy=False):
        self.shown.append(text)

    def restate(self, answered):
        pass

    def choose(self, message, choices, suggested, moves=(), notes=None):
        answer = self.type_in(message, None, suggested, moves, notes)
        assert answer in (BACK, DEFAULTS, EXPLAIN) or answer in [choice.value for choice in choices]
        return answer

    def type_in(self, message, setting, suggested, moves=(), notes=None):
        self.asked.append(message)
        self.suggested.append(suggested)
        self.notes.append(notes)
        answer = self.answers.pop(0) if self.answers else ENTER
        return suggested if answer is ENTER else answer


def run(script, given=None, last=None):
    return interview(
        script, check_settings(given or {}), last or {}, lambda settings, report: PREVIEW
    )


def test_eight_questions_then_the_review():
    script = Script()
    assert run(script)[0] == Settings()
    assert script.asked == [
        *(f"[{n}/8] {setting.question.text}" for n, setting in enumerate(ASKED, 1)),
        "Ready?",
    ]


def test_a_question_is_explained_until_it_is_answered_or_the_key_is_pressed_again():
    script = Script(EXPLAIN, 2, EXPLAIN, EXPLAIN, "normal")
    assert run(script)[0] == Settings(hidden_layers=2, normalization="normal")
    asked = [message[:5] for message in script.asked]
    assert asked[:6] == ["[1/8]", "[1/8]", "[2/8]", "[2/8]", "[2/8]", "[3/8]"]
    assert script.shown[:2] == [
        str(EXPLANATIONS[name]) for name in ("hidden_layers", "normalization")
    ]
    assert "Recommended" not in "".join(script.shown[2:])


def test_without_hidden_layers_there_is_no_activation_to_ask_for():
    script = Script(0)
    _, answers = run(script)
    assert "activation" not in answers
    assert [message[:5] for message in script.asked[1:7]] == [f"[{n}/7]" for n in range(2, 8)]


def test_without_hidden_layers_the_last_time_the_count_starts_lower():
    script = Script()
    run(script, last={"hidden_layers": 0})
    assert script.asked[0].startswith("[1/7]")


def test_hidden_layers_from_a_flag_count_too():
    script = Script()
    run(script, given={"hidden_layers": Given("zero", "--hidden-layers")})
    assert script.asked[0].startswith("[1/6] How should pixels")
    assert not any("activation" in message for message in script.asked)


def test_back_asks_the_question_before_and_suggests_what_was_answered():
    script = Script(2, "normal", BACK, ENTER, ENTER)
    settings, _ = run(script)
    assert [message[:5] for message in script.asked[:5]] == [
        "[1/8]",
        "[2/8]",
        "[3/8]",
        "[2/8]",
        "[3/8]",
    ]
    assert script.suggested[3] == "normal"
    assert settings == Settings(hidden_layers=2, normalization="normal")


def test_back_skips_a_question_that_was_not_asked():
    script = Script(0, ENTER, ENTER, BACK)
    run(script)
    assert script.asked[4].startswith("[3/7] How should weights")


def test_back_at_the_review_returns_to_the_last_question():
    script = Script(*[ENTER] * 8, BACK, 3, TRAIN.value)
    assert run(script)[0] == Settings(epochs=3)


def test_compiled_steps_are_offered_where_they_pay():
    estimate = SimpleNamespace(seconds=100.0, compilation=15.0)
    preview = SimpleNamespace(**{**vars(PREVIEW), "compiled": estimate})
    script = Script(*[ENTER] * 8, "Train compiled")
    settings, answers = interview(script, Settings(), {}, lambda settings, report: preview)
    assert settings == Settings(compiled=True)
    assert "compiled" not in answers


def test_what_the_preview_reports_is_shown_before_the_review():
    def preview(settings, report):
        report("Compiling takes a while.")
        return PREVIEW

    script = Script()
    interview(script, Settings(), {}, preview)
    assert script.shown[0] == "Compiling takes a while."


def test_an_answer_can_be_changed_from_the_review():
    script = Script(*[ENTER] * 8, CHANGE.value, "optimizer", "sgd", TRAIN.value)
    assert run(script)[0] == Settings(optimizer="sgd")
    assert len([text for text in script.shown if "parameters" in text]) == 2


def test_changing_to_hidden_layers_asks_for_the_activation():
    script = Script(0, *[ENTER] * 6, CHANGE.value, "hidden_layers", 2, "sigmoid", TRAIN.value)
    assert run(script)[0] == Settings(hidden_layers=2, activation="sigmoid")


def test_changing_to_no_hidden_layers_forgets_the_activation():
    script = Script(2, ENTER, ENTER, "sigmoid", *[ENTER] * 4, CHANGE.value, "hidden_layers", 0)
    settings, answers = run(script)
    assert "activation" not in answers
    assert settings == Settings(hidden_layers=0)


def test_going_back_from_the_list_of_answers_changes_nothing():
    script = Script(*[ENTER] * 8, CHANGE.value, BACK, TRAIN.value)
    assert run(script)[0] == Settings()


def test_quit_ends_the_program_without_an_error():
    with pytest.raises(SystemExit) as end:
        run(Script(*[ENTER] * 8, QUIT.value))
    assert end.value.code == 0


def test_last_answers_are_suggested():
    script = Script()
    settings, _ = run(script, last={"optimizer": "sgd", "epochs": 3})
    assert settings == Settings(optimizer="sgd", epochs=3)


def test_the_preview_is_of_the_settings_answered():
    seen = []

    def preview(settings, report):
        seen.append(settings)
        return PREVIEW

    settings, _ = interview(Script(2), Settings(), {}, preview)
    assert seen == [settings]


def test_answers_are_marked_that_are_the_last_ones_or_the_defaults():
    script = Script()
    run(script, last={"hidden_layers": 2, "epochs": 10})
    assert script.notes[0] == {2: "last time", 1: "default"}
    assert script.notes[7] == {10: "default"}


def test_one_key_answers_all_that_is_left_with_the_defaults():
    script = Script(0, DEFAULTS)
    settings, answers = run(script, last={"optimizer": "sgd", "l1": True, "activation": "sigmoid"})
    assert settings == Settings(hidden_layers=0)
    assert script.asked[2] == "Ready?"
    assert "activation" not in answers
    assert run(Script(DEFAULTS), last={"hidden_layers": 0})[0] == Settings()
