"""The order of the questions: which one comes next, and which one going back returns to.

An `Asker` decides what a question looks like and which keys answer it; there is one for terminals
(`questions`) and one for terminals that can only print lines (`plain_questions`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from nn.console.review import Preview, review_text
from nn.settings.declaration import TRAINING, Settings
from nn.settings.setting import Choice, Declaration, Model, Setting


class Back:
    """The answer that asks for the previous question."""


BACK: Final = Back()

TRAIN = Choice("Train", explain="start now")
CHANGE = Choice("Change an answer", explain="choose the answer to change")
QUIT = Choice("Quit", explain="exit without writing anything")


class Asker(Protocol):
    """Asks one question at a time."""

    def show(self, text: str) -> None:
        """Print lines of text."""

    def choose(self, message: str, choices: Sequence[Choice], suggested: Any) -> Any:
        """Return the value of one of the choices, or `BACK`."""

    def tick(self, message: str, choices: Sequence[Choice]) -> Any:
        """Return the values of one or more choices, or `BACK`."""

    def type_in(self, message: str, setting: Setting, suggested: Any) -> Any:
        """Return a value that the setting takes, or `BACK`."""


def interview(
    asker: Asker,
    settings: Settings,
    last_answers: Mapping[str, Any],
    preview: Callable[[Settings], Preview],
) -> tuple[Settings, dict[str, Any]]:
    """Ask for the settings of a training and show a review of them; see `hold_interview`."""
    return hold_interview(
        asker,
        TRAINING,
        settings,
        last_answers,
        lambda settings: review_text(settings, preview(settings)),
    )


def hold_interview(
    asker: Asker,
    declared: Declaration[Model],
    settings: Model,
    last_answers: Mapping[str, Any],
    review: Callable[[Model], str],
) -> tuple[Model, dict[str, Any]]:
    """Ask for the settings that are not given, until the person confirms them.

    Args:
        asker: how to ask.
        declared: the declaration of the questions.
        settings: those set by flags, which are not asked, and defaults for the rest.
        last_answers: the answers of the last time, suggested instead of the defaults.
        review: describes the resulting settings.

    Returns:
        The settings, and the answers among them.

    Raises:
        SystemExit: the person chose to quit.
    """
    suggested = {setting.name: setting.default for setting in declared.asked} | dict(last_answers)
    given = settings.model_dump(exclude_unset=True)
    answers: dict[str, Any] = {}
    while True:
        known = given | answers
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
            answered = settings.model_copy(update=answers)
            asker.show(review(answered))
            action = asker.choose("Ready?", [TRAIN, CHANGE, QUIT], TRAIN.value)
            if action == TRAIN.value:
                return answered, answers
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
    """Return the question to ask again, or none."""
    lines = [
        Choice(one.name, explain=f"now {one.show(answers[one.name])}: {one.help}")
        for one in questions
    ]
    name = asker.choose("Which answer?", lines, questions[0].name)
    return [one for one in questions if one.name == name]
