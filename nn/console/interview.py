"""The course of the questions: which comes next, what going back means, when it is enough.

How a question looks and which keys answer it is the business of an `Asker`; there is one for
terminals (`questions`) and one for terminals that can only print lines (`plain_questions`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from nn.console.review import Preview, review_text
from nn.settings.checking import Given, check_given
from nn.settings.declaration import TRAINING, Settings
from nn.settings.setting import Choice, Declaration, Model, Setting


class Back:
    """The answer of someone who wants the previous question again."""


BACK: Final = Back()

TRAIN = Choice("Train", explain="start now")
CHANGE = Choice("Change an answer", explain="choose the question to answer anew")
QUIT = Choice("Quit", explain="leave; nothing is written")


class Asker(Protocol):
    """Asks one question at a time."""

    def show(self, text: str) -> None:
        """Print lines of text."""

    def choose(self, message: str, choices: Sequence[Choice], suggested: Any) -> Any:
        """Return the value of one of the choices, or `BACK`."""

    def tick(self, message: str, choices: Sequence[Choice]) -> Any:
        """Return the values of at least one of the choices, or `BACK`."""

    def type_in(self, message: str, setting: Setting, suggested: Any) -> Any:
        """Return a value that the setting takes, or `BACK`."""


def interview(
    asker: Asker,
    given: Mapping[str, Given],
    last_answers: Mapping[str, Any],
    preview: Callable[[Settings], Preview],
) -> tuple[Settings, dict[str, Any]]:
    """Ask about a training, with a review of it at the end; see `hold_interview`."""
    return hold_interview(
        asker,
        TRAINING,
        given,
        last_answers,
        lambda settings: review_text(settings, preview(settings)),
    )


def hold_interview(
    asker: Asker,
    declared: Declaration[Model],
    given: Mapping[str, Given],
    last_answers: Mapping[str, Any],
    review: Callable[[Model], str],
) -> tuple[Model, dict[str, Any]]:
    """Ask what is not given yet, until the person says that it is right.

    Args:
        asker: how to ask.
        declared: whose questions are asked.
        given: the settings that flags gave; they are not asked.
        last_answers: what was answered the last time; suggested instead of the defaults.
        review: says what the answers amount to.

    Returns:
        The settings, and the answers among them.

    Raises:
        SystemExit: the person chose to quit.
    """
    suggested = {setting.name: setting.default for setting in declared.asked} | dict(last_answers)
    answers: dict[str, Any] = {}
    while True:
        known = check_given(given, declared).model_dump(include=set(given)) | answers
        questions = [one for one in declared.asked if one.name not in given and one.is_asked(known)]
        answers = {one.name: answers[one.name] for one in questions if one.name in answers}
        unanswered = [one for one in questions if one.name not in answers]

        if unanswered:
            setting = unanswered[0]
            counter = f"[{questions.index(setting) + 1}/{len(questions)}]"
            answer = _ask(asker, setting, counter, suggested[setting.name])
            if answer is not BACK:
                answers[setting.name] = suggested[setting.name] = answer
                continue
            before = questions[: questions.index(setting)]
        else:
            written = {name: Given(value, name) for name, value in answers.items()}
            settings = check_given({**given, **written}, declared)
            asker.show(review(settings))
            action = asker.choose("Ready?", [TRAIN, CHANGE, QUIT], TRAIN.value)
            if action == TRAIN.value:
                return settings, answers
            if action == QUIT.value:
                asker.show("Nothing was written.")
                raise SystemExit(0)
            before = questions
            if action == CHANGE.value:
                before = _choose_question(asker, questions, answers)
        for setting in before[-1:]:
            del answers[setting.name]


def _ask(asker: Asker, setting: Setting, counter: str, suggested: Any) -> Any:
    message = f"{counter} {setting.asks}"
    choices = [choice for choice in setting.choices if choice.asked]
    if choices:
        return asker.choose(message, choices, suggested)
    return asker.type_in(message, setting, suggested)


def _choose_question(
    asker: Asker, questions: Sequence[Setting], answers: Mapping[str, Any]
) -> list[Setting]:
    """Return the question to answer anew, or none."""
    lines = [
        Choice(one.name, explain=f"now {one.show(answers[one.name])}: {one.help}")
        for one in questions
    ]
    name = asker.choose("Which answer?", lines, questions[0].name)
    return [one for one in questions if one.name == name]
